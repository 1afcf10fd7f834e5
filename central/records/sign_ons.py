"""Sign-ons under way, and what becomes of them, in the database."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import timedelta

from sqlalchemy import delete, insert, select

from central.audit import AuditRecord
from central.records import schema
from central.records.accounts import SqlAccountBook
from central.records.database import Database
from central.records.people import SqlPeopleBook
from central.records.port import BegunSignOn, SignedIn
from central.records.trail import SqlAuditLog
from central.sign_on import Identity, SignOnRefused
from proto.clock import Clock

#: From being sent to the provider to coming back.
LASTS = timedelta(minutes=10)
BY = "oidc"


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

    def begin(self) -> BegunSignOn:
        now = self._clock.now()
        begun = BegunSignOn(
            state=secrets.token_urlsafe(32),
            browser=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(64),
        )
        table = schema.sign_ons
        with self._database.write() as tx:
            tx.connection.execute(delete(table).where(table.c.expires_at <= now))
            tx.connection.execute(
                insert(table).values(
                    state_sha256=_sha256(begun.state),
                    browser_sha256=_sha256(begun.browser),
                    nonce=begun.nonce,
                    verifier=begun.verifier,
                    expires_at=now + LASTS,
                )
            )
        return begun

    def take(self, state: str, browser: str) -> BegunSignOn:
        table = schema.sign_ons
        key = table.c.state_sha256 == _sha256(state)
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
        self._trail.append(
            AuditRecord(
                at=self._clock.now(),
                user=BY,
                action="session.refused",
                subject=f"({BY})",
                detail=json.dumps({"address": address, "why": why}, ensure_ascii=False),
            )
        )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
