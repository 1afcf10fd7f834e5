"""The bus: rates, and how long from a publish to the poll: `python -m tests.bench.bus [--kafka host:port]`."""

from __future__ import annotations

import argparse
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from deploy.bench.machine import machine
from proto.bus.embedded import EmbeddedBus
from proto.bus.kafka import KafkaBus
from proto.bus.kafka_settings import KafkaSettings
from proto.bus.port import Bus, Consumer, Producer, Record
from proto.clock import SystemClock
from proto.topics import PASSAGES

SAMPLES = 300
RECORDS = 100_000


def open_bus(where: str) -> Bus:
    """The embedded bus on a file, or Kafka with settings in JSON."""
    bus: Bus
    if where.startswith("{"):
        bus = KafkaBus(KafkaSettings.model_validate_json(where))
    else:
        bus = EmbeddedBus(Path(where), clock=SystemClock())
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


def main(kafka: str | None, compression: Literal["none", "gzip"]) -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        where = str(Path(folder) / "bus.db")
        if kafka:
            prefix = f"bench-{os.getpid()}-"
            where = KafkaSettings(
                servers=tuple(kafka.split(",")), prefix=prefix, replication=1, compression=compression
            ).model_dump_json()
            print("Kafka at", kafka, "compression", compression)
        bus = open_bus(where)
        producer, consumer = bus.producer(), bus.consumer(PASSAGES, group="bench")

        thread = threading.Thread(target=stamp, args=(producer,))
        thread.start()
        print("publish → poll, one process:  ", delays(consumer))
        thread.join()
        other = subprocess.Popen([sys.executable, "-m", "tests.bench.bus", "--stamp", where])
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
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bus", description=__doc__)
    parser.add_argument("--kafka", metavar="HOST:PORT", help="measure Kafka there instead")
    parser.add_argument("--compression", choices=("none", "gzip"), default="none")
    parser.add_argument("--stamp", help=argparse.SUPPRESS)  # the second process
    arguments = parser.parse_args()
    if arguments.stamp:
        stamped = open_bus(arguments.stamp)
        stamp(stamped.producer())
        stamped.close()
    else:
        main(arguments.kafka, arguments.compression)
