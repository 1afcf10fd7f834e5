"""Kinds of days and parts of a day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from central.interception import Calendar, DayKind, Slot

CALENDAR = Calendar(holidays=frozenset({date(2026, 10, 1)}), worked=frozenset({date(2026, 10, 10)}))


@pytest.mark.parametrize(
    ("at", "kind", "hour"),
    [
        (datetime(2026, 9, 30, 15, 59, tzinfo=UTC), DayKind.WORKDAY, 23),
        (datetime(2026, 9, 30, 16, 0, tzinfo=UTC), DayKind.HOLIDAY, 0),  # local midnight begins the holiday
        (datetime(2026, 10, 10, 1, 0, tzinfo=UTC), DayKind.WORKDAY, 9),  # a Saturday that is worked
        (datetime(2026, 10, 11, 1, 0, tzinfo=UTC), DayKind.WEEKEND, 9),
    ],
)
def test_a_moment_falls_on_a_kind_of_local_day(at: datetime, kind: DayKind, hour: int) -> None:
    assert CALENDAR.slot(at) == Slot(kind, hour)


def test_parts_of_the_day_cover_it() -> None:
    parts = [Slot(DayKind.WORKDAY, hour).part[1] for hour in range(24)]
    assert parts == sorted(parts)
    assert [parts[h] for h in (0, 5, 6, 9, 10, 15, 16, 19, 20, 23)] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
