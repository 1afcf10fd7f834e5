"""Where a plate is going: its motion in three dimensions, with the plate itself as the ruler. Pure.

In the picture a vehicle that comes at constant speed does not move at constant speed: it creeps while far
and leaps when near, so a filter on pixels loses it just where it counts, and at few frames a second it
moves several plates' widths between two of them. But a plate's size tells its distance. With F a guess of
the focal length and s the plate's apparent size, the point

    (X, Y, Z) = ((x - cx) / s, (y - cy) / s, F / s)

is the plate's place relative to the camera in units of the plate's true size, and there motion is uniform.
An extended Kalman filter keeps position and velocity in that space and is measured in the picture. A wrong F
only stretches Z; nothing here depends on its true value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.frame import Corners, PlateDetection

Floats = NDArray[np.float64]

#: Standard deviations of a measurement: of the centre in plate sizes and pixels, of the size relative and in
#: pixels.
_CENTRE_NOISE, _CENTRE_PIXELS = 0.06, 0.7
_SIZE_NOISE, _SIZE_PIXELS = 0.04, 0.7
#: A plate's size (root of its area) is about 0.25 m. Velocity of a vehicle not known yet, in sizes a second:
#: 70 is 63 km/h along the axis. Acceleration: 12 is 3 m/s².
_SPEED_SIGMA = (70.0, 40.0, 70.0)
_ACCELERATION_SIGMA = 12.0
#: Nearer than this many plate sizes a vehicle is under the camera, not before it.
_NEAREST = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A camera's picture, and what follows from its size."""

    width: int
    height: int

    @property
    def focal(self) -> float:
        """A guess of the focal length in pixels: a field of view of some 50 degrees."""
        return 1.1 * max(self.width, self.height)

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in the picture."""
        return 0 <= x < self.width and 0 <= y < self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Where a plate was seen: centre and size (root of the quadrilateral's area), in pixels."""

    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trajectory:
    """Estimated motion at one moment. Arrays are never written to."""

    seconds: float
    mean: Floats  #: (6,) X, Y, Z and their velocities, in plate sizes and per second
    covariance: Floats  #: (6, 6)
    view: View


