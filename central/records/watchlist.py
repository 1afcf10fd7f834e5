"""Every version of the watchlist in the database: what changed, and the digest of what it held.

Changes are written in the transaction that makes them, so the log is never behind the orders. It only grows:
what version N held for an order can be told for as long as the records are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from central.content import Content
from central.hotlist import row_id_of
from central.records import schema
from central.records.database import Database, Transaction
from central.records.hotlist_rows import (
    Lists,
    hotlist_entries,
    import_of,
    in_force,
    list_of,
    row_changes,
    rows_of,
)
from central.records.port import HeldEntry, NotFound, WatchlistVersion
from central.watchlist import Change
from proto.codec import decode_watchlist_entry, encode_watchlist_entry
from proto.passage import WatchlistEntry

#: (before, after) of one order; None: not on the list.
EntryChange = tuple[WatchlistEntry | None, WatchlistEntry | None]
#: Changes beyond which a list is read anew rather than brought up to date.
_MOST_CHANGES = 200_000
_ROWS_AT_ONCE = 5_000


def put_changes(tx: Transaction, changes: Iterable[EntryChange], *, at: datetime) -> int:
    """Make the next version of the watchlist; every way of activating or ending an order goes through here.

    Args:
        tx: the transaction in which the orders change.
        changes: what each order's entry was and is; those without a difference change nothing.
        at: now.

    Returns:
        The version; the one there was where nothing changed.
    """
    rows: list[dict[str, object]] = []
    before = _newest(tx)
    version = before.version + 1
    content, size = Content(before.content), before.orders
    for old, new in changes:
        if old == new:
            continue
        if old is not None:
            content.remove(encode_watchlist_entry(old))
            size -= 1
            if new is None or new.plate != old.plate:
                rows.append(_row(version, len(rows), old, None))
        if new is not None:
            encoded = encode_watchlist_entry(new)
            content.add(encoded)
            size += 1
            rows.append(_row(version, len(rows), new, encoded))
    if not rows:
        return before.version
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        tx.connection.execute(insert(schema.watchlist_changes), rows[start : start + _ROWS_AT_ONCE])
    tx.connection.execute(
        insert(schema.watchlist_versions).values(
            version=version, at=at, orders=size, digest=content.digest(), content=content.hex()
        )
    )
    tx.connection.execute(update(schema.watchlist).values(version=version))
    return version


def put_generation(
    tx: Transaction,
    *,
    hotlist_id: int,
    before: int,
    generation: int,
    content: str,
    size: int,
    changes: int,
    at: datetime,
) -> int:
    """Make the next version of the watchlist: a hotlist is of another generation now, all its rows at once.

    Args:
        tx: the transaction in which the list's generation changes.
        hotlist_id: which list.
        before: its generation until now; 0 for none.
        generation: its generation from now on.
        content: what that adds and takes away, as `Content.hex` gives it.
        size: how many more rows are in force.
        changes: how many rows come or go.
        at: now.

    Returns:
        The version.
    """
    newest = _newest(tx)
    version = newest.version + 1
    merged = Content(newest.content)
    merged.merge(content)
    tx.connection.execute(
        insert(schema.watchlist_hotlists).values(
            version=version, hotlist_id=hotlist_id, before=before, generation=generation, changes=changes
        )
    )
    tx.connection.execute(
        insert(schema.watchlist_versions).values(
            version=version,
            at=at,
            orders=newest.orders + size,
            digest=merged.digest(),
            content=merged.hex(),
        )
    )
    tx.connection.execute(update(schema.watchlist).values(version=version))
    return version


def generations_at(connection: Connection, version: int) -> dict[int, int]:
    """List → generation in that version of the watchlist, of those that had one."""
    table = schema.watchlist_hotlists
    query = select(table).where(table.c.version <= version).order_by(table.c.version)
    return {row.hotlist_id: row.generation for row in connection.execute(query)}


def begin(tx: Transaction, active: Iterable[WatchlistEntry], *, at: datetime) -> None:
    """Write the first version where there is none: records of before the log have orders already."""
    if tx.connection.execute(select(func.count()).select_from(schema.watchlist_versions)).scalar_one():
        return
    version = int(tx.connection.execute(select(schema.watchlist.c.version)).scalar_one())
    content = Content()
    rows: list[dict[str, object]] = []
    for entry in active:
        encoded = encode_watchlist_entry(entry)
        content.add(encoded)
        rows.append(_row(version, len(rows), entry, encoded))
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        tx.connection.execute(insert(schema.watchlist_changes), rows[start : start + _ROWS_AT_ONCE])
    tx.connection.execute(
        insert(schema.watchlist_versions).values(
            version=version, at=at, orders=len(rows), digest=content.digest(), content=content.hex()
        )
    )


class SqlWatchlistLog:
    """See `central.records.port.WatchlistLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self) -> WatchlistVersion:
        table = schema.watchlist_versions
        with self._database.read() as connection:
            row = connection.execute(select(table).order_by(table.c.version.desc()).limit(1)).one()
        return WatchlistVersion(version=row.version, at=row.at, orders=row.orders, digest=row.digest)

    def get(self, version: int) -> WatchlistVersion:
        table = schema.watchlist_versions
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.version == version)).one_or_none()
        if row is None:
            raise NotFound(f"no version {version} of the watchlist")
        return WatchlistVersion(version=row.version, at=row.at, orders=row.orders, digest=row.digest)

    def held(self, version: int, order_id: str) -> HeldEntry:
        self.get(version)
        row_id = row_id_of(order_id)
        if row_id is not None:
            with self._database.read() as connection:
                return _held_row(connection, version, row_id)
        table = schema.watchlist_changes
        query = (
            select(table)
            .where(table.c.order_id == order_id, table.c.version <= version)
            .order_by(table.c.version.desc(), table.c.number.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return HeldEntry(since=None, entry=None)
        entry = None if row.entry is None else decode_watchlist_entry(row.entry)
        return HeldEntry(since=row.version, entry=entry)

    def recount(self, version: int) -> str:
        """The digest of what the changes up to that version lead to, reckoned anew."""
        table = schema.watchlist_changes
        query = (
            select(table.c.order_id, table.c.entry)
            .where(table.c.version <= version)
            .order_by(table.c.version, table.c.number)
        )
        held: dict[str, bytes] = {}
        with self._database.read() as connection:
            for order_id, entry in connection.execute(query):
                if entry is None:
                    held.pop(order_id, None)
                else:
                    held[order_id] = entry
            content = Content()
            for encoded in held.values():
                content.add(encoded)
            for each in hotlist_entries(connection, generations_at(connection, version).items()):
                content.add(encode_watchlist_entry(each))
        return content.digest()

    def changes(self, since: int) -> tuple[int, Sequence[Change]] | None:
        versions, table = schema.watchlist_versions, schema.watchlist_changes
        with self._database.read() as connection:
            known = connection.execute(select(versions.c.version).where(versions.c.version == since)).first()
            newest = int(connection.execute(select(schema.watchlist.c.version)).scalar_one())
            count = connection.execute(
                select(func.count()).select_from(table).where(table.c.version > since)
            ).scalar_one()
            lists = schema.watchlist_hotlists
            count += connection.scalar(select(func.sum(lists.c.changes)).where(lists.c.version > since)) or 0
            if known is None or count > _MOST_CHANGES:
                return None
            query = select(table).where(table.c.version > since).order_by(table.c.version, table.c.number)
            found = [
                Change(
                    order_id=row.order_id,
                    plate=row.plate,
                    entry=None if row.entry is None else decode_watchlist_entry(row.entry),
                )
                for row in connection.execute(query)
            ]
            before = generations_at(connection, since)
            for hotlist_id, generation in generations_at(connection, newest).items():
                if before.get(hotlist_id, 0) != generation:
                    found += row_changes(connection, hotlist_id, before.get(hotlist_id, 0), generation)
        return newest, found


def _held_row(connection: Connection, version: int, row_id: int) -> HeldEntry:
    generation = generations_at(connection, version).get(list_of(row_id), 0)
    rows = list(
        rows_of(connection, in_force(list_of(row_id), generation) & (schema.hotlist_rows.c.row_id == row_id))
    )
    table = schema.watchlist_hotlists
    since = connection.scalar(
        select(table.c.version).where(
            table.c.hotlist_id == list_of(row_id),
            table.c.generation == import_of(row_id),
            table.c.version <= version,
        )
    )
    if not rows:
        return HeldEntry(since=None, entry=None)
    return HeldEntry(since=since, entry=Lists(connection).entry(*rows[0]))


def _newest(tx: Transaction) -> _State:
    table = schema.watchlist_versions
    row = tx.connection.execute(select(table).order_by(table.c.version.desc()).limit(1)).one()
    return _State(row.version, row.orders, row.content)


class _State:
    __slots__ = ("content", "orders", "version")

    def __init__(self, version: int, orders: int, content: str) -> None:
        self.version, self.orders, self.content = version, orders, content


def _row(version: int, number: int, entry: WatchlistEntry, encoded: bytes | None) -> dict[str, object]:
    return {
        "version": version,
        "number": number,
        "order_id": entry.order_id,
        "plate": entry.plate,
        "entry": encoded,
    }
