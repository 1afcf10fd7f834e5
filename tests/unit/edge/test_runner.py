"""One camera's runner: counts, progress, and that a kill anywhere changes nothing in what comes out."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from edge.frame import Image, PlateDetection
from edge.metrics import CameraMetrics
from edge.outbox import OutboxLimits, OutboxUnavailable
from edge.outbox.metrics import OutboxMetrics
from edge.outbox.sqlite import SqliteOutbox
from edge.pipeline import Pipeline
from edge.ports import CameraError
from edge.report import Identity
from edge.runner import CameraRunner, Pace
from proto.clock import ManualClock
from proto.passage import Passage
from tests.unit.edge.road import Vehicle
from tests.unit.edge.scripted import BEGIN, Killed, ScriptedCamera, ScriptedVision
from tests.unit.edge.test_pipeline import ROAD

PLATES = ["川C12345", "川A8K2M9", "渝B77Q01", "川CD12345"]
COLUMN = [Vehicle(plate=p, start_m=52 + 9 * i, speed=13, aside_m=2) for i, p in enumerate(PLATES)]
FRAMES = 96


def outbox_in(folder: Path) -> SqliteOutbox:
    return SqliteOutbox(
        folder,
        clock=ManualClock(BEGIN),
        limits=OutboxLimits(max_age=timedelta(days=3650)),
        metrics=OutboxMetrics(CollectorRegistry()),
    )


def runner_of(
    outbox: SqliteOutbox,
    *,
    camera: ScriptedCamera | None = None,
    vision: ScriptedVision | None = None,
    source: str = "road.mp4",
    pace: Pace | None = None,
    registry: CollectorRegistry | None = None,
) -> CameraRunner:
    camera = camera or ScriptedCamera(count=FRAMES)
    vision = vision or ScriptedVision(vehicles=COLUMN)
    identity = Identity(
        node_id="n1", checkpoint_id="c1", camera_id="k1", recording="" if camera.live else "road.mp4"
    )
    return CameraRunner(
        camera=camera,
        source=source,
        pipeline=Pipeline(identity=identity, layout=ROAD),
        detector=vision,
        reader=vision,
        outbox=outbox,
        metrics=CameraMetrics(registry or CollectorRegistry()),
        clock=ManualClock(BEGIN),
        pace=pace or Pace(use_gate=False, save_every=10),
    )


def stored(outbox: SqliteOutbox) -> list[Passage]:
    return [queued.passage for queued in outbox.passages(1000)]


@pytest.fixture
def undisturbed(tmp_path: Path) -> list[Passage]:
    outbox = outbox_in(tmp_path / "undisturbed")
    runner_of(outbox).run()
    found = stored(outbox)
    outbox.close()
    return found


def test_the_road_is_told(undisturbed: list[Passage]) -> None:
    assert [p.plate.text if p.plate else "" for p in undisturbed] == PLATES


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_random_frames_it_tells_the_very_same(
    tmp_path: Path, undisturbed: list[Passage], seed: int
) -> None:
    rng = random.Random(seed)
    folder = tmp_path / "killed"
    deaths = 0
    while True:
        outbox = outbox_in(folder)
        fatal = rng.randrange(FRAMES * 2)

        def die(index: int, fatal: int = fatal) -> None:
            if index == fatal:
                raise Killed

        runner = runner_of(outbox, camera=ScriptedCamera(count=FRAMES, before=die))
        try:
            runner.run()
            break
        except Killed:
            deaths += 1
        finally:
            outbox.close()
    outbox = outbox_in(folder)
    assert stored(outbox) == undisturbed
    outbox.close()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("put", [2, 7])
def test_killed_while_storing_it_tells_the_very_same(
    tmp_path: Path, undisturbed: list[Passage], put: int, when: str
) -> None:
    outbox = outbox_in(tmp_path / "killed")
    real, calls = outbox.put, 0

    def dying(passages: Sequence[Passage], images: Mapping[str, bytes], **rest: tuple[str, bytes]) -> None:
        nonlocal calls
        calls += 1
        if calls == put and when == "before":
            raise Killed
        real(passages, images, progress=rest["progress"])
        if calls == put:
            raise Killed

    outbox.put = dying  # type: ignore[method-assign, assignment]
    with pytest.raises(Killed):
        runner_of(outbox).run()
    outbox.close()
    outbox = outbox_in(tmp_path / "killed")
    runner_of(outbox).run()
    assert stored(outbox) == undisturbed
    outbox.close()


def test_a_file_followed_to_its_end_is_not_followed_again(tmp_path: Path) -> None:
    outbox = outbox_in(tmp_path)
    runner_of(outbox).run()
    again = ScriptedVision(vehicles=COLUMN)
    runner_of(outbox, vision=again).run()
    assert again.detected == 0
    other = ScriptedVision(vehicles=COLUMN)
    runner_of(outbox, vision=other, source="another.mp4").run()
    assert other.detected == FRAMES
    assert len(stored(outbox)) == len(PLATES), "the same vehicles at the same times have the same identifiers"
    outbox.close()


def test_stopped_it_goes_on_where_it_stopped(tmp_path: Path, undisturbed: list[Passage]) -> None:
    outbox = outbox_in(tmp_path / "stopped")
    runners: list[CameraRunner] = []

    def stop(index: int) -> None:
        if index == 50:
            runners[0].stop()

    runners.append(runner_of(outbox, camera=ScriptedCamera(count=FRAMES, before=stop)))
    runners[0].run()
    rest = ScriptedVision(vehicles=COLUMN)
    runner_of(outbox, vision=rest).run()
    assert rest.detected == FRAMES - 51
    assert stored(outbox) == undisturbed
    outbox.close()


def test_a_live_camera_saves_no_progress_and_its_open_tracklets_are_told_at_the_end(tmp_path: Path) -> None:
    outbox = outbox_in(tmp_path)
    runner_of(outbox, camera=ScriptedCamera(count=36, live=True)).run()
    assert outbox.progress("camera/k1") is None
    assert [p.plate.text for p in stored(outbox) if p.plate] == PLATES[:3]
    outbox.close()


def test_health_and_metrics_count_frames_drops_and_passages(tmp_path: Path) -> None:
    outbox, registry = outbox_in(tmp_path), CollectorRegistry()
    camera = ScriptedCamera(count=FRAMES, live=True, gaps=frozenset({10, 11, 40}))
    runner = runner_of(outbox, camera=camera, registry=registry)
    before = runner.health()
    runner.run()
    health = runner.health()
    assert (before.alive, before.frames, before.last_frame_at) == (False, 0, None)
    assert (health.frames, health.frames_dropped, health.passages, health.unread) == (FRAMES - 3, 3, 4, 0)
    assert health.last_frame_at == BEGIN + timedelta(seconds=(FRAMES - 1) / 12)
    assert registry.get_sample_value("bukong_edge_frames_dropped_total", {"camera": "k1"}) == 3
    assert registry.get_sample_value("bukong_edge_passages_total", {"camera": "k1"}) == 4
    assert registry.get_sample_value("bukong_edge_stage_seconds_count", {"stage": "detect"}) == FRAMES - 3
    outbox.close()


def test_alive_while_frames_come(tmp_path: Path) -> None:
    outbox = outbox_in(tmp_path)
    seen: list[bool] = []
    camera = ScriptedCamera(count=3, before=lambda i: seen.append(runner.health().alive))
    runner = runner_of(outbox, camera=camera)
    runner.run()
    assert seen == [False, True, True]
    assert not runner.health().alive
    outbox.close()


def test_every_second_frame_is_enough(tmp_path: Path) -> None:
    outbox, vision = outbox_in(tmp_path), ScriptedVision(vehicles=COLUMN)
    runner_of(outbox, vision=vision, pace=Pace(detect_every=2, use_gate=False)).run()
    assert vision.detected == FRAMES // 2
    assert [p.plate.text for p in stored(outbox) if p.plate] == PLATES
    outbox.close()


def test_a_picture_without_motion_is_looked_at_now_and_then(tmp_path: Path) -> None:
    class Still(ScriptedVision):
        def detect(self, image: Image) -> tuple[PlateDetection, ...]:
            self.detected += 1
            return ()

    outbox, vision = outbox_in(tmp_path), Still(vehicles=())
    camera = ScriptedCamera(count=FRAMES, moving=False)
    runner_of(outbox, camera=camera, vision=vision, pace=Pace(recheck=2.0)).run()
    assert 4 <= vision.detected <= 6, "at the first frame, then every two of eight seconds"
    outbox.close()


def broken_camera(index: int) -> None:
    if index == 5:
        raise CameraError("camera k1: the file ends here")


def broken_engine(index: int) -> None:
    if index == 5:
        raise ZeroDivisionError("a bug")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        pytest.param(broken_camera, "camera k1: the file ends here", id="the camera"),
        pytest.param(broken_engine, "ZeroDivisionError: a bug", id="anything else"),
    ],
)
def test_what_ends_a_camera_is_told_by_its_health(
    tmp_path: Path, fault: Callable[[int], None], told: str
) -> None:
    outbox = outbox_in(tmp_path)
    runner = runner_of(outbox, camera=ScriptedCamera(count=FRAMES, before=fault))
    runner.run()
    assert runner.health().error == told
    assert not runner.health().alive
    outbox.close()


def test_what_was_seen_of_a_recording_that_breaks_off_is_reported_once(tmp_path: Path) -> None:
    def breaks_off(index: int) -> None:
        if index == 36:
            raise CameraError("camera k1: damaged from here on")

    told = []
    for _ in range(2):  # tried again, it breaks off at the same place
        outbox = outbox_in(tmp_path)
        runner = runner_of(outbox, camera=ScriptedCamera(count=FRAMES, before=breaks_off))
        runner.run()
        assert runner.health().error == "camera k1: damaged from here on"
        told.append(stored(outbox))
        outbox.close()
    assert told[0] == told[1]
    # Only the first had reached the line; the others were in view, and are told too.
    assert [p.plate.text for p in told[0] if p.plate] == PLATES[:3]


class Choking(ScriptedVision):
    """Chokes on some pictures."""

    choke_on: range = range(0)
    pictures: int = 0

    def detect(self, image: Image) -> tuple[PlateDetection, ...]:
        self.pictures += 1
        if self.pictures in self.choke_on:
            raise RuntimeError("a bad picture")
        return super().detect(image)


def test_a_live_camera_survives_a_picture_that_an_engine_chokes_on(tmp_path: Path) -> None:
    outbox, vision = outbox_in(tmp_path), Choking(vehicles=COLUMN)
    vision.choke_on = range(20, 23)
    registry = CollectorRegistry()
    camera = ScriptedCamera(count=FRAMES, live=True)
    runner = runner_of(outbox, camera=camera, vision=vision, registry=registry)
    runner.run()
    assert runner.health().error == ""
    assert registry.get_sample_value("bukong_edge_frames_failed_total", {"camera": "k1"}) == 3
    assert [p.plate.text if p.plate else "" for p in stored(outbox)] == PLATES
    outbox.close()


def test_a_live_camera_is_given_up_where_every_picture_fails(tmp_path: Path) -> None:
    outbox, vision = outbox_in(tmp_path), Choking(vehicles=COLUMN)
    vision.choke_on = range(1, 10_000)
    runner = runner_of(outbox, camera=ScriptedCamera(count=FRAMES, live=True), vision=vision)
    runner.run()
    assert runner.health().error == "RuntimeError: a bad picture"
    assert vision.pictures == 10
    outbox.close()


def test_what_a_live_camera_had_seen_is_told_when_it_is_given_up(tmp_path: Path) -> None:
    outbox, vision = outbox_in(tmp_path), Choking(vehicles=COLUMN)
    vision.choke_on = range(37, 10_000)
    runner = runner_of(outbox, camera=ScriptedCamera(count=FRAMES, live=True), vision=vision)
    runner.run()
    assert runner.health().error == "RuntimeError: a bad picture"
    assert [p.plate.text for p in stored(outbox) if p.plate] == PLATES[:3]
    outbox.close()


def test_a_full_disk_is_waited_for(tmp_path: Path) -> None:
    outbox = outbox_in(tmp_path)
    real, refusals = outbox.put, [OutboxUnavailable("disk full"), OutboxUnavailable("disk full")]

    def full(passages: Sequence[Passage], images: Mapping[str, bytes], **rest: tuple[str, bytes]) -> None:
        if passages and refusals:
            raise refusals.pop()
        real(passages, images, progress=rest["progress"])

    outbox.put = full  # type: ignore[method-assign, assignment]
    runner_of(outbox).run()
    assert refusals == []
    assert [p.plate.text for p in stored(outbox) if p.plate] == PLATES
    outbox.close()
