"""When alerts could be seen: the live feed, read as a console reads it."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from central.records import open_records
from proto.clock import SystemClock

_PAGE = 500


class Watch:
    """Notes the moment each alert's passage comes by on the live feed, on a thread of its own."""

    def __init__(self, folder: Path) -> None:
        """`folder` has the records."""
        self._records = open_records(folder, clock=SystemClock())
        self._stopping = threading.Event()
        self._last = self._records.live.newest()
        self._thread = threading.Thread(target=self._run, name="watch")
        self.seen: dict[UUID, float] = {}  #: passage → when its first alert was seen
        self.alerts = 0

    def _run(self) -> None:
        live = self._records.live
        while not self._stopping.is_set():
            if not live.wait(self._last, timeout_s=0.2):
                continue
            events = live.since(self._last, limit=_PAGE)
            now = time.time()
            for event in events:
                self._last = event.event_id
                if event.kind == "alert":
                    self.alerts += 1
                    passage = json.loads(event.body)["passage"]["passage_id"]
                    self.seen.setdefault(UUID(passage), now)

    def wait_for(self, count: int, *, timeout_s: float) -> None:
        """Until so many passages have an alert, or the time is up."""
        deadline = time.monotonic() + timeout_s
        while len(self.seen) < count and time.monotonic() < deadline:
            time.sleep(0.05)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()
        self._records.close()
