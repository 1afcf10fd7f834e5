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
from proto.bus.port import Record
from proto.clock import SystemClock
from tests.contract.bus_engines import LOG


def main(path: str, what: str, *arguments: str) -> None:
    bus = EmbeddedBus(Path(path), clock=SystemClock(), session_timeout_s=30)
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
