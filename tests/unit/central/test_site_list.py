"""The table from which the nodes are told, and what nodes make of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from central.site_list import SiteTable
from central.watchlist import Change
from proto.passage import WatchlistEntry
from proto.site_list import digest_of, root_of

KEY = b"k" * 32


def order(number: int, **fields: object) -> WatchlistEntry:
    entry = WatchlistEntry(order_id=f"o-{number}", plate=f"川C{number:05d}")
    return replace(entry, **fields)  # type: ignore[arg-type]


def published(table: SiteTable) -> dict[int, bytes]:
    return dict(table.all())


def test_changes_lead_where_a_new_table_leads() -> None:
    before = [order(n) for n in range(200)]
    table = SiteTable(1, KEY, before)
    records = published(table)
    changes = [
        Change(order_id="o-3", plate=order(3).plate, entry=None),
        Change(order_id="o-4", plate=order(4).plate, entry=order(4, priority=1)),
        Change(order_id="o-900", plate=order(900).plate, entry=order(900)),
        Change(order_id="o-901", plate="川C?0000", entry=order(901, plate="川C?0000")),
    ]
    changed = table.change(changes)
    assert 1 <= len(changed) <= 3
    records |= dict(changed)
    after = [order(n) for n in range(200) if n not in (3, 4)] + [order(4, priority=1), order(900)]
    anew = SiteTable(1, KEY, after)
    assert published(anew) == records
    assert (table.orders, table.root) == (anew.orders, anew.root) == (200, table.root)
    assert root_of({n: digest_of(data) for n, data in records.items()}, table.buckets) == table.root


def test_two_orders_for_one_plate_go_one_by_one() -> None:
    plate = order(1).plate
    table = SiteTable(1, KEY, [order(1), order(2, plate=plate)])
    published(table)
    table.change([Change(order_id="o-1", plate=plate, entry=None)])
    assert table.orders == 1
    assert published(table) == published(SiteTable(1, KEY, [order(2, plate=plate)]))


def test_a_list_that_grew_tenfold_wants_other_buckets() -> None:
    table = SiteTable(1, KEY, [order(n) for n in range(100)])
    assert table.suits
    table.change([Change(order_id=f"o-{n}", plate=order(n).plate, entry=order(n)) for n in range(100, 70_000)])
    assert not table.suits


def test_nothing_of_an_order_but_its_scope_is_in_a_record() -> None:
    wanted = order(7, order_id="an-order-id", checkpoints=frozenset({"cp-1"}))
    whole = b"".join(published(SiteTable(1, KEY, [wanted])).values())
    assert wanted.plate.encode() not in whole
    assert b"an-order-id" not in whole
    assert b"cp-1" in whole


@pytest.mark.parametrize("count", [0, 1, 5000])
def test_every_bucket_is_told_even_empty_ones(count: int) -> None:
    table = SiteTable(1, KEY, [order(n) for n in range(count)])
    assert sorted(published(table)) == list(range(table.buckets))
