"""How fast and how compact passages are kept: `python -m tests.bench.passages [--rows 5000000]`.

The insert and the road from the bus are measured on the real path. The bulk before the searches is written by
SQL, with as many vehicles, checkpoints and alternatives as a city of that size would have; evidence hashes are
random, as hashes are.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry

from central.admission import Admission
from central.dead_letter import DeadLetters
from central.group_reader import GroupReader
from central.ingest import Ingest
from central.metrics import CentreMetrics
from central.ports import PassageQuery
from central.state.embedded import open_embedded_state
from central.state.limits import StateLimits
from central.store.chdb import ChdbEngine
from central.store.clickhouse import ClickHousePassages
from deploy.bench.machine import machine
from proto.bus.embedded import EmbeddedBus
from proto.bus.port import Record
from proto.clock import SystemClock
from proto.codec import encode_passages
from proto.identity import uuid7
from proto.passage import EvidenceKind, Passage
from proto.topics import ALL, PASSAGES
from tests.passages import passage

DAYS = 5
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 10_000

_FILL = """
INSERT INTO passages SELECT
  concat('川C', substring(hex(cityHash64(toUInt32(pow(rand(1) / 4294967296, 1.5) * {vehicles}))), 1, 5)),
  toDateTime64('2026-01-01 00:00:00', 6, 'UTC')
    + toIntervalMicrosecond(toUInt64((number + {first}) / {rows} * 86400e6 * {days}) + rand(2) % 100000) AS at,
  toFixedString(concat(
    substring(unhex(leftPad(hex(toUnixTimestamp64Milli(at)), 16, '0')), 3, 6),
    unhex(concat('7', substring(hex(rand(3)), 1, 3))), substring(randomFixedString(8), 1, 8)), 16),
  concat('node-', toString(rand(5) % 200)), concat('cp-', toString(rand(5) % 200)),
  concat('cam-', toString(rand(5) % 200)), 1 + rand(6) % 3, if(rand(6) % 2 = 0, 'inbound', 'outbound'),
  'synced', 'small_car', 'blue', 9000 + rand(7) % 1000, 1, 3 + rand(8) % 9,
  [0, 1, 2, 3, 4, 5, 6, 6], ['川', 'C', '1', '2', '3', '4', '5', 'S'],
  [0, 0, 0, rand(9) % 3, 0, 0, rand(10) % 4, 60 + rand(11) % 100], '',
  [rand(12) % 1600, rand(13) % 800, 200 + rand(14) % 1600, 200 + rand(15) % 800], [],
  200 + rand(16) % 600, ['scene', 'plate'], [randomFixedString(32), randomFixedString(32)],
  [100000 + rand(17) % 200000, 2000 + rand(18) % 6000], ['image/jpeg', 'image/jpeg'], '[["read","x","0"]]'
