"""Every passage store counts the traffic alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from central.camera_reads import CameraKey
from central.flow import SLOT
from central.flow.counts import BUSIEST, quarter_of
from central.flow.keeper import FlowKeeper
from central.ports import PassageStore
from proto.clock import ManualClock
from proto.identity import uuid7
from proto.passage import Passage
from tests.contract.passage_stores import ENGINES
from tests.passages import START, passage

HOUR = timedelta(hours=1)


@pytest.fixture(params=sorted(ENGINES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PassageStore]:
    store = ENGINES[request.param](tmp_path)
    yield store
    store.close()


def seen(plate: str, checkpoint_id: str, minutes: float, *, kmh: float | None = None) -> Passage:
    at = START + timedelta(minutes=minutes)
    whole = passage(1)
    assert whole.plate is not None
    return replace(
        whole,
        passage_id=uuid7(at, seed=f"{plate}/{checkpoint_id}"),
        plate=replace(whole.plate, text=plate) if plate else None,
        unread_reason="" if plate else "too small",
        checkpoint_id=checkpoint_id,
        captured_at=at,
        speed_kmh=kmh,
    )


def read(store: PassageStore) -> dict[tuple[str, str, int], tuple[int, float, float]]:
    """Section and minutes after START → vehicles, seconds, km/h."""
    found = store.flow.read(since=START - HOUR, until=START + 6 * HOUR)
    return {
        (str(s), str(e), int(q - quarter_of(START)) * 15): (int(v), round(float(t), 1), round(float(k), 1))
        for s, e, q, v, t, k in zip(
            found.start, found.end, found.quarter, found.vehicles, found.seconds, found.kmh, strict=True
        )
    }


def test_a_section_is_counted_where_a_vehicle_arrives_a_checkpoint_where_anything_passes(
    store: PassageStore,
) -> None:
    store.insert(
        [
            seen("川C1", "a", 1),
            seen("川C1", "b", 6, kmh=40),
            seen("川C2", "a", 2),
            seen("川C2", "b", 17, kmh=50),
            seen("", "b", 17.5),
            seen("川C3", "b", 18),
            seen("川C3", "a", 60),  # stopped over: longer than a section takes
        ]
    )
    store.flow.count(since=START, until=START + 2 * HOUR)
    found = read(store)
    assert found["a", "b", 0] == (1, 300.0, 40.0)
    assert found["a", "b", 15] == (1, 900.0, 50.0)
    assert found["", "b", 15][0] == 3
    assert found["", "a", 0][0] == 2
    assert np.isnan(found["", "a", 0][1])
    assert ("b", "a", 60) not in found


def test_who_was_on_the_way_when_the_stretch_begins_is_counted(store: PassageStore) -> None:
    store.insert([seen("川C1", "a", 4), seen("川C1", "b", 6)])
    store.flow.count(since=START + SLOT, until=START + 2 * SLOT)
    assert read(store)["a", "b", 0][:2] == (1, 120.0)


def test_counting_again_replaces(store: PassageStore) -> None:
    store.insert([seen("川C1", "a", 0), seen("川C1", "b", 3)])
    store.flow.count(since=START, until=START + HOUR)
    store.insert([seen("川C2", "a", 1), seen("川C2", "b", 4)])  # a node that was cut off
    store.flow.count(since=START, until=START + HOUR)
    store.flow.count(since=START, until=START + HOUR)
    assert read(store)["a", "b", 0][0] == 2


def test_what_is_kept_of_a_slot_is_bounded(store: PassageStore) -> None:
    many = [
        seen(f"川C{n}{m}", place, m / 100 + minute)
        for n in range(BUSIEST + 3)
        for m in range(n + 1)
        for place, minute in ((f"from-{n:02}", 0.0), ("b", 2.0))
    ]
    store.insert(many)
    store.flow.count(since=START, until=START + SLOT)
    kept = {start for start, end, _ in read(store) if end == "b" and start}
    assert kept == {f"from-{n:02}" for n in range(3, BUSIEST + 3)}


def test_a_stretch_begins_and_ends_between_slots(store: PassageStore) -> None:
    with pytest.raises(ValueError, match="between two slots"):
        store.flow.count(since=START + timedelta(minutes=1), until=START + HOUR)


def test_retention_takes_what_began_before(store: PassageStore) -> None:
    store.insert([seen("川C1", "a", 0), seen("川C1", "b", 3), seen("川C1", "c", 20)])
    store.flow.count(since=START, until=START + HOUR)
    assert store.flow.delete_before(START + SLOT) == 3 + 2  # of the cameras
    assert sorted(read(store)) == [("", "c", 15), ("b", "c", 15)]
    assert store.flow.delete_before(START + SLOT) == 0


def test_the_keeper_catches_up_then_follows_and_takes_in_what_comes_late(store: PassageStore) -> None:
    clock = ManualClock(current=START + HOUR)
    keeper = FlowKeeper(store.flow, clock, history=timedelta(days=1), stopped=lambda: False)
    store.insert([seen("川C1", "a", 0), seen("川C1", "b", 3)])
    assert store.flow.counted_until() is None
    keeper.run()
    assert read(store)["a", "b", 0][0] == 1
    assert store.flow.counted_until() == START + SLOT
    store.insert([seen("川C2", "a", 58), seen("川C2", "b", 61)])  # in the slot that runs now
    clock.current += timedelta(minutes=2)
    keeper.run()
    assert read(store)["a", "b", 60][0] == 1
    store.insert([seen("川C3", "a", 10), seen("川C3", "b", 12)])
    keeper.run()
    assert ("a", "b", 0) in read(store)
    assert read(store)["a", "b", 0][0] == 1  # not yet looked back at
    clock.current += HOUR
    keeper.run()
    assert read(store)["a", "b", 0][0] == 2


def test_where_nothing_passed_nothing_is_counted(store: PassageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a centre's first passage lie weeks of nothing, asked for again with every round."""
    counted: list[tuple[datetime, datetime]] = []
    flow, count = store.flow, store.flow.count

    def watched(*, since: datetime, until: datetime) -> None:
        counted.append((since, until))
        count(since=since, until=until)

    monkeypatch.setattr(flow, "count", watched)
    clock = ManualClock(current=START + HOUR)
    keeper = FlowKeeper(flow, clock, history=timedelta(days=28), stopped=lambda: False)
    keeper.run()
    assert counted == []
    store.insert([seen("川C1", "a", 32)])
    keeper.run()
    assert counted == [(START + 6 * SLOT, START + HOUR + SLOT)]
    assert [place for place, vehicles in read(store).items() if vehicles[0] == 1] == [("", "a", 30)]