def area(corners: Corners) -> float:
    """Area of a quadrilateral in square pixels (shoelace)."""
    pairs = zip(corners, (*corners[1:], corners[0]), strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def sighting(plate: PlateDetection) -> Sighting:
    """Centre and size of a detected plate."""
    x = sum(p[0] for p in plate.corners) / 4
    y = sum(p[1] for p in plate.corners) / 4
    return Sighting(x=x, y=y, size=max(1.0, math.sqrt(area(plate.corners))))


def start(seen: Sighting, seconds: float, view: View) -> Trajectory:
    """A trajectory of a plate seen once: its place is known, its velocity is anyone's guess."""
    x, y, s = seen.x - view.width / 2, seen.y - view.height / 2, seen.size
    # Derivatives of (X, Y, Z) by (x, y, log s).
    jacobian = np.array([[1 / s, 0, -x / s], [0, 1 / s, -y / s], [0, 0, -view.focal / s]])
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = jacobian @ _noise(seen.size) @ jacobian.T
    covariance[3:, 3:] = np.diag(np.square(_SPEED_SIGMA))
    return Trajectory(
        seconds=seconds,
        mean=np.array([x / s, y / s, view.focal / s, 0, 0, 0]),
        covariance=covariance,
        view=view,
    )


def predict(path: Trajectory, seconds: float) -> Trajectory:
    """The same motion at a later moment (or an earlier one, for looking back a little)."""
    dt = seconds - path.seconds
    if dt == 0:
        return path
    step = np.eye(6)
    step[:3, 3:] = np.eye(3) * dt
    q = _ACCELERATION_SIGMA**2
    noise = np.zeros((6, 6))
    noise[:3, :3] = np.eye(3) * q * dt**4 / 4
    noise[:3, 3:] = noise[3:, :3] = np.eye(3) * q * abs(dt) ** 3 / 2
    noise[3:, 3:] = np.eye(3) * q * dt**2
    return Trajectory(
        seconds=seconds,
        mean=step @ path.mean,
        covariance=step @ path.covariance @ step.T + noise,
        view=path.view,
    )


def rest(path: Trajectory, seconds: float) -> Trajectory:
    """The same place at a later moment: nothing in the picture has moved since."""
    covariance = path.covariance.copy()
    covariance[3:, :] = covariance[:, 3:] = 0
    covariance[3:, 3:] = np.diag(np.square(_SPEED_SIGMA)) / 16
    mean = path.mean.copy()
    mean[3:] = 0
    return Trajectory(seconds=seconds, mean=mean, covariance=covariance, view=path.view)


def expected(path: Trajectory) -> Sighting | None:
    """Where the plate should be seen now; None where it has passed under or behind the camera."""
    x, y, z = path.mean[:3]
    if z < _NEAREST:
        return None
    return Sighting(
        x=float(path.view.width / 2 + path.view.focal * x / z),
        y=float(path.view.height / 2 + path.view.focal * y / z),
        size=float(path.view.focal / z),
    )


def mismatch(path: Trajectory, seen: Sighting) -> tuple[float, float]:
    """How badly a sighting fits a trajectory predicted to its moment.

    Returns the squared Mahalanobis distance (three degrees of freedom) and the log-determinant of the
    innovation's covariance, whose sum is twice the negative log-likelihood up to a constant. Infinite where
    the plate should not be visible at all.
    """
    measured = _measure(path, seen)
    if measured is None:
        return math.inf, 0.0
    innovation, _, covariance = measured
    distance = float(innovation @ np.linalg.solve(covariance, innovation))
    return distance, float(np.linalg.slogdet(covariance)[1])


def update(path: Trajectory, seen: Sighting) -> Trajectory:
    """The trajectory, predicted to this moment, corrected by a sighting."""
    measured = _measure(path, seen)
    if measured is None:
        return start(seen, path.seconds, path.view)
    innovation, jacobian, covariance = measured
    gain = np.linalg.solve(covariance, jacobian @ path.covariance).T
    mean = path.mean + gain @ innovation
    # Joseph's form keeps the covariance symmetric and positive.
    keep = np.eye(6) - gain @ jacobian
    corrected = keep @ path.covariance @ keep.T + gain @ _noise(seen.size) @ gain.T
    return Trajectory(seconds=path.seconds, mean=mean, covariance=corrected, view=path.view)


def approaching(path: Trajectory) -> bool | None:
    """True where the plate comes towards the camera, False where it goes away, None while it can't be told."""
    velocity, sigma = float(path.mean[5]), math.sqrt(float(path.covariance[5, 5]))
    return velocity < 0 if abs(velocity) > 2 * sigma else None


def _noise(size: float) -> Floats:
    centre = _CENTRE_NOISE * size + _CENTRE_PIXELS
    return np.diag(np.square([centre, centre, _SIZE_NOISE + _SIZE_PIXELS / size]))


def _measure(path: Trajectory, seen: Sighting) -> tuple[Floats, Floats, Floats] | None:
    """Innovation (3,), measurement Jacobian (3, 6) and innovation covariance (3, 3) in (x, y, log size)."""
    where = expected(path)
    if where is None:
        return None
    x, y, z = path.mean[:3]
    f = path.view.focal
    jacobian = np.zeros((3, 6))
    jacobian[0, 0] = jacobian[1, 1] = f / z
    jacobian[0, 2], jacobian[1, 2], jacobian[2, 2] = -f * x / z**2, -f * y / z**2, -1 / z
    innovation = np.array([seen.x - where.x, seen.y - where.y, math.log(seen.size / where.size)])
    covariance = jacobian @ path.covariance @ jacobian.T + _noise(min(seen.size, where.size))
    return innovation, jacobian, covariance
