"""Video files as cameras, and how frames get into them."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from edge.camera.paced import PacedCamera
from edge.camera.record import record
from edge.camera.stream import StreamError, VideoStream, VideoWriter
from edge.camera.video import VideoCamera
from edge.frame import Frame
from edge.ports import CameraError
from proto.clock import ManualClock
from tests.unit.edge.camera.clips import HEIGHT, WIDTH, number_in, numbered, write_clip

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
COUNT = 60


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", COUNT)


def test_frames_come_in_order_with_the_files_times(clip: Path) -> None:
    frames = list(VideoCamera("c1", clip, started_at=START).frames())
    assert [number_in(f.image) for f in frames] == list(range(COUNT))
    assert [f.index for f in frames] == list(range(COUNT))
    assert [f.seconds for f in frames] == pytest.approx([n / 10 for n in range(COUNT)])
    assert frames[25].captured_at - START == timedelta(seconds=2.5)
    assert frames[0].image.shape == (HEIGHT, WIDTH, 3)
    assert {f.camera_id for f in frames} == {"c1"}


@pytest.mark.parametrize("start", [1, 11, 12, 13, 37, COUNT - 1])
def test_seeking_is_exact(clip: Path, start: int) -> None:
    frames = list(VideoCamera("c1", clip).frames(start_index=start))
    assert [number_in(f.image) for f in frames] == list(range(start, COUNT))
    assert frames[0].index == start
    assert frames[0].seconds == pytest.approx(start / 10)


def test_seeking_beyond_the_end_gives_nothing(clip: Path) -> None:
    assert list(VideoCamera("c1", clip).frames(start_index=COUNT)) == []


def test_a_closed_camera_stops(clip: Path) -> None:
    camera = VideoCamera("c1", clip)
    shown = []
    for frame in camera.frames():
        shown.append(frame.index)
        if frame.index == 3:
            camera.close()
            camera.close()
    assert shown == [0, 1, 2, 3]


def test_the_start_is_the_recordings_own_where_the_file_says_it(tmp_path: Path) -> None:
    frames = (
        Frame(
            camera_id="a",
            index=n,
            captured_at=START + timedelta(seconds=n / 5),
            seconds=n / 5,
            image=numbered(n),
        )
        for n in range(8)
    )
    path = tmp_path / "recorded.mp4"
    assert record(frames, path, fps=5) == 8
    again = list(VideoCamera("b", path).frames())
    assert [f.captured_at for f in again] == [START + timedelta(seconds=n / 5) for n in range(8)]


def test_nothing_can_not_be_recorded(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        record([], tmp_path / "empty.mp4", fps=5)


def _turn(path: Path, matrix: tuple[int, ...]) -> None:
    """Write a display matrix into an MP4's track header, as a phone held upright does."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    assert data[at - 44 : at - 40] == b"tkhd"
    struct.pack_into(">9i", data, at, *matrix)
    path.write_bytes(bytes(data))


ONE, UNIT = 1 << 16, 1 << 30


@pytest.mark.parametrize(
    ("matrix", "turns"),
    [
        ((0, ONE, 0, -ONE, 0, 0, HEIGHT << 16, 0, UNIT), 3),  # shown turned 90° clockwise
        ((-ONE, 0, 0, 0, -ONE, 0, WIDTH << 16, HEIGHT << 16, UNIT), 2),
        ((0, -ONE, 0, ONE, 0, 0, 0, WIDTH << 16, UNIT), 1),  # 90° counterclockwise
    ],
    ids=["clockwise", "upside-down", "counterclockwise"],
)
def test_pictures_are_turned_upright(tmp_path: Path, matrix: tuple[int, ...], turns: int) -> None:
    path = write_clip(tmp_path / "turned.mp4", 12)
    _turn(path, matrix)
    frames = list(VideoCamera("c1", path).frames())
    assert frames[0].image.shape[:2] == ((WIDTH, HEIGHT) if turns % 2 else (HEIGHT, WIDTH))
    assert [number_in(np.rot90(f.image, -turns)) for f in frames] == list(range(12))


def test_a_file_that_is_no_video_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "letter.mp4"
    path.write_text("Dear camera,")
    with pytest.raises(CameraError, match=r"camera c1: can't open .*letter\.mp4"):
        list(VideoCamera("c1", path).frames())
    with pytest.raises(CameraError, match="No such file"):
        list(VideoCamera("c1", tmp_path / "none.mp4").frames())


def test_a_damaged_stretch_costs_its_pictures_and_not_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "damaged.mkv"
    write_clip(path, 120)
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : third + 200] = bytes(200)
    path.write_bytes(bytes(data))
    seen = [f.index for f in VideoCamera("c1", path).frames()]
    assert len(seen) > 20
    assert seen == sorted(set(seen))


def test_an_unwritable_place_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match="can't write"):
        VideoWriter(tmp_path / "no" / "folder.mp4", fps=5, width=64, height=64)


def test_errors_keep_an_addresss_password_to_themselves() -> None:
    with pytest.raises(StreamError) as caught:
        VideoStream("rtsp://admin:secret@127.0.0.1:9/road", timeout=2)
    assert "127.0.0.1:9/road" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "admin" not in str(caught.value)


class SlowConsumer:
    """Takes frames and lets time pass on the clock over each."""

    def __init__(self, clock: ManualClock, seconds: float) -> None:
        self.clock, self.seconds = clock, seconds

    def take(self, camera: PacedCamera) -> list[tuple[int, float]]:
        taken = []
        for frame in camera.frames():
            taken.append((frame.index, self.clock.monotonic()))
            self.clock.advance(self.seconds)
        return taken


def test_a_recording_played_live_keeps_its_pace(clip: Path) -> None:
    clock = ManualClock(current=START)
    camera = PacedCamera(VideoCamera("c1", clip), clock=clock)
    assert camera.live
    taken = SlowConsumer(clock, 0.0).take(camera)
    assert [index for index, _ in taken] == list(range(COUNT))
    assert [at for _, at in taken] == pytest.approx([n / 10 for n in range(COUNT)])


def test_a_recording_played_live_drops_what_comes_too_late(clip: Path) -> None:
    clock = ManualClock(current=START)
    taken = SlowConsumer(clock, 0.35).take(PacedCamera(VideoCamera("c1", clip), clock=clock))
    assert 15 <= len(taken) <= 20
    assert all(at - index / 10 < 0.101 for index, at in taken)  # never more than one frame behind


def test_a_recording_played_live_is_stamped_with_now(clip: Path) -> None:
    clock = ManualClock(current=START + timedelta(days=9))
    frames = list(PacedCamera(VideoCamera("c1", clip, started_at=START), clock=clock).frames())
    assert frames[30].captured_at == START + timedelta(days=9, seconds=3)
