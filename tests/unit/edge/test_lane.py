"""Lanes, trigger lines and directions."""

from __future__ import annotations

from itertools import pairwise

import pytest

from edge.lane import Crossing, Lane, Layout, Line, Point, contains, crossing
from edge.speed import speed_kmh

LEVEL = Line(start=(0.0, 0.5), end=(1.0, 0.5))
SHORT = Line(start=(0.4, 0.5), end=(0.6, 0.5))
SLOPING = Line(start=(0.0, 0.4), end=(1.0, 0.8))
UPRIGHT = Line(start=(0.5, 0.0), end=(0.5, 1.0))


@pytest.mark.parametrize(
    ("line", "before", "after", "expected"),
    [
        pytest.param(
            LEVEL, (0.5, 0.4), (0.5, 0.6), Crossing(share=0.5, at=(0.5, 0.5), towards=True), id="down"
        ),
        pytest.param(LEVEL, (0.5, 0.7), (0.5, 0.3), Crossing(share=0.5, at=(0.5, 0.5), towards=False), id="up"),
        pytest.param(LEVEL, (0.2, 0.45), (0.2, 0.49), None, id="not yet"),
        pytest.param(LEVEL, (0.2, 0.6), (0.2, 0.9), None, id="already"),
        pytest.param(LEVEL, (0.2, 0.4), (0.2, 0.5), None, id="on to the line is not across"),
        pytest.param(
            LEVEL,
            (0.2, 0.5),
            (0.2, 0.6),
            Crossing(share=0.0, at=(0.2, 0.5), towards=True),
            id="off the line is",
        ),
        pytest.param(LEVEL, (0.1, 0.5), (0.9, 0.5), None, id="along the line"),
        pytest.param(
            SHORT, (0.5, 0.4), (0.5, 0.6), Crossing(share=0.5, at=(0.5, 0.5), towards=True), id="within"
        ),
        pytest.param(SHORT, (0.3, 0.4), (0.3, 0.6), None, id="beside its left end"),
        pytest.param(SHORT, (0.7, 0.4), (0.7, 0.6), None, id="beside its right end"),
        pytest.param(
            SLOPING,
            (0.5, 0.5),
            (0.5, 0.7),
            Crossing(share=0.5, at=(0.5, 0.6), towards=True),
            id="a sloping line",
        ),
        pytest.param(
            UPRIGHT,
            (0.6, 0.2),
            (0.4, 0.2),
            Crossing(share=0.5, at=(0.5, 0.2), towards=True),
            id="right to left",
        ),
        pytest.param(
            UPRIGHT,
            (0.4, 0.2),
            (0.6, 0.2),
            Crossing(share=0.5, at=(0.5, 0.2), towards=False),
            id="left to right",
        ),
    ],
)
def test_crossing(line: Line, before: Point, after: Point, expected: Crossing | None) -> None:
    found = crossing(line, before, after)
    if expected is None or found is None:
        assert found is expected
        return
    assert found.share == pytest.approx(expected.share)
    assert found.at == pytest.approx(expected.at)
    assert found.towards is expected.towards


@pytest.mark.parametrize("points", [(0.4, 0.5, 0.6), (0.4, 0.5, 0.5, 0.6), (0.3, 0.7)])
def test_a_line_is_crossed_once_however_the_steps_fall(points: tuple[float, ...]) -> None:
    steps = pairwise(points)
    assert sum(crossing(LEVEL, (0.5, a), (0.5, b)) is not None for a, b in steps) == 1


LEFT = Lane(number=2, polygon=((0.0, 1.0), (0.4, 0.0), (0.5, 0.0), (0.5, 1.0)), towards="inbound")
RIGHT = Lane(
    number=1, polygon=((0.5, 1.0), (0.5, 0.0), (0.6, 0.0), (1.0, 1.0)), towards="inbound", away="wrong way"
)
LAYOUT = Layout(lanes=(LEFT, RIGHT), towards="north", away="south")


@pytest.mark.parametrize(
    ("point", "number"),
    [
        pytest.param((0.45, 0.1), 2, id="left, far"),
        pytest.param((0.2, 0.9), 2, id="left, near"),
        pytest.param((0.8, 0.9), 1, id="right, near"),
        pytest.param((0.8, 0.1), None, id="beside the road, far"),
        pytest.param((0.1, 0.5), None, id="beside the road, left"),
        pytest.param((0.5, 1.2), None, id="below the picture"),
    ],
)
def test_lane_at(point: Point, number: int | None) -> None:
    lane = LAYOUT.lane_at(point)
    assert (lane.number if lane else None) == number


def test_a_point_on_the_line_between_two_lanes_is_in_one_of_them() -> None:
    assert [contains(lane.polygon, (0.5, 0.5)) for lane in (LEFT, RIGHT)].count(True) == 1


@pytest.mark.parametrize(
    ("lane", "towards", "expected"),
    [
        pytest.param(RIGHT, True, "inbound", id="the lane's own name"),
        pytest.param(RIGHT, False, "wrong way", id="the other way in that lane"),
        pytest.param(LEFT, False, "south", id="the camera's where the lane has none"),
        pytest.param(None, True, "north", id="outside the lanes"),
        pytest.param(RIGHT, None, "", id="not known"),
    ],
)
def test_direction(lane: Lane | None, towards: bool | None, expected: str) -> None:
    assert LAYOUT.direction(lane, towards) == expected


def test_without_names_a_direction_is_empty() -> None:
    assert Layout().direction(None, True) == ""


@pytest.mark.parametrize(
    ("first", "second", "metres", "expected"),
    [
        pytest.param(10.0, 10.5, 8.0, 57.6, id="towards"),
        pytest.param(10.5, 10.0, 8.0, 57.6, id="away"),
        pytest.param(10.0, 10.0, 8.0, None, id="both lines in one moment"),
        pytest.param(10.0, 10.01, 8.0, None, id="too fast to be true"),
    ],
)
def test_speed(first: float, second: float, metres: float, expected: float | None) -> None:
    assert speed_kmh(first, second, metres) == expected
