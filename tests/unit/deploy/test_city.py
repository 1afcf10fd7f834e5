"""The invented city: its traffic is a function of the seed, drives on roads, and nobody through anybody."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict

import pytest

from deploy.city import City, Visit
from edge.scene import Light
from proto.plate import PlateClass, classes_of

HOUR = 3600.0


@pytest.fixture(scope="module")
def city() -> City:
    return City.demo(7)


@pytest.fixture(scope="module")
def hour(city: City) -> tuple[Visit, ...]:
    return city.visits(HOUR)


def test_the_same_seed_is_the_same_city(hour: tuple[Visit, ...]) -> None:
    assert City.demo(7).visits(HOUR) == hour
    assert City.demo(8).visits(HOUR) != hour


def test_a_longer_look_begins_like_a_shorter_one(city: City, hour: tuple[Visit, ...]) -> None:
    assert city.visits(600.0) == tuple(v for v in hour if v.at < 600.0)


def test_visits_come_in_order_and_every_camera_is_busy(city: City, hour: tuple[Visit, ...]) -> None:
    times = [v.at for v in hour]
    assert times == sorted(times)
    assert times[0] >= 3.0
    per_camera = Counter(v.camera_id for v in hour)
    assert set(per_camera) == {c.camera_id for c in city.cameras}
    assert all(2.0 < HOUR / count < 4.0 for count in per_camera.values())


def test_there_are_four_checkpoints_by_day_in_rain_and_by_night(city: City) -> None:
    assert len({c.checkpoint_id for c in city.checkpoints}) >= 4
    assert len({c.name for c in city.checkpoints}) == len(city.checkpoints)
    assert all(29 < c.latitude < 30 and 104 < c.longitude < 105 for c in city.checkpoints)
    assert {c.conditions.light for c in city.cameras} == {Light.DAY, Light.NIGHT}
    assert any(c.conditions.rain for c in city.cameras)
    assert {lane.approaching for c in city.cameras for lane in c.view.lanes} == {True, False}


def test_a_vehicle_drives_from_checkpoint_to_checkpoint_at_a_speed_that_can_be(
    city: City, hour: tuple[Visit, ...]
) -> None:
    metres = {(r.start, r.end): r.metres for r in city.roads}
    tracks = defaultdict(list)
    for visit in hour:
        tracks[visit.resident.key].append(visit)
    legs = 0
    for track in tracks.values():
        if track[0].resident.front is None:
            continue  # cameras that see fronts miss it, so its track has holes
        for one, following in itertools.pairwise(track):
            seconds = following.at - one.at
            if seconds > 200:
                continue  # another trip
            legs += 1
            direct = metres[one.checkpoint_id, following.checkpoint_id]
            assert direct / seconds * 3.6 < 43
    assert legs > 500


def test_nobody_drives_through_anybody(city: City, hour: tuple[Visit, ...]) -> None:
    lanes = defaultdict(list)
    for visit in hour:
        lanes[visit.camera_id, visit.lane].append(visit)
    for visits in lanes.values():
        for ahead, behind in itertools.pairwise(visits):
            gap = behind.at - ahead.at
            assert gap >= 1.9 - 1e-9
            # Where the one behind is faster, it must not catch up within sight.
            closing = (behind.speed_kmh - ahead.speed_kmh) / 3.6
            assert gap > 6.0 or closing <= 0


def test_plates_are_of_their_class_mostly_from_here_and_nobody_shares_one(city: City) -> None:
    texts: list[str] = []
    for resident in city.residents:
        faces = {face for face in (resident.front, resident.rear) if face is not None}
        assert faces
        for face in faces:
            assert face.plate_class in classes_of(face.text), face
        texts += {face.text for face in faces}
    assert len(texts) == len(set(texts))
    ordinary = [r.front.text for r in city.residents if r.front and r.front.plate_class is PlateClass.SMALL_CAR]
    assert 0.65 < sum(t.startswith("川C") for t in ordinary) / len(ordinary) < 0.85


def test_every_class_but_the_farms_is_about(city: City) -> None:
    classes = {f.plate_class for r in City.demo(1, vehicles=5000).residents for f in (r.front, r.rear) if f}
    assert classes == set(PlateClass) - {PlateClass.TRACTOR, PlateClass.UNKNOWN}


def test_the_listed_vehicle_comes_soon_and_goes_on(city: City) -> None:
    track = [v for v in city.visits(200.0) if v.resident is city.listed]
    assert track[0].at < 12
    assert track[0].checkpoint_id == city.checkpoints[0].checkpoint_id
    assert len({v.checkpoint_id for v in track}) >= 2
    assert city.listed.front is not None
    assert city.listed.front.text.startswith("川C")


def test_a_cameras_scene_has_its_visits_as_truth(city: City, hour: tuple[Visit, ...]) -> None:
    for camera in city.cameras:
        truth = city.scene(camera.camera_id, HOUR).truth()
        visits = [v for v in hour if v.camera_id == camera.camera_id]
        assert [(t.crosses_at, t.speed_kmh) for t in truth] == [(v.at, v.speed_kmh) for v in visits]
        for t, v in zip(truth, visits, strict=True):
            lane = camera.view.lanes[v.lane]
            face = v.resident.face(approaching=lane.approaching)
            assert face is not None
            assert (t.text, t.lane, t.direction) == (face.text, lane.number, lane.direction)


def test_an_unknown_camera_is_refused(city: City) -> None:
    with pytest.raises(KeyError, match=r"expected one of .*K01-1.*, got 'K99-1'"):
        city.scene("K99-1", 60.0)
