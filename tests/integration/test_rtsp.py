"""The network camera against a real RTSP server: GStreamer's, from Debian.

It needs python3-gi, gir1.2-gst-rtsp-server-1.0 and gstreamer1.0-plugins-good. Where they are missing the tests
are skipped, but not under CI.
"""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from edge.camera.rtsp import Backoff, RtspCamera
from edge.camera.stream import VideoWriter
from edge.frame import Frame

SYSTEM_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).with_name("rtsp_server.py")
FPS = 10


def _why_missing() -> str:
    if not Path(SYSTEM_PYTHON).exists():
        return f"no {SYSTEM_PYTHON}"
    checked = subprocess.run([SYSTEM_PYTHON, SERVER, "--check"], capture_output=True, text=True, check=False)
    return checked.stderr.strip() if checked.returncode else ""


@pytest.fixture(scope="module", autouse=True)
def _gstreamer() -> None:
    missing = _why_missing()
    if missing and os.environ.get("CI"):
        pytest.fail(f"GStreamer's RTSP server must be there under CI: {missing}")
    if missing:
        pytest.skip(f"no GStreamer RTSP server: {missing}")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute of pictures, each with its number as a row of black and white squares."""
    path = tmp_path_factory.mktemp("rtsp") / "clip.mp4"
    with VideoWriter(path, fps=FPS, width=320, height=64) as writer:
        for number in range(60 * FPS):
            bits = np.array([255 * (number >> b & 1) for b in range(10)], np.uint8)
            row = np.repeat(bits, 32)
            writer.write(np.ascontiguousarray(np.broadcast_to(row[None, :, None], (64, 320, 3))))
    return path


def number_of(frame: Frame) -> int:
    """The number shown in a frame of the clip."""
    return sum(int(frame.image[32, 32 * b + 16, 0] > 127) << b for b in range(10))


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Server:
    """The server's process; can be cut and started again on the same port."""

    def __init__(self, clip: Path) -> None:
        self.port, self.clip = free_port(), clip
        self.address = f"rtsp://127.0.0.1:{self.port}/road"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [SYSTEM_PYTHON, SERVER, str(self.port), str(self.clip)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def cut(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def server(clip: Path) -> Iterator[Server]:
    running = Server(clip)
    yield running
    running.cut()


def test_frames_come_in_order_with_the_senders_times(server: Server) -> None:
    camera = RtspCamera("c1", server.address, timeout=5)
    frames = []
    for frame in camera.frames():
        frames.append(frame)
        if len(frames) == 5 * FPS:
            break
    arrived = datetime.now(UTC)
    camera.close()
    numbers = [number_of(f) for f in frames]
    assert numbers == sorted(set(numbers))
    assert [f.index for f in frames] == sorted({f.index for f in frames})
    assert abs(arrived - frames[-1].captured_at) < timedelta(seconds=1.5)
    # Once the sender has reported its clock, times are as even as the sender's own, whatever arrival was.
    late = [(f.captured_at.timestamp(), number_of(f)) for f in frames[-FPS:]]
    pace = [(t - late[0][0]) - (n - late[0][1]) / FPS for t, n in late]
    assert max(map(abs, pace)) < 0.002


def test_a_slow_consumer_misses_frames_and_does_not_lag(server: Server) -> None:
    camera = RtspCamera("c1", server.address, timeout=5)
    frames = []
    for frame in camera.frames():
        frames.append(frame)
        if len(frames) == 6:
            break
        time.sleep(0.55)  # the consumer is what is slow here; nothing is waited for
    health = camera.health
    camera.close()
    gaps = np.diff([f.index for f in frames])
    assert gaps[1:].min() >= 3
    # What was dropped is exactly what the indices skip, plus what waits to be taken.
    skipped = frames[-1].index - len(frames) + 1
    assert skipped <= health.dropped <= skipped + 1
    assert health.received - 1 - frames[-1].index <= 1


def test_it_reconnects_after_a_cut_and_goes_on_counting(server: Server) -> None:
    camera = RtspCamera("c1", server.address, timeout=2, backoff=Backoff(first=0.1, most=0.5))
    before, after = [], []
    frames = camera.frames()
    for frame in frames:
        before.append(frame)
        if len(before) == 10:
            break
    server.cut()
    deadline = time.monotonic() + 20
    while camera.health.connected:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert camera.health.error
    server.start()
    for frame in frames:
        after.append(frame)
        if len(after) == 10:
            break
    health = camera.health
    camera.close()
    assert health.connections == 2
    together = before + after
    assert all(a.index < b.index and a.seconds < b.seconds for a, b in itertools.pairwise(together))
    assert all(a.captured_at <= b.captured_at for a, b in itertools.pairwise(together))
    assert number_of(after[-1]) < number_of(before[-1]) + 10  # the clip began anew


def test_close_from_another_thread_ends_the_frames(server: Server) -> None:
    camera = RtspCamera("c1", server.address, timeout=2)
    frames = camera.frames()
    next(frames)
    threading.Timer(0.3, camera.close).start()
    began = time.monotonic()
    rest = list(frames)
    assert time.monotonic() - began < 3
    assert len(rest) < 20
