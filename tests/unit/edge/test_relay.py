"""The relay between a real outbox and a real bus, with trouble in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from edge.backoff import Backoff
from edge.outbox import OutboxLimits
from edge.outbox.metrics import OutboxMetrics
from edge.outbox.sqlite import SqliteOutbox
from edge.relay import Relay
from proto.bus.embedded import EmbeddedBus
from proto.bus.port import BusFull, BusUnavailable, Message, Record
from proto.clock import SystemClock
from proto.codec import decode_passages
from proto.passage import Passage
from proto.topics import PASSAGES, Topic
from tests.passages import passage

QUICK = Backoff(first_s=0.001, most_s=0.005)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> OutboxMetrics:
    return OutboxMetrics(registry)


@pytest.fixture
def outbox(tmp_path: Path, metrics: OutboxMetrics) -> Iterator[SqliteOutbox]:
    outbox = SqliteOutbox(tmp_path / "outbox", clock=SystemClock(), limits=OutboxLimits(), metrics=metrics)
    yield outbox
    outbox.close()


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[EmbeddedBus]:
    bus = EmbeddedBus(tmp_path / "bus.db", clock=SystemClock(), max_record_bytes=2_000)
    bus.create_topics([PASSAGES])
    yield bus
    bus.close()


class FlakyProducer:
    """A real producer behind a link that fails: before the bus takes anything, or after it took all."""

    def __init__(self, bus: EmbeddedBus, failures: Sequence[str]) -> None:
        self._producer = bus.producer()
        self.failures = list(failures)

    def publish(self, topic: Topic, records: Sequence[Record]) -> None:
        failure = self.failures.pop(0) if self.failures else ""
        if failure == "before":
            raise BusUnavailable("the link is down")
        if failure == "bug":
            raise RuntimeError("a client's bug")
        self._producer.publish(topic, records)
        if failure == "after":
            raise BusUnavailable("the acknowledgement was lost")

    def close(self) -> None:
        self._producer.close()


def received(bus: EmbeddedBus) -> tuple[list[Message], list[Passage]]:
    messages = list(bus.consumer(PASSAGES, group="test").poll(max_records=1000, timeout_s=0))
    return messages, [p for m in messages for p in decode_passages(m.value)]


def test_passages_go_in_one_batch_under_the_nodes_key(
    outbox: SqliteOutbox, bus: EmbeddedBus, metrics: OutboxMetrics, registry: CollectorRegistry
) -> None:
    sent = [passage(n) for n in range(4)]
    outbox.put(sent, {})
    relay = Relay(outbox, bus.producer(), node_id="node-1", metrics=metrics)
    assert relay.deliver() == 4
    assert relay.deliver() == 0
    (message,), found = received(bus)
    assert message.key == b"node-1"
    assert found == sent
    assert outbox.passages(10) == []
    assert registry.get_sample_value("bukong_edge_relay_published_total") == 4


@pytest.mark.parametrize(("failure", "copies"), [("before", 1), ("after", 2)])
def test_what_was_not_acknowledged_stays_and_is_sent_again(
    outbox: SqliteOutbox, bus: EmbeddedBus, metrics: OutboxMetrics, failure: str, copies: int
) -> None:
    outbox.put([passage(1)], {})
    relay = Relay(outbox, FlakyProducer(bus, [failure]), node_id="node-1", metrics=metrics)
    with pytest.raises(BusUnavailable):
        relay.deliver()
    assert [q.passage for q in outbox.passages(10)] == [passage(1)]
    relay.deliver()
    assert outbox.passages(10) == []
    assert received(bus)[1] == [passage(1)] * copies  # at least once: the centre knows it by its id


def test_a_bus_that_is_full_leaves_the_passages_here_until_there_is_room(
    outbox: SqliteOutbox, tmp_path: Path, metrics: OutboxMetrics
) -> None:
    bus = EmbeddedBus(tmp_path / "small.db", clock=SystemClock(), max_topic_bytes=2_000)
    bus.create_topics([PASSAGES])
    relay = Relay(outbox, bus.producer(), node_id="node-1", metrics=metrics, batch=1)
    outbox.put([passage(n) for n in range(100)], {})
    reader = bus.consumer(PASSAGES, group="ingest")
    found: list[Passage] = []
    refused = 0
    while len(found) < 100:
        try:
            relay.deliver()
        except BusFull:
            refused += 1
            assert len(found) + outbox.stats().passages < 100  # the rest is on the bus
            messages = reader.poll(max_records=100, timeout_s=0)
        else:
            messages = [] if outbox.stats().passages else reader.poll(max_records=100, timeout_s=0)
        found += [p for m in messages for p in decode_passages(m.value)]
        reader.commit(messages)
    assert found == [passage(n) for n in range(100)]
    assert refused > 5
    bus.close()


def test_a_batch_that_is_too_large_is_halved(
    outbox: SqliteOutbox, bus: EmbeddedBus, metrics: OutboxMetrics
) -> None:
    sent = [passage(n) for n in range(20)]
    outbox.put(sent, {})
    Relay(outbox, bus.producer(), node_id="node-1", metrics=metrics).deliver()
    messages, found = received(bus)
    assert found == sent
    assert len(messages) > 1


def test_one_passage_that_is_too_large_is_kept_aside_and_the_rest_goes_on(
    outbox: SqliteOutbox, bus: EmbeddedBus, metrics: OutboxMetrics
) -> None:
    outbox.put([passage(1), passage(2, unread_reason="x" * 3_000), passage(3)], {})
    Relay(outbox, bus.producer(), node_id="node-1", metrics=metrics).deliver()
    assert received(bus)[1] == [passage(1), passage(3)]
    assert (outbox.stats().passages, outbox.stats().refused_passages) == (0, 1)


def test_running_it_delivers_through_trouble_and_stops_when_told(
    outbox: SqliteOutbox, bus: EmbeddedBus, metrics: OutboxMetrics, registry: CollectorRegistry
) -> None:
    producer = FlakyProducer(bus, ["before", "after", "bug", "before"])
    relay = Relay(outbox, producer, node_id="node-1", metrics=metrics, backoff=QUICK)
    stop = threading.Event()
    thread = threading.Thread(target=relay.run, args=(stop,))
    thread.start()
    consumer = bus.consumer(PASSAGES, group="live")
    seen: set[str] = set()
    for n in range(5):
        outbox.put([passage(n)], {})
        while f"川C0000{n}" not in seen:
            messages = consumer.poll(max_records=100, timeout_s=20)
            assert messages, "nothing came for 20 s"
            seen |= {p.plate.text for m in messages for p in decode_passages(m.value) if p.plate}
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert registry.get_sample_value("bukong_edge_relay_failures_total") == 4
    assert outbox.stats().passages == 0


def test_an_unexpected_error_is_logged_with_its_traceback(
    outbox: SqliteOutbox, bus: EmbeddedBus, metrics: OutboxMetrics
) -> None:
    outbox.put([passage(1)], {})
    relay = Relay(outbox, FlakyProducer(bus, ["bug"]), node_id="node-1", metrics=metrics, backoff=QUICK)
    stop = threading.Event()
    with capture_logs() as logs:
        thread = threading.Thread(target=relay.run, args=(stop,))
        thread.start()
        messages = bus.consumer(PASSAGES, group="live").poll(max_records=10, timeout_s=20)
        stop.set()
        thread.join(10)
    assert len(messages) == 1
    (entry,) = logs
    assert (entry["log_level"], entry["why"], entry["exc_info"]) == ("error", "a client's bug", True)


def test_an_idle_relay_wakes_with_the_put(
    outbox: SqliteOutbox, bus: EmbeddedBus, metrics: OutboxMetrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.relay._IDLE_S", 5.0)
    stop = threading.Event()
    relay = Relay(outbox, bus.producer(), node_id="node-1", metrics=metrics)
    thread = threading.Thread(target=relay.run, args=(stop,))
    thread.start()
    consumer = bus.consumer(PASSAGES, group="live")
    delays = []
    for n in range(5):
        time.sleep(0.02)  # let it fall idle
        began = time.monotonic()
        outbox.put([passage(n)], {})
        assert consumer.poll(max_records=10, timeout_s=20)
        delays.append(time.monotonic() - began)
    stop.set()
    outbox.put([passage(9)], {})  # wakes it, to see that it should stop
    thread.join()
    # A relay that only looked up at its idle interval would take seconds.
    assert sorted(delays)[len(delays) // 2] < 1.0
