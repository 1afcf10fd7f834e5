"""The embedded bus's own quirks; what it shares with every engine is in tests/contract/test_bus.py."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from proto.bus.embedded import EmbeddedBus
from proto.bus.embedded.groups import balance
from proto.bus.port import BusError, BusFull, BusUnavailable, Record, RecordTooLarge
from proto.clock import ManualClock, SystemClock
from proto.topics import ALL, Topic
from tests.contract.bus_engines import LOG, NEWEST, drain

HOUR = Topic(name="test.hour", partitions=1, retention=timedelta(hours=1))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def bus(tmp_path: Path, clock: ManualClock) -> Iterator[EmbeddedBus]:
    bus = EmbeddedBus(tmp_path / "bus.db", clock=clock, max_topic_bytes=100_000, busy_timeout_s=0.05)
    bus.create_topics([LOG, NEWEST, HOUR])
    yield bus
    bus.close()


def one(value: bytes, key: bytes = b"k") -> list[Record]:
    return [Record(key=key, value=value)]


def fill(publish: Callable[[], object]) -> None:
    """Publish more than the bus may hold."""
    for _ in range(200):
        publish()


class TestRetention:
    def test_old_records_go_and_the_consumer_goes_on_at_the_oldest_left(
        self, bus: EmbeddedBus, clock: ManualClock
    ) -> None:
        producer = bus.producer()
        producer.publish(HOUR, one(b"old"))
        clock.advance(3000)
        producer.publish(HOUR, one(b"young"))
        clock.advance(3000)
        producer.publish(HOUR, one(b"new"))
        consumer = bus.consumer(HOUR, group="g")
        assert consumer.lag() == 2
        assert [m.value for m in drain(consumer)] == [b"young", b"new"]

    def test_a_record_as_old_as_the_retention_stays(self, bus: EmbeddedBus, clock: ManualClock) -> None:
        bus.producer().publish(HOUR, one(b"old"))
        clock.advance(3600)
        bus.producer().publish(HOUR, one(b"new"))
        assert len(drain(bus.consumer(HOUR, group="g"))) == 2

    def test_a_topic_over_its_bytes_loses_its_oldest_once_they_are_read(
        self, bus: EmbeddedBus, clock: ManualClock
    ) -> None:
        producer = bus.producer()
        consumer = bus.consumer(LOG, group="g")
        for i in range(300):
            clock.advance(1)
            producer.publish(LOG, one(b"%03d" % i + b"x" * 997, key=b"%d" % (i % 7)))
            consumer.commit(consumer.poll(max_records=10, timeout_s=0))
        kept = sorted(int(m.value[:3]) for m in drain(bus.consumer(LOG, group="new")))
        assert kept[-1] == 299
        assert 60 <= len(kept) <= 100

    def test_a_full_topic_takes_no_more_until_the_slowest_reader_has_read(
        self, bus: EmbeddedBus, clock: ManualClock
    ) -> None:
        producer = bus.producer()
        large = one(b"x" * 1000)
        quick, slow = bus.consumer(LOG, group="quick"), bus.consumer(LOG, group="slow")
        producer.publish(LOG, large)
        for consumer in (quick, slow):
            consumer.commit(drain(consumer))
        published = 1

        def publish() -> None:
            nonlocal published
            producer.publish(LOG, large)
            published += 1
            quick.commit(drain(quick))

        told = r"at most 100000 bytes on test\.log.*group slow is \d+ records behind"
        with pytest.raises(BusFull, match=told):
            fill(publish)
        assert 90 <= published <= 100
        assert len(drain(slow)) == published - 1  # nothing was lost to it
        producer.publish(LOG, large)

    def test_where_nobody_has_read_yet_want_of_room_removes_nothing(self, bus: EmbeddedBus) -> None:
        producer = bus.producer()
        with pytest.raises(BusFull, match="no group has read it yet"):
            fill(lambda: producer.publish(LOG, one(b"x" * 1000)))
        assert len(drain(bus.consumer(LOG, group="first"))) == 99

    def test_what_a_reader_has_not_read_outlasts_its_age(self, bus: EmbeddedBus, clock: ManualClock) -> None:
        bus.producer().publish(HOUR, [*one(b"1"), *one(b"2"), *one(b"3")])
        with bus.consumer(HOUR, group="slow") as consumer:
            consumer.commit(consumer.poll(max_records=1, timeout_s=0))
        clock.advance(4000)
        bus.producer().publish(HOUR, one(b"new"))
        assert [m.value for m in drain(bus.consumer(HOUR, group="slow"))] == [b"2", b"3", b"new"]
        clock.advance(4000)
        bus.producer().publish(HOUR, one(b"newer"))
        assert [m.value for m in drain(bus.consumer(HOUR, group="late"))] == [b"newer"]

    def test_the_room_of_other_topics_is_theirs(self, bus: EmbeddedBus) -> None:
        with pytest.raises(BusFull):
            fill(lambda: bus.producer().publish(LOG, one(b"x" * 1000)))
        bus.producer().publish(HOUR, one(b"x" * 1000))

    def test_a_large_backlog_goes_step_by_step(self, bus: EmbeddedBus, clock: ManualClock) -> None:
        producer = bus.producer()
        producer.publish(HOUR, one(b"") * 5000)
        clock.advance(4000)
        consumer = bus.consumer(HOUR, group="g")
        lags = []
        for _ in range(3):
            producer.publish(HOUR, one(b"new"))
            lags.append(consumer.lag())
        assert lags == [3001, 1002, 3]

    def test_a_compacted_topic_keeps_everything_newest(self, bus: EmbeddedBus, clock: ManualClock) -> None:
        producer = bus.producer()
        for i in range(200):
            producer.publish(NEWEST, one(b"x" * 1000, key=b"%d" % i))
        clock.advance(1e9)
        producer.publish(NEWEST, one(b"", key=b"0"))
        consumer = bus.consumer(NEWEST, group="g")
        assert consumer.lag() == 200
        assert len(drain(consumer)) == 200


class TestTrouble:
    def test_a_locked_file_is_unavailable_and_then_works_again(self, bus: EmbeddedBus, tmp_path: Path) -> None:
        producer = bus.producer()
        blocker = sqlite3.connect(tmp_path / "bus.db", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusUnavailable, match="SQLITE_BUSY"):
            producer.publish(LOG, one(b"1"))
        blocker.execute("ROLLBACK")
        blocker.close()
        producer.publish(LOG, one(b"2"))
        assert [m.value for m in drain(bus.consumer(LOG, group="g"))] == [b"2"]

    def test_a_full_disk_is_unavailable(self, tmp_path: Path) -> None:
        # A process whose files may not grow past 1 MiB meets what a full disk is.
        script = f"""
