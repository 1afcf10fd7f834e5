"""Travel times as histograms over buckets that grow with the time, and what is read off them. Pure.

A bucket is a sixth of an octave: 12 % wide. So a distribution has few numbers, can be added up by any engine,
and its quantiles are within some per cent of the truth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from central.ports import BUCKETS_PER_OCTAVE

#: Standard deviations from the median to the 90 % quantile of a normal distribution.
_Z90 = 1.2815515655446004


def bucket_of(seconds: float) -> int:
    """Bucket b holds times from 2^(b/6) to 2^((b+1)/6) seconds; below a second counts as one."""
    return math.floor(BUCKETS_PER_OCTAVE * math.log2(max(1.0, seconds)))


def begin_of(bucket: int) -> float:
    """Seconds at which the bucket begins."""
    return float(2.0 ** (bucket / BUCKETS_PER_OCTAVE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When something is to be expected, in seconds from the sighting, given that it comes at all."""

    p50: float  #: half of them have come by then
    p90: float  #: nine in ten have come by then

    def chance_after(self, seconds: float) -> float:
        """Probability that it comes later than that, taking the times as log-normal."""
        if seconds <= 0:
            return 1.0
        sigma = max(0.02, math.log(self.p90 / self.p50) / _Z90)
        return 0.5 * math.erfc(math.log(seconds / self.p50) / (sigma * math.sqrt(2.0)))

    def then(self, leg: Window) -> Window:
        """The window after a further leg: medians add, spreads as those of independent times."""
        p50 = self.p50 + leg.p50
        return Window(p50=p50, p90=p50 + math.hypot(self.p90 - self.p50, leg.p90 - leg.p50))


class TravelTimes:
    """A distribution of travel times over buckets; sums to one."""

    __slots__ = ("_shares",)

    def __init__(self, shares: Mapping[int, float]) -> None:
        total = sum(shares.values())
        self._shares = {bucket: share / total for bucket, share in sorted(shares.items()) if share > 0}

    @classmethod
    def around(cls, seconds: float, *, spread: float) -> TravelTimes:
        """Log-normal about a median, `spread` is the standard deviation of the logarithm: what is assumed
        where nothing was seen."""
        middle, width = (
            math.log2(max(5.0, seconds)) * BUCKETS_PER_OCTAVE,
            spread / math.log(2) * BUCKETS_PER_OCTAVE,
        )
        reach = math.ceil(3 * width)
        buckets = range(max(0, math.floor(middle) - reach), math.floor(middle) + reach + 1)
        return cls({b: math.exp(-0.5 * ((b + 0.5 - middle) / width) ** 2) for b in buckets})

    def updated(self, counts: Mapping[int, int], *, strength: float) -> TravelTimes:
        """Shrunk towards this one, which weighs as much as `strength` observations."""
        mixed = {bucket: strength * share for bucket, share in self._shares.items()}
        for bucket, count in counts.items():
            mixed[bucket] = mixed.get(bucket, 0.0) + count
        return TravelTimes(mixed)

    def later_than(self, seconds: float) -> float:
        """Share of the times that are longer."""
        return sum(share * _part_after(bucket, seconds) for bucket, share in self._shares.items())

    def window(self, *, after: float = 0.0) -> Window:
        """Median and 90 % quantile of the times that are longer than `after` seconds."""
        return Window(p50=self._quantile(0.5, after), p90=self._quantile(0.9, after))

    def _quantile(self, share: float, after: float) -> float:
        left = self.later_than(after)
        if left <= 1e-9:  # later than anything ever seen: it may come any moment
            return after * 1.05 + 1.0
        wanted, passed = share * left, 0.0
        for bucket, size in self._shares.items():
            begin, end = max(after, begin_of(bucket)), begin_of(bucket + 1)
            mass = size * _part_after(bucket, after)
            if passed + mass >= wanted and mass > 0:
                return begin + (end - begin) * (wanted - passed) / mass
            passed += mass
        return begin_of(max(self._shares) + 1)


def _part_after(bucket: int, seconds: float) -> float:
    """Share of a bucket that lies behind a time, its times taken as evenly spread."""
    begin, end = begin_of(bucket), begin_of(bucket + 1)
    return min(1.0, max(0.0, (end - seconds) / (end - begin)))
