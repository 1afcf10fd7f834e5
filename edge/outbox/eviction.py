"""What leaves the outbox undelivered when it is over its limits; runs in the put's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from sqlite3 import Connection
from typing import Literal

from edge.outbox.port import OutboxLimits

_MICROSECOND = timedelta(microseconds=1)

Kind = Literal["image", "passage"]

_OLDEST_FIRST: dict[Kind, str] = {
    "image": "SELECT seq, put_us, size, sha256 FROM images WHERE hit = ? ORDER BY put_us, seq",
    "passage": "SELECT seq, put_us, size, NULL FROM passages WHERE hit = ? ORDER BY put_us, seq",
}
_DELETE: dict[Kind, str] = {
    "image": "DELETE FROM images WHERE seq = ?",
    "passage": "DELETE FROM passages WHERE seq = ?",
}


class Eviction:
    """One look at the limits."""

    def __init__(self, connection: Connection, limits: OutboxLimits, now_us: int) -> None:
        self._connection = connection
        self._limits = limits
        self._now_us = now_us
        #: (kind, was a hit) → how many went.
        self.removed: Counter[tuple[Kind, bool]] = Counter()
        #: Images whose files must go once the transaction stands.
        self.files: list[str] = []

    def total(self, kind: Kind) -> int:
        """How many of a kind went."""
        return self.removed[kind, False] + self.removed[kind, True]

    def run(self) -> None:
        """First what is too old, then, while too much is left, what is worth least (see `OutboxLimits`)."""
        for hit, age in ((False, self._limits.max_age), (True, self._limits.max_hit_age)):
            before_us = self._now_us - age // _MICROSECOND
            for kind in _OLDEST_FIRST:
                self._remove_oldest(kind, hit, partial(_older, before_us))
        (total,) = self._connection.execute("SELECT bytes FROM totals").fetchone()
        excess = total - self._limits.max_bytes
        for kind in _OLDEST_FIRST:
            for hit in (False, True):
                excess -= self._remove_oldest(kind, hit, partial(_too_little, excess))

    def _remove_oldest(self, kind: Kind, hit: bool, goes: Callable[[int, int], bool]) -> int:
        """Remove from the oldest on while `goes`, asked with when it was put and the bytes removed so far.

        Returns the bytes removed.
        """
        seqs: list[tuple[int]] = []
        removed = 0
        for seq, put_us, size, sha256 in self._connection.execute(_OLDEST_FIRST[kind], (hit,)):
            if not goes(put_us, removed):
                break
            seqs.append((seq,))
            removed += size
            if sha256 is not None:
                self.files.append(sha256)
        self._connection.executemany(_DELETE[kind], seqs)
        self.removed[kind, hit] += len(seqs)
        return removed


def _older(before_us: int, put_us: int, _removed: int) -> bool:
    return put_us < before_us


def _too_little(excess: int, _put_us: int, removed: int) -> bool:
    return removed < excess
