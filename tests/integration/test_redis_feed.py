"""The live feed through a Redis stream: the same events as the records' log, whatever happens to Redis."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from central.records import Records, open_records
from central.state import Fanout, State
from central.state.limits import StateLimits
from central.state.stream import FannedFeed, FeedPump
from deploy.servers.redis import RedisServer
from proto.clock import ManualClock
from tests.centre import CHEAP, CHECKPOINT, new_clock, passage
from tests.redis import new_prefix, open_state, own_server

EVENTS = 20
LIMITS = StateLimits(events=EVENTS, events_kept=timedelta(minutes=15))


@dataclass(slots=True, kw_only=True)
class Desk:
    """A log of events, its pump, and a reader that never wants to miss one."""

    records: Records
    state: State
    clock: ManualClock
    pruned: list[int] = field(default_factory=list)
    cursor: int = 0
    read: list[int] = field(default_factory=list)
    _count: int = 0

    @property
    def fanout(self) -> Fanout:
        assert self.state.fanout is not None
        return self.state.fanout

    @property
    def feed(self) -> FannedFeed:
        return FannedFeed(self.records.live, self.fanout, self.clock)

    def pump(self, state: State | None = None) -> FeedPump:
        used = state or self.state
        assert used.fanout is not None
        return FeedPump(
            self.records.live,
            used.fanout,
            used.leases,
            events=EVENTS,
            prune=lambda: self.pruned.append(self.records.live.prune()),
            prune_every_s=30,
            clock=self.clock,
            stopping=threading.Event(),
        )

    def happen(self, count: int) -> None:
        for _ in range(count):
            self._count += 1
            self.records.live.announce([passage(at=self.clock.now(), seed=str(self._count))])

    def catch_up(self) -> list[int]:
        """Read as the hub does, to the log's end."""
        while self.cursor < self.records.live.newest():
            events = self.feed.since(self.cursor, limit=7)
            assert events
            self.read += [event.event_id for event in events]
            self.cursor = self.read[-1]
        return self.read


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with own_server() as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path, server: RedisServer) -> Iterator[Desk]:
    clock = new_clock()
    with closing(open_records(tmp_path / "records", clock=clock, policy=CHEAP)) as records:
        records.checkpoints.put([CHECKPOINT])
        state = open_state(server.url, new_prefix(), clock, limits=LIMITS, timeout_s=1)
        yield Desk(records=records, state=state, clock=clock)
        state.close()


def test_what_is_pumped_is_what_the_log_says(desk: Desk) -> None:
    desk.happen(5)
    desk.pump().step()
    assert desk.fanout.position() == 5
    assert desk.fanout.since(0, limit=100) == desk.records.live.since(0, limit=100)
    assert desk.fanout.since(3, limit=1) == desk.records.live.since(3, limit=1)
    assert desk.fanout.since(5, limit=100) == ()
    assert desk.feed.wait(4, timeout_s=0.1)
    assert not desk.feed.wait(5, timeout_s=0.1)
    assert (desk.feed.oldest(), desk.feed.newest()) == (1, 5)


def test_a_reader_behind_what_was_trimmed_is_served_by_the_log(desk: Desk) -> None:
    desk.happen(EVENTS + 30)
    pump = desk.pump()
    for _ in range(3):
        pump.step()
    assert desk.fanout.position() == EVENTS + 30
    assert desk.fanout.since(29, limit=10) is None
    assert desk.fanout.since(30, limit=10) is not None
    assert desk.catch_up() == list(range(1, EVENTS + 31))


def test_events_go_with_age_and_the_reader_goes_on_from_the_log(desk: Desk) -> None:
    desk.happen(5)
    pump = desk.pump()
    pump.step()
    desk.clock.advance(16 * 60)
    desk.happen(1)
    pump.step()
    assert desk.fanout.since(4, limit=10) is None
    assert [event.event_id for event in desk.fanout.since(5, limit=10) or ()] == [6]


def test_the_feed_goes_on_without_a_pump(desk: Desk) -> None:
    desk.happen(3)
    assert desk.feed.wait(0, timeout_s=0.1), "asked of the log, now and then"
    assert desk.catch_up() == [1, 2, 3]


def test_redis_dies_and_comes_back_empty_and_no_event_is_missing_or_twice(
    desk: Desk, server: RedisServer
) -> None:
    pump = desk.pump()
    desk.happen(5)
    pump.step()
    desk.catch_up()
    server.kill()
    desk.happen(5)
    for _ in range(3):
        pump.step()
    assert desk.feed.wait(desk.cursor, timeout_s=0.1)
    desk.catch_up()
    desk.happen(2)  # while nobody reads
    server.start()
    desk.clock.advance(60)  # the breaker's pause
    for _ in range(3):
        pump.step()
    assert desk.fanout.position() == 12
    desk.happen(3)
    pump.step()
    assert desk.catch_up() == list(range(1, 16))


def test_two_pumps_append_each_event_once(desk: Desk, server: RedisServer) -> None:
    """As two leaders for a moment would: neither holds the lease against the other here."""
    other = open_state(server.url, new_prefix(), desk.clock, limits=LIMITS)
    pumps = [desk.pump(), desk.pump(replace(desk.state, leases=other.leases))]
    threads = [threading.Thread(target=_steps, args=(pump,)) for pump in pumps]
    for thread in threads:
        thread.start()
    for _ in range(5):
        desk.happen(3)
    for thread in threads:
        thread.join()
    found = desk.fanout.since(0, limit=100)
    assert [event.event_id for event in found or ()] == list(range(1, 16))
    other.close()


def test_an_append_behind_another_end_is_refused(desk: Desk) -> None:
    desk.happen(5)
    events = desk.records.live.since(0, limit=10)
    assert desk.fanout.publish(events[:2], after=0)
    assert not desk.fanout.publish(events[3:], after=3), "it would leave a gap"
    assert not desk.fanout.publish(events[:2], after=0), "it would double"
    assert desk.fanout.publish(events[2:], after=2)
    assert desk.fanout.since(0, limit=10) == events


def test_a_log_begun_anew_takes_the_place_of_the_other(desk: Desk, tmp_path: Path) -> None:
    desk.happen(5)
    desk.pump().step()
    with closing(open_records(tmp_path / "restored", clock=desk.clock, policy=CHEAP)) as restored:
        restored.checkpoints.put([CHECKPOINT])
        desk.records = restored
        desk.happen(2)
        desk.pump().step()
        assert desk.fanout.position() == 2
        assert desk.fanout.since(0, limit=10) == restored.live.since(0, limit=10)


def test_who_does_not_lead_neither_pumps_nor_prunes(desk: Desk, server: RedisServer) -> None:
    prefix = new_prefix()
    leader, idle = (open_state(server.url, prefix, desk.clock, limits=LIMITS) for _ in range(2))
    assert leader.leases.hold("feed") is not None
    desk.happen(1)
    pump = desk.pump(idle)
    pump.step()
    assert idle.fanout is not None
    assert idle.fanout.position() == 0
    assert desk.pruned == []
    leader.leases.release("feed")
    pump.step()
    assert idle.fanout.position() == 1
    assert desk.pruned == [0]
    pump.close()
    assert leader.leases.hold("feed") is not None
    for state in (leader, idle):
        state.close()


def _steps(pump: FeedPump) -> None:
    for _ in range(12):
        pump.step()
