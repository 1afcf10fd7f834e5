"""What rendered pictures of a training are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.scene.glyph import Glyphs, drawn
from edge.train.real import RealPlate


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredients:
    """With the same ones, picture `i` is the same whoever asks for it, and whenever.

    Attributes:
        seed: of everything that is left to chance.
        glyphs: what is printed.
        real: real plates that may be trained on.
        real_share: those of the real ones, 0 to 1: of a reader's crops, of a detector's one-row plates.
    """

    seed: int
    glyphs: Glyphs = drawn
    real: Sequence[RealPlate] = ()
    real_share: float = 0.0
