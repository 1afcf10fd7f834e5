"""Weekly time windows by the clocks on the wall of a named time zone. Pure.

A window is said as people say it, "Monday to Friday, 22:00 to 06:00": it belongs to the day on which it
begins and may end on the following one. Wall clocks decide: on the night when summer time ends the hour that
is there twice is inside twice, and the hour that is left out when it begins is inside never.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY_MINUTES = 24 * 60
#: Windows a schedule may have.
MAX_WINDOWS = 50


class InvalidSchedule(ValueError):
    """Windows that can't be; says what was expected and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One stretch of time on certain days of the week.

    Raises InvalidSchedule where a day is none or a time is outside the day.
    """

    days: frozenset[int]  #: on which it begins, 1 (Monday) to 7 (Sunday) as in ISO 8601
    start: int  #: minutes after midnight, inclusive, 0 to 1439
    end: int  #: minutes after midnight, exclusive, 1 to 1440; not after `start`: on the following day

    def __post_init__(self) -> None:
        if not self.days or not self.days <= frozenset(range(1, 8)):
            raise InvalidSchedule(f"expected days from 1 (Monday) to 7 (Sunday), got {sorted(self.days)}")
        if not 0 <= self.start < DAY_MINUTES:
            raise InvalidSchedule(f"expected a start of 0 to 1439 minutes, got {self.start}")
        if not 1 <= self.end <= DAY_MINUTES:
            raise InvalidSchedule(f"expected an end of 1 to 1440 minutes, got {self.end}")

    @property
    def past_midnight(self) -> bool:
        """Does it end on the day after it began?"""
        return self.end <= self.start

    def contains(self, day: int, minute: int) -> bool:
        """Is this minute of that day (1 to 7) inside?"""
        if not self.past_midnight:
            return day in self.days and self.start <= minute < self.end
        before = 7 if day == 1 else day - 1
        return (day in self.days and minute >= self.start) or (before in self.days and minute < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Windows of one time zone; a moment is inside where it is inside any of them.

    Raises InvalidSchedule where the zone is unknown, or there is no window or too many.
    """

    zone: str  #: IANA name, such as Asia/Shanghai
    windows: tuple[Window, ...]

    def __post_init__(self) -> None:
        _zone(self.zone)
        if not 1 <= len(self.windows) <= MAX_WINDOWS:
            raise InvalidSchedule(f"expected 1 to {MAX_WINDOWS} windows, got {len(self.windows)}")

    def contains(self, moment: datetime) -> bool:
        """`moment` has a zone of its own, any."""
        local = moment.astimezone(_zone(self.zone))
        day, minute = local.isoweekday(), local.hour * 60 + local.minute
        return any(window.contains(day, minute) for window in self.windows)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        # OSError: a name that is a folder of the zones, or too long for a file.
        raise InvalidSchedule(f"expected a time zone such as Asia/Shanghai, got {name[:64]!r}") from error


def schedule_of(zone: str, windows: Iterable[tuple[Iterable[int], int, int]]) -> Schedule | None:
    """From days, start and end of each window; None where there is no window: at all times.

    Raises:
        InvalidSchedule: see `Window` and `Schedule`.
    """
    made = tuple(Window(days=frozenset(days), start=start, end=end) for days, start, end in windows)
    return Schedule(zone=zone, windows=made) if made else None
