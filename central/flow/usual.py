"""What is usual, and which gaps are no quiet: pure, over arrays of quarters.

Arrays are (rows, quarters); NaN: not known. `kinds` gives each quarter's kind of day as a number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from central.flow.counts import DAY, Floats, Ints

Mask = NDArray[np.bool_]
#: Values that a usual rests on at least, neighbouring quarters counted.
ENOUGH = 4
#: So many passages missing in a row don't happen by chance (less than one time in a thousand).
MISSED_BY_CHANCE = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """Quantiles over the past days of the same kind, for every quarter of the series."""

    p10: Floats
    p50: Floats
    p90: Floats


def quantiles(values: Floats, shares: tuple[float, ...]) -> list[Floats]:
    """Along the first axis, NaN left out; NaN where fewer than ENOUGH are left."""
    ordered = np.sort(values, axis=0)  # NaN last
    known = (~np.isnan(values)).sum(axis=0)
    found = []
    for share in shares:
        place = share * np.maximum(known - 1, 0)
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, np.maximum(known - 1, 0))
        low = np.take_along_axis(ordered, below[None], axis=0)[0]
        high = np.take_along_axis(ordered, above[None], axis=0)[0]
        found.append(np.where(known >= ENOUGH, low + (high - low) * (place - below), np.nan))
    return found


def usual_of(observed: Floats, kinds: Ints, *, learn: Mask) -> Usual:
    """The usual of every quarter, learnt from the days that `learn` names.

    Args:
        observed: (rows, days * DAY), beginning at a local midnight.
        kinds: of each day, its kind.
        learn: of each day, whether it is learnt from.

    A quarter is learnt together with the one before and after it, in which traffic is much the same. Where
    there were too few days of the kind, all days together are asked.
    """
    rows, days = observed.shape[0], len(kinds)
    by_day = observed.reshape(rows, days, DAY)
    wide = np.full((3, rows, days, DAY), np.nan)
    wide[1] = by_day
    wide[0, :, :, 1:], wide[2, :, :, :-1] = by_day[:, :, :-1], by_day[:, :, 1:]
    result = [np.full((rows, days, DAY), np.nan) for _ in range(3)]
    for kind in np.unique(kinds):
        of_kind = _learnt(wide, learn & (kinds == kind))
        enough = ~np.isnan(of_kind[1])
        for into, found, anyhow in zip(result, of_kind, _learnt(wide, learn), strict=True):
            into[:, kinds == kind] = np.where(enough, found, anyhow)[:, None, :]
    p10, p50, p90 = (each.reshape(rows, days * DAY) for each in result)
    return Usual(p10=p10, p50=p50, p90=p90)


def _learnt(wide: Floats, days: Mask) -> list[Floats]:
    """Quantiles of (neighbours, rows, days, quarters of the day) over neighbours and days."""
    rows = wide.shape[1]
    pooled = wide[:, :, days].transpose(0, 2, 1, 3).reshape(3 * int(days.sum()), rows, DAY)
    if not len(pooled):
        return [np.full((rows, DAY), np.nan) for _ in range(3)]
    return quantiles(pooled, (0.1, 0.5, 0.9))


def seeing(counts: Floats, expected: Floats) -> Mask:
    """Where a checkpoint's cameras saw: False over a run of empty quarters that no chance explains.

    A count of zero from a dead camera is no free road. A run counts as dead where so many were expected over
    it that none would be seen less than one time in a thousand (Poisson: e^-7). NaN: nothing was expected.
    """
    empty = ~(counts > 0)
    seen = ~empty
    reckoned = np.where(np.isnan(counts), 0.0, np.nan_to_num(expected))
    for row in range(len(counts)):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], empty[row].astype(np.int8), [0]])))
        for begin, end in edges.reshape(-1, 2):
            seen[row, begin:end] = reckoned[row, begin:end].sum() <= MISSED_BY_CHANCE
    return seen
