"""Cloned plates (套牌): one plate in two places, or on two vehicles that look different.

*Places.* Two passages of one plate one after the other at two checkpoints, closer in time than the road
allows. How quickly it can be driven is told by the passages themselves, see `least_times`; a pair of
checkpoints between which nobody drives is held against the straight line at `limit_kmh`. *Looks.* One plate
read with two classes or two colours, each several times.

An anomaly weighs by what else it may be. *Somebody fast*: of honest drives so many are as quick, which was
counted on simulated cities (`_FAST`); a plate with many drives has more of them. *A misread*: by how sure the
less certain of its two reads was; reads in doubt count for nothing. Of each pair of checkpoints the strongest
anomaly counts, so that one driver's short cut that nobody else takes is no clone, and they must be of two
occasions. `strength` is the sum of their weights, −log10 of the chance; it ranks. Clocks that nobody vouches
for tell of no speed.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from central.analysis.least_times import LeastTimes
from central.analysis.work import MICRO, Finding, Ground, Work, at_most, micros, moment, not_longer, within
from central.investigation import Limits, Plan, Reach

#: Passages that make a look, at least.
_LOOKED = 3
#: Passages further apart tell nothing: the road allows everything.
_HORIZON = timedelta(hours=2)
_HORIZON_US = _HORIZON // timedelta(microseconds=1)
#: Anomalies further apart are of two occasions, of which there must be so many.
_OCCASIONS = 2
_APART_US = 20 * 60 * MICRO
#: Of one plate, that are looked at.
_MOST_EACH = 200
#: Reads less sure than that are left out.
_SURE = 0.95
#: A reader that says 100 % is still taken to be wrong once in so many; one in ten of its misreads is the text
#: of another vehicle that drives here.
_NEVER_SURER = 1 / 300
_LANDS = 0.1
#: Quicker than that part of the quickest drives is an anomaly.
_PART = 0.65
#: log10 of how many of an honest vehicle's drives take a part of the quickest or less: at 0.85, and how much
#: less a tenth quicker.
_FAST, _FAST_AT, _FASTER = -2.77, 0.85, 0.79
#: Drives that tell how quickly it can be done.
_ENOUGH = 30
#: Passages that one question looks at, about: a long time is asked about stretch by stretch, which bounds the
#: memory.
_AT_ONCE, _MOST_STRETCHES = 4_000_000, 12

_COUNT = "SELECT count() AS passages FROM seen WHERE plate != ''"
#: From each passage of a plate to its next one, at another checkpoint, within {horizon} microseconds; of reads
#: as sure as {sure} ten-thousandths, of one plate in {shares}.
STEPS = """
  SELECT plate, passed, here, before_at, at, at - before_at AS gap,
    toHour(toDateTime(intDiv(at, 1000000), 'UTC')) AS hour, least(confidence, before_confidence) / 10000 AS sure
  FROM (
    SELECT plate, here, at, confidence, lagInFrame(here) OVER w AS passed, lagInFrame(at) OVER w AS before_at,
      lagInFrame(confidence) OVER w AS before_confidence
    FROM (
      SELECT plate, toString(checkpoint_id) AS here, toUnixTimestamp64Micro(captured_at) AS at, confidence
      FROM seen
      WHERE plate != '' AND clock != 'unsynced' AND confidence >= {sure:UInt32}
        AND cityHash64(plate) % {shares:UInt32} = 0
    )
    WINDOW w AS (PARTITION BY plate ORDER BY at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
  )
  WHERE before_at > 0 AND passed != here AND at - before_at < {horizon:Int64}
"""
_ROADS = f"""
SELECT passed, here, count() AS drives, quantile(0.02)(gap) / 1000000 AS quick,
  quantileResample(0.02, 0, 24, 1)(gap, hour) AS quick_by_hour, countResample(0, 24, 1)(gap, hour) AS by_hour
FROM ({STEPS}) GROUP BY passed, here HAVING drives >= {{enough:UInt32}}
"""  # noqa: S608
#: `least`: seconds from the checkpoint in the row to that in the column, one row after the other.
_PLACES = f"""
SELECT plate, count() AS steps, arraySort(step -> step.2, groupArrayIf({{each:UInt32}})(
  tuple(before_at, at, passed, here, gap / 1000000, least_gap, sure), odd)) AS anomalies
FROM (
  SELECT *, transform(passed, {{ids:Array(String)}}, {{rows:Array(UInt32)}}, 0) AS row,
    transform(here, {{ids:Array(String)}}, {{rows:Array(UInt32)}}, 0) AS column,
    if(row > 0 AND column > 0, {{least:Array(UInt16)}}[(row - 1) * length({{ids:Array(String)}}) + column], 0)
      * {{by_hour:Array(Float64)}}[hour + 1] AS least_gap,
    gap < least({{part:Float64}} * least_gap, least_gap - {{spare:Int64}}) * 1000000 AS odd
  FROM ({STEPS})
  WHERE at >= {{from:Int64}}
)
GROUP BY plate HAVING notEmpty(anomalies)
"""  # noqa: S608
_LOOKS = """
SELECT plate, groupArray(tuple(plate_class, colour, times, places, weight, first_us, last_us)) AS looks
FROM (
  SELECT plate, toString(plate_class) AS plate_class, toString(colour) AS colour, count() AS times,
    uniqExact(checkpoint_id) AS places,
    sum(-log10(greatest(1 - confidence / 10000, {never:Float64}))) AS weight,
    toUnixTimestamp64Micro(min(captured_at)) AS first_us, toUnixTimestamp64Micro(max(captured_at)) AS last_us
  FROM seen WHERE plate != '' AND colour NOT IN ('', 'unknown') AND confidence >= {sure:UInt32}
  GROUP BY plate, plate_class, colour
)
WHERE times >= {repeats:UInt32}
GROUP BY plate HAVING count() > 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneWishes:
    """Which plates are on two vehicles?"""

    kind: ClassVar[str] = "clone"
    longest: ClassVar[timedelta] = timedelta(days=31)
    questions: ClassVar[int] = 3 + _MOST_STRETCHES
    columns: ClassVar[dict[str, str]] = {
        "plate": "The vehicle's.",
        "why": "places: too far apart too soon; looks: two classes or colours.",
        "strength": "-log10 of the chance that it is one vehicle.",
        "repeats": "Anomalies, each between two other checkpoints.",
        "first_at": "Earliest passage that it rests on.",
        "last_at": "Latest one.",
        "anomalies": "Of places: from, to, left_at, came_at, took_s, least_s.",
        "looks": "Of looks: plate_class, colour, passages, checkpoints.",
    }
    repeats: int = 2  #: anomalies, each between two other checkpoints than the rest
    strength: float = 6.0  #: see the module
    limit_kmh: float = 100.0  #: along the straight line, where few drive from here to there

    def __post_init__(self) -> None:
        within("repeats", self.repeats, 2, 100)
        within("strength", self.strength, 0, 300)
        within("limit_kmh", self.limit_kmh, 30, 300)

    @property
    def subject(self) -> str:
        return ""

    def work(self, reach: Reach, ground: Ground) -> Work:
        not_longer(self.kind, reach, self.longest)
        limits = Limits(seconds=120)
        sure = round(_SURE * 10_000)

        def plan(sql: str, of: Reach, **parameters: Any) -> Plan:
            asked = {"sure": sure, **parameters}
            return Plan(name=self.kind, sql=sql, reach=of, limits=limits, parameters=asked)

        counted = yield plan(_COUNT, reach)
        stretches = min(max(1, -(-counted.column("passages")[0].as_py() // _AT_ONCE)), _MOST_STRETCHES)
        # How quickly it can be driven is told as well by some of the vehicles, all of the time.
        roads = yield plan(_ROADS, reach, horizon=_HORIZON_US, enough=_ENOUGH, shares=stretches)
        times = LeastTimes.of(roads.to_pylist(), ground, limit_kmh=self.limit_kmh)
        anomalies: dict[str, list[list[Any]]] = defaultdict(list)
        steps: dict[str, int] = defaultdict(int)
        for n in range(stretches):
            begins = reach.since + (reach.until - reach.since) * n / stretches
            ends = reach.since + (reach.until - reach.since) * (n + 1) / stretches
            places = yield plan(
                _PLACES,
                reach.part(since=begins - _HORIZON, until=ends),
                horizon=_HORIZON_US,
                shares=1,
                ids=times.ids or [""],
                rows=list(range(1, len(times.ids or [""]) + 1)),
                least=times.seconds.ravel().astype(int).tolist() or [0],
                by_hour=times.by_hour,
                part=_PART,
                spare=5,
                each=_MOST_EACH,
                **{"from": micros(begins)},
            )
            for row in places.to_pylist():
                anomalies[row["plate"]] += [_values(step) for step in row["anomalies"]]
                # Of a stretch without anomalies it isn't told: as many as of the others.
                steps[row["plate"]] = max(steps[row["plate"]], row["steps"] * stretches)
        looks = yield plan(_LOOKS, reach, repeats=max(_LOOKED, self.repeats), never=_NEVER_SURER)
        found = [f for p, odd in anomalies.items() if (f := self._by_places(p, odd, steps[p])) is not None]
        found += [f for row in looks.to_pylist() if (f := self._by_looks(row)) is not None]
        return at_most(self.kind, sorted(found, key=lambda f: (-f["strength"], f["plate"], f["why"])))

    def _by_places(self, plate: str, odd: list[list[Any]], steps: int) -> Finding | None:
        strongest: dict[tuple[str, str], tuple[float, list[Any]]] = {}
        last_at = 0
        for values in odd:
            before_at, at, passed, here, took, least, sure = values
            # A vehicle that is out of place comes there and goes back: that is one anomaly.
            if before_at < last_at:
                continue
            last_at = at
            weight = _weight(took / least, sure, steps)
            if weight > strongest.get((passed, here), (0.0, values))[0]:
                strongest[passed, here] = weight, values
        counted = sorted((values for _, values in strongest.values()), key=lambda values: values[1])
        strength = sum(weight for weight, _ in strongest.values())
        occasions = sum(not n or values[1] - counted[n - 1][1] >= _APART_US for n, values in enumerate(counted))
        if len(counted) < self.repeats or occasions < _OCCASIONS or strength < self.strength:
            return None
        return {
            "plate": plate,
            "why": "places",
            "strength": round(strength, 2),
            "repeats": len(counted),
            "first_at": moment(counted[0][0]),
            "last_at": moment(counted[-1][1]),
            "anomalies": [
                {
                    "from": passed,
                    "to": here,
                    "left_at": moment(before_at),
                    "came_at": moment(at),
                    "took_s": round(took, 1),
                    "least_s": round(least, 1),
                }
                for before_at, at, passed, here, took, least, _ in counted[:20]
            ],
        }

    def _by_looks(self, row: dict[str, Any]) -> Finding | None:
        looks = [_values(x) for x in row["looks"]]
        looks = sorted((x for x in looks if x[4] >= self.strength and x[3] > 1), key=lambda x: -x[2])
        if len(looks) < 2:
            return None
        return {
            "plate": row["plate"],
            "why": "looks",
            "strength": round(looks[1][4], 2),
            "repeats": looks[1][2],
            "first_at": moment(min(x[5] for x in looks)),
            "last_at": moment(max(x[6] for x in looks)),
            "looks": [
                {"plate_class": x[0], "colour": x[1], "passages": x[2], "checkpoints": x[3]} for x in looks
            ],
        }


def _values(step: Any) -> list[Any]:
    """A tuple of the engine's, which Arrow makes a dictionary of."""
    return list(step.values()) if isinstance(step, dict) else list(step)


def _weight(part: float, sure: float, steps: int) -> float:
    """-log10 of the chance that an honest vehicle of so many drives has one that takes so small a part of the
    quickest, or that one of its two reads was wrong."""
    fast = steps * 10 ** (_FAST - (_FAST_AT - part) * 10 * _FASTER)
    misread = max(1 - sure, _NEVER_SURER) * _LANDS
    return -math.log10(min(1.0, fast + misread))
