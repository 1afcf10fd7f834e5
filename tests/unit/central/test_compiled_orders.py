"""All orders from the list that a matcher has, without reading them again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from central.compiled_orders import CompiledOrders
from central.ports import StoreUnavailable
from central.watchlist import EMPTY, Change, Watchlist, compile_watchlist
from proto.passage import WatchlistEntry

OLD, NEW = (WatchlistEntry(order_id=f"o-{n}", plate=f"川C0000{n}") for n in range(2))
PATTERN = WatchlistEntry(order_id="o-9", plate="川?00001")


class Records:
    """At version 8, with one order changed since 7."""

    reads = 0

    def version(self) -> int:
        return 8

    def entries(self) -> tuple[int, tuple[WatchlistEntry, ...]]:
        self.reads += 1
        return 8, (OLD, NEW, PATTERN)

    def changes(self, since: int) -> tuple[int, Sequence[Change]] | None:
        return (8, [Change(order_id="o-1", plate=NEW.plate, entry=NEW)]) if since == 7 else None


def test_the_entries_are_those_in_use_and_changes_lead_on_from_them() -> None:
    records = Records()
    used = compile_watchlist(7, [OLD, PATTERN])
    orders = CompiledOrders(records, lambda: used, wait=lambda _: False)
    version, entries = orders.entries()
    assert (version, set(entries), records.reads) == (7, {OLD, PATTERN}, 0)
    changed = orders.changes(version)
    assert changed is not None
    assert (changed[0], orders.version()) == (8, 8)


def test_a_first_list_in_the_making_is_waited_for() -> None:
    records = Records()
    lists: list[Watchlist] = [EMPTY, EMPTY, compile_watchlist(7, [OLD])]
    orders = CompiledOrders(records, lambda: lists.pop(0), wait=lambda _: False)
    assert orders.entries() == (7, (OLD,))
    assert records.reads == 0


def test_where_no_list_comes_they_are_read() -> None:
    records = Records()
    assert CompiledOrders(records, lambda: EMPTY, wait=lambda _: False).entries() == records.entries()


def test_waiting_ends_with_the_process() -> None:
    records = Records()
    with pytest.raises(StoreUnavailable, match="is to stop"):
        CompiledOrders(records, lambda: EMPTY, wait=lambda _: True).entries()
    assert records.reads == 0
