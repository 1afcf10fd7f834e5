"""How the cameras do against their own past, for several threads: asked of the counts, kept for a while."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

from central.camera_reads import DAYS, CameraCounts, CameraKey, CameraReads, against_past, span_before
from central.interception.hours import Calendar
from proto.clock import Clock

#: What is told is at most so old: late passages change full hours too.
FRESH = timedelta(minutes=5)


class CameraBoard:
    """`CameraReads` of every camera."""

    def __init__(self, counts: CameraCounts, clock: Clock, *, calendar: Calendar | None = None) -> None:
        self._counts = counts
        self._clock = clock
        self._calendar = calendar or Calendar()
        self._lock = threading.Lock()
        self._asked_at: datetime | None = None
        self._found: Mapping[CameraKey, CameraReads] = {}

    def reads(self) -> Mapping[CameraKey, CameraReads]:
        """Raises:
        StoreUnavailable: the counts can't be read.
        """
        now = self._clock.now()
        with self._lock:
            if self._asked_at is None or not timedelta(0) <= now - self._asked_at < FRESH:
                since, until = span_before(now)
                counted = self._counts.cameras(since=since, until=until, days=DAYS)
                self._found = against_past(counted, until=until, calendar=self._calendar)
                self._asked_at = now
            return self._found
