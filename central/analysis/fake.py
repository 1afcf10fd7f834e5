"""Fake plates (假牌), as far as a passage tells: text and ground colour that no plate has together.

Whether a plate was ever issued is for the register of vehicles to say; here is told which texts fit no class,
and which colours none of the classes that the text fits may have, seen several times by readers that were sure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from central.analysis.work import Finding, Ground, Work, at_most, not_longer, rows, within
from central.investigation import Limits, Plan, Reach
from proto.plate import PlateColour, classes_of, rule_of

_LOOKS = """
SELECT plate, toString(colour) AS colour, count() AS times, uniqExact(checkpoint_id) AS checkpoints,
  round(avg(confidence) / 10000, 4) AS mean_confidence,
  toUnixTimestamp64Micro(min(captured_at)) AS first_at, toUnixTimestamp64Micro(max(captured_at)) AS last_at
FROM seen WHERE plate != '' AND confidence >= {sure:UInt32} AND (
  NOT match(plate, {ordinary:String}) OR colour NOT IN ('', 'unknown', 'blue', 'yellow'))
GROUP BY plate, colour HAVING times >= {times:UInt32} AND checkpoints >= {checkpoints:UInt32}
ORDER BY times DESC, plate, colour
"""
#: What an ordinary plate of seven characters looks like: blue and yellow ones of that form need no second look.
_ORDINARY = "^[^0-9A-Za-z][A-Z][0-9A-Z]{5}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeWishes:
    """Which plates can't be genuine?"""

    kind: ClassVar[str] = "fake"
    longest: ClassVar[timedelta] = timedelta(days=31)
    questions: ClassVar[int] = 1
    columns: ClassVar[dict[str, str]] = {
        "plate": "As read.",
        "colour": "Ground colour as seen.",
        "times": "Passages.",
        "checkpoints": "Different ones.",
        "mean_confidence": "Of the reads, 0 to 1.",
        "first_at": "Earliest passage that it rests on.",
        "last_at": "Latest one.",
        "why": "form: the text fits no class; colour: no class of that form has it.",
    }
    passages: int = 3
    checkpoints: int = 2  #: different ones: one camera alone may see colours wrongly
    confidence: float = 0.95  #: of a read that counts

    def __post_init__(self) -> None:
        within("passages", self.passages, 2, 1000)
        within("checkpoints", self.checkpoints, 1, 100)
        within("confidence", self.confidence, 0.5, 1)

    @property
    def subject(self) -> str:
        return ""

    def work(self, reach: Reach, ground: Ground) -> Work:
        del ground
        not_longer(self.kind, reach, self.longest)
        answer = yield Plan(
            name=self.kind,
            sql=_LOOKS,
            reach=reach,
            limits=Limits(rows=200_000, seconds=60),
            parameters={
                "sure": round(self.confidence * 10_000),
                "times": self.passages,
                "checkpoints": self.checkpoints,
                "ordinary": _ORDINARY,
            },
        )
        found: list[Finding] = []
        for row in rows(answer):
            why = why_not(row["plate"], row["colour"])
            if why:
                found.append({**row, "why": why})
        return at_most(self.kind, found)


def why_not(text: str, colour: str) -> str:
    """`form`: it fits no class; `colour`: no class of that form has the colour; empty: it may be genuine."""
    classes = classes_of(text)
    if not classes:
        return "form"
    ground = PlateColour(colour) if colour else PlateColour.UNKNOWN
    if ground is PlateColour.UNKNOWN:
        return ""
    allowed = {c for each in classes if (rule := rule_of(each)) is not None for c in rule.colours}
    return "" if not allowed or ground in allowed else "colour"
