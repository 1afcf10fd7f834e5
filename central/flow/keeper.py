"""Keeps the counts of the traffic at most a minute behind what was stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from central.flow.counts import SLOT, FlowStore
from proto.clock import Clock

#: Counted at once, so that no count holds up the store.
STRETCH = timedelta(hours=6)
#: Slots that are counted again with every round: passages take a while from the roadside.
AGAIN = timedelta(minutes=15)
#: Counted again every hour: what nodes that were cut off handed in later.
LATE = timedelta(hours=24)


class FlowKeeper:
    """One round:

    1. where to go on: a little before what was counted last; once an hour, a day before
    2. over what holds no passage at all: weeks of it before a centre's first, and as long as nothing comes
    3. count stretch by stretch up to the slot that runs now, which is counted so far
    """

    def __init__(
        self, store: FlowStore, clock: Clock, *, history: timedelta, stopped: Callable[[], bool]
    ) -> None:
        """Args:
        history: how far back a first round counts.
        stopped: whether to break off between two stretches; the next round goes on.
        """
        self._store = store
        self._clock = clock
        self._history = history
        self._stopped = stopped
        self._late_at: datetime | None = None

    def run(self) -> None:
        """Raises:
        StoreUnavailable: the next round takes it up again.
        """
        now = self._clock.now()
        until = _floor(now) + SLOT
        known = self._store.counted_until()  # 1
        since = _floor(now - self._history) if known is None else _floor(min(known, now) - AGAIN)
        look_back = self._late_at is None or now - self._late_at >= timedelta(hours=1)
        if known is not None and look_back:
            since = min(since, _floor(now - LATE))
        first = self._store.first_passage(since=since, until=until)  # 2
        since = until if first is None else max(since, _floor(first))
        while since < until and not self._stopped():  # 3
            end = min(until, since + STRETCH)
            self._store.count(since=since, until=end)
            since = end
        if look_back and since >= until:
            self._late_at = now


def _floor(moment: datetime) -> datetime:
    return moment - timedelta(seconds=moment.timestamp() % SLOT.total_seconds())
