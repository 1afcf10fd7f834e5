"""What `edge.ports.Camera` promises, held against every camera that needs no network.

`tests/integration/test_rtsp.py` holds the network camera to the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera.images import ImageCamera
from edge.camera.paced import PacedCamera
from edge.camera.simulated import SimulatedCamera
from edge.camera.video import VideoCamera
from edge.frame import Frame
from edge.ports import Camera
from edge.scene import RoadScene, RoadView, Traffic
from proto.clock import ManualClock
from tests.unit.edge.camera.clips import numbered, write_clip

COUNT = 12
START = datetime(2026, 3, 1, tzinfo=UTC)
SCENE = RoadScene(view=RoadView(width=160, height=90), traffic=Traffic(()), seed=2)


def images(folder: Path) -> Camera:
    for number in range(COUNT):
        cv2.imwrite(str(folder / f"{number:02d}.png"), numbered(number))
    return ImageCamera("c1", folder)


def video(folder: Path) -> Camera:
    return VideoCamera("c1", write_clip(folder / "clip.mp4", COUNT))


def paced(folder: Path) -> Camera:
    return PacedCamera(video(folder), clock=ManualClock(current=START))


def simulated(folder: Path) -> Camera:
    return SimulatedCamera("c1", SCENE, fps=10, duration=COUNT / 10, clock=ManualClock(current=START))


def simulated_live(folder: Path) -> Camera:
    clock = ManualClock(current=START)
    return SimulatedCamera("c1", SCENE, fps=10, duration=COUNT / 10, live=True, clock=clock)


RECORDED = [images, video, simulated]
ALL = [*RECORDED, paced, simulated_live]
Maker = Callable[[Path], Camera]


@pytest.mark.parametrize("make", ALL)
def test_frames_are_in_order_and_named(make: Maker, tmp_path: Path) -> None:
    camera = make(tmp_path)
    frames = list(camera.frames())
    assert len(frames) == COUNT
    assert {f.camera_id for f in frames} == {camera.camera_id} == {"c1"}
    assert frames[0].index == 0
    assert frames[0].seconds == 0
    assert all(np.diff([f.index for f in frames]) > 0)
    assert all(np.diff([f.seconds for f in frames]) > 0)
    assert all(f.captured_at.utcoffset() == timedelta(0) for f in frames)
    for frame in frames:
        assert frame.image.dtype == np.uint8
        assert frame.image.ndim == 3
        assert frame.image.shape[2] == 3


# Photos were taken whenever they were taken.
@pytest.mark.parametrize("make", [make for make in ALL if make is not images])
def test_times_follow_the_stream(make: Maker, tmp_path: Path) -> None:
    frames = list(make(tmp_path).frames())
    assert all(f.captured_at - frames[0].captured_at == timedelta(seconds=f.seconds) for f in frames)


@pytest.mark.parametrize("make", ALL)
def test_only_cameras_whose_frames_pass_are_live(make: Maker, tmp_path: Path) -> None:
    assert make(tmp_path).live is (make not in RECORDED)


@pytest.mark.parametrize("make", RECORDED)
def test_recorded_frames_can_be_had_again_from_any_index(make: Maker, tmp_path: Path) -> None:
    camera = make(tmp_path)
    whole: list[Frame] = list(camera.frames())
    for start in (0, 1, COUNT - 1, COUNT):
        again = list(camera.frames(start_index=start))
        assert [f.index for f in again] == list(range(start, COUNT))
        for frame, first in zip(again, whole[start:], strict=True):
            assert frame.seconds == first.seconds
            np.testing.assert_array_equal(frame.image, first.image)


@pytest.mark.parametrize("make", ALL)
def test_close_from_another_thread_ends_the_frames(make: Maker, tmp_path: Path) -> None:
    camera = make(tmp_path)
    frames = camera.frames()
    next(frames)
    closer = threading.Thread(target=camera.close)
    closer.start()
    closer.join()
    camera.close()
    assert list(frames) == []
