"""Section speed (区间测速): the average speed from one checkpoint to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from central.analysis.single import Single
from central.analysis.work import Ground, InvalidWishes, some_checkpoints, within
from central.investigation import Reach
from central.investigation.plan import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionSpeedWishes(Single):
    """Who drove the section faster than allowed? Clocks must be synchronised at both ends."""

    kind: ClassVar[str] = "section_speed"
    longest: ClassVar[timedelta] = timedelta(days=7)
    columns: ClassVar[dict[str, str]] = {
        "plate": "The vehicle's.",
        "speed_kmh": "Average along the section.",
        "took_s": "Seconds.",
        "first_at": "Earliest passage that it rests on.",
        "last_at": "Latest one.",
    }
    begins: str  #: checkpoint
    ends: str
    metres: float  #: along the road
    limit_kmh: float
    tolerance_kmh: float = 6.0  #: on top of the limit

    #: The passage at the end is that vehicle's next one after the beginning.
    sql: ClassVar[str] = """
SELECT plate, round(3.6 * {metres:Float64} * 1000000 / (at - before_at), 1) AS speed_kmh,
  round((at - before_at) / 1000000, 2) AS took_s, before_at AS first_at, at AS last_at
FROM (
  SELECT plate, here, at, lagInFrame(here) OVER w AS passed, lagInFrame(at) OVER w AS before_at
  FROM (
    SELECT plate, toString(checkpoint_id) AS here, toUnixTimestamp64Micro(captured_at) AS at, passage_id
    FROM seen WHERE plate != '' AND clock = 'synced' AND checkpoint_id IN [{begins:String}, {ends:String}]
  )
  WINDOW w AS (PARTITION BY plate ORDER BY at, passage_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
)
WHERE before_at > 0 AND passed = {begins:String} AND here = {ends:String} AND at > before_at
  AND 3.6 * {metres:Float64} * 1000000 / (at - before_at) > {fast:Float64}
ORDER BY speed_kmh DESC, plate, at
"""

    def __post_init__(self) -> None:
        some_checkpoints("checkpoints", (self.begins, self.ends))
        if self.begins == self.ends:
            raise InvalidWishes(f"expected two different checkpoints, got {self.begins!r} twice")
        within("metres", self.metres, 100, 200_000)
        within("limit_kmh", self.limit_kmh, 5, 200)
        within("tolerance_kmh", self.tolerance_kmh, 0, 50)

    def values(self, reach: Reach, ground: Ground) -> dict[str, Value]:
        del reach, ground
        return {
            "begins": self.begins,
            "ends": self.ends,
            "metres": float(self.metres),
            "fast": float(self.limit_kmh + self.tolerance_kmh),
        }
