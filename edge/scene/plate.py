"""Number plates after GA 36: sizes, spacing, colours, frame, dot and screws of every class.

Lengths are millimetres. One-row plates are 440 × 140 with characters of 45 × 90, 12 apart, 34 between the
second and third where the dot stands; new-energy plates are 480 × 140, 9 apart, with the emblem in a gap
of 49; two-row plates are 440 × 220 with an upper row of 80 × 60 and a lower of 65 × 110. Motorcycles'
are 220 × 140, tractors' 300 × 165.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from edge.frame import Image
from edge.scene.glyph import Glyphs, GlyphStyle, drawn
from proto.plate import PROVINCES, ClassRule, PlateClass, PlateColour, rule_of

Colour = tuple[int, int, int]  #: BGR

_BLUE: Colour = (158, 74, 18)
_YELLOW: Colour = (30, 176, 242)
_GREEN: Colour = (126, 188, 82)
_FARM_GREEN: Colour = (88, 128, 30)
_NEAR_WHITE: Colour = (236, 240, 238)
_BLACK: Colour = (26, 24, 24)
_RED: Colour = (36, 30, 206)

_GROUND = {
    PlateColour.BLUE: _BLUE,
    PlateColour.YELLOW: _YELLOW,
    PlateColour.GREEN: _GREEN,
    PlateColour.YELLOW_GREEN: _GREEN,
    PlateColour.WHITE: _NEAR_WHITE,
    PlateColour.BLACK: _BLACK,
}
_SMALL = frozenset({PlateClass.MOTORCYCLE, PlateClass.MOPED})
_NEW_ENERGY = frozenset({PlateClass.SMALL_NEW_ENERGY, PlateClass.LARGE_NEW_ENERGY})
#: Eight characters on one row need the longer plate.
_WIDE = _NEW_ENERGY | {PlateClass.EMERGENCY}
_MILITARY = frozenset({PlateClass.ARMED_POLICE, PlateClass.ARMY})
_UPPER, _LOWER, _SLIM = GlyphStyle.UPPER_ROW, GlyphStyle.LOWER_ROW, GlyphStyle.NEW_ENERGY


class UnprintablePlate(ValueError):
    """A plate no workshop makes: a class without a rule, or more or fewer characters than the layout has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateFace:
    """What is printed on a plate. `colour` and `rows` default to the class's usual ones."""

    text: str  #: normalised, without the dot
    plate_class: PlateClass
    colour: PlateColour | None = None
    rows: int | None = None

    @property
    def ground(self) -> PlateColour:
        """The ground colour it is printed on."""
        return self.colour or _rule(self.plate_class).colours[0]

    @property
    def row_count(self) -> int:
        """Rows of text, 1 or 2."""
        return self.rows or _rule(self.plate_class).rows[0]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in millimetres."""
        if self.plate_class in _SMALL:
            return 220.0, 140.0
        if self.plate_class is PlateClass.TRACTOR:
            return 300.0, 165.0
        if self.row_count == 2:
            return 440.0, 220.0
        return (480.0, 140.0) if self.plate_class in _WIDE else (440.0, 140.0)


def _rule(plate_class: PlateClass) -> ClassRule:
    rule = rule_of(plate_class)
    if rule is None:
        raise UnprintablePlate(f"expected a class with a rule, got {plate_class.value}")
    return rule


@dataclass(frozen=True, slots=True)
class _Cell:
    """Where a character is printed: left-top corner and size."""

    x: float
    y: float
    width: float
    height: float
    style: GlyphStyle = GlyphStyle.ONE_ROW


def _row(
    x: float,
    y: float,
    width: float,
    height: float,
    pitch: float,
    count: int,
    style: GlyphStyle = GlyphStyle.ONE_ROW,
) -> list[_Cell]:
    return [_Cell(x + i * pitch, y, width, height, style) for i in range(count)]


def _dotted(face: PlateFace) -> bool:
    """Whether a dot stands between the second and third character."""
    text = face.text
    return face.plate_class in _MILITARY or (text[0] in PROVINCES and text[1:2].isalpha())


def _cells(face: PlateFace) -> list[_Cell]:
    """A cell a character.

    Raises:
        UnprintablePlate: the layout has another number of cells than the text has characters.
    """
    count = len(face.text)
    width, height = face.size
    if face.plate_class in _SMALL:
        cells = [*_row(56, 13, 42, 36, 66, 2, _UPPER), *_row(16, 62, 30, 64, 39.5, 5, _LOWER)]
    elif face.plate_class is PlateClass.TRACTOR:
        cells = [*_row(56, 15, 52, 45, 68, 3, _UPPER), *_row(25, 72, 40, 80, 52.5, 5, _LOWER)]
    elif face.row_count == 2:
        cells = [*_row(110, 15, 80, 60, 140, 2, _UPPER), *_row(27.5, 90, 65, 110, 80, 5, _LOWER)]
    elif face.plate_class is PlateClass.ARMED_POLICE and count > 7:
        wide = (424.0 - 24) / count  # WJ and the province, the dot in a gap, then the number
        head = _row(9, 25, wide - 7, 90, wide, count - 5)
        cells = [*head, *_row(9 + wide * (count - 5) + 24, 25, wide - 7, 90, wide, 5)]
    elif width > 440:
        cells = [
            _Cell(15.5, 25, 45, 90, _SLIM),
            _Cell(69.5, 25, 43, 90, _SLIM),
            *_row(161.5, 25, 43, 90, 52, 6, _SLIM),
        ]
    elif _dotted(face):
        cells = [*_row(15.5, 25, 45, 90, 57, 2), *_row(151.5, 25, 45, 90, 57, 5)]
    else:
        cells = _row((width - 45 * 7 - 12 * 6) / 2, 25, 45, 90, 57, 7)
    if len(cells) != count:
        raise UnprintablePlate(
            f"expected {len(cells)} characters on a {face.plate_class.value} plate of {face.row_count} row(s), "
            f"got {count}: {face.text!r}"
        )
    assert all(c.x >= 0 and c.x + c.width <= width and c.y + c.height <= height for c in cells)
    return cells


def _usual_ink(face: PlateFace) -> Colour:
    light = face.ground in (PlateColour.BLUE, PlateColour.BLACK) or face.plate_class is PlateClass.TRACTOR
    return _NEAR_WHITE if light else _BLACK


def _inks(face: PlateFace) -> Iterator[Colour]:
    """The colour of each character."""
    usual = _usual_ink(face)
    for i, character in enumerate(face.text):
        red = (
            (face.ground is PlateColour.WHITE and character in "警应急")
            or character in "使领"
            or (face.plate_class in _MILITARY and i < 2)
        )
        yield _RED if red else usual


def _field(face: PlateFace, width: int, height: int) -> NDArray[np.float32]:
    """The ground without print, frame or screws."""
    field = np.empty((height, width, 3), np.float32)
    field[:] = _GROUND[face.ground]
    if face.plate_class is PlateClass.SMALL_NEW_ENERGY:
        # White at the top, running to green below the middle.
        share = np.clip(np.linspace(-0.15, 1.15, height, dtype=np.float32), 0, 1)[:, None, None]
        field[:] = (1 - share) * np.array(_NEAR_WHITE, np.float32) + share * np.array(_GREEN, np.float32)
    elif face.ground is PlateColour.YELLOW_GREEN:
        field[:, : round(width * 0.285)] = _YELLOW
    elif face.plate_class is PlateClass.TRACTOR:
        field[:] = _FARM_GREEN
    return field


@lru_cache(maxsize=512)
def render_plate(face: PlateFace, px_per_mm: float = 1.0) -> Image:
    """The plate new, flat and evenly lit, as a BGR image of its size times `px_per_mm`; do not write to it.

    Raises:
        UnprintablePlate: the class has no rule, or the text does not fill its layout.
        UnknownGlyph: a character no plate carries.
    """
    image = print_plate(face, px_per_mm)
    image.setflags(write=False)
    return image


def print_plate(face: PlateFace, px_per_mm: float = 1.0, glyphs: Glyphs = drawn) -> Image:
    """As `render_plate`, by any set of glyphs, kept nowhere: for plates that are printed once.

    Half a millisecond at half a pixel a millimetre.

    Raises:
        UnprintablePlate, UnknownGlyph: as `render_plate`.
    """
    cells = _cells(face)
    image = _unprinted(_Blank.of(face), px_per_mm).copy()
    for character, cell, colour in zip(face.text, cells, _inks(face), strict=True):
        x, y = round(cell.x * px_per_mm), round(cell.y * px_per_mm)
        w, h = max(2, round(cell.width * px_per_mm)), max(2, round(cell.height * px_per_mm))
        cover = glyphs(character, w, h, cell.style)[:, :, None].astype(np.float32) / 255
        part = image[y : y + h, x : x + w]
        part[:] = part + cover[: part.shape[0], : part.shape[1]] * (np.array(colour, np.float32) - part)
    return image


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blank:
    """What a plate looks like before its text is pressed: all that frame, dot and screws depend on."""

    face: PlateFace  #: any one of those that look like this
    dotted: bool
    characters: int

    @classmethod
    def of(cls, face: PlateFace) -> _Blank:
        # One text stands for all with as many characters and the same need of a dot.
        dotted = _dotted(face)
        stand_in = ("京A00000" if dotted else "0000000").ljust(len(face.text), "0")[: len(face.text)]
        return cls(
            face=PlateFace(
                text=stand_in, plate_class=face.plate_class, colour=face.ground, rows=face.row_count
            ),
            dotted=dotted,
            characters=len(face.text),
        )


@lru_cache(maxsize=256)
def _unprinted(blank: _Blank, px_per_mm: float) -> Image:
    """Ground, frame, dot and screws; do not write to it."""
    face = blank.face
    width_mm, height_mm = face.size
    width, height = round(width_mm * px_per_mm), round(height_mm * px_per_mm)
    field = _field(face, width, height)
    usual = np.array(_usual_ink(face), np.float32)
    if face.plate_class not in _NEW_ENERGY:
        _frame(field, usual, px_per_mm)
    _dot(field, face, usual, px_per_mm)
    _screws(field, face, px_per_mm)
    image = np.clip(field, 0, 255).astype(np.uint8)
    image.setflags(write=False)
    return image


def _disc(field: NDArray[np.float32], x: float, y: float, radius: float, colour: NDArray[np.float32]) -> None:
    """An antialiased disc; all in pixels."""
    x0, x1 = max(0, int(x - radius) - 1), int(x + radius) + 3
    y0, y1 = max(0, int(y - radius) - 1), int(y + radius) + 3
    part = field[y0:y1, x0:x1]
    rows, columns = np.ogrid[y0 : y0 + part.shape[0], x0 : x0 + part.shape[1]]
    distance = np.hypot(columns + 0.5 - x, rows + 0.5 - y)
    cover = np.clip(radius + 0.5 - distance, 0, 1).astype(np.float32)[:, :, None]
    part += cover * (colour - part)


def _dot(field: NDArray[np.float32], face: PlateFace, colour: NDArray[np.float32], scale: float) -> None:
    width, height = face.size
    if face.plate_class is PlateClass.TRACTOR or face.plate_class in _SMALL:
        return
    if face.row_count == 2:
        _disc(field, 220 * scale, 45 * scale, 5 * scale, colour)
    elif face.plate_class in _NEW_ENERGY:
        # The emblem: a ring with a charging plug, which at camera distance is a dark ring.
        x, y = 137 * scale, 70 * scale
        _disc(field, x, y, 12 * scale, np.array(_BLACK, np.float32))
        _disc(field, x, y, 8 * scale, field[int(y), min(int(x + 16 * scale), field.shape[1] - 1)].copy())
        _disc(field, x, y, 3.5 * scale, np.array(_BLACK, np.float32))
    elif face.plate_class is PlateClass.ARMED_POLICE and len(face.text) > 7:
        x = 17.5 + 400 / len(face.text) * (len(face.text) - 5)
        _disc(field, x * scale, height / 2 * scale, 5 * scale, colour)
    elif _dotted(face):
        x = 137.0 if width > 440 else 134.5
        _disc(field, x * scale, height / 2 * scale, 5 * scale, colour)


def _frame(field: NDArray[np.float32], colour: NDArray[np.float32], scale: float) -> None:
    """The rounded line round the plate, 3 mm wide, 4 mm from its edge."""
    height, width = field.shape[:2]
    inset = 4 * scale
    rows, columns = np.ogrid[0:height, 0:width]
    radius = 8 * scale
    # Signed distance to a rounded rectangle.
    dx = np.abs(columns + 0.5 - width / 2) - (width / 2 - inset - radius)
    dy = np.abs(rows + 0.5 - height / 2) - (height / 2 - inset - radius)
    outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) + np.minimum(np.maximum(dx, dy), 0) - radius
    cover = np.clip(1.5 * scale + 0.5 - np.abs(outside + 1.5 * scale), 0, 1).astype(np.float32)[:, :, None]
    field += cover * (colour - field)


def _screws(field: NDArray[np.float32], face: PlateFace, scale: float) -> None:
    """Heads of the four screws (two on small plates) that the standard's holes are for."""
    width, height = face.size
    if face.plate_class in _SMALL:
        places = [(width / 2, 10.0), (width / 2, height - 10.0)]
    else:
        left = 115.0 if width > 400 else 75.0
        places = [(x, y) for x in (left, width - left) for y in (11.0, height - 11.0)]
    for x, y in places:
        _disc(field, x * scale, y * scale, 5 * scale, np.array((120, 122, 124), np.float32))
        _disc(field, x * scale - 0.5, y * scale - 0.5, 3 * scale, np.array((186, 188, 190), np.float32))
