"""Bodies of vehicles: a profile of panels from the near face backwards.

A body is what its profile says: a line of (depth behind the near face, height, share of half the width)
from the lower edge of the near face over the bonnet and the windows to the roof. Between two points of the
line lies a panel (painted in `edge.scene.panels`). The near face is the front of an approaching vehicle and
the rear of a receding one.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from edge.scene.traffic import VehicleKind


class Panel(enum.StrEnum):
    """What lies between two points of a profile."""

    FACE = "face"  #: the near face, from the asphalt up, with wheels, lamps and the plate
    BONNET = "bonnet"
    GLASS = "glass"
    ROOF = "roof"
    BOX = "box"  #: front of a load box behind a truck's cab


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Shape of one kind of vehicle, seen from one end. Metres."""

    width: float
    length: float
    points: tuple[tuple[float, float, float], ...]  #: (depth, z, share of half the width), near and low first
    panels: tuple[Panel, ...]  #: one between each two points
    plate_z: float  #: height of the plate's middle
    lamp_z: float  #: height of the lamps
    lamp_x: float  #: lamps' distance from the middle, share of half the width


_F, _B, _G, _R, _X = Panel.FACE, Panel.BONNET, Panel.GLASS, Panel.ROOF, Panel.BOX

_FRONTS: dict[VehicleKind, Body] = {
    VehicleKind.SEDAN: Body(
        width=1.82,
        length=4.7,
        points=((0, 0, 1), (0, 0.74, 0.97), (1.0, 0.98, 0.9), (1.75, 1.4, 0.72), (3.3, 1.44, 0.7)),
        panels=(_F, _B, _G, _R),
        plate_z=0.47,
        lamp_z=0.64,
        lamp_x=0.76,
    ),
    VehicleKind.SUV: Body(
        width=1.9,
        length=4.6,
        points=((0, 0, 1), (0, 0.98, 0.97), (0.95, 1.14, 0.92), (1.55, 1.64, 0.76), (3.6, 1.7, 0.74)),
        panels=(_F, _B, _G, _R),
        plate_z=0.56,
        lamp_z=0.82,
        lamp_x=0.78,
    ),
    VehicleKind.VAN: Body(
        width=1.9,
        length=5.0,
        points=((0, 0, 1), (0, 1.0, 0.97), (0.4, 1.18, 0.95), (0.95, 1.88, 0.82), (4.6, 1.96, 0.8)),
        panels=(_F, _B, _G, _R),
        plate_z=0.52,
        lamp_z=0.8,
        lamp_x=0.8,
    ),
    VehicleKind.BUS: Body(
        width=2.5,
        length=10.5,
        points=((0, 0, 1), (0, 3.05, 0.96), (9.5, 3.1, 0.94)),
        panels=(_F, _R),
        plate_z=0.6,
        lamp_z=0.78,
        lamp_x=0.8,
    ),
    VehicleKind.TRUCK: Body(
        width=2.4,
        length=8.5,
        points=((0, 0, 1), (0, 2.55, 0.93), (1.7, 2.6, 0.92), (1.8, 3.2, 1), (8.0, 3.2, 1)),
        panels=(_F, _R, _X, _R),
        plate_z=0.62,
        lamp_z=0.72,
        lamp_x=0.82,
    ),
    VehicleKind.MOTORCYCLE: Body(
        width=0.84,
        length=1.9,
        points=((0, 0, 1), (0, 1.72, 1)),
        panels=(_F,),
        plate_z=0.62,
        lamp_z=0.85,
        lamp_x=0.0,
    ),
}

_REARS: dict[VehicleKind, Body] = {
    VehicleKind.SEDAN: Body(
        width=1.82,
        length=4.7,
        points=((0, 0, 1), (0, 0.98, 0.96), (0.6, 1.04, 0.9), (1.4, 1.4, 0.72), (3.0, 1.44, 0.7)),
        panels=(_F, _B, _G, _R),
        plate_z=0.74,
        lamp_z=0.82,
        lamp_x=0.8,
    ),
    VehicleKind.SUV: Body(
        width=1.9,
        length=4.6,
        points=((0, 0, 1), (0, 1.08, 0.97), (0.4, 1.62, 0.78), (2.8, 1.7, 0.74)),
        panels=(_F, _G, _R),
        plate_z=0.82,
        lamp_z=0.92,
        lamp_x=0.85,
    ),
    VehicleKind.VAN: Body(
        width=1.9,
        length=5.0,
        points=((0, 0, 1), (0, 1.9, 0.86), (4.2, 1.96, 0.82)),
        panels=(_F, _R),
        plate_z=0.7,
        lamp_z=0.95,
        lamp_x=0.9,
    ),
    VehicleKind.BUS: Body(
        width=2.5,
        length=10.5,
        points=((0, 0, 1), (0, 3.05, 0.96), (9.5, 3.1, 0.94)),
        panels=(_F, _R),
        plate_z=0.68,
        lamp_z=0.78,
        lamp_x=0.9,
    ),
    VehicleKind.TRUCK: Body(
        width=2.4,
        length=8.5,
        points=((0, 0, 1), (0, 3.2, 1), (6.0, 3.2, 1)),
        panels=(_F, _R),
        plate_z=0.72,
        lamp_z=0.62,
        lamp_x=0.84,
    ),
    VehicleKind.MOTORCYCLE: _FRONTS[VehicleKind.MOTORCYCLE],
}


def body_of(kind: VehicleKind, *, approaching: bool) -> Body:
    """The shape as seen from the front (approaching) or the rear."""
    return (_FRONTS if approaching else _REARS)[kind]
