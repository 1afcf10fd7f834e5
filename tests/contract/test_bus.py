"""What every bus engine must hold to; an engine's own file tests only its quirks."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from proto.bus.port import Bus, BusError, LostAssignment, Message, Record, RecordTooLarge
from proto.topics import Topic
from tests.contract.bus_engines import ENGINES, LOG, NEWEST, BusEngine, drain, take


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BusEngine]:
    engine = ENGINES[request.param](tmp_path, request)
    yield engine
    engine.close()


@pytest.fixture
def bus(engine: BusEngine) -> Bus:
    return engine.open()


def records(count: int, keys: int = 5) -> list[Record]:
    return [Record(key=b"key-%d" % (i % keys), value=b"%d" % i) for i in range(count)]


def values(messages: list[Message]) -> list[bytes]:
    return [m.value for m in messages]


def start(engine: BusEngine, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.contract.bus_process", *engine.process_arguments(), *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )


def kill(process: subprocess.Popen[str]) -> str:
    """kill -9, and what it had still printed."""
    process.kill()
    rest, _ = process.communicate()
    return rest


class TestPublish:
    def test_a_record_arrives_as_it_was_handed_in(self, bus: Bus) -> None:
        record = Record(key=b"\x00k\xff", value=b"\x00v\xff", headers={"kind": b"\x01", "空": b""})
        bus.producer().publish(LOG, [record])
        (message,) = bus.consumer(LOG, group="g").poll(max_records=10, timeout_s=10)
        assert (message.topic, message.key, message.value) == (LOG.name, record.key, record.value)
        assert message.headers == record.headers
        assert message.appended_at.utcoffset() == timedelta(0)

    def test_empty_values_and_keys_are_records(self, bus: Bus) -> None:
        bus.producer().publish(LOG, [Record(key=b"", value=b"")])
        assert values(drain(bus.consumer(LOG, group="g"))) == [b""]

    def test_publishing_nothing_appends_nothing(self, bus: Bus) -> None:
        bus.producer().publish(LOG, [])
        assert bus.consumer(LOG, group="g").lag() == 0

    def test_equal_keys_keep_their_order_and_their_partition(self, bus: Bus) -> None:
        producer = bus.producer()
        for start_at in range(0, 200, 30):
            producer.publish(LOG, records(200)[start_at : start_at + 30])
        by_key: dict[bytes, list[Message]] = defaultdict(list)
        for message in drain(bus.consumer(LOG, group="g")):
            by_key[message.key].append(message)
        assert len(by_key) == 5
        for messages in by_key.values():
            numbers = [int(m.value) for m in messages]
            assert numbers == sorted(numbers)
            assert len(numbers) == 40
            assert len({m.partition for m in messages}) == 1

    def test_offsets_grow_within_a_partition(self, bus: Bus) -> None:
        bus.producer().publish(LOG, records(50))
        offsets: dict[int, list[int]] = defaultdict(list)
        for message in drain(bus.consumer(LOG, group="g")):
            offsets[message.partition].append(message.offset)
        assert all(list(o) == sorted(set(o)) for o in offsets.values())

    def test_a_large_record_passes(self, bus: Bus) -> None:
        bus.producer().publish(LOG, [Record(key=b"k", value=b"x" * 900_000)])
        (message,) = drain(bus.consumer(LOG, group="g"))
        assert len(message.value) == 900_000

    def test_one_record_too_large_refuses_all_that_came_with_it(self, bus: Bus) -> None:
        with pytest.raises(RecordTooLarge, match=r"at most \d+ bytes .* got \d+"):
            bus.producer().publish(
                LOG, [Record(key=b"k", value=b"small"), Record(key=b"k", value=b"x" * (64 << 20))]
            )
        assert drain(bus.consumer(LOG, group="g")) == []

    def test_a_topic_nobody_created_is_an_error(self, bus: Bus) -> None:
        stranger = Topic(name="test.stranger", partitions=1, retention=None)
        with pytest.raises(BusError, match=r"test\.stranger"):
            bus.producer().publish(stranger, records(1))
        with pytest.raises(BusError, match=r"test\.stranger"):
            bus.consumer(stranger, group="g")

    def test_creating_topics_again_keeps_what_is_in_them(self, bus: Bus) -> None:
        bus.producer().publish(LOG, records(3))
        bus.create_topics([LOG, NEWEST])
        assert bus.consumer(LOG, group="g").lag() == 3

    def test_many_threads_may_publish_at_once(self, engine: BusEngine, bus: Bus) -> None:
        def publish(name: int) -> None:
            producer = bus.producer()
            for i in range(20):
                producer.publish(LOG, [Record(key=b"%d" % name, value=b"%d" % i)])

        threads = [threading.Thread(target=publish, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        by_key: dict[bytes, list[bytes]] = defaultdict(list)
        for message in drain(bus.consumer(LOG, group="g")):
            by_key[message.key].append(message.value)
        assert len(by_key) == 6
        assert all(v == [b"%d" % i for i in range(20)] for v in by_key.values())


class TestDurability:
    def test_records_and_commits_outlast_the_handle(self, engine: BusEngine) -> None:
        first = engine.open()
        first.producer().publish(LOG, records(10))
        consumer = first.consumer(LOG, group="g")
        consumer.commit(take(consumer, 10))
        first.producer().publish(LOG, [Record(key=b"later", value=b"later")])
        first.close()
        assert values(drain(engine.open().consumer(LOG, group="g"))) == [b"later"]

    @pytest.mark.parametrize("acknowledged", [1, 17, 120])
    def test_what_was_acknowledged_outlasts_kill_9(
        self, engine: BusEngine, bus: Bus, acknowledged: int
    ) -> None:
        writer = start(engine, "publish", "w", "100000")
        assert writer.stdout is not None
        for _ in range(acknowledged):
            last = int(writer.stdout.readline())
        last = max([last, *map(int, kill(writer).split("\n")[:-1])])
        found = values(drain(bus.consumer(LOG, group="g")))
        assert found[: last + 1] == [b"w:%d" % i for i in range(last + 1)]
        assert len(found) <= last + 2  # at most the one that was not acknowledged any more


class TestDelivery:
    def test_polling_waits_for_the_first_record(self, engine: BusEngine, bus: Bus) -> None:
        consumer = bus.consumer(LOG, group="g")
        producer = engine.open().producer()
        timer = threading.Timer(0.1, producer.publish, (LOG, records(1)))
        timer.start()
        began = time.monotonic()
        assert values(list(consumer.poll(max_records=10, timeout_s=30))) == [b"0"]
        assert time.monotonic() - began < 10
        timer.join()

    def test_polling_an_empty_topic_comes_back_empty(self, bus: Bus) -> None:
        assert list(bus.consumer(LOG, group="g").poll(max_records=10, timeout_s=0.05)) == []

    def test_a_poll_is_no_larger_than_asked(self, bus: Bus) -> None:
        bus.producer().publish(LOG, records(20))
        assert len(bus.consumer(LOG, group="g").poll(max_records=3, timeout_s=10)) == 3

    def test_no_partition_starves(self, bus: Bus) -> None:
        consumer = bus.consumer(LOG, group="g")
        producer = bus.producer()
        producer.publish(LOG, records(40, keys=20))
        partitions = {consumer.poll(max_records=1, timeout_s=10)[0].partition for _ in range(4)}
        assert partitions == {0, 1, 2, 3}

    def test_one_consumer_is_not_handed_a_record_twice(self, bus: Bus) -> None:
        bus.producer().publish(LOG, records(30))
        assert sorted(values(drain(bus.consumer(LOG, group="g"), commit=False)), key=int) == [
            b"%d" % i for i in range(30)
        ]

    def test_what_was_not_committed_comes_again_to_the_next(self, bus: Bus) -> None:
        bus.producer().publish(LOG, records(10, keys=1))
        with bus.consumer(LOG, group="g") as consumer:
            messages = drain(consumer, commit=False)
            consumer.commit(messages[:4])
        assert values(drain(bus.consumer(LOG, group="g"))) == [b"%d" % i for i in range(4, 10)]

    def test_a_commit_never_goes_back(self, bus: Bus) -> None:
        bus.producer().publish(LOG, records(6, keys=1))
        with bus.consumer(LOG, group="g") as consumer:
            messages = drain(consumer, commit=False)
            consumer.commit(messages)
            consumer.commit(messages[:2])
        assert drain(bus.consumer(LOG, group="g")) == []

    def test_lag_counts_what_is_not_committed(self, bus: Bus) -> None:
        consumer = bus.consumer(LOG, group="g")
        assert consumer.lag() == 0
        bus.producer().publish(LOG, records(10))
        assert consumer.lag() == 10
        messages = take(consumer, 4)
        assert consumer.lag() == 10
        consumer.commit(messages)
        assert consumer.lag() == 6

    def test_a_closed_consumer_says_so(self, bus: Bus) -> None:
        consumer = bus.consumer(LOG, group="g")
        consumer.close()
        consumer.close()
        with pytest.raises(BusError, match="closed"):
            consumer.poll(max_records=1, timeout_s=0)

    def test_closing_the_bus_closes_what_it_made(self, engine: BusEngine) -> None:
        bus = engine.open()
        producer, consumer = bus.producer(), bus.consumer(LOG, group="g")
        bus.close()
        bus.close()
        with pytest.raises(BusError, match="closed"):
            producer.publish(LOG, records(1))
        with pytest.raises(BusError, match="closed"):
            consumer.poll(max_records=1, timeout_s=0)


class TestGroups:
    def test_each_group_sees_everything_from_the_oldest_on(self, bus: Bus) -> None:
        bus.producer().publish(LOG, records(10))
        drain(bus.consumer(LOG, group="first"))
        assert len(drain(bus.consumer(LOG, group="second"))) == 10

    def test_members_share_the_partitions(self, engine: BusEngine, bus: Bus) -> None:
        one = bus.consumer(LOG, group="g")
        two = engine.open().consumer(LOG, group="g")
        engine.settle(one, two)
        bus.producer().publish(LOG, records(200, keys=40))
        of_one, of_two = drain(one), drain(two)
        assert sorted(map(int, values(of_one + of_two))) == list(range(200))
        assert {m.partition for m in of_one}.isdisjoint(m.partition for m in of_two)
        assert of_one
        assert of_two

    def test_a_new_member_waits_until_the_owner_polls_again(self, engine: BusEngine, bus: Bus) -> None:
        bus.producer().publish(LOG, records(200, keys=40))
        one = bus.consumer(LOG, group="g")
        in_hand = take(one, 200)
        two = engine.open().consumer(LOG, group="g")
        assert drain(two) == []
        one.commit(in_hand)
        assert one.lag() == 0

    def test_who_leaves_gives_its_partitions_at_once(self, engine: BusEngine, bus: Bus) -> None:
        one = bus.consumer(LOG, group="g")
        two = engine.open().consumer(LOG, group="g")
        engine.settle(one, two)
        bus.producer().publish(LOG, records(40, keys=20))
        done = drain(one)
        one.close()
        rest = drain(two)
        assert sorted(map(int, values(done + rest))) == list(range(40))

    def test_who_is_silent_loses_its_partitions(self, engine: BusEngine, bus: Bus) -> None:
        bus.producer().publish(LOG, records(10))
        silent = bus.consumer(LOG, group="g")
        in_hand = take(silent, 10)
        heir = engine.open().consumer(LOG, group="g")
        assert drain(heir, commit=False) == []
        engine.expire_sessions()
        assert len(drain(heir)) == 10

        with pytest.raises(LostAssignment, match="taken over"):
            silent.commit(in_hand)
        assert silent.lag() == 0  # the heir's commit stands

    def test_who_was_silent_comes_back_as_a_member(self, engine: BusEngine, bus: Bus) -> None:
        silent = bus.consumer(LOG, group="g")
        heir = engine.open().consumer(LOG, group="g")
        engine.settle(silent, heir)
        engine.expire_sessions()
        drain(heir)
        engine.settle(silent, heir)
        bus.producer().publish(LOG, records(200, keys=40))
        of_silent, of_heir = drain(silent), drain(heir)
        assert of_silent
        assert of_heir
        assert sorted(map(int, values(of_silent + of_heir))) == list(range(200))

    def test_partitions_that_were_lost_and_came_back_start_at_the_commit(
        self, engine: BusEngine, bus: Bus
    ) -> None:
        bus.producer().publish(LOG, records(10))
        silent = bus.consumer(LOG, group="g")
        in_hand = take(silent, 10)
        with engine.open().consumer(LOG, group="g") as heir:
            engine.expire_sessions()
            take(heir, 10)
            with pytest.raises(LostAssignment):
                silent.commit(in_hand)
        assert len(drain(silent)) == 10


class TestCompaction:
    def test_the_newest_record_of_each_key_stays(self, engine: BusEngine, bus: Bus) -> None:
        producer = bus.producer()
        for version in range(5):
            producer.publish(NEWEST, [Record(key=b"%d" % k, value=b"%d" % version) for k in range(3)])
        producer.publish(NEWEST, [Record(key=b"1", value=b"")])
        found = {m.key: m.value for m in drain(bus.consumer(NEWEST, group="g"))}
        assert found == {b"0": b"4", b"1": b"", b"2": b"4"}

    def test_a_consumer_that_was_away_sees_what_changed(self, bus: Bus) -> None:
        producer = bus.producer()
        producer.publish(NEWEST, [Record(key=b"a", value=b"1"), Record(key=b"b", value=b"1")])
        with bus.consumer(NEWEST, group="g") as consumer:
            drain(consumer)
        producer.publish(NEWEST, [Record(key=b"a", value=b"2"), Record(key=b"a", value=b"3")])
        found = {m.key: m.value for m in drain(bus.consumer(NEWEST, group="g"))}
        assert found == {b"a": b"3"}


class TestProcesses:
    def test_several_write_and_several_read(self, engine: BusEngine, bus: Bus) -> None:
        writers = [start(engine, "publish", name, "40") for name in ("a", "b")]
        readers = [start(engine, "consume", "g") for _ in range(2)]
        expected = {f"{name}:{i}" for name in ("a", "b") for i in range(40)}
        printed: list[str] = []

        def follow(process: subprocess.Popen[str]) -> None:
            assert process.stdout is not None
            printed.extend(map(str.strip, process.stdout))

        threads = [threading.Thread(target=follow, args=(r,)) for r in readers]
        for thread in threads:
            thread.start()
        try:
            assert [w.wait(60) for w in writers] == [0, 0]
            deadline = time.monotonic() + 60
            while set(printed) != expected and time.monotonic() < deadline:
                time.sleep(0.01)
        finally:
            for process in readers:
                process.kill()
            for thread in threads:
                thread.join()
            for process in (*readers, *writers):
                process.wait()
                assert process.stdout is not None
                process.stdout.close()
        assert set(printed) == expected
