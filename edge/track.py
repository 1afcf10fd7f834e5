"""Which detection belongs to which vehicle: association of plates to tracklets. Pure.

ByteTrack's idea on plates: confident detections are matched first, then weak ones may continue, but never
start, a tracklet. Distance is not overlap (at a few frames a second a plate is nowhere near where it was)
but how well the detection fits the tracklet's motion, see `edge.trajectory`; and where motion leaves a
choice, what the plates read decides:

1. `candidates`: the fit of every pair, those beyond the gate excluded.
2. `certain`: pairs in which neither side has another choice and the tracklet's motion is known. They need
   no reading.
3. Everything else is read, then `assign` matches it by motion and text together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from edge.trajectory import Sighting, Trajectory, expected, mismatch, predict

#: Squared Mahalanobis distance (three degrees of freedom) beyond which a pair can't be; a right pair in two
#: thousand lies there.
GATE = 18.0
#: A plate's size can't change by more than this factor between two sightings that are to be one vehicle's.
LARGEST_GROWTH = 4.0
#: Text support (see `edge.vote.support`) that makes a pair of itself, and that forbids one.
SAME_TEXT = 8.0
OTHER_TEXT = -3.0
#: Cost of a pair that only the text speaks for: dearer than any pair that motion and text agree on.
_TEXT_ALONE = 40.0
_FORBIDDEN = 1e6

Costs = NDArray[np.float64]
Pair = tuple[int, int]  #: (tracklet, detection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How tracklets and detections fit by motion."""

    costs: Costs  #: (tracklets, detections); infinite where a pair can't be

    @property
    def choices(self) -> NDArray[np.bool_]:
        return np.isfinite(self.costs)


def candidates(paths: Sequence[Trajectory | None], seen: Sequence[Sighting], seconds: float) -> Fit:
    """Cost of every pair (twice the negative log-likelihood), infinite beyond the gate.

    A tracklet without a trajectory fits nothing by motion.
    """
    costs = np.full((len(paths), len(seen)), np.inf)
    for i, path in enumerate(paths):
        if path is None:
            continue
        now = predict(path, seconds)
        where = expected(now)
        for j, sighting in enumerate(seen):
            if where and not 1 / LARGEST_GROWTH < sighting.size / where.size < LARGEST_GROWTH:
                continue
            distance, spread = mismatch(now, sighting)
            if distance <= GATE:
                costs[i, j] = distance + spread
    return Fit(costs=costs)


def certain(fit: Fit, settled: Sequence[bool]) -> list[Pair]:
    """Pairs that are each other's only choice, of tracklets whose motion is known (`settled`)."""
    choices = fit.choices
    return [
        (int(i), int(j))
        for i, j in zip(*np.nonzero(choices), strict=True)
        if settled[i] and choices[i].sum() == 1 and choices[:, j].sum() == 1
    ]


def assign(
    fit: Fit,
    rows: Sequence[int],
    columns: Sequence[int],
    text_support: Callable[[int, int], float] = lambda _i, _j: 0.0,
) -> list[Pair]:
    """The cheapest matching of some tracklets to some detections, by motion and text.

    Args:
        fit: of all tracklets and detections.
        rows: tracklets still free.
        columns: detections still free.
        text_support: log-likelihood ratio that a tracklet and a detection show the same plate. Enough of it
            makes a pair that motion excludes, too little forbids one that motion allows.
    """
    costs = np.full((len(rows), len(columns)), _FORBIDDEN)
    for a, i in enumerate(rows):
        for b, j in enumerate(columns):
            support = text_support(i, j)
            if support >= SAME_TEXT and not np.isfinite(fit.costs[i, j]):
                costs[a, b] = _TEXT_ALONE - support
            elif support > OTHER_TEXT and np.isfinite(fit.costs[i, j]):
                costs[a, b] = fit.costs[i, j] - 2 * support
    found = zip(*linear_sum_assignment(costs), strict=True)
    return [(rows[int(a)], columns[int(b)]) for a, b in found if costs[a, b] < _FORBIDDEN]
