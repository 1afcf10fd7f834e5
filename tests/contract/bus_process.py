"""A process on a bus, to be started and killed by tests: `python -m tests.contract.bus_process BUS WHAT …`.

publish NAME COUNT: publishes NAME:0, NAME:1, … and prints each number once it was acknowledged.
consume GROUP: polls and commits, prints each value before it commits.
hold GROUP: polls once, prints how many came, commits nothing and stays until killed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from proto.bus.embedded import EmbeddedBus
from proto.bus.kafka import KafkaBus
from proto.bus.kafka_settings import KafkaSettings
from proto.bus.port import Bus, Record
from proto.clock import SystemClock
from tests.contract.bus_engines import LOG


def open_bus(where: str) -> Bus:
    """The embedded bus on a file, or Kafka with settings in JSON."""
    if where.startswith("{"):
        return KafkaBus(KafkaSettings.model_validate_json(where))
    return EmbeddedBus(Path(where), clock=SystemClock(), session_timeout_s=30)


def main(where: str, what: str, *arguments: str) -> None:
    bus = open_bus(where)
    bus.create_topics([LOG])
    if what == "publish":
        name, count = arguments[0], int(arguments[1])
        producer = bus.producer()
        for number in range(count):
            producer.publish(LOG, [Record(key=name.encode(), value=f"{name}:{number}".encode())])
            print(number, flush=True)
    elif what == "consume":
        consumer = bus.consumer(LOG, group=arguments[0])
        while True:
            messages = consumer.poll(max_records=5, timeout_s=1)
            for message in messages:
                print(message.value.decode(), flush=True)
            consumer.commit(messages)
    elif what == "hold":
        print(len(bus.consumer(LOG, group=arguments[0]).poll(max_records=1000, timeout_s=5)), flush=True)
        time.sleep(3600)


if __name__ == "__main__":
    main(*sys.argv[1:])
