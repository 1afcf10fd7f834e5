"""Every character a plate may carry, as a mask of any size.

Digits and letters are our own strokes (`edge.scene.latin`). Chinese characters are outlines in
`han.json`, derived from an OFL face (see `han.OFL.txt` and decision 0002), thickened sideways: the face
squeezed to half its width has thin uprights, the plates' have not.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files

import cv2
import numpy as np

from edge.scene import latin
from edge.scene.stroke import PEN, Mask, ink

#: Sideways and upright growth of a Chinese character's strokes, in tenths of a unit of the 45 × 90 box.
_GROW = (21.0, 9.0)
#: Characters of few strokes are printed as heavy as digits; they grow by double, sideways.
_SPARSE = frozenset("川甘云宁吉")
#: Dense characters would fill up; they grow by half.
_DENSE = frozenset("赣藏蒙冀豫鄂琼粤警澳湘渝鲁黑皖领")
_SCALE = 8  #: pixels a unit, as strokes are drawn


class GlyphStyle(enum.Enum):
    """Where on a plate a character stands: the standard gives each place a shape of its own."""

    ONE_ROW = "one row"
    UPPER_ROW = "upper row"
    LOWER_ROW = "lower row"
    NEW_ENERGY = "new energy"


#: Character, width and height in pixels, style → its coverage mask (height, width).
Glyphs = Callable[[str, int, int, GlyphStyle], Mask]


class UnknownGlyph(KeyError):
    """A character no plate carries."""

    def __init__(self, character: str) -> None:
        super().__init__(f"expected a character of the plates, got {character!r}")


@cache
def _outlines() -> dict[str, list[list[int]]]:
    text = files("edge.scene").joinpath("han.json").read_text("utf-8")
    loaded: dict[str, list[list[int]]] = json.loads(text)
    return loaded


@cache
def _master(character: str) -> Mask:
    """The character at 8 pixels a unit, filling its box."""
    drawing = latin.DRAWINGS.get(character)
    if drawing is not None:
        return ink(drawing, pen=latin.PENS.get(character, PEN))
    contours = _outlines().get(character)
    if contours is None:
        raise UnknownGlyph(character)
    sideways, upright = _GROW
    if character in _DENSE:
        sideways, upright = sideways / 2, upright / 2
    elif character in _SPARSE:
        sideways *= 2
    grow = (sideways, upright)
    width, height = 45 * _SCALE, 90 * _SCALE
    # Room for the growth, so that it ends at the box and not beyond it.
    inner = np.array([width - grow[0] * _SCALE / 10, height - grow[1] * _SCALE / 10])
    offset = np.array([width, height]) / 2 - inner / 2
    polygons = [
        np.round((np.reshape(c, (-1, 2)) / [450, 900] * inner + offset) * 16).astype(np.int32) for c in contours
    ]
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, polygons, 255, cv2.LINE_8, 4)
    kernel = np.ones((int(grow[1] * _SCALE / 10) | 1, int(grow[0] * _SCALE / 10) | 1), np.uint8)
    return cv2.dilate(mask, kernel).astype(np.uint8)


@cache
def glyph(character: str, width: int, height: int) -> Mask:
    """The character as a coverage mask of height × width pixels; do not write to it.

    Raises:
        UnknownGlyph: no plate carries it.
    """
    mask = cv2.resize(_master(character), (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)
    mask.setflags(write=False)
    return mask


def drawn(character: str, width: int, height: int, style: GlyphStyle) -> Mask:
    """Our own glyphs, for any style: one shape, scaled.

    Raises:
        UnknownGlyph: no plate carries the character.
    """
    return glyph(character, width, height)
