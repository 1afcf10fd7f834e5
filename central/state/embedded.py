"""The shared state in this process: for a centre that is one process, where there is nobody to share it
with."""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from central.people import ACCOUNT_THROTTLE, ADDRESS_THROTTLE, Throttle
from central.state.limits import StateLimits
from central.state.port import Lease, Raised, State
from central.state.sightings import EmbeddedSightings
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
