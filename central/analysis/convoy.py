"""Convoys (伴随车): who drove with a vehicle, at the same checkpoints, the same way and about the same time.

A busy road brings any two vehicles together. What is reported is held against chance, of which there are four
kinds, and each is reckoned from what was seen:

- *meeting*: at a checkpoint a candidate of regular habits is met now and then. How often is told by its own
  passages there about that time of day, on the days on which the two were not together.
- *driving on together*: who is met at one checkpoint is often met at the next, for many go the same way. How
  often is told by all that were met here and there, and by the candidate's own habit of going on to there.
- *keeping the distance*: who drives with another stays as far behind; two who meet drift apart. How fast is
  told by all that were met. And the same of the two comes first on the next trip.
- *many candidates*: with thousands of them the unlikely happens to one; the logarithm of their number is taken
  off.

`strength` is the negative logarithm to 10 of that chance, less what speaks against it: passages of either
without the other, from the first to the last meeting of a day. It ranks; it is no calibrated probability.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any, ClassVar

from central.analysis.work import (
    MICRO,
    Finding,
    Ground,
    Work,
    a_plate,
    moment,
    not_longer,
    poisson_tail,
    within,
)
from central.investigation import Limits, Plan, Reach, TooMuch

#: Passages of the vehicle asked about.
MOST_PASSAGES = 5_000
#: Vehicles whose habits are looked at: those whose meetings alone say most.
MOST_CANDIDATES = 60
#: Habits make meetings likelier, seldom less likely: whose strength before they are known is lower than what
#: is asked for by more than this is not looked at.
_HABITS_MAY_ADD = 2.0
#: Passages of the vehicle asked about further apart are two trips.
_TRIP_US = 30 * 60 * MICRO
#: Habits are told by what was seen so close to the time of day.
_ABOUT_US = 15 * 60 * MICRO
_DAY_US = 86_400 * MICRO
#: So many passages back tell for how long two have been together.
_RUN = 4
#: Who is together is taken to stay so with that chance, as if so many others had been seen to.
_STAY, _TRUST = 0.8, 2.0
#: Seconds by which the distance of companions changes from one checkpoint to the next, about; of others at
#: least and at most. What one change says is bounded: a red light may part any two. So is what all of them say
#: for a convoy: two who drive alike keep their distance for a whole trip.
_TOGETHER_S, _APART_S, _SAYS, _SAY_ALL = 3.0, (12.0, 60.0), (-0.5, 0.5), 4.0
#: What it says (log10) that the same of the two came first as on the trip before, or the other: eight of
#: ten companions keep their order, one changes it, of strangers as many as not. What all of it says for
#: a convoy is bounded by the third.
_SAME_FIRST, _OTHER_FIRST, _ORDER_SAYS = math.log10(0.8 / 0.5), math.log10(0.1 / 0.5), 1.0
#: What one passage of either without the other takes off: companions miss one another at some 6 % of the
#: checkpoints, when a camera missed one of them; others at about half.
_MISSED = math.log10(0.5 / 0.06)

_LED = """
SELECT toString(checkpoint_id) AS place, toString(direction) AS heading,
  toUnixTimestamp64Micro(captured_at) AS at
FROM seen WHERE plate = {plate:String} ORDER BY at LIMIT {most:UInt32}
"""
#: Who passed near a passage of the vehicle. The windows of time are cells of the width that is asked for, three
#: to a passage: what is near lies in one of them. The minutes are what the store finds its rows by.
_NEAR = """
WITH wanted AS (
  SELECT step.1 AS place, step.2 AS heading, step.3 AS led_at, step.4 AS number,
    arrayJoin([cell - 1, cell, cell + 1]) AS cell
  FROM (
    SELECT arrayJoin(arrayZip({places:Array(String)}, {headings:Array(String)}, {ats:Array(Int64)},
      arrayEnumerate({ats:Array(Int64)}))) AS step, intDiv(step.3, {near:Int64}) AS cell FROM numbers(1)
  )
), minutes AS (
  SELECT DISTINCT step.1 AS place, toDateTime(minute * 60, 'UTC') AS minute FROM (
    SELECT arrayJoin(arrayZip({places:Array(String)}, {ats:Array(Int64)})) AS step,
      arrayJoin(range(toUInt64(intDiv(step.2 - {near:Int64}, 60000000)),
        toUInt64(intDiv(step.2 + {near:Int64}, 60000000)) + 1)) AS minute
    FROM numbers(1)
  )
)
SELECT plate, wanted.number - 1 AS number, min(met.at) AS at
FROM (
  SELECT plate, toString(checkpoint_id) AS place, toString(direction) AS heading,
    toUnixTimestamp64Micro(captured_at) AS at, intDiv(at, {near:Int64}) AS cell
  FROM seen
  WHERE (checkpoint_id, toStartOfMinute(captured_at)) IN (SELECT place, minute FROM minutes)
    AND plate != '' AND plate != {plate:String}
) AS met
INNER JOIN wanted ON met.place = wanted.place AND met.heading = wanted.heading AND met.cell = wanted.cell
WHERE abs(met.at - wanted.led_at) <= {near:Int64}
GROUP BY plate, number
"""
_HABITS = """
SELECT plate, toString(checkpoint_id) AS place, toString(direction) AS heading,
  toUnixTimestamp64Micro(captured_at) AS at
