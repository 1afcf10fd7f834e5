"""The pipeline on a scripted road: exact geometry, scripted readings, no engine."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from edge.frame import Frame, Image, PlateDetection, PlateReading
from edge.lane import Lane, Layout, Line
from edge.pipeline import Pipeline, Rules, State
from edge.quality import Flaw
from edge.report import Identity, Report
from proto.clock import ClockQuality
from proto.passage import EvidenceKind
from tests.unit.edge.readings import Weather, noisy, reading
from tests.unit.edge.road import VIEW, Vehicle, detection, line_at

BEGIN = datetime(2026, 1, 1, 8, tzinfo=UTC)
PICTURE: Image = np.full((VIEW.height, VIEW.width, 3), 128, np.uint8)
TRIGGER_M, MEASURE_M = 16.0, 26.0
LEFT = Lane(number=2, polygon=((0, 1), (0.3, 0), (0.5, 0), (0.5, 1)), towards="inbound", away="outbound")
RIGHT = Lane(number=1, polygon=((0.5, 1), (0.5, 0), (0.7, 0), (1, 1)), towards="inbound", away="outbound")
ROAD = Layout(
    lanes=(LEFT, RIGHT),
    trigger=Line(start=(0, line_at(TRIGGER_M)), end=(1, line_at(TRIGGER_M))),
    measure=Line(start=(0, line_at(MEASURE_M)), end=(1, line_at(MEASURE_M))),
)
IDENTITY = Identity(
    node_id="n1",
    checkpoint_id="c1",
    camera_id="k1",
    measure_metres=MEASURE_M - TRIGGER_M,
    recording="road.mp4",
)
Reader = Callable[[str, int, float], PlateReading | None]
Hidden = Callable[[Vehicle, int], bool]


def clear(text: str, _look: int, _height: float) -> PlateReading | None:
    return reading(text, certainty=0.97)


def frame_at(index: int, fps: float, picture: Image = PICTURE) -> Frame:
    seconds = index / fps
    return Frame(
        camera_id="k1",
        index=index,
        captured_at=BEGIN + timedelta(seconds=seconds),
        seconds=seconds,
        image=picture,
        clock=ClockQuality.SYNCED,
    )


class Road:
    """Drives vehicles past a pipeline, and keeps what came out."""

    def __init__(self, pipeline: Pipeline, *, fps: float = 12, seed: int = 1) -> None:
        self.pipeline, self.fps, self.rng = pipeline, fps, random.Random(seed)
        self.state = State()
        self.reports: list[Report] = []
        self.dropped: Counter[str] = Counter()
        self.flaws: Counter[Flaw] = Counter()
        self.reads: Counter[str] = Counter()
        self.reported_at: list[float] = []

    def drive(
        self,
        vehicles: Sequence[Vehicle],
        seconds: float,
        *,
        read: Reader = clear,
        hidden: Hidden = lambda _v, _i: False,
        noise_px: float = 1.0,
        confidence: float = 0.95,
        picture: Image = PICTURE,
    ) -> Road:
        for index in range(int(seconds * self.fps)):
            frame = frame_at(index, self.fps, picture)
            here = [
                (v, plate)
                for v in vehicles
                if not hidden(v, index)
                and (plate := detection(v, frame.seconds, self.rng, noise_px=noise_px, confidence=confidence))
            ]
            plan = self.pipeline.look(self.state, frame, [plate for _, plate in here])
            readings = []
            for j in plan.to_read:
                vehicle, plate = here[j]
                readings.append(read(vehicle.plate, self.reads[vehicle.plate], plate.box.height))
                self.reads[vehicle.plate] += 1
            self.take(self.pipeline.conclude(self.state, frame, plan, readings), frame.seconds)
        self.take(self.pipeline.finish(self.state), seconds)
        return self

    def take(self, step: object, seconds: float) -> None:
        from edge.pipeline import Step

        assert isinstance(step, Step)
        self.state = step.state
        self.reports += step.reports
        self.reported_at += [seconds] * len(step.reports)
        self.dropped.update(step.dropped)
        self.flaws.update(step.flaws)

    @property
    def texts(self) -> list[str]:
        return [r.passage.plate.text if r.passage.plate else "" for r in self.reports]


@pytest.fixture
def road() -> Road:
    return Road(Pipeline(identity=IDENTITY, layout=ROAD))


def test_a_vehicle_is_one_passage_with_lane_direction_speed_and_pictures(road: Road) -> None:
    car = Vehicle(plate="川C12345", start_m=50, speed=15, aside_m=2)
    road.drive([car], 5)
    assert len(road.reports) == 1
    passage = road.reports[0].passage
    assert passage.plate is not None
    assert passage.plate.text == "川C12345"
    assert (passage.lane, passage.direction) == (1, "inbound")
    assert passage.speed_kmh == pytest.approx(54, rel=0.05)
    crossed = BEGIN + timedelta(seconds=car.crosses(TRIGGER_M))
    assert abs(passage.captured_at - crossed) < timedelta(milliseconds=20)
    assert passage.clock is ClockQuality.SYNCED
    assert [e.kind for e in passage.evidence] == list(EvidenceKind)
    for evidence in passage.evidence:
        data = road.reports[0].images[evidence.sha256]
        assert len(data) == evidence.size
        assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) is not None


def test_it_is_reported_within_a_frame_of_crossing_the_line(road: Road) -> None:
    car = Vehicle(plate="川C12345", start_m=50, speed=15, aside_m=2)
    road.drive([car], 5)
    assert 0 <= road.reported_at[0] - car.crosses(TRIGGER_M) <= 1 / road.fps


def test_boxes_are_in_pixels_of_the_scene_image(road: Road) -> None:
    road.drive([Vehicle(plate="川C12345", start_m=50, speed=15)], 5)
    passage = road.reports[0].passage
    scene = passage.image(EvidenceKind.SCENE)
    assert scene is not None
    picture = cv2.imdecode(np.frombuffer(road.reports[0].images[scene.sha256], np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (720, 1280, 3)
    plate, vehicle = passage.plate_box, passage.vehicle_box
    assert plate is not None
    assert vehicle is not None
    assert 0 <= vehicle.x1 < plate.x1 < plate.x2 < vehicle.x2 <= 1280
    assert 0 <= vehicle.y1 < plate.y1 < plate.y2 < vehicle.y2 <= 720


def test_going_away_is_the_other_direction(road: Road) -> None:
    road.drive([Vehicle(plate="川C12345", start_m=9, speed=-12, aside_m=-2)], 5)
    assert [(r.passage.lane, r.passage.direction) for r in road.reports] == [(2, "outbound")]


def column(plates: Sequence[str], gap_m: float = 9, speed: float = 13) -> list[Vehicle]:
    return [Vehicle(plate=p, start_m=55 + gap_m * i, speed=speed, aside_m=2) for i, p in enumerate(plates)]


@pytest.mark.parametrize("fps", [25, 12, 8, 5])
def test_a_dense_column_gives_each_vehicle_its_own_plate_once(fps: float) -> None:
    plates = ["川C12345", "川A8K2M9", "渝B77Q01", "川CD12345", "云F3X9Z2"]
    road = Road(Pipeline(identity=IDENTITY, layout=ROAD), fps=fps).drive(column(plates), 10)
    assert road.texts == plates


def test_neighbouring_numbers_of_one_fleet_are_two_vehicles(road: Road) -> None:
    plates = ["川C12345", "川C12346", "川C12347"]
    assert road.drive(column(plates, gap_m=14), 10).texts == plates


def test_abreast_in_two_lanes(road: Road) -> None:
    pair = [
        Vehicle(plate="川C12345", start_m=50, speed=14, aside_m=2),
        Vehicle(plate="渝B77Q01", start_m=51, speed=14, aside_m=-2),
    ]
    road.drive(pair, 6)
    assert sorted((r.passage.lane, t) for r, t in zip(road.reports, road.texts, strict=True)) == [
        (1, "川C12345"),
        (2, "渝B77Q01"),
    ]


def test_a_truck_with_two_plates_gives_each_its_own_passage(road: Road) -> None:
    """The tractor's plate above the trailer's: close together all the way, never one vehicle's text mixed."""
    tractor = Vehicle(plate="川C1234A", start_m=50, speed=10, aside_m=2)
    trailer = Vehicle(plate="川C5678挂", start_m=50.8, speed=10, aside_m=2.5)
    assert sorted(road.drive([tractor, trailer], 7).texts) == ["川C1234A", "川C5678挂"]


