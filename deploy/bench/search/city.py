"""The city in a store: filling it day by day, and what the questions are drawn from."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import click
import numpy as np
import pyarrow as pa
from tqdm import tqdm

from central.analysis import Ground
from central.area import EVERYWHERE
from central.investigation import Purpose, Reach
from central.store.chdb import ChdbEngine
from central.store.clickhouse import ClickHousePassages
from deploy.bench.report import progress
from deploy.movement import Movement
from deploy.movement.calendar import UTC_OFFSET
from deploy.movement.table import to_arrow

_FIRST = date(2026, 3, 2)  # a Monday
_DAY = timedelta(days=1)
_NOTE = "city.json"
_FORMAT = 1
#: For a whole day in one insert, which no centre makes; questions are put with what a centre allows.
_FILL_MIB = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What a city is made of: the same sizes make the same city."""

    passages: int  #: wanted
    days: int
    pictures_days: int
    seed: int
    convoys: int
    clones: int
    checkpoints: int


class OtherCity(click.ClickException):
    """The folder holds something else than what is asked for."""


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

    @cached_property
    def ground(self) -> Ground:
        """What a centre knows of its checkpoints."""
        net = self.movement.network
        return Ground(
            places={
                name: (float(net.latitude[at]), float(net.longitude[at]))
                for name, at in zip(net.checkpoint_ids, net.checkpoint_junctions, strict=True)
            },
            utc_offset=UTC_OFFSET,
        )

    def plate(self) -> str:
        """Of a random vehicle that drives here often: people look for those that pass."""
        people = self.movement.people
        local = np.flatnonzero(people.kind <= 3)
        return str(people.plates[people.plate[int(self.rng.choice(local))]])

    def checkpoints(self, count: int) -> tuple[str, ...]:
        """Different ones."""
        chosen = self.rng.choice(self.movement.network.checkpoint_ids, count, replace=False)
        return tuple(sorted(map(str, chosen)))

    def moment(self, *, days: float) -> timedelta:
        """How long before the end something so long ends, whole hours, anywhere in the time."""
        return timedelta(hours=int(self.rng.integers(0, max(1, round(24 * (self.movement.days - days))))))

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

    def remember_pages(self) -> None:
        """The store's files into the system's page cache, as far as memory has room: a running centre has what
        it is asked for there, and `forget_pages` took it away."""
        for file in self._files():
            while file.read(1 << 22):
                pass

    def _files(self) -> Iterator[BinaryIO]:
        for folder, _, names in os.walk(self.folder):
            for name in names:
                # What was merged away goes whenever the engine likes.
                with suppress(FileNotFoundError), Path(folder, name).open("rb") as file:
                    yield file

    def forget_pages(self) -> None:
        """The store's files out of the system's page cache, its marks and blocks out of the engine's."""
        for what in ("MARK CACHE", "UNCOMPRESSED CACHE", "PRIMARY INDEX CACHE", "QUERY CONDITION CACHE"):
            self.engine.command(f"SYSTEM DROP {what}")
        os.sync()
        for file in self._files():
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def city(folder: Path, sizes: Sizes) -> City:
    """The one that the folder holds; a new one is made in an empty one.

    Raises:
        OtherCity: the folder holds another one, or one that was not finished.
    """
    note = folder / _NOTE
    if not note.exists():
        if folder.exists() and any(folder.iterdir()):
            raise OtherCity(f"expected {folder} to be empty or to hold a finished city, got neither: remove it")
        _fill(folder, sizes)
    told = json.loads(note.read_text())
    if told["format"] != _FORMAT or told["sizes"] != asdict(sizes):
        raise OtherCity(f"expected {folder} to hold a city of {asdict(sizes)}, got {told['sizes']}")
    engine = ChdbEngine(folder / "passages")
    store = ClickHousePassages(engine, only_writer=True)
    _settle(engine)
    return City(
        movement=_movement(sizes, told["vehicles"]),
        engine=engine,
        store=store,
        folder=folder / "passages",
        passages=told["passages"],
        fill_s=told["fill_s"],
    )


def _settle(engine: ChdbEngine) -> None:
    """Wait until what a newer version of the tables wants of the rows is made."""
    with tqdm(unit="part", desc="tables of a newer version") as bar:
        while True:
            left = engine.query(
                "SELECT sum(parts_to_do) AS parts FROM system.mutations"
                " WHERE table = 'passages' AND NOT is_done"
            )
            parts = left.column("parts")[0].as_py() or 0
            bar.total = max(bar.total or 0, parts)
            bar.update(bar.total - parts - bar.n)
            if not parts:
                return
            time.sleep(1)


def _micros(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def _movement(sizes: Sizes, vehicles: int) -> Movement:
    return Movement.of(
        seed=sizes.seed,
        first=_FIRST,
        days=sizes.days,
        vehicles=vehicles,
        checkpoints=sizes.checkpoints,
        convoys=sizes.convoys,
        clones=sizes.clones,
    )


def _fill(folder: Path, sizes: Sizes) -> None:
    """Day by day, the next one made while one is stored: each UTC day in one insert, which is the one part that
    a running centre makes of it in the end. Of days past the pictures' time what goes with the pictures is not
    stored at all: that is how they are left by retention."""
    progress(f"a city of {sizes.passages:,} passages in {sizes.days} days")
    vehicles = Movement.vehicles_for(sizes.passages, sizes.seed, sizes.days, sizes.checkpoints)
    movement = _movement(sizes, vehicles)
    folder.mkdir(parents=True, exist_ok=True)
    with ChdbEngine(folder / "passages", memory_mib=_FILL_MIB) as engine:
        ClickHousePassages(engine, only_writer=True)  # makes the tables
        made, spent = _store_days(engine, movement, sizes)
    told = {"format": _FORMAT, "sizes": asdict(sizes), "vehicles": vehicles, "passages": made, "fill_s": spent}
    (folder / _NOTE).write_text(json.dumps(told))


def _store_days(engine: ChdbEngine, movement: Movement, sizes: Sizes) -> tuple[int, float]:
    """How many passages, and the seconds that the store took."""
    made = 0
    midnight = datetime.combine(movement.first, datetime.min.time(), UTC)

    def keep(rows: pa.Table) -> float:
        before = time.monotonic()
        if len(rows):
            engine.insert("passages", rows)
        return time.monotonic() - before

    stored: Future[float] | None = None
    late: pa.Table | None = None
    spent = 0.0
    with ThreadPoolExecutor(1) as writer, tqdm(total=sizes.days, unit="day") as bar:
        for number, batch in enumerate(movement.batches()):
            rows = to_arrow(
                batch,
                movement.network,
                seed=number,
                whole=True,
                pictures=number >= sizes.days - sizes.pictures_days,
            )
            made += len(rows)
            # A local day begins in the UTC day before.
            ends = int(np.searchsorted(batch.captured_at, _micros(midnight + number * _DAY)))
            whole = rows.slice(0, ends) if late is None else pa.concat_tables([late, rows.slice(0, ends)])
            late = rows.slice(ends)
            if stored is not None:
                spent += stored.result()
            stored = writer.submit(keep, whole)
            bar.update(1)
        if stored is not None and late is not None:
            spent += stored.result() + keep(late)
    progress("merging")
    begun = time.monotonic()
    in_parts = engine.query(
        "SELECT partition_id FROM system.parts WHERE active AND table = 'passages'"
        " GROUP BY partition_id HAVING count() > 1"
    )
    for partition in in_parts.column("partition_id").to_pylist():
        engine.command(f"OPTIMIZE TABLE passages PARTITION ID '{int(partition)}' FINAL")
    return made, spent + time.monotonic() - begun
