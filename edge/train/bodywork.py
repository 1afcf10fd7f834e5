"""The end of a vehicle round a plate, drawn in the plate's own plane. Not one that exists."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.frame import Image
from edge.train.backdrop import Quad, shade
from edge.train.friends import add_object

Points = NDArray[np.float64]


class _Plane:
    """Draws in units of the plate's width, from its middle, y down."""

    def __init__(self, picture: Image, plate: Quad, aspect: float) -> None:
        half = aspect / 2
        flat = np.array([(-0.5, -half), (0.5, -half), (0.5, half), (-0.5, half)], np.float32)
        self._to_picture = cv2.getPerspectiveTransform(flat, plate)
        self._picture = picture

    def corners(self, x: float, y: float, wide: float, high: float) -> Quad | None:
        """Where a rectangle round (x, y) is in the picture; None where it is far outside."""
        a, b = wide / 2, high / 2
        flat = np.array([(x - a, y - b), (x + a, y - b), (x + a, y + b), (x - a, y + b)], np.float32)
        quad = cv2.perspectiveTransform(flat[None], self._to_picture)[0]
        side = self._picture.shape[1]
        inside = (quad > -side).all() and (quad < 2 * side).all()
        return np.asarray(quad, np.float32) if inside else None

    def shape(self, points: Sequence[tuple[float, float]] | Points, colour: Sequence[float]) -> None:
        """A filled convex shape."""
        ahead = np.column_stack([np.asarray(points, np.float64), np.ones(len(points))]) @ self._to_picture.T
        # What perspective puts behind the camera is not drawn.
        if (ahead[:, 2] <= 0.05).any():
            return
        seen = np.clip(ahead[:, :2] / ahead[:, 2:], -4000, 4000)
        cv2.fillConvexPoly(self._picture, np.round(seen * 16).astype(np.int32), colour, cv2.LINE_AA, 4)

    def box(self, x: float, y: float, wide: float, high: float, colour: Sequence[float]) -> None:
        """A rectangle round (x, y)."""
        half_x, half_y = wide / 2, high / 2
        self.shape(
            [
                (x - half_x, y - half_y),
                (x + half_x, y - half_y),
                (x + half_x, y + half_y),
                (x - half_x, y + half_y),
            ],
            colour,
        )

    def disc(self, x: float, y: float, wide: float, high: float, colour: Sequence[float]) -> None:
        """An ellipse round (x, y)."""
        turn = np.linspace(0, 2 * np.pi, 17)[:-1]
        self.shape(np.column_stack([x + np.cos(turn) * wide / 2, y + np.sin(turn) * high / 2]), colour)


def add_bodywork(picture: Image, plate: Quad, aspect: float, rng: np.random.Generator) -> None:
    """Bumper, grille, lamps and badge where a plate will hang; in place.

    Args:
        plate: corners that the plate will have, in pixels.
        aspect: its height by its width.
    """
    plane = _Plane(picture, plate, aspect)
    paint = np.array(shade(rng), np.float64)
    middle = float(rng.normal(0, 0.25)) if rng.random() < 0.3 else 0.0  # plates hang beside it, too
    half, top, foot = rng.uniform(1.6, 2.6), rng.uniform(1.2, 3.2), rng.uniform(0.5, 1.0)
    plane.disc(middle, foot + 0.1, half * 2.2, 0.7, (20, 20, 20))  # its shadow
    plane.shape(
        [
            (middle - half * 0.8, -top),
            (middle + half * 0.8, -top),
            (middle + half, -top * 0.3),
            (middle + half, foot),
            (middle - half, foot),
            (middle - half, -top * 0.3),
        ],
        paint.tolist(),
    )
    if rng.random() < 0.6:  # a window
        glass = (rng.uniform(20, 110) + rng.normal(0, 8, 3)).clip(0, 255).tolist()
        plane.box(middle, -top * 0.8, half * 1.4, top * 0.35, glass)
    if rng.random() < 0.75:  # a grille, or a boot's lower edge
        _grille(plane, middle, -rng.uniform(0.35, 0.8), half, rng)
    for side in (-1, 1):
        quad = plane.corners(
            middle + side * half * 0.78, -rng.uniform(0.3, 0.9), rng.uniform(0.3, 1.0), rng.uniform(0.15, 0.5)
        )
        if quad is not None:
            add_object(picture, quad, rng, lamp=True)
    if rng.random() < 0.7:  # a badge
        quad = plane.corners(middle, -rng.uniform(0.35, 1.0), rng.uniform(0.15, 0.5), 0.2)
        if quad is not None:
            add_object(picture, quad, rng)
    if rng.random() < 0.7:  # a bumper, which plates hang on or in
        plane.box(middle, 0.05, half * 1.9, rng.uniform(0.5, 0.9), (paint * rng.uniform(0.6, 1.1)).tolist())
    if rng.random() < 0.6:  # an opening below
        plane.box(middle, foot * 0.75, half * rng.uniform(0.8, 1.6), 0.25, (25, 25, 27))
    if rng.random() < 0.4:  # a niche
        plane.box(0, 0, rng.uniform(1.08, 1.5), aspect * rng.uniform(1.1, 1.7), shade(rng))


def _grille(plane: _Plane, x: float, y: float, half: float, rng: np.random.Generator) -> None:
    wide, high = half * rng.uniform(0.5, 1.3), rng.uniform(0.2, 0.6)
    plane.box(x, y, wide, high, (30, 30, 32))
    bar = shade(rng)
    count = int(rng.integers(2, 8))
    for i in range(count):
        share = (i + 0.5) / count - 0.5
        if rng.random() < 0.9:
            plane.box(x, y + share * high, wide, high / count * 0.4, bar)
