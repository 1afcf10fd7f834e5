"""A contact sheet of crops: to look at what a reader is trained on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from edge.frame import Image
from edge.scene.glyph import glyph
from edge.train.crops import Crop

_COLUMNS, _GAP, _TEXT = 6, 6, 14
_WIDEST = 272


def write_sheet(crops: Iterable[Crop], path: Path) -> None:
    """Pictures with their texts below, as PNG."""
    tiles = [_tile(crop) for crop in crops]
    if not tiles:
        return
    blank = np.full_like(tiles[0], 255)
    tiles += [blank] * (-len(tiles) % _COLUMNS)
    rows = [np.hstack(tiles[i : i + _COLUMNS]) for i in range(0, len(tiles), _COLUMNS)]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imencode(".png", np.vstack(rows))[1].tofile(path)


def _tile(crop: Crop) -> Image:
    height = crop.picture.shape[0]
    picture = crop.picture
    if picture.shape[1] > _WIDEST:
        picture = cv2.resize(picture, (_WIDEST, height)).astype(np.uint8)
    tile = np.full((height + _TEXT + 2 * _GAP, _WIDEST + _GAP, 3), 255, np.uint8)
    tile[:height, : picture.shape[1]] = picture
    for i, character in enumerate(crop.text):
        mask = 255 - glyph(character, _TEXT // 2 + 1, _TEXT)
        tile[height + _GAP // 2 :, i * (_TEXT // 2 + 4) :][:_TEXT, : mask.shape[1]] = mask[..., None]
    return tile
