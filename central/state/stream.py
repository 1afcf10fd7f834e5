"""The live feed through a Redis stream, beside the records' log which stays the durable source.

One process, the leader, pumps: it waits on the log and appends what is new to the stream, under the log's own
ids. All readers wait on the stream. Whatever the stream does not have, the log has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from central.ports import LiveEvent, LiveFeed
from central.state import scripts
from central.state.limits import StateLimits
from central.state.link import Link, StateAway
from central.state.moments import microseconds, moment_of
from central.state.port import Fanout, Leases
from central.state.shared import milliseconds
from proto.clock import Clock

#: Events of one append.
PAGE = 500
#: A reader asks the log itself so often: what it waits for where nobody pumps.
RECHECK_S = 0.5
#: How long one round of the pump waits for news.
PUMP_WAIT_S = 0.5


class RedisFanout:
    """See `Fanout`. A stream whose entries bear the log's ids, so appending one again is refused by Redis
    itself."""

    def __init__(self, link: Link, prefix: str, limits: StateLimits, clock: Clock) -> None:
        self._link = link
        self._stream = f"{prefix}live"
        self._limits = limits
        self._clock = clock

    def position(self) -> int | None:
        try:
            found = self._link.script(scripts.STREAM_POSITION, (self._stream,), ())
        except StateAway:
            return None
        assert isinstance(found, bytes)
        return int(found)

    def publish(self, events: Sequence[LiveEvent], *, after: int) -> bool:
        limits = self._limits
        oldest = microseconds(self._clock.now() - limits.events_kept)
        arguments: list[str | int] = [after, limits.events, oldest, milliseconds(limits.events_kept)]
        for event in events:
            arguments += (event.event_id, event.kind, microseconds(event.at), event.body)
        try:
            return bool(self._link.script(scripts.PUBLISH_EVENTS, (self._stream,), arguments))
        except StateAway:
            return False

    def reset(self) -> None:
        try:
            self._link.delete(self._stream)
        except StateAway:
            return

    def since(self, event_id: int, *, limit: int) -> tuple[LiveEvent, ...] | None:
        try:
            found = self._link.script(scripts.EVENTS_SINCE, (self._stream,), (event_id, limit))
        except StateAway:
            return None
        if found is None:
            return None
        assert isinstance(found, list)
        return tuple(_event(entry_id, fields) for entry_id, fields in found)

    def wait(self, event_id: int, *, timeout_s: float) -> bool | None:
        try:
            return self._link.blocking_read(self._stream, f"{event_id}-0", timeout_s=timeout_s)
        except StateAway:
            return None


def _event(entry_id: bytes, fields: Sequence[bytes]) -> LiveEvent:
    _, kind, _, at, _, body = fields
    return LiveEvent(
        event_id=int(entry_id.partition(b"-")[0]), kind=kind.decode(), at=moment_of(int(at)), body=body.decode()
    )


class FannedFeed:
    """A `LiveFeed`: the log's, read from the fan-out where that has it. Same events, same ids, none missing
    or twice; which of the two gave them is not to be seen."""

    def __init__(self, log: LiveFeed, fanout: Fanout, clock: Clock) -> None:
        self._log = log
        self._fanout = fanout
        self._clock = clock
        self._recheck_at = 0.0

    def since(self, event_id: int, *, limit: int) -> tuple[LiveEvent, ...]:
        return self._fanout.since(event_id, limit=limit) or self._log.since(event_id, limit=limit)

    def oldest(self) -> int:
        return self._log.oldest()

    def newest(self) -> int:
        return self._log.newest()

    def wait(self, event_id: int, *, timeout_s: float) -> bool:
        found = self._fanout.wait(event_id, timeout_s=timeout_s)
        if found is None:  # away
            return self._log.wait(event_id, timeout_s=timeout_s)
        if found:
            return True
        now = self._clock.monotonic()
        if now < self._recheck_at:
            return False
        self._recheck_at = now + RECHECK_S
        return self._log.newest() > event_id


class FeedPump:
    """A part: keeps the fan-out behind the log. One round:

    1. hold the lease, or wait for it
    2. let go of the log's old events, now and then
    3. ask where the fan-out stands
    4. where that is ahead of the log it is another log's: begin anew
    5. wait for events after it
    6. append them; where another pump was first nothing is done, and the next round sees how far it came
    """

    NAME = "feed"

    def __init__(
        self,
        log: LiveFeed,
        fanout: Fanout,
        leases: Leases,
        *,
        events: int,
        prune: Callable[[], object],
        prune_every_s: float,
        clock: Clock,
        stopping: threading.Event,
    ) -> None:
        """`events`: with how many of the newest an empty fan-out begins."""
        self._log = log
        self._fanout = fanout
        self._leases = leases
        self._events = events
        self._prune = prune
        self._prune_every_s = prune_every_s
        self._clock = clock
        self._stopping = stopping
        self._prune_at = clock.monotonic()

    def step(self) -> None:
        # 1 lease
        if self._leases.hold(self.NAME) is None:
            self._stopping.wait(PUMP_WAIT_S)
            return
        # 2 prune
        if self._clock.monotonic() >= self._prune_at:
            self._prune()
            self._prune_at = self._clock.monotonic() + self._prune_every_s
        # 3 position
        position = self._fanout.position()
        if position is None:
            self._stopping.wait(PUMP_WAIT_S)
            return
        # 4 another log's: asked in this order, since what is in the fan-out was in the log before
        newest = self._log.newest()
        if position > newest:
            self._fanout.reset()
            position = 0
        if position == 0:
            position = max(0, newest - self._events)
        # 5 wait
        if not self._log.wait(position, timeout_s=PUMP_WAIT_S):
            return
        # 6 append
        self._fanout.publish(self._log.since(position, limit=PAGE), after=position)

    def close(self) -> None:
        self._leases.release(self.NAME)
