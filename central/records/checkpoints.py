"""Checkpoints and areas, as configured."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, delete, insert, select, update

from central.area import EVERYWHERE, Area, Scope, scope_of
from central.checkpoint import Checkpoint
from central.records import schema
from central.records.database import Database, Transaction
from central.records.order_rows import active_entries
from central.records.places import areas_of
from central.records.watchlist import put_changes
from proto.clock import Clock


def names_of(connection: Connection, checkpoint_ids: Collection[str]) -> dict[str, str]:
    """Id → name of those that are known. Ids come from passages, so they may be anything."""
    table = schema.checkpoints
    # PostgreSQL can't even be asked for one with a NUL.
    possible = [each for each in checkpoint_ids if "\0" not in each]
    query = select(table.c.checkpoint_id, table.c.name).where(table.c.checkpoint_id.in_(possible))
    return {row.checkpoint_id: row.name for row in connection.execute(query)}


def checkpoints_of(connection: Connection) -> tuple[Checkpoint, ...]:
    """All, by id."""
    found = [
        Checkpoint(
            checkpoint_id=row.checkpoint_id,
            name=row.name,
            latitude=row.latitude,
            longitude=row.longitude,
            directions=tuple(row.directions),
            lanes=row.lanes,
            area_id=row.area_id,
        )
        for row in connection.execute(select(schema.checkpoints))
    ]
    # Sorted here: a database's collation is its own.
    return tuple(sorted(found, key=lambda checkpoint: checkpoint.checkpoint_id))


def scope_for(connection: Connection, username: str) -> Scope:
    """What a person may see."""
    table = schema.user_areas
    given = connection.scalars(select(table.c.area_id).where(table.c.username == username)).all()
    return scope_of(given, areas_of(connection), checkpoints_of(connection)) if given else EVERYWHERE


class SqlCheckpointBook:
    """See `central.records.port.CheckpointBook`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(self, checkpoints: Sequence[Checkpoint]) -> None:
        if set(checkpoints) <= set(self.all()):  # as at most starts: nothing moves, nobody is held up
            return
        table = schema.checkpoints
        with self._moving() as tx:
            tx.connection.execute(
                delete(table).where(table.c.checkpoint_id.in_([c.checkpoint_id for c in checkpoints]))
            )
            tx.connection.execute(
                insert(table),
                [
                    {
                        "checkpoint_id": c.checkpoint_id,
                        "name": c.name,
                        "latitude": c.latitude,
                        "longitude": c.longitude,
                        "directions": list(c.directions),
                        "lanes": c.lanes,
                        "area_id": c.area_id,
                    }
                    for c in checkpoints
                ],
            )

    def all(self) -> tuple[Checkpoint, ...]:
        with self._database.read() as connection:
            return checkpoints_of(connection)

    def put_areas(self, areas: Sequence[Area]) -> None:
        if set(areas) <= set(self.areas()):
            return
        table = schema.areas
        with self._moving() as tx:
            for area in areas:
                values = {"name": area.name, "parent": area.parent}
                # Changed in place: people are given areas by reference.
                changed = tx.connection.execute(
                    update(table).where(table.c.area_id == area.area_id).values(values)
                )
                if changed.rowcount == 0:
                    tx.connection.execute(insert(table).values(area_id=area.area_id, **values))

    @contextmanager
    def _moving(self) -> Iterator[Transaction]:
        """A transaction after which the watchlist has the orders of areas where their checkpoints are then."""
        with self._database.write() as tx:
            before = {entry.order_id: entry for entry in active_entries(tx.connection, of_areas=True)}
            yield tx
            after = {entry.order_id: entry for entry in active_entries(tx.connection, of_areas=True)}
            changes = [(before.get(order_id), after.get(order_id)) for order_id in {**before, **after}]
            put_changes(tx, changes, at=self._clock.now())

    def areas(self) -> tuple[Area, ...]:
        with self._database.read() as connection:
            return areas_of(connection)

    def scope(self, areas: Collection[str]) -> Scope:
        return scope_of(areas, self.areas(), self.all()) if areas else EVERYWHERE

    def names(self, checkpoint_ids: Collection[str]) -> Mapping[str, str]:
        with self._database.read() as connection:
            return names_of(connection, checkpoint_ids)
