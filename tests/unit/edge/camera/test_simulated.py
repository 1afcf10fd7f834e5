"""The camera that films a rendered road."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from edge.camera.simulated import SimulatedCamera
from edge.frame import Frame
from edge.scene import RoadScene, RoadView, Traffic
from proto.clock import ManualClock

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
SCENE = RoadScene(view=RoadView(width=160, height=90), traffic=Traffic(()), seed=2)


def camera(clock: ManualClock | None = None, **options: float | bool) -> SimulatedCamera:
    return SimulatedCamera("c1", SCENE, clock=clock or ManualClock(current=START), **options)  # type: ignore[arg-type]


def test_filmed_at_leisure_every_frame_comes_with_the_scenes_time() -> None:
    frames = list(camera(fps=4.0, duration=2.0).frames())
    assert [f.index for f in frames] == list(range(8))
    assert [f.captured_at - START for f in frames] == [timedelta(seconds=n / 4) for n in range(8)]
    np.testing.assert_array_equal(frames[5].image, SCENE.frame(1.25))


def test_filming_can_start_anywhere() -> None:
    frames = list(camera(fps=4.0, duration=2.0).frames(start_index=6))
    assert [f.seconds for f in frames] == [1.5, 1.75]


def test_live_frames_are_paced_by_the_clock() -> None:
    clock = ManualClock(current=START)
    seen = [(f.index, clock.monotonic()) for f in camera(clock, fps=4.0, duration=2.0, live=True).frames()]
    assert [index for index, _ in seen] == list(range(8))
    assert [at for _, at in seen] == pytest.approx([n / 4 for n in range(8)])


def test_a_slow_consumer_gets_the_newest_frame_and_misses_the_others() -> None:
    clock = ManualClock(current=START)
    seen = []
    for frame in camera(clock, fps=10.0, duration=4.0, live=True).frames():
        seen.append(frame)
        assert clock.monotonic() - frame.seconds < 0.1  # never behind
        clock.advance(0.37)
    assert [f.index for f in seen] == [0, 3, 7, 11, 14, 18, 22, 25, 29, 33, 37]
    assert all(f.captured_at == START + timedelta(seconds=f.seconds) for f in seen)


def test_without_a_duration_it_films_until_closed() -> None:
    filming = camera(fps=10.0, live=True)
    frames: list[Frame] = []
    for frame in filming.frames():
        frames.append(frame)
        if len(frames) == 5:
            filming.close()
            filming.close()
    assert len(frames) == 5


def test_a_frame_carries_no_truth() -> None:
    assert {f.name for f in dataclasses.fields(Frame)} == {
        "camera_id",
        "index",
        "captured_at",
        "seconds",
        "image",
        "clock",
    }


def test_the_rate_must_be_positive() -> None:
    with pytest.raises(ValueError, match="expected a frame rate above 0, got 0"):
        SimulatedCamera("c1", SCENE, fps=0)
