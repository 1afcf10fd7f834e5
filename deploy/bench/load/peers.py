"""What a user would write instead: one kafka-python consumer, a set to look plates up in, rows into a database.

It is written as such a program is: records parsed one by one, passages looped over, rows inserted a poll at
a time under a primary key that keeps doubles out, a hit noted, the offset committed last. The log is synced
as ours is. The database is SQLite, or chDB as ours, given a thousand rows of JSON at a time. It keeps of a
lattice and of images their text, not columns to search by, and makes no alert with a life cycle, no audit
and no live feed. The client gets crc32c, as ours does.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from kafka import KafkaConsumer

from central.store.chdb import ChdbEngine
from deploy.bench.load.vehicles import plates, spread
from proto import bukong_pb2 as pb

#: Rows of one insert into chDB.
_ROWS_AT_ONCE = 1000
#: id, time, node, checkpoint, camera, lane, plate, colour, confidence, speed, lattice, images
Row = tuple[Any, ...]
_TABLE = """
CREATE TABLE passages (id BLOB PRIMARY KEY, at INTEGER, node TEXT, checkpoint TEXT, camera TEXT, lane INTEGER,
  plate TEXT, colour TEXT, confidence REAL, speed REAL, lattice TEXT, images TEXT) WITHOUT ROWID
"""
_CHDB_TABLE = """
CREATE TABLE passages (id String, at Int64, node String, checkpoint String, camera String, lane Int32,
  plate String, colour String, confidence Float32, speed Float32, lattice String, images String)
ENGINE = ReplacingMergeTree ORDER BY (plate, at, id) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
"""


def of_protobuf(value: bytes) -> Iterator[Row]:
    """A message a passage."""
    batch = pb.PassageBatch.FromString(value)
    for p in batch.passages:
        read = p.plate
        yield (
            p.passage_id,
            p.captured_at_us,
            batch.node_id,
            batch.checkpoint_id,
            p.camera_id,
            p.lane,
            read.text,
            pb.PlateColour.Name(read.colour),
            read.confidence / 65535,
            p.speed_centi_kmh / 100,
            json.dumps([list(read.lattice_sizes), read.lattice_characters, read.lattice_probabilities.hex()]),
            json.dumps([[image.kind, image.sha256.hex(), image.size] for image in p.evidence]),
        )


def of_json(value: bytes) -> Iterator[Row]:
    """An object a passage, in a list of a node's."""
    batch = json.loads(value)
    for p in batch["passages"]:
        read = p["plate"]
        yield (
            p["passageId"],
            p["capturedAtUs"],
            batch["nodeId"],
            batch["checkpointId"],
            p["cameraId"],
            p.get("lane", 0),
            read["text"],
            read["colour"],
            read["confidence"] / 65535,
            p["speedCentiKmh"] / 100,
            json.dumps([read["latticeSizes"], read["latticeCharacters"], read["latticeProbabilities"]]),
            json.dumps([[image["kind"], image["sha256"], image["size"]] for image in p["evidence"]]),
        )


class SqliteRows:
    """Rows by `executemany`, one commit a poll."""

    def __init__(self, folder: Path) -> None:
        self._database = sqlite3.connect(folder / "passages.db")
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute(_TABLE)

    def put(self, rows: Sequence[Row]) -> None:
        self._database.executemany(f"INSERT OR IGNORE INTO passages VALUES ({','.join('?' * 12)})", rows)  # noqa: S608
        self._database.commit()

    def count(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM passages").fetchone()[0])


class ChdbRows:
    """Rows as lines of JSON, some at a time; doubles go when parts merge."""

    def __init__(self, folder: Path) -> None:
        self._engine = ChdbEngine(folder / "passages")
        self._engine.command(_CHDB_TABLE)

    def put(self, rows: Sequence[Row]) -> None:
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            lines = "\n".join(
                json.dumps([c.hex() if isinstance(c, bytes) else c for c in row])
                for row in rows[first : first + _ROWS_AT_ONCE]
            )
            self._engine.command(f"INSERT INTO passages FORMAT JSONCompactEachRow {lines}")

    def count(self) -> int:
        return int(self._engine.query("SELECT uniqExact(id) AS n FROM passages").column("n")[0].as_py())


STORES: dict[str, Callable[[Path], SqliteRows | ChdbRows]] = {"sqlite": SqliteRows, "chdb": ChdbRows}
FORMS: dict[str, Callable[[bytes], Iterator[Row]]] = {"protobuf": of_protobuf, "json": of_json}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--form", choices=sorted(FORMS), required=True)
    parser.add_argument("--orders", type=int, required=True)
    parser.add_argument("--passages", type=int, required=True)
    parser.add_argument("--store", choices=sorted(STORES), required=True)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    listed = set(plates(spread(np.arange(given.orders))))
    given.folder.mkdir()
    store = STORES[given.store](given.folder)
    consumer = KafkaConsumer(
        given.topic,
        bootstrap_servers=given.servers.split(","),
        group_id="plain",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    consumer.poll(timeout_ms=2000)
    print("ready", flush=True)
    sys.stdin.readline()
    hits = _consume(consumer, store, FORMS[given.form], listed, given.passages)
    print(json.dumps({"done": time.time(), "cpu_s": time.process_time(), "hits": len(hits)}), flush=True)
    assert store.count() == given.passages, f"expected {given.passages} rows, got {store.count()}"
    consumer.close()


def _consume(
    consumer: Any,
    store: SqliteRows | ChdbRows,
    rows_of: Callable[[bytes], Iterator[Row]],
    listed: set[str],
    until: int,
) -> list[Row]:
    """Returns the rows whose plate is listed."""
    hits: list[Row] = []
    seen = 0
    while seen < until:
        rows: list[Row] = []
        for records in consumer.poll(timeout_ms=200, max_records=500).values():
            for record in records:
                rows.extend(rows_of(record.value))
        if not rows:
            continue
        store.put(rows)
        hits += [row for row in rows if row[6] in listed]
        consumer.commit()
        seen += len(rows)
    return hits


if __name__ == "__main__":
    main()