def hidden_between(first: int, last: int) -> Hidden:
    return lambda _vehicle, index: first <= index < last


@pytest.mark.parametrize("frames", [1, 3, 6, 9, 14, 24])
def test_lost_and_found_again_is_still_one_passage(road: Road, frames: int) -> None:
    """Hidden for up to two seconds: for the longer ones the tracklet has ended in between."""
    car = Vehicle(plate="川C12345", start_m=55, speed=9)
    assert road.drive([car], 7, hidden=hidden_between(12, 12 + frames)).texts == ["川C12345"]


def test_read_poorly_then_lost_and_found_again_legible(road: Road) -> None:
    """What came to nothing before the gap must not swallow the vehicle after it."""

    def clearing(text: str, look: int, _height: float) -> PlateReading:
        return reading(text, certainty=0.75 if look < 2 else 0.97)

    car = Vehicle(plate="川C12345", start_m=42, speed=9)
    road.drive([car], 6, read=clearing, hidden=hidden_between(2, 16))
    assert road.texts == ["川C12345"]


def test_gone_before_the_picture_came_to_rest_it_ends_all_the_same(road: Road) -> None:
    car = Vehicle(plate="川C12345", start_m=40, speed=9)
    state, ended = State(), None
    for index in range(120):
        frame = frame_at(index, 12)
        plate = detection(car, frame.seconds) if index < 20 else None
        if index < 22:  # the last looks find nothing, then nothing moves any more
            plan = road.pipeline.look(state, frame, [plate] if plate else [])
            step = road.pipeline.conclude(state, frame, plan, [reading(car.plate) for _ in plan.to_read])
        else:
            step = road.pipeline.still(state, frame)
        state = step.state
        if step.reports and ended is None:
            ended = frame.seconds
    assert ended is not None
    assert ended - 20 / 12 < 1.2


