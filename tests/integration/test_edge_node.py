"""`bukong edge replay` and `run` on a rendered road, with the real detector and reader."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import cv2
import pytest

from edge.camera.record import record
from edge.camera.simulated import SimulatedCamera
from edge.config import VisionSettings
from edge.models.error import ModelError
from edge.scene import Lane, Paint, PlateFace, RoadScene, RoadView, Traffic, Vehicle, VehicleKind, render_plate
from edge.wiring import open_vision
from proto.bus.embedded.bus import EmbeddedBus
from proto.clock import SystemClock
from proto.codec import decode_heartbeat, decode_passages
from proto.passage import EvidenceKind, Passage
from proto.plate import PlateClass
from proto.topics import ALL, HEARTBEATS, PASSAGES

FPS = 10
SECONDS = 8
VIEW = RoadView(
    width=960,
    height=540,
    lanes=(Lane(number=2, direction="inbound"), Lane(number=1, direction="inbound")),
)


def vehicle(text: str, kind: PlateClass, lane: int, speed: float, at: float) -> Vehicle:
    return Vehicle(
        face=PlateFace(text=text, plate_class=kind),
        kind=VehicleKind.SEDAN,
        paint=Paint.SILVER,
        lane=lane,
        speed_kmh=speed,
        crosses_at=at,
    )


SCENE = RoadScene(
    view=VIEW,
    traffic=Traffic(
        (
            vehicle("川C8K52M", PlateClass.SMALL_CAR, 1, 36, 2.5),
            vehicle("渝AD12345", PlateClass.SMALL_NEW_ENERGY, 0, 43, 4.0),
            vehicle("川A7M318", PlateClass.SMALL_CAR, 1, 36, 5.5),
        )
    ),
)
TRUTH = [("川C8K52M", 1, 36), ("渝AD12345", 2, 43), ("川A7M318", 1, 36)]


@pytest.fixture(scope="module")
def models() -> None:
    try:
        open_vision(VisionSettings())
    except ModelError as error:
        pytest.skip(f"needs the models: {error}")


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("road") / "road.mp4"
    begin = datetime(2026, 1, 1, 8, tzinfo=UTC)
    camera = SimulatedCamera("k1", SCENE, fps=FPS, duration=SECONDS, started_at=begin)
    record(camera.frames(), path, fps=FPS)
    return path


def config(folder: Path, video: Path, extra: str = "", camera: str = "") -> Path:
    line = VIEW.trigger_line[0][1] / VIEW.height
    before = VIEW.project([(0.0, VIEW.trigger + 5, 0.55)])[0, 1] / VIEW.height
    path = folder / "edge.toml"
    path.write_text(
        f"""
