"""What a user would write instead: one kafka-python consumer, a set to look plates up in, rows into SQLite.

It is written as such a program is: records parsed one by one, passages looped over, rows inserted a poll at a
time under a primary key that keeps doubles out, a hit written down, the offset committed last. The log is
synced as ours is. It keeps of a lattice and of images their text, not columns to search by, and makes no alert
with a life cycle, no audit and no live feed. The client gets crc32c, as ours does.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from kafka import KafkaConsumer

from deploy.bench.load.vehicles import plates, spread
from proto import bukong_pb2 as pb

#: id, time, node, checkpoint, camera, lane, plate, colour, confidence, speed, lattice, images
Row = tuple[Any, ...]
_TABLE = """
CREATE TABLE passages (id BLOB PRIMARY KEY, at INTEGER, node TEXT, checkpoint TEXT, camera TEXT, lane INTEGER,
  plate TEXT, colour TEXT, confidence REAL, speed REAL, lattice TEXT, images TEXT) WITHOUT ROWID
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


FORMS: dict[str, Callable[[bytes], Iterator[Row]]] = {"protobuf": of_protobuf, "json": of_json}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--form", choices=sorted(FORMS), required=True)
    parser.add_argument("--orders", type=int, required=True)
    parser.add_argument("--passages", type=int, required=True)
    parser.add_argument("--database", type=Path, required=True)
    given = parser.parse_args()
    listed = set(plates(spread(np.arange(given.orders))))
    database = sqlite3.connect(given.database)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(_TABLE)
    database.execute("CREATE TABLE hits (id BLOB PRIMARY KEY, plate TEXT) WITHOUT ROWID")
    database.commit()
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
    _consume(consumer, database, FORMS[given.form], listed, given.passages)
    print(json.dumps({"done": time.time(), "cpu_s": time.process_time()}), flush=True)
    (stored,) = database.execute("SELECT count(*) FROM passages").fetchone()
    assert stored == given.passages, f"expected {given.passages} rows, got {stored}"
    consumer.close()


def _consume(
    consumer: Any,
    database: sqlite3.Connection,
    rows_of: Callable[[bytes], Iterator[Row]],
    listed: set[str],
    until: int,
) -> None:
    seen = 0
    while seen < until:
        rows: list[Row] = []
        for records in consumer.poll(timeout_ms=200, max_records=500).values():
            for record in records:
                rows.extend(rows_of(record.value))
        if not rows:
            continue
        database.executemany(f"INSERT OR IGNORE INTO passages VALUES ({','.join('?' * 12)})", rows)  # noqa: S608
        hits = [(row[0], row[6]) for row in rows if row[6] in listed]
        database.executemany("INSERT OR IGNORE INTO hits VALUES (?, ?)", hits)
        database.commit()
        consumer.commit()
        seen += len(rows)


if __name__ == "__main__":
    main()
