"""The city in a store: filling it day by day, and what the questions are drawn from."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from central.area import EVERYWHERE
from central.investigation import Purpose, Reach
from central.store.chdb import ChdbEngine
from central.store.clickhouse import ClickHousePassages
from deploy.movement import Movement
from deploy.movement.calendar import UTC_OFFSET
from deploy.movement.table import to_arrow

_FIRST = date(2026, 3, 2)  # a Monday
_DAY = timedelta(days=1)
#: Rows of one insert: what a catching-up centre writes at once.
_AT_ONCE = 1_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class City:
    """A filled store, with the truth beside."""

    movement: Movement
    engine: ChdbEngine
    store: ClickHousePassages
    folder: Path
    passages: int
    fill_s: float  #: of the rows' way into the store, without making them
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))

    @property
    def since(self) -> datetime:
        return datetime.combine(self.movement.first, datetime.min.time(), UTC) - UTC_OFFSET

    @property
    def until(self) -> datetime:
        return self.since + self.movement.days * _DAY

    def reach(self, *, days: float | None = None, last: timedelta = timedelta(0)) -> Reach:
        """All of the time, or the last `days` that end `last` before the end; the whole network."""
        until = self.until - last
        purpose = Purpose(
            user="bench", reason="benchmark", case_number="none", scope=EVERYWHERE, earliest=self.since
        )
        since = self.since if days is None else max(self.since, until - timedelta(days=days))
        return purpose.reach(since=since, until=until)

    def plate(self) -> str:
        """Of a random vehicle that drives here often: people look for those that pass."""
        people = self.movement.people
        local = np.flatnonzero(people.kind <= 3)
        return str(people.plates[people.plate[int(self.rng.choice(local))]])

    def disk(self) -> dict[str, float]:
        """Bytes a passage, as the engine counts its active parts."""
        rows = self.engine.query(
            "SELECT sum(rows) AS rows, sum(bytes_on_disk) AS bytes FROM system.parts"
            " WHERE active AND table = 'passages'"
        ).to_pylist()[0]
        of_pictures = self.engine.query(
            "SELECT sum(column_data_compressed_bytes + column_marks_bytes) AS bytes FROM system.parts_columns"
            " WHERE active AND table = 'passages'"
            " AND (startsWith(column, 'evidence.') OR endsWith(column, '_box'))"
        ).to_pylist()[0]
        with_pictures = self.engine.query(
            "SELECT count() AS n FROM passages WHERE notEmpty(`evidence.kind`)"
        ).to_pylist()[0]["n"]
        return {
            "all": rows["bytes"] / rows["rows"],
            "passage": (rows["bytes"] - of_pictures["bytes"]) / rows["rows"],
            "pictures": of_pictures["bytes"] / max(1, with_pictures),
            "share_with_pictures": with_pictures / rows["rows"],
        }

    def forget_pages(self) -> None:
        """The store's files out of the system's page cache, its marks and blocks out of the engine's."""
        for what in ("MARK CACHE", "UNCOMPRESSED CACHE", "PRIMARY INDEX CACHE", "QUERY CONDITION CACHE"):
            self.engine.command(f"SYSTEM DROP {what}")
        os.sync()
        for path in self.folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def fill(
    folder: Path,
    passages: int,
    *,
    days: int,
    pictures_days: int,
    seed: int,
    convoys: int,
    clones: int,
    told: Callable[[str], None],
) -> City:
    """Day by day; at the end what goes with the pictures of older days goes, and parts are merged."""
    movement = Movement.sized(passages, seed=seed, days=days, convoys=convoys, clones=clones)
    engine = ChdbEngine(folder)
    store = ClickHousePassages(engine, only_writer=True)
    made, spent = 0, 0.0
    begun = time.monotonic()
    for number, batch in enumerate(movement.batches()):
        for part, start in enumerate(range(0, len(batch), _AT_ONCE)):
            some = batch.take(np.arange(start, min(len(batch), start + _AT_ONCE)))
            rows = to_arrow(some, movement.network, seed=1000 * number + part, whole=True)
            before = time.monotonic()
            engine.insert("passages", rows)
            spent += time.monotonic() - before
        made += len(batch)
        if number % 10 == 9:
            pace = made / (time.monotonic() - begun)
            told(f"day {number + 1} of {days}: {made:,} passages, {pace:,.0f} a second")
    told("merging")
    before = time.monotonic()
    store.forget_evidence_before(
        datetime.combine(movement.first, datetime.min.time(), UTC) + (days - pictures_days) * _DAY
    )
    engine.command("OPTIMIZE TABLE passages FINAL SETTINGS optimize_skip_merged_partitions = 1")
    spent += time.monotonic() - before
    return City(movement=movement, engine=engine, store=store, folder=folder, passages=made, fill_s=spent)
