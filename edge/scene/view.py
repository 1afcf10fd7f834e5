"""The camera over the road: a pinhole on a pole, and the picture it gets of a flat road.

Road coordinates are metres: x to the right of the camera, y ahead of it along the road, z up from the
asphalt. Picture coordinates are pixels, u to the right and v down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]

#: Usual height of a plate's middle above the road, metres: what calibration refers to.
PLATE_HEIGHT = 0.55


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One lane, as the picture shows it."""

    number: int  #: 1 = nearest the centre line
    direction: str  #: as configured at the checkpoint
    approaching: bool = True  #: vehicles come towards the camera (front plates), else away (rear plates)


@dataclass(frozen=True, kw_only=True)
class RoadView:
    """Where the camera stands and how it looks.

    The focal length follows from the lanes: they fill the picture's width at the trigger line, so that a
    plate there is as large as the picture allows (two lanes on 1280 pixels: about 100).
    """

    width: int = 1280
    height: int = 720
    lanes: tuple[Lane, ...] = (Lane(number=2, direction="inbound"), Lane(number=1, direction="inbound"))
    lane_width: float = 3.1  #: metres
    camera_height: float = 4.6  #: metres
    trigger: float = 21.0  #: metres ahead of the camera
    trigger_at: float = 0.64  #: height of the trigger line in the picture, 0 top to 1 foot

    @cached_property
    def focal(self) -> float:
        """Focal length in pixels."""
        shown = self.lane_width * len(self.lanes) * 0.88 + (0.5 if len(self.lanes) == 1 else 0.0)
        return self.width / shown * math.hypot(self.trigger, self.camera_height)

    @cached_property
    def depression(self) -> float:
        """How far the optical axis looks down, radians."""
        to_trigger = math.atan2(self.camera_height - PLATE_HEIGHT, self.trigger)
        return to_trigger - math.atan((self.trigger_at - 0.5) * self.height / self.focal)

    def lane_centre(self, lane: int) -> float:
        """x of the middle of a lane by its index from the left of the picture."""
        return (lane - (len(self.lanes) - 1) / 2) * self.lane_width

    def project(self, points: ArrayLike) -> Matrix:
        """Road points (n, 3) to picture points (n, 2). Points behind the camera give nonsense."""
        p = np.asarray(points, dtype=np.float64).reshape(-1, 3)
        sine, cosine = math.sin(self.depression), math.cos(self.depression)
        below = self.camera_height - p[:, 2]
        depth = p[:, 1] * cosine + below * sine
        up = p[:, 1] * sine - below * cosine
        u = self.width / 2 + self.focal * p[:, 0] / depth
        v = self.height / 2 - self.focal * up / depth
        return np.stack([u, v], axis=1)

    def scale_at(self, y: float) -> float:
        """Pixels a metre across the road at distance y, at plate height."""
        left, right = self.project([(-0.5, y, PLATE_HEIGHT), (0.5, y, PLATE_HEIGHT)])
        return float(right[0] - left[0])

    @cached_property
    def reach(self) -> tuple[float, float]:
        """y of the road at the picture's foot and at its top (at most 150 m)."""
        half = math.atan(self.height / 2 / self.focal)
        near = self.camera_height / math.tan(self.depression + half)
        top = self.depression - half
        far = self.camera_height / math.tan(top) if top > 0 else math.inf
        return near, min(far, 150.0)

    @cached_property
    def trigger_line(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The trigger line in the picture, left to right, where the plates' middles cross it."""
        v = float(self.project([(0.0, self.trigger, PLATE_HEIGHT)])[0, 1])
        return (0.0, v), (float(self.width), v)

    def lane_at(self, lane: int) -> tuple[float, float]:
        """Left and right border of a lane on the trigger line, as u in the picture."""
        x = self.lane_centre(lane)
        half = self.lane_width / 2
        ends = self.project([(x - half, self.trigger, PLATE_HEIGHT), (x + half, self.trigger, PLATE_HEIGHT)])
        return float(ends[0, 0]), float(ends[1, 0])

    @cached_property
    def to_road(self) -> Matrix:
        """Homography (3, 3) from picture points at plate height to metres (x, y): a camera's calibration."""
        sine, cosine = math.sin(self.depression), math.cos(self.depression)
        below = self.camera_height - PLATE_HEIGHT
        # The picture's homography from (x, y, 1) is rows (u·depth, v·depth, depth); this is its inverse.
        depth = np.array([0.0, cosine, below * sine])
        up = np.array([0.0, sine, -below * cosine])
        u = self.width / 2 * depth + self.focal * np.array([1.0, 0.0, 0.0])
        v = self.height / 2 * depth - self.focal * up
        inverse = np.linalg.inv(np.stack([u, v, depth]))
        return np.asarray(inverse / inverse[2, 2], dtype=np.float64)
