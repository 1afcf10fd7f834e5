"""The rows of one user: read, written, given roles and areas. For the books that deal with people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from central.people import InvalidUser, Role, User
from central.records import schema
from central.records.places import areas_of

#: What stands for the hash of somebody who has no password here: no hash is like it.
NO_PASSWORD = "!"  # noqa: S105 – that there is none is no secret


def row_of(connection: Connection, username: str) -> Row[Any] | None:
    return connection.execute(select(schema.users).where(schema.users.c.username == username)).one_or_none()


def put_user(
    connection: Connection, user: User, *, password_hash: str, at: datetime, identity: str | None = None
) -> None:
    """A user's rows.

    Raises:
        InvalidUser: the username is taken, or there is no such area.
    """
    if row_of(connection, user.username) is not None:
        raise InvalidUser(f"expected a username that is free, got {user.username!r}")
    connection.execute(
        insert(schema.users).values(
            username=user.username,
            name=user.name,
            language=user.language,
            password_hash=password_hash,
            disabled=False,
            must_change_password=user.must_change_password,
            identity_sha256=identity,
            created_at=at,
        )
    )
    give_roles(connection, user.username, user.roles)
    give_areas(connection, user.username, user.areas)


def give_roles(connection: Connection, username: str, roles: frozenset[Role]) -> None:
    """These instead of those they have."""
    table = schema.user_roles
    connection.execute(delete(table).where(table.c.username == username))
    connection.execute(insert(table), [{"username": username, "role": role} for role in sorted(roles)])


def check_areas_known(connection: Connection, areas: frozenset[str], whose: str) -> None:
    """Raises:
    InvalidUser: there is no such area.
    """
    unknown = areas - {area.area_id for area in areas_of(connection)}
    if unknown:
        raise InvalidUser(f"expected areas that there are for {whose!r}, got {', '.join(sorted(unknown))}")


def give_areas(connection: Connection, username: str, areas: frozenset[str]) -> None:
    """These instead of those they have.

    Raises:
        InvalidUser: there is no such area.
    """
    check_areas_known(connection, areas, username)
    table = schema.user_areas
    connection.execute(delete(table).where(table.c.username == username))
    if areas:
        connection.execute(insert(table), [{"username": username, "area_id": each} for each in sorted(areas)])


def user_of(connection: Connection, row: Row[Any]) -> User:
    """The user of a row, with roles and areas."""
    table, places = schema.user_roles, schema.user_areas
    roles = connection.scalars(select(table.c.role).where(table.c.username == row.username)).all()
    areas = connection.scalars(select(places.c.area_id).where(places.c.username == row.username)).all()
    return User(
        username=row.username,
        name=row.name,
        roles=frozenset(Role(role) for role in roles),
        language=row.language,
        areas=frozenset(areas),
        must_change_password=row.must_change_password,
    )
