"""The orders for who needs all of them beside a matcher: a million are read and held once a process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from central.ports import StoreUnavailable, WatchlistSource
from central.watchlist import EMPTY, Change, Watchlist
from proto.passage import WatchlistEntry

#: How long a matcher's first list is waited for. Reading one beside it makes both slower, and a second million
#: of entries makes every full garbage collection stop the matching: only where no list comes at all.
PATIENCE_S = 600.0
_LOOK_S = 0.1


class CompiledOrders:
    """A `WatchlistSource` whose entries are those of the list that a matcher of this process uses.

    They may be some versions behind the records, and say so; `changes` leads on from there. Where the matcher
    has no list for too long, they are read from the records.
    """

    def __init__(
        self, source: WatchlistSource, used: Callable[[], Watchlist], *, wait: Callable[[float], bool]
    ) -> None:
        """`wait` blocks for that many seconds at most and says whether this process is to stop."""
        self._source = source
        self._used = used
        self._wait = wait

    def version(self) -> int:
        return self._source.version()

    def entries(self) -> tuple[int, tuple[WatchlistEntry, ...]]:
        for _ in range(round(PATIENCE_S / _LOOK_S)):
            watchlist = self._used()
            if watchlist is not EMPTY:
                return watchlist.version, tuple(watchlist.entries())
            if self._wait(_LOOK_S):
                raise StoreUnavailable("expected to read all orders, but the process is to stop")
        return self._source.entries()

    def changes(self, since: int) -> tuple[int, Sequence[Change]] | None:
        return self._source.changes(since)