FROM seen WHERE plate IN {plates:Array(String)} ORDER BY plate, at
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvoyWishes:
    """Who drove with this vehicle?"""

    kind: ClassVar[str] = "convoy"
    longest: ClassVar[timedelta] = timedelta(days=31)
    questions: ClassVar[int] = 3
    columns: ClassVar[dict[str, str]] = {
        "plate": "The companion's.",
        "strength": "-log10 of the chance.",
        "share": "Of what either passed, what they passed together.",
        "meetings": "Checkpoints passed together, each time counted.",
        "checkpoints": "Different ones.",
        "days": "Different ones (UTC).",
        "gap_s": "Median seconds by which the companion comes later; negative: earlier.",
        "first_at": "Earliest passage that it rests on.",
        "last_at": "Latest one.",
    }
    plate: str
    seconds: int = 90  #: between the two at a checkpoint, before or after
    checkpoints: int = 2  #: different ones at which both were seen, in one order
    strength: float = 5.5  #: see the module
    #: Of what either passed, from the first to the last meeting of a day, the part that they passed together.
    share: float = 0.84

    def __post_init__(self) -> None:
        a_plate(self.plate)
        within("seconds", self.seconds, 1, 900)
        within("checkpoints", self.checkpoints, 2, 50)
        within("strength", self.strength, 0, 300)
        within("share", self.share, 0, 1)

    @property
    def subject(self) -> str:
        return self.plate

    def work(self, reach: Reach, ground: Ground) -> Work:
        del ground
        not_longer(self.kind, reach, self.longest)
        led = yield Plan(
            name=self.kind,
            sql=_LED,
            reach=reach,
            parameters={"plate": self.plate, "most": MOST_PASSAGES + 1},
        )
        steps = [Step(**row) for row in led.to_pylist()]
        if len(steps) > MOST_PASSAGES:
            raise TooMuch(
                f"convoy: expected a vehicle of at most {MOST_PASSAGES} passages: ask for a shorter time"
            )
        if not steps:
            return []
        near = yield Plan(
            name=self.kind,
            sql=_NEAR,
            reach=reach,
            parameters={
                "plate": self.plate,
                "places": [s.place for s in steps],
                "headings": [s.heading for s in steps],
                "ats": [s.at for s in steps],
                "near": self.seconds * MICRO,
            },
            limits=Limits(rows=1_000_000),
        )
        met: dict[str, dict[int, int]] = defaultdict(dict)
        for plate, number, at in _columns(near, "plate", "number", "at"):
            met[plate][number] = at
        days = max(1.0, (reach.until - reach.since) / timedelta(days=1))
        chance = _Chance(steps, met, days=days, near_us=self.seconds * MICRO)
        candidates = {}
        for plate, numbers in met.items():
            if len(numbers) < self.checkpoints:
                continue
            together = _in_order(numbers)
            if len({steps[n].place for n in together}) < self.checkpoints:
                continue
            passed = chance.passed(together, ())
            if len(together) >= self.share * passed:
                candidates[plate] = together, chance.at_first(together, passed)
        least = self.strength - _HABITS_MAY_ADD
        likely = (p for p, (_, strength) in candidates.items() if strength >= least)
        most = sorted(likely, key=lambda p: (-candidates[p][1], p))[:MOST_CANDIDATES]
        if not most:
            return []
        habits = yield Plan(
            name=self.kind,
            sql=_HABITS,
            reach=reach,
            parameters={"plates": most},
            limits=Limits(rows=1_000_000),
        )
        own: dict[str, list[Step]] = defaultdict(list)
        for plate, place, heading, at in _columns(habits, "plate", "place", "heading", "at"):
            own[plate].append(Step(place, heading, at))
        found = []
        for plate in most:
            together, _ = candidates[plate]
            passed = chance.passed(together, [step.at for step in own[plate]])
            if len(together) < self.share * passed:
                continue
            strength = chance.strength(together, passed, own[plate])
            if strength >= self.strength:
                found.append(_finding(plate, steps, together, strength, passed))
        return sorted(found, key=lambda f: (-f["strength"], f["plate"]))


