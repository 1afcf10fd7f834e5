"""Texts to print: of every class of `proto.plate`, province characters all alike in number."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edge.scene.plate import PlateFace
from proto.plate import ALNUM, DIGITS, LETTERS, ClassRule, PlateClass, PlateColour, rule_of

_C = PlateClass
#: Shares of the classes among rendered plates, and of the row counts that a class may have. Not those of a
#: road: what is rare there must be learnt too.
SHARES: Mapping[tuple[PlateClass, int], float] = {
    (_C.SMALL_CAR, 1): 0.38,
    (_C.LARGE_VEHICLE, 1): 0.09,
    (_C.LARGE_VEHICLE, 2): 0.06,
    (_C.SMALL_NEW_ENERGY, 1): 0.15,
    (_C.LARGE_NEW_ENERGY, 1): 0.045,
    (_C.TRAILER, 2): 0.035,
    (_C.TRAILER, 1): 0.01,
    (_C.TRAINING, 1): 0.035,
    (_C.POLICE, 1): 0.035,
    (_C.HONG_KONG, 1): 0.015,
    (_C.MACAO, 1): 0.012,
    (_C.EMBASSY, 1): 0.012,
    (_C.CONSULATE, 1): 0.014,
    (_C.ARMED_POLICE, 1): 0.02,
    (_C.ARMY, 1): 0.02,
    (_C.EMERGENCY, 1): 0.008,
    (_C.MOTORCYCLE, 2): 0.02,
    (_C.MOPED, 2): 0.01,
    (_C.TRACTOR, 2): 0.01,
}
_KINDS = tuple(SHARES)
_CUMULATED = np.cumsum(list(SHARES.values())) / sum(SHARES.values())
#: Where digits and letters may stand, a letter comes with one of these shares, by plate: most plates have none
#: to two letters, some cities' have many.
_LETTER_SHARES = (0.0, 0.12, 0.3, 24 / 34)
#: Small new-energy plates whose ground is like the large ones', and the like: the class's further colours.
_USUAL_COLOUR = 0.85


def draw_face(rng: np.random.Generator) -> PlateFace:
    """One plate of any class."""
    plate_class, rows = _KINDS[int(np.searchsorted(_CUMULATED, rng.random()))]
    rule = rule_of(plate_class)
    assert rule is not None
    return PlateFace(text=draw_text(rule, rng), plate_class=plate_class, colour=_colour(rule, rng), rows=rows)


def draw_text(rule: ClassRule, rng: np.random.Generator) -> str:
    """A text of a class. `O` never: the plates that carry it print it as `0`."""
    pattern = rule.patterns[int(rng.integers(len(rule.patterns)))]
    letters = _LETTER_SHARES[int(rng.integers(len(_LETTER_SHARES)))]
    return "".join(_character(alphabet, letters, rng) for alphabet in pattern)


def _character(alphabet: str, letters: float, rng: np.random.Generator) -> str:
    if alphabet == ALNUM:
        alphabet = LETTERS if rng.random() < letters else DIGITS
    elif alphabet == LETTERS + "O":
        alphabet = LETTERS
    return alphabet[int(rng.integers(len(alphabet)))]


def _colour(rule: ClassRule, rng: np.random.Generator) -> PlateColour:
    if len(rule.colours) == 1 or rng.random() < _USUAL_COLOUR:
        return rule.colours[0]
    return rule.colours[int(rng.integers(1, len(rule.colours)))]
