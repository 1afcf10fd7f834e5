"""Whether a camera reads less than it used to, held against its own past. Pure.

A camera that fogs over, is turned away or loses focus goes on being alive; what tells of it is what it reads.
Each camera is compared with itself: the last three full hours with the same hours of the fourteen days before,
so that night is held against night. No camera is compared with another, for no two see the same road.

- *Read rate*: of the passages, those whose plate was read. It has fallen where it is at least five points
  below that of the past, pooled, below that of every single past day, and by more than chance explains (four
  standard errors of the difference of two shares: once in thirty thousand by chance). Of thirty passages at
  least, and of three past days with a hundred together.
- *Passages*: they have fallen where there are fewer than half of the median of past days of the same kind
  (workday, weekend, holiday) and fewer than on any of them, where that median is at least forty: less is too
  much a matter of chance.

A past day on which the camera counted nothing in these hours was a day on which it was down: it says nothing.
Rain over a city makes many cameras fall at once; that is true of them, and it is seen that it is many.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Protocol

from central.interception.hours import Calendar, DayKind

#: What is looked at, in full hours.
SPAN = timedelta(hours=3)
#: What it is held against.
DAYS = 14
#: Past days that a comparison rests on at least.
FEWEST_DAYS = 3
#: Passages, now and in the past together, that a read rate rests on at least.
FEWEST_NOW, FEWEST_PAST = 30, 100
#: Of the read rate, that matter to anybody.
POINTS = 0.05
#: Standard errors that chance doesn't explain.
ERRORS = 4.0
#: Passages usual in the span, of which fewer than `PART` is no chance.
FEWEST_USUAL, PART = 40, 0.5


@dataclass(frozen=True, slots=True, order=True)
class CameraKey:
    """A camera keeps its past when its node is replaced."""

    checkpoint_id: str
    camera_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraDay:
    """What one camera counted in the hours looked at, so many days ago (0: now)."""

    camera: CameraKey
    days_ago: int
    passages: int
    unread: int


class CameraCounts(Protocol):
    """What was counted of cameras, beside the traffic (see `central.flow.FlowStore`)."""

    def cameras(self, *, since: datetime, until: datetime, days: int) -> tuple[CameraDay, ...]:
        """What each camera counted from `since` to `until`, and at the same time of the `days` days before.

        Both lie between two slots, at most a day apart. A camera that counted nothing then has no row.

        Raises:
            StoreUnavailable: the counts can't be read.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraReads:
    """A camera against its own past."""

    passages: int
    unread: int
    usual_passages: float | None  #: median of past days of the same kind; None: too few are known
    usual_read_rate: float | None  #: of all past days together; None: too little is known
    days: int  #: past days that were counted in
    rate_fell: bool
    passages_fell: bool

    @property
    def read_rate(self) -> float | None:
        """None: nothing passed."""
        return 1 - self.unread / self.passages if self.passages else None

    @property
    def fell(self) -> bool:
        return self.rate_fell or self.passages_fell


def span_before(now: datetime) -> tuple[datetime, datetime]:
    """The full hours that are looked at. The one that ended a moment ago counts once it is a quarter of an hour
    old: its last passages are still on their way."""
    until = (now - timedelta(minutes=15)).replace(minute=0, second=0, microsecond=0)
    return until - SPAN, until


def against_past(
    counted: Iterable[CameraDay], *, until: datetime, calendar: Calendar
) -> Mapping[CameraKey, CameraReads]:
    """Each camera that counted anything now or in the past.

    Args:
        until: the end of the hours looked at.
        calendar: kinds of days.
    """
    days: dict[CameraKey, dict[int, CameraDay]] = {}
    for each in counted:
        days.setdefault(each.camera, {})[each.days_ago] = each
    local = (until - timedelta(microseconds=1) + calendar.utc_offset).date()
    kinds = [calendar.kind(local - timedelta(days=ago)) for ago in range(DAYS + 1)]
    return {camera: _compare(camera, found, kinds) for camera, found in sorted(days.items())}


def _compare(camera: CameraKey, days: Mapping[int, CameraDay], kinds: Sequence[DayKind]) -> CameraReads:
    now = days.get(0) or CameraDay(camera=camera, days_ago=0, passages=0, unread=0)
    past = [day for ago, day in days.items() if 0 < ago <= DAYS and day.passages > 0]
    alike = [day.passages for day in past if kinds[day.days_ago] == kinds[0]]
    usual = median(alike) if len(alike) >= FEWEST_DAYS else None
    return CameraReads(
        passages=now.passages,
        unread=now.unread,
        usual_passages=usual,
        usual_read_rate=_usual_rate(past),
        days=len(past),
        rate_fell=_rate_fell(now, past),
        passages_fell=usual is not None
        and usual >= FEWEST_USUAL
        and now.passages < PART * usual
        and now.passages < min(alike),
    )


def _usual_rate(past: list[CameraDay]) -> float | None:
    passages = sum(day.passages for day in past)
    if len(past) < FEWEST_DAYS or passages < FEWEST_PAST:
        return None
    return 1 - sum(day.unread for day in past) / passages


def _rate_fell(now: CameraDay, past: list[CameraDay]) -> bool:
    usual = _usual_rate(past)
    if usual is None or now.passages < FEWEST_NOW:
        return False
    rate = 1 - now.unread / now.passages
    if usual - rate < POINTS or any(rate >= 1 - day.unread / day.passages for day in past):
        return False
    before = sum(day.passages for day in past)
    unread = (now.unread + sum(day.unread for day in past)) / (now.passages + before)
    error = math.sqrt(unread * (1 - unread) * (1 / now.passages + 1 / before))
    return usual - rate > ERRORS * error
