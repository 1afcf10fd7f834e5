"""All sections' traffic as arrays: from counts to what the API shows. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from central.flow.counts import DAY, Floats, FlowCounts, Ints, begin_of, quarter_of
from central.flow.forecast import Forecast, Forecaster, Measure
from central.flow.usual import Mask, Usual, seeing, usual_of
from central.interception.hours import Calendar

#: A pair of checkpoints is a section where so large a part of those who leave the first go to the second next…
_SHARE = 0.05
#: … and so many a day do.
_A_DAY = 20.0
#: A median of fewer travel times is chance.
FEWEST_TIMES = 3
#: Days that the forecaster looks back on; the usual takes all.
_FIT_DAYS = 14
#: Nine in ten travel times are longer than at free flow.
_FREE = 0.1


@dataclass(frozen=True, slots=True, order=True)
class Section:
    """A directed pair of neighbouring checkpoints."""

    start: str  #: checkpoint_id
    end: str


@dataclass(frozen=True, kw_only=True, eq=False)
class FlowNetwork:
    """(sections, quarters) from `first` on to the end of tomorrow; NaN: not known or still to come."""

    sections: tuple[Section, ...]
    first: int  #: the quarter of the first column, a local midnight
    now: int  #: column of the first quarter that is not over
    as_of: datetime
    vehicles: Floats
    seconds: Floats
    kmh: Floats
    usual_vehicles: Usual
    usual_seconds: Usual
    free_seconds: Floats  #: of each section: its travel time when nobody is in the way
    counted: Forecaster  #: of vehicles
    timed: Forecaster  #: of travel times
    foretold_vehicles: Forecast
    foretold_seconds: Forecast

    @property
    def today(self) -> slice:
        """Columns of the local day of `as_of`."""
        begin = (self.now // DAY) * DAY
        return slice(begin, begin + DAY)

    def begins(self, column: int) -> datetime:
        return begin_of(self.first + column)

    def congestion(self, row: int, column: int) -> float:
        """Travel time against free flow; 1: nobody is in the way. NaN: not known."""
        return float(self.seconds[row, column] / self.free_seconds[row])


def build(
    counts: FlowCounts,
    *,
    now: datetime,
    days: int,
    calendar: Calendar,
    roads: Collection[Section] = (),
) -> FlowNetwork:
    """Args:
    counts: of the days before today and today so far.
    now: quarters that are not over by then are still to come.
    days: before today that are looked at.
    calendar: kinds of days, and where they begin.
    roads: the sections there are; none: those that vehicles were seen to take.
    """
    offset = calendar.utc_offset
    midnight = (now + offset).replace(hour=0, minute=0, second=0, microsecond=0) - offset
    first = quarter_of(midnight - timedelta(days=days))
    size = (days + 2) * DAY
    column = quarter_of(now) - first
    within = (counts.quarter >= first) & (counts.quarter < first + size)
    place = counts.quarter - first
    dates = [(begin_of(first + n * DAY) + offset).date() for n in range(days + 2)]
    names = [calendar.kind(day) for day in dates]
    kinds = np.array([sorted(set(names)).index(name) for name in names])
    learn = np.arange(days + 2) < days
    if not learn.any():
        learn[:] = True

    is_checkpoint = (counts.start == "") & within
    checkpoints, index = np.unique(counts.end[is_checkpoint], return_inverse=True)
    passed = np.zeros((len(checkpoints), size))
    passed[index, place[is_checkpoint]] = counts.vehicles[is_checkpoint]
    began = int(place[is_checkpoint].min()) if is_checkpoint.any() else size
    passed[:, :began] = np.nan
    passed[:, column:] = np.nan
    seen = seeing(passed, usual_of(passed, kinds, learn=learn).p50)
    # Again, against a usual without what dead cameras made of it.
    awake = np.where(seen, passed, np.nan)
    seen = seeing(passed, usual_of(awake, kinds, learn=learn).p50)
    seen[:, :began] = False

    sections = _sections(counts, within, days=max(1.0, (column - began) / DAY), roads=roads)
    vehicles, seconds, kmh = _arrays(counts, within, place, sections, size)
    known = _known(sections, checkpoints, seen)
    known[:, column:] = False
    vehicles = np.where(known, vehicles, np.nan)
    seconds = np.where(known, seconds, np.nan)
    usual_vehicles = usual_of(vehicles, kinds, learn=learn)
    usual_seconds = usual_of(seconds, kinds, learn=learn)
    fit = slice(max(0, column - _FIT_DAYS * DAY), max(1, column))
    counted = Forecaster.fit(vehicles[:, fit], usual_vehicles.p50[:, fit], Measure.VEHICLES)
    timed = Forecaster.fit(seconds[:, fit], usual_seconds.p50[:, fit], Measure.SECONDS)
    free = np.array([np.nanquantile(row, _FREE) if np.isfinite(row).any() else np.nan for row in seconds])
    return FlowNetwork(
        sections=sections,
        first=first,
        now=column,
        as_of=now,
        vehicles=vehicles,
        seconds=seconds,
        kmh=kmh,
        usual_vehicles=usual_vehicles,
        usual_seconds=usual_seconds,
        free_seconds=free,
        counted=counted,
        timed=timed,
        foretold_vehicles=counted.ahead(vehicles, usual_vehicles.p50, max(1, column)),
        foretold_seconds=timed.ahead(seconds, usual_seconds.p50, max(1, column)),
    )


def _sections(
    counts: FlowCounts, within: Mask, *, days: float, roads: Collection[Section]
) -> tuple[Section, ...]:
    if roads:
        return tuple(sorted(roads))
    chosen = within & (counts.start != "")
    total: dict[Section, int] = {}
    leaving: dict[str, int] = {}
    for start, end, count in zip(
        counts.start[chosen].tolist(),
        counts.end[chosen].tolist(),
        counts.vehicles[chosen].tolist(),
        strict=True,
    ):
        section = Section(start, end)
        total[section] = total.get(section, 0) + count
        leaving[start] = leaving.get(start, 0) + count
    return tuple(sorted(s for s, n in total.items() if n >= _A_DAY * days and n >= _SHARE * leaving[s.start]))


def _arrays(
    counts: FlowCounts, within: Mask, place: Ints, sections: tuple[Section, ...], size: int
) -> tuple[Floats, Floats, Floats]:
    """Vehicles, seconds and km/h; nothing counted is no vehicle and an unknown time."""
    rows = {(s.start, s.end): row for row, s in enumerate(sections)}
    pairs = zip(counts.start.tolist(), counts.end.tolist(), strict=True)
    row_of = np.array([rows.get(pair, -1) for pair in pairs], np.int64)
    chosen = within & (row_of >= 0)
    row, at = row_of[chosen], place[chosen]
    vehicles = np.zeros((len(sections), size))
    seconds, kmh = np.full_like(vehicles, np.nan), np.full_like(vehicles, np.nan)
    vehicles[row, at] = counts.vehicles[chosen]
    seconds[row, at] = np.where(counts.vehicles[chosen] >= FEWEST_TIMES, counts.seconds[chosen], np.nan)
    kmh[row, at] = counts.kmh[chosen]
    return vehicles, seconds, kmh


def _known(sections: tuple[Section, ...], checkpoints: np.ndarray, seen: Mask) -> Mask:
    """Where both ends of a section were seen."""
    at = {str(key): row for row, key in enumerate(checkpoints)}
    nothing = np.zeros(seen.shape[1], bool)
    found = [
        (seen[at[s.start]] if s.start in at else nothing) & (seen[at[s.end]] if s.end in at else nothing)
        for s in sections
    ]
    return np.array(found).reshape(len(sections), seen.shape[1])
