"""Which identifiers a store has of late, so that its only writer need not ask it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[Any]
Mask = NDArray[np.bool_]

#: Identifiers are kept by the stretch of time they were minted in, which is let go of as a whole.
_STRETCH_US = 60_000_000
#: The beginning is moved back by at least as much at once.
_BACK_US = 600_000_000


class RecentIds:
    """Identifiers of all passages that a store has from a moment on; exact in saying that one is not there.

    Of an identifier its last 64 bits are kept, 62 of them random in a UUIDv7: "perhaps there" is wrong once in
    some 10^11 times, and then the store is asked. Eight bytes each, in sorted runs that merge as they grow.
    """

    def __init__(self, *, most: int = 16_000_000, back_most: int = 2_000_000) -> None:
        """Args:
        most: identifiers kept; the oldest stretches go first.
        back_most: identifiers read from the store at once, when the beginning is moved back.
        """
        self._most = most
        self._back_most = back_most
        self._since: int | None = None  # microseconds since 1970: from there on all are known
        self._stretches: dict[int, list[Ints]] = {}
        self._size = 0

    @property
    def since_us(self) -> int | None:
        """From when on all are known; None: nothing is."""
        return self._since

    def cover(
        self,
        moment_us: int,
        *,
        count: Callable[[int, int | None], int],
        load: Callable[[int, int | None], tuple[Ints, Ints]],
    ) -> bool:
        """Know all from this moment on, if the store has not too many since.

        Args:
            moment_us: the earliest of what is to be written.
            count: how many the store has from a moment on and before another (None: to the end).
            load: moments and tails (see `tails`) of those.
        """
        if self._since is not None and moment_us >= self._since:
            return True
        start = moment_us - _BACK_US
        there = count(start, self._since)
        if there > self._back_most or self._size + there > self._most:
            return False
        self._put(*load(start, self._since))
        self._since = start
        return True

    def perhaps(self, moments: Ints, tails: Ints) -> Mask:
        """Which may be there; asked only of moments that are covered."""
        found = np.zeros(len(tails), bool)
        for stretch, rows in _by_stretch(moments):
            for run in self._stretches.get(stretch, ()):
                at = np.searchsorted(run, tails[rows])
                at[at == len(run)] = 0
                found[rows] |= run[at] == tails[rows]
        return found

    def add(self, moments: Ints, tails: Ints) -> None:
        """These are about to be written. What is older than all that is known is left out."""
        if self._since is None:
            return
        later = moments >= self._since
        self._put(moments[later], tails[later])
        while self._size > self._most:
            oldest = min(self._stretches)
            self._size -= sum(map(len, self._stretches.pop(oldest)))
            self._since = max(self._since, (oldest + 1) * _STRETCH_US)

    def _put(self, moments: Ints, tails: Ints) -> None:
        for stretch, rows in _by_stretch(moments):
            runs = self._stretches.setdefault(stretch, [])
            runs.append(np.sort(tails[rows]))
            while len(runs) > 1 and len(runs[-2]) <= 2 * len(runs[-1]):
                merged = np.concatenate((runs[-2], runs[-1]))
                merged.sort(kind="stable")  # two runs that are sorted are merged
                runs[-2:] = [merged]
            self._size += len(rows)


def _by_stretch(moments: Ints) -> list[tuple[int, Ints]]:
    stretches = moments // _STRETCH_US
    return [(int(s), np.flatnonzero(stretches == s)) for s in np.unique(stretches)]


def tails(identifiers: bytes) -> Ints:
    """The last 64 bits of identifiers of 16 bytes each."""
    return np.frombuffer(identifiers, ">u8")[1::2].astype(np.uint64)


def minted_us(identifiers: bytes, otherwise: Ints) -> Ints:
    """The moment in a UUIDv7, in microseconds; `otherwise` where it is another kind."""
    raw = np.frombuffer(identifiers, np.uint8).reshape(-1, 16)
    of_kind = (raw[:, 6] >> 4 == 7) & (raw[:, 8] >> 6 == 2)
    milliseconds = np.frombuffer(identifiers, ">u8")[::2] >> np.uint64(16)
    return np.where(of_kind, milliseconds.astype(np.int64) * 1000, otherwise)
