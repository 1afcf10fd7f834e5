"""A recorded camera played as if it were live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from edge.frame import Frame
from edge.ports import Camera
from proto.clock import Clock, SystemClock

_NAP = 0.2  #: longest wait before `close` is heard, seconds


class PacedCamera:
    """Gives a recorded camera's frames when they are due, stamped as if captured now; late ones are dropped.

    For demonstrations and for measuring whether a machine keeps up: the gaps in `index` are what it missed.
    """

    def __init__(self, camera: Camera, *, clock: Clock | None = None) -> None:
        self._camera = camera
        self._clock = clock or SystemClock()
        self._closed = False

    @property
    def camera_id(self) -> str:
        return self._camera.camera_id

    @property
    def live(self) -> bool:
        return True

    def frames(self, *, start_index: int = 0) -> Iterator[Frame]:
        """Frames at the pace of their `seconds`, until the recording ends; raises what that raises."""
        previous: Frame | None = None
        for frame in self._camera.frames():
            if previous is None:  # the recording plays from here: opening it made nothing late
                started_at = self._clock.now() - timedelta(seconds=frame.seconds)
                began = self._clock.monotonic() - frame.seconds
            # A frame is late once its successor is due too.
            if previous is not None and began + frame.seconds > self._clock.monotonic():
                yield replace(previous, captured_at=started_at + timedelta(seconds=previous.seconds))
            while not self._closed and (wait := began + frame.seconds - self._clock.monotonic()) > 0:
                self._clock.sleep(min(wait, _NAP))
            if self._closed:
                return
            previous = frame
        if previous is not None:
            yield replace(previous, captured_at=started_at + timedelta(seconds=previous.seconds))

    def close(self) -> None:
        self._closed = True
        self._camera.close()
