"""Who drives through a scene, and what is true of them.

`Traffic` is handed to the renderer by the caller. The truth stays with the traffic: a `Frame` has no field
for it, so a result can only come from the pixels.
"""

from __future__ import annotations

import enum
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import pairwise

from edge.scene.plate import PlateFace
from proto.plate import PlateClass

#: Slower traffic would stand in the picture for ever.
_SLOWEST_KMH = 3.0


class VehicleKind(enum.StrEnum):
    """Body shape."""

    SEDAN = "sedan"
    SUV = "suv"
    VAN = "van"
    BUS = "bus"
    TRUCK = "truck"
    MOTORCYCLE = "motorcycle"


class Paint(enum.StrEnum):
    """Body colour."""

    WHITE = "white"
    SILVER = "silver"
    GREY = "grey"
    BLACK = "black"
    RED = "red"
    BLUE = "blue"
    YELLOW = "yellow"
    GREEN = "green"
    BROWN = "brown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """One vehicle's way past one camera, at a constant speed."""

    face: PlateFace
    kind: VehicleKind
    paint: Paint
    lane: int  #: index of the lane in the view, from the left of the picture, 0-based
    speed_kmh: float
    crosses_at: float  #: seconds of the scene at which the plate is above the trigger line


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageTruth:
    """What a perfect reader would report of one vehicle."""

    text: str
    plate_class: PlateClass
    lane: int  #: number of the lane, 1 = nearest the centre line
    direction: str
    speed_kmh: float
    crosses_at: float  #: seconds of the scene


@dataclass(frozen=True, slots=True)
class Traffic:
    """All vehicles of one scene, in the order they cross the trigger line."""

    vehicles: tuple[Vehicle, ...]
    _times: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        times = tuple(v.crosses_at for v in self.vehicles)
        if any(later < earlier for earlier, later in pairwise(times)):
            raise ValueError("expected vehicles in the order they cross the trigger line")
        if any(v.speed_kmh < _SLOWEST_KMH for v in self.vehicles):
            raise ValueError(f"expected speeds of at least {_SLOWEST_KMH} km/h")
        object.__setattr__(self, "_times", times)

    def near(self, seconds: float, metres: float) -> tuple[Vehicle, ...]:
        """Vehicles that can be within so many metres of the trigger line at a moment, and perhaps others."""
        margin = metres / (_SLOWEST_KMH / 3.6)
        first, last = bisect_left(self._times, seconds - margin), bisect_right(self._times, seconds + margin)
        return self.vehicles[first:last]
