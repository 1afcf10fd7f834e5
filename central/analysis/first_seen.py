"""First seen in the city (首次入城): plates that no checkpoint read in the days before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from central.analysis.work import MOST_FINDINGS, Ground, InvalidWishes, Work, micros, not_longer, rows, within
from central.investigation import Limits, Plan, Reach

_LATELY = timedelta(days=3)
#: Stretches of the time before, each asked about those whom the ones before it did not tell of.
_BACK = (timedelta(days=7), timedelta(days=14), timedelta(days=28))
_LIMITS = Limits(rows=200_000, seconds=60)
#: So many plates lie in nearly every stretch of the table: to rule some out costs more than it saves.
_MANY = 1_500

#: Whoever comes and was not seen in the days just before.
_NEW = """
SELECT plate FROM seen
WHERE plate != '' AND captured_at >= fromUnixTimestamp64Micro({near:Int64}, 'UTC')
GROUP BY plate
HAVING min(captured_at) >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND count() >= {times:UInt32}
"""
_KNOWN = """
SELECT DISTINCT plate FROM seen
WHERE plate IN {plates:Array(String)} AND captured_at >= fromUnixTimestamp64Micro({begins:Int64}, 'UTC')
  AND captured_at < fromUnixTimestamp64Micro({ends:Int64}, 'UTC')
"""
_TOLD = """
SELECT plate, count() AS times, uniqExact(checkpoint_id) AS checkpoints,
  argMin(toString(checkpoint_id), captured_at) AS first_checkpoint,
  toUnixTimestamp64Micro(min(captured_at)) AS first_at, toUnixTimestamp64Micro(max(captured_at)) AS last_at
FROM seen
WHERE captured_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND plate IN {plates:Array(String)}
GROUP BY plate ORDER BY first_at, plate
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSeenWishes:
    """Who came for the first time from `since` on? Not who was seen before that, in the time asked.

    Most of those who were not seen for three days were seen within the month: the past is gone through
    backwards, and each stretch of it is asked about those only who are left.
    """

    kind: ClassVar[str] = "first_seen"
    longest: ClassVar[timedelta] = timedelta(days=92)
    questions: ClassVar[int] = 3 + len(_BACK)
    columns: ClassVar[dict[str, str]] = {
        "plate": "The vehicle's.",
        "times": "Passages since.",
        "checkpoints": "Different ones.",
        "first_checkpoint": "Where it was seen first.",
        "first_at": "Earliest passage that it rests on.",
        "last_at": "Latest one.",
    }
    since: datetime
    passages: int = 2  #: since; one alone is as often a misread as a newcomer

    def __post_init__(self) -> None:
        if self.since.tzinfo is None:
            raise InvalidWishes(f"expected a since with a zone, got {self.since}")
        within("passages", self.passages, 1, 1000)

    @property
    def subject(self) -> str:
        return ""

    def work(self, reach: Reach, ground: Ground) -> Work:
        del ground
        not_longer(self.kind, reach, self.longest)
        if not reach.since < self.since < reach.until:
            raise InvalidWishes(
                f"expected since within {reach.since.isoformat()} to {reach.until.isoformat()}, which is what "
                f"may be looked at, got {self.since.isoformat()}"
            )
        ends = max(reach.since, self.since - _LATELY)
        new = yield Plan(
            name=self.kind,
            sql=_NEW,
            reach=reach,
            parameters={"near": micros(ends), "from": micros(self.since), "times": self.passages},
            limits=_LIMITS,
            by_plate=True,
            skips=False,
        )
        plates = set(new.column("plate").to_pylist())
        for stretch in (*_BACK, self.longest):
            if not plates or ends <= reach.since:
                break
            begins = max(reach.since, ends - stretch)
            known = yield Plan(
                name=self.kind,
                sql=_KNOWN,
                reach=reach,
                parameters={"plates": sorted(plates), "begins": micros(begins), "ends": micros(ends)},
                limits=_LIMITS,
                by_plate=True,
                skips=len(plates) < _MANY,
            )
            plates.difference_update(known.column("plate").to_pylist())
            ends = begins
        if not plates:
            return []
        told = yield Plan(
            name=self.kind,
            sql=_TOLD,
            reach=reach,
            parameters={"plates": sorted(plates), "from": micros(self.since)},
            limits=Limits(rows=MOST_FINDINGS, seconds=60),
            by_plate=True,
        )
        return rows(told)
