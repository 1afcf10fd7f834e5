"""What a reader says of characters that it can't make out, and how several looks set that aside. Pure.

A look's distributions are what the reader concludes: what it saw, on top of what it expects. A plate too
small or too blurred to tell is read as what the reader's training showed it most often, in every frame
anew. When the frames are multiplied as if each had found it out by itself, that expectation soon outweighs
the one frame that did see. So several looks hold it once, not once each.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from edge.lattice import unnamed
from proto.passage import Lattice, Position
from proto.plate import PROVINCES

#: Mean probabilities that the shipped recognisers give to provinces which they can't make out, on rendered
#: plates of all provinces alike in number: `python -m tests.accuracy.leaning`. The others share the rest.
LEANING: Mapping[str, float] = {
    "皖": 0.21,
    "豫": 0.10,
    "浙": 0.08,
    "冀": 0.07,
    "鲁": 0.06,
    "苏": 0.06,
    "湘": 0.04,
    "沪": 0.04,
    "鄂": 0.03,
}


@cache
def _favour(character: str) -> float:
    """How many times more it is expected than if all provinces were alike; 1 for what is no province."""
    if character not in PROVINCES:
        return 1.0
    rest = (1 - sum(LEANING.values())) / (len(PROVINCES) - len(LEANING))
    return LEANING.get(character, rest) * len(PROVINCES)


def levelled(lattice: Lattice, share: float) -> Lattice:
    """The lattice with a share of the reader's leaning taken out, 0 (none) to 1 (all of it)."""
    return tuple(_levelled(position, share) for position in lattice)


def _levelled(position: Position, share: float) -> Position:
    if not any(character in PROVINCES for character, _ in position):
        return position
    weighed = [(character, p / _favour(character) ** share) for character, p in position]
    total = sum(p for _, p in weighed) + unnamed(position)
    return tuple((character, p / total) for character, p in weighed) if total > 0 else position
