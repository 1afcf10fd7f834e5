"""A video file as a camera."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.camera.stream import Picture, StreamError, VideoStream
from edge.frame import Frame
from edge.ports import CameraError

#: Two times of a stream nearer than this are one: they went through different roundings, seconds.
_SAME = 1e-4


class VideoCamera:
    """Plays a video file as fast as it is asked for (see `edge.ports.Camera`).

    Seeking is exact for any frame rate, constant or not: the file's packets are listed first, without
    decoding them.

    Args:
        started_at: moment of the first frame; None: what the file says, or when it was last written.
    """

    def __init__(self, camera_id: str, path: Path, *, started_at: datetime | None = None) -> None:
        self._camera_id = camera_id
        self._path = path
        self._started_at = started_at
        self._closed = threading.Event()

    @property
    def camera_id(self) -> str:
        return self._camera_id

    @property
    def live(self) -> bool:
        return False

    def frames(self, *, start_index: int = 0) -> Iterator[Frame]:
        """Frames from an index on; none where the file is shorter.

        Raises:
            CameraError: the file can't be opened, read or sought in, or nothing in it can be decoded.
        """
        try:
            with VideoStream(str(self._path)) as stream:
                start = self._started_at or stream.created_at or self._written_at()
                count = 0
                for frame in self._decode(stream, start, start_index):
                    if self._closed.is_set():
                        return
                    count += 1
                    yield frame
                if count == 0 and (start_index == 0 or stream.broken):
                    raise CameraError(f"camera {self._camera_id}: no picture could be decoded in {self._path}")
        except StreamError as e:
            raise CameraError(f"camera {self._camera_id}: {e}") from e

    def close(self) -> None:
        self._closed.set()

    def _written_at(self) -> datetime:
        return datetime.fromtimestamp(self._path.stat().st_mtime, UTC)

    def _decode(self, stream: VideoStream, start: datetime, start_index: int) -> Iterator[Frame]:
        first_seconds: float | None = None
        index = 0
        skip_before = float("-inf")
        if start_index > 0:
            times = stream.times()
            if times is not None:
                if start_index >= len(times):
                    return
                first_seconds, skip_before, index = times[0], times[start_index] - _SAME, start_index
                stream.seek(times[start_index])
            else:
                stream.seek(0.0)
        rate = stream.rate or 25.0
        last = -1.0
        for picture in stream.pictures():
            if picture.seconds is not None and picture.seconds < skip_before:
                continue
            if first_seconds is None:
                first_seconds = picture.seconds or 0.0
            seconds = _since(first_seconds, picture, index, rate)
            if seconds > last and index >= start_index:
                last = seconds
                yield Frame(
                    camera_id=self._camera_id,
                    index=index,
                    captured_at=start + timedelta(seconds=seconds),
                    seconds=seconds,
                    image=picture.image(),
                )
            index += 1


def _since(first_seconds: float, picture: Picture, index: int, rate: float) -> float:
    """Seconds from the first picture; by the frame rate where the picture has no time."""
    return index / rate if picture.seconds is None else picture.seconds - first_seconds
