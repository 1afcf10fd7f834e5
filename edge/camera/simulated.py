"""A camera that films a rendered road scene."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

from edge.frame import Frame
from edge.scene.road import RoadScene
from proto.clock import Clock, SystemClock

#: A live camera waits in naps no longer than this, so that `close` is heard, seconds.
_NAP = 0.2


class SimulatedCamera:
    """Films a `RoadScene` at a fixed rate (see `edge.ports.Camera`).

    Live, frame k is due k / fps seconds after the first `frames` call and is rendered then; a consumer that
    is late gets the newest frame that is due, and the gap in `index` tells what was dropped. Not live, every
    frame comes as fast as it is asked for, stamped `started_at` plus the scene's time.

    Args:
        duration: seconds of the scene to film; None: until `close`.
        started_at: moment of frame 0; None: the clock's time when filming starts.
    """

    def __init__(
        self,
        camera_id: str,
        scene: RoadScene,
        *,
        fps: float = 10.0,
        live: bool = False,
        duration: float | None = None,
        started_at: datetime | None = None,
        clock: Clock | None = None,
    ) -> None:
        if fps <= 0:
            raise ValueError(f"expected a frame rate above 0, got {fps}")
        self._camera_id = camera_id
        self._live = live
        self._scene = scene
        self._fps = fps
        self._count = None if duration is None else round(duration * fps)
        self._started_at = started_at
        self._clock = clock or SystemClock()
        self._closed = threading.Event()
        self._filming_since: datetime | None = None

    @property
    def camera_id(self) -> str:
        return self._camera_id

    @property
    def live(self) -> bool:
        return self._live

    @property
    def scene(self) -> RoadScene:
        """What is filmed: for calibration, and for whoever keeps the truth."""
        return self._scene

    @property
    def filming_since(self) -> datetime | None:
        """The moment of frame 0, the scene's second 0; None before the first frame is asked for."""
        return self._filming_since

    def frames(self, *, start_index: int = 0) -> Iterator[Frame]:
        """Frames in order; `start_index` is ignored when live."""
        start = self._filming_since = self._started_at or self._clock.now()
        if not self._live:
            index = start_index
            while not self._over(index):
                yield self._frame(index, start)
                index += 1
            return
        began = self._clock.monotonic()
        index = -1
        while True:
            due = max(index + 1, int((self._clock.monotonic() - began) * self._fps))
            while not self._closed.is_set() and (wait := began + due / self._fps - self._clock.monotonic()) > 0:
                self._clock.sleep(min(wait, _NAP))
            if self._over(due):
                return
            index = due
            yield self._frame(index, start)

    def close(self) -> None:
        self._closed.set()

    def _over(self, index: int) -> bool:
        return self._closed.is_set() or (self._count is not None and index >= self._count)

    def _frame(self, index: int, start: datetime) -> Frame:
        seconds = index / self._fps
        return Frame(
            camera_id=self._camera_id,
            index=index,
            captured_at=start + timedelta(seconds=seconds),
            seconds=seconds,
            image=self._scene.frame(seconds),
        )
