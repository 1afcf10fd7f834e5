"""The city in movement is plausible, repeatable, and keeps its truth to itself."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from central.store.columns import from_arrow
from deploy.movement import DIRECTIONS, Batch, Movement, build_network
from deploy.movement.calendar import DayKind, kind_of
from deploy.movement.movement import Sight
from deploy.movement.network import VARIANTS
from deploy.movement.table import to_arrow
from proto.plate import PlateClass, classify

SHARP = Sight(captured=1.0, unread=0.0, misread=0.0)


def small(**changes: object) -> Movement:
    settings: dict[str, object] = {"days": 3, "vehicles": 1500, "checkpoints": 40, "convoys": 6, "clones": 4}
    return Movement.of(**{**settings, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def sharp() -> tuple[Movement, list[Batch]]:
    movement = small(sight=SHARP)
    return movement, list(movement.batches())


def whole(batches: list[Batch]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Plate, time and checkpoint of all."""
    plate = np.concatenate([b.plates[b.plate] for b in batches])
    at = np.concatenate([b.captured_at for b in batches])
    return plate, at, np.concatenate([b.checkpoint for b in batches])


def test_the_same_seed_makes_the_same_days_and_another_one_others() -> None:
    one, again, other = (list(small(seed=seed).batches()) for seed in (1, 1, 2))
    for a, b in zip(one, again, strict=True):
        assert all(np.array_equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    assert not np.array_equal(one[0].captured_at, other[0].captured_at)


def test_days_are_in_the_order_of_time_and_follow_each_other(sharp: tuple[Movement, list[Batch]]) -> None:
    _, batches = sharp
    for batch in batches:
        assert np.all(np.diff(batch.captured_at) >= 0)
    for before, after in pairwise(batches):
        assert before.captured_at[-1] <= after.captured_at[0]


def test_routes_lead_from_start_to_end_over_roads_that_join() -> None:
    network = build_network(3, checkpoints=30)
    routes = network.routes
    rng = np.random.default_rng(0)
    for _ in range(200):
        variant, start, end = rng.integers(VARIANTS), *rng.integers(0, network.junctions, 2)
        number = int(routes.number(*(np.array(n) for n in (variant, start, end))))
        roads = routes.roads[routes.offset[number] : routes.offset[number + 1]]
        if start == end:
            assert roads.size == 0
            continue
        assert network.road_start[roads[0]] == start
        assert network.road_end[roads[-1]] == end
        assert np.array_equal(network.road_end[roads[:-1]], network.road_start[roads[1:]])


def test_nobody_is_faster_than_the_roads_allow_but_the_cloned(sharp: tuple[Movement, list[Batch]]) -> None:
    movement, batches = sharp
    network = movement.network
    plate, at, checkpoint = whole(batches)
    order = np.lexsort((at, plate))
    plate, at, checkpoint = plate[order], at[order], checkpoint[order]
    junction = network.checkpoint_junctions[checkpoint]
    north = np.diff(network.latitude[junction]) * 111_195
    east = np.diff(network.longitude[junction]) * 111_195 * np.cos(np.radians(29.3))
    hours = np.maximum(np.diff(at) / 3.6e9, 1e-9)
    too_fast = (plate[1:] == plate[:-1]) & (np.hypot(north, east) / 1000 / hours > 170)
    through = movement.people.kind == 6
    cloned = {clone.plate for clone in movement.truth.clones}
    convoyed = {p for convoy in movement.truth.convoys for p in convoy.plates}
    guilty = set(plate[1:][too_fast].tolist()) - convoyed
    assert guilty <= cloned | set(movement.people.plates[through].tolist())
    assert guilty & cloned


def test_followers_pass_where_their_leader_passed(sharp: tuple[Movement, list[Batch]]) -> None:
    movement, batches = sharp
    compared = 0
    for convoy in movement.truth.convoys:
        for day in convoy.days:
            batch = batches[day]
            texts = batch.plates[batch.plate]
            led, followed = ((texts == plate) for plate in convoy.plates[:2])
            if led.sum() == 0 or led.sum() != followed.sum():
                continue  # a day that ends on the road
            compared += 1
            assert np.array_equal(batch.checkpoint[led], batch.checkpoint[followed])
            assert np.all(batch.captured_at[followed] > batch.captured_at[led])
    assert compared >= 6


def test_workdays_have_two_peaks_and_weekends_do_not() -> None:
    movement = small(first=date(2026, 3, 6), days=2, convoys=0, clones=0)  # Friday and Saturday
    friday, saturday = (
        np.bincount((b.captured_at // 3_600_000_000 + 8) % 24, minlength=24) / len(b)
        for b in movement.batches()
    )
    assert friday[7:9].sum() > 1.5 * friday[10:12].sum()
    assert friday[7:9].sum() > 1.5 * saturday[7:9].sum()
    assert kind_of(date(2026, 3, 7), frozenset()) is DayKind.WEEKEND
    assert kind_of(date(2026, 3, 4), frozenset({date(2026, 3, 4)})) is DayKind.HOLIDAY


def test_plates_are_plates_and_each_once() -> None:
    movement = small(convoys=0, clones=0)
    plates = movement.people.plates
    assert len(set(plates.tolist())) == len(plates)
    assert {classify(text) for text in plates[:300].tolist()} <= {
        PlateClass.SMALL_CAR,
        PlateClass.LARGE_VEHICLE,
        PlateClass.SMALL_NEW_ENERGY,
    }


def test_cameras_miss_misread_and_cannot_read_some() -> None:
    movement = small(convoys=0, clones=0)
    known = set(movement.people.plates.tolist())
    batch = next(iter(movement.batches()))
    texts = batch.plates[batch.plate]
    assert len(set(batch.plates.tolist())) == len(batch.plates)
    assert np.mean(texts == "") == pytest.approx(0.01, abs=0.005)
    wrong = np.array([t != "" and t not in known for t in texts.tolist()])
    assert np.mean(wrong) == pytest.approx(0.015, abs=0.006)
    assert len(batch) == pytest.approx(
        0.97 * len(next(iter(small(convoys=0, clones=0, sight=SHARP).batches()))), rel=0.02
    )


def test_a_size_is_met_roughly() -> None:
    movement = Movement.sized(60_000, days=3, checkpoints=40)
    made = sum(len(batch) for batch in movement.batches())
    assert made == pytest.approx(60_000, rel=0.12)  # three workdays are no week


def test_rows_for_the_store_say_the_same(sharp: tuple[Movement, list[Batch]]) -> None:
    movement, batches = sharp
    batch = batches[0].take(np.arange(50))
    passages = from_arrow(to_arrow(batch, movement.network, seed=7))
    assert len({p.passage_id for p in passages}) == 50
    for number, passage in enumerate(passages):
        assert passage.passage_id.version == 7
        assert passage.plate is not None
        assert passage.plate.text == batch.plates[batch.plate[number]]
        assert passage.checkpoint_id == movement.network.checkpoint_ids[batch.checkpoint[number]]
        assert passage.direction == DIRECTIONS[batch.direction[number]]
        assert int(passage.captured_at.timestamp() * 1000) == batch.captured_at[number] // 1000
        assert passage.passage_id.int >> 80 == batch.captured_at[number] // 1000


def test_too_few_vehicles_for_what_is_planted_are_refused() -> None:
    with pytest.raises(ValueError, match="vehicles enough"):
        small(vehicles=30, convoys=20)
    with pytest.raises(ValueError, match="checkpoints"):
        build_network(1, checkpoints=3)