node_id = "n1"
checkpoint_id = "c1"
data = "{folder / "data"}"
heartbeat_s = 0.5
{extra}
[bus]
path = "{folder / "bus.db"}"
[[cameras]]
id = "k1"
source = "{video}"
towards = "inbound"
trigger = [[0.0, {line}], [1.0, {line}]]
measure = [[0.0, {before}], [1.0, {before}]]
measure_metres = 5.0
{camera}
[[cameras.lanes]]
number = 2
polygon = [[-0.5, 1.0], [0.3, 0.0], [0.5, 0.0], [0.5, 1.0]]
[[cameras.lanes]]
number = 1
polygon = [[0.5, 1.0], [0.5, 0.0], [0.7, 0.0], [1.5, 1.0]]
""",
        encoding="utf-8",
    )
    return path


def bukong(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*args), capture_output=True, text=True, timeout=100, check=False)


def command(*args: str | Path) -> list[str]:
    return [sys.executable, "-m", "proto.cli", "edge", *map(str, args)]


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[EmbeddedBus]:
    bus = EmbeddedBus(tmp_path / "bus.db", clock=SystemClock())
    bus.create_topics(ALL)
    yield bus
    bus.close()


def passages(bus: EmbeddedBus) -> list[Passage]:
    with bus.consumer(PASSAGES, group="test") as consumer:
        messages = consumer.poll(max_records=1000, timeout_s=2)
        return [p for m in messages for p in decode_passages(m.value)]


@pytest.mark.usefixtures("models")
def test_replay_prints_each_vehicle_once_with_lane_direction_and_speed(tmp_path: Path, video: Path) -> None:
    pictures = tmp_path / "pictures"
    done = bukong(
        "replay", video, "--config", config(tmp_path, video), "--format", "jsonl", "--evidence", pictures
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(p["plate"]["text"], p["lane"]) for p in found] == [(text, lane) for text, lane, _ in TRUTH]
    assert {p["direction"] for p in found} == {"inbound"}
    for passage, (text, _, speed) in zip(found, TRUTH, strict=True):
        assert passage["speed_kmh"] == pytest.approx(speed, rel=0.15)
        assert [position[0][0] for position in passage["plate"]["alternatives"]] == list(text)
        for kind in EvidenceKind:
            picture = cv2.imread(str(pictures / f"{passage['evidence'][kind.value]}.jpg"))
            assert picture is not None
        at = datetime.fromisoformat(passage["captured_at"])
        assert at.tzinfo is not None


@pytest.mark.usefixtures("models")
def test_replay_prints_a_table_without_settings(video: Path) -> None:
    done = bukong("replay", video)
    assert done.returncode == 0, done.stderr
    heading, *rows = done.stdout.splitlines()
    assert heading.startswith("captured at (UTC)")
    assert [row.split()[2] for row in rows] == ["川C·8K52M", "渝A·D12345", "川A·7M318"]


@pytest.mark.usefixtures("models")
def test_a_node_killed_in_the_middle_tells_the_very_same(tmp_path: Path, video: Path, bus: EmbeddedBus) -> None:
    settings = config(tmp_path, video)
    straight = bukong("replay", video, "--config", settings, "--format", "jsonl")
    ids = [json.loads(line)["passage_id"] for line in straight.stdout.splitlines()]
    process = subprocess.Popen(command("run", settings), stderr=subprocess.DEVNULL)
    with bus.consumer(PASSAGES, group="watch") as watch:
        assert watch.poll(max_records=1, timeout_s=90), "no passage came in time"
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    again = bukong("run", settings)
    assert again.returncode == 0, again.stderr
    found = passages(bus)
    assert list(dict.fromkeys(str(p.passage_id) for p in found)) == ids
    first: dict[UUID, Passage] = {}
    assert all(first.setdefault(p.passage_id, p) == p for p in found), "told twice, and not the same"


@pytest.mark.usefixtures("models")
def test_a_live_node_ends_on_sigterm_with_nothing_left_behind(
    tmp_path: Path, video: Path, bus: EmbeddedBus
) -> None:
    process = subprocess.Popen(command("run", config(tmp_path, video, camera="paced = true")))
    with bus.consumer(HEARTBEATS, group="watch") as watch:
        deadline = time.monotonic() + 90
        seen = 0
        while seen == 0 and time.monotonic() < deadline:
            for message in watch.poll(max_records=100, timeout_s=1):
                seen = max(seen, decode_heartbeat(message.value).cameras[0].frames)
    assert seen, "no heartbeat told of a frame in time"
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    with bus.consumer(HEARTBEATS, group="test") as consumer:
        beats = [decode_heartbeat(m.value) for m in consumer.poll(max_records=1000, timeout_s=2)]
    assert beats[-1].outbox_depth == 0
    assert not beats[-1].cameras[0].alive


def test_settings_that_can_not_be_are_a_wrong_call(tmp_path: Path, video: Path) -> None:
    done = bukong("run", config(tmp_path, video, extra="heartbeat_s = 1"))
    assert done.returncode == 2
    assert "edge.toml" in done.stderr
    done = bukong("run", config(tmp_path, video, camera="detect_every = 0"))
    assert done.returncode == 2
    assert "cameras.0.detect_every" in done.stderr


def test_models_that_are_missing_are_told_with_what_to_do(tmp_path: Path, video: Path) -> None:
    environment = {**os.environ, "BUKONG_EDGE__VISION__MODELS": str(tmp_path / "none")}
    done = subprocess.run(
        command("run", config(tmp_path, video)),
        capture_output=True,
        text=True,
        env=environment,
        timeout=100,
        check=False,
    )
    assert done.returncode == 3
    assert "bukong models get" in done.stderr


@pytest.mark.usefixtures("models")
def test_a_camera_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = bukong("run", config(tmp_path, tmp_path / "none.mp4"))
    assert done.returncode == 3
    assert "none.mp4" in done.stderr


@pytest.mark.usefixtures("models")
def test_a_port_or_folder_that_can_not_be_used_is_told_in_one_line(tmp_path: Path, video: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = bukong("run", config(tmp_path, video, f"metrics_port = {port}"))
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].startswith(f"Error: metrics_port {port} can't be used")
    assert "Traceback" not in done.stderr
    (tmp_path / "data").rename(tmp_path / "other")
    (tmp_path / "data").write_text("a file")
    done = bukong("run", config(tmp_path, video))
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def photo(path: Path, text: str) -> None:
    face = PlateFace(text=text, plate_class=PlateClass.SMALL_CAR)
    picture = cv2.copyMakeBorder(
        render_plate(face, px_per_mm=0.5), 200, 200, 300, 300, cv2.BORDER_CONSTANT, value=(90, 90, 90)
    )
    assert cv2.imwrite(str(path), picture)
    os.utime(path, (1_700_000_000, 1_700_000_000))


@pytest.mark.usefixtures("models")
def test_a_photo_added_to_a_folder_is_told_and_the_others_are_not_told_again(
    tmp_path: Path, bus: EmbeddedBus
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    photo(folder / "m.png", "川C8D082")
    settings = tmp_path / "edge.toml"
    settings.write_text(
        f"""
node_id = "n1"
checkpoint_id = "c1"
data = "{tmp_path / "data"}"
[bus]
path = "{tmp_path / "bus.db"}"
[[cameras]]
id = "k1"
source = "{folder}"
""",
        encoding="utf-8",
    )
    assert bukong("run", settings).returncode == 0
    photo(folder / "a.png", "川CF1208")
    assert bukong("run", settings).returncode == 0
    photo(folder / "m.png", "川C5K318")  # written over in place: the folder's own age stays as it was
    assert bukong("run", settings).returncode == 0
    found = sorted(p.plate.text for p in passages(bus) if p.plate)
    assert found == ["川C5K318", "川C8D082", "川CF1208"]


@pytest.mark.usefixtures("models")
def test_a_photo_that_can_not_be_read_makes_a_replay_fail_in_part(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    done = bukong("replay", tmp_path / "bad.jpg")
    assert done.returncode == 1
    assert "1 photos could not be read" in done.stderr
