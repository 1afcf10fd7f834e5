"""What lies round a plate: bodywork, holders, dealers' lettering. Invented, cheap, never the same twice."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.frame import Image
from edge.scene.glyph import glyph
from proto.plate import ALNUM

#: Paints, plastics and shadows (BGR) that bodies round plates have; each is varied.
_PAINTS = (
    (28, 28, 30),
    (60, 60, 62),
    (128, 128, 130),
    (200, 202, 204),
    (240, 240, 240),
    (110, 60, 20),
    (40, 40, 150),
    (90, 110, 120),
)
Points = NDArray[np.float32]


def surroundings(height: int, width: int, rng: np.random.Generator) -> Image:
    """A picture of (height, width) to set a plate into: soft shades, edges, sometimes other lettering."""
    base = np.array(_PAINTS[int(rng.integers(len(_PAINTS)))], np.float32) * rng.uniform(0.6, 1.15)
    rows, columns = int(rng.integers(2, 6)), int(rng.integers(2, 6))
    shades = base + rng.normal(0, rng.uniform(3, 45), (rows, columns, 1)) + rng.normal(0, 6, (rows, columns, 3))
    small = np.clip(shades, 0, 255).astype(np.uint8)
    how = cv2.INTER_LINEAR if rng.random() < 0.7 else cv2.INTER_NEAREST
    picture = np.asarray(cv2.resize(small, (width, height), interpolation=how), np.uint8)
    for _ in range(int(rng.integers(0, 5))):
        _edge(picture, rng)
    if rng.random() < 0.12:
        _lettering(picture, rng)
    return picture


def _shade(rng: np.random.Generator) -> tuple[int, int, int]:
    level = int(rng.integers(25, 231))
    b, g, r = rng.integers(-25, 26, 3).tolist()
    return level + b, level + g, level + r


def _edge(picture: Image, rng: np.random.Generator) -> None:
    """A seam, a bumper's edge, a grille's bar."""
    height, width = picture.shape[:2]
    y = int(rng.integers(0, height))
    slope = int(rng.normal(0, 0.12) * width)
    thick = 1 + int(rng.integers(0, max(2, height // 8)))
    if rng.random() < 0.8:
        cv2.line(picture, (0, y), (width, y + slope), _shade(rng), thick, cv2.LINE_AA)
    else:
        x = int(rng.integers(0, width))
        cv2.line(picture, (x, 0), (x + slope // 3, height), _shade(rng), thick, cv2.LINE_AA)


def _lettering(picture: Image, rng: np.random.Generator) -> None:
    """Letters and digits that are no plate: a badge, a telephone number, a dealer's name."""
    height, width = picture.shape[:2]
    high = max(5, int(height * rng.uniform(0.08, 0.25)))
    wide = max(3, round(high * rng.uniform(0.5, 0.8)))
    if high >= height:
        return  # a strip too narrow for letters
    x = int(rng.integers(-wide, max(1, width // 2)))
    top = int(rng.integers(0, 2)) * (height - high - 1)  # above or below, where a plate is not
    colour = np.array(_shade(rng), np.float32)
    for _ in range(int(rng.integers(3, 10))):
        if 0 <= x < width - wide:
            mask = glyph(ALNUM[int(rng.integers(len(ALNUM)))], wide, high)[..., None].astype(np.float32) / 255
            part = picture[top : top + high, x : x + wide]
            part[:] = (part + mask * (colour - part)).astype(np.uint8)
        x += round(wide * 1.25)


def lay(picture: Image, patch: Image, corners: Points, *, shift: float = 0.0) -> None:
    """Lay a patch on a picture with its corners at four points; in place.

    Args:
        corners: (4, 2) in pixels: left-top, right-top, right-foot, left-foot.
        shift: of the points that are meant, on both; -0.5 where they are pixels' outer corners.
    """
    rows, columns = patch.shape[:2]
    flat = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float32)
    cv2.warpPerspective(
        patch,
        cv2.getPerspectiveTransform(flat + np.float32(shift), (corners + np.float32(shift)).astype(np.float32)),
        (picture.shape[1], picture.shape[0]),
        dst=picture,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )


def add_holder(picture: Image, corners: Points, rng: np.random.Generator) -> None:
    """A frame that the plate is clipped into, often with a strip for the dealer's name; in place.

    Args:
        corners: (4, 2), the plate's, in pixels.
    """
    middle = corners.mean(axis=0)
    grown = middle + (corners - middle) * np.array(
        [rng.uniform(1.015, 1.06), rng.uniform(1.04, 1.2)], np.float32
    )
    down = (corners[3] - corners[0] + corners[2] - corners[1]) / 2
    if rng.random() < 0.4:
        grown[2:] += down * np.float32(rng.uniform(0.05, 0.2))
    grown += rng.normal(0, 0.01, (4, 2)).astype(np.float32) * np.linalg.norm(down)
    colour = _shade(rng) if rng.random() < 0.5 else (30, 30, 30)
    cv2.fillConvexPoly(picture, np.round(grown * 16).astype(np.int32), colour, cv2.LINE_AA, 4)
