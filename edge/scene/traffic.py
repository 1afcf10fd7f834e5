"""Who drives through a scene, and what is true of them.

`Traffic` is handed to the renderer by the caller. The truth stays with the traffic: a `Frame` has no field
for it, so a result can only come from the pixels.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from edge.scene.plate import PlateFace
from proto.plate import PlateClass


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

    def __post_init__(self) -> None:
        times = [v.crosses_at for v in self.vehicles]
        if times != sorted(times):
            raise ValueError("expected vehicles in the order they cross the trigger line")
