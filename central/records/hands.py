"""Hands in accounts that nobody has confirmed, in the database: see `central.independence`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from central.independence import check_independent
from central.people import Hand
from central.records import schema


def put_hand(connection: Connection, username: str, what: str, *, by: str, at: datetime) -> None:
    """Nothing where `by` is no person who could sign in: the machine's command line, the identity provider."""
    users = schema.users
    person = connection.scalar(select(users.c.username).where(users.c.username == by))
    if person is not None and by != username:
        connection.execute(insert(schema.account_hands).values(username=username, by=by, what=what, at=at))


def check_persons(connection: Connection, first: str, second: str) -> None:
    """Raises:
    NotIndependent: see `central.independence`.
    """
    check_independent(first, second, hands_in(connection))


def hands_in(connection: Connection) -> dict[str, set[str]]:
    """Username → whose hands nobody confirmed."""
    table = schema.account_hands
    found: dict[str, set[str]] = {}
    for row in connection.execute(select(table.c.username, table.c.by).where(table.c.confirmed_at.is_(None))):
        found.setdefault(row.username, set()).add(row.by)
    return found


def open_hands(connection: Connection, usernames: Collection[str]) -> dict[str, tuple[Hand, ...]]:
    """Username → hands that nobody confirmed, the oldest first."""
    table = schema.account_hands
    query = (
        select(table)
        .where(table.c.username.in_(usernames), table.c.confirmed_at.is_(None))
        .order_by(table.c.number)
    )
    found: dict[str, list[Hand]] = {}
    for row in connection.execute(query):
        found.setdefault(row.username, []).append(Hand(by=row.by, what=row.what, at=row.at))
    return {username: tuple(hands) for username, hands in found.items()}


def confirm_hands(connection: Connection, username: str, *, by: str, at: datetime) -> int:
    """How many there were."""
    table = schema.account_hands
    mine = (table.c.username == username, table.c.confirmed_at.is_(None))
    return connection.execute(update(table).where(*mine).values(confirmed_by=by, confirmed_at=at)).rowcount
