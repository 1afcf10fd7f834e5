"""Ultralytics' way of feeding a picture to a YOLO network and of reading its output. Pure.

A network of version 8 or later with one class, exported without its own suppression: input (1, 3, h, w),
RGB scaled to 0…1; output (1, 5, n): centre x, centre y, width, height in input pixels, and the score.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.frame import Corners, Image
from proto.passage import Box

#: Pixels an input's sides must be a multiple of.
STRIDE = 32
#: Largest IoU of two plates that are both kept.
OVERLAP = 0.4
_GREY = 114


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How a picture lies in the network's input."""

    scale: float  #: input pixels a pixel of the picture
    left: int  #: input pixels
    top: int


def letterbox(image: Image, long_side: int) -> tuple[NDArray[np.float32], Fit]:
    """The input (1, 3, h, w) in which the picture's longer side takes `long_side` pixels, in the middle of the
    least grey that brings both sides to a multiple of the stride."""
    height, width = image.shape[:2]
    scale = long_side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR) if size != (width, height) else image
    spare = -size[0] % STRIDE / 2, -size[1] % STRIDE / 2
    # Halves are shared out as ultralytics does: the smaller one to the left and the top.
    left, top = round(spare[0] - 0.1), round(spare[1] - 0.1)
    right, bottom = round(spare[0] + 0.1), round(spare[1] + 0.1)
    boxed = cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(_GREY,) * 3)
    batch = np.ascontiguousarray(boxed[..., ::-1].transpose(2, 0, 1)[None], np.float32) / np.float32(255)
    return batch, Fit(scale=scale, left=left, top=top)


def decode(
    output: NDArray[np.float32], fit: Fit, *, size: tuple[int, int], threshold: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What an output (1, 5, n) says is there, before suppression.

    Args:
        output: the network's.
        fit: see `letterbox`.
        size: the picture's width and height; boxes end there.
        threshold: least score.

    Returns:
        Boxes (k, 4) x1, y1, x2, y2 in pixels of the picture, and scores (k,).
    """
    rows = output[0].T
    rows = rows[rows[:, 4] > threshold]
    half = rows[:, 2:4] / 2
    boxes: NDArray[np.float32] = np.concatenate([rows[:, :2] - half, rows[:, :2] + half], axis=1)
    boxes -= np.array([fit.left, fit.top] * 2, np.float32)
    boxes /= np.float32(fit.scale)
    np.clip(boxes, 0, [*size, *size], out=boxes)
    return boxes, rows[:, 4]


def corners_of(box: Box) -> Corners:
    """A box's own corners: all that is known of a plate that was found without its corners."""
    return (box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2)
