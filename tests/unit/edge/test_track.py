"""Motion and association: plates that leap several widths between frames stay with their vehicle."""

from __future__ import annotations

import math
import random

import pytest

from edge.track import GATE, assign, candidates, certain
from edge.trajectory import (
    Sighting,
    Trajectory,
    approaching,
    area,
    expected,
    mismatch,
    predict,
    rest,
    sighting,
    start,
    update,
)
from tests.unit.edge.road import VIEW, Vehicle, detection


def followed(vehicle: Vehicle, moments: list[float], rng: random.Random | None = None) -> Trajectory:
    path: Trajectory | None = None
    for seconds in moments:
        plate = detection(vehicle, seconds, rng)
        assert plate is not None, f"{vehicle} is not in the picture after {seconds} s"
        seen = sighting(plate)
        path = update(predict(path, seconds), seen) if path else start(seen, seconds, VIEW)
    assert path is not None
    return path


@pytest.mark.parametrize("fps", [25, 12, 8, 4])
@pytest.mark.parametrize("kmh", [5, 40, 80, 120])
def test_a_vehicle_stays_within_the_gate_from_far_to_near(fps: int, kmh: int) -> None:
    rng = random.Random(fps * kmh)
    vehicle = Vehicle(plate="", start_m=45, speed=kmh / 3.6, aside_m=2.0)
    path: Trajectory | None = None
    sightings = 0
    for i in range(fps * 20):
        plate = detection(vehicle, i / fps, rng)
        if plate is None:
            break
        seen = sighting(plate)
        if path is None:
            path = start(seen, i / fps, VIEW)
        else:
            distance, _ = mismatch(predict(path, i / fps), seen)
            assert distance < GATE, f"lost at sighting {i}, {vehicle.metres(i / fps):.0f} m away"
            path = update(predict(path, i / fps), seen)
        sightings += 1
    assert sightings >= 3
    assert path is not None
    assert approaching(path) is (True if kmh > 5 else None)  # at a crawl it can't be told for sure


def test_prediction_knows_that_plates_leap_when_near() -> None:
    """From what was seen 40 to 26 m away, the place 14 m away is known to within a plate's size."""
    vehicle = Vehicle(plate="", start_m=40, speed=14, aside_m=-3.0)
    path = followed(vehicle, [i / 8 for i in range(9)], random.Random(1))
    at = vehicle.crosses(14)
    plate = detection(vehicle, at)
    where = expected(predict(path, at))
    assert plate is not None
    assert where is not None
    truth = sighting(plate)
    assert math.hypot(where.x - truth.x, where.y - truth.y) < truth.size
    assert where.size == pytest.approx(truth.size, rel=0.15)


def test_going_away_and_standing_are_told_from_coming() -> None:
    away = followed(Vehicle(plate="", start_m=15, speed=-12), [i / 10 for i in range(8)], random.Random(2))
    still = followed(Vehicle(plate="", start_m=20, speed=1e-9), [i / 10 for i in range(8)], random.Random(3))
    once = followed(Vehicle(plate="", start_m=20, speed=10), [0.0])
    assert (approaching(away), approaching(still), approaching(once)) == (False, None, None)


def test_what_has_passed_the_camera_is_not_expected_in_the_picture() -> None:
    path = followed(Vehicle(plate="", start_m=30, speed=20), [i / 10 for i in range(10)])
    gone = predict(path, 3.0)
    assert expected(gone) is None
    assert mismatch(gone, Sighting(x=900, y=900, size=80))[0] == math.inf
    assert expected(update(gone, Sighting(x=900, y=500, size=80))) is not None


def test_at_rest_a_plate_is_expected_where_it_was() -> None:
    path = followed(Vehicle(plate="", start_m=30, speed=10), [i / 10 for i in range(6)])
    before, after = expected(path), expected(predict(rest(path, 30.0), 30.04))
    assert before is not None
    assert after is not None
    assert math.hypot(before.x - after.x, before.y - after.y) < 1


def test_area_of_a_tilted_quadrilateral() -> None:
    assert area(((0, 1), (3, 0), (4, 3), (1, 4))) == pytest.approx(10)


def test_vehicles_one_behind_another_keep_their_tracklets_at_eight_frames_a_second() -> None:
    """Each takes its predecessor's place in the picture within a few frames: overlap would mix them up."""
    rng = random.Random(5)
    column = [Vehicle(plate="", start_m=22 + 9 * i, speed=13, aside_m=0.2 * i) for i in range(4)]
    paths = [followed(v, [i / 8 for i in range(4)], rng) for v in column]
    for frame in range(4, 10):
        seconds = frame / 8
        here = [(i, d) for i, v in enumerate(column) if (d := detection(v, seconds, rng))]
        seen = [sighting(d) for _, d in here]
        fit = candidates(paths, seen, seconds)
        pairs = assign(fit, range(len(paths)), range(len(seen)))
        assert sorted((i, here[j][0]) for i, j in pairs) == sorted((i, i) for i, _ in here)
        for i, j in pairs:
            paths[i] = update(predict(paths[i], seconds), seen[j])


def test_only_pairs_without_another_choice_are_certain() -> None:
    lone = followed(Vehicle(plate="", start_m=30, speed=10, aside_m=-4), [0.0, 0.1, 0.2])
    near = followed(Vehicle(plate="", start_m=30, speed=10, aside_m=3), [0.0, 0.1, 0.2])
    plate = detection(Vehicle(plate="", start_m=30, speed=10, aside_m=-4), 0.3)
    other = detection(Vehicle(plate="", start_m=30, speed=10, aside_m=3), 0.3)
    assert plate is not None
    assert other is not None
    seen = [sighting(plate), sighting(other), sighting(other)]
    fit = candidates([lone, near], seen, 0.3)
    assert certain(fit, [True, True]) == [(0, 0)]
    assert certain(fit, [False, True]) == []


def test_text_decides_where_motion_leaves_a_choice() -> None:
    path = followed(Vehicle(plate="", start_m=30, speed=10), [0.0])
    here = expected(path)
    assert here is not None
    seen = [here, Sighting(x=here.x + 20, y=here.y + 90, size=here.size * 1.1)]
    fit = candidates([path], seen, 0.12)
    assert fit.choices.all()
    assert assign(fit, [0], [0, 1]) == [(0, 0)]
    assert assign(fit, [0], [0, 1], lambda _, j: (-9.0, 15.0)[j]) == [(0, 1)]
    assert assign(fit, [0], [0], lambda *_: -9.0) == []


def test_text_alone_joins_what_motion_had_lost() -> None:
    path = followed(Vehicle(plate="", start_m=30, speed=10), [0.0, 0.1, 0.2])
    fit = candidates([path], [Sighting(x=60, y=60, size=40)], 0.3)
    assert not fit.choices.any()
    assert assign(fit, [0], [0], lambda *_: 15.0) == [(0, 0)]
    assert assign(fit, [0], [0], lambda *_: 4.0) == []
