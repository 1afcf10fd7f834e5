"""First seen in the city (首次入城): plates that no checkpoint read in the days before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from central.analysis.single import Single
from central.analysis.work import Ground, InvalidWishes, micros, within
from central.investigation import Reach
from central.investigation.plan import Value

_LATELY = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSeenWishes(Single):
    """Who came for the first time from `since` on? Not who was seen before that, in the time asked."""

    kind: ClassVar[str] = "first_seen"
    longest: ClassVar[timedelta] = timedelta(days=92)
    columns: ClassVar[dict[str, str]] = {
        "plate": "The vehicle's.",
        "times": "Passages since.",
        "checkpoints": "Different ones.",
        "first_checkpoint": "Where it was seen first.",
        "first_at": "Earliest passage that it rests on.",
        "last_at": "Latest one.",
    }
    by_plate: ClassVar[bool] = True
    since: datetime
    passages: int = 2  #: since; one alone is as often a misread as a newcomer

    #: Whoever was seen in the last days before is left out first: most are, and what is left is looked for in
    #: the long time before.
    sql: ClassVar[str] = """
WITH lately AS (
  SELECT plate FROM seen
  WHERE plate != '' AND captured_at >= fromUnixTimestamp64Micro({near:Int64}, 'UTC')
  GROUP BY plate
  HAVING min(captured_at) >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND count() >= {times:UInt32}
)
SELECT plate, count() AS times, uniqExact(checkpoint_id) AS checkpoints,
  argMin(toString(checkpoint_id), captured_at) AS first_checkpoint,
  toUnixTimestamp64Micro(min(captured_at)) AS first_at, toUnixTimestamp64Micro(max(captured_at)) AS last_at
FROM seen
WHERE captured_at >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND plate IN (SELECT plate FROM lately)
  AND plate NOT IN (
    SELECT plate FROM seen
    WHERE captured_at < fromUnixTimestamp64Micro({near:Int64}, 'UTC') AND plate IN (SELECT plate FROM lately)
  )
GROUP BY plate ORDER BY first_at, plate
"""

    def __post_init__(self) -> None:
        if self.since.tzinfo is None:
            raise InvalidWishes(f"expected a since with a zone, got {self.since}")
        within("passages", self.passages, 1, 1000)

    def values(self, reach: Reach, ground: Ground) -> dict[str, Value]:
        del ground
        if not reach.since < self.since < reach.until:
            raise InvalidWishes(
                f"expected since within {reach.since.isoformat()} to {reach.until.isoformat()}, which is what "
                f"may be looked at, got {self.since.isoformat()}"
            )
        near = max(reach.since, self.since - _LATELY)
        return {"from": micros(self.since), "near": micros(near), "times": self.passages}