def test_seen_now_and_then_is_one_passage(road: Road) -> None:
    rng = random.Random(3)
    seen = [rng.random() < 0.5 for _ in range(100)]
    road.drive([Vehicle(plate="川C12345", start_m=55, speed=9)], 7, hidden=lambda _v, i: not seen[i])
    assert road.texts == ["川C12345"]


def test_poor_looks_add_up(road: Road) -> None:
    rng = random.Random(11)

    def foggy(text: str, _look: int, _height: float) -> PlateReading:
        return noisy(text, Weather(blur=0.3, lost=0.2), rng)

    plates = ["川C12345", "渝B77Q01", "云F3X9Z2"]
    assert road.drive(column(plates, gap_m=30), 14, read=foggy).texts == plates


def test_sure_plates_are_read_a_few_times_only(road: Road) -> None:
    road.drive([Vehicle(plate="川C12345", start_m=55, speed=9)], 7)
    assert 2 <= road.reads["川C12345"] <= 8


def test_the_evidence_shows_what_was_voted(road: Road) -> None:
    """A look that read something else is no evidence, however near and sharp."""

    def last_looks_wrong(text: str, _look: int, height: float) -> PlateReading:
        if height > 26:
            return replace(reading("川C99999", certainty=0.3), sharpness=1.0)
        return replace(reading(text, certainty=0.6), sharpness=0.4)

    shades: list[int] = []
    reports: list[Report] = []
    car = Vehicle(plate="川C12345", start_m=55, speed=9)
    state = State()
    for index in range(60):
        frame = frame_at(index, 12, np.full_like(PICTURE, 60 + index))
        plate = detection(car, frame.seconds)
        plan = road.pipeline.look(state, frame, [plate] if plate else [])
        readings = [last_looks_wrong(car.plate, 0, plan.plates[j].box.height) for j in plan.to_read]
        if readings and readings[0].text == car.plate:
            shades.append(60 + index)
        step = road.pipeline.conclude(state, frame, plan, readings)
        state = step.state
        reports += step.reports
    reports += road.pipeline.finish(state).reports
    assert [r.passage.plate.text if r.passage.plate else "" for r in reports] == [car.plate]
    scene = reports[0].passage.image(EvidenceKind.SCENE)
    assert scene is not None
    picture = cv2.imdecode(np.frombuffer(reports[0].images[scene.sha256], np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert min(abs(int(picture.mean()) - shade) for shade in shades) <= 1


def illegible(_text: str, _look: int, _height: float) -> None:
    return None


def test_a_plate_nobody_can_read_is_a_passage_with_the_reason(road: Road) -> None:
    road.drive([Vehicle(plate="川C12345", start_m=50, speed=15, aside_m=2)], 6, read=illegible)
    assert len(road.reports) == 1
    passage = road.reports[0].passage
    assert (passage.plate, passage.unread_reason, passage.lane) == (None, "illegible", 1)
    assert len(passage.evidence) == 3
    assert road.flaws[Flaw.ILLEGIBLE] > 3


def test_in_the_dark_the_reason_is_the_dark(road: Road) -> None:
    car = Vehicle(plate="川C12345", start_m=50, speed=15, aside_m=2)
    road.drive([car], 6, picture=np.full_like(PICTURE, 6))
    assert [r.passage.unread_reason for r in road.reports] == ["too_dark"]
    assert not road.reads


def test_looks_that_contradict_each_other_are_no_read(road: Road) -> None:
    rng = random.Random(2)

    def gibberish(_text: str, _look: int, _height: float) -> PlateReading:
        return reading("川" + "".join(rng.choices("ABCDEFGH2345678", k=6)), certainty=0.3)

    road.drive([Vehicle(plate="川C12345", start_m=50, speed=15, aside_m=2)], 6, read=gibberish)
    assert {r.passage.unread_reason for r in road.reports} == {"reads_disagree"}


def test_a_flicker_and_a_sign_are_nothing(road: Road) -> None:
    sign = Vehicle(plate="", start_m=30, speed=1e-9, aside_m=4)
    flicker = Vehicle(plate="", start_m=50, speed=15)
    road.drive([sign, flicker], 4, read=illegible, hidden=lambda v, i: v is flicker and i not in (5, 6))
    assert road.reports == []
    assert road.dropped == {"elsewhere": 1, "brief": 1}


def test_weak_detections_continue_a_tracklet_but_never_start_one(road: Road) -> None:
    car = Vehicle(plate="川C12345", start_m=50, speed=15)
    assert road.drive([car], 5, confidence=0.3).reports == []
    assert road.state.next_number == 0


def test_without_a_line_a_passage_comes_once_the_vote_is_decisive() -> None:
    road = Road(Pipeline(identity=IDENTITY))
    road.drive([Vehicle(plate="川C12345", start_m=50, speed=9)], 7)
    assert road.texts == ["川C12345"]
    passage = road.reports[0].passage
    assert (passage.lane, passage.direction, passage.speed_kmh) == (0, "", None)
    assert road.reported_at[0] < 2.5


def test_a_parked_car_is_reported_once_however_often_it_is_hidden() -> None:
    road = Road(Pipeline(identity=IDENTITY), fps=5)
    parked = Vehicle(plate="川C12345", start_m=25, speed=1e-9)
    road.drive([parked], 60, hidden=lambda _v, i: i // 60 % 2 == 1)
    assert road.texts == ["川C12345"]


def test_photos_are_scenes_of_their_own() -> None:
    pipeline = Pipeline(identity=IDENTITY, rules=Rules(stills=True))
    state, texts = State(), []
    for index, text in enumerate(["川C12345", "渝B77Q01", "渝B77Q01"]):
        frame = frame_at(index, 1)
        plate = detection(Vehicle(plate=text, start_m=20, speed=1e-9), 0)
        assert plate is not None
        plan = pipeline.look(state, frame, [plate])
        step = pipeline.conclude(state, frame, plan, [reading(text)])
        state = step.state
        texts += [r.passage.plate.text for r in step.reports if r.passage.plate]
    assert texts == ["川C12345", "渝B77Q01", "渝B77Q01"]
    assert state.tracklets == ()


def test_waiting_at_the_light_does_not_end_a_tracklet(road: Road) -> None:
    """No motion, no detection: after the wait the vehicle is where it was and goes on as the same one."""
    plate = detection(Vehicle(plate="", start_m=25, speed=0.1), 0)
    assert plate is not None

    def queue() -> Iterator[tuple[Frame, PlateDetection | None]]:
        approach = Vehicle(plate="", start_m=35, speed=10)
        for i in range(12):
            yield frame_at(i, 12), detection(approach, i / 12)
        for i in range(12, 400):
            yield frame_at(i, 12), None
        leave = Vehicle(plate="", start_m=35 - 10 * 11 / 12, speed=6)
        for i in range(400, 430):
            yield frame_at(i, 12), detection(leave, (i - 400) / 12)

    state, texts = State(), []
    for frame, seen in queue():
        if seen is None:
            step = road.pipeline.still(state, frame)
        else:
            plan = road.pipeline.look(state, frame, [seen])
            readings = [reading("川C12345", certainty=0.8) for _ in plan.to_read]
            step = road.pipeline.conclude(state, frame, plan, readings)
        state = step.state
        texts += [r.passage.plate.text for r in step.reports if r.passage.plate]
    texts += [r.passage.plate.text for r in road.pipeline.finish(state).reports if r.passage.plate]
    assert texts == ["川C12345"]
    assert state.next_number == 1


def test_the_number_of_tracklets_is_bounded() -> None:
    pipeline = Pipeline(identity=IDENTITY, rules=Rules(most_open=5, most_remembered=7))
    state = State()
    rng = random.Random(9)
    for index in range(40):
        car = Vehicle(plate="", start_m=rng.uniform(12, 40), speed=1, aside_m=rng.uniform(-4, 4))
        plate = detection(car, 0)
        plan = pipeline.look(state, frame_at(index, 30), [plate] if plate else [])
        text = "川" + "".join(rng.choices("ABCDEFGH2345678", k=6))
        step = pipeline.conclude(state, frame_at(index, 30), plan, [reading(text) for _ in plan.to_read])
        state = step.state
    assert len(state.tracklets) <= 12


def test_the_same_frames_give_the_same_passages_and_others_other_ids() -> None:
    cars = column(["川C12345", "川A8K2M9"])
    one, two = (Road(Pipeline(identity=IDENTITY, layout=ROAD)).drive(cars, 8).reports for _ in range(2))
    assert one == two
    live = Pipeline(identity=replace(IDENTITY, recording=""), layout=ROAD)
    other = Road(live).drive(cars, 8).reports
    assert {r.passage.passage_id for r in one}.isdisjoint(r.passage.passage_id for r in other)
    another = Pipeline(identity=replace(IDENTITY, recording="another.mp4"), layout=ROAD)
    other = Road(another).drive(cars, 8).reports
    assert {r.passage.passage_id for r in one}.isdisjoint(r.passage.passage_id for r in other)
