"""The bus engines that the contract suite runs on, and how each is opened."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Protocol

from proto.bus.embedded import EmbeddedBus
from proto.bus.port import Bus, Consumer, Message
from proto.clock import ManualClock
from proto.topics import Topic

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

    def process_arguments(self) -> list[str]:
        return [str(self.path)]

    def close(self) -> None:
        for bus in self._open:
            bus.close()


#: Kafka joins here.
ENGINES = {"embedded": EmbeddedEngine}


def drain(consumer: Consumer, *, commit: bool = True, timeout_s: float = 0.0) -> list[Message]:
    """Everything there is, until a poll comes back empty."""
    found: list[Message] = []
    while messages := consumer.poll(max_records=7, timeout_s=timeout_s):
        found += messages
        if commit:
            consumer.commit(messages)
    return found
