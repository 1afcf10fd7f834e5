"""A contact sheet: every misread plate with its picture, what stands on it and what was read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from edge.camera.images import read_photo
from edge.frame import Corners, Image
from edge.rectify import aspect, rectify
from edge.scene.glyph import UnknownGlyph, glyph
from edge.train.score import Misread

_PLATE_HEIGHT, _PLATE_WIDTH, _TEXT_HEIGHT, _NOTE_HEIGHT, _GAP, _COLUMNS = 80, 256, 26, 16, 8, 4
_LABEL_INK, _READ_INK, _NOTE_INK = (0, 110, 0), (0, 0, 190), (90, 90, 90)


def write_sheet(misread: Sequence[Misread], path: Path) -> None:
    """Write the sheet as PNG; nothing is written where nothing was misread."""
    tiles = [_tile(m) for m in misread]
    if not tiles:
        return
    blank = np.full_like(tiles[0], 255)
    rows = [tiles[i : i + _COLUMNS] for i in range(0, len(tiles), _COLUMNS)]
    rows[-1] += [blank] * (_COLUMNS - len(rows[-1])) if len(rows) > 1 else []
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imencode(".png", np.vstack([np.hstack(row) for row in rows]))[1].tofile(path)


def _tile(misread: Misread) -> Image:
    height = _PLATE_HEIGHT + 2 * _TEXT_HEIGHT + _NOTE_HEIGHT + 4 * _GAP
    tile = np.full((height, _PLATE_WIDTH + 2 * _GAP, 3), 255, np.uint8)
    picture = _picture(misread)
    tile[_GAP : _GAP + _PLATE_HEIGHT, _GAP : _GAP + picture.shape[1]] = picture
    y = _PLATE_HEIGHT + 2 * _GAP
    _write(tile, misread.label.text, y, _LABEL_INK)
    reading = misread.reading
    _write(tile, reading.text if reading else "", y + _TEXT_HEIGHT + _GAP // 2, _READ_INK)
    why = f"{reading.confidence:.3f}" if reading else "not legible" if misread.plate else "not found"
    at = (_GAP, height - _GAP)
    note = f"{misread.photo.path.name}  {why}"
    cv2.putText(tile, note, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, _NOTE_INK, 1, cv2.LINE_AA)
    return tile


def _picture(misread: Misread) -> Image:
    image = read_photo(misread.photo.path)
    corners = misread.plate.corners if misread.plate else _corners_of_label(misread, image)
    width = min(_PLATE_WIDTH, max(40, round(_PLATE_HEIGHT * aspect(corners))))
    return rectify(image, corners, width=width, height=_PLATE_HEIGHT, margin=(1.12, 1.3))


def _corners_of_label(misread: Misread, image: Image) -> Corners:
    height, width = image.shape[:2]
    box = misread.label.box
    x1, y1, x2, y2 = (box.x1, box.y1, box.x2, box.y2) if box else (0.0, 0.0, float(width), float(height))
    return (x1, y1), (x2, y1), (x2, y2), (x1, y2)


def _write(tile: Image, text: str, y: int, ink: tuple[int, int, int]) -> None:
    width = _TEXT_HEIGHT * 3 // 5
    for i, character in enumerate(text):
        x = _GAP + i * (width + 3)
        place = tile[y : y + _TEXT_HEIGHT, x : x + width]
        try:
            mask = glyph(character, width, _TEXT_HEIGHT)[..., None].astype(np.float32) / 255
        except UnknownGlyph:
            mask = np.ones((_TEXT_HEIGHT, width, 1), np.float32)  # a character nobody could read
        place[:] = (place * (1 - mask) + np.array(ink, np.float32) * mask).astype(np.uint8)
