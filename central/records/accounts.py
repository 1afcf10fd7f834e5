"""The administration of people in the database."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from central.audit import AuditRecord
from central.independence import behind
from central.password import new_password
from central.people import (
    Account,
    InvalidUser,
    LastAdministrator,
    NotKeptHere,
    NotYourself,
    Role,
    User,
    check_user,
)
from central.records import schema
from central.records.database import Database, Transaction
from central.records.hands import check_persons, confirm_hands, hands_in, open_hands, put_hand
from central.records.passwords import Passwords
from central.records.port import NotFound, RecordsPolicy
from central.records.trail import SqlAuditLog
from central.records.users import NO_PASSWORD, give_areas, give_roles, put_user, row_of, user_of
from proto.clock import Clock


class SqlAccountBook:
    """See `central.records.port.AccountBook`."""

    def __init__(self, database: Database, clock: Clock, trail: SqlAuditLog, policy: RecordsPolicy) -> None:
        self._database = database
        self._clock = clock
        self._trail = trail
        self._policy = policy
        self._passwords = Passwords(time_cost=policy.argon2_time_cost, memory_kib=policy.argon2_memory_kib)

    def all(self) -> tuple[Account, ...]:
        with self._database.read() as connection:
            rows = connection.execute(select(schema.users)).all()
            found = [self._account(connection, row) for row in rows]
        return tuple(sorted(found, key=lambda account: account.user.username))

    def get(self, username: str) -> Account:
        with self._database.read() as connection:
            return self._account(connection, _row(connection, username))

    def create(
        self,
        *,
        username: str,
        name: str,
        roles: Collection[Role],
        areas: Collection[str],
        language: str,
        by: str,
    ) -> tuple[Account, str]:
        user = User(
            username=username,
            name=name,
            roles=frozenset(roles),
            language=language,
            areas=frozenset(areas),
            must_change_password=True,
        )
        check_user(username, name, user.roles)
        password = new_password()
        password_hash = self._passwords.hash(password)
        with self._database.write() as tx:
            put_user(tx.connection, user, password_hash=password_hash, at=self._clock.now())
            put_hand(tx.connection, username, "user.create", by=by, at=self._clock.now())
            self._audit(tx, "user.create", by=by, subject=username, detail=_given(user))
            return self._account(tx.connection, _row(tx.connection, username)), password

    def change(
        self,
        username: str,
        *,
        by: str,
        name: str | None = None,
        language: str | None = None,
        roles: Collection[Role] | None = None,
        areas: Collection[str] | None = None,
    ) -> Account:
        with self._database.write() as tx:
            row = _row(tx.connection, username)
            before = user_of(tx.connection, row)
            after = User(
                username=username,
                name=before.name if name is None else name,
                roles=before.roles if roles is None else frozenset(roles),
                language=before.language if language is None else language,
                areas=before.areas if areas is None else frozenset(areas),
                must_change_password=before.must_change_password,
            )
            check_user(username, after.name, after.roles)
            if (after.roles, after.areas) != (before.roles, before.areas):
                if username in behind(by, hands_in(tx.connection)):
                    raise NotYourself(f"expected another administrator to change what {username} may, got {by}")
                if row.identity_sha256 is not None:
                    raise NotKeptHere(
                        f"expected the roles and areas of {username} to be changed at the identity provider"
                    )
                give_roles(tx.connection, username, after.roles)
                give_areas(tx.connection, username, after.areas)
                put_hand(tx.connection, username, "user.change", by=by, at=self._clock.now())
            table = schema.users
            tx.connection.execute(
                update(table)
                .where(table.c.username == username)
                .values(name=after.name, language=after.language)
            )
            _keep_an_administrator(tx.connection, before)
            detail = {"before": _given(before), "after": _given(after)}
            self._audit(tx, "user.change", by=by, subject=username, detail=detail)
            return self._account(tx.connection, _row(tx.connection, username))

    def disable(self, username: str, *, by: str) -> Account:
        table = schema.users
        with self._database.write() as tx:
            before = user_of(tx.connection, _row(tx.connection, username))
            if by == username:
                raise NotYourself(f"expected another administrator to disable {username}, got {by}")
            tx.connection.execute(update(table).where(table.c.username == username).values(disabled=True))
            _keep_an_administrator(tx.connection, before)
            _end_sessions(tx.connection, username)
            self._audit(tx, "user.disable", by=by, subject=username)
            return self._account(tx.connection, _row(tx.connection, username))

    def enable(self, username: str, *, by: str) -> Account:
        table = schema.users
        with self._database.write() as tx:
            _row(tx.connection, username)
            tx.connection.execute(update(table).where(table.c.username == username).values(disabled=False))
            self._audit(tx, "user.enable", by=by, subject=username)
            return self._account(tx.connection, _row(tx.connection, username))

    def reset_password(self, username: str, *, by: str) -> str:
        password = new_password()
        password_hash = self._passwords.hash(password)
        table = schema.users
        with self._database.write() as tx:
            if _row(tx.connection, username).identity_sha256 is not None:
                raise NotKeptHere(f"expected the password of {username} to be reset at the identity provider")
            if username in behind(by, hands_in(tx.connection)):
                raise NotYourself(f"expected another administrator to reset the password of {username}")
            tx.connection.execute(
                update(table)
                .where(table.c.username == username)
                .values(password_hash=password_hash, must_change_password=True)
            )
            _end_sessions(tx.connection, username)
            attempts = schema.login_attempts
            tx.connection.execute(delete(attempts).where(attempts.c.username == username))
            put_hand(tx.connection, username, "password.reset", by=by, at=self._clock.now())
            self._audit(tx, "password.reset", by=by, subject=username)
        return password

    def confirm(self, username: str, *, by: str) -> Account:
        with self._database.write() as tx:
            _row(tx.connection, username)
            if row_of(tx.connection, by) is not None:  # a person, not the server's command line
                check_persons(tx.connection, username, by)
            hands = open_hands(tx.connection, [username]).get(username, ())
            confirm_hands(tx.connection, username, by=by, at=self._clock.now())
            of = sorted({hand.by for hand in hands})
            self._audit(tx, "user.confirm", by=by, subject=username, detail={"hands": len(hands), "of": of})
            return self._account(tx.connection, _row(tx.connection, username))

    def end_sessions(self, username: str, *, by: str) -> int:
        with self._database.write() as tx:
            _row(tx.connection, username)
            ended = _end_sessions(tx.connection, username)
            self._audit(tx, "session.end", by=by, subject=username, detail={"sessions": ended})
        return ended

    def admit(self, tx: Transaction, user: User, identity: str) -> User:
        """The account of an identity as the provider tells of it now, made where there is none; within the
        transaction of the sign-on.

        Raises:
            InvalidUser: the username is another account's, or can't be one; the account is disabled.
        """
        table, by = schema.users, "oidc"
        row = tx.connection.execute(select(table).where(table.c.identity_sha256 == identity)).one_or_none()
        if row is None:
            check_user(user.username, user.name, user.roles)
            put_user(tx.connection, user, password_hash=NO_PASSWORD, at=self._clock.now(), identity=identity)
            self._audit(tx, "user.create", by=by, subject=user.username, detail=_given(user))
            return user
        if row.disabled:
            raise InvalidUser(f"expected an account that may be used, {row.username!r} was disabled")
        before = user_of(tx.connection, row)
        # The name here stays what it was: it stands in the records.
        after = User(
            username=before.username,
            name=user.name,
            roles=user.roles,
            language=before.language,
            areas=user.areas,
        )
        if after != before:
            check_user(after.username, after.name, after.roles)
            give_roles(tx.connection, after.username, after.roles)
            give_areas(tx.connection, after.username, after.areas)
            tx.connection.execute(
                update(table).where(table.c.username == after.username).values(name=after.name)
            )
            detail = {"before": _given(before), "after": _given(after)}
            self._audit(tx, "user.change", by=by, subject=after.username, detail=detail)
        return after

    def _account(self, connection: Connection, row: Row[Any]) -> Account:
        table, now = schema.sessions, self._clock.now()
        open_now = connection.scalar(
            select(func.count()).where(
                table.c.username == row.username,
                table.c.expires_at > now,
                table.c.seen_at > now - self._policy.session_idle,
            )
        )
        return Account(
            user=user_of(connection, row),
            disabled=row.disabled,
            created_at=row.created_at,
            external=row.identity_sha256 is not None,
            sessions=open_now or 0,
            hands=open_hands(connection, [row.username]).get(row.username, ()),
        )

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


def _given(user: User) -> dict[str, Any]:
    return {"name": user.name, "roles": sorted(user.roles), "areas": sorted(user.areas)}


def _row(connection: Connection, username: str) -> Row[Any]:
    row = row_of(connection, username)
    if row is None:
        raise NotFound(f"no user {username!r}")
    return row


def _end_sessions(connection: Connection, username: str) -> int:
    table = schema.sessions
    return connection.execute(delete(table).where(table.c.username == username)).rowcount


def _keep_an_administrator(connection: Connection, before: User) -> None:
    """Looked at after the change, which is undone where this raises. One who is limited to areas can't look
    after people, so they don't count.

    Raises:
        LastAdministrator: `before` was one and nobody is left who is.
    """
    if Role.ADMINISTRATOR not in before.roles or before.areas:
        return
    users, roles, areas = schema.users, schema.user_roles, schema.user_areas
    left = connection.scalar(
        select(func.count())
        .select_from(users)
        .join(roles, roles.c.username == users.c.username)
        .where(
            roles.c.role == Role.ADMINISTRATOR,
            users.c.disabled.is_(False),
            users.c.username.not_in(select(areas.c.username)),
        )
    )
    if not left:
        raise LastAdministrator(f"expected an administrator of the whole network besides {before.username}")
