"""The traffic as of now, for several threads: read from the counts, kept for a minute."""

from __future__ import annotations

import threading
from collections.abc import Collection
from datetime import datetime, timedelta

from central.flow.counts import DAY, QUARTER, FlowCounts, FlowStore
from central.flow.network import FlowNetwork, Section, build
from central.interception.hours import Calendar
from proto.clock import Clock

#: What is shown is at most so old, beside the counting itself.
FRESH = timedelta(minutes=1)


class FlowBoard:
    """Past days are read once a day, today whenever somebody asks after a minute."""

    def __init__(
        self,
        store: FlowStore,
        clock: Clock,
        *,
        calendar: Calendar | None = None,
        days: int = 28,
        roads: Collection[Section] = (),
    ) -> None:
        """Args:
        days: before today that the usual is made of.
        roads: the sections there are; none: those that vehicles were seen to take.
        """
        self._store = store
        self._clock = clock
        self._calendar = calendar or Calendar()
        self._days = days
        self._roads = tuple(roads)
        self._lock = threading.Lock()
        self._past: tuple[datetime, FlowCounts] | None = None
        self._network: FlowNetwork | None = None

    def network(self) -> FlowNetwork:
        """Raises:
        StoreUnavailable: the counts can't be read.
        """
        now = self._clock.now()
        with self._lock:
            if self._network is not None and timedelta(0) <= now - self._network.as_of < FRESH:
                return self._network
            offset = self._calendar.utc_offset
            midnight = (now + offset).replace(hour=0, minute=0, second=0, microsecond=0) - offset
            # A day's last counts come in after midnight: the past is read anew for the first two hours.
            settled = now - midnight >= 8 * QUARTER
            if self._past is None or self._past[0] != midnight or not settled:
                past = self._store.read(since=midnight - self._days * DAY * QUARTER, until=midnight)
                self._past = (midnight, past)
            today = self._store.read(since=midnight, until=now)
            self._network = build(
                self._past[1].followed_by(today),
                now=now,
                days=self._days,
                calendar=self._calendar,
                roads=self._roads,
            )
            return self._network
