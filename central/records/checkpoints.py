"""Checkpoints, as configured."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, delete, insert, select

from central.checkpoint import Checkpoint
from central.records import schema
from central.records.database import Database


def names_of(connection: Connection, checkpoint_ids: Collection[str]) -> dict[str, str]:
    """Id → name of those that are known. Ids come from passages, so they may be anything."""
    table = schema.checkpoints
    # PostgreSQL can't even be asked for one with a NUL.
    possible = [each for each in checkpoint_ids if "\0" not in each]
    query = select(table.c.checkpoint_id, table.c.name).where(table.c.checkpoint_id.in_(possible))
    return {row.checkpoint_id: row.name for row in connection.execute(query)}


class SqlCheckpointBook:
    """See `central.records.port.CheckpointBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, checkpoints: Sequence[Checkpoint]) -> None:
        if not checkpoints:
            return
        table = schema.checkpoints
        with self._database.write() as tx:
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
                    }
                    for c in checkpoints
                ],
            )

    def all(self) -> tuple[Checkpoint, ...]:
        table = schema.checkpoints
        with self._database.read() as connection:
            found = [
                Checkpoint(
                    checkpoint_id=row.checkpoint_id,
                    name=row.name,
                    latitude=row.latitude,
                    longitude=row.longitude,
                    directions=tuple(row.directions),
                    lanes=row.lanes,
                )
                for row in connection.execute(select(table))
            ]
        # Sorted here: a database's collation is its own.
        return tuple(sorted(found, key=lambda checkpoint: checkpoint.checkpoint_id))

    def names(self, checkpoint_ids: Collection[str]) -> Mapping[str, str]:
        with self._database.read() as connection:
            return names_of(connection, checkpoint_ids)
