"""Days of the city in movement: local dates, China's offset from UTC, what kind of day each is."""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime, timedelta

UTC_OFFSET = timedelta(hours=8)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DayKind(enum.IntEnum):
    """How a day goes."""

    WORKDAY = 0
    WEEKEND = 1
    HOLIDAY = 2


def kind_of(day: date, holidays: frozenset[date]) -> DayKind:
    """A holiday is one whatever day of the week it falls on."""
    if day in holidays:
        return DayKind.HOLIDAY
    return DayKind.WEEKEND if day.weekday() >= 5 else DayKind.WORKDAY


def midnight_us(day: date) -> int:
    """When the local day begins: microseconds since 1970, UTC."""
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC) - UTC_OFFSET
    return (begins - _EPOCH) // timedelta(microseconds=1)
