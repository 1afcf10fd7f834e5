"""What a round of the ingest and of the matcher takes: `python -m tests.bench.rounds [--orders 1000000]`.

One process and no broker: records as a relay sends them are handed to the parts as they are in a centre, with
the real store, and only the processor's time is counted, so that other work on the machine matters little. Of
the rounds the middle and the best are told.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
from prometheus_client import CollectorRegistry

from central.admission import Admission
from central.config import IngestSettings, MatchSettings
from central.dead_letter import DeadLetters
from central.group_reader import GroupReader
from central.ingest import Ingest
from central.matcher import Matcher
from central.metrics import CentreMetrics
from central.repeats import RepeatFilter
from central.state.embedded import open_embedded_state
from central.state.limits import StateLimits
from central.store.chdb import open_chdb_store
from central.watchlist import Change
from deploy.bench.load.vehicles import Traffic, plates, spread
from proto.bus.embedded import EmbeddedBus
from proto.bus.port import Message, Record
from proto.clock import SystemClock
from proto.passage import Hit, Passage, WatchlistEntry
from proto.topics import ALL, PASSAGES

RECORD = 200
ADMISSION = Admission(
    kept=timedelta(days=90), ahead_refused=timedelta(hours=1), ahead_suspect=timedelta(minutes=1)
)
CLOCK = SystemClock()


class Orders:
    """A list that stays as it is."""

    def __init__(self, count: int) -> None:
        self._count = count

    def version(self) -> int:
        return 1

    def entries(self) -> tuple[int, tuple[WatchlistEntry, ...]]:
        until = CLOCK.now() + timedelta(days=7)
        of_all = zip(itertools.count(), plates(spread(np.arange(self._count))), strict=False)
        return 1, tuple(
            WatchlistEntry(order_id=f"bench-{n:08d}", plate=plate, valid_until=until) for n, plate in of_all
        )

    def changes(self, since: int) -> tuple[int, Sequence[Change]] | None:
        return None


class Alerts:
    """Counts them."""

    raised = 0

    def raise_alerts(self, hits: Sequence[Hit]) -> int:
        self.raised += len(hits)
        return len(hits)


class Nobody:
    """Watches the live view."""

    def announce(self, passages: Sequence[Passage]) -> None:
        pass


class Counted:
    """A consumer's rounds, by how many records each brought: a poll also ends at so many bytes."""

    def __init__(self, reader: GroupReader) -> None:
        self.passages = 0
        self._poll = reader.poll
        reader.poll = self.poll  # type: ignore[method-assign]

    def poll(self, max_records: int) -> Sequence[Message]:
        messages = self._poll(max_records)
        self.passages = len(messages) * RECORD
        return messages


def report(name: str, step: Callable[[], None], counted: Counted, rounds: int) -> None:
    """Microseconds of processor a passage: over all rounds, the middle round's and the best one's.

    What the store does in the background falls into some rounds and not into others: the first figure has it.
    """
    took, passages, first = [], 0, time.process_time()
    for _ in range(rounds):
        began = time.process_time()
        step()
        if not counted.passages:
            break
        passages += counted.passages
        took.append((time.process_time() - began) / counted.passages * 1e6)
    overall = (time.process_time() - first) / passages * 1e6
    print(
        f"{name}, {len(took)} rounds of {passages // len(took):,} passages: {overall:.1f} us of processor a "
        f"passage, the middle round {statistics.median(took):.1f}, at best {min(took):.1f}",
        flush=True,
    )


def filled(folder: Path, traffic: Traffic, passages: int) -> EmbeddedBus:
    """A bus with so many passages on it."""
    bus = EmbeddedBus(folder / "bus.db", clock=CLOCK)
    bus.create_topics(ALL)
    start = round(time.time() * 1e6) - passages * 20
    made = traffic.records(start + 20 * np.arange(passages), RECORD, seed=1)
    producer = bus.producer()
    producer.publish(PASSAGES, [Record(key=key, value=value) for key, value, _, _ in made])
    return bus


def measure_match(bus: EmbeddedBus, orders: int, rounds: int) -> None:
    metrics = CentreMetrics(CollectorRegistry())
    alerts = Alerts()
    reader = GroupReader(bus, PASSAGES, group="match", clock=CLOCK, metrics=metrics)
    counted = Counted(reader)
    matcher = Matcher(
        reader,
        Orders(orders),
        alerts,
        admission=ADMISSION,
        repeats=RepeatFilter(open_embedded_state(StateLimits(), CLOCK).repeats, timedelta(seconds=10)),
        max_records=MatchSettings().max_records,
        clock=CLOCK,
        metrics=metrics,
    )
    began = time.process_time()
    matcher.step()
    print(f"match, first list and round: {time.process_time() - began:.1f} s of processor", flush=True)
    report("match", matcher.step, counted, rounds)
    print(f"  suspected from {matcher.rule.threshold:.4f}, {alerts.raised} alerts", flush=True)
    matcher.close()


def measure_ingest(bus: EmbeddedBus, folder: Path, rounds: int) -> None:
    metrics = CentreMetrics(CollectorRegistry())
    store = open_chdb_store(folder / "store")
    reader = GroupReader(bus, PASSAGES, group="ingest", clock=CLOCK, metrics=metrics)
    counted = Counted(reader)
    ingest = Ingest(
        reader,
        store,
        DeadLetters(bus.producer(), refused_by="ingest", clock=CLOCK, metrics=metrics),
        Nobody(),
        sightings=open_embedded_state(StateLimits(), CLOCK).sightings,
        admission=ADMISSION,
        announce_per_second=IngestSettings().announce_per_second,
        max_records=IngestSettings().max_records,
        clock=CLOCK,
        metrics=metrics,
    )
    ingest.step()
    report("ingest", ingest.step, counted, rounds)
    ingest.close()
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", choices=["match", "ingest"])
    given = parser.parse_args()
    passages = (given.rounds + 1) * max(MatchSettings().max_records, IngestSettings().max_records) * RECORD
    with tempfile.TemporaryDirectory(prefix="bukong-rounds-") as name:
        bus = filled(Path(name), Traffic(nodes=300, orders=given.orders), passages)
        if given.only != "ingest":
            measure_match(bus, given.orders, given.rounds)
        if given.only != "match":
            measure_ingest(bus, Path(name), given.rounds)
        bus.close()


if __name__ == "__main__":
    main()
