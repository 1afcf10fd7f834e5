"""Road scenes: pure in time, true to the traffic, changed by light and weather."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from edge.frame import Image
from edge.scene import (
    Conditions,
    Lane,
    Light,
    Paint,
    PlateFace,
    RoadScene,
    RoadView,
    Traffic,
    Vehicle,
    VehicleKind,
)
from edge.scene.body import body_of
from proto.plate import PlateClass

VIEW = RoadView(width=640, height=360)
AWAY = RoadView(
    width=640,
    height=360,
    lanes=(
        Lane(number=1, direction="outbound", approaching=False),
        Lane(number=2, direction="outbound", approaching=False),
    ),
)


def vehicle(
    crosses_at: float = 5.0, *, text: str = "川C12345", lane: int = 0, kind: VehicleKind = VehicleKind.SEDAN
) -> Vehicle:
    return Vehicle(
        face=PlateFace(text=text, plate_class=PlateClass.SMALL_CAR),
        kind=kind,
        paint=Paint.WHITE,
        lane=lane,
        speed_kmh=36.0,
        crosses_at=crosses_at,
    )


def scene(*vehicles: Vehicle, view: RoadView = VIEW, conditions: Conditions | None = None) -> RoadScene:
    return RoadScene(
        view=view, traffic=Traffic(vehicles), conditions=conditions or Conditions(noise=0.0), seed=4
    )


def blue(image: Image) -> np.ndarray:
    """Where a blue plate's ground is."""
    hue, saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV))
    return (hue > 100) & (hue < 125) & (saturation > 140) & (value > 60)


def plate_centre(drawn: RoadScene, seconds: float) -> tuple[float, float]:
    """Middle of the blue ground that is not there on the empty road (which has blue signs)."""
    found = blue(drawn.frame(seconds)) & ~blue(dataclasses.replace(drawn, traffic=Traffic(())).frame(seconds))
    rows, columns = np.nonzero(found)
    return (float(columns.min()) + float(columns.max())) / 2, (float(rows.min()) + float(rows.max())) / 2


def test_a_frame_depends_on_the_moment_alone() -> None:
    conditions = Conditions(rain=True, noise=5.0)
    one, other = scene(vehicle(), conditions=conditions), scene(vehicle(), conditions=conditions)
    late_first = [one.frame(t) for t in (5.0, 4.5)]
    early_first = [other.frame(t) for t in (4.5, 5.0)]
    np.testing.assert_array_equal(late_first[0], early_first[1])
    np.testing.assert_array_equal(late_first[1], early_first[0])
    assert (one.frame(5.0) != one.frame(5.001)).any()


def test_another_seed_is_another_place() -> None:
    here = scene()
    there = dataclasses.replace(here, seed=5)
    assert (here.frame(0) != there.frame(0)).mean() > 0.3


@pytest.mark.parametrize("lane", [0, 1])
@pytest.mark.parametrize("view", [VIEW, AWAY], ids=["approaching", "receding"])
def test_the_plate_is_on_the_trigger_line_in_its_lane_when_the_truth_says_so(view: RoadView, lane: int) -> None:
    drawn = scene(vehicle(5.0, lane=lane), view=view)
    u, v = plate_centre(drawn, 5.0)
    left, right = view.lane_at(lane)
    assert left < u < right
    # The line is drawn for plates of the usual height; a metre of road is some 20 pixels here.
    z = body_of(VehicleKind.SEDAN, approaching=view.lanes[lane].approaching).plate_z
    expected = view.project([(view.lane_centre(lane), view.trigger, z)])[0, 1]
    assert v == pytest.approx(expected, abs=3)
    (truth,) = drawn.truth()
    assert (truth.text, truth.lane, truth.direction) == (
        "川C12345",
        view.lanes[lane].number,
        view.lanes[lane].direction,
    )
    assert (truth.speed_kmh, truth.crosses_at) == (36.0, 5.0)


@pytest.mark.parametrize(("view", "sign"), [(VIEW, 1), (AWAY, -1)], ids=["approaching", "receding"])
def test_vehicles_move_down_as_they_approach_and_up_as_they_recede(view: RoadView, sign: int) -> None:
    drawn = scene(vehicle(5.0), view=view)
    heights = [plate_centre(drawn, t)[1] for t in (4.9, 5.0, 5.1)]
    steps = np.diff(heights) * sign
    assert (steps > 5).all()


