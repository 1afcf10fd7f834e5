"""Frames into a video file: for tests, the demo and benches."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from edge.camera.stream import VideoWriter
from edge.frame import Frame


def record(frames: Iterable[Frame], path: Path, *, fps: float) -> int:
    """Write frames at a constant rate and return how many there were.

    The file says when the first was captured, so that `VideoCamera` gives the times back.

    Raises:
        StreamError: the file can't be written.
        ValueError: there is no frame.
    """
    rest = iter(frames)
    first = next(rest, None)
    if first is None:
        raise ValueError(f"expected at least one frame to record to {path}")
    height, width = first.image.shape[:2]
    count = 0
    with VideoWriter(path, fps=fps, width=width, height=height, created_at=first.captured_at) as writer:
        for frame in chain((first,), rest):
            writer.write(frame.image)
            count += 1
    return count
