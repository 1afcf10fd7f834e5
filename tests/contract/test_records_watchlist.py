"""What every engine of the records must do for the watchlist's versions."""

from __future__ import annotations

import pytest

from central.content import digest_of
from central.order import OrderMove
from central.people import Role
from central.records import HeldEntry, NotFound
from central.watchlist import compile_watchlist
from tests.contract.records_setting import Setting


class TestWatchlistLog:
    def test_every_change_of_the_active_orders_is_a_version(self, setting: Setting) -> None:
        log, orders = setting.records.watchlist, setting.records.orders
        empty = log.newest()
        one = setting.active("川C00001")
        first = log.newest()
        two = setting.active("川C00002")
        orders.move(one.order_id, OrderMove.WITHDRAW, by=setting.staff[Role.APPLICANT], reason="found")
        last = log.newest()
        assert [v.orders for v in (empty, first, last)] == [0, 1, 1]
        assert orders.version() == last.version == empty.version + 3
        version, entries = orders.entries()
        assert (version, digest_of(entries)) == (last.version, last.digest)
        # What each version held, for each order.
        assert log.held(empty.version, one.order_id).entry is None
        assert log.held(first.version, one.order_id).entry == one.entry()
        assert log.held(first.version, two.order_id) == HeldEntry(since=None, entry=None)
        assert log.held(last.version, two.order_id).entry == two.entry()
        gone = log.held(last.version, one.order_id)
        assert (gone.since, gone.entry) == (last.version, None)
        for version in range(empty.version, last.version + 1):
            assert log.recount(version) == log.get(version).digest

    def test_versions_that_never_were_are_not_found(self, setting: Setting) -> None:
        for call in (setting.records.watchlist.get, lambda v: setting.records.watchlist.held(v, "o")):
            with pytest.raises(NotFound):
                call(99)

    def test_what_changed_since_a_version_leads_to_the_newest(self, setting: Setting) -> None:
        orders = setting.records.orders
        one = setting.active("川C00001")
        before = compile_watchlist(*orders.entries())
        setting.active("川C00002")
        orders.move(one.order_id, OrderMove.WITHDRAW, by=setting.staff[Role.APPLICANT], reason="found")
        found = orders.changes(before.version)
        assert found is not None
        after = before.changed(*found)
        assert (after.version, set(after.entries())) == (orders.version(), set(orders.entries()[1]))
        assert orders.changes(orders.version()) == (orders.version(), [])
        assert orders.changes(12345) is None

    def test_it_outlives_the_process(self, setting: Setting) -> None:
        setting.active()
        newest = setting.records.watchlist.newest()
        assert setting.open_again().watchlist.newest() == newest
