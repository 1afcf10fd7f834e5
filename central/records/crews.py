"""Who rides with a unit (车组), in the database."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, insert, select

from central.interception.unit import InvalidUnit
from central.people import Role
from central.records import schema
from central.records.roster import watchers


def crews_of(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Unit → usernames, in order; without those who can't sign in any more."""
    crews, users = schema.unit_crews, schema.users
    query = (
        select(crews.c.unit_id, crews.c.username)
        .join(users, users.c.username == crews.c.username)
        .where(users.c.disabled.is_(False))
    )
    found: dict[str, list[str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.unit_id, []).append(row.username)
    # Sorted here: a database's collation is its own.
    return {unit_id: tuple(sorted(names)) for unit_id, names in found.items()}


def unit_ridden(connection: Connection, username: str) -> str | None:
    """The unit that this person rides with; None: none."""
    table = schema.unit_crews
    return connection.scalar(select(table.c.unit_id).where(table.c.username == username))


def give_crew(connection: Connection, unit_id: str, crew: Collection[str]) -> None:
    """These instead of who rides with it; whoever rode with another unit leaves that one.

    Raises:
        InvalidUnit: one of them is nobody who may ride with a unit.
    """
    wanted = frozenset(crew)
    unknown = wanted - watchers(connection, sorted(wanted), roles=frozenset({Role.PATROL}))
    if unknown:
        raise InvalidUnit(
            f"expected people of the role {Role.PATROL} who can sign in to ride with {unit_id!r}, "
            f"got {', '.join(sorted(unknown))}"
        )
    table = schema.unit_crews
    connection.execute(delete(table).where((table.c.unit_id == unit_id) | table.c.username.in_(wanted)))
    if wanted:
        connection.execute(insert(table), [{"username": each, "unit_id": unit_id} for each in sorted(wanted)])
