"""How long to wait before trying again."""

from __future__ import annotations

import random


class Backoff:
    """Doubles with each failure up to a limit; half of each wait is chance, so that nodes that lost the same
    centre don't come back at the same moment."""

    def __init__(
        self, *, first_s: float = 0.2, most_s: float = 30.0, chance: random.Random | None = None
    ) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._chance = chance or random.Random()
        self._failures = 0

    def failed(self) -> float:
        """Seconds to wait after one more failure."""
        wait = min(self._most_s, self._first_s * 2.0**self._failures)
        if wait < self._most_s:
            self._failures += 1
        return wait * self._chance.uniform(0.5, 1.0)

    def succeeded(self) -> None:
        """Begin anew."""
        self._failures = 0
