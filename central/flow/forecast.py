"""The next two hours: the usual, moved by how today differs, which wears off. Pure.

What is foretold h quarters ahead is usual x level^(decay^h), where the level is the last hour against the
usual as far as chance does not explain it. How much is chance, how fast the rest wears off, and how
wide the band around is, are learnt from what the same rule would have said on past days.
"""

from __future__ import annotations

import enum
import itertools
from dataclasses import dataclass
from typing import Self

import numpy as np

from central.flow.counts import AHEAD, Floats, Ints
from central.flow.usual import Mask


class Measure(enum.Enum):
    """What is foretold."""

    VEHICLES = "vehicles"  #: counts: chance makes them vary with their square root
    SECONDS = "seconds"  #: travel times: they vary in proportion


#: Quarters that make up the level.
_LEVEL_OVER = 4
#: The level is drawn towards one as if so many vehicles, or one quarter, had gone as usual.
_STEADY_VEHICLES, _STEADY_QUARTERS = 10.0, 1.0
_DECAYS = (0.0, 0.5, 0.7, 0.82, 0.92, 1.0)
#: Logarithms of a level that may be chance.
_CHANCES = (0.0, 0.1, 0.25, 0.5)
#: Horizons that decide.
_DECIDING = (1, 3, 8)
#: Vehicles a quarter at which another band begins.
_BINS = (3.0, 10.0, 30.0)
#: Errors that a band rests on at least; else the one of all bins.
_ENOUGH = 200
#: Without any past: of a normal distribution.
_Z90 = 1.2816
_NOTHING_LEARNT = {Measure.VEHICLES: 1.3 * _Z90, Measure.SECONDS: 0.2 * _Z90}


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """(rows, AHEAD): of the quarters that follow. NaN where nothing is usual."""

    p10: Floats
    p50: Floats
    p90: Floats


def _level(observed: Floats, usual: Floats, measure: Measure) -> Floats:
    """log of the last hour against the usual, as known at the end of each quarter."""
    both = ~np.isnan(observed) & ~np.isnan(usual) & ((usual > 0) | (measure is Measure.VEHICLES))
    seen, said = np.where(both, observed, 0.0), np.where(both, usual, 0.0)
    if measure is Measure.VEHICLES:
        return np.log((_rolling(seen) + _STEADY_VEHICLES) / (_rolling(said) + _STEADY_VEHICLES))
    ratio = np.log(np.where(both, observed, 1.0) / np.where(both, usual, 1.0))
    return _rolling(ratio) / (_rolling(both.astype(float)) + _STEADY_QUARTERS)


def _beyond(level: Floats, chance: float) -> Floats:
    """Drawn towards none by what may be chance: a small difference is noise, a large one an incident."""
    return np.sign(level) * np.maximum(0.0, np.abs(level) - chance)


def _rolling(values: Floats) -> Floats:
    total = np.cumsum(values, axis=1)
    total[:, _LEVEL_OVER:] -= total[:, :-_LEVEL_OVER].copy()
    return total


def _error(observed: Floats, said: Floats, measure: Measure) -> Floats:
    if measure is Measure.VEHICLES:
        return (observed - said) / np.sqrt(np.maximum(said, 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(observed / said)


def _bin(said: Floats, measure: Measure) -> Ints:
    return np.digitize(said, _BINS) if measure is Measure.VEHICLES else np.zeros(said.shape, np.int64)


def _mean_of(values: Floats, known: Mask) -> Floats:
    """Of each row; NaN where nothing is known."""
    counted = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(counted > 0, total / np.maximum(counted, 1), np.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecaster:
    """What was learnt of one measure, over all sections."""

    measure: Measure
    decay: float  #: of the level's logarithm, a quarter
    chance: float  #: a level's logarithm up to here is taken for none
    low: Floats  #: (AHEAD, bins): 10 % quantile of the errors
    high: Floats  #: 90 %
    missed: Floats  #: (rows, AHEAD): mean absolute error that the rule would have had on these days; NaN: none

    @classmethod
    def fit(cls, observed: Floats, usual: Floats, measure: Measure) -> Self:
        """From the past: (rows, quarters) as seen and as usual."""
        raw = _level(observed, usual, measure)
        steps = range(1, AHEAD + 1)
        enough = observed.shape[1] > AHEAD
        best, least = (0.0, 0.0), np.inf
        for decay, chance in itertools.product(_DECAYS, _CHANCES) if enough else ():
            level = _beyond(raw, chance)
            missed = 0.0
            for step in _DECIDING:
                said = usual[:, step:] * np.exp(level[:, :-step] * decay**step)
                error = np.abs(_error(observed[:, step:], said, measure))
                good = np.isfinite(error)
                missed += float(error[good].mean()) if good.any() else 0.0
            if missed < least:
                best, least = (decay, chance), missed
        level = _beyond(raw, best[1])
        bins = len(_BINS) + 1
        wide = _NOTHING_LEARNT[measure]
        low, high = np.full((AHEAD, bins), -wide), np.full((AHEAD, bins), wide)
        missed_by = np.full((len(observed), AHEAD), np.nan)
        for step in steps if enough else ():
            said = usual[:, step:] * np.exp(level[:, :-step] * best[0] ** step)
            error, which = _error(observed[:, step:], said, measure), _bin(said, measure)
            good = np.isfinite(error)
            missed_by[:, step - 1] = _mean_of(np.abs(observed[:, step:] - said), good)
            for number in range(bins):
                chosen = error[good & (which == number)]
                if chosen.size < _ENOUGH:
                    chosen = error[good]
                if chosen.size >= _ENOUGH:
                    low[step - 1, number], high[step - 1, number] = np.quantile(chosen, (0.1, 0.9))
        return cls(
            measure=measure,
            decay=best[0],
            chance=best[1],
            low=np.minimum(low, 0.0),
            high=np.maximum(high, 0.0),
            missed=missed_by,
        )

    def ahead(self, observed: Floats, usual: Floats, now: int) -> Forecast:
        """Of the quarters now, now + 1, … as known at the beginning of the first.

        Args:
            observed: (rows, quarters); what is at `now` and later is not looked at.
            usual: (rows, quarters), for AHEAD quarters from `now` on at least.
            now: place of the first quarter that is foretold; at least 1.
        """
        begin = max(0, now - _LEVEL_OVER)
        level = _beyond(_level(observed[:, begin:now], usual[:, begin:now], self.measure)[:, -1], self.chance)
        step = np.arange(1, AHEAD + 1)
        said = usual[:, now : now + AHEAD] * np.exp(level[:, None] * self.decay ** step[None, :])
        which = _bin(np.nan_to_num(said), self.measure)
        low, high = self.low[step - 1, which], self.high[step - 1, which]
        if self.measure is Measure.VEHICLES:
            spread = np.sqrt(np.maximum(said, 1.0))
            return Forecast(p10=np.maximum(0.0, said + low * spread), p50=said, p90=said + high * spread)
        return Forecast(p10=said * np.exp(low), p50=said, p90=said * np.exp(high))
