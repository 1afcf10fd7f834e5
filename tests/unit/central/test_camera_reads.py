"""A camera against its own past: what is a fall, and what is chance, a weekend or a day of being down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from central.camera_board import FRESH, CameraBoard
from central.camera_reads import (
    DAYS,
    SPAN,
    CameraDay,
    CameraKey,
    CameraReads,
    against_past,
    span_before,
)
from central.interception.hours import Calendar
from central.ports import StoreUnavailable
from proto.clock import ManualClock

CAMERA = CameraKey("cp-a", "cam-1")
TUESDAY_NOON = datetime(2026, 3, 31, 4, tzinfo=UTC)  # in China
CALENDAR = Calendar()


def day(ago: int, passages: int, unread: int = 0) -> CameraDay:
    return CameraDay(camera=CAMERA, days_ago=ago, passages=passages, unread=unread)


def compared(days: Sequence[CameraDay], *, until: datetime = TUESDAY_NOON) -> CameraReads:
    return against_past(days, until=until, calendar=CALENDAR)[CAMERA]


def past(passages: int, unread: int = 0, *, days: int = DAYS) -> list[CameraDay]:
    return [day(ago, passages, unread) for ago in range(1, days + 1)]


def test_a_camera_that_reads_as_ever_has_not_fallen() -> None:
    found = compared([day(0, 400, 22), *past(400, 20)])
    assert not found.fell
    assert found.read_rate == pytest.approx(0.945)
    assert found.usual_read_rate == pytest.approx(0.95)
    assert found.usual_passages == 400
    assert found.days == DAYS


def test_a_fogged_lens_is_a_read_rate_that_fell() -> None:
    found = compared([day(0, 400, 120), *past(400, 20)])
    assert (found.rate_fell, found.passages_fell) == (True, False)


def test_a_camera_that_was_turned_away_sees_fewer_vehicles() -> None:
    found = compared([day(0, 90), *past(400)])
    assert (found.rate_fell, found.passages_fell) == (False, True)


def test_one_that_sees_nothing_any_more_is_told_of_too() -> None:
    found = compared(past(400))
    assert (found.passages, found.read_rate, found.passages_fell) == (0, None, True)


@pytest.mark.parametrize(
    ("now", "before", "why"),
    [
        ((29, 29), (400, 20), "too few passages now"),
        ((400, 39), (400, 20), "less than five points"),
        ((40, 5), (40, 2), "chance explains it"),
    ],
)
def test_what_is_no_fall_of_the_read_rate(now: tuple[int, int], before: tuple[int, int], why: str) -> None:
    assert not compared([day(0, *now), *past(*before)]).rate_fell, why


def test_a_camera_that_swings_by_itself_has_not_fallen_while_it_was_that_low_before() -> None:
    rainy = day(4, 400, 130)
    found = compared([day(0, 400, 120), *(d for d in past(400, 20) if d.days_ago != 4), rainy])
    assert not found.rate_fell


def test_two_past_days_say_nothing() -> None:
    found = compared([day(0, 10, 10), *past(400, 20, days=2)])
    assert (found.usual_read_rate, found.usual_passages, found.fell) == (None, None, False)


def test_a_day_on_which_the_camera_was_down_is_no_past() -> None:
    """The counts have no row of it."""
    found = compared([day(0, 400, 20), *(d for d in past(400, 20) if d.days_ago > 5)])
    assert found.days == DAYS - 5
    assert not found.fell


def test_a_weekend_is_held_against_weekends() -> None:
    saturday = datetime(2026, 4, 4, 4, tzinfo=UTC)
    kinds = {1: 400, 2: 400, 6: 150, 7: 150, 8: 400, 13: 150}
    found = compared([day(0, 160), *(day(ago, n) for ago, n in kinds.items())], until=saturday)
    assert found.usual_passages == 150
    assert not found.passages_fell
    workdays_only = [day(0, 160), *(day(ago, 400) for ago in range(1, 6))]
    assert compared(workdays_only, until=saturday).usual_passages is None


def test_each_camera_is_held_against_itself() -> None:
    other = CameraKey("cp-a", "cam-2")
    rows = [
        *past(400, 20),
        day(0, 400, 20),
        *(CameraDay(camera=other, days_ago=ago, passages=100, unread=60) for ago in range(DAYS + 1)),
    ]
    found = against_past(rows, until=TUESDAY_NOON, calendar=CALENDAR)
    assert set(found) == {CAMERA, other}
    assert not any(reads.fell for reads in found.values())


def test_an_hour_counts_once_it_is_a_quarter_old() -> None:
    assert span_before(TUESDAY_NOON + timedelta(minutes=14))[1] == TUESDAY_NOON - timedelta(hours=1)
    since, until = span_before(TUESDAY_NOON + timedelta(minutes=15))
    assert (until, until - since) == (TUESDAY_NOON, SPAN)


class Counts:
    """Says what it is told, and how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False

    def cameras(self, *, since: datetime, until: datetime, days: int) -> tuple[CameraDay, ...]:
        self.asked += 1
        if self.away:
            raise StoreUnavailable("away")
        return (day(0, 400, 20), *past(400, 20))


def test_the_board_asks_once_in_a_while() -> None:
    counts, clock = Counts(), ManualClock(current=TUESDAY_NOON)
    board = CameraBoard(counts, clock)
    assert board.reads()[CAMERA].usual_passages == 400
    board.reads()
    assert counts.asked == 1
    clock.current += FRESH
    counts.away = True
    with pytest.raises(StoreUnavailable):
        board.reads()
    counts.away = False
    assert board.reads()[CAMERA].days == DAYS
