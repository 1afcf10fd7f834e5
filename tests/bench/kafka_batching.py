"""Compression, batches and linger of the Kafka producer, on passages: `python -m tests.bench.kafka_batching`.

Starts a server of its own unless `--kafka host:port` names one. Each row publishes the same passages as a relay
does (some passages a record, one record a publish, a thread a node) and reads them back: passages a second each
way, bytes a passage on the broker's disk and CPU of this process.
"""

from __future__ import annotations

import argparse
import dataclasses
import random
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from kafka import KafkaAdminClient

from deploy.bench.machine import machine
from deploy.servers.kafka import KafkaServer
from proto.bus.kafka import KafkaBus
from proto.bus.kafka_settings import KafkaSettings
from proto.bus.port import Record
from proto.codec import encode_passages
from proto.passage import EvidenceKind, Passage
from proto.topics import PASSAGES
from tests.passages import passage

NODES = 8
CODECS: tuple[Literal["none", "lz4", "gzip"], ...] = ("none", "lz4", "gzip")


def passages(count: int, node: str, chance: random.Random) -> list[Passage]:
    """Read with chance's probabilities and two pictures each, so that they compress as a camera's do."""
    made = []
    for number in range(count):
        one = passage(chance.randrange(1_000_000), node_id=node, kinds=(EvidenceKind.SCENE, EvidenceKind.PLATE))
        assert one.plate is not None
        lattice = tuple(
            ((character, chance.uniform(0.6, 1.0)), (chance.choice("8B0D25Z"), chance.uniform(0, 0.2)))
            for character in one.plate.text
        )
        plate = dataclasses.replace(one.plate, lattice=lattice, confidence=chance.random())
        made.append(dataclasses.replace(one, plate=plate, lane=1 + number % 4))
    return made


def records(a_record: int, total: int) -> dict[str, list[Record]]:
    """By node."""
    chance = random.Random(1)
    of_node = {}
    for n in range(NODES):
        node = f"node-{n}"
        batch = [encode_passages(passages(a_record, node, chance)) for _ in range(20)]
        count = total // NODES // a_record
        of_node[node] = [Record(key=node.encode(), value=batch[i % 20]) for i in range(count)]
    return of_node


def measure(settings: KafkaSettings, of_node: dict[str, list[Record]], a_record: int) -> Sequence[float]:
    """passages/s out, passages/s in, bytes a passage held, CPU seconds a million passages."""
    bus = KafkaBus(settings)
    bus.create_topics([PASSAGES])

    def publish(of_one: list[Record]) -> None:
        producer = bus.producer()
        for record in of_one:
            producer.publish(PASSAGES, [record])

    total = a_record * sum(map(len, of_node.values()))
    threads = [threading.Thread(target=publish, args=(r,)) for r in of_node.values()]
    began, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    out_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    consumer = bus.consumer(PASSAGES, group="bench")
    left = total // a_record
    consumer.poll(max_records=1, timeout_s=0.01)
    began = time.perf_counter()
    while left:
        messages = consumer.poll(max_records=500, timeout_s=10)
        left -= len(messages)
    in_s = time.perf_counter() - began
    admin = KafkaAdminClient(bootstrap_servers=list(settings.servers))
    held = 0
    for broker in admin.describe_log_dirs([bus.name_of(PASSAGES)]):
        for folder in broker.get("log_dirs") or broker["results"]:
            held += sum(p["partition_size"] for topic in folder["topics"] for p in topic["partitions"])
    admin.delete_topics([bus.name_of(PASSAGES)])
    admin.close()
    bus.close()
    return total / out_s, total / in_s, held / total, cpu_s / total * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.kafka_batching", description=__doc__)
    parser.add_argument("--kafka", metavar="HOST:PORT", help="measure there")
    parser.add_argument("--passages", type=int, default=80_000, help="a row")
    arguments = parser.parse_args()
    print(machine())
    with ExitStack() as stack:
        servers = tuple(arguments.kafka.split(",")) if arguments.kafka else ()
        if not servers:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            servers = stack.enter_context(KafkaServer(folder / "kafka")).servers
        print("a record  codec  batch  linger    out/s     in/s  bytes  CPU s/M")
        for a_record in (1, 20, 200):
            of_node = records(a_record, arguments.passages if a_record > 1 else arguments.passages // 8)
            for codec in CODECS:
                for batch_kib, linger_ms in ((512, 5), (512, 0), (64, 5), (16, 5)):
                    if codec != "lz4" and (batch_kib, linger_ms) != (512, 5):
                        continue  # the others' rows differ alike
                    settings = KafkaSettings(
                        servers=servers,
                        prefix=f"b{uuid.uuid4().hex[:8]}.",
                        replication=1,
                        compression=codec,
                        batch_kib=batch_kib,
                        linger_ms=linger_ms,
                    )
                    out, in_, held, cpu = measure(settings, of_node, a_record)
                    print(
                        f"{a_record:>8} {codec:>6} {batch_kib:>6} {linger_ms:>7} {out:>8,.0f} {in_:>8,.0f} "
                        f"{held:>6.0f} {cpu:>8.1f}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
