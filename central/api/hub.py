"""From the live feed to the consoles: one thread waits on the feed, all consoles read one ring of events.

A console is a cursor, so that a slow one costs no memory: it reads the ring, or the feed where the ring
has moved on, and where it is too far behind it is told that there is a gap.
"""

from __future__ import annotations

import asyncio
import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence

import structlog
from starlette.concurrency import run_in_threadpool

from central.ports import LiveEvent, LiveFeed, StoreUnavailable

#: How long the thread waits at a time, hence how long stopping may take.
WAIT_S = 0.1
PAGE = 500
_log = structlog.get_logger(__name__)


class TooFarBehind(Exception):
    """More events than the limit lie ahead; `newest` is where to go on."""

    def __init__(self, newest: int) -> None:
        super().__init__(f"events up to {newest} were missed")
        self.newest = newest


class LiveHub:
    """Made and used in one event loop; `start` before use, `stop` after."""

    def __init__(self, feed: LiveFeed, *, max_behind: int) -> None:
        self._feed = feed
        self._max_behind = max_behind
        self._ring: deque[LiveEvent] = deque(maxlen=max_behind)
        self._complete_from = 0  #: the ring holds every event after this one
        self._newest = 0
        self._news = asyncio.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def newest(self) -> int:
        """The newest event that was taken."""
        return self._newest

    async def start(self) -> None:
        """Begin with what is new from now on.

        Raises:
            StoreUnavailable: the feed can't be read.
        """
        self._newest = self._complete_from = await run_in_threadpool(self._feed.newest)
        loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._follow, args=(loop, self._newest), name="live-feed")
        self._thread.start()

    async def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            await run_in_threadpool(self._thread.join)

    async def opening(self, after: int) -> tuple[int, int, bool]:
        """Where a console begins that saw everything up to `after` (0: it begins now): the cursor, the oldest
        event there is, and whether something between the two is missing."""
        oldest = await run_in_threadpool(self._feed.oldest)
        if after <= 0:
            return self._newest, oldest, False
        # Ahead of the feed: it was begun anew, and what `after` counted is gone.
        if after < oldest - 1 or after > await run_in_threadpool(self._feed.newest):
            return self._newest, oldest, True
        return after, oldest, False

    async def after(self, cursor: int, *, timeout_s: float) -> Sequence[LiveEvent]:
        """The next events, oldest first; empty where none came in time.

        Raises:
            TooFarBehind: there are more than the limit.
        """
        if self._newest <= cursor:
            try:
                await asyncio.wait_for(self._news.wait(), timeout_s)
            except TimeoutError:
                return ()
        if cursor >= self._complete_from:
            events = list(self._ring)
            return events[bisect_right(events, cursor, key=lambda e: e.event_id) :][:PAGE]
        ahead = await run_in_threadpool(self._feed.since, cursor, limit=self._max_behind + 1)
        if len(ahead) > self._max_behind:
            raise TooFarBehind(self._newest)
        return ahead

    def _follow(self, loop: asyncio.AbstractEventLoop, newest: int) -> None:
        """1. Wait for news. 2. Read them. 3. Hand them to the loop. A feed that is away is tried again."""
        while not self._stopping.is_set():
            try:
                if not self._feed.wait(newest, timeout_s=WAIT_S):  # 1.
                    continue
                events = self._feed.since(newest, limit=PAGE)  # 2.
            except StoreUnavailable as error:
                _log.warning("live feed unavailable", error=str(error))
                self._stopping.wait(WAIT_S)
                continue
            if events:
                newest = events[-1].event_id
                loop.call_soon_threadsafe(self._take, events)  # 3.

    def _take(self, events: Sequence[LiveEvent]) -> None:
        for event in events:
            if len(self._ring) == self._ring.maxlen:
                self._complete_from = self._ring[0].event_id
            self._ring.append(event)
        self._newest = events[-1].event_id
        self._news.set()
        self._news = asyncio.Event()
