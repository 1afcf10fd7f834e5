from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from deploy.demo.summary import Crossing, Seen, judge, percentile

START = datetime(2026, 1, 1, 8, tzinfo=UTC)


def crossing(text: str, at: float, *, camera: str = "c1", lane: int = 1) -> Crossing:
    return Crossing(camera_id=camera, text=text, lane=lane, at=START + timedelta(seconds=at))


def seen(text: str, at: float, *, camera: str = "c1", lane: int = 1, name: str = "") -> Seen:
    return Seen(
        passage_id=name or f"{text}{at}",
        camera_id=camera,
        text=text,
        lane=lane,
        at=START + timedelta(seconds=at),
    )


def test_a_right_read_is_counted_once() -> None:
    result = judge([crossing("川C12345", 1)], [seen("川C12345", 1.3)])
    assert (result.right, result.wrong, result.missed, result.doubled, result.extra) == (1, 0, 0, 0, 0)
    assert result.share_right == 1.0


def test_a_wrong_text_does_not_steal_the_crossing_of_a_right_one() -> None:
    truth = [crossing("川C12345", 1.0), crossing("川C99999", 1.4)]
    result = judge(truth, [seen("川C99990", 1.0), seen("川C12345", 1.4)])
    assert (result.right, result.wrong) == (1, 1)
    assert result.misreads == (("川C99999", "川C99990"),)


def test_the_same_vehicle_reported_again_is_doubled_not_extra() -> None:
    result = judge([crossing("川C12345", 1)], [seen("川C12345", 1.0), seen("川C12345", 9.0)])
    assert (result.right, result.doubled, result.extra) == (1, 1, 0)


@pytest.mark.parametrize(
    ("passage", "why"),
    [
        (seen("川C12345", 1, camera="c2"), "another camera"),
        (seen("川C54321", 1, lane=2), "another lane and another text"),
        (seen("川C12345", 9), "too late to be this crossing"),
    ],
)
def test_what_belongs_to_no_vehicle_is_extra_and_the_vehicle_missed(passage: Seen, why: str) -> None:
    result = judge([crossing("川C12345", 1)], [passage])
    assert (result.right, result.missed, result.extra) == (0, 1, 1), why


def test_an_unread_plate_is_neither_right_nor_wrong() -> None:
    result = judge([crossing("川C12345", 1)], [seen("", 1)])
    assert (result.right, result.wrong, result.unread, result.missed) == (0, 0, 1, 0)


def test_no_crossing_has_no_share() -> None:
    assert math.isnan(judge([], []).share_right)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([1.0], 0.95, 1.0), ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0), ([4.0, 1.0, 3.0, 2.0], 0.95, 4.0)],
)
def test_percentile(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_percentile_of_nothing_is_not_a_number() -> None:
    assert math.isnan(percentile([], 0.5))
