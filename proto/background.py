"""What a random vehicle's plate reads: how common a plate is before anyone has looked at it. Pure.

A read says how well a plate agrees with a picture; whether the vehicle *has* that plate also depends on how
many vehicles with such plates there are. In a city where four of five plates begin with 川C, a read of 皖C12345
that may be 川C12345 mostly is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from proto.plate import ALNUM, DIGITS, LETTERS, NEW_ENERGY_MARKS, PROVINCES

#: Reads that a network must have contributed before its own shares count as much as the even ones.
_DOUBT = 200.0
#: Share of any prefix where nothing is known: all provinces and letters alike.
EVEN = 1 / (len(PROVINCES) * len(LETTERS))
#: Share of plates by number of characters; other lengths are rare kinds.
_LENGTHS: Mapping[int, float] = {7: 0.75, 8: 0.24}
_RARE = 0.01
#: Plates that one prefix can have, by number of characters.
_ROOM: Mapping[int, float] = {
    7: float(len(ALNUM) ** 5),
    8: float(len(NEW_ENERGY_MARKS) * len(ALNUM) * len(DIGITS) ** 4),
}
#: Prefixes that are told apart, the commonest; what travels to the nodes stays small.
MOST_PREFIXES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """Shares of the first two characters among the vehicles that pass, 0 to 1."""

    shares: Mapping[str, float] = field(default_factory=dict)
    other: float = EVEN  #: of each prefix that is not named

    def share(self, prefix: str) -> float:
        """How common plates with these first two characters are; never 0."""
        return self.shares.get(prefix, self.other)

    def weight(self, text: str) -> float:
        """Probability that a random vehicle has this plate, up to one factor for all plates."""
        return self.share(text[:2]) * length_weight(len(text))


def length_weight(length: int) -> float:
    """Probability of one plate among those of a prefix, by its number of characters."""
    return _LENGTHS.get(length, _RARE) / _ROOM.get(length, _ROOM[7])


#: Knows nothing: every prefix is as common as any other.
UNKNOWN = Background()


def learn(counts: Mapping[str, int]) -> Background:
    """From how often each prefix was surely read. Few reads say little: they are mixed with the even shares."""
    total = sum(counts.values())
    named = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_PREFIXES]
    whole = total + _DOUBT
    other = EVEN * _DOUBT / whole
    return Background(shares={prefix: n / whole + other for prefix, n in named}, other=other)