def test_the_plate_moves_at_the_speed_the_truth_gives() -> None:
    view = RoadView()
    drawn = scene(vehicle(5.0), view=view)
    z = body_of(VehicleKind.SEDAN, approaching=True).plate_z
    heights = [plate_centre(drawn, t)[1] for t in (4.6, 5.2)]
    distances = np.linspace(15, 30, 3001)
    rows = view.project([(-1.5, y, z) for y in distances])[:, 1]
    y1, y2 = np.interp(heights, rows[::-1], distances[::-1])
    assert (y1 - y2) / 0.6 * 3.6 == pytest.approx(36.0, rel=0.03)


def test_the_road_is_empty_before_and_after() -> None:
    drawn, empty = scene(vehicle(5.0)), scene()
    for t in (-10.0, 20.0):
        np.testing.assert_array_equal(drawn.frame(t), empty.frame(t))
    assert (drawn.frame(5.0) != empty.frame(5.0)).mean() > 0.1


@pytest.mark.parametrize("kind", list(VehicleKind))
@pytest.mark.parametrize("view", [VIEW, AWAY], ids=["approaching", "receding"])
def test_every_kind_of_vehicle_is_drawn_all_along_its_way(kind: VehicleKind, view: RoadView) -> None:
    drawn, empty = scene(vehicle(5.0, kind=kind), view=view), scene(view=view)
    shares = [(drawn.frame(t) != empty.frame(t)).any(axis=2).mean() for t in (4.8, 5.0, 5.15)]
    assert min(shares) > 0.01
    assert (blue(drawn.frame(5.0)) & ~blue(empty.frame(5.0))).any()


def test_the_nearer_vehicle_hides_the_farther_one() -> None:
    # The bus is 10 m ahead in the same lane: the car's plate is behind it.
    drawn = scene(vehicle(4.0, kind=VehicleKind.BUS, text="川C00001"), vehicle(5.0, text="川C00002"))
    alone = scene(vehicle(4.0, kind=VehicleKind.BUS, text="川C00001"))
    assert (drawn.frame(3.6) == alone.frame(3.6)).mean() > 0.95


def test_a_frame_can_be_written_to_without_harm_to_the_next() -> None:
    drawn = scene(vehicle(5.0))
    first = drawn.frame(5.0)
    kept = first.copy()
    first[:] = 0
    np.testing.assert_array_equal(drawn.frame(5.0), kept)


def test_light_decides_how_bright_it_is_and_plates_throw_it_back() -> None:
    by_day = scene(vehicle(), conditions=Conditions(noise=0.0))
    by_night = scene(vehicle(), conditions=Conditions(light=Light.NIGHT, noise=0.0))
    day, night = by_day.frame(5.0), by_night.frame(5.0)
    assert night.mean() < day.mean() * 0.5
    u, v = (round(x) for x in plate_centre(by_day, 5.0))
    patch = np.s_[v - 6 : v + 6, u - 15 : u + 15]
    assert night[patch].mean() > day[patch].mean() * 0.5


def test_infrared_has_no_colour() -> None:
    image = scene(vehicle(), conditions=Conditions(light=Light.INFRARED, noise=0.0)).frame(5.0).astype(int)
    assert (image.max(axis=2) - image.min(axis=2)).max() == 0


def _sharpness(conditions: Conditions) -> float:
    drawn = scene(vehicle(5.0), view=RoadView(), conditions=conditions)
    u, v = (round(x) for x in plate_centre(drawn, 5.0))
    image = drawn.frame(5.0)
    return float(
        cv2.Laplacian(
            cv2.cvtColor(image[v - 14 : v + 14, u - 45 : u + 45], cv2.COLOR_BGR2GRAY), cv2.CV_64F
        ).var()
    )


def test_defocus_and_a_long_exposure_blur_the_plate() -> None:
    sharp = _sharpness(Conditions(noise=0.0))
    assert _sharpness(Conditions(noise=0.0, defocus=1.5)) < sharp * 0.5
    assert _sharpness(Conditions(noise=0.0, exposure_ms=8.0)) < sharp * 0.7


def test_noise_has_the_strength_that_was_asked_for_and_compression_changes_the_picture() -> None:
    clean = scene().frame(1.0).astype(int)
    noisy = scene(conditions=Conditions(noise=6.0)).frame(1.0).astype(int)
    assert (noisy - clean).std() == pytest.approx(6.0, rel=0.15)
    squeezed = scene(conditions=Conditions(noise=0.0, jpeg_quality=20)).frame(1.0).astype(int)
    assert 0.5 < np.abs(squeezed - clean).mean() < 10


def test_traffic_must_be_in_order_and_must_move() -> None:
    with pytest.raises(ValueError, match="in the order they cross"):
        Traffic((vehicle(5.0), vehicle(4.0)))
    with pytest.raises(ValueError, match="expected speeds of at least"):
        Traffic((dataclasses.replace(vehicle(), speed_kmh=0.0),))
