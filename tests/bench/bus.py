"""The embedded bus: rates, and how long from a publish to the poll: `python -m tests.bench.bus`."""

from __future__ import annotations

import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from proto.bus.embedded import EmbeddedBus
from proto.bus.port import Consumer, Producer, Record
from proto.clock import SystemClock
from proto.topics import PASSAGES
from tests.bench.machine import machine

SAMPLES = 300
RECORDS = 100_000


def open_bus(path: Path) -> EmbeddedBus:
    bus = EmbeddedBus(path, clock=SystemClock())
    bus.create_topics([PASSAGES])
    return bus


def stamp(producer: Producer) -> None:
    """Publish the time, with the bytes of a passage, some fifty times a second."""
    for i in range(SAMPLES):
        value = struct.pack("d", time.time()) + bytes(400)
        producer.publish(PASSAGES, [Record(key=b"node-%d" % (i % 7), value=value)])
        time.sleep(0.02)


def delays(consumer: Consumer) -> str:
    """Until all stamps came: the spread of how old they were."""
    found: list[float] = []
    while len(found) < SAMPLES:
        messages = consumer.poll(max_records=500, timeout_s=10)
        now = time.time()
        found += [(now - struct.unpack("d", m.value[:8])[0]) * 1000 for m in messages]
        consumer.commit(messages)
    found.sort()
    p50, p95 = found[len(found) // 2], found[int(len(found) * 0.95)]
    return f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, max {found[-1]:.1f} ms"


def rate(count: int, work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def main() -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bus.db"
        bus = open_bus(path)
        producer, consumer = bus.producer(), bus.consumer(PASSAGES, group="bench")

        thread = threading.Thread(target=stamp, args=(producer,))
        thread.start()
        print("publish → poll, one process:  ", delays(consumer))
        thread.join()
        other = subprocess.Popen([sys.executable, "-m", "tests.bench.bus", str(path)])
        print("publish → poll, two processes:", delays(consumer))
        other.wait()

        small = [Record(key=b"%d" % (i % 97), value=bytes(300)) for i in range(500)]
        batches = RECORDS // len(small)

        def publish_all() -> None:
            for _ in range(batches):
                producer.publish(PASSAGES, small)

        def poll_all() -> None:
            left = RECORDS
            while left:
                messages = consumer.poll(max_records=500, timeout_s=10)
                consumer.commit(messages)
                left -= len(messages)

        def one_by_one(count: int = 500) -> None:
            for _ in range(count):
                producer.publish(PASSAGES, small[:1])

        def eight_threads() -> None:
            threads = [threading.Thread(target=one_by_one) for _ in range(8)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()

        print(f"publish, 300 bytes, 500 a call: {rate(RECORDS, publish_all):10,.0f} records/s")
        print(f"poll and commit, 500 a call:    {rate(RECORDS, poll_all):10,.0f} records/s")
        print(f"publish one by one, each synced:{rate(500, one_by_one):10,.0f} records/s")
        print(f"the same from 8 threads:        {rate(4000, eight_threads):10,.0f} records/s")
        bus.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        stamp(open_bus(Path(sys.argv[1])).producer())
    else:
        main()
