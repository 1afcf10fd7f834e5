"""The shared state in this process: for a centre that is one process, where there is nobody to share it
with."""

from __future__ import annotations

import heapq
import math
import threading
from bisect import insort
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from central.people import ACCOUNT_THROTTLE, ADDRESS_THROTTLE, Throttle
from central.state.limits import StateLimits
from central.state.moments import microseconds, moment_of
from central.state.port import SIGHTINGS_A_PLATE, Lease, Raised, Sighting, SightingColumns, State
from proto.clock import Clock

#: Repeats remembered at most; each is needed for seconds.
MAX_REPEATS = 100_000


def open_embedded_state(limits: StateLimits, clock: Clock) -> State:
    """Never away, never degraded."""
    return State(
        sightings=EmbeddedSightings(limits, clock),
        repeats=EmbeddedRepeats(limits),
        throttle=EmbeddedThrottle(clock),
        leases=EmbeddedLeases(),
        fanout=None,
        degraded=lambda: None,
        close=lambda: None,
    )


#: captured_at in microseconds, passage id, checkpoint: what is kept of a sighting; a value is made when it is
#: asked for.
_Entry = tuple[int, bytes, str]


class EmbeddedSightings:
    """See `Sightings`."""

    def __init__(self, limits: StateLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._found: dict[str, list[_Entry]] = {}  #: oldest first
        #: (newest, plate), some of them out of date: looked at when they come up.
        self._by_age: list[tuple[int, str]] = []

    def put(self, sightings: SightingColumns) -> None:
        oldest = self._oldest()
        found, by_age = self._found, self._by_age
        columns = (sightings.captured_at_us, sightings.passage_ids, sightings.checkpoints)
        with self._lock:
            for plate, entry in zip(sightings.plates, zip(*columns, strict=True), strict=True):
                if entry[0] <= oldest:
                    continue
                entries = found.get(plate)
                if entries is None:
                    found[plate] = [entry]
                elif entry in entries:
                    continue
                else:
                    insort(entries, entry)
                    del entries[:-SIGHTINGS_A_PLATE]
                heapq.heappush(by_age, (found[plate][-1][0], plate))
            self._let_go(oldest)

    def last(self, plate: str, *, before: datetime | None = None) -> Sighting | None:
        oldest = self._oldest()
        until = None if before is None else microseconds(before)
        with self._lock:
            for captured_at, passage_id, checkpoint_id in reversed(self._found.get(plate, [])):
                if captured_at > oldest and (until is None or captured_at < until):
                    return Sighting(
                        plate=plate,
                        captured_at=moment_of(captured_at),
                        passage_id=UUID(bytes=passage_id),
                        checkpoint_id=checkpoint_id,
                    )
        return None

    def _let_go(self, oldest: int) -> None:
        while len(self._found) > self._limits.plates or (self._by_age and self._by_age[0][0] <= oldest):
            newest, plate = heapq.heappop(self._by_age)
            if plate in self._found and self._found[plate][-1][0] == newest:
                del self._found[plate]
        if len(self._by_age) > 2 * len(self._found) + 1000:
            self._by_age = [(entries[-1][0], plate) for plate, entries in self._found.items()]
            heapq.heapify(self._by_age)

    def _oldest(self) -> int:
        return microseconds(self._clock.now() - self._limits.sightings_kept)


class EmbeddedRepeats:
    """See `Repeats`."""

    def __init__(self, limits: StateLimits) -> None:
        self._window = limits.repeat_window
        self._lock = threading.Lock()
        self._newest: dict[str, datetime] = {}

    def known(self, wanted: Sequence[Raised]) -> Sequence[bool]:
        with self._lock:
            found = [self._newest.get(raised.key) for raised in wanted]
        return [
            at is not None and abs(raised.captured_at - at) < self._window
            for raised, at in zip(wanted, found, strict=True)
        ]

    def remember(self, raised: Sequence[Raised]) -> None:
        with self._lock:
            for one in raised:
                # Taken out and put back: the first of the dict is the one not heard of for longest.
                at = self._newest.pop(one.key, one.captured_at)
                self._newest[one.key] = max(at, one.captured_at)
            while len(self._newest) > MAX_REPEATS:
                del self._newest[next(iter(self._newest))]


class EmbeddedThrottle:
    """See `LoginThrottle`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._by_name: defaultdict[str, list[datetime]] = defaultdict(list)
        self._by_address: defaultdict[str, list[tuple[datetime, str]]] = defaultdict(list)

    def claim(self, username: str, address: str) -> datetime | None:
        now = self._clock.now()
        with self._lock:
            self._forget(now)
            for throttle, failed_at in (
                (ACCOUNT_THROTTLE, self._by_name.get(username, [])),
                (ADDRESS_THROTTLE, [at for at, _ in self._by_address.get(address, [])]),
            ):
                until = throttle.locked_until(failed_at, now)
                if until is not None:
                    return until
            self._by_name[username].append(now)
            self._by_address[address].append((now, username))
        return None

    def forgive(self, username: str) -> None:
        with self._lock:
            self._by_name.pop(username, None)
            for address, attempts in list(self._by_address.items()):
                self._by_address[address] = [attempt for attempt in attempts if attempt[1] != username]

    def _forget(self, now: datetime) -> None:
        for name, failed_at in list(self._by_name.items()):
            if failed_at[-1] <= now - _matters(ACCOUNT_THROTTLE):
                del self._by_name[name]
        for address, attempts in list(self._by_address.items()):
            if not attempts or attempts[-1][0] <= now - _matters(ADDRESS_THROTTLE):
                del self._by_address[address]


def _matters(throttle: Throttle) -> timedelta:
    return throttle.window + throttle.lock


class EmbeddedLeases:
    """See `Leases`: the one process there is has every one."""

    def hold(self, name: str) -> Lease:
        return Lease(name=name, token=0, valid_until=math.inf)

    def release(self, name: str) -> None:
        """Nobody waits for it."""
