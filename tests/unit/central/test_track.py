"""Legs of a way: time, distance, speed, and what no vehicle can do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from central.checkpoint import Checkpoint
from central.interception import Geography, Road
from central.track import legs
from tests.centre import START, passage

NORTH = 1 / 111.195  # a kilometre, in degrees
PLACES = [
    Checkpoint(checkpoint_id="a", name="A", latitude=29.0, longitude=104.0),
    Checkpoint(checkpoint_id="b", name="B", latitude=29.0 + 10 * NORTH, longitude=104.0),
    Checkpoint(checkpoint_id="close", name="C", latitude=29.0 + 0.1 * NORTH, longitude=104.0),
    Checkpoint(checkpoint_id="nowhere", name="?"),
]


def way(
    *stops: tuple[str, float], roads: tuple[Road, ...] = ()
) -> list[tuple[float | None, float | None, bool]]:
    """(metres, km/h, impossible) of the legs between (checkpoint, minute) stops."""
    passages = [passage(at=START + timedelta(minutes=m), checkpoint_id=c) for c, m in stops]
    found = legs(passages, Geography.of(PLACES, roads))
    return [
        (
            None if leg.metres is None else round(leg.metres, -1),
            None if leg.kmh is None else round(leg.kmh),
            leg.impossible,
        )
        for leg in found
    ]


def test_a_leg_has_a_distance_and_a_speed() -> None:
    assert way(("a", 0), ("b", 10)) == [(10_000, 60, False)]


def test_roads_are_longer_than_the_straight_line() -> None:
    roads = (
        Road(start="a", end="close", metres=4000, limit_kmh=60),
        Road(start="close", end="b", metres=11_000, limit_kmh=60),
    )
    assert way(("a", 0), ("b", 10), roads=roads) == [(15_000, 90, False)]
    # Against the one-way roads only the straight line is known.
    assert way(("b", 0), ("a", 10), roads=roads) == [(10_000, 60, False)]


@pytest.mark.parametrize(("minutes", "impossible"), [(2.5, False), (2.3, True), (0, True)])
def test_faster_than_any_vehicle_is_impossible(minutes: float, impossible: bool) -> None:
    ((_, _, found),) = way(("a", 0), ("b", minutes))
    assert found is impossible


def test_a_road_alone_makes_nothing_impossible() -> None:
    roads = (Road(start="a", end="b", metres=90_000, limit_kmh=100),)
    assert way(("a", 0), ("b", 10), roads=roads) == [(90_000, 540, False)]


def test_two_checkpoints_at_one_place_may_see_a_vehicle_at_once() -> None:
    assert way(("a", 0), ("close", 0)) == [(100, None, False)]


def test_what_is_not_known_is_not_told() -> None:
    assert way(("a", 0), ("nowhere", 1)) == [(None, None, False)]


def test_staying_is_no_leg_and_the_order_is_that_of_time() -> None:
    assert way(("b", 10), ("a", 0), ("a", 1)) == [(10_000, 67, False)]
