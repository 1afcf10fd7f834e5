"""The simulated nodes' process: makes its records, waits for the word, publishes them, says when.

`python -m deploy.bench.load.generator` reads its plan as one line of JSON, answers "ready" once the records are
made, starts at the next line, and ends with one line of JSON.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from central.config import CentreSettings
from central.wiring import open_bus
from deploy.bench.load.vehicles import Traffic
from proto.bus.port import Record
from proto.clock import SystemClock
from proto.topics import PASSAGES

#: Passages published together where there is no rate to keep.
_AT_ONCE = 10_000
#: Of a steady rate, seconds from one publish to the next.
_TICK_S = 0.01
#: A steady run's passages carry their times before they are sent: it begins so many seconds after the word.
LEAD_S = 1.0


class Plan(BaseModel):
    """What to publish."""

    model_config = ConfigDict(frozen=True)

    settings: CentreSettings
    passages: int
    batch: int  #: passages a record
    rate: float  #: passages a second; 0: as fast as the bus takes them
    traffic: dict[str, Any]
    seed: int
    sent: Path  #: where the listed vehicles' identifiers and moments go, one JSON object a line


def main() -> None:
    logging.disable(logging.WARNING)  # of the client, whose loop shares the cores with all that is measured
    plan = Plan.model_validate_json(sys.stdin.readline())
    bus = open_bus(plan.settings, SystemClock())
    producer = bus.producer()
    began = time.time() + LEAD_S
    period_us = 1e6 / plan.rate if plan.rate else 20.0
    offsets = (np.arange(plan.passages) * period_us).astype(np.int64)
    # Without a rate: the last minutes before now, as nodes that were cut off would send.
    start_us = round(began * 1e6) if plan.rate else round(time.time() * 1e6) - int(offsets[-1])
    made = list(Traffic(**plan.traffic).records(start_us + offsets, plan.batch, seed=plan.seed))
    print("ready", flush=True)
    sys.stdin.readline()
    # Made under earlier times than they are sent at now: what counts is when each is published.
    first = time.time()
    with plan.sent.open("w", encoding="utf-8") as listed:
        for records in _ticks(made, plan):
            at = time.time()
            producer.publish(PASSAGES, [Record(key=key, value=value) for key, value, _, _ in records])
            for _, _, ids, _ in records:
                for identifier in ids:
                    listed.write(json.dumps({"id": identifier.hex(), "at": at}) + "\n")
    print(json.dumps({"first": first, "last": time.time(), "passages": sum(n for *_, n in made)}), flush=True)
    bus.close()
    sys.stdin.readline()  # stays until it has been asked what it took


_Made = tuple[bytes, bytes, list[bytes], int]


def _ticks(made: list[_Made], plan: Plan) -> Iterator[list[_Made]]:
    """What is published together, when it is due."""
    a_tick = plan.rate * _TICK_S if plan.rate else _AT_ONCE
    records_a_tick = max(1, round(a_tick / plan.batch))
    began = time.monotonic()
    sent = 0
    for first in range(0, len(made), records_a_tick):
        records = made[first : first + records_a_tick]
        if plan.rate:
            due = began + sent / plan.rate
            time.sleep(max(0.0, due - time.monotonic()))
        yield records
        sent += sum(n for *_, n in records)


if __name__ == "__main__":
    main()
