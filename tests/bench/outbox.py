"""The outbox: what a put costs in time and in bytes written, images as files or as BLOBs:
`python -m tests.bench.outbox [FOLDER]`.

Bytes are those that this process sent to the block device by /proc/self/io, the file system's own not counted.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry

from deploy.bench.machine import machine
from edge.outbox import OutboxLimits
from edge.outbox.metrics import OutboxMetrics
from edge.outbox.sqlite import SqliteOutbox
from proto.clock import SystemClock
from proto.codec import encode_passages
from proto.passage import Evidence, EvidenceKind, Passage
from tests.passages import passage, sha256

COUNT = 200
SIZES = {EvidenceKind.SCENE: 300_000, EvidenceKind.VEHICLE: 40_000, EvidenceKind.PLATE: 6_000}


def make(number: int) -> tuple[Passage, dict[str, bytes]]:
    chance = random.Random(number)
    pictures = [(kind, chance.randbytes(size)) for kind, size in SIZES.items()]
    plain = passage(number, kinds=())
    evidence = tuple(Evidence(kind=k, sha256=sha256(data), size=len(data)) for k, data in pictures)
    fields = {f: getattr(plain, f) for f in plain.__slots__} | {"evidence": evidence}
    return Passage(**fields), {sha256(data): data for _, data in pictures}


def written() -> int:
    for line in Path("/proc/self/io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    raise OSError("expected write_bytes in /proc/self/io")


def measure(name: str, put: Callable[[Passage, Mapping[str, bytes]], None], drain: Callable[[], None]) -> None:
    work = [make(n) for n in range(COUNT)]
    payload = sum(len(data) for _, images in work for data in images.values())
    before, times = written(), []
    for p, images in work:
        began = time.perf_counter()
        put(p, images)
        times.append((time.perf_counter() - began) * 1000)
    drain()
    times.sort()
    print(
        f"{name:8} put p50 {times[COUNT // 2]:6.1f} ms, p95 {times[int(COUNT * 0.95)]:6.1f} ms; "
        f"written {(written() - before) / payload:.2f} bytes a byte of image"
    )


def files(folder: Path) -> None:
    outbox = SqliteOutbox(
        folder / "files", clock=SystemClock(), limits=OutboxLimits(), metrics=OutboxMetrics(CollectorRegistry())
    )

    def drain() -> None:
        outbox.acknowledge_passages([q.seq for q in outbox.passages(COUNT)])
        for image in outbox.images(10 * COUNT):
            outbox.image_done(image.sha256)
        outbox.close()

    measure("files", lambda p, images: outbox.put([p], images), drain)


def blobs(folder: Path) -> None:
    connection = sqlite3.connect(folder / "blobs.db", isolation_level=None)
    for statement in (
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "CREATE TABLE passages (seq INTEGER PRIMARY KEY, body BLOB NOT NULL)",
        "CREATE TABLE images (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL)",
    ):
        connection.execute(statement)

    def put(p: Passage, images: Mapping[str, bytes]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO passages (body) VALUES (?)", (encode_passages([p]),))
        connection.executemany("INSERT INTO images VALUES (?, ?)", images.items())
        connection.execute("COMMIT")

    def drain() -> None:
        connection.execute("DELETE FROM passages")
        for (name,) in connection.execute("SELECT sha256 FROM images").fetchall():
            connection.execute("DELETE FROM images WHERE sha256 = ?", (name,))
        connection.close()

    measure("BLOBs", put, drain)


def main() -> None:
    print(machine())
    print(
        f"{COUNT} passages with {sum(SIZES.values()) // 1000} kB in {len(SIZES)} images each, put and delivered"
    )
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        files(Path(folder))
        blobs(Path(folder))


if __name__ == "__main__":
    main()
