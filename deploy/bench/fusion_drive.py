"""Approaches for `bukong bench fusion`: filmed by the simulator's camera, every frame read by the real engines.

What comes out is what a tracklet would have been given, look by look, with who really drove there.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import takewhile

import cv2

from deploy.residents import Resident, residents
from edge import wiring
from edge.camera.simulated import SimulatedCamera
from edge.config import VisionSettings
from edge.frame import Frame, PlateDetection, PlateReading
from edge.pipeline import Rules
from edge.quality import Gate, weight
from edge.scene import Conditions, Light, PlateFace, RoadScene, RoadView, Traffic, Vehicle, VehicleKind
from edge.scene.body import body_of
from edge.wiring.vision import Vision
from proto.plate import PROVINCES

#: A cheap camera: a little out of focus, its stream squeezed hard, its shutter as slow as the light asks for.
_SOFT, _SQUEEZED = 1.1, 35
LIGHTS: Mapping[str, Conditions] = {
    "day": Conditions(defocus=_SOFT, jpeg_quality=_SQUEEZED, exposure_ms=1.5),
    "dusk": Conditions(light=Light.DUSK, defocus=_SOFT, jpeg_quality=_SQUEEZED, exposure_ms=2.5),
    "night": Conditions(light=Light.NIGHT, defocus=_SOFT, jpeg_quality=_SQUEEZED, exposure_ms=3.0),
    "night, rain": Conditions(
        light=Light.NIGHT, rain=True, defocus=_SOFT, jpeg_quality=_SQUEEZED, exposure_ms=3.0
    ),
}
SPEEDS_KMH = (20, 50, 100)
#: A camera of 25 frames a second of which every second one is looked at, as `make realtime` has it.
FPS = 12.5
VIEW = RoadView()
#: Ends of the stretches, metres from the camera: farther off the detector finds next to nothing, and nearer
#: by a plate is legible in any frame.
STRETCHES: Mapping[str, tuple[float, float]] = {
    "far": (32.0, 28.0),
    "middle": (28.0, 24.0),
    "near": (24.0, 20.0),
}
_FIRST, _LAST = 32.0, 20.0
#: Of one-row plates, metres.
_PLATE_HEIGHT = 0.14
#: Vehicles follow each other at this distance, metres: never two in the picture.
_APART = 70.0
#: How far from its place a plate may be found, metres.
_ASTRAY = 0.5
_MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """Vehicles that come one by one, in one light at one speed."""

    light: str
    speed_kmh: int
    number: int  #: tells drives of one light and speed apart
    vehicles: int
    seed: int
    alike: bool = False  #: plates of all provinces alike in number, not of one town and its visitors


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A frame's reading that is worth a vote."""

    metres: float  #: from the camera
    reading: PlateReading
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """One vehicle, from the far end of the far stretch to the near end of the near one."""

    light: str
    speed_kmh: int
    truth: str
    frames: tuple[float, ...]  #: metres from the camera at each frame
    looks: tuple[Look, ...]

    def within(self, stretch: str) -> Approach:
        """What of it belongs to a stretch."""
        begins, ends = STRETCHES[stretch]
        return Approach(
            light=self.light,
            speed_kmh=self.speed_kmh,
            truth=self.truth,
            frames=tuple(y for y in self.frames if ends < y <= begins),
            looks=tuple(look for look in self.looks if ends < look.metres <= begins),
        )


def plate_pixels(stretch: str) -> tuple[int, int]:
    """Heights of a plate at both ends of a stretch."""
    far, near = (round(VIEW.scale_at(y) * _PLATE_HEIGHT) for y in STRETCHES[stretch])
    return far, near


def open_eyes() -> Vision:
    """Detector and reader as a node has them by default.

    Raises:
        ModelError: weights are missing; says how to get them.
    """
    cv2.setNumThreads(1)
    return wiring.open_vision(VisionSettings())