def test_the_first_passage_of_a_stretch(store: PassageStore) -> None:
    store.insert([seen("川C1", "a", 20), seen("川C2", "b", 3), seen("", "b", 50)])
    at = START + timedelta(minutes=20)
    assert store.flow.first_passage(since=START, until=START + HOUR) == START + timedelta(minutes=3)
    assert store.flow.first_passage(since=START + SLOT, until=at) is None
    assert store.flow.first_passage(since=at, until=START + HOUR) == at


def test_cameras_are_counted_with_what_they_could_not_read_and_beside_the_days_before(
    store: PassageStore,
) -> None:
    day = timedelta(days=1)
    unread = seen("", "a", 30)
    camera = unread.camera_id
    store.insert([seen("川C1", "a", 1), seen("川C2", "a", 61), unread, seen("川C3", "b", 5)])
    store.insert([replace(seen("川C4", "a", 2), captured_at=START + timedelta(minutes=2) - 2 * day)])
    store.insert([replace(seen("川C5", "a", 2), captured_at=START + timedelta(minutes=130) - 2 * day)])
    for since in (START, START - 2 * day):
        store.flow.count(since=since, until=since + 3 * HOUR)
        store.flow.count(since=since, until=since + 3 * HOUR)  # again replaces
    found = {
        (each.camera, each.days_ago): (each.passages, each.unread)
        for each in store.flow.cameras(since=START, until=START + 2 * HOUR, days=2)
    }
    here, there = CameraKey("a", camera), CameraKey("b", camera)
    assert found == {(here, 0): (3, 1), (there, 0): (1, 0), (here, 2): (1, 0)}
    assert len(store.flow.cameras(since=START, until=START + 2 * HOUR, days=1)) == 2
    with pytest.raises(ValueError, match="at most a day"):
        store.flow.cameras(since=START, until=START + 25 * HOUR, days=1)
