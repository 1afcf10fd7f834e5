"""Alerts for every passage of a listed vehicle that comes once the order is active, and each once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from central import matcher as matcher_module
from central.hotlist import HotlistRequest, ImportMove, Row
from central.order import Order, OrderMove
from central.people import Role
from central.ports import StoreUnavailable, WatchlistSource
from central.watchlist import Change
from proto.passage import Hit, WatchlistEntry
from tests.centre import active_order, order_request
from tests.integration.centre_road import Road, until
from tests.passages import passage

PLATE, OTHER = "川C00001", "川C00002"


def watch_for(road: Road, plate: str) -> Order:
    """An order for a plate becomes active."""
    return active_order(road.records, road.staff, order_request(plate, at=road.clock.now()))


class GatedSource:
    """The real orders, but from the second time on they are read only once the gate is open."""

    def __init__(self, source: WatchlistSource) -> None:
        self._source = source
        self._first = True
        self.gate = threading.Event()

    def version(self) -> int:
        return self._source.version()

    def entries(self) -> tuple[int, tuple[WatchlistEntry, ...]]:
        if not self._first:
            assert self.gate.wait(20)
        self._first = False
        return self._source.entries()

    def changes(self, since: int) -> tuple[int, Sequence[Change]] | None:
        assert self.gate.wait(20)
        return self._source.changes(since)


def test_a_listed_vehicle_raises_an_alert_once(road: Road) -> None:
    order = watch_for(road, PLATE)
    matcher = road.matcher()
    for _ in range(2):  # the node sends it twice
        road.publish(passage(1), passage(2))
        matcher.step()
    matcher.close()
    assert (road.alerts(), road.lag("match")) == ([PLATE], 0)
    (ordered,) = road.records.alerts.page(only_open=True, limit=10)
    assert (ordered.order.order_id, ordered.alert.passage) == (order.order_id, passage(1))
    assert road.metric("bukong_match_alerts_raised_total") == 1


def test_what_the_ingest_refuses_raises_nothing_and_stops_nothing(road: Road) -> None:
    watch_for(road, PLATE)
    old = replace(passage(1), captured_at=datetime(1969, 12, 31, 16, tzinfo=UTC))
    stale = replace(passage(1, node_id="node-2"), captured_at=road.clock.now() - timedelta(days=400))
    road.publish(old, stale)
    road.publish(passage(1, node_id="node-3"))
    matcher, ingest = road.matcher(), road.ingest()
    matcher.step()
    ingest.step()
    assert (road.alerts(), road.lag("match")) == ([PLATE], 0)
    (ordered,) = road.records.alerts.page(only_open=True, limit=10)
    assert ordered.alert.passage.node_id == "node-3"
    assert (road.stored(), len(road.dead())) == (1, 1)
    matcher.close()
    ingest.close()


def test_an_order_that_is_active_before_a_passage_comes_is_never_missed(road: Road) -> None:
    matcher = road.matcher()
    matcher.step()  # compiled, and nothing is listed
    watch_for(road, PLATE)
    road.publish(passage(1))
    until(matcher, lambda: road.lag("match") == 0)
    assert road.alerts() == [PLATE]
    matcher.close()


def test_a_withdrawn_order_raises_no_more(road: Road) -> None:
    order = watch_for(road, PLATE)
    matcher = road.matcher()
    matcher.step()
    road.records.orders.move(order.order_id, OrderMove.WITHDRAW, by=road.staff[Role.APPLICANT], reason="found")
    road.publish(passage(1))
    until(matcher, lambda: road.lag("match") == 0)
    assert road.alerts() == []
    matcher.close()


def test_matching_goes_on_while_a_new_list_is_compiled(road: Road) -> None:
    watch_for(road, PLATE)
    source = GatedSource(road.records.orders)
    matcher = road.matcher(source=source)
    matcher.step()
    watch_for(road, OTHER)
    road.publish(passage(1))
    road.publish(passage(2))
    for _ in range(3):
        matcher.step()
    # The old list's alert is there at once; nothing is committed before the new list had its say.
    assert (road.alerts(), road.lag("match")) == ([PLATE], 2)
    source.gate.set()
    until(matcher, lambda: road.lag("match") == 0)
    assert road.alerts() == [PLATE, OTHER]
    matcher.close()


def test_a_matcher_that_dies_while_passages_wait_loses_none(road: Road) -> None:
    source = GatedSource(road.records.orders)
    dying = road.matcher(source=source)
    dying.step()
    watch_for(road, PLATE)
    road.publish(passage(1))
    dying.step()
    assert road.alerts() == []
    source.gate.set()
    dying.close()
    heir = road.matcher()
    heir.step()
    heir.close()
    assert (road.alerts(), road.lag("match")) == ([PLATE], 0)


def test_what_waits_for_a_list_is_bounded(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matcher_module, "MAX_WAITING", 2)
    source = GatedSource(road.records.orders)
    matcher = road.matcher(source=source)
    matcher.step()
    watch_for(road, OTHER)
    road.publish(passage(1), passage(2))
    matcher.step()
    assert road.lag("match") == 1
    threading.Timer(0.05, source.gate.set).start()
    matcher.step()  # waits for the list rather than take more
    assert (road.alerts(), road.lag("match")) == ([OTHER], 0)
    matcher.close()


def test_an_order_that_changes_again_while_compiling_is_caught_up_with(road: Road) -> None:
    source = GatedSource(road.records.orders)
    matcher = road.matcher(source=source)
    matcher.step()
    watch_for(road, PLATE)
    road.publish(passage(1))
    matcher.step()
    watch_for(road, OTHER)
    road.publish(passage(2))
    matcher.step()
    source.gate.set()
    until(matcher, lambda: road.lag("match") == 0)
    assert road.alerts() == [PLATE, OTHER]
    matcher.close()


def test_a_row_of_a_hotlist_that_changes_while_its_hit_is_on_its_way_is_not_missed(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old row's order is withdrawn when the alert is to be raised; the new row's raises it."""
    book, staff = road.records.hotlists, road.staff
    request = HotlistRequest(
        name="盗抢车辆", department="刑侦支队", purpose="追查", legal_basis="规定", contact="王磊",
        case_number="L-1", valid_until=road.clock.now() + timedelta(days=1),
    )  # fmt: skip
    of = book.create(request, by=staff[Role.APPLICANT]).hotlist_id

    def put(reason: str) -> None:
        new = book.receive(of, file_name="f.csv", sha256="a" * 64, size=1, by=staff[Role.APPLICANT])
        book.read(of, new.number, [(2, Row(plate=PLATE, reason=reason))])
        book.move(of, new.number, ImportMove.CONFIRM, by=staff[Role.APPLICANT], sha256="a" * 64)
        book.move(of, new.number, ImportMove.APPROVE, by=staff[Role.APPROVER])

    put("stolen")
    matcher = road.matcher()
    matcher.step()
    road.publish(passage(1))
    real = road.records.alerts.raise_alerts
    with monkeypatch.context() as patched:

        def late(hits: Sequence[Hit]) -> int:
            put("stolen, and seen in the north")
            return real(hits)

        patched.setattr(road.records.alerts, "raise_alerts", late)
        matcher.step()
    assert (road.alerts(), road.lag("match")) == ([], 1)
    until(matcher, lambda: road.lag("match") == 0)
    assert road.alerts() == [PLATE]
    (ordered,) = road.records.alerts.page(only_open=True, limit=10)
    assert "north" in ordered.order.request.reason
    matcher.close()


