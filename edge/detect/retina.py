"""Single-shot detection heads with prior boxes: priors, decoding, non-maximum suppression. Pure.

The scheme is RetinaFace's: on each of three feature maps, two square priors a cell; the network gives,
per prior, an offset of the box, a score, and offsets of the landmarks (here: the plate's four corners).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

#: Pixels an input's sides must be a multiple of: the coarsest feature map's stride.
STRIDE = 32
_STEPS = (8, 16, 32)
_SIZES = ((24, 48), (96, 192), (384, 768))
#: Scale of the offsets the network was trained on: of centres and corners, of sizes.
CENTRE_VARIANCE, SIZE_VARIANCE = 0.1, 0.2


@lru_cache(maxsize=32)
def priors(height: int, width: int) -> Floats:
    """(n, 3) centre x, centre y and size in pixels, in the order of the outputs."""
    parts = []
    for step, sizes in zip(_STEPS, _SIZES, strict=True):
        rows, columns = -(-height // step), -(-width // step)
        y, x, size = np.meshgrid(
            (np.arange(rows) + 0.5) * step, (np.arange(columns) + 0.5) * step, sizes, indexing="ij"
        )
        parts.append(np.stack([x, y, size], axis=-1).reshape(-1, 3))
    found = np.concatenate(parts).astype(np.float32)
    found.setflags(write=False)
    return found


def decode_boxes(offsets: Floats, prior: Floats) -> Floats:
    """Boxes (n, 4) as x1, y1, x2, y2 in pixels of the input."""
    size = prior[:, 2:]
    centre = prior[:, :2] + offsets[:, :2] * CENTRE_VARIANCE * size
    half = size * np.exp(offsets[:, 2:] * SIZE_VARIANCE) / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def decode_points(offsets: Floats, prior: Floats) -> Floats:
    """Landmarks (n, k, 2) in pixels of the input, from offsets (n, 2k)."""
    points = offsets.reshape(len(offsets), offsets.shape[1] // 2, 2)
    return prior[:, None, :2] + points * CENTRE_VARIANCE * prior[:, None, 2:]


def suppress(boxes: Floats, scores: Floats, overlap: float) -> list[int]:
    """Indices of the boxes that stay, best first: none overlaps a better one by more than `overlap` (IoU)."""
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    left = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while left.size:
        best, left = int(left[0]), left[1:]
        kept.append(best)
        sides = np.minimum(boxes[best, 2:], boxes[left, 2:]) - np.maximum(boxes[best, :2], boxes[left, :2])
        shared = np.prod(np.maximum(sides, 0), axis=1)
        left = left[shared <= overlap * (areas[best] + areas[left] - shared)]
    return kept
