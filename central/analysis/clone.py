"""Cloned plates (套牌): one plate in two places, or on two vehicles that look different.

*Places.* Two passages of one plate one after the other at two checkpoints, closer in
time than the road allows. How quickly it can be driven is told by the passages themselves, see `least_times`; a
pair of checkpoints between which nobody drives is held against the straight line at `limit_kmh`. *Looks.* One
plate read with two classes or two colours, each several times.

One misread is no clone: every anomaly weighs by how sure the less certain of its two reads was, `strength` adds
up −log10 of the chance that each is a misread, and there must be `repeats` of them at different times. Clocks
that nobody vouches for tell of no speed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from central.analysis.least_times import LeastTimes
from central.analysis.work import MICRO, Finding, Ground, Work, at_most, moment, not_longer, within
from central.investigation import Limits, Plan, Reach

#: Passages further apart tell nothing: the road allows everything.
_HORIZON_US = 2 * 3600 * MICRO
#: Anomalies further apart are of two occasions, of which there must be so many.
_OCCASIONS = 2
_APART_US = 20 * 60 * MICRO
#: Of one plate, that are looked at.
_MOST_EACH = 200
#: A reader that says 100 % is still taken to be wrong once in so many.
_NEVER_SURER = 1 / 300
#: Of the quickest drives, that nobody stays below.
_PART = 0.65
#: Drives that tell how quickly it can be done.
_ENOUGH = 30

#: From each passage of a plate to its next one, at another checkpoint, within {horizon} microseconds.
STEPS = """
  SELECT plate, passed, here, before_at, at, at - before_at AS gap,
    toHour(toDateTime(intDiv(at, 1000000), 'UTC')) AS hour, least(confidence, before_confidence) / 10000 AS sure
  FROM (
    SELECT plate, here, at, confidence, lagInFrame(here) OVER w AS passed, lagInFrame(at) OVER w AS before_at,
      lagInFrame(confidence) OVER w AS before_confidence
    FROM (
      SELECT plate, toString(checkpoint_id) AS here, toUnixTimestamp64Micro(captured_at) AS at, confidence
      FROM seen WHERE plate != '' AND clock != 'unsynced'
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
SELECT plate, arraySort(step -> step.2, groupArray({{each:UInt32}})(
  tuple(before_at, at, passed, here, gap / 1000000, least_gap, sure))) AS anomalies
FROM (
  SELECT *, transform(passed, {{ids:Array(String)}}, {{rows:Array(UInt32)}}, 0) AS row,
    transform(here, {{ids:Array(String)}}, {{rows:Array(UInt32)}}, 0) AS column,
    if(row > 0 AND column > 0, {{least:Array(UInt16)}}[(row - 1) * length({{ids:Array(String)}}) + column], 0)
      * {{by_hour:Array(Float64)}}[hour + 1] AS least_gap
  FROM ({STEPS})
)
WHERE gap < (least_gap - {{spare:Int64}}) * 1000000
GROUP BY plate HAVING count() >= {{repeats:UInt32}}
"""  # noqa: S608
_LOOKS = """
SELECT plate, groupArray(tuple(plate_class, colour, times, places, weight, first_us, last_us)) AS looks
FROM (
  SELECT plate, toString(plate_class) AS plate_class, toString(colour) AS colour, count() AS times,
    uniqExact(checkpoint_id) AS places,
    sum(-log10(greatest(1 - confidence / 10000, {never:Float64}))) AS weight,
    toUnixTimestamp64Micro(min(captured_at)) AS first_us, toUnixTimestamp64Micro(max(captured_at)) AS last_us
  FROM seen WHERE plate != '' AND colour NOT IN ('', 'unknown')
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
    questions: ClassVar[int] = 3
    columns: ClassVar[dict[str, str]] = {
        "plate": "The vehicle's.",
        "why": "places: too far apart too soon; looks: two classes or colours.",
        "strength": "-log10 of the chance that all of it is misread.",
        "repeats": "Anomalies.",
        "first_at": "Earliest passage that it rests on.",
        "last_at": "Latest one.",
        "anomalies": "Of places: from, to, left_at, came_at, took_s, least_s.",
        "looks": "Of looks: plate_class, colour, passages, checkpoints.",
    }
    repeats: int = 3  #: anomalies, twenty minutes or more apart
    strength: float = 4.0  #: see the module
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
        horizon = {"horizon": _HORIZON_US}
        roads = yield Plan(
            name=self.kind, sql=_ROADS, reach=reach, limits=limits, parameters={**horizon, "enough": _ENOUGH}
        )
        times = LeastTimes.of(roads.to_pylist(), ground, limit_kmh=self.limit_kmh)
        places = yield Plan(
            name=self.kind,
            sql=_PLACES,
            reach=reach,
            limits=limits,
            parameters={
                **horizon,
                "ids": times.ids or [""],
                "rows": list(range(1, len(times.ids or [""]) + 1)),
                "least": (times.seconds.ravel() * _PART).astype(int).tolist() or [0],
                "by_hour": times.by_hour,
                "spare": 5,
                "each": _MOST_EACH,
                "repeats": self.repeats,
            },
        )
        looks = yield Plan(
            name=self.kind,
            sql=_LOOKS,
            reach=reach,
            limits=limits,
            parameters={"repeats": self.repeats, "never": _NEVER_SURER},
        )
        found = [f for row in places.to_pylist() if (f := self._by_places(row)) is not None]
        found += [f for row in looks.to_pylist() if (f := self._by_looks(row)) is not None]
        return at_most(self.kind, sorted(found, key=lambda f: (-f["strength"], f["plate"], f["why"])))

    def _by_places(self, row: dict[str, Any]) -> Finding | None:
        counted: list[list[Any]] = []
        occasions = 0
        for step in row["anomalies"]:
            values = list(step.values()) if isinstance(step, dict) else list(step)
            # A vehicle that is misread once comes out of place and goes back: that is one anomaly.
            if not counted or values[0] >= counted[-1][1]:
                occasions += not counted or values[1] - counted[-1][1] >= _APART_US
                counted.append(values)
            if len(counted) > 1 and counted[-1][0] == counted[-2][1]:
                counted.pop()
        strength = sum(-math.log10(max(1 - values[6], _NEVER_SURER)) for values in counted)
        if len(counted) < self.repeats or occasions < _OCCASIONS or strength < self.strength:
            return None
        return {
            "plate": row["plate"],
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
        looks = [list(x.values()) if isinstance(x, dict) else list(x) for x in row["looks"]]
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
