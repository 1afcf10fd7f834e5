"""Time windows hold by the wall clock, whatever the zone makes of its hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto.schedule import InvalidSchedule, Schedule, Window, schedule_of
from tests.strategies import schedules, windows

#: Some ten years, by the second.
moments = st.integers(0, 320_000_000).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
#: Without summer time, and with.
STEADY = ("Asia/Shanghai", "UTC", "Asia/Kolkata")
SHIFTING = ("Europe/Paris", "America/New_York", "Australia/Lord_Howe")


@given(schedules(STEADY), moments)
def test_where_clocks_never_change_every_week_is_alike(schedule: Schedule, moment: datetime) -> None:
    assert schedule.contains(moment) == schedule.contains(moment + timedelta(days=7))


@given(schedules(STEADY + SHIFTING), moments)
def test_the_wall_clock_decides(schedule: Schedule, moment: datetime) -> None:
    """Held against the definition, spelled out by dates instead of days of the week."""
    local = moment.astimezone(ZoneInfo(schedule.zone)).replace(tzinfo=None)
    today = local.replace(hour=0, minute=0, second=0, microsecond=0)

    def inside(window: Window) -> bool:
        for began in (today, today - timedelta(days=1)):
            if began.isoweekday() in window.days:
                start, end = (began + timedelta(minutes=m) for m in (window.start, window.end))
                if start <= local < (end if window.end > window.start else end + timedelta(days=1)):
                    return True
        return False

    assert schedule.contains(moment) == any(map(inside, schedule.windows))


@given(schedules(STEADY + SHIFTING), moments, st.integers(-14, 14))
def test_the_callers_own_zone_changes_nothing(schedule: Schedule, moment: datetime, hours: int) -> None:
    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    assert schedule.contains(elsewhere) == schedule.contains(moment)


@given(windows(), st.integers(1, 7), st.integers(0, 1439))
def test_a_window_past_midnight_is_two_within_their_days(window: Window, day: int, minute: int) -> None:
    if not window.past_midnight:
        return
    evening = replace(window, end=1440)
    morning = Window(days=frozenset(d % 7 + 1 for d in window.days), start=0, end=window.end)
    assert window.contains(day, minute) == (evening.contains(day, minute) or morning.contains(day, minute))


def test_the_hour_that_is_there_twice_is_inside_twice_and_the_one_left_out_never() -> None:
    nights = Schedule(
        zone="Europe/Paris", windows=(Window(days=frozenset(range(1, 8)), start=120, end=180),)
    )  # 02:00 to 03:00
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 summer time
    assert nights.contains(first)
    assert nights.contains(first + timedelta(hours=1))  # 02:30 again
    spring = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    assert not any(nights.contains(spring + timedelta(minutes=m)) for m in range(120))


def test_around_the_week() -> None:
    sunday = Schedule(zone="Asia/Shanghai", windows=(Window(days=frozenset({7}), start=22 * 60, end=6 * 60),))
    late = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)  # Sunday, 22:00 in China
    assert sunday.contains(late)
    assert sunday.contains(late + timedelta(hours=7, minutes=59))
    assert not sunday.contains(late + timedelta(hours=8))
    assert not sunday.contains(late - timedelta(minutes=1))


@pytest.mark.parametrize(
    ("zone", "days", "start", "end", "message"),
    [
        ("Mars/Olympus", [1], 0, 60, "expected a time zone such as Asia/Shanghai, got 'Mars/Olympus'"),
        ("../etc/passwd", [1], 0, 60, "expected a time zone"),
        ("Asia", [1], 0, 60, "expected a time zone"),
        ("UTC", [0], 0, 60, "expected days from 1"),
        ("UTC", [], 0, 60, "expected days from 1"),
        ("UTC", [1], 1440, 60, "expected a start of 0 to 1439 minutes, got 1440"),
        ("UTC", [1], 0, 0, "expected an end of 1 to 1440 minutes, got 0"),
    ],
)
def test_what_can_not_be(zone: str, days: list[int], start: int, end: int, message: str) -> None:
    with pytest.raises(InvalidSchedule, match=message):
        schedule_of(zone, [(days, start, end)])


def test_no_window_is_at_all_times() -> None:
    assert schedule_of("Asia/Shanghai", []) is None
