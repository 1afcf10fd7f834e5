"""Perspective rectification: a plate's four corners become an upright picture of a wanted size. Pure."""

from __future__ import annotations

import cv2
import numpy as np

from edge.frame import Corners, Image

#: A plate shown this many times larger than wanted is averaged down, not sampled: sampling aliases strokes.
_SAMPLE_LIMIT = 1.5


def rectify(
    image: Image, corners: Corners, *, width: int, height: int, margin: tuple[float, float] = (1.0, 1.0)
) -> Image:
    """The plate, upright.

    Args:
        image: BGR, any size.
        corners: the plate's corners in pixels of `image`; they may lie outside it (the border is repeated).
        width: of the result in pixels.
        height: of the result in pixels.
        margin: how many plate widths and plate heights the result shows, around the plate's middle.

    Returns:
        (height, width, 3), BGR.
    """
    shown = max(_length(corners[0], corners[1]), _length(corners[3], corners[2])) * margin[0] / width
    times = 1 if shown <= _SAMPLE_LIMIT else min(4, int(np.ceil(shown)))
    w, h = width * times, height * times
    x, y = w * (1 - 1 / margin[0]) / 2, h * (1 - 1 / margin[1]) / 2
    target = np.array([(x, y), (w - x, y), (w - x, h - y), (x, h - y)], np.float32)
    matrix = cv2.getPerspectiveTransform(np.array(corners, np.float32), target)
    upright = cv2.warpPerspective(
        image, matrix, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if times > 1:
        upright = cv2.resize(upright, (width, height), interpolation=cv2.INTER_AREA)
    return upright.astype(np.uint8, copy=False)


def aspect(corners: Corners) -> float:
    """Width over height of the plate as the image shows it; a slanting view makes it smaller."""
    a, b, c, d = corners
    return (_length(a, b) + _length(d, c)) / max(1e-6, _length(a, d) + _length(b, c))


def whole(image: Image) -> Corners:
    """The image's own corners: for a picture that shows one plate and nothing else."""
    height, width = image.shape[:2]
    return (0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height))


def _length(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(np.hypot(b[0] - a[0], b[1] - a[1]))
