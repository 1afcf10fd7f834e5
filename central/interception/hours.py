"""Kinds of days and parts of a day: when traffic differs. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime, timedelta


class DayKind(enum.StrEnum):
    """How traffic goes on a day."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


#: First local hour of each part of the day: night, morning peak, midday, evening peak, evening.
PARTS = (0, 6, 10, 16, 20)


@dataclass(frozen=True, slots=True)
class Slot:
    """An hour of a kind of day."""

    kind: DayKind
    hour: int  #: local, 0 to 23

    @property
    def part(self) -> tuple[DayKind, int]:
        """The kind of day and which of PARTS."""
        return self.kind, sum(self.hour >= first for first in PARTS) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What kind of day a moment falls on, as data: public holidays move, and weekends are worked for them."""

    utc_offset: timedelta = timedelta(hours=8)  #: China knows no summer time
    holidays: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()  #: days of a weekend on which people work (调休)

    def kind(self, day: date) -> DayKind:
        if day in self.holidays:
            return DayKind.HOLIDAY
        if day.weekday() >= 5 and day not in self.worked:
            return DayKind.WEEKEND
        return DayKind.WORKDAY

    def slot(self, at: datetime) -> Slot:
        """Of a UTC time."""
        local = at + self.utc_offset
        return Slot(self.kind(local.date()), local.hour)
