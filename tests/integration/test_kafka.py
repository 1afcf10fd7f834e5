"""What only Kafka does: a broker that dies, members that die, static members."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.servers.kafka import KafkaServer
from proto.bus.kafka import KafkaBus
from proto.bus.kafka_settings import KafkaSettings
from proto.bus.port import BusUnavailable, Record
from tests.contract.bus_engines import LOG, KafkaEngine, drain, take

pytestmark = pytest.mark.slow


@pytest.fixture
def engine(kafka_servers: tuple[str, ...]) -> Iterator[KafkaEngine]:
    engine = KafkaEngine(kafka_servers)
    yield engine
    engine.close()


@pytest.fixture
def server(kafka_servers: tuple[str, ...], tmp_path: Path) -> Iterator[KafkaServer]:
    """One of our own, to be killed; asked for after the shared one, so that a missing Java is told there."""
    with KafkaServer(tmp_path / "kafka") as server:
        yield server


def settings_of(server: KafkaServer, *, timeout_s: float = 5) -> KafkaSettings:
    return KafkaSettings(servers=server.servers, replication=1, timeout_s=timeout_s, session_s=2, max_poll_s=4)


def test_kill_9_of_the_broker_amid_publishing_loses_nothing_acknowledged(server: KafkaServer) -> None:
    bus = KafkaBus(settings_of(server, timeout_s=3))
    bus.create_topics([LOG])
    producer = bus.producer()
    acknowledged: list[int] = []
    failures: list[BusUnavailable] = []
    back = threading.Event()
    ended = threading.Event()

    def publish() -> None:
        number = 0
        while not ended.is_set():
            try:
                producer.publish(LOG, [Record(key=b"k", value=b"%d" % number)])
                acknowledged.append(number)
                number += 1
            except BusUnavailable as error:  # the same again, as an outbox does
                failures.append(error)
                back.wait(0.1)

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        _until(lambda: len(acknowledged) > 200)
        server.kill()
        _until(lambda: bool(failures))
        assert "publish to test.log" in str(failures[0])
        server.start()
        before = len(acknowledged)
        _until(lambda: len(acknowledged) > before + 200)
    finally:
        ended.set()
        thread.join()
    found = [int(m.value) for m in drain(bus.consumer(LOG, group="g"))]
    bus.close()
    assert set(acknowledged) <= set(found)
    once = list(dict.fromkeys(found))
    assert once == sorted(once)  # repeats there may be, but nothing overtakes


def test_without_a_cluster_everything_says_so_and_works_when_it_comes(server: KafkaServer) -> None:
    server.kill()
    bus = KafkaBus(settings_of(server, timeout_s=1))
    producer = bus.producer()
    with pytest.raises(BusUnavailable):
        bus.create_topics([LOG])
    with pytest.raises(BusUnavailable):
        producer.publish(LOG, [Record(key=b"k", value=b"1")])
    with pytest.raises(BusUnavailable):
        bus.consumer(LOG, group="g")
    server.start()
    bus.close()

    bus = KafkaBus(settings_of(server, timeout_s=10))
    bus.create_topics([LOG])
    bus.producer().publish(LOG, [Record(key=b"k", value=b"1")])
    assert [m.value for m in drain(bus.consumer(LOG, group="g"))] == [b"1"]
    bus.close()


def test_a_consumer_that_is_killed_leaves_its_partitions_to_the_others(engine: KafkaEngine) -> None:
    bus = engine.open()
    bus.producer().publish(LOG, [Record(key=b"%d" % i, value=b"%d" % i) for i in range(40)])
    held = subprocess.Popen(
        [sys.executable, "-m", "tests.contract.bus_process", *engine.process_arguments(), "hold", "g"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert held.stdout is not None
    assert int(held.stdout.readline()) > 0
    heir = bus.consumer(LOG, group="g")
    held.kill()
    held.communicate()
    assert sorted(int(m.value) for m in take(heir, 40)) == list(range(40))


def test_a_static_member_that_restarts_within_its_session_moves_no_partition(engine: KafkaEngine) -> None:
    engine.open()
    one, two = bus_of(engine, "one"), bus_of(engine, "two")
    first, second = one.consumer(LOG, group="g"), two.consumer(LOG, group="g")
    engine.settle(first, second)
    before, others, rebalances = first.partitions, second.partitions, second.rebalances
    one.close()
    again = bus_of(engine, "one")
    back = again.consumer(LOG, group="g")
    engine.settle(back, second)
    assert (back.partitions, second.partitions) == (before, others)
    assert second.rebalances == rebalances  # it was asked for nothing
    again.close()
    two.close()


def test_a_part_made_anew_in_its_process_is_the_same_static_member(engine: KafkaEngine) -> None:
    engine.open()
    one, two = bus_of(engine, "one"), bus_of(engine, "two")
    first, second = one.consumer(LOG, group="g"), two.consumer(LOG, group="g")
    engine.settle(first, second)
    before, rebalances = first.partitions, second.rebalances
    first.close()
    back = one.consumer(LOG, group="g")
    engine.settle(back, second)
    assert (back.partitions, second.rebalances) == (before, rebalances)
    one.close()
    two.close()


def test_a_member_without_a_name_that_restarts_has_everything_shared_out_anew(engine: KafkaEngine) -> None:
    engine.open()
    one, two = bus_of(engine, ""), bus_of(engine, "")
    first, second = one.consumer(LOG, group="g"), two.consumer(LOG, group="g")
    engine.settle(first, second)
    rebalances = second.rebalances
    first.close()
    engine.settle(second)
    assert second.rebalances > rebalances
    one.close()
    two.close()


def test_a_member_whose_polls_end_amid_its_joins_gets_its_partitions(engine: KafkaEngine) -> None:
    """A consumer that doesn't know its topic's partitions yet joins, hears of them and joins again."""
    engine.open()
    bus = bus_of(engine, "")
    for group in ("a", "b", "c", "d"):
        with bus.consumer(LOG, group=group) as consumer:
            deadline = time.monotonic() + 20
            while not consumer.partitions:
                assert time.monotonic() < deadline, f"group {group} owns nothing"
                consumer.poll(max_records=1, timeout_s=0.002)
    bus.close()


def bus_of(engine: KafkaEngine, instance: str) -> KafkaBus:
    return KafkaBus(engine.settings.model_copy(update={"instance": instance, "session_s": 5, "max_poll_s": 10}))


def _until(true: Callable[[], bool], timeout_s: float = 40) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "waited for too long"
        time.sleep(0.01)