def film(drive: Drive, vision: Vision) -> list[Approach]:
    """Film a drive and read every frame."""
    scene = scene_of(drive)
    camera = SimulatedCamera("bench", scene, fps=FPS, started_at=_MIDNIGHT)
    return [_approach(drive, vehicle, camera, vision) for vehicle in scene.traffic.vehicles]


def scene_of(drive: Drive) -> RoadScene:
    """Who drives, in which light, past which surroundings; follows from the drive alone."""
    rng = random.Random(f"fusion {drive.seed} {drive.light} {drive.speed_kmh} {drive.number}")
    gap = _APART / _speed(drive)
    return RoadScene(
        view=VIEW,
        traffic=Traffic(
            tuple(
                Vehicle(
                    face=_from_anywhere(who.front, rng) if drive.alike else who.front,
                    kind=who.kind,
                    paint=who.paint,
                    lane=rng.randrange(len(VIEW.lanes)),
                    speed_kmh=drive.speed_kmh,
                    crosses_at=(number + 1) * gap + rng.random() / FPS,  # no two are met at the same places
                )
                for number, who in enumerate(_drivers(rng, drive.vehicles))
                if who.front is not None
            )
        ),
        conditions=LIGHTS[drive.light],
        seed=rng.randrange(1 << 30),
    )


def _drivers(rng: random.Random, count: int) -> Sequence[Resident]:
    """Residents with a one-row front plate of full size, so that distance alone makes it small."""
    people = residents(rng.randrange(1 << 30), count * 2 + 20)
    fit = [r for r in people if r.front and r.front.row_count == 1 and r.kind is not VehicleKind.MOTORCYCLE]
    return fit[:count]


def _from_anywhere(face: PlateFace, rng: random.Random) -> PlateFace:
    province, rest = face.text[0], face.text[1:]
    return replace(face, text=rng.choice(PROVINCES) + rest) if province in PROVINCES else face


def _speed(drive: Drive) -> float:
    return drive.speed_kmh / 3.6


def _approach(drive: Drive, vehicle: Vehicle, camera: SimulatedCamera, vision: Vision) -> Approach:
    def metres(seconds: float) -> float:
        return VIEW.trigger + _speed(drive) * (vehicle.crosses_at - seconds)

    starts = vehicle.crosses_at - (_FIRST - VIEW.trigger) / _speed(drive)
    frames: list[float] = []
    looks: list[Look] = []
    coming = camera.frames(start_index=int(starts * FPS) + 1)
    for frame in takewhile(lambda f: metres(f.seconds) > _LAST, coming):
        at = metres(frame.seconds)
        frames.append(at)
        looks += _looks(frame, vehicle, at, vision)
    return Approach(
        light=drive.light,
        speed_kmh=drive.speed_kmh,
        truth=vehicle.face.text,
        frames=tuple(frames),
        looks=tuple(looks),
    )


def _looks(frame: Frame, vehicle: Vehicle, metres: float, vision: Vision) -> Iterator[Look]:
    """The frame's look at the vehicle, if the pipeline would have let it vote."""
    plate = _plate(vision.detector.detect(frame.image), vehicle, metres)
    gate = Gate()
    if plate is None or gate.before_reading(frame.image, plate):
        return
    (reading,) = vision.reader.read(frame.image, [plate])
    if reading is not None and not gate.after_reading(reading):
        yield Look(metres=metres, reading=reading, weight=weight(plate, reading))


def _plate(found: Sequence[PlateDetection], vehicle: Vehicle, metres: float) -> PlateDetection | None:
    """The one that is this vehicle's. Where it must be is known here, so that no error of tracking blurs the
    comparison."""
    z = body_of(vehicle.kind, approaching=True).plate_z
    ((u, v),) = VIEW.project([(VIEW.lane_centre(vehicle.lane), metres, z)])

    def astray(plate: PlateDetection) -> float:
        x, y = plate.box.centre
        return float(((x - u) ** 2 + (y - v) ** 2) ** 0.5)

    strong = [plate for plate in found if plate.confidence >= Rules().strong]
    nearest = min(strong, key=astray, default=None)
    return nearest if nearest and astray(nearest) <= _ASTRAY * VIEW.scale_at(metres) else None
