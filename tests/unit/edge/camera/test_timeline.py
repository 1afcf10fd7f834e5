"""One growing time from a network camera's pictures, whatever the stream's own time does."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import av
import pytest

from edge.camera.rtsp import _Timeline
from edge.camera.stream import Picture
from proto.clock import ManualClock

STEP = 0.04


def placed(stream_times: Iterable[float], *, arrivals: float = STEP) -> list[float]:
    """Where pictures of these stream times are placed, one arriving every `arrivals` seconds."""
    clock = ManualClock()
    timeline = _Timeline(clock)
    seconds = []
    for time in stream_times:
        picture = Picture(seconds=time, taken_at=None, source=av.VideoFrame(2, 2, "bgr24"))
        seconds.append(timeline.place(picture)[0])
        clock.advance(arrivals)
    return seconds


def steady(count: int, start: float = 0.0) -> list[float]:
    return [start + n * STEP for n in range(count)]


@pytest.mark.parametrize(
    "second_part", [0.0, 100.0 - 3600, 100.0 + 3600], ids=["the source loops", "clock set back", "clock set on"]
)
def test_a_jump_of_the_streams_time_is_bridged(second_part: float) -> None:
    found = placed(steady(100, 100.0) + steady(100, second_part))
    assert found == pytest.approx(steady(200), abs=0.01)


def test_a_source_that_loops_within_a_second_does_not_stand_still() -> None:
    found = placed(steady(20) * 200)
    assert found[-1] == pytest.approx(4000 * STEP, abs=11)
    assert all(b > a for a, b in pairwise(found))


def test_small_steps_back_are_no_jump() -> None:
    times = steady(100)
    times[50] = times[48]
    found = placed(times)
    assert found[51:] == pytest.approx(times[51:])
    assert all(b > a for a, b in pairwise(found))


def test_a_backlog_keeps_the_streams_own_time() -> None:
    assert placed(steady(200), arrivals=0.0) == pytest.approx(steady(200))


def test_a_sender_that_leads_for_long_keeps_its_own_pace() -> None:
    # 20 s of lead over a thousand pictures: each is as far from the one before as the sender says.
    assert placed(steady(1000), arrivals=STEP / 2) == pytest.approx(steady(1000))
