"""Places, roads and the time between them."""

from __future__ import annotations

import pytest

from central.checkpoint import Checkpoint
from central.interception import Geography, Road
from central.interception.geography import metres_between

A, B, C = (
    Checkpoint(checkpoint_id=key, name=key, latitude=29.0 + n * 0.01, longitude=104.0)
    for n, key in enumerate("abc")
)
NOWHERE = Checkpoint(checkpoint_id="d", name="d")


def test_a_hundredth_of_a_degree_north_is_some_eleven_hundred_metres() -> None:
    assert metres_between((29.0, 104.0), (29.01, 104.0)) == pytest.approx(1112, abs=1)


def test_without_roads_the_straight_line_with_a_detour() -> None:
    geography = Geography.of([A, B, C, NOWHERE])
    assert geography.seconds("a", "b") == pytest.approx(1112 * 1.3 / (35 / 3.6), abs=1)
    assert geography.seconds("a", "d") is None
    assert [key for key, _ in geography.nearest("a", limit=5)] == ["b", "c"]
    assert geography.nearest("d", limit=5) == ()


def test_roads_say_better_what_the_way_takes_and_where_it_leads() -> None:
    long_way = Road(start="a", end="b", metres=9000, limit_kmh=60)
    geography = Geography.of([A, B, C], [long_way, Road(start="b", end="c", metres=500, limit_kmh=40)])
    assert geography.seconds("a", "b") == pytest.approx(9000 / (45 / 3.6))
    assert geography.seconds("a", "c") == pytest.approx(720 + 60)
    assert geography.seconds("c", "a") == pytest.approx(2 * 1112 * 1.3 / (35 / 3.6), abs=2)  # no road back
    ((onward, seconds),) = geography.nearest("a", limit=5)
    assert (onward, round(seconds)) == ("b", 720)
