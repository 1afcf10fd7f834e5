"""Base locations (落脚点): where a vehicle rests, told by where it went in and came out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from central.analysis.single import Single
from central.analysis.work import MICRO, Ground, a_plate, within
from central.investigation import Reach
from central.investigation.plan import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseWishes(Single):
    """Between which checkpoints does it rest? A rest is a stretch of `hours` or more without a passage."""

    kind: ClassVar[str] = "base"
    longest: ClassVar[timedelta] = timedelta(days=92)
    columns: ClassVar[dict[str, str]] = {
        "went_in": "Checkpoint before the rest.",
        "came_out": "Checkpoint after it.",
        "rests": "How often.",
        "share": "Of all its rests, 0 to 1.",
        "median_hours": "That a rest takes.",
        "first_at": "Earliest passage that it rests on.",
        "last_at": "Latest one.",
    }
    plate: str
    hours: float = 4.0

    sql: ClassVar[str] = """
SELECT went_in, came_out, count() AS rests, round(count() / sum(count()) OVER (), 3) AS share,
  round(quantileExact(0.5)(gap) / 3600000000, 2) AS median_hours, min(before_at) AS first_at, max(at) AS last_at
FROM (
  SELECT went_in, here AS came_out, before_at, at, at - before_at AS gap
  FROM (
    SELECT here, at, lagInFrame(here) OVER w AS went_in, lagInFrame(at) OVER w AS before_at
    FROM (
      SELECT toString(checkpoint_id) AS here, toUnixTimestamp64Micro(captured_at) AS at, passage_id
      FROM seen WHERE plate = {plate:String}
    )
    WINDOW w AS (ORDER BY at, passage_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
  )
  WHERE before_at > 0 AND at - before_at >= {rest:Int64}
)
GROUP BY went_in, came_out ORDER BY rests DESC, went_in, came_out
"""

    def __post_init__(self) -> None:
        a_plate(self.plate)
        within("hours", self.hours, 0.5, 72)

    @property
    def subject(self) -> str:
        return self.plate

    def values(self, reach: Reach, ground: Ground) -> dict[str, Value]:
        del reach, ground
        return {"plate": self.plate, "rest": int(self.hours * 3600 * MICRO)}
