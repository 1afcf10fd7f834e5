"""Where an order holds: its checkpoints, and those of its areas as they are now."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from central.area import Area, with_inner
from central.records import schema


def areas_of(connection: Connection) -> tuple[Area, ...]:
    """All areas, by id."""
    rows = connection.execute(select(schema.areas)).all()
    found = [Area(area_id=row.area_id, name=row.name, parent=row.parent) for row in rows]
    return tuple(sorted(found, key=lambda area: area.area_id))


class Places:
    """Which checkpoints lie in which areas; read when an order first asks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._areas: tuple[Area, ...] = ()
        self._inside: dict[str, list[str]] | None = None

    def checkpoints(self, named: Collection[str], areas: Collection[str]) -> frozenset[str] | None:
        """Those named and those in the areas; empty: everywhere. None: nowhere, for the areas have none."""
        if not areas:
            return frozenset(named)
        if self._inside is None:
            self._areas = areas_of(self._connection)
            self._inside = {}
            table = schema.checkpoints
            query = select(table.c.checkpoint_id, table.c.area_id).where(table.c.area_id.is_not(None))
            for row in self._connection.execute(query):
                self._inside.setdefault(row.area_id, []).append(row.checkpoint_id)
        found = frozenset(named) | {
            checkpoint_id
            for area_id in with_inner(self._areas, areas)
            for checkpoint_id in self._inside.get(area_id, ())
        }
        return found or None