def _columns(table: Any, *names: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(table.column(name).to_pylist() for name in names), strict=True)


@dataclass(frozen=True, slots=True)
class Step:
    """One passage."""

    place: str
    heading: str
    at: int  #: microseconds since 1970


def _in_order(met: dict[int, int]) -> dict[int, int]:
    """Of the vehicle's passages and when the other passed there, those at which the other's times rise too."""
    kept: dict[int, int] = {}
    last = -1
    for number in sorted(met):
        if met[number] > last:
            kept[number] = last = met[number]
    return kept


def _finding(plate: str, steps: list[Step], together: dict[int, int], strength: float, passed: int) -> Finding:
    numbers = sorted(together)
    gaps = sorted((together[n] - steps[n].at) / MICRO for n in numbers)
    return {
        "plate": plate,
        "strength": round(strength, 2),
        "share": round(len(numbers) / passed, 2),
        "meetings": len(numbers),
        "checkpoints": len({steps[n].place for n in numbers}),
        "days": len({steps[n].at // _DAY_US for n in numbers}),
        "gap_s": round(gaps[len(gaps) // 2], 1),
        "first_at": moment(min(steps[numbers[0]].at, together[numbers[0]])),
        "last_at": moment(max(steps[numbers[-1]].at, together[numbers[-1]])),
    }


class _Chance:
    """How likely vehicles are to be met so often without any design."""

    def __init__(self, steps: list[Step], met: dict[str, dict[int, int]], *, days: float, near_us: int) -> None:
        self._steps, self._days, self._near = steps, days, near_us
        self._times = [step.at for step in steps]
        self._trip = [0] * len(steps)
        for n in range(1, len(steps)):
            self._trip[n] = self._trip[n - 1] + (steps[n].at - steps[n - 1].at > _TRIP_US)
        last = len(steps) - 1
        #: Of each passage those just before it on its trip, and those just after it.
        self._before = [self._near_on_trip(n, max(0, n - _RUN), n) for n in range(len(steps))]
        after = [self._near_on_trip(n, n + 1, min(n + _RUN, last) + 1) for n in range(len(steps))]
        #: Together at so many of the passages just before (see `_run`): how often, and how often at this too.
        self._asked = [[0] * (_RUN + 1) for _ in steps]
        self._kept = [[0] * (_RUN + 1) for _ in steps]
        once = Counter[int]()  # most are met once: they are counted together
        often = []
        for numbers in met.values():
            if len(numbers) == 1:
                once.update(numbers.keys())
            else:
                often.append(numbers)
        for number, count in once.items():
            for n in after[number]:
                self._asked[n][1] += count
        for numbers in often:
            for n in frozenset().union(*[after[m] for m in numbers]):
                run = self._run(n, numbers)
                self._asked[n][run] += 1
                self._kept[n][run] += n in numbers
        self._candidates = math.log10(max(1, len(met)))
        changes = sorted(abs(c) for numbers in often for c in self._changes(numbers))
        # Of a Laplace distribution the mean, told by the median.
        median = changes[len(changes) // 2] / math.log(2) if changes else 0.0
        self._apart = min(max(median, _APART_S[0]), _APART_S[1])

    def strength(self, together: dict[int, int], passed: int, own: list[Step]) -> float:
        """-log10 of the chance, with as many candidates as there are.

        Args:
            together: of the passages of the vehicle asked about those with the candidate, and when it came.
            passed: see there.
            own: the candidate's passages, by time.
        """
        apart = {self._steps[n].at // _DAY_US for n in together}
        times: dict[tuple[str, str], list[int]] = defaultdict(list)
        follow, left = Counter[tuple[str, str]](), Counter[str]()
        others = [s for s in own if s.at // _DAY_US not in apart]
        for number, step in enumerate(others):
            times[step.place, step.heading].append(step.at % _DAY_US)
            left[step.place] += 1
            if number + 1 < len(others) and others[number + 1].at - step.at < _TRIP_US:
                follow[step.place, others[number + 1].place] += 1
        for of_day in times.values():
            of_day.sort()
        days = max(1.0, self._days - len(apart))
        # Where the candidate was never seen otherwise it is met as rarely as anybody.
        expected = dict.fromkeys(self._trip, self._rarely(days))
        for n, step in enumerate(self._steps):
            if of_day := times.get((step.place, step.heading), []):
                day = step.at % _DAY_US
                about = bisect_right(of_day, day + _ABOUT_US) - bisect_left(of_day, day - _ABOUT_US)
                rate = (about + 0.5) / days * self._near / _ABOUT_US
                expected[self._trip[n]] = max(expected[self._trip[n]], rate)
        met_trips = {self._trip[n] for n in together}
        chance = poisson_tail(len(met_trips), sum(min(1.0, e) for e in expected.values()))
        for way, on in self._driven_on(together):
            chance += math.log10((follow[way] + on) / (left[way[0]] + 1))
        return self._weighed(together, passed, chance)

    def at_first(self, together: dict[int, int], passed: int) -> float:
        """The strength before anything is known of the candidate's habits."""
        days = max(1.0, self._days - len({self._steps[n].at // _DAY_US for n in together}))
        trips = self._trip[-1] + 1
        chance = poisson_tail(len({self._trip[n] for n in together}), trips * min(1.0, self._rarely(days)))
        chance += sum(math.log10(on) for _, on in self._driven_on(together))
        return self._weighed(together, passed, chance)

    def _rarely(self, days: float) -> float:
        return 0.5 / days * self._near / _ABOUT_US

    def _driven_on(self, together: dict[int, int]) -> Iterator[tuple[tuple[str, str], float]]:
        """From where to where the two drove on together, and the share of others who did, of those who had been
        with it as long; the candidate itself left out."""
        for before, n in pairwise(sorted(together)):
            if self._trip[before] != self._trip[n] or self._steps[before].place == self._steps[n].place:
                continue
            run = max(1, self._run(n, together))
            asked, kept = max(0, self._asked[n][run] - 1), max(0, self._kept[n][run] - 1)
            yield (self._steps[before].place, self._steps[n].place), (kept + _STAY * _TRUST) / (asked + _TRUST)

    def _weighed(self, together: dict[int, int], passed: int, chance: float) -> float:
        """log10 of the chance to the strength."""
        kept_distance = min(_SAY_ALL, sum(map(self._distance, self._changes(together))))
        missed = (passed - len(together)) * _MISSED
        return kept_distance + self._order(together) - chance - self._candidates - missed

    def _changes(self, met: dict[int, int]) -> Iterator[float]:
        """By how many seconds the distance changed from a passage to the next, on a trip."""
        for n, at in met.items():
            if n + 1 in met and self._trip[n] == self._trip[n + 1]:
                yield (met[n + 1] - at - self._steps[n + 1].at + self._steps[n].at) / MICRO

    def _order(self, together: dict[int, int]) -> float:
        """log10 of how much likelier it is for companions who came first on each trip."""
        behind: dict[int, int] = defaultdict(int)
        for n, at in together.items():
            behind[self._trip[n]] += at - self._steps[n].at
        said = sum(
            _SAME_FIRST if (before > 0) == (after > 0) else _OTHER_FIRST
            for before, after in pairwise(behind[trip] for trip in sorted(behind))
        )
        return min(_ORDER_SAYS, said)

    def _distance(self, change: float) -> float:
        """log10 of how much likelier such a change is for companions than for others."""
        ratio = math.log10(self._apart / _TOGETHER_S) - abs(change) * (
            1 / _TOGETHER_S - 1 / self._apart
        ) / math.log(10)
        return min(max(ratio, _SAYS[0]), _SAYS[1])

    def passed(self, together: dict[int, int], own: Sequence[int]) -> int:
        """Passages of whichever has more, from the first to the last meeting of each day.

        Args:
            together: see `strength`.
            own: times of the candidate's passages, rising.
        """
        ends: dict[int, tuple[int, int]] = {}
        for n in sorted(together):
            at = self._steps[n].at
            first, _ = ends.get(at // _DAY_US, (at, at))
            ends[at // _DAY_US] = (first, at)
        most = len(together)
        for times in (self._times, own) if own else (self._times,):
            most = max(most, sum(_between(times, *of_day, self._near) for of_day in ends.values()))
        return most

    def _near_on_trip(self, number: int, first: int, end: int) -> frozenset[int]:
        return frozenset(n for n in range(first, end) if self._trip[n] == self._trip[number])

    def _run(self, number: int, met: Mapping[int, int]) -> int:
        """At how many of the passages just before this one, on the same trip, was it met?"""
        return len(met.keys() & self._before[number])


def _between(times: Sequence[int], first: int, last: int, spare: int) -> int:
    """How many of the rising times lie between them, and no day further."""
    day = first // _DAY_US * _DAY_US
    low, high = max(day, first - spare), min(day + _DAY_US - 1, last + spare)
    return bisect_right(times, high) - bisect_left(times, low)
