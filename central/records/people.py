"""Users, sessions and machine tokens in the database."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from central.audit import AuditRecord
from central.people import (
    ACCOUNT_THROTTLE,
    ADDRESS_THROTTLE,
    MAX_PASSWORD,
    BadCredentials,
    InvalidUser,
    LockedOut,
    MachineToken,
    Role,
    Throttle,
    User,
    check_user,
)
from central.records import schema
from central.records.checkpoints import areas_of
from central.records.database import Database, Transaction
from central.records.passwords import Passwords
from central.records.port import NotFound, RecordsPolicy, SignedIn
from central.records.trail import SqlAuditLog
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
    ) -> User:
        user = User(
            username=username, name=name, roles=frozenset(roles), language=language, areas=frozenset(areas)
        )
        check_user(username, name, password, user.roles)
        password_hash = self._passwords.hash(password)
        with self._database.write() as tx:
            if _row_of(tx.connection, username) is not None:
                raise InvalidUser(f"expected a username that is free, got {username!r}")
            tx.connection.execute(
                insert(schema.users).values(
                    username=username,
                    name=name,
                    language=language,
                    password_hash=password_hash,
                    disabled=False,
                    created_at=self._clock.now(),
                )
            )
            tx.connection.execute(
                insert(schema.user_roles), [{"username": username, "role": role} for role in sorted(user.roles)]
            )
            _give_areas(tx.connection, username, user.areas)
            given = {"roles": sorted(user.roles), "areas": sorted(user.areas)}
            self._audit(tx, "user.create", by=by, subject=username, detail=given)
        return user

    def disable_user(self, username: str, *, by: str) -> None:
        table = schema.users
        with self._database.write() as tx:
            changed = tx.connection.execute(
                update(table).where(table.c.username == username).values(disabled=True)
            )
            if changed.rowcount == 0:
                raise NotFound(f"no user {username!r}")
            tx.connection.execute(delete(schema.sessions).where(schema.sessions.c.username == username))
            self._audit(tx, "user.disable", by=by, subject=username)

    def users(self) -> tuple[User, ...]:
        table = schema.users
        query = select(table).where(table.c.disabled.is_(False))
        with self._database.read() as connection:
            found = [_user(connection, row) for row in connection.execute(query).all()]
        # Sorted here: a database's collation is its own.
        return tuple(sorted(found, key=lambda user: user.username))

    def names(self, usernames: Collection[str]) -> dict[str, str]:
        with self._database.read() as connection:
            return people_names(connection, usernames)

    def sign_in(self, username: str, password: str, *, address: str, replaces: str | None = None) -> SignedIn:
        attempt = self._claim_attempt(username[:MAX_NAME], address[:MAX_NAME])
        with self._database.read() as connection:
            row = _row_of(connection, username)
        known = None if row is None or row.disabled else row.password_hash
        password = password[:MAX_PASSWORD]
        if not self._passwords.matches(password, known):
            with self._database.write() as tx:
                # A name that is nobody's may well be a password typed into the wrong field: don't keep it.
                subject = "(unknown)" if row is None else username
                self._audit(tx, "session.refused", by=subject, subject=subject, detail={"address": address})
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
            row = _row_of(connection, found.username)
            if row is None or row.disabled:
                return None
            user = _user(connection, row)
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

    def create_machine_token(self, name: str, *, by: str) -> str:
        if not name.strip() or len(name) > MAX_NAME:
            raise InvalidUser(f"expected a machine's name of 1 to {MAX_NAME} characters, got {name[:80]!r}")
        now = self._clock.now()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        token_id = str(uuid7(now))
        with self._database.write() as tx:
            tx.connection.execute(
                insert(schema.machine_tokens).values(
                    token_id=token_id,
                    name=name.strip(),
                    token_sha256=_sha256(token),
                    created_at=now,
                    created_by=by,
                )
            )
            self._audit(tx, "machine_token.create", by=by, subject=token_id, detail={"name": name.strip()})
        return token

    def machine(self, token: str) -> MachineToken | None:
        table = schema.machine_tokens
        query = select(table).where(table.c.token_sha256 == _sha256(token), table.c.revoked_at.is_(None))
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _machine_token(row)

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
            throttles: list[tuple[Throttle, Any]] = [
                (ACCOUNT_THROTTLE, table.c.username == username),
                (ADDRESS_THROTTLE, table.c.address == address),
            ]
            for throttle, which in throttles:
                failed_at = tx.connection.scalars(select(table.c.at).where(which)).all()
                until = throttle.locked_until(failed_at, now)
                if until is not None:
                    raise LockedOut(until)
            made = tx.connection.execute(insert(table).values(username=username, address=address, at=now))
            assert made.inserted_primary_key is not None
            return int(made.inserted_primary_key[0])

    def _open_session(
        self, username: str, address: str, attempt: int, *, replaces: str | None, rehashed: str | None
    ) -> SignedIn:
        now = self._clock.now()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        expires_at = now + self._policy.session_lasts
        sessions, attempts, users = schema.sessions, schema.login_attempts, schema.users
        with self._database.write() as tx:
            row = _row_of(tx.connection, username)
            if row is None or row.disabled:  # between the look and now
                raise BadCredentials("expected a known username and its password")
            tx.connection.execute(
                delete(attempts).where((attempts.c.attempt_id == attempt) | (attempts.c.username == username))
            )
            tx.connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
            if replaces is not None:
                tx.connection.execute(delete(sessions).where(sessions.c.token_sha256 == _sha256(replaces)))
            tx.connection.execute(
                insert(sessions).values(
                    token_sha256=_sha256(token),
                    username=username,
                    created_at=now,
                    seen_at=now,
                    expires_at=expires_at,
                )
            )
            if rehashed is not None:
                tx.connection.execute(
                    update(users).where(users.c.username == username).values(password_hash=rehashed)
                )
            self._audit(tx, "session.open", by=username, subject=username, detail={"address": address})
            user = _user(tx.connection, row)
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


def _row_of(connection: Connection, username: str) -> Row[Any] | None:
    return connection.execute(select(schema.users).where(schema.users.c.username == username)).one_or_none()


def _give_areas(connection: Connection, username: str, areas: frozenset[str]) -> None:
    unknown = areas - {area.area_id for area in areas_of(connection)}
    if unknown:
        raise InvalidUser(f"expected areas that there are for {username!r}, got {', '.join(sorted(unknown))}")
    table = schema.user_areas
    connection.execute(delete(table).where(table.c.username == username))
    if areas:
        connection.execute(insert(table), [{"username": username, "area_id": each} for each in sorted(areas)])


def _user(connection: Connection, row: Row[Any]) -> User:
    table, places = schema.user_roles, schema.user_areas
    roles = connection.scalars(select(table.c.role).where(table.c.username == row.username)).all()
    areas = connection.scalars(select(places.c.area_id).where(places.c.username == row.username)).all()
    return User(
        username=row.username,
        name=row.name,
        roles=frozenset(Role(role) for role in roles),
        language=row.language,
        areas=frozenset(areas),
    )


def _machine_token(row: Row[Any]) -> MachineToken:
    return MachineToken(
        token_id=row.token_id,
        name=row.name,
        created_at=row.created_at,
        created_by=row.created_by,
        revoked_at=row.revoked_at,
    )
