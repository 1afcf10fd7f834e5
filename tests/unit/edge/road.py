"""A pinhole camera over a straight road, and vehicles on it: where their plates appear, exactly."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from edge.frame import Corners, PlateDetection
from edge.trajectory import View
from proto.passage import Box

#: A full-HD camera six metres over the road, looking down a little.
VIEW = View(width=1920, height=1080)
_FOCAL = 2600.0
_CAMERA_HEIGHT, _TILT = 5.5, math.radians(11)
_PLATE_WIDTH, _PLATE_HEIGHT, _PLATE_ABOVE = 0.44, 0.14, 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """Straight on at constant speed."""

    plate: str
    start_m: float  #: from the camera along the road, at time 0
    speed: float  #: metres a second, positive towards the camera
    aside_m: float = 0.0  #: to the right of the camera's axis

    def metres(self, seconds: float) -> float:
        return self.start_m - self.speed * seconds

    def crosses(self, metres: float) -> float:
        """When it is that far from the camera, in seconds."""
        return (self.start_m - metres) / self.speed


def project(aside: float, above: float, ahead: float) -> tuple[float, float]:
    """A point of the world (metres aside, above the road, ahead) in pixels."""
    down = _CAMERA_HEIGHT - above
    depth = ahead * math.cos(_TILT) + down * math.sin(_TILT)
    lower = down * math.cos(_TILT) - ahead * math.sin(_TILT)
    return VIEW.width / 2 + _FOCAL * aside / depth, VIEW.height / 2 + _FOCAL * lower / depth


def detection(
    vehicle: Vehicle,
    seconds: float,
    rng: random.Random | None = None,
    *,
    noise_px: float = 1.0,
    confidence: float = 0.95,
) -> PlateDetection | None:
    """The vehicle's plate at a moment; None where it is not wholly in the picture or too far away."""
    ahead = vehicle.metres(seconds)
    if not 5 < ahead < 60:
        return None
    left, right = vehicle.aside_m - _PLATE_WIDTH / 2, vehicle.aside_m + _PLATE_WIDTH / 2
    top, bottom = _PLATE_ABOVE + _PLATE_HEIGHT, _PLATE_ABOVE
    a, b, c, d = (project(x, y, ahead) for x, y in ((left, top), (right, top), (right, bottom), (left, bottom)))
    if rng:
        a, b, c, d = ((x + rng.gauss(0, noise_px), y + rng.gauss(0, noise_px)) for x, y in (a, b, c, d))
    corners: Corners = (a, b, c, d)
    if not all(VIEW.holds(x, y) for x, y in corners):
        return None
    xs, ys = [p[0] for p in corners], [p[1] for p in corners]
    box = Box(x1=min(xs), y1=min(ys), x2=max(xs), y2=max(ys))
    return PlateDetection(box=box, corners=corners, confidence=confidence)


def line_at(metres: float) -> float:
    """Height in the picture, 0 (top) to 1, at which plates are that far from the camera."""
    return project(0, _PLATE_ABOVE + _PLATE_HEIGHT / 2, metres)[1] / VIEW.height
