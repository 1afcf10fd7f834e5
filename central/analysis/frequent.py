"""Frequent passage (频繁过车): who keeps coming past some checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from central.analysis.single import Single, offset_s
from central.analysis.work import Ground, some_checkpoints, within
from central.investigation import Reach
from central.investigation.plan import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequentWishes(Single):
    """Who passed these checkpoints so often, on so many local days?"""

    kind: ClassVar[str] = "frequent"
    longest: ClassVar[timedelta] = timedelta(days=31)
    columns: ClassVar[dict[str, str]] = {
        "plate": "The vehicle's.",
        "times": "Passages.",
        "days": "Different local days.",
        "checkpoints": "Different ones.",
        "first_at": "Earliest passage that it rests on.",
        "last_at": "Latest one.",
    }
    checkpoints: tuple[str, ...]
    passages: int = 10
    days: int = 1

    sql: ClassVar[str] = """
SELECT plate, count() AS times,
  uniqExact(intDiv(intDiv(toUnixTimestamp64Micro(captured_at), 1000000) + {offset:Int64}, 86400)) AS days,
  uniqExact(checkpoint_id) AS checkpoints,
  toUnixTimestamp64Micro(min(captured_at)) AS first_at, toUnixTimestamp64Micro(max(captured_at)) AS last_at
FROM seen WHERE plate != '' AND checkpoint_id IN {places:Array(String)}
GROUP BY plate HAVING times >= {times:UInt32} AND days >= {days:UInt32}
ORDER BY times DESC, plate
"""

    def __post_init__(self) -> None:
        some_checkpoints("checkpoints", self.checkpoints)
        within("passages", self.passages, 2, 100_000)
        within("days", self.days, 1, 31)

    def values(self, reach: Reach, ground: Ground) -> dict[str, Value]:
        del reach
        return {
            "places": sorted(set(self.checkpoints)),
            "times": self.passages,
            "days": self.days,
            "offset": offset_s(ground),
        }
