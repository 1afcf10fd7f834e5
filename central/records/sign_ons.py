"""Sign-ons under way, and what becomes of them, in the database."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import timedelta

from sqlalchemy import delete, insert, select

from central.audit import AuditRecord
from central.people import LockedOut
from central.records import schema
from central.records.accounts import SqlAccountBook
from central.records.database import Database
from central.records.people import MAX_NAME, SqlPeopleBook
from central.records.port import BegunSignOn, SignedIn
from central.records.trail import SqlAuditLog
from central.sign_on import Identity, SignOnRefused
from proto.clock import Clock

#: From being sent to the provider to coming back.
LASTS = timedelta(minutes=10)
BY = "oidc"
#: Begun from one address and not ended, at most: a whole office may sit behind it, but most come back.
UNDER_WAY = 100


class SqlSignOnBook:
    """See `central.records.port.SignOnBook`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        trail: SqlAuditLog,
        people: SqlPeopleBook,
        accounts: SqlAccountBook,
    ) -> None:
        self._database = database
        self._clock = clock
        self._trail = trail
        self._people = people
        self._accounts = accounts

    def begin(self, *, address: str) -> BegunSignOn:
        now, address = self._clock.now(), address[:MAX_NAME]
        begun = BegunSignOn(
            state=secrets.token_urlsafe(32),
            browser=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(64),
        )
        table = schema.sign_ons
        with self._database.write() as tx:
            tx.connection.execute(delete(table).where(table.c.expires_at <= now))
            self._people.check_address(tx.connection, address)
            query = select(table.c.expires_at).where(table.c.address == address)
            under_way = sorted(tx.connection.scalars(query.order_by(table.c.expires_at)))
            if len(under_way) >= UNDER_WAY:
                raise LockedOut(under_way[0])
            tx.connection.execute(
                insert(table).values(
                    address=address,
                    state_sha256=_sha256(begun.state),
                    browser_sha256=_sha256(begun.browser),
                    nonce=begun.nonce,
                    verifier=begun.verifier,
                    expires_at=now + LASTS,
                )
            )
        return begun

    def take(self, state: str, browser: str, *, address: str) -> BegunSignOn:
        table = schema.sign_ons
        key = table.c.state_sha256 == _sha256(state)
        with self._database.read() as connection:
            self._people.check_address(connection, address[:MAX_NAME])
        with self._database.write() as tx:
            row = tx.connection.execute(select(table).where(key)).one_or_none()
            tx.connection.execute(delete(table).where(key))
        # The answer is the same for each: whoever tries them learns nothing.
        if row is None or row.expires_at <= self._clock.now() or row.browser_sha256 != _sha256(browser):
            raise SignOnRefused("expected a sign-on that this browser began lately and has not ended yet")
        return BegunSignOn(state=state, browser=browser, nonce=row.nonce, verifier=row.verifier)

    def enter(self, identity: Identity, *, address: str, replaces: str | None = None) -> SignedIn:
        who = _sha256(f"{identity.issuer} {identity.subject}")
        with self._database.write() as tx:
            user = self._accounts.admit(tx, identity.user, who)
            opened = self._people.open_session(tx, user, address, replaces=replaces)
            self._trail.put(
                tx,
                AuditRecord(
                    at=self._clock.now(),
                    user=user.username,
                    action="session.open",
                    subject=user.username,
                    detail=json.dumps({"address": address, "issuer": identity.issuer}, ensure_ascii=False),
                ),
            )
        return opened

    def refused(self, why: str, *, address: str) -> None:
        now = self._clock.now()
        with self._database.write() as tx:
            tx.connection.execute(
                insert(schema.login_attempts).values(username=f"({BY})", address=address[:MAX_NAME], at=now)
            )
            self._trail.put(
                tx,
                AuditRecord(
                    at=now,
                    user=BY,
                    action="session.refused",
                    subject=f"({BY})",
                    detail=json.dumps({"address": address, "why": why}, ensure_ascii=False),
                ),
            )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
