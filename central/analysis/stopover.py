"""Stop-over: who took much longer from one checkpoint to the next than others do at that hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from central.analysis.single import Single
from central.analysis.work import MICRO, Ground, InvalidWishes, some_checkpoints, within
from central.investigation import Reach
from central.investigation.plan import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class StopoverWishes(Single):
    """Who stopped between the two? Usual is the median of that hour of the day (UTC)."""

    kind: ClassVar[str] = "stopover"
    longest: ClassVar[timedelta] = timedelta(days=7)
    columns: ClassVar[dict[str, str]] = {
        "plate": "The vehicle's.",
        "took_s": "Seconds.",
        "usual_s": "Median of that hour of the day.",
        "first_at": "Earliest passage that it rests on.",
        "last_at": "Latest one.",
    }
    begins: str  #: checkpoint
    ends: str
    minutes: float = 10.0  #: longer than usual, at least
    horizon_hours: float = 4.0  #: a later arrival is another journey
    drives: int = 10  #: of an hour that tell what is usual; an hour with fewer tells nothing

    sql: ClassVar[str] = """
SELECT plate, round((at - before_at) / 1000000, 1) AS took_s, round(usual / 1000000, 1) AS usual_s,
  before_at AS first_at, at AS last_at
FROM (
  SELECT plate, at, before_at, quantileExact(0.5)(at - before_at) OVER same AS usual,
    count() OVER same AS drives
  FROM (
    SELECT plate, here, at, lagInFrame(here) OVER w AS passed, lagInFrame(at) OVER w AS before_at,
      intDiv(before_at, 3600000000) % 24 AS hour
    FROM (
      SELECT plate, toString(checkpoint_id) AS here, toUnixTimestamp64Micro(captured_at) AS at, passage_id
      FROM seen WHERE plate IN (
        SELECT plate FROM seen WHERE plate != '' AND checkpoint_id IN [{begins:String}, {ends:String}]
        GROUP BY plate HAVING uniqExact(checkpoint_id) = 2
      )
    )
    WINDOW w AS (PARTITION BY plate ORDER BY at, passage_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
  )
  WHERE before_at > 0 AND passed = {begins:String} AND here = {ends:String}
    AND at - before_at <= {horizon:Int64}
  WINDOW same AS (PARTITION BY hour)
)
WHERE drives >= {drives:UInt32} AND at - before_at >= usual + {longer:Int64}
ORDER BY at - before_at - usual DESC, plate, at
"""

    def __post_init__(self) -> None:
        some_checkpoints("checkpoints", (self.begins, self.ends))
        if self.begins == self.ends:
            raise InvalidWishes(f"expected two different checkpoints, got {self.begins!r} twice")
        within("minutes", self.minutes, 1, 600)
        within("horizon_hours", self.horizon_hours, 0.1, 24)
        within("drives", self.drives, 3, 1000)

    def values(self, reach: Reach, ground: Ground) -> dict[str, Value]:
        del reach, ground
        return {
            "begins": self.begins,
            "ends": self.ends,
            "longer": int(self.minutes * 60 * MICRO),
            "horizon": int(self.horizon_hours * 3600 * MICRO),
            "drives": self.drives,
        }
