"""Passages from the bus into the store: none lost, none doubled, whatever fails in between."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from central.columns import Ints, PassageColumns
from central.dead_letter import CUT_TO, replay_dead_letters
from central.ports import PassageStore, StoreUnavailable
from proto.bus.port import Bus, BusUnavailable, Producer, Record, RecordTooLarge
from proto.codec import decode_passages, encode_passages
from proto.passage import Passage
from proto.topics import DEAD_LETTERS, PASSAGES, Topic
from tests.integration.centre_road import Road
from tests.passages import passage


class FailingStore:
    """The real store, but the next inserts fail: before they do anything, or only once all is done."""

    def __init__(self, store: PassageStore, *, after_storing: bool, times: int = 1) -> None:
        self._store = store
        self._after_storing = after_storing
        self._times = times

    def insert_columns(self, passages: PassageColumns, rows: Ints) -> Ints:
        if not self._times:
            return self._store.insert_columns(passages, rows)
        self._times -= 1
        if self._after_storing:
            self._store.insert_columns(passages, rows)
        raise StoreUnavailable("the disk is full")

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


class FailingBus:
    """The real bus, but dead letters can't be published."""

    def __init__(self, bus: Bus, error: Exception) -> None:
        self._bus = bus
        self._error = error

    def producer(self) -> Producer:
        return _FailingProducer(self._bus.producer(), self._error)

    def __getattr__(self, name: str) -> object:
        return getattr(self._bus, name)


class _FailingProducer:
    def __init__(self, producer: Producer, error: Exception) -> None:
        self._producer = producer
        self._error = error

    def publish(self, topic: Topic, records: Sequence[Record]) -> None:
        raise self._error

    def close(self) -> None:
        self._producer.close()


class SilentFeed:
    """A live feed that is away."""

    def announce(self, passages: Sequence[Passage]) -> None:
        raise StoreUnavailable("the live feed is away")


def announced(road: Road) -> int:
    return len([e for e in road.records.live.since(0, limit=1000) if e.kind == "passage"])


def test_what_comes_is_stored_shown_and_committed(road: Road) -> None:
    road.publish(passage(1), passage(2))
    road.publish(passage(3, unread_reason="glare"))
    ingest = road.ingest()
    ingest.step()
    assert (road.stored(), announced(road), road.lag("ingest")) == (3, 3, 0)
    assert road.metric("bukong_ingest_passages_stored_total") == 3
    ingest.step()  # nothing more is there
    ingest.close()


def test_what_comes_again_is_neither_stored_nor_shown_again(road: Road) -> None:
    ingest = road.ingest()
    for _ in range(3):
        road.publish(passage(1), passage(2))
        ingest.step()
    assert (road.stored(), announced(road), road.lag("ingest")) == (2, 2, 0)
    assert road.metric("bukong_ingest_passages_known_total") == 4
    ingest.close()


@pytest.mark.parametrize("after_storing", [False, True], ids=["nothing was stored", "all was stored"])
def test_a_store_that_fails_leaves_the_records_on_the_bus(road: Road, after_storing: bool) -> None:
    store = FailingStore(road.store, after_storing=after_storing)
    road.publish(passage(1))
    road.publish(passage(2))
    failing = road.ingest(store=store)  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailable):
        failing.step()
    failing.close()
    assert road.lag("ingest") == 2
    again = road.ingest(store=store)  # type: ignore[arg-type]
    again.step()
    again.close()
    assert (road.stored(), road.lag("ingest")) == (2, 0)


def test_the_live_view_may_be_away(road: Road) -> None:
    road.publish(passage(1))
    ingest = road.ingest(announcer=SilentFeed())
    ingest.step()
    ingest.close()
    assert (road.stored(), road.lag("ingest")) == (1, 0)
    assert road.metric("bukong_ingest_passages_not_announced_total") == 1


def test_the_live_view_shows_the_newest_that_a_person_can_follow(road: Road) -> None:
    ingest = road.ingest(announce_per_second=2)
    road.publish(*(passage(n) for n in range(5)))
    ingest.step()
    shown = [e.body for e in road.records.live.since(0, limit=10)]
    assert len(shown) == 2
    assert "川C00003" in shown[0]
    assert "川C00004" in shown[1]
    road.clock.advance(0.5)
    road.publish(*(passage(n) for n in range(10, 15)))
    ingest.step()
    assert announced(road) == 3
    assert road.metric("bukong_ingest_passages_not_announced_total") == 7
    ingest.close()


def test_a_clock_that_is_ahead_is_counted_by_node(road: Road) -> None:
    road.publish(replace(passage(1), captured_at=road.clock.now() + timedelta(hours=1)))
    ingest = road.ingest()
    ingest.step()
    ingest.close()
    assert road.stored() == 1
    assert road.metric("bukong_ingest_clock_ahead_total", node="node-1") == 1


