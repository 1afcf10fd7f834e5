"""How sure a suspected hit must be, so that no more false ones come than are wanted. Pure.

Nobody can say from a distance between texts how often a list will be mistaken for passing vehicles: a list of
a million plates must ask for far more certainty than a list of ten. So the network counts what its own doubtful
reads may have been (`TrafficProfile`): for every kind of plate, how many such plates were handed out at each
level of score, each taken for a false one. Times the share of such plates that are listed, that is how many
false alerts a threshold lets through; the threshold follows from the rate that is wanted, for this list.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from proto.background import UNKNOWN, Background, learn
from proto.passage import PlateRead
from proto.plate import DIGITS
from proto.variants import LEAST, Variant, is_sure

#: Levels of score, from `LEAST` to 1: so many a decade.
_A_DECADE = 20
LEVELS = tuple(
    min(1.0, LEAST * 10 ** (i / _A_DECADE)) for i in range(math.ceil(-math.log10(LEAST) * _A_DECADE) + 1)
)
#: Passages before a network's own profile is believed.
ENOUGH = 20_000
#: Old counts fade: at so many passages all are halved.
_FADE_AT = 4_000_000
#: Measured on photos, half of them worsened: a read hands out so many plates that it is not,
#: divided by the least score that counts.
_USUAL = 0.005
_A_TO_Z = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: What `shape` makes of characters.
_KINDS = str.maketrans(DIGITS + _A_TO_Z, "0" * len(DIGITS) + "A" * len(_A_TO_Z))
#: Above this nothing is suspected: the rate can't be kept.
NEVER = 1.01


def shape(text: str) -> str:
    """Plates of a kind: the first two characters, and where the others are digits (0) or letters (A)."""
    return text[:2] + text[2:].translate(_KINDS)


def room(kind: str) -> float:
    """How many plates there can be of a shape."""
    return float(10 ** kind.count("0", 2) * 24 ** kind.count("A", 2))


def _level(score: float) -> int:
    """The highest level that the score reaches."""
    if score <= LEAST:
        return 0
    return min(len(LEVELS) - 1, int(math.log10(score / LEAST) * _A_DECADE + 1e-9))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What makes a candidate a suspected hit, until the list or the traffic changes."""

    threshold: float = NEVER  #: least score
    background: Background = UNKNOWN
    expected_per_million: float = 0.0  #: false ones a million passages, as far as one can tell


#: Suspects nothing.
OFF = Rule()


@dataclass(slots=True)
class TrafficProfile:
    """Counts of one network's reads. Not for several threads at once."""

    passages: int = 0
    prefixes: Counter[str] = field(default_factory=Counter)
    handed_out: dict[str, list[float]] = field(default_factory=dict)  #: shape → plates, by level

    def saw_sure(self, texts: Iterable[str]) -> None:
        """Reads that are taken at their word, by their texts: all that a bulk path need know of them."""
        before = self.prefixes.total()
        self.prefixes.update(text[:2] for text in texts)
        self.passages += self.prefixes.total() - before
        self._fade()

    def saw(self, read: PlateRead, found: Sequence[Variant]) -> None:
        """One read with what it may have been."""
        if is_sure(read):
            self.saw_sure((read.text,))
            return
        self.passages += 1
        for text, score in found:
            if text != read.text:
                levels = self.handed_out.setdefault(shape(text), [0.0] * len(LEVELS))
                # As if it were false, however sure: readers err together where they err.
                levels[_level(score)] += 1
        self._fade()

    def background(self) -> Background:
        """How common prefixes are here."""
        return learn(self.prefixes)

    def _fade(self) -> None:
        if self.passages < _FADE_AT:
            return
        self.passages //= 2
        self.prefixes = Counter({k: n // 2 for k, n in self.prefixes.items() if n > 1})
        self.handed_out = {k: [v / 2 for v in levels] for k, levels in self.handed_out.items()}


def false_per_million(profile: TrafficProfile, listed: Mapping[str, int]) -> list[float]:
    """For each of `LEVELS` as threshold: the false suspected hits that a million passages would bring.

    Args:
        profile: of the traffic; where it has too little, what was measured elsewhere stands in, with every
            alternative falling where the list is densest.
        listed: orders that may be suspected, by shape.
    """
    if profile.passages < ENOUGH:
        densest = max((min(1.0, n / room(kind)) for kind, n in listed.items()), default=0.0)
        return [_USUAL / level * densest * 1e6 for level in LEVELS]
    # There are thousands of shapes, and a matcher asks while passages wait.
    kinds = [kind for kind in profile.handed_out if listed.get(kind)]
    if not kinds:
        return [0.0] * len(LEVELS)
    density = np.array([listed[kind] / room(kind) for kind in kinds]) / profile.passages
    at_level = density @ np.array([profile.handed_out[kind] for kind in kinds])
    rates: list[float] = (np.cumsum(at_level[::-1])[::-1] * 1e6).tolist()
    return rates


def rule_for(profile: TrafficProfile, listed: Mapping[str, int], wanted_per_million: float) -> Rule:
    """The lowest threshold that keeps the wanted rate; none does where nothing is wanted.

    Args:
        profile: of the network's own traffic.
        listed: orders that may be suspected, by shape.
        wanted_per_million: false suspected hits a million passages, at most.
    """
    if wanted_per_million <= 0:
        return Rule(background=profile.background())
    rates = false_per_million(profile, listed)
    for level, rate in zip(LEVELS, rates, strict=True):
        if rate <= wanted_per_million:
            return Rule(threshold=level, background=profile.background(), expected_per_million=rate)
    return Rule(background=profile.background())
