"""How much of what comes may be spent on, where not all can."""

from __future__ import annotations

import math

from proto.clock import Clock


class Allowance:
    """So many a second on average, a second's worth at once at most."""

    def __init__(self, per_second: int, clock: Clock) -> None:
        self._per_second = per_second
        self._clock = clock
        self._left = float(per_second)
        self._at = clock.monotonic()

    def take(self, wanted: int) -> int:
        """How many of `wanted` are allowed now."""
        now = self._clock.monotonic()
        self._left = min(self._per_second, self._left + (now - self._at) * self._per_second)
        self._at = now
        taken = min(wanted, math.floor(self._left))
        self._left -= taken
        return taken
