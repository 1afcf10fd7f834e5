"""A network camera over RTSP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.camera.stream import Picture, StreamError, VideoStream
from edge.frame import Frame
from edge.ports import CameraError
from proto.clock import Clock, SystemClock

#: A sender's clock further than this from ours is wrong: the arrival is the better time.
_MAX_SKEW = timedelta(seconds=10)
#: The stream's own time went back by more than this, seconds: it began anew (a looping source, a set clock).
_FELL_BACK = 1.0
#: It is this far from the arrivals, seconds: it jumped. A stalled link's backlog stays below.
_ASTRAY = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How long to wait before each further try to connect, seconds: doubling up to a limit."""

    first: float = 0.5
    most: float = 30.0

    def delay(self, failures: int) -> float:
        """The wait after so many failures in a row (1 or more)."""
        return float(min(self.most, self.first * 2.0 ** min(failures - 1, 30)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RtspHealth:
    """How a network camera does."""

    connected: bool
    connections: int  #: how often it connected
    received: int  #: frames decoded
    dropped: int  #: frames decoded and not taken in time
    error: str  #: why it is not connected; empty while it is


class RtspCamera:
    """Follows an RTSP address for ever (see `edge.ports.Camera`).

    A thread of its own reads, decodes and keeps only the newest frame: a consumer that is slow misses
    frames (a gap in `index`), it never lags behind. When the stream breaks, or nothing comes for `timeout`
    seconds, it connects again, waiting longer each time. `index` and `seconds` go on across connections.

    `captured_at` is the sender's time where it reports one (RTCP) that is within ten seconds of ours,
    else the arrival.

    Args:
        timeout: seconds to wait for a connection and for each picture.
        give_up_after: seconds without any picture after which `frames` raises; None: never.
    """

    def __init__(
        self,
        camera_id: str,
        address: str,
        *,
        timeout: float = 5.0,
        backoff: Backoff | None = None,
        give_up_after: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._camera_id = camera_id
        self._address = address
        self._timeout = timeout
        self._backoff = backoff or Backoff()
        self._give_up_after = give_up_after
        self._clock = clock or SystemClock()
        self._closed = threading.Event()
        self._changed = threading.Condition()
        # All below are guarded by `_changed`.
        self._newest: tuple[int, float, datetime, Picture] | None = None
        self._reader: threading.Thread | None = None
        self._timeline = _Timeline(self._clock)
        self._health = RtspHealth(connected=False, connections=0, received=0, dropped=0, error="not opened yet")

    @property
    def camera_id(self) -> str:
        return self._camera_id

    @property
    def live(self) -> bool:
        return True

    @property
    def health(self) -> RtspHealth:
        """How it does now."""
        with self._changed:
            return self._health

    def frames(self, *, start_index: int = 0) -> Iterator[Frame]:
        """The newest frame each time, until `close`; `start_index` is ignored.

        Raises:
            CameraError: `give_up_after` seconds passed without a picture.
        """
        self._start()
        heard = self._clock.monotonic()
        while not self._closed.is_set():
            with self._changed:
                if self._newest is None:
                    self._changed.wait(0.5)
                taken, self._newest = self._newest, None
                error = self._health.error
            if taken is None:
                silent = self._clock.monotonic() - heard
                if self._give_up_after is not None and silent > self._give_up_after:
                    self.close()
                    raise CameraError(f"camera {self._camera_id}: no picture for {silent:.0f} s: {error}")
                continue
            heard = self._clock.monotonic()
            index, seconds, captured_at, picture = taken
            yield Frame(
                camera_id=self._camera_id,
                index=index,
                captured_at=captured_at,
                seconds=seconds,
                image=picture.image(),
            )

    def close(self) -> None:
        """Stop; the reading thread ends by itself, at the latest when its read times out."""
        self._closed.set()
        with self._changed:
            self._changed.notify_all()

    def _start(self) -> None:
        with self._changed:
            if self._reader is None:
                self._reader = threading.Thread(target=self._read, name=f"rtsp-{self._camera_id}", daemon=True)
                self._reader.start()

    def _read(self) -> None:
        """The reading thread.

        1. Connect. 2. Hand over each picture until the stream ends or breaks. 3. Say why, wait, and again.
        A connection that gave pictures starts the waiting afresh.
        """
        failures = 0
        while not self._closed.is_set():
            before = self.health.received
            try:
                # TCP: over UDP a lost packet is a torn picture, and torn plates are misread. Half a second
                # (in microseconds) is enough to learn the format from; the usual five delay every reconnect.
                options = {"rtsp_transport": "tcp", "analyzeduration": "500000"}
                with VideoStream(self._address, timeout=self._timeout, options=options) as stream:
                    self._note(connected=True)
                    for picture in stream.pictures():
                        if self._closed.is_set():
                            return
                        self._hand_over(picture)
                error = "the stream ended"
            except StreamError as e:
                error = str(e)
            failures = 1 if self.health.received > before else failures + 1
            self._note(connected=False, error=error)
            self._closed.wait(self._backoff.delay(failures))

    def _note(self, *, connected: bool, error: str = "") -> None:
        with self._changed:
            h = self._health
            if connected:
                self._timeline.reconnected()
            self._health = RtspHealth(
                connected=connected,
                connections=h.connections + connected,
                received=h.received,
                dropped=h.dropped,
                error=error,
            )

    def _hand_over(self, picture: Picture) -> None:
        with self._changed:
            h = self._health
            seconds, captured_at = self._timeline.place(picture)
            missed = self._newest is not None
            self._newest = (h.received, seconds, captured_at, picture)
            self._health = RtspHealth(
                connected=True,
                connections=h.connections,
                received=h.received + 1,
                dropped=h.dropped + missed,
                error="",
            )
            self._changed.notify_all()


class _Timeline:
    """Gives pictures of several connections one growing time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began: float | None = None  # monotonic, arrival of the very first picture
        self._offset: float | None = None  # ours minus the stream's, of this connection
        self._last_seconds = -1.0
        self._last_moment: datetime | None = None

    def reconnected(self) -> None:
        """The stream's own time starts anew."""
        self._offset = None

    def place(self, picture: Picture) -> tuple[float, datetime]:
        """Seconds since the first picture, and the moment of capture; both never go back."""
        elapsed = self._clock.monotonic()
        if self._began is None:
            self._began = elapsed
        elapsed -= self._began
        if picture.seconds is None:
            seconds = elapsed
        else:
            if self._offset is None or self._jumped(picture.seconds + self._offset, elapsed):
                self._offset = max(elapsed, self._last_seconds + 1e-3) - picture.seconds
            seconds = picture.seconds + self._offset
        if seconds <= self._last_seconds:
            seconds = self._last_seconds + 1e-6
        self._last_seconds = seconds
        return seconds, self._moment(picture)

    def _jumped(self, seconds: float, elapsed: float) -> bool:
        """Whether the stream's time is no longer the one the offset was taken from.

        Running ahead is measured from the later of arrival and last picture, so that a lead that was once
        granted is not found again with every picture.
        """
        return (
            seconds < self._last_seconds - _FELL_BACK
            or elapsed - seconds > _ASTRAY
            or seconds - max(elapsed, self._last_seconds) > _ASTRAY
        )

    def _moment(self, picture: Picture) -> datetime:
        moment = self._clock.now()
        if picture.taken_at is not None and abs(picture.taken_at - moment) <= _MAX_SKEW:
            moment = picture.taken_at
        if self._last_moment is not None:
            moment = max(moment, self._last_moment)
        self._last_moment = moment
        return moment
