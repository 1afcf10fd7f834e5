"""What the centre's running parts stand on, for their tests: a real bus, real stores, a clock that is moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry

from central.admission import Admission
from central.dead_letter import DeadLetters, list_dead_letters
from central.fleet import Fleet
from central.group_reader import GroupReader
from central.ingest import Ingest
from central.matcher import Matcher
from central.metrics import CentreMetrics
from central.parts import Part
from central.people import Role, User
from central.ports import PassageAnnouncer, PassageQuery, PassageStore, WatchlistSource
from central.records import Records, open_records
from central.repeats import RepeatFilter
from central.state import State
from central.state.embedded import open_embedded_state
from central.state.limits import StateLimits
from central.store.chdb import open_chdb_store
from proto.bus.embedded import EmbeddedBus
from proto.bus.port import Bus, Record
from proto.clock import ManualClock
from proto.codec import encode_passages
from proto.dead_letter import DeadLetter
from proto.passage import Passage
from proto.topics import ALL, HEARTBEATS, PASSAGES
from tests.centre import CHEAP, people
from tests.passages import START

LIMITS = StateLimits()
RULES = Admission(kept=timedelta(days=90), ahead_refused=timedelta(days=1), ahead_suspect=timedelta(minutes=1))


@dataclass(slots=True, kw_only=True)
class Road:
    """From the bus to the stores."""

    bus: Bus
    records: Records
    store: PassageStore
    clock: ManualClock
    registry: CollectorRegistry
    metrics: CentreMetrics
    state: State
    staff: dict[Role, User] = field(default_factory=dict)

    def publish(self, *passages: Passage) -> None:
        """As one node's one record."""
        self.publish_bytes(encode_passages(passages), key=passages[0].node_id.encode())

    def publish_bytes(self, value: bytes, *, key: bytes = b"node-1") -> None:
        self.bus.producer().publish(PASSAGES, [Record(key=key, value=value)])

    def ingest(
        self,
        *,
        store: PassageStore | None = None,
        announcer: PassageAnnouncer | None = None,
        bus: Bus | None = None,
        announce_per_second: int = 100,
    ) -> Ingest:
        return Ingest(
            self._reader("ingest"),
            store or self.store,
            DeadLetters(
                (bus or self.bus).producer(), refused_by="ingest", clock=self.clock, metrics=self.metrics
            ),
            announcer or self.records.live,
            sightings=self.state.sightings,
            admission=RULES,
            announce_per_second=announce_per_second,
            max_records=100,
            clock=self.clock,
            metrics=self.metrics,
        )

    def matcher(self, *, source: WatchlistSource | None = None) -> Matcher:
        return Matcher(
            self._reader("match"),
            source or self.records.orders,
            self.records.alerts,
            admission=RULES,
            repeats=RepeatFilter(self.state.repeats, LIMITS.repeat_window),
            max_records=100,
            clock=self.clock,
            metrics=self.metrics,
        )

    def fleet(self) -> Fleet:
        return Fleet(
            GroupReader(self.bus, HEARTBEATS, group="fleet", clock=self.clock, metrics=self.metrics),
            self.records.fleet,
            DeadLetters(self.bus.producer(), refused_by="fleet", clock=self.clock, metrics=self.metrics),
            metrics=self.metrics,
        )

    def _reader(self, group: str) -> GroupReader:
        return GroupReader(self.bus, PASSAGES, group=group, clock=self.clock, metrics=self.metrics)

    def lag(self, group: str) -> int:
        with self.bus.consumer(PASSAGES, group=group) as consumer:
            return consumer.lag()

    def stored(self) -> int:
        return self.store.count(PassageQuery())

    def alerts(self) -> list[str | None]:
        """Plates of all alerts, in the order in which they were raised."""
        page = self.records.alerts.page(only_open=False, limit=1000)
        return [o.alert.passage.plate.text if o.alert.passage.plate else None for o in reversed(page)]

    def dead(self) -> Sequence[DeadLetter]:
        return list(list_dead_letters(self.bus))

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


@contextmanager
def open_road(folder: Path) -> Iterator[Road]:
    """A road with nothing on it yet."""
    clock = ManualClock(current=START)
    bus = EmbeddedBus(folder / "bus.db", clock=clock)
    bus.create_topics(ALL)
    records = open_records(folder / "records", clock=clock, policy=CHEAP)
    store = open_chdb_store(folder / "passages")
    registry = CollectorRegistry()
    try:
        yield Road(
            bus=bus,
            records=records,
            store=store,
            clock=clock,
            registry=registry,
            metrics=CentreMetrics(registry),
            state=open_embedded_state(LIMITS, clock),
            staff=dict(people(records)),
        )
    finally:
        store.close()
        records.close()
        bus.close()


def until(part: Part, done: Callable[[], bool]) -> None:
    """Step a part until something is so."""
    for _ in range(100):
        part.step()
        if done():
            return
    raise AssertionError("100 steps were not enough")
