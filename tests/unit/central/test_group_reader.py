"""When a running part asks the bus again: at once after a silence or plenty, else after its pause."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from central.group_reader import PLENTY, GroupReader
from central.metrics import CentreMetrics
from proto.bus.embedded import EmbeddedBus
from proto.bus.port import Record
from proto.clock import ManualClock
from proto.topics import ALL, PASSAGES

PAUSE_S = 0.5


class Road:
    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.bus = EmbeddedBus(folder / "bus.db", clock=self.clock)
        self.bus.create_topics(ALL)
        self.producer = self.bus.producer()
        self.reader = GroupReader(
            self.bus,
            PASSAGES,
            group="test",
            clock=self.clock,
            metrics=CentreMetrics(CollectorRegistry()),
            pause_s=PAUSE_S,
        )

    def put(self, *values: bytes) -> None:
        self.producer.publish(PASSAGES, [Record(key=b"node", value=value) for value in values])

    def polled(self, most: int = 100) -> tuple[list[bytes], float]:
        """What one poll brings, and how long it slept before."""
        began = self.clock.monotonic()
        messages = self.reader.poll(most)
        return [message.value for message in messages], self.clock.monotonic() - began


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    made = Road(tmp_path)
    yield made
    made.reader.close()
    made.bus.close()


def test_the_first_record_after_a_silence_is_not_waited_for(road: Road) -> None:
    road.put(b"one")
    assert road.polled() == ([b"one"], 0.0)


def test_what_trickles_in_is_taken_together_after_the_pause(road: Road) -> None:
    road.put(b"one")
    road.polled()
    road.put(b"two")
    road.put(b"three")
    assert road.polled() == ([b"two", b"three"], PAUSE_S)


def test_a_round_longer_than_the_pause_is_followed_at_once(road: Road) -> None:
    road.put(b"one")
    road.polled()
    road.clock.sleep(2 * PAUSE_S)
    road.put(b"two")
    assert road.polled() == ([b"two"], 0.0)


def test_plenty_is_not_waited_after(road: Road) -> None:
    road.put(b"x" * (PLENTY // 2), b"y" * (PLENTY // 2), b"the rest")
    assert [len(value) for value in road.polled(2)[0]] == [PLENTY // 2] * 2
    assert road.polled() == ([b"the rest"], 0.0)
