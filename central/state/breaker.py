"""A circuit breaker: an engine that is away costs its callers a few waits, not one a call. Pure but for its
lock."""

from __future__ import annotations

import threading

from proto.clock import Clock

#: Failures in a row that open it: one may be a connection that had gone stale.
FAILURES = 2
FIRST_S = 0.5
LONGEST_S = 5.0


class Breaker:
    """Closed, calls go through. After `FAILURES` in a row it opens: calls are refused, but for one trial when a
    pause is over, which closes it or doubles the pause. Safe to call from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._pause_s = FIRST_S
        self._try_at = 0.0

    @property
    def open(self) -> bool:
        return self._failures >= FAILURES

    def allows(self) -> bool:
        """May a call be made now? A True while it is open is the one trial."""
        with self._lock:
            if not self.open:
                return True
            now = self._clock.monotonic()
            if now < self._try_at:
                return False
            # Whoever comes during the trial is refused; should the trial never end, another comes after the
            # pause.
            self._try_at = now + self._pause_s
            return True

    def succeeded(self) -> bool:
        """Returns whether this closed it."""
        with self._lock:
            was_open = self.open
            self._failures, self._pause_s = 0, FIRST_S
            return was_open

    def failed(self) -> bool:
        """Returns whether this opened it."""
        with self._lock:
            was_open = self.open
            self._failures += 1
            if was_open:
                self._pause_s = min(LONGEST_S, self._pause_s * 2)
            if self.open:
                self._try_at = self._clock.monotonic() + self._pause_s
            return self.open and not was_open
