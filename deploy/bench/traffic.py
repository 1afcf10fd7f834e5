"""Synthetic reads for volume: a city's vehicles, read as the reader really errs.

Nothing here knows how a suspicion is scored, and nothing is drawn from that model, or the result would flatter
itself. With real reads at hand, a synthetic read is a bootstrap of them: a donor photo gives the quality, and
every position is what the reader really gave for that very character on a photo of like quality – right or
wrong, sure or not, with the alternatives it named. Without real reads, errors come from a table of look-alikes
written down here, in the mix that one operator reported. Characters are lost at rates that are assumed (see
`LOST_TAIL`, `LOST_MIDDLE`), since the grammar keeps this reader from losing them on plate pictures.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from deploy.bench.reads import RealRead
from proto.passage import PlateRead, Position
from proto.plate import PlateClass, PlateColour, classify

#: Of all reads, those that lose the last character and another one: in proportion to the look-alikes, as one
#: operator reported them (25 and 8 against 45 of a hundred errors), of 1.6 % misread.
LOST_TAIL, LOST_MIDDLE = 0.006, 0.002
#: Share of vehicles with plates of the city itself; the rest is spread over the others.
AT_HOME = 0.8
HOME = "川C"
_LETTERS, _DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "0123456789"
#: Bounds between qualities, by a donor's confidence.
_QUALITIES = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.997)
#: Used where there are no real reads: what a character is taken for, and how often any is.
_TAKEN_FOR = {
    "0": "DQ", "D": "0Q", "Q": "0", "1": "TL", "T": "17", "L": "1", "2": "Z", "Z": "2", "5": "S", "S": "5",
    "6": "G", "G": "6C", "8": "B3", "B": "8", "3": "8", "U": "V", "V": "U", "H": "MN", "M": "HN", "N": "MH",
    "E": "F", "F": "E", "4": "A", "A": "4", "7": "T1", "川": "皖津", "渝": "皖", "云": "皖", "贵": "皖",
}  # fmt: skip
_MISTAKES = 0.004


@dataclass(frozen=True, slots=True)
class Read:
    """A read with the truth beside it."""

    truth: str
    read: PlateRead


@dataclass(slots=True)
class Donors:
    """Positions of real reads by true character and quality."""

    qualities: list[int] = field(default_factory=list)
    by_character: dict[tuple[str, int], list[tuple[str, Position]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    any_quality: dict[str, list[tuple[str, Position]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, reads: Sequence[RealRead]) -> Donors:
        """Those of the same length as the truth have positions that can be told apart."""
        made = cls()
        for one in reads:
            if len(one.truth) != len(one.read.text) or len(one.read.lattice) != len(one.truth):
                continue
            quality = bisect(_QUALITIES, one.read.confidence)
            made.qualities.append(quality)
            for true, seen, position in zip(one.truth, one.read.text, one.read.lattice, strict=True):
                made.by_character[true, quality].append((seen, position))
                made.any_quality[true].append((seen, position))
        return made

    def characters(self, among: str, *, at_least: int = 12) -> str:
        """Those that enough photos show to be drawn from."""
        return "".join(c for c in among if len(self.any_quality.get(c, ())) >= at_least)


class City:
    """Draws vehicles and reads of them; the same seed draws the same."""

    def __init__(self, donors: Donors, *, seed: int) -> None:
        self._donors = donors
        self._random = random.Random(seed)
        known = donors.characters("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼")
        self._provinces = known or "川渝云贵"
        self._letters = donors.characters(_LETTERS) or _LETTERS
        self._digits = donors.characters(_DIGITS) or _DIGITS

    def plate(self) -> str:
        """Of a random vehicle: blue, with no letter or one or two among its five last characters."""
        draw = self._random
        home = draw.random() < AT_HOME
        prefix = HOME if home else draw.choice(self._provinces) + draw.choice(self._letters)
        serial = [draw.choice(self._digits) for _ in range(5)]
        for _ in range(draw.choices((0, 1, 2), (0.3, 0.5, 0.2))[0]):
            serial[draw.randrange(5)] = draw.choice(self._letters)
        return prefix + "".join(serial)

    def read(self, truth: str) -> Read:
        """One passage of that vehicle."""
        draw = self._random
        quality = draw.choice(self._donors.qualities) if self._donors.qualities else 0
        positions = [self._position(c, quality) for c in truth]
        at = draw.random()
        lost = at < LOST_TAIL + LOST_MIDDLE
        if lost:
            gone = len(positions) - 1 if at < LOST_TAIL else draw.randrange(2, len(positions) - 1)
            del positions[gone]
        text = "".join(c for c, _ in positions)
        confidence = 1.0
        for c, position in positions:
            confidence *= dict(position).get(c, 0.0)
        if lost:  # the reader sees that something is amiss
            confidence *= draw.uniform(0.2, 0.95)
        return Read(
            truth,
            PlateRead(
                text=text,
                plate_class=classify(text, PlateColour.BLUE) if not lost else PlateClass.UNKNOWN,
                colour=PlateColour.BLUE,
                confidence=confidence,
                lattice=tuple(position for _, position in positions),
            ),
        )

    def _position(self, character: str, quality: int) -> tuple[str, Position]:
        donors = self._donors
        found = donors.by_character.get((character, quality)) or donors.any_quality.get(character)
        if found:
            return self._random.choice(found)
        return self._invented(character)

    def _invented(self, character: str) -> tuple[str, Position]:
        others = _TAKEN_FOR.get(character, "")
        draw = self._random
        if not others or draw.random() > 4 * _MISTAKES:
            return character, ((character, 1 - 10 ** draw.uniform(-6, -3)),)
        other = draw.choice(others)
        top = draw.betavariate(4, 2)
        first, second = (other, character) if draw.random() < 0.25 else (character, other)
        top = max(top, 1 - top)
        return first, ((first, top * 0.99), (second, (1 - top) * 0.99))