class TestDeadLetters:
    def test_what_cannot_be_read_is_put_aside_and_the_rest_goes_on(self, road: Road) -> None:
        road.publish(passage(1))
        road.publish_bytes(b"\xffnot a batch", key=b"node-9")
        road.publish(passage(2))
        ingest = road.ingest()
        ingest.step()
        ingest.close()
        assert (road.stored(), road.lag("ingest")) == (2, 0)
        (letter,) = road.dead()
        assert (letter.topic, letter.key, letter.value) == (PASSAGES.name, b"node-9", b"\xffnot a batch")
        assert letter.refused_by == "ingest"
        assert "expected a bukong.v1.PassageBatch" in letter.reason
        assert road.metric("bukong_dead_letters_total", refused_by="ingest") == 1
        assert road.dead() == [letter]  # listing takes nothing away

    def test_of_a_record_with_a_bad_passage_the_good_ones_are_stored(self, road: Road) -> None:
        late = replace(passage(2), captured_at=road.clock.now() - timedelta(days=91))
        road.publish(passage(1), late, passage(3))
        ingest = road.ingest()
        ingest.step()
        ingest.close()
        assert road.stored() == 2
        (letter,) = road.dead()
        assert str(late.passage_id) in letter.reason
        assert "within the 90 days" in letter.reason
        assert decode_passages(letter.value)[1].passage_id == late.passage_id

    def test_nothing_is_committed_before_the_dead_letter_is_durable(self, road: Road) -> None:
        road.publish_bytes(b"\xff")
        bus = FailingBus(road.bus, BusUnavailable("not acknowledged"))
        ingest = road.ingest(bus=bus)  # type: ignore[arg-type]
        with pytest.raises(BusUnavailable):
            ingest.step()
        ingest.close()
        assert road.lag("ingest") == 1
        again = road.ingest()
        again.step()
        again.close()
        assert len(road.dead()) == 1

    def test_a_record_that_fits_no_dead_letter_is_cut_and_says_so(self, road: Road) -> None:
        largest = b"\xff" * ((1 << 20) - len(b"node-1"))
        road.publish_bytes(largest)
        ingest = road.ingest()
        ingest.step()
        ingest.close()
        (letter,) = road.dead()
        assert letter.value == largest[:CUT_TO]
        assert f"the first {CUT_TO} of the record's {len(largest)} bytes" in letter.reason
        assert replay_dead_letters(road.bus).left == 1

    def test_replaying_takes_in_what_was_refused_for_a_passing_reason(self, road: Road) -> None:
        early = replace(passage(2), captured_at=road.clock.now() + timedelta(days=2))
        road.publish(passage(1), early)
        ingest = road.ingest()
        ingest.step()
        assert road.stored() == 1
        road.clock.advance(86_400 * 2)
        replayed = replay_dead_letters(road.bus)
        assert (replayed.published, replayed.left) == (1, 0)
        ingest.step()
        assert (road.stored(), road.lag("ingest"), len(road.dead())) == (2, 0, 1)
        assert replay_dead_letters(road.bus).published == 0
        ingest.close()

    def test_what_is_still_bad_is_refused_anew(self, road: Road) -> None:
        road.publish_bytes(b"\xff")
        ingest = road.ingest()
        ingest.step()
        replay_dead_letters(road.bus)
        ingest.step()
        assert len(road.dead()) == 2
        assert replay_dead_letters(road.bus).published == 1
        ingest.close()

    def test_replaying_beside_a_running_centre_comes_to_an_end(self, road: Road) -> None:
        letters = 120  # more than one round of the replay
        for _ in range(letters):
            road.publish_bytes(b"\xff")
        ingest = road.ingest()
        while road.lag("ingest"):
            ingest.step()
        stop = threading.Event()

        def run() -> None:
            while not stop.is_set():
                ingest.step()

        centre = threading.Thread(target=run)
        centre.start()
        try:
            assert replay_dead_letters(road.bus).published == letters
        finally:
            stop.set()
            centre.join()
        ingest.close()

    def test_a_store_that_is_away_makes_no_letters(self, road: Road) -> None:
        road.publish_bytes(b"\xff")
        road.publish(passage(1))
        store = FailingStore(road.store, after_storing=False, times=3)
        for _ in range(3):
            ingest = road.ingest(store=store)  # type: ignore[arg-type]
            with pytest.raises(StoreUnavailable):
                ingest.step()
            ingest.close()
        assert road.dead() == []
        ingest = road.ingest(store=store)  # type: ignore[arg-type]
        ingest.step()
        assert (len(road.dead()), road.stored()) == (1, 1)
        ingest.close()

    def test_a_letter_that_is_none_is_left(self, road: Road) -> None:
        road.bus.producer().publish(DEAD_LETTERS, [Record(key=b"", value=b"\xff")])
        replayed = replay_dead_letters(road.bus)
        assert (replayed.published, replayed.left) == (0, 1)

    def test_largest_records_are_refused_by_the_bus_and_not_by_us(self, road: Road) -> None:
        with pytest.raises(RecordTooLarge):
            road.publish_bytes(b"x" * ((1 << 20) + 1))


def test_many_nodes_many_times_in_any_order(road: Road) -> None:
    nodes = [[passage(n, node_id=f"node-{k}") for n in range(20)] for k in range(5)]
    for passages in nodes:
        for begin in (0, 10, 5, 0):
            road.publish(*passages[begin : begin + 10])
    ingest = road.ingest()
    for _ in range(3):
        ingest.step()
    ingest.close()
    assert (road.stored(), road.lag("ingest")) == (100, 0)
    assert encode_passages(nodes[0][:1])  # the batches were what a node sends