import resource, pathlib
from proto.bus.embedded import EmbeddedBus
from proto.bus.port import BusUnavailable, Record
from proto.clock import SystemClock
from tests.contract.bus_engines import LOG
bus = EmbeddedBus(pathlib.Path({str(tmp_path / "bus.db")!r}), clock=SystemClock())
bus.create_topics([LOG])
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
producer = bus.producer()
done = 0
try:
    while True:
        producer.publish(LOG, [Record(key=b"k", value=b"x" * 50_000)])
        done += 1
except BusUnavailable as error:
    print(done, error)
"""
        result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        done, why = result.stdout.split(" ", 1)
        assert int(done) > 5
        assert "SQLITE_" in why
        bus = EmbeddedBus(tmp_path / "bus.db", clock=SystemClock())
        assert len(drain(bus.consumer(LOG, group="g"))) == int(done)
        bus.close()

    def test_a_file_that_is_no_bus_is_unavailable(self, tmp_path: Path) -> None:
        (tmp_path / "bus.db").write_bytes(b"not a database" * 100)
        with pytest.raises(BusUnavailable, match="NOTADB"):
            EmbeddedBus(tmp_path / "bus.db", clock=SystemClock(), busy_timeout_s=0.05)

    def test_a_file_of_a_newer_format_is_left_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "bus.db"
        EmbeddedBus(path, clock=SystemClock()).close()
        newer = sqlite3.connect(path, isolation_level=None)
        newer.execute("PRAGMA user_version = 2")
        newer.close()
        with pytest.raises(BusUnavailable, match="format 1, got 2"):
            EmbeddedBus(path, clock=SystemClock())

    def test_one_bad_publisher_does_not_harm_the_next(self, bus: EmbeddedBus) -> None:
        unbound: object = 5
        bad = Record(key=b"k", value=b"", headers={"h": bytearray(b"x")})  # type: ignore[dict-item]
        bus.producer().publish(LOG, [bad])
        worse = Record(key=b"k", value=b"", headers=[unbound])  # type: ignore[arg-type]
        with pytest.raises(AttributeError):
            bus.producer().publish(LOG, [worse])
        bus.producer().publish(LOG, one(b"good"))
        assert [m.value for m in drain(bus.consumer(LOG, group="g"))] == [b"", b"good"]

    def test_the_largest_record_counts_key_value_and_headers(self, tmp_path: Path) -> None:
        bus = EmbeddedBus(tmp_path / "small.db", clock=SystemClock(), max_record_bytes=10)
        bus.create_topics([LOG])
        bus.producer().publish(LOG, [Record(key=b"123", value=b"1234", headers={"a": b"12"})])
        with pytest.raises(RecordTooLarge, match=r"at most 10 bytes on test\.log, got 11"):
            bus.producer().publish(LOG, [Record(key=b"123", value=b"12345", headers={"a": b"12"})])
        bus.close()

    @pytest.mark.parametrize("partitions", [0, 5000])
    def test_partitions_have_a_limit(self, bus: EmbeddedBus, partitions: int) -> None:
        with pytest.raises(BusError, match="1 to 4096 partitions"):
            bus.create_topics([Topic(name="t", partitions=partitions, retention=None)])

    def test_polling_for_nothing_is_refused(self, bus: EmbeddedBus) -> None:
        with pytest.raises(ValueError, match="at least one"):
            bus.consumer(LOG, group="g").poll(max_records=0, timeout_s=0)


class TestDeath:
    def test_a_killed_consumer_is_replaced_before_its_session_ends(self, tmp_path: Path) -> None:
        bus = EmbeddedBus(tmp_path / "bus.db", clock=SystemClock(), session_timeout_s=1000)
        bus.create_topics([LOG])
        bus.producer().publish(LOG, one(b"1"))
        holder = subprocess.Popen(
            [sys.executable, "-m", "tests.contract.bus_process", str(tmp_path / "bus.db"), "hold", "g"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert holder.stdout is not None
        assert holder.stdout.readline() == "1\n"
        with bus.consumer(LOG, group="g") as early:
            assert early.poll(max_records=1, timeout_s=0) == []
        holder.kill()
        holder.communicate()
        with capture_logs() as logs, bus.consumer(LOG, group="g") as late:
            assert [m.value for m in drain(late)] == [b"1"]
        assert [line["log_level"] for line in logs] == ["warning"]
        assert list((tmp_path / "bus.db.members").iterdir()) == []
        bus.close()

    def test_a_clock_set_back_does_not_keep_the_silent_in_office(
        self, bus: EmbeddedBus, clock: ManualClock
    ) -> None:
        bus.producer().publish(LOG, one(b"1"))
        silent = bus.consumer(LOG, group="g")
        silent.poll(max_records=1, timeout_s=0)
        clock.current -= timedelta(hours=1)
        assert len(drain(bus.consumer(LOG, group="g"))) == 1

    def test_every_topic_of_the_product_can_be_made(self, bus: EmbeddedBus) -> None:
        bus.create_topics(ALL)
        for topic in ALL:
            assert bus.consumer(topic, group="g").lag() == 0


class TestBalance:
    @given(
        owners=st.dictionaries(st.integers(0, 50), st.sampled_from([None, "a", "b", "c", "gone"])),
        members=st.sets(st.sampled_from("abcdefgh"), min_size=1),
    )
    def test_shares_are_even_and_nothing_moves_in_vain(
        self, owners: dict[int, str | None], members: set[str]
    ) -> None:
        target = balance(owners, sorted(members))
        assert target.keys() == owners.keys()
        sizes = [list(target.values()).count(m) for m in members]
        assert max(sizes) - min(sizes) <= 1
        # Who keeps the most it can, moved the least: only what is over a share's upper bound may go.
        held = {m: sum(1 for o in owners.values() if o == m) for m in members}
        kept = {m: sum(1 for p, o in owners.items() if o == m and target[p] == m) for m in members}
        for member in members:
            assert kept[member] == min(held[member], list(target.values()).count(member))

    @given(count=st.integers(0, 30), members=st.sets(st.sampled_from("abcdef"), min_size=1))
    def test_a_balanced_group_stays_as_it_is(self, count: int, members: set[str]) -> None:
        first = balance(dict.fromkeys(range(count)), sorted(members))
        assert balance(dict(first), sorted(members)) == first
