"""Users, sessions and machine tokens in the database."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from central.audit import AuditRecord
from central.password import WeakPassword, check_password
from central.people import (
    ACCOUNT_THROTTLE,
    ADDRESS_THROTTLE,
    MAX_PASSWORD,
    BadCredentials,
    InvalidUser,
    LockedOut,
    MachineToken,
    NotKeptHere,
    Role,
    Session,
    Throttle,
    TokenScope,
    User,
    check_user,
)
from central.records import schema
from central.records.database import Database, Transaction
from central.records.hands import put_hand
from central.records.passwords import Passwords
from central.records.port import NotFound, RecordsPolicy, SignedIn
from central.records.trail import SqlAuditLog
from central.records.users import NO_PASSWORD, check_areas_known, put_user, row_of, user_of
from proto.clock import Clock
from proto.identity import uuid7

TOKEN_BYTES = 32
#: A session's last use is written down at most this often: a console asks many times a second.
SEEN_EVERY = timedelta(minutes=1)
MAX_NAME = 64


def people_names(connection: Connection, usernames: Collection[str]) -> dict[str, str]:
    """Username → name, as the colleagues call them, of those that there are; disabled ones too."""
    table = schema.users
    query = select(table.c.username, table.c.name).where(table.c.username.in_(usernames))
    return {row.username: row.name for row in connection.execute(query)}


class SqlPeopleBook:
    """See `central.records.port.PeopleBook`."""

    def __init__(self, database: Database, clock: Clock, trail: SqlAuditLog, policy: RecordsPolicy) -> None:
        self._database = database
        self._clock = clock
        self._trail = trail
        self._policy = policy
        self._passwords = Passwords(time_cost=policy.argon2_time_cost, memory_kib=policy.argon2_memory_kib)

    def create_user(
        self,
        *,
        username: str,
        name: str,
        password: str,
        roles: Collection[Role],
        by: str,
        language: str = "zh-CN",
        areas: Collection[str] = (),
        must_change_password: bool = False,
    ) -> User:
        user = User(
            username=username,
            name=name,
            roles=frozenset(roles),
            language=language,
            areas=frozenset(areas),
            must_change_password=must_change_password,
        )
        check_user(username, name, user.roles)
        check_password(password, username=username, name=name)
        password_hash = self._passwords.hash(password)
        with self._database.write() as tx:
            put_user(tx.connection, user, password_hash=password_hash, at=self._clock.now())
            put_hand(tx.connection, username, "user.create", by=by, at=self._clock.now())
            given = {"roles": sorted(user.roles), "areas": sorted(user.areas)}
            self._audit(tx, "user.create", by=by, subject=username, detail=given)
        return user

    def users(self) -> tuple[User, ...]:
        table = schema.users
        query = select(table).where(table.c.disabled.is_(False))
        with self._database.read() as connection:
            found = [user_of(connection, row) for row in connection.execute(query).all()]
        # Sorted here: a database's collation is its own.
        return tuple(sorted(found, key=lambda user: user.username))

    def names(self, usernames: Collection[str]) -> dict[str, str]:
        with self._database.read() as connection:
            return people_names(connection, usernames)

    def sign_in(self, username: str, password: str, *, address: str, replaces: str | None = None) -> SignedIn:
        attempt = self._claim_attempt(username[:MAX_NAME], address[:MAX_NAME])
        with self._database.read() as connection:
            row = row_of(connection, username)
        known = None if row is None or row.disabled or row.password_hash == NO_PASSWORD else row.password_hash
        password = password[:MAX_PASSWORD]
        if not self._passwords.matches(password, known):
            with self._database.write() as tx:
                # A name that is nobody's may well be a password typed into the wrong field: don't keep it.
                subject = "(unknown)" if row is None else username
                detail: dict[str, Any] = {"address": address}
                locked = self._locked_until(tx.connection, username[:MAX_NAME], address[:MAX_NAME])
                if locked is not None:  # told here, once: the attempts that it refuses are not written down
                    detail["locked_until"] = locked.isoformat(timespec="seconds")
                self._audit(tx, "session.refused", by=subject, subject=subject, detail=detail)
            raise BadCredentials("expected a known username and its password")
        assert known is not None
        rehashed = self._passwords.hash(password) if self._passwords.outdated(known) else None
        return self._open_session(username, address, attempt, replaces=replaces, rehashed=rehashed)

    def session(self, token: str) -> User | None:
        now = self._clock.now()
        table = schema.sessions
        key = table.c.token_sha256 == _sha256(token)
        with self._database.read() as connection:
            found = connection.execute(select(table).where(key)).one_or_none()
            if found is None or found.expires_at <= now or found.seen_at + self._policy.session_idle <= now:
                return None
            row = row_of(connection, found.username)
            if row is None or row.disabled:
                return None
            user = user_of(connection, row)
        if found.seen_at + SEEN_EVERY <= now:
            with self._database.write() as tx:
                tx.connection.execute(update(table).where(key).values(seen_at=now))
        return user

    def sign_out(self, token: str) -> None:
        table = schema.sessions
        key = table.c.token_sha256 == _sha256(token)
        with self._database.write() as tx:
            found = tx.connection.execute(select(table).where(key)).one_or_none()
            if found is None:
                return
            tx.connection.execute(delete(table).where(key))
            self._audit(tx, "session.close", by=found.username, subject=found.username)

    def sessions(self, username: str) -> tuple[Session, ...]:
        table, now = schema.sessions, self._clock.now()
        mine = select(table).where(
            table.c.username == username,
            table.c.expires_at > now,
            table.c.seen_at > now - self._policy.session_idle,
        )
        with self._database.read() as connection:
            rows = connection.execute(mine.order_by(table.c.created_at.desc(), table.c.session_id.desc())).all()
        return tuple(
            Session(
                session_id=row.session_id,
                username=row.username,
                address=row.address,
                created_at=row.created_at,
                seen_at=row.seen_at,
                expires_at=row.expires_at,
            )
            for row in rows
        )

    def session_id(self, token: str) -> str:
        table = schema.sessions
        with self._database.read() as connection:
            found = connection.scalar(select(table.c.session_id).where(table.c.token_sha256 == _sha256(token)))
        return found or ""

    def end_session(self, username: str, session_id: str, *, by: str) -> None:
        table = schema.sessions
        which = (table.c.session_id == session_id, table.c.username == username)
        with self._database.write() as tx:
            if tx.connection.execute(delete(table).where(*which)).rowcount == 0:
                raise NotFound(f"no session {session_id!r} of {username}")
            self._audit(tx, "session.end", by=by, subject=username, detail={"session": session_id})

    def change_password(self, username: str, old: str, new: str, *, address: str, token: str) -> None:
        attempt = self._claim_attempt(username[:MAX_NAME], address[:MAX_NAME])
        with self._database.read() as connection:
            row = row_of(connection, username)
        if row is not None and row.password_hash == NO_PASSWORD:
            raise NotKeptHere("expected a password to be changed where it is kept: at the identity provider")
        known = None if row is None or row.disabled else row.password_hash
        if not self._passwords.matches(old[:MAX_PASSWORD], known):
            with self._database.write() as tx:
                self._audit(tx, "password.refused", by=username, subject=username, detail={"address": address})
            raise BadCredentials("expected the password that is valid now")
        assert row is not None
        if new == old:
            raise WeakPassword("expected a password other than the one before")
        check_password(new, username=username, name=row.name)
        password_hash = self._passwords.hash(new)
        sessions, attempts, users = schema.sessions, schema.login_attempts, schema.users
        with self._database.write() as tx:
            changed = tx.connection.execute(
                update(users)
                # Somebody else may have set another one meanwhile.
                .where(users.c.username == username, users.c.password_hash == known)
                .values(password_hash=password_hash, must_change_password=False)
            )
            if changed.rowcount == 0:
                raise BadCredentials("expected the password that is valid now")
            tx.connection.execute(delete(attempts).where(attempts.c.attempt_id == attempt))
            # Whoever knew the old one is out; this session stays.
            tx.connection.execute(
                delete(sessions).where(
                    sessions.c.username == username, sessions.c.token_sha256 != _sha256(token)
                )
            )
            self._audit(tx, "password.change", by=username, subject=username)

    def create_machine_token(
        self,
        name: str,
        *,
        by: str,
        scopes: Collection[TokenScope] = frozenset({TokenScope.IMAGES}),
        areas: Collection[str] = (),
        expires_at: datetime | None = None,
    ) -> str:
        if not scopes:
            raise InvalidUser(f"expected at least one scope of {', '.join(TokenScope)}, got none")
        if not name.strip() or len(name) > MAX_NAME:
            raise InvalidUser(f"expected a machine's name of 1 to {MAX_NAME} characters, got {name[:80]!r}")
        now = self._clock.now()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        token_id = str(uuid7(now))
        if expires_at is not None and expires_at <= now:
            raise InvalidUser(f"expected an expiry after {now.isoformat()}, got {expires_at.isoformat()}")
        with self._database.write() as tx:
            check_areas_known(tx.connection, frozenset(areas), name)
            tx.connection.execute(
                insert(schema.machine_tokens).values(
                    token_id=token_id,
                    name=name.strip(),
                    token_sha256=_sha256(token),
                    created_at=now,
                    created_by=by,
                    scopes=sorted(scopes),
                    areas=sorted(areas),
                    expires_at=expires_at,
                )
            )
            detail = {
                "name": name.strip(),
                "scopes": sorted(scopes),
                "areas": sorted(areas),
                "expires_at": None if expires_at is None else expires_at.isoformat(),
            }
            self._audit(tx, "machine_token.create", by=by, subject=token_id, detail=detail)
        return token

    def machine(self, token: str) -> MachineToken | None:
        table = schema.machine_tokens
        query = select(table).where(table.c.token_sha256 == _sha256(token), table.c.revoked_at.is_(None))
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or (row.expires_at is not None and row.expires_at <= self._clock.now()):
            return None
        return _machine_token(row)

    def machine_tokens(self) -> tuple[MachineToken, ...]:
        table = schema.machine_tokens
        query = select(table).order_by(table.c.created_at.desc(), table.c.token_id.desc())
        with self._database.read() as connection:
            return tuple(_machine_token(row) for row in connection.execute(query))

    def revoke_machine_token(self, token_id: str, *, by: str) -> None:
        table = schema.machine_tokens
        with self._database.write() as tx:
            found = tx.connection.execute(select(table).where(table.c.token_id == token_id)).one_or_none()
            if found is None:
                raise NotFound(f"no machine token {token_id!r}")
            if found.revoked_at is not None:
                return
            tx.connection.execute(
                update(table).where(table.c.token_id == token_id).values(revoked_at=self._clock.now())
            )
            self._audit(tx, "machine_token.revoke", by=by, subject=token_id, detail={"name": found.name})

    def _claim_attempt(self, username: str, address: str) -> int:
        """Count the attempt as failed before the password is looked at: attempts made at once count too."""
        now = self._clock.now()
        table = schema.login_attempts
        with self._database.write() as tx:
            longest = max(t.window + t.lock for t in (ACCOUNT_THROTTLE, ADDRESS_THROTTLE))
            tx.connection.execute(delete(table).where(table.c.at < now - longest))
            until = self._locked_until(tx.connection, username, address)
            if until is not None:
                raise LockedOut(until)
            made = tx.connection.execute(insert(table).values(username=username, address=address, at=now))
            assert made.inserted_primary_key is not None
            return int(made.inserted_primary_key[0])

    def check_address(self, connection: Connection, address: str) -> None:
        """Raises:
        LockedOut: too many failed from there, by whatever name.
        """
        table = schema.login_attempts
        failed_at = connection.scalars(select(table.c.at).where(table.c.address == address)).all()
        until = ADDRESS_THROTTLE.locked_until(failed_at, self._clock.now())
        if until is not None:
            raise LockedOut(until)

    def _locked_until(self, connection: Connection, username: str, address: str) -> datetime | None:
        table = schema.login_attempts
        throttles: list[tuple[Throttle, Any]] = [
            (ACCOUNT_THROTTLE, table.c.username == username),
            (ADDRESS_THROTTLE, table.c.address == address),
        ]
        for throttle, which in throttles:
            failed_at = connection.scalars(select(table.c.at).where(which)).all()
            until = throttle.locked_until(failed_at, self._clock.now())
            if until is not None:
                return until
        return None

    def _open_session(
        self, username: str, address: str, attempt: int, *, replaces: str | None, rehashed: str | None
    ) -> SignedIn:
        attempts, users = schema.login_attempts, schema.users
        with self._database.write() as tx:
            row = row_of(tx.connection, username)
            if row is None or row.disabled:  # between the look and now
                raise BadCredentials("expected a known username and its password")
            tx.connection.execute(
                delete(attempts).where((attempts.c.attempt_id == attempt) | (attempts.c.username == username))
            )
            if rehashed is not None:
                tx.connection.execute(
                    update(users).where(users.c.username == username).values(password_hash=rehashed)
                )
            opened = self.open_session(tx, user_of(tx.connection, row), address, replaces=replaces)
            self._audit(tx, "session.open", by=username, subject=username, detail={"address": address})
        return opened

    def open_session(self, tx: Transaction, user: User, address: str, *, replaces: str | None) -> SignedIn:
        """The session's row, within the transaction of what let them in."""
        now = self._clock.now()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        expires_at = now + self._policy.session_lasts
        sessions = schema.sessions
        tx.connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
        if replaces is not None:
            tx.connection.execute(delete(sessions).where(sessions.c.token_sha256 == _sha256(replaces)))
        tx.connection.execute(
            insert(sessions).values(
                token_sha256=_sha256(token),
                session_id=str(uuid7(now)),
                username=user.username,
                address=address[:MAX_NAME],
                created_at=now,
                seen_at=now,
                expires_at=expires_at,
            )
        )
        return SignedIn(user=user, token=token, expires_at=expires_at)

    def _audit(
        self, tx: Transaction, action: str, *, by: str, subject: str, detail: dict[str, Any] | None = None
    ) -> None:
        self._trail.put(
            tx,
            AuditRecord(
                at=self._clock.now(),
                user=by,
                action=action,
                subject=subject,
                detail=json.dumps(detail or {}, ensure_ascii=False),
            ),
        )


def _sha256(token: str) -> str:
    """Tokens are random and long: a plain hash is enough to keep a thief of the database from using them."""
    return hashlib.sha256(token.encode()).hexdigest()


def _machine_token(row: Row[Any]) -> MachineToken:
    return MachineToken(
        token_id=row.token_id,
        name=row.name,
        created_at=row.created_at,
        created_by=row.created_by,
        scopes=frozenset(TokenScope(scope) for scope in row.scopes),
        areas=frozenset(row.areas),
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
