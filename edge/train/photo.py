"""A rendered plate as a camera sees it: in perspective, in its surroundings, through light and lens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.frame import Corners, Image
from edge.scene.glyph import Glyphs
from edge.scene.plate import PlateFace, print_plate
from edge.train.misery import photographed
from edge.train.surroundings import add_holder, lay, surroundings
from edge.train.wear import worn

#: Scales, pixels a millimetre, that plates are printed at: the next above what the camera sees is taken, so
#: that warping neither invents nor aliases strokes.
_SCALES = (0.12, 0.17, 0.24, 0.34, 0.48, 0.68)
#: Widths of a plate in the picture, pixels: evenly over their logarithm. 46 is a one-row plate 15 high.
_NARROWEST, _WIDEST = 46.0, 220.0
#: Of the pictures, those with a plate nearly unharmed: a photo taken at the gate, by day.
_MILD = 0.12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlatePhoto:
    """A picture of one plate and where it is."""

    image: Image
    corners: Corners


def photograph(face: PlateFace, rng: np.random.Generator, glyphs: Glyphs) -> PlatePhoto:
    """Print a plate, wear it, hang it up somewhere and photograph it."""
    width_mm, height_mm = face.size
    wide = float(np.exp(rng.uniform(np.log(_NARROWEST), np.log(_WIDEST))))
    # Two rows need the height that one row has, not the width.
    wide *= 1.0 if face.row_count == 1 else 0.72
    corners = seen(wide, height_mm / width_mm, rng)
    scale = next((s for s in _SCALES if s * width_mm >= wide), _SCALES[-1])
    plate = worn(print_plate(face, scale, glyphs), rng)
    low, high = corners.min(axis=0), corners.max(axis=0)
    room = np.array([0.22 * wide, 0.6 * wide * height_mm / width_mm], np.float32) * rng.uniform(0.6, 1.2)
    corners = corners - (low - room)
    width, height = (max(16, int(n)) for n in np.ceil(high - low + 2 * room))
    picture = surroundings(height, width, rng)
    if rng.random() < 0.35:
        add_holder(picture, corners, rng)
    lay(picture, plate, corners)
    a, b, c, d = ((float(x), float(y)) for x, y in corners)
    return PlatePhoto(image=photographed(picture, rng, mild=_MILD), corners=(a, b, c, d))


def seen(wide: float, aspect: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """The corners, round (0, 0), of a plate that is `wide` pixels wide when seen from the front."""
    yaw = np.radians(np.clip(rng.normal(0, 20), -58, 58))
    pitch = np.radians(np.clip(rng.normal(8, 12), -35, 45))
    roll = np.radians(rng.normal(0, 4) if rng.random() < 0.8 else rng.uniform(-22, 22))
    half = np.array([(-1, -aspect), (1, -aspect), (1, aspect), (-1, aspect)]) * (wide / 2)
    x, y = half.T
    z = x * np.sin(yaw)
    x = x * np.cos(yaw)
    z, y = z * np.cos(pitch) + y * np.sin(pitch), y * np.cos(pitch) - z * np.sin(pitch)
    near = 1 + z / (wide * rng.uniform(4, 16))
    x, y = x / near, y / near
    turned = np.stack([x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)], axis=1)
    return turned.astype(np.float32)