def test_records_that_fail_leave_the_passages_on_the_bus(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    watch_for(road, PLATE)
    road.publish(passage(1))
    matcher = road.matcher()
    with monkeypatch.context() as patched:

        def away(_hits: object) -> int:
            raise StoreUnavailable("the disk is full")

        patched.setattr(road.records.alerts, "raise_alerts", away)
        with pytest.raises(StoreUnavailable):
            matcher.step()
    matcher.close()
    assert road.lag("match") == 1
    heir = road.matcher()
    heir.step()
    heir.close()
    assert (road.alerts(), road.lag("match")) == ([PLATE], 0)


def test_what_cannot_be_read_is_left_to_the_ingest(road: Road) -> None:
    watch_for(road, PLATE)
    road.publish_bytes(b"\xff")
    road.publish(passage(1))
    matcher = road.matcher()
    matcher.step()
    matcher.close()
    assert (road.alerts(), road.lag("match"), road.dead()) == ([PLATE], 0, [])


def test_the_delay_from_passing_to_alert_is_measured(road: Road) -> None:
    watch_for(road, PLATE)
    road.publish(passage(1))
    road.clock.advance(1.5)
    matcher = road.matcher()
    matcher.step()
    matcher.close()
    assert road.metric("bukong_match_alert_delay_seconds_sum") == pytest.approx(0.5)
    assert road.metric("bukong_match_watchlist_entries") == 1
