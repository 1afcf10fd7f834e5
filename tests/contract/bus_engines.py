"""The bus engines that the contract suite runs on, and how each is opened."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import pytest

from proto.bus.embedded import EmbeddedBus
from proto.bus.kafka import KafkaBus, KafkaBusConsumer
from proto.bus.kafka_settings import KafkaSettings
from proto.bus.port import Bus, Consumer, Message
from proto.clock import ManualClock
from proto.topics import Topic
from tests.kafka import TANSU_CANT, Broker

PATIENCE_S = 4.0  #: until nothing more is expected to come over a network
LOG = Topic(name="test.log", partitions=4, retention=timedelta(days=7))
NEWEST = Topic(name="test.newest", partitions=2, retention=None, compacted=True)


class BusEngine(Protocol):
    """One bus that lasts as long as a test."""

    def open(self) -> Bus:
        """A handle of its own, as another process would have, with `LOG` and `NEWEST` created."""
        ...

    def expire_sessions(self) -> None:
        """Let so much time pass that consumers who didn't poll meanwhile count as dead."""
        ...

    def settle(self, *members: Consumer) -> None:
        """Let these members of one group poll until each has its share. Nothing is there to read yet."""
        ...

    def process_arguments(self) -> list[str]:
        """What `tests.contract.bus_process` opens the same bus with."""
        ...

    def close(self) -> None: ...


class EmbeddedEngine:
    """The engine on one SQLite file; sessions are counted by a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "bus.db"
        self.clock = ManualClock()
        self._open: list[Bus] = []

    def open(self) -> Bus:
        bus = EmbeddedBus(self.path, clock=self.clock, session_timeout_s=10)
        bus.create_topics([LOG, NEWEST])
        self._open.append(bus)
        return bus

    def expire_sessions(self) -> None:
        self.clock.advance(10.1)

    def settle(self, *members: Consumer) -> None:
        for member in members:
            assert list(member.poll(max_records=1, timeout_s=0)) == []

    def process_arguments(self) -> list[str]:
        return [str(self.path)]

    def close(self) -> None:
        for bus in self._open:
            bus.close()


class KafkaEngine:
    """The engine on a real server, which other tests use too: topics and groups have a prefix of their own.

    Sessions are counted by the server's clock, so `expire_sessions` takes its time.
    """

    def __init__(self, servers: tuple[str, ...]) -> None:
        self.settings = KafkaSettings(
            servers=servers,
            prefix=f"t{uuid.uuid4().hex[:12]}.",
            replication=1,
            session_s=4,
            max_poll_s=9,  # longer than `PATIENCE_S`, or who waits in vain would find the others gone
            timeout_s=15,
        )
        self._open: list[Bus] = []

    def open(self) -> Bus:
        bus = KafkaBus(self.settings)
        bus.create_topics([LOG, NEWEST])
        self._open.append(bus)
        return bus

    def expire_sessions(self) -> None:
        time.sleep(self.settings.max_poll_s + 0.5)

    def settle(self, *members: Consumer) -> None:
        kafka = [m for m in members if isinstance(m, KafkaBusConsumer)]
        assert len(kafka) == len(members)
        deadline = time.monotonic() + 90

        def shared_out() -> bool:
            owned = [p for m in kafka for p in m.partitions]
            return all(m.partitions for m in kafka) and sorted(owned) == list(range(LOG.partitions))

        def poll(member: Consumer) -> None:
            while not shared_out():
                assert time.monotonic() < deadline, [m.partitions for m in kafka]
                assert list(member.poll(max_records=1, timeout_s=0.2)) == []

        # Side by side as in processes of their own: of a join that ends while nobody polls the client knows
        # nothing, and begins another; members that poll by turns can miss each other's for ever.
        with ThreadPoolExecutor(len(kafka)) as pool:
            for polling in [pool.submit(poll, m) for m in kafka]:
                polling.result()

    def process_arguments(self) -> list[str]:
        return [self.settings.model_dump_json()]

    def close(self) -> None:
        for bus in self._open:
            bus.close()


def _embedded(folder: Path, _request: pytest.FixtureRequest) -> BusEngine:
    return EmbeddedEngine(folder)


def _kafka(_folder: Path, request: pytest.FixtureRequest) -> BusEngine:
    broker: Broker = request.getfixturevalue("kafka_broker")
    name = request.node.originalname
    if broker.instead and name in TANSU_CANT:
        pytest.skip(f"{broker.instead}: {TANSU_CANT[name]}")
    return KafkaEngine(broker.servers)


ENGINES: dict[str, Callable[[Path, pytest.FixtureRequest], BusEngine]] = {
    "embedded": _embedded,
    "kafka": _kafka,
}


def drain(consumer: Consumer, *, commit: bool = True, timeout_s: float | None = None) -> list[Message]:
    """Everything there is, until a poll comes back empty; over a network that is known only after a while."""
    remote = isinstance(consumer, KafkaBusConsumer)
    patience = timeout_s if timeout_s is not None else PATIENCE_S if remote else 0.0
    found: list[Message] = []
    while messages := consumer.poll(max_records=7, timeout_s=patience):
        found += messages
        if commit:
            consumer.commit(messages)
            if remote and consumer.lag() == 0:
                break
    return found


def take(consumer: Consumer, count: int, *, timeout_s: float = 20.0) -> list[Message]:
    """The next `count` records, in as many polls as it takes."""
    found: list[Message] = []
    deadline = time.monotonic() + timeout_s
    while len(found) < count and time.monotonic() < deadline:
        found += consumer.poll(max_records=count - len(found), timeout_s=1)
    assert len(found) == count
    return found
