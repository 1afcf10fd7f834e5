"""Pen strokes and their rasterisation: how the digits and letters of `edge.scene.latin` are drawn.

A drawing lives in a box of 45 × 90 units (the millimetres of a one-row plate's character). The pen is
flat-ended: a stroke meant to end at the box's edge runs past it and is cut off there, which gives the
horizontally cut feet that the plates' diagonals have.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

#: A greyscale coverage mask: (height, width), uint8, 255 = ink.
Mask = NDArray[np.uint8]

BOX_WIDTH = 45.0
BOX_HEIGHT = 90.0
#: Width of the pen, units.
PEN = 10.0

#: Pixels a unit while drawing; the result is scaled down from there.
_SCALE = 8
_STEPS = 32  #: straight pieces a curve is drawn with
_SHIFT = 4  #: fractional bits of OpenCV's polygon coordinates

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A straight stroke."""

    x1: float
    y1: float
    x2: float
    y2: float

    def points(self) -> list[Point]:
        return [(self.x1, self.y1), (self.x2, self.y2)]


@dataclass(frozen=True, slots=True)
class Arc:
    """A piece of an ellipse, less than a whole one; degrees clockwise from three o'clock."""

    cx: float
    cy: float
    rx: float
    ry: float
    start: float
    end: float

    def points(self) -> list[Point]:
        angles = np.radians(np.linspace(self.start, self.end, _STEPS + 1))
        return [(self.cx + self.rx * math.cos(a), self.cy + self.ry * math.sin(a)) for a in angles]


@dataclass(frozen=True, slots=True)
class Curve:
    """A quadratic curve from the first point to the third, pulled towards the second."""

    x1: float
    y1: float
    x2: float
    y2: float
    x3: float
    y3: float

    def points(self) -> list[Point]:
        found = []
        for t in np.linspace(0.0, 1.0, _STEPS + 1):
            a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
            found.append((a * self.x1 + b * self.x2 + c * self.x3, a * self.y1 + b * self.y2 + c * self.y3))
        return found


Stroke = Line | Arc | Curve


def ring(cx: float, cy: float, rx: float, ry: float) -> tuple[Arc, Arc]:
    """A whole ellipse, as two arcs that overlap a little: flat ends that only met would leave a hairline."""
    return Arc(cx, cy, rx, ry, -2, 182), Arc(cx, cy, rx, ry, 178, 362)


def _outline(points: Sequence[Point], pen: float) -> NDArray[np.float64]:
    """The polygon a flat-ended pen covers along a smooth path."""
    path = np.asarray(points, dtype=np.float64)
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) * (pen / 2)
    return np.concatenate([path + normal, (path - normal)[::-1]])


def ink(strokes: Iterable[Stroke], *, pen: float = PEN) -> Mask:
    """The strokes drawn at 8 pixels a unit: a mask of 720 × 360."""
    mask = np.zeros((int(BOX_HEIGHT) * _SCALE, int(BOX_WIDTH) * _SCALE), np.uint8)
    for stroke in strokes:
        polygon = _outline(stroke.points(), pen) * _SCALE - 0.5
        fixed = np.round(polygon * (1 << _SHIFT)).astype(np.int32)
        cv2.fillPoly(mask, [fixed], 255, cv2.LINE_8, _SHIFT)
    return mask