FROM numbers({count})
"""


def seen(number: int, random_: random.Random) -> Passage:
    at = BEGIN + timedelta(days=DAYS, milliseconds=2 * number)
    given = passage(number, kinds=(EvidenceKind.SCENE, EvidenceKind.PLATE))
    assert given.plate is not None
    text = f"川C{random_.randrange(100_000):05d}"
    read = replace(given.plate, text=text, lattice=tuple(((c, 0.99),) for c in text))
    return replace(given, captured_at=at, passage_id=uuid7(at), plate=read, node_id=f"node-{number % 50}")


def timed(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def report(name: str, seconds: Sequence[float]) -> None:
    ordered = sorted(seconds)
    p50, p95 = statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
    print(f"{name:48} p50 {p50 * 1e3:7.1f} ms   p95 {p95 * 1e3:7.1f} ms   of {len(ordered)}", flush=True)


def measure_insert(store: ClickHousePassages, batches: int) -> None:
    random_ = random.Random(1)
    passages = [seen(n, random_) for n in range(batches * BATCH)]
    parts = [passages[i : i + BATCH] for i in range(0, len(passages), BATCH)]
    seconds: float = sum(timed(lambda part=part: store.insert(part)) for part in parts)  # type: ignore[misc]
    print(f"insert, batches of {BATCH}, fsync: {len(passages) / seconds:,.0f} passages/s")
    seconds = timed(lambda: store.insert(parts[0]))
    print(f"the same batch again: {BATCH / seconds:,.0f} passages/s")
    single = [seen(batches * BATCH + n, random_) for n in range(50)]
    report("insert of one passage", [timed(lambda p=p: store.insert([p])) for p in single])  # type: ignore[misc]


def measure_ingest(store: ClickHousePassages, folder: Path, records: int) -> None:
    clock = SystemClock()
    metrics = CentreMetrics(CollectorRegistry())
    bus = EmbeddedBus(folder / "bus.db", clock=clock)
    bus.create_topics(ALL)
    random_ = random.Random(2)
    first = 10_000_000
    passages = [seen(first + n, random_) for n in range(records * 100)]
    batches = [passages[i : i + 100] for i in range(0, len(passages), 100)]
    bus.producer().publish(
        PASSAGES, [Record(key=b"node-%d" % (n % 50), value=encode_passages(b)) for n, b in enumerate(batches)]
    )
    reader = GroupReader(bus, PASSAGES, group="ingest", clock=clock, metrics=metrics)
    ingest = Ingest(
        reader,
        store,
        DeadLetters(bus.producer(), refused_by="ingest", clock=clock, metrics=metrics),
        Nobody(),
        sightings=open_embedded_state(StateLimits(), clock).sightings,
        admission=Admission(
            kept=timedelta(days=36_500),
            ahead_refused=timedelta(days=36_500),
            ahead_suspect=timedelta(days=36_500),
        ),
        announce_per_second=0,
        max_records=100,
        clock=clock,
        metrics=metrics,
    )
    before = store.count(PassageQuery())
    began = time.perf_counter()
    while store.count(PassageQuery()) < before + len(passages):
        ingest.step()
    seconds = time.perf_counter() - began
    ingest.close()
    bus.close()
    print(f"bus → store, records of 100 passages: {len(passages) / seconds:,.0f} passages/s")


class Nobody:
    """Watches the live view."""

    def announce(self, passages: Sequence[Passage]) -> None:
        """Sees nothing."""


def measure_searches(engine: ChdbEngine, store: ClickHousePassages, state: str) -> None:
    print(f"-- {state}, {store.count(PassageQuery()):,} passages")
    rows = engine.query(
        "SELECT plate, passage_id FROM passages WHERE cityHash64(passage_id) % 20000 = 1 LIMIT 100"
    )
    plates = rows.column("plate").to_pylist()
    some = store.search(PassageQuery(plate=plates[0]))
    print(f"a vehicle has some {len(some.passages)} passages")
    newest = store.search(PassageQuery(limit=1)).passages[0].captured_at

    def each(of: Callable[[str], object]) -> list[float]:
        return [timed(lambda plate=plate: of(plate)) for plate in plates]  # type: ignore[misc]

    report("track by plate, 100", each(lambda plate: store.search(PassageQuery(plate=plate))))
    report(
        "track by plate, last day",
        each(lambda plate: store.search(PassageQuery(plate=plate, since=newest - timedelta(days=1)))),
    )
    report("newest 100", [timed(lambda: store.search(PassageQuery())) for _ in range(20)])
    at_one = PassageQuery(checkpoints=frozenset({"cp-7"}), until=BEGIN + timedelta(days=3))
    report("newest 100 of one checkpoint", [timed(lambda: store.search(at_one)) for _ in range(20)])
    report("count of one checkpoint", [timed(lambda: store.count(at_one)) for _ in range(20)])
    found = [p.passage_id for p in store.search(PassageQuery(until=BEGIN + timedelta(days=2))).passages[:30]]
    report("one passage by id", [timed(lambda i=i: store.get(i)) for i in found])  # type: ignore[misc]


def measure_size(engine: ChdbEngine) -> None:
    rows = engine.query(
        "SELECT column AS name, sum(column_data_compressed_bytes) / sum(rows) AS bytes"
        " FROM system.parts_columns WHERE active AND table = 'passages' GROUP BY column ORDER BY bytes DESC"
    ).to_pylist()
    evidence = sum(row["bytes"] for row in rows if row["name"].startswith("evidence"))
    total = sum(row["bytes"] for row in rows)
    whole = engine.query(
        "SELECT sum(bytes_on_disk) / sum(rows) AS bytes FROM system.parts WHERE active AND table = 'passages'"
    ).to_pylist()[0]["bytes"]
    print(f"bytes a passage: {whole:.1f} on disk; columns {total:.1f}, of them evidence {evidence:.1f}")
    print("  " + ", ".join(f"{row['name']} {row['bytes']:.1f}" for row in rows if row["bytes"] >= 0.1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    rows: int = parser.parse_args().rows
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = ChdbEngine(folder / "passages")
        store = ClickHousePassages(engine)
        for first in range(0, rows, 100_000):
            engine.command(
                _FILL.format(vehicles=rows // 12, first=first, rows=rows, days=DAYS, count=min(100_000, rows))
            )
        measure_searches(engine, store, "as written")
        measure_insert(store, 10)
        measure_ingest(store, folder, 500)
        engine.command("OPTIMIZE TABLE passages FINAL")
        measure_searches(engine, store, "merged")
        measure_size(engine)
        store.close()


if __name__ == "__main__":
    main()
