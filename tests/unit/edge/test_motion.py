"""The motion gate: sees vehicles, and neither noise nor rain nor a change of light."""

from __future__ import annotations

import numpy as np
import pytest

from edge.frame import Image
from edge.motion import MotionGate
from edge.scene import (
    Conditions,
    Light,
    Paint,
    PlateFace,
    RoadScene,
    RoadView,
    Traffic,
    Vehicle,
    VehicleKind,
)
from proto.passage import Box
from proto.plate import PlateClass

VIEW = RoadView(width=960, height=540)
FPS = 8


def scene(conditions: Conditions, *crossings: float) -> RoadScene:
    face = PlateFace(text="川C12345", plate_class=PlateClass.SMALL_CAR)
    vehicles = tuple(
        Vehicle(face=face, kind=VehicleKind.SEDAN, paint=Paint.GREY, lane=0, speed_kmh=40, crosses_at=at)
        for at in crossings
    )
    return RoadScene(view=VIEW, traffic=Traffic(vehicles), conditions=conditions, seed=1)


def watch(filmed: RoadScene, seconds: float) -> list[tuple[Box, ...] | None]:
    gate = MotionGate()
    return [gate.regions(filmed.frame(n / FPS), n / FPS) for n in range(round(seconds * FPS))]


CONDITIONS = {
    "day": Conditions(),
    "rain": Conditions(rain=True),
    "night": Conditions(light=Light.NIGHT),
    "infrared": Conditions(light=Light.INFRARED),
    "noisy": Conditions(noise=12.0),
}


@pytest.mark.parametrize("conditions", CONDITIONS.values(), ids=CONDITIONS.keys())
def test_an_empty_road_is_still_and_a_vehicle_is_not(conditions: Conditions) -> None:
    seen = watch(scene(conditions, 8.0), 9.0)
    assert seen[0] is not None  # the first frame has nothing before it
    assert all(regions is None for regions in seen[1 : 4 * FPS])
    assert all(regions is not None for regions in seen[6 * FPS : 8 * FPS + 1])


def test_the_region_holds_the_plate() -> None:
    filmed = scene(Conditions(), 8.0)
    regions = watch(filmed, 8.125)[-1]
    assert regions is not None
    u, v = VIEW.project([(VIEW.lane_centre(0), VIEW.trigger, 0.5)])[0]
    largest = regions[0]
    assert largest.x1 < u < largest.x2
    assert largest.y1 < v < largest.y2
    assert largest.width < VIEW.width * 0.7


def test_after_the_vehicle_the_road_is_still_again() -> None:
    assert all(regions is None for regions in watch(scene(Conditions(), 4.0), 12.0)[-3 * FPS :])


def grey(level: int, size: tuple[int, int] = (270, 480)) -> Image:
    return np.full((*size, 3), level, np.uint8)


def test_a_change_of_light_is_no_motion() -> None:
    gate = MotionGate()
    gate.regions(grey(90), 0.0)
    assert gate.regions(grey(90), 0.1) is None
    assert gate.regions(grey(150), 0.2) is None


def test_what_stays_becomes_background() -> None:
    gate = MotionGate()
    gate.regions(grey(90), 0.0)
    parked = grey(90)
    parked[100:200, 100:250] = 200
    answers = [gate.regions(parked, 0.5 * n) for n in range(1, 160)]
    assert answers[0] is not None
    assert answers[10] is not None  # a stop at a light is not yet parking
    assert answers[-1] is None


def test_another_size_starts_anew() -> None:
    gate = MotionGate()
    gate.regions(grey(90), 0.0)
    assert gate.regions(grey(90), 0.1) is None
    assert gate.regions(grey(90, (480, 270)), 0.2) == (Box(x1=0, y1=0, x2=270, y2=480),)


def test_a_still_picture_alone_is_all_motion() -> None:
    assert MotionGate().regions(grey(90), 0.0) == (Box(x1=0, y1=0, x2=480, y2=270),)
