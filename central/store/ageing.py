"""What goes from the passages' tables for its age, and what a hold keeps: see `central.ports.PassageStore`."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from central.hold import Spared
from central.store import columns
from central.store.engine import Engine
from central.store.layout import Layout

#: What says something only with the pictures, and goes with them.
_OF_THE_PICTURES = (
    "evidence.kind",
    "evidence.sha256",
    "evidence.size",
    "evidence.media_type",
    "vehicle_box",
    "plate_box",
)


class Ageing:
    """Deletes from the tables that lie as the layout says."""

    def __init__(self, engine: Engine, layout: Layout, writing: threading.Lock) -> None:
        """Args:
        writing: held by whoever inserts.
        """
        self._engine = engine
        self._layout = layout
        self._writing = writing

    def delete_before(self, moment: datetime, spared: Sequence[Spared]) -> int:
        """Whole parts are dropped at once; what else is to go, of the part of `moment` or beside what is
        spared, is rewritten. Rewritten parts leave the disk a little later: half a minute here,
        eight at most (ClickHouse's `old_parts_lifetime`). To rewrite a week takes a while, for which nobody who
        inserts has to wait; what they insert of that time meanwhile goes with it or next time."""
        at = f"fromUnixTimestamp64Micro({columns.microseconds(moment)}, 'UTC')"
        kept = _sparing(spared)
        going = f"captured_at < {at} AND NOT ({kept})"
        with self._writing:
            gone = self._count_where(going)
            if not gone:
                return 0
            # The first day of the part that `moment` lies in, or a later one: those before are over.
            day = f"{moment.astimezone(UTC) - timedelta(days=self._layout.days_a_part - 1):%Y%m%d}"
            older = self._engine.query(
                f"SELECT DISTINCT partition_id FROM {self._layout.parts} WHERE active"  # noqa: S608
                " AND table = {table:String} AND database = currentDatabase() AND partition_id < {day:String}",
                {"day": day, "table": self._layout.local},
            )
            holding = self._engine.query(
                f"SELECT DISTINCT _partition_id AS id FROM {self._layout.source} WHERE {kept}"  # noqa: S608
            )
            droppable = set(older.column("partition_id").to_pylist()) - set(holding.column("id").to_pylist())
            for partition_id in sorted(droppable):
                self._engine.command(f"{self._layout.alter} DROP PARTITION ID '{int(partition_id)}'")
        if self._count_where(going):
            self._engine.command(f"{self._layout.alter} DELETE WHERE {going} SETTINGS mutations_sync = 2")
        return gone

    def evidence_of(self, spared: Sequence[Spared]) -> frozenset[str]:
        if not spared:
            return frozenset()
        found = self._engine.query(
            "SELECT DISTINCT lower(hex(arrayJoin(`evidence.sha256`))) AS sha256"  # noqa: S608
            f" FROM {self._layout.source} WHERE {_sparing(spared)}"
        )
        return frozenset(found.column("sha256").to_pylist())

    def _count_where(self, where: str) -> int:
        found = self._engine.query(f"SELECT count() AS n FROM {self._layout.source} WHERE {where}")  # noqa: S608
        return int(found.column("n")[0].as_py())

    def forget_evidence_before(self, moment: datetime, spared: Sequence[Spared]) -> int:
        """One mutation, which rewrites these columns of the old parts and links all other files: some tenths of
        a second a part of the table. It needs no lock: what is inserted meanwhile goes next time."""
        day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        there = " OR ".join(f"notEmpty(`{name}`)" for name in ("evidence.kind", "vehicle_box", "plate_box"))
        at = f"fromUnixTimestamp64Micro({columns.microseconds(day)}, 'UTC')"
        going = f"captured_at < {at} AND ({there}) AND NOT ({_sparing(spared)})"
        gone = self._count_where(going)
        if gone:
            emptied = ", ".join(f"`{name}` = []" for name in _OF_THE_PICTURES)
            self._engine.command(
                f"{self._layout.alter} UPDATE {emptied} WHERE {going} SETTINGS mutations_sync = 2"
            )
        return gone


def _sparing(spared: Sequence[Spared]) -> str:
    """SQL of what these are. A mutation takes no parameters: plates go in as hexadecimal digits."""
    found = []
    for one in spared:
        terms = []
        if one.plate is not None:
            terms.append(f"plate = unhex('{one.plate.encode().hex()}')")
        if one.since is not None:
            terms.append(f"captured_at >= fromUnixTimestamp64Micro({columns.microseconds(one.since)}, 'UTC')")
        if one.until is not None:
            terms.append(f"captured_at < fromUnixTimestamp64Micro({columns.microseconds(one.until)}, 'UTC')")
        found.append(" AND ".join(terms) or "1")
    return " OR ".join(f"({term})" for term in found) or "0"
