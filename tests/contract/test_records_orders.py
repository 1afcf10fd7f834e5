"""What every engine of the records must do for orders."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from central.area import Area
from central.content import digest_of
from central.estimate import Estimate
from central.order import IllegalMove, InvalidOrder, NotYourOrder, Order, OrderMove, OrderState
from central.people import Role, User
from central.records import NotFound
from central.revision import RevisionKind, RevisionMove, RevisionState
from central.target import TargetKind
from central.view import OrderView
from proto.schedule import schedule_of
from tests.centre import CHECKPOINT, PASSWORD, START, active_order, order_request
from tests.contract.records_setting import Setting, events


class TestOrders:
    def test_an_order_comes_back_as_it_was_made(self, setting: Setting) -> None:
        request = replace(
            order_request(),
            plate_class=None,
            colour=None,
            kind=TargetKind.PATTERN,
            plate="川C?12*",
            checkpoints=frozenset({"cp-1", "cp-2"}),
            areas=frozenset({"one"}),
            directions=frozenset({"inbound"}),
            schedule=schedule_of("Asia/Shanghai", [([1, 7], 0, 60)]),
            retro=timedelta(hours=1),
            valid_from=START + timedelta(microseconds=1),
        )
        order = setting.records.orders.create(request, by=setting.staff[Role.APPLICANT])
        assert order.state is OrderState.DRAFT
        assert setting.records.orders.get(order.order_id) == order
        assert setting.open_again().orders.get(order.order_id) == order

    def test_approval_makes_it_active_and_grows_the_watchlist(self, setting: Setting) -> None:
        before = setting.records.orders.version()
        order = setting.active()
        assert order.state is OrderState.ACTIVE
        assert [step.after for step in order.history] == ["submitted", "approved", "active"]
        assert order.approver == "approver"
        assert setting.records.orders.entries() == (before + 1, (order.entry(),))
        assert setting.records.orders.version() == before + 1

    def test_one_approved_early_waits_for_its_time(self, setting: Setting) -> None:
        orders = setting.records.orders
        request = replace(order_request(), valid_from=START + timedelta(hours=1))
        order = active_order(setting.records, setting.staff, request)
        assert order.state is OrderState.APPROVED
        assert orders.entries()[1] == ()
        setting.clock.advance(3599)
        assert orders.tick() == 0
        setting.clock.advance(1)
        assert orders.tick() == 1
        assert orders.get(order.order_id).state is OrderState.ACTIVE
        assert len(orders.entries()[1]) == 1
        assert orders.tick() == 0

    def test_it_expires_by_the_clock_and_leaves_the_watchlist(self, setting: Setting) -> None:
        order = setting.active()
        version = setting.records.orders.version()
        setting.clock.advance(timedelta(days=7).total_seconds())
        assert setting.records.orders.tick() == 1
        after = setting.records.orders.get(order.order_id)
        assert (after.state, after.history[-1].user) == (OrderState.EXPIRED, "(clock)")
        assert setting.records.orders.entries() == (version + 1, ())

    def test_withdrawing_takes_it_off_the_watchlist(self, setting: Setting) -> None:
        order = setting.active()
        version = setting.records.orders.version()
        withdrawn = setting.records.orders.move(
            order.order_id, OrderMove.WITHDRAW, by=setting.staff[Role.SUPERVISOR], reason="found"
        )
        assert withdrawn.state is OrderState.WITHDRAWN
        assert setting.records.orders.entries() == (version + 1, ())

    def test_a_draft_does_not_touch_the_watchlist(self, setting: Setting) -> None:
        version = setting.records.orders.version()
        setting.records.orders.create(order_request(), by=setting.staff[Role.APPLICANT])
        assert setting.records.orders.version() == version

    def test_a_refused_move_changes_nothing(self, setting: Setting) -> None:
        orders, applicant = setting.records.orders, setting.staff[Role.APPLICANT]
        order = orders.create(order_request(), by=applicant)
        newest, entries = setting.records.live.newest(), setting.records.audit.verify().entries
        with pytest.raises(IllegalMove, match="an order that is draft allows"):
            orders.move(order.order_id, OrderMove.APPROVE, by=setting.staff[Role.APPROVER])
        with pytest.raises(NotYourOrder):
            orders.move(order.order_id, OrderMove.SUBMIT, by=replace(applicant, username="other"))
        assert orders.get(order.order_id) == order
        assert setting.records.live.newest() == newest
        assert setting.records.audit.verify().entries == entries

    def test_nobody_approves_their_own_whatever_their_roles(self, setting: Setting) -> None:
        both = setting.records.people.create_user(
            username="both", name="两职", password=PASSWORD, roles=[Role.APPLICANT, Role.APPROVER], by="tests"
        )
        order = setting.records.orders.create(order_request(), by=both)
        setting.records.orders.move(order.order_id, OrderMove.SUBMIT, by=both)
        with pytest.raises(NotYourOrder):
            setting.records.orders.move(order.order_id, OrderMove.APPROVE, by=both)

    def test_two_who_decide_at_once(self, setting: Setting) -> None:
        """One decision counts, the other is told what the order has become."""
        orders = setting.records.orders
        order = orders.create(order_request(), by=setting.staff[Role.APPLICANT])
        orders.move(order.order_id, OrderMove.SUBMIT, by=setting.staff[Role.APPLICANT])
        books = [setting.records, setting.open_again()]
        barrier = threading.Barrier(2)

        def decide(i: int) -> str:
            barrier.wait()
            try:
                move = (OrderMove.APPROVE, OrderMove.REJECT)[i]
                return (
                    books[i]
                    .orders.move(order.order_id, move, by=setting.staff[Role.APPROVER], reason="no")
                    .state
                )
            except IllegalMove:
                return "refused"

        with ThreadPoolExecutor(2) as pool:
            outcomes = sorted(pool.map(decide, range(2)))
        assert outcomes in (["active", "refused"], ["refused", "rejected"])

    def test_pages(self, setting: Setting) -> None:
        orders, applicant = setting.records.orders, setting.staff[Role.APPLICANT]
        made = []
        for _ in range(3):
            setting.clock.advance(1)
            made.append(orders.create(order_request(at=setting.clock.now()), by=applicant))
        setting.clock.advance(1)
        oldest = orders.move(made[0].order_id, OrderMove.SUBMIT, by=applicant)
        assert orders.page(limit=2) == (oldest, made[2])
        assert orders.page(state=OrderState.DRAFT, limit=9) == (made[2], made[1])

    def test_what_makes_no_sense_is_not_kept(self, setting: Setting) -> None:
        with pytest.raises(InvalidOrder):
            setting.records.orders.create(
                replace(order_request(), priority=0), by=setting.staff[Role.APPLICANT]
            )
        assert setting.records.orders.page(limit=9) == ()

    def test_an_unknown_order(self, setting: Setting) -> None:
        with pytest.raises(NotFound, match="no order 'x'"):
            setting.records.orders.get("x")
        with pytest.raises(NotFound, match="no order 'x'"):
            setting.records.orders.move("x", OrderMove.SUBMIT, by=setting.staff[Role.APPLICANT])

    def test_an_emergency_lapses_by_the_clock_and_is_counted(self, setting: Setting) -> None:
        orders = setting.records.orders
        both = setting.records.people.create_user(
            username="both", name="两职", password=PASSWORD, roles=[Role.APPLICANT, Role.EMERGENCY], by="tests"
        )
        order = orders.create(order_request(), by=both)
        with pytest.raises(NotYourOrder):
            orders.move(order.order_id, OrderMove.EMERGENCY, by=setting.staff[Role.APPLICANT], reason="now")
        in_force = orders.move(order.order_id, OrderMove.EMERGENCY, by=both, reason="now")
        assert orders.get(order.order_id) == in_force
        assert orders.entries()[1] == (in_force.entry(),)
        assert orders.quality(START).owing == 1
        setting.clock.advance(7200)
        assert orders.tick() == 1
        assert orders.get(order.order_id).state is OrderState.EXPIRED
        assert orders.entries()[1] == ()
        quality = orders.quality(START)
        assert (quality.emergencies, quality.lapsed, quality.owing) == (1, 1, 0)
        again = orders.create(order_request(at=setting.clock.now()), by=both)
        with pytest.raises(IllegalMove, match=r"lapsed at .* approved by nobody"):
            orders.move(again.order_id, OrderMove.EMERGENCY, by=both, reason="now")
        setting.clock.advance(24 * 3600)
        later = orders.move(again.order_id, OrderMove.EMERGENCY, by=both, reason="now")
        assert later.state is OrderState.EMERGENCY

    def _emergency(self, setting: Setting, by: User, **wanted: Any) -> Order:
        orders = setting.records.orders
        order = orders.create(replace(order_request(at=setting.clock.now()), **wanted), by=by)
        return orders.move(order.order_id, OrderMove.EMERGENCY, by=by, reason="now")

    def test_no_chain_of_emergencies_outlasts_the_two_hours(self, setting: Setting) -> None:
        """Withdrawn and made anew, beside the first, as a pattern that has the plate, or ended by its validity:
        a target has two hours without a second person."""
        orders = setting.records.orders
        one, two = (
            setting.records.people.create_user(
                username=name, name=name, password=PASSWORD, roles=[Role.APPLICANT, Role.EMERGENCY], by="tests"
            )
            for name in ("one", "two")
        )
        lapses = START + timedelta(hours=2)
        first = self._emergency(setting, one)
        assert first.emergency_until == lapses
        setting.clock.advance(3600)
        orders.move(first.order_id, OrderMove.WITHDRAW, by=one, reason="a mistake in it")
        assert self._emergency(setting, two).emergency_until == lapses
        pattern = {"kind": TargetKind.PATTERN, "plate": "川C1234?"}
        soon = setting.clock.now() + timedelta(minutes=30)
        assert self._emergency(setting, one, valid_until=soon, **pattern).emergency_until == lapses
        assert self._emergency(setting, two, plate="川C99999").emergency_until == START + timedelta(hours=3)
        setting.clock.advance(3600)
        orders.tick()
        for by, wanted in (
            (one, {}),
            (two, {}),
            (one, pattern),
            (two, pattern),
            (one, {"kind": TargetKind.PATTERN, "plate": "川C?2345"}),
        ):
            with pytest.raises(IllegalMove, match="approved by nobody"):
                self._emergency(setting, by, **wanted)

    def test_a_rejected_emergency_is_no_emergency_again(self, setting: Setting) -> None:
        both = setting.records.people.create_user(
            username="both", name="两职", password=PASSWORD, roles=[Role.APPLICANT, Role.EMERGENCY], by="tests"
        )
        order = self._emergency(setting, both)
        setting.records.orders.move(
            order.order_id, OrderMove.REJECT, by=setting.staff[Role.APPROVER], reason="no case"
        )
        with pytest.raises(IllegalMove, match="was rejected"):
            self._emergency(setting, both)

    def test_an_emergency_opens_no_past_before_its_approval(self, setting: Setting) -> None:
        orders = setting.records.orders
        both = setting.records.people.create_user(
            username="both", name="两职", password=PASSWORD, roles=[Role.APPLICANT, Role.EMERGENCY], by="tests"
        )
        order = self._emergency(setting, both, retro=timedelta(days=30))
        assert orders.retro_due() == ()
        assert orders.entries()[1] == (order.entry(),)
        assert order.entry().valid_from == START
        approved = orders.move(order.order_id, OrderMove.APPROVE, by=setting.staff[Role.APPROVER])
        assert [due.order_id for due, _ in orders.retro_due()] == [order.order_id]
        assert orders.entries()[1] == (approved.entry(),)
        assert approved.entry().valid_from == START - timedelta(days=30)

    def test_what_the_list_is_made_of_is_all_that_an_order_asks_for(self, setting: Setting) -> None:
        """Entries come by two roads: with the change, and all of them at a start."""
        request = replace(
            order_request(),
            exact_only=True,
            checkpoints=frozenset({"cp-1"}),
            directions=frozenset({"inbound"}),
            schedule=schedule_of("Asia/Shanghai", [([1, 7], 0, 60)]),
            retro=timedelta(hours=1),
        )
        before = setting.records.orders.version()
        order = active_order(setting.records, setting.staff, request)
        changes = setting.records.orders.changes(before)
        assert changes is not None
        assert [change.entry for change in changes[1]] == [order.entry()]
        assert setting.records.orders.entries()[1] == (order.entry(),)
        log = setting.records.watchlist
        assert digest_of(setting.records.orders.entries()[1]) == log.newest().digest

    def test_what_was_approved_stays_in_force_until_the_change_is_accepted(self, setting: Setting) -> None:
        orders, order = setting.records.orders, setting.active()
        applicant, approver = setting.staff[Role.APPLICANT], setting.staff[Role.APPROVER]
        wanted = replace(order.request, checkpoints=frozenset({"cp-1"}))
        version = orders.version()
        proposed = orders.propose(order.order_id, wanted, kind=RevisionKind.AMENDMENT, by=applicant, why="sure")
        assert orders.entries() == (version, (order.entry(),))
        with pytest.raises(IllegalMove, match="revision 2 that does"):
            orders.propose(order.order_id, wanted, kind=RevisionKind.AMENDMENT, by=applicant, why="sure")
        setting.clock.advance(60)
        accepted = orders.decide(order.order_id, 2, RevisionMove.ACCEPT, by=approver)
        assert accepted.decider == "approver"
        after = orders.get(order.order_id)
        assert (after.request, after.revision, after.in_force_from) == (wanted, 2, setting.clock.now())
        assert orders.entries() == (version + 1, (after.entry(),))
        first, second = setting.open_again().orders.revisions(order.order_id)
        assert (first.state, first.request) == (RevisionState.SUPERSEDED, order.request)
        assert (second.state, second.proposed_at) == (RevisionState.CURRENT, proposed.proposed_at)
        assert [entry.record.action for entry in setting.records.audit.page(limit=2)] == [
            "amendment.accept",
            "amendment.propose",
        ]

    def test_a_change_that_waits_ends_with_its_order(self, setting: Setting) -> None:
        orders, order = setting.records.orders, setting.active()
        longer = replace(order.request, valid_until=order.request.valid_until + timedelta(days=1))
        applicant = setting.staff[Role.APPLICANT]
        orders.propose(order.order_id, longer, kind=RevisionKind.RENEWAL, by=applicant, why="still away")
        orders.move(order.order_id, OrderMove.WITHDRAW, by=applicant, reason="found")
        assert [r.state for r in orders.revisions(order.order_id)] == ["current", "lapsed"]
        with pytest.raises(IllegalMove):
            orders.decide(order.order_id, 2, RevisionMove.ACCEPT, by=setting.staff[Role.APPROVER])
        with pytest.raises(NotFound, match="no revision 3"):
            orders.decide(order.order_id, 3, RevisionMove.ACCEPT, by=setting.staff[Role.APPROVER])

    def test_what_is_never_to_be_suspected_is_so_on_the_list_read_anew(self, setting: Setting) -> None:
        request = replace(order_request(), exact_only=True)
        order = active_order(setting.records, setting.staff, request)
        _, entries = setting.open_again().orders.entries()
        assert entries == (order.entry(),)
        assert entries[0].exact_only
        newest = setting.records.watchlist.newest()
        assert newest.digest == digest_of(entries)

    def test_areas_are_where_their_checkpoints_are(self, setting: Setting) -> None:
        book, orders = setting.records.checkpoints, setting.records.orders
        book.put_areas([Area(area_id="city", name="市"), Area(area_id="south", name="南", parent="city")])
        book.put([replace(CHECKPOINT, area_id="south"), replace(CHECKPOINT, checkpoint_id="cp-2")])
        request = replace(order_request(), areas=frozenset({"city"}))
        order = active_order(setting.records, setting.staff, request)
        assert orders.entries()[1] == (order.entry(frozenset({"cp-1"})),)
        book.put([replace(CHECKPOINT, area_id=None)])  # nowhere, and not everywhere
        assert orders.entries()[1] == ()

    def test_an_estimate_is_kept_with_its_revision(self, setting: Setting) -> None:
        orders, order = setting.records.orders, setting.active()
        found = Estimate(
            counted_at=START, since=START - timedelta(days=2), until=START, days=(3, 4), complete=False
        )
        assert orders.estimate(order.order_id, 1) is None
        orders.put_estimate(order.order_id, 1, found)
        assert orders.estimate(order.order_id, 1) == found
        with pytest.raises(NotFound):
            orders.put_estimate(order.order_id, 2, found)

    def test_every_change_is_on_the_feed_and_in_the_trail(self, setting: Setting) -> None:
        order = setting.active()
        seen = [OrderView.model_validate(body) for kind, body in events(setting.records) if kind == "order"]
        assert [view.state for view in seen] == ["draft", "submitted", "active"]
        names = {user.username: user.name for user in setting.staff.values()}
        assert seen[-1] == OrderView.of(order, names)
        assert seen[-1].history[0].name == "applicant 某"
        actions = [
            (entry.record.action, entry.record.user, entry.record.case_number)
            for entry in reversed(setting.records.audit.page(limit=3))
        ]
        assert actions == [
            ("order.create", "applicant", "A-1"),
            ("order.submit", "applicant", "A-1"),
            ("order.approve", "approver", "A-1"),
        ]
