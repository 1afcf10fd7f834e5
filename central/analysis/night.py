"""Out by night only (昼伏夜出)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from central.analysis.single import Single, offset_s
from central.analysis.work import Ground, within
from central.investigation import Reach
from central.investigation.plan import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class NightWishes(Single):
    """Who drives on several nights and hardly ever by day? A night counts as that of the evening before it."""

    kind: ClassVar[str] = "night"
    longest: ClassVar[timedelta] = timedelta(days=31)
    columns: ClassVar[dict[str, str]] = {
        "plate": "The vehicle's.",
        "nights": "On which it was seen.",
        "night_times": "Passages by night.",
        "times": "All passages.",
        "share": "Those by night, 0 to 1.",
        "first_at": "Earliest passage that it rests on.",
        "last_at": "Latest one.",
    }
    by_plate: ClassVar[bool] = True
    begins: int = 23  #: local hour
    ends: int = 5
    nights: int = 3  #: on which it was seen
    share: float = 0.9  #: of its passages that lie in the night

    sql: ClassVar[str] = """
SELECT plate, nights, night_times, times, round(night_times / times, 3) AS share, first_at, last_at
FROM (
  SELECT plate, count() AS times, countIf(dark) AS night_times,
    uniqExactIf(intDiv(local_s - {ends:UInt32} * 3600, 86400), dark) AS nights,
    toUnixTimestamp64Micro(min(captured_at)) AS first_at, toUnixTimestamp64Micro(max(captured_at)) AS last_at
  FROM (
    SELECT plate, captured_at, intDiv(toUnixTimestamp64Micro(captured_at), 1000000) + {offset:Int64} AS local_s,
      intDiv(local_s % 86400, 3600) AS hour,
      if({begins:UInt32} > {ends:UInt32}, hour >= {begins:UInt32} OR hour < {ends:UInt32},
        hour >= {begins:UInt32} AND hour < {ends:UInt32}) AS dark
    FROM seen WHERE plate != ''
  )
  GROUP BY plate
)
WHERE nights >= {nights:UInt32} AND night_times >= {share:Float64} * times
ORDER BY nights DESC, night_times DESC, plate
"""

    def __post_init__(self) -> None:
        within("begins", self.begins, 0, 23)
        within("ends", self.ends, 0, 23)
        within("ends - begins", abs(self.ends - self.begins), 1, 23)
        within("nights", self.nights, 1, 31)
        within("share", self.share, 0.5, 1)

    def values(self, reach: Reach, ground: Ground) -> dict[str, Value]:
        del reach
        return {
            "begins": self.begins,
            "ends": self.ends,
            "nights": self.nights,
            "share": self.share,
            "offset": offset_s(ground),
        }
