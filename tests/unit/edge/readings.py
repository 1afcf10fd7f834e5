"""Simulated looks at a plate: the truth, worn down by a named amount of noise."""

from __future__ import annotations

import random
from dataclasses import dataclass

from edge.frame import PlateReading
from proto.passage import Position
from proto.plate import ALNUM, PROVINCES, PlateColour, classify, confusable_with


def reading(
    text: str, *, certainty: float = 0.95, colour: PlateColour = PlateColour.BLUE, rows: int = 1
) -> PlateReading:
    """A look that saw `text`, each character with the same certainty and no named rival."""
    return PlateReading(
        text=text,
        plate_class=classify(text, colour, rows),
        colour=colour,
        rows=rows,
        confidence=certainty ** len(text),
        lattice=tuple(((c, certainty),) for c in text),
        sharpness=certainty,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How looks at a plate go wrong."""

    blur: float  #: 0 to 1: how flat the distributions are, and how often the wrong character leads
    lost: float = 0.0  #: chance a look that one character is missing
    doubled: float = 0.0  #: chance a look that one character is seen twice


def noisy(text: str, weather: Weather, rng: random.Random) -> PlateReading:
    """One look through the weather. Its distributions are honest: p is how often that character is right."""
    positions: list[Position] = []
    for character in text:
        rivals = confusable_with(character) or (PROVINCES if character in PROVINCES else ALNUM)
        rival = rng.choice([c for c in rivals if c != character])
        wrong = rng.random() < weather.blur / 2
        lead = 1 - weather.blur / 2 + rng.uniform(-0.05, 0.05) * (1 - weather.blur)
        lead = min(0.995, max(0.4, lead))
        first, second = (rival, character) if wrong else (character, rival)
        positions.append(((first, lead), (second, (1 - lead) * 0.8)))
    if rng.random() < weather.lost:
        del positions[rng.randrange(len(positions))]
    if rng.random() < weather.doubled:
        at = rng.randrange(len(positions))
        positions.insert(at, positions[at])
    seen = "".join(position[0][0] for position in positions)
    confidence = 1.0
    for position in positions:
        confidence *= position[0][1]
    return PlateReading(
        text=seen,
        plate_class=classify(seen),
        colour=PlateColour.BLUE,
        rows=1,
        confidence=confidence,
        lattice=tuple(positions),
        sharpness=1 - weather.blur,
    )
