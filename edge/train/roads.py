"""Vehicles of the simulator on its roads, for scenes that detectors learn from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from edge.frame import Image
from edge.scene.drawing import Drawing
from edge.scene.ground import paint_background
from edge.scene.light import Conditions, Light
from edge.scene.plate import PlateFace
from edge.scene.traffic import Paint, Vehicle, VehicleKind
from edge.scene.view import Lane, RoadView
from edge.train.backdrop import Quad

#: Width and height of a road's picture.
_SIDE = 512
_KINDS = tuple(VehicleKind)
_KIND_SHARES = (0.3, 0.22, 0.14, 0.1, 0.16, 0.08)
_PAINTS = tuple(Paint)
_LIGHTS = (Light.DAY, Light.DUSK, Light.NIGHT, Light.INFRARED)
_LIGHT_SHARES = (0.72, 0.1, 0.1, 0.08)
#: Different vehicles: painting one takes as long as a scene, so painted ones are kept.
_VEHICLES = 32
#: Of a plate's box, what a nearer vehicle may cover so that it can still be found.
_COVERED = 0.12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Road:
    """An empty road and its light."""

    view: RoadView
    conditions: Conditions
    empty: Image

    @classmethod
    def of(cls, number: int) -> Road:
        """The road of a number."""
        rng = np.random.default_rng((77, number))
        lanes = int(rng.integers(1, 4))
        view = RoadView(
            width=_SIDE,
            height=_SIDE,
            lanes=tuple(
                Lane(number=i + 1, direction=f"{i}", approaching=bool(rng.random() < 0.6)) for i in range(lanes)
            ),
            camera_height=float(rng.uniform(2.2, 6.5)),
            trigger=float(rng.uniform(9, 22)),
            trigger_at=float(rng.uniform(0.5, 0.8)),
        )
        conditions = Conditions(
            light=_LIGHTS[int(rng.choice(len(_LIGHTS), p=_LIGHT_SHARES))], rain=bool(rng.random() < 0.2)
        )
        return cls(view=view, conditions=conditions, empty=paint_background(view, conditions, number))


def paint_road(
    road: Road,
    rng: np.random.Generator,
    face_of: Callable[[np.random.Generator], PlateFace],
    hang: Callable[[Image, Quad, PlateFace, np.random.Generator], bool],
) -> tuple[Image, list[tuple[Quad, bool, bool]]]:
    """A picture of the road with vehicles on it.

    Args:
        face_of: draws what is printed on a plate.
        hang: puts a plate into a picture, over the simulator's own; gives whether its corners are exact.

    Returns:
        The picture; every plate's corners, whether it can be seen whole, and what `hang` gave.
    """
    view, picture = road.view, road.empty.copy()
    near, far = view.reach
    waiting: list[tuple[float, int]] = []
    for lane in range(len(view.lanes)):
        y = near * rng.uniform(0.9, 1.5)
        while y < min(far, near + 45) and rng.random() < 0.8:
            waiting.append((y, lane))
            y += rng.uniform(6, 22)
    placed: list[tuple[Quad, bool, bool]] = []
    for y, lane in sorted(waiting, reverse=True):
        make = int(rng.integers(_VEHICLES))
        kind, paint = _looks(make)
        vehicle = Vehicle(
            face=face_of(rng),
            kind=kind,
            paint=paint,
            lane=lane,
            speed_kmh=float(rng.uniform(5, 70)),
            crosses_at=0.0,
        )
        drawing = Drawing(view, road.conditions, picture, vehicle, y)
        drawing.make = make % 8
        if not drawing.draw():
            continue
        placed = [(quad, seen and not _covered(quad, drawing), exact) for quad, seen, exact in placed]
        quad = _plate_of(drawing, rng)
        placed.append((quad, True, hang(picture, quad, vehicle.face, rng)))
    return picture, placed


def _looks(make: int) -> tuple[VehicleKind, Paint]:
    rng = np.random.default_rng((78, make))
    return _KINDS[int(rng.choice(len(_KINDS), p=_KIND_SHARES))], _PAINTS[int(rng.integers(len(_PAINTS)))]


def _plate_of(drawing: Drawing, rng: np.random.Generator) -> Quad:
    """The plate's corners in the picture, hung a little askew."""
    width, height = (mm / 1000 for mm in drawing.vehicle.face.size)
    turn = np.radians(rng.normal(0, 2.0))
    half = np.array([(-width, height), (width, height), (width, -height), (-width, -height)]) / 2
    # A little larger than the plate that is already there, so that nothing of it is left at the edges.
    half *= 1.03
    turned = half @ np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
    points = [(drawing.x + x, drawing.y - 0.02, drawing.body.plate_z + z) for x, z in turned]
    return drawing.view.project(points).astype(np.float32)


def _covered(quad: Quad, drawing: Drawing) -> bool:
    """True where a nearer vehicle hides too much of a plate."""
    low = np.maximum(np.floor(quad.min(axis=0) - drawing.origin).astype(int), 0)
    high = np.maximum(np.ceil(quad.max(axis=0) - drawing.origin).astype(int), 0)
    part = drawing.mask[low[1] : high[1], low[0] : high[0]]
    whole = float(np.prod(np.ptp(quad, axis=0)))
    return bool(cv2.countNonZero(part) > _COVERED * whole) if part.size else False
