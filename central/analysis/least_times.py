"""How quickly one can get from checkpoint to checkpoint, as those who drove it show. Pure.

From one checkpoint straight to the next: the quickest 1 in 50 of the drives. Between any others: along the
quickest chain of such. Where no chain leads: along the straight line at a limit of speed. All of it times a
factor of the hour: what the network's drives of that hour took, at their quickest, against the day's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from central.analysis.work import MICRO, Ground

#: Checkpoints that are told about: those that most drives end at. Two others are not held against anything.
MOST = 400
#: Drives of an hour that tell how quick it is.
_ENOUGH = 30
#: More seconds are as good as none: nothing is held against them.
_LONGEST_S = 7200.0
_EARTH_M = 6_371_000.0


@dataclass(frozen=True, kw_only=True, eq=False)
class LeastTimes:
    """Of so many checkpoints."""

    ids: list[str]
    seconds: NDArray[np.float64]  #: from (row) to (column); 0: it can't be told
    by_hour: list[float]  #: factor of each hour of UTC

    @classmethod
    def of(cls, roads: Sequence[dict[str, Any]], ground: Ground, *, limit_kmh: float) -> Self:
        """
        Args:
            roads: {"passed", "here", "drives", "quick" in seconds, and 24 values of "quick_by_hour" in
                microseconds and "by_hour" drives}, each pair of checkpoints once.
            ground: where the checkpoints are.
            limit_kmh: along the straight line.
        """
        drives: dict[str, int] = dict.fromkeys(ground.places, 0)
        for road in roads:
            for end in (road["passed"], road["here"]):
                drives[end] = drives.get(end, 0) + road["drives"]
        ids = sorted(sorted(drives, key=lambda each: (-drives[each], each))[:MOST])
        number = {each: n for n, each in enumerate(ids)}
        seconds = np.full((len(ids), len(ids)), np.inf)
        np.fill_diagonal(seconds, 0.0)
        for road in roads:
            if road["passed"] in number and road["here"] in number:
                seconds[number[road["passed"]], number[road["here"]]] = road["quick"]
        for by in range(len(ids)):
            np.minimum(seconds, seconds[:, by, None] + seconds[None, by, :], out=seconds)
        straight = _straight_m([ground.places.get(each, (math.nan, math.nan)) for each in ids]) / (
            limit_kmh / 3.6
        )
        seconds = np.where(np.isinf(seconds), straight, seconds)
        seconds = np.minimum(np.nan_to_num(seconds, nan=0.0, posinf=0.0), _LONGEST_S)
        return cls(ids=ids, seconds=seconds, by_hour=_by_hour(roads))


def _straight_m(places: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    north, east = np.radians(np.array(places, dtype=float).reshape(-1, 2)).T
    across = np.sin((north[:, None] - north) / 2) ** 2
    across += np.cos(north[:, None]) * np.cos(north) * np.sin((east[:, None] - east) / 2) ** 2
    metres: NDArray[np.float64] = 2 * _EARTH_M * np.arcsin(np.sqrt(across))
    return metres


def _by_hour(roads: Sequence[dict[str, Any]]) -> list[float]:
    factors = []
    for hour in range(24):
        told = [
            road["quick_by_hour"][hour] / (road["quick"] * MICRO)
            for road in roads
            if road["by_hour"][hour] >= _ENOUGH and road["quick"] > 0
        ]
        factors.append(max(1.0, median(told)) if told else 1.0)
    return factors
