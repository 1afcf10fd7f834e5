"""Disappearance after a checkpoint: who passed it and was seen nowhere for hours after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from central.analysis.single import Single
from central.analysis.work import MICRO, Ground, micros, some_checkpoints, within
from central.investigation import Reach
from central.investigation.plan import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class DisappearanceWishes(Single):
    """Who was lost after one of these? The hours must lie in the time asked about: later is not known."""

    kind: ClassVar[str] = "disappearance"
    longest: ClassVar[timedelta] = timedelta(days=7)
    columns: ClassVar[dict[str, str]] = {
        "plate": "The vehicle's.",
        "checkpoint": "After which it was lost.",
        "times": "Passages up to then.",
        "first_at": "Earliest passage that it rests on.",
        "lost_at": "Last passage before it was lost.",
        "again_at": "When it was seen again; null: not in the time asked about.",
    }
    checkpoints: tuple[str, ...]
    hours: float = 6.0
    passages: int = 2  #: seen before that, the one at the checkpoint included: one alone may be a misread

    sql: ClassVar[str] = """
SELECT plate, here AS checkpoint, number AS times, came_at AS first_at, at AS lost_at,
  if(next_at = 0, NULL, next_at) AS again_at
FROM (
  SELECT plate, here, at, row_number() OVER w AS number, min(at) OVER w AS came_at,
    leadInFrame(at) OVER all AS next_at
  FROM (
    SELECT plate, toString(checkpoint_id) AS here, toUnixTimestamp64Micro(captured_at) AS at, passage_id
    FROM seen WHERE plate IN (
      SELECT plate FROM seen WHERE plate != '' AND checkpoint_id IN {places:Array(String)}
    )
  )
  WINDOW w AS (PARTITION BY plate ORDER BY at, passage_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
    all AS (PARTITION BY plate ORDER BY at, passage_id ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING)
)
WHERE here IN {places:Array(String)} AND number >= {times:UInt32}
  AND if(next_at = 0, {until:Int64}, next_at) - at >= {gone:Int64}
ORDER BY lost_at DESC, plate
"""

    def __post_init__(self) -> None:
        some_checkpoints("checkpoints", self.checkpoints)
        within("hours", self.hours, 0.5, 72)
        within("passages", self.passages, 1, 1000)

    def values(self, reach: Reach, ground: Ground) -> dict[str, Value]:
        del ground
        return {
            "places": sorted(set(self.checkpoints)),
            "gone": int(self.hours * 3600 * MICRO),
            "times": self.passages,
            "until": micros(reach.until),
        }
