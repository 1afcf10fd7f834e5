"""What every engine of the records must do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from central.alert import (
    AlertChanged,
    AlertMove,
    AlertState,
    IllegalStep,
    IncompleteStep,
    NotOffered,
    Offer,
    OutOfReach,
    Verdict,
)
from central.area import Area
from central.audit import AuditRecord
from central.checkpoint import Checkpoint
from central.content import digest_of
from central.estimate import Estimate
from central.node_view import NodeView
from central.order import IllegalMove, InvalidOrder, NotYourOrder, Order, OrderMove, OrderState
from central.people import BadCredentials, InvalidUser, LockedOut, Role, User
from central.ports import Heard
from central.records import (
    Addressee,
    HeldEntry,
    NotFound,
    Records,
    UnknownOrder,
    open_records,
    seed_demo_users,
)
from central.revision import RevisionKind, RevisionMove, RevisionState
from central.roster import InvalidShift, ShiftRequest
from central.target import TargetKind
from central.view import AlertView, OrderView, PassageView
from central.watchlist import compile_watchlist
from proto.clock import ClockQuality, ManualClock
from proto.passage import CameraHealth, Evidence, EvidenceKind, Heartbeat, Passage, Tier
from proto.schedule import schedule_of
from tests.centre import (
    CHEAP,
    CHECKPOINT,
    PASSWORD,
    START,
    active_order,
    hit,
    new_clock,
    order_request,
    passage,
    people,
)

Reopen = Callable[[], Records]


@dataclass(slots=True, kw_only=True)
class Setting:
    """Records with their clock, one user a role, and a way to open the same records once more."""

    records: Records
    clock: ManualClock
    staff: Mapping[Role, User]
    open_again: Reopen

    def active(self, plate: str = "川C12345", *, priority: int = 1) -> Order:
        request = replace(order_request(plate, at=self.clock.now()), priority=priority)
        return active_order(self.records, self.staff, request)


@pytest.fixture(params=["sqlite", "postgresql"])
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setting]:
    url: str | None = request.getfixturevalue("database_url") if request.param == "postgresql" else None
    clock = new_clock()
    opened: list[Records] = []

    def open_once_more() -> Records:
        opened.append(open_records(tmp_path, clock=clock, policy=CHEAP, url=url))
        return opened[-1]

    records = open_once_more()
    records.checkpoints.put([CHECKPOINT])
    yield Setting(records=records, clock=clock, staff=people(records), open_again=open_once_more)
    for each in opened:
        each.close()


def events(records: Records, after: int = 0) -> list[tuple[str, dict[str, object]]]:
    return [(event.kind, json.loads(event.body)) for event in records.live.since(after, limit=1000)]


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


class TestAlerts:
    def test_a_hit_raises_one_alert_with_its_event(self, setting: Setting) -> None:
        order, of = setting.active(), passage()
        newest = setting.records.live.newest()
        setting.clock.advance(0.25)
        assert setting.records.alerts.raise_alerts([hit(order, of)]) == 1
        (found,) = setting.records.alerts.page(only_open=True, limit=9)
        assert found.order == order
        assert found.alert.passage == of
        assert (found.alert.state, found.alert.raised_at) == (
            AlertState.RAISED,
            START + timedelta(seconds=0.25),
        )
        assert setting.records.alerts.get(found.alert.alert_id) == found
        ((kind, body),) = events(setting.records, newest)
        assert kind == "alert"
        expected = AlertView.of(found.alert, order, {CHECKPOINT.checkpoint_id: CHECKPOINT.name})
        assert AlertView.model_validate(body) == expected

    def test_what_passed_before_the_order_was_in_force_is_marked(self, setting: Setting) -> None:
        setting.clock.advance(3600)
        order = setting.active()
        now = setting.clock.now()
        for seed, at in (("then", now - timedelta(seconds=1)), ("now", now)):
            setting.records.alerts.raise_alerts([hit(order, passage(at=at, seed=seed))])
            setting.clock.advance(24 * 3600)  # so that they don't join
        found = setting.records.alerts.page(only_open=True, limit=9)
        assert sorted((f.alert.passage.captured_at, f.alert.retro) for f in found) == [
            (now - timedelta(seconds=1), True),
            (now, False),
        ]

    def test_the_same_hit_again_changes_nothing(self, setting: Setting) -> None:
        order = setting.active()
        hits = [hit(order, passage()), hit(order, later(1))]
        assert setting.records.alerts.raise_alerts([hits[0], hits[0]]) == 1
        newest = setting.records.live.newest()
        assert setting.records.alerts.raise_alerts([hits[0]]) == 0
        assert setting.records.live.newest() == newest
        assert setting.records.alerts.raise_alerts(hits) == 1
        assert setting.open_again().alerts.raise_alerts(hits) == 0
        assert setting.records.alerts.raise_alerts([]) == 0

    def test_two_matchers_at_once_raise_one(self, setting: Setting) -> None:
        hits = [hit(setting.active(), later(i)) for i in range(20)]
        books = [setting.records, setting.open_again()]
        with ThreadPoolExecutor(4) as pool:
            new = sum(pool.map(lambda i: books[i % 2].alerts.raise_alerts(hits), range(4)))
        assert new == 20
        assert len(setting.records.alerts.page(only_open=True, limit=99)) == 20

    def test_one_passage_on_two_orders_raises_two(self, setting: Setting) -> None:
        hits = [hit(setting.active(), passage()), hit(setting.active(), passage())]
        assert setting.records.alerts.raise_alerts(hits) == 2

    def test_an_order_withdrawn_meanwhile_raises_none(self, setting: Setting) -> None:
        order = setting.active()
        setting.records.orders.move(
            order.order_id, OrderMove.WITHDRAW, by=setting.staff[Role.APPROVER], reason="found"
        )
        assert setting.records.alerts.raise_alerts([hit(order, passage())]) == 0

    def test_an_order_expired_meanwhile_still_does(self, setting: Setting) -> None:
        """The vehicle passed while it was wanted; only the centre is late."""
        order = setting.active()
        setting.clock.advance(timedelta(days=8).total_seconds())
        setting.records.orders.tick()
        assert setting.records.alerts.raise_alerts([hit(order, passage())]) == 1

    def test_an_unknown_order_raises_nothing_at_all(self, setting: Setting) -> None:
        order = setting.active()
        stray = replace(hit(order, passage(seed="b")), order_id="nobody's")
        with pytest.raises(UnknownOrder, match="nobody's"):
            setting.records.alerts.raise_alerts([hit(order, passage()), stray])
        assert setting.records.alerts.page(only_open=False, limit=9) == ()

    def test_steps_to_the_end(self, setting: Setting) -> None:
        order = setting.active()
        setting.records.alerts.raise_alerts([hit(order, passage())])
        alert_id = setting.records.alerts.page(only_open=True, limit=1)[0].alert.alert_id
        operator, alerts = setting.staff[Role.OPERATOR], setting.records.alerts
        newest = setting.records.live.newest()
        alerts.step(alert_id, AlertMove.VERIFY, by=operator, verdict=Verdict.CORRECT)
        setting.clock.advance(30)
        alerts.step(alert_id, AlertMove.SIGN_OFF, by=operator)
        alerts.step(alert_id, AlertMove.DISPATCH, by=operator, unit="3 号车")
        alerts.step(alert_id, AlertMove.INTERCEPTED, by=operator)
        alerts.step(alert_id, AlertMove.FEEDBACK, by=operator, note="人车俱获")
        last = alerts.step(alert_id, AlertMove.CLOSE, by=operator)
        assert last.alert.state is AlertState.CLOSED
        assert alerts.get(alert_id) == last
        assert [step.unit for step in last.alert.steps if step.unit] == ["3 号车"]
        assert alerts.page(only_open=True, limit=9) == ()
        assert alerts.page(only_open=False, limit=9) == (last,)
        assert [body["state"] for _, body in events(setting.records, newest)] == [
            "verified",
            "signed_off",
            "dispatched",
            "intercepted",
            "fed_back",
            "closed",
        ]
        assert [entry.record.action for entry in setting.records.audit.page(limit=2)] == [
            "alert.close",
            "alert.feedback",
        ]

    def test_a_refused_step_changes_nothing(self, setting: Setting) -> None:
        setting.records.alerts.raise_alerts([hit(setting.active(), passage())])
        (before,) = setting.records.alerts.page(only_open=True, limit=1)
        with pytest.raises(IllegalStep):
            setting.records.alerts.step(before.alert.alert_id, AlertMove.CLOSE, by=setting.staff[Role.OPERATOR])
        assert setting.records.alerts.get(before.alert.alert_id) == before

    def test_an_urgent_alert_is_among_the_open_ones_however_many_came_since(self, setting: Setting) -> None:
        urgent, usual = setting.active(priority=1), setting.active(priority=3)
        alerts = setting.records.alerts
        alerts.raise_alerts([hit(urgent, passage(seed="urgent"))])
        setting.clock.advance(60)
        alerts.raise_alerts([hit(usual, later(i)) for i in range(5)])
        assert [a.order.request.priority for a in alerts.page(only_open=True, limit=3)] == [1, 3, 3]
        assert [a.order.request.priority for a in alerts.page(only_open=False, limit=3)] == [3, 3, 3]

    def test_figures(self, setting: Setting) -> None:
        order, operator = setting.active(), setting.staff[Role.OPERATOR]
        alerts = setting.records.alerts
        assert alerts.figures(START).sign_off_seconds_p50 is None
        alerts.raise_alerts([hit(order, later(9))])
        setting.clock.advance(60)
        since = setting.clock.now()
        alerts.raise_alerts([hit(order, later(i)) for i in range(4)])
        mine = [f.alert.alert_id for f in alerts.page(only_open=True, limit=4)]
        for alert_id, wait in zip(mine[:3], (10, 20, 60), strict=True):
            setting.clock.advance(wait)
            alerts.step(alert_id, AlertMove.VERIFY, by=operator, verdict=Verdict.CORRECT)
            alerts.step(alert_id, AlertMove.SIGN_OFF, by=operator)
        alerts.step(mine[3], AlertMove.VERIFY, by=operator, verdict=Verdict.MISREAD)
        figures = alerts.figures(since)
        assert (figures.raised, figures.false_alerts, figures.open) == (4, 1, 4)
        assert figures.sign_off_seconds_p50 == 30

    def test_an_unknown_alert(self, setting: Setting) -> None:
        with pytest.raises(NotFound, match="no alert 'x'"):
            setting.records.alerts.get("x")


def later(i: int, *, minutes: float = 31, text: str = "川C12345", checkpoint_id: str = "cp-1") -> Passage:
    """One of the vehicle's passages, each so long after the other that none joins another's alert."""
    of = passage(text, at=START + timedelta(minutes=minutes * i), checkpoint_id=checkpoint_id, seed=str(i))
    return replace(of, evidence=(Evidence(kind=EvidenceKind.SCENE, sha256=f"{i:064x}", size=1),))


class TestRepeatHits:
    def test_they_join_the_running_alert_and_are_told(self, setting: Setting) -> None:
        order, alerts = setting.active(), setting.records.alerts
        assert alerts.raise_alerts([hit(order, later(0))]) == 1
        newest = setting.records.live.newest()
        setting.clock.advance(600)
        newer, older = (later(i, minutes=10, checkpoint_id=f"cp-{i}") for i in (2, 1))
        assert alerts.raise_alerts([hit(order, newer), hit(order, older)]) == 0
        (found,) = alerts.page(only_open=True, limit=9)
        assert [p.checkpoint_id for p in found.alert.passages] == ["cp-2", "cp-1", "cp-1"]
        assert found.alert.passage == later(0)
        assert [r.joined_at for r in found.alert.repeats] == [START + timedelta(seconds=600)] * 2
        assert setting.open_again().alerts.get(found.alert.alert_id) == found
        told = [AlertView.model_validate(body) for _, body in events(setting.records, newest)]
        assert [(view.version, view.passage_count) for view in told] == [(2, 2), (3, 3)]
        assert [view.passage.passage_id for view in told] == [str(newer.passage_id)] * 2

    def test_coming_again_they_change_nothing_even_after_its_end(self, setting: Setting) -> None:
        order, alerts = setting.active(), setting.records.alerts
        hits = [hit(order, later(i, minutes=1)) for i in range(3)]
        assert alerts.raise_alerts(hits) == 1
        newest = setting.records.live.newest()
        assert setting.open_again().alerts.raise_alerts(hits[::-1]) == 0
        (found,) = alerts.page(only_open=True, limit=9)
        assert setting.records.live.newest() == newest
        alerts.step(
            found.alert.alert_id, AlertMove.VERIFY, by=setting.staff[Role.OPERATOR], verdict=Verdict.MISREAD
        )
        assert alerts.raise_alerts(hits) == 0
        assert alerts.raise_alerts([hit(order, later(3, minutes=1))]) == 1

    def test_after_an_outcome_the_next_hit_is_a_new_alert(self, setting: Setting) -> None:
        order, alerts, by = setting.active(), setting.records.alerts, setting.staff[Role.OPERATOR]
        alerts.raise_alerts([hit(order, later(0))])
        alert_id = alerts.page(only_open=True, limit=1)[0].alert.alert_id
        alerts.step(alert_id, AlertMove.VERIFY, by=by, verdict=Verdict.CORRECT)
        alerts.step(alert_id, AlertMove.SIGN_OFF, by=by)
        alerts.step(alert_id, AlertMove.DISPATCH, by=by, unit="3 号车")
        assert alerts.raise_alerts([hit(order, later(1, minutes=1))]) == 0
        alerts.step(alert_id, AlertMove.MISSED, by=by)
        assert alerts.raise_alerts([hit(order, later(2, minutes=1))]) == 1
        assert len(alerts.page(only_open=True, limit=9)) == 2

    def test_several_matchers_at_once_make_one_alert(self, setting: Setting) -> None:
        order = setting.active()
        hits = [hit(order, later(i, minutes=1)) for i in range(24)]
        books = [setting.records, setting.open_again(), setting.open_again()]
        with ThreadPoolExecutor(6) as pool:
            new = sum(pool.map(lambda i: books[i % 3].alerts.raise_alerts(hits[i % 6 :: 2]), range(12)))
        assert new == 1
        (found,) = setting.records.alerts.page(only_open=True, limit=99)
        assert sorted(p.passage_id for p in found.alert.passages) == sorted(h.passage.passage_id for h in hits)

    def test_whoever_sees_one_of_its_checkpoints_sees_it(self, setting: Setting) -> None:
        order, alerts = setting.active(), setting.records.alerts
        alerts.raise_alerts([hit(order, later(0)), hit(order, later(1, minutes=1, checkpoint_id="cp-2"))])
        for where, count in (["cp-1"], 1), (["cp-2"], 1), (["cp-3"], 0), ([], 0):
            assert len(alerts.page(only_open=True, limit=9, checkpoints=where)) == count

    def test_their_images_are_held(self, setting: Setting) -> None:
        order, alerts = setting.active(), setting.records.alerts
        alerts.raise_alerts([hit(order, later(i, minutes=1)) for i in range(2)])
        assert alerts.held_images({f"{i:064x}" for i in range(3)}) == {f"{i:064x}" for i in range(2)}
        assert alerts.held_images(set()) == frozenset()


class TestOwners:
    def test_nobodys_can_be_asked_for(self, setting: Setting) -> None:
        order, alerts, by = setting.active(), setting.records.alerts, setting.staff[Role.OPERATOR]
        alerts.raise_alerts([hit(order, later(i)) for i in range(2)])
        mine, other = alerts.page(only_open=True, limit=2)
        alerts.step(mine.alert.alert_id, AlertMove.VERIFY, by=by, verdict=Verdict.CORRECT)
        signed = alerts.step(mine.alert.alert_id, AlertMove.SIGN_OFF, by=by)
        assert signed.alert.owner == by.username
        assert alerts.page(only_open=True, limit=2, owned=True) == (signed,)
        assert alerts.page(only_open=True, limit=2, owned=False) == (other,)

    def test_of_two_who_sign_at_once_one_wins_and_the_other_is_told(self, setting: Setting) -> None:
        order, by = setting.active(), setting.staff[Role.OPERATOR]
        setting.records.alerts.raise_alerts([hit(order, passage())])
        alert_id = setting.records.alerts.page(only_open=True, limit=1)[0].alert.alert_id
        setting.records.alerts.step(alert_id, AlertMove.VERIFY, by=by, verdict=Verdict.CORRECT)
        second = setting.records.people.create_user(
            username="second", name="第二人", password=PASSWORD, roles=[Role.OPERATOR], by="tests"
        )
        books = [(setting.records, by), (setting.open_again(), second)]
        barrier = threading.Barrier(2)

        def sign(records: Records, who: User) -> str | None:
            barrier.wait(10)
            try:
                records.alerts.step(alert_id, AlertMove.SIGN_OFF, by=who, seen=1)
            except AlertChanged as told:
                return str(told)
            return None

        with ThreadPoolExecutor(2) as pool:
            told = list(pool.map(sign, *zip(*books, strict=True)))
        (loser,) = [i for i, words in enumerate(told) if words is not None]
        winner = books[1 - loser][1].username
        assert told[loser] == (
            f"expected an alert with 1 steps, it has 2: {winner} made the step sign_off at "
            "2026-03-01T04:00:00Z; look again"
        )
        after = setting.records.alerts.get(alert_id).alert
        assert (after.owner, len(after.steps)) == (winner, 2)


def shift(
    team: str,
    people: Sequence[str],
    *,
    line: int = 1,
    areas: Collection[str] = (),
    starts: float = -1,
    hours: float = 8,
) -> ShiftRequest:
    return ShiftRequest(
        team=team,
        people=tuple(people),
        starts_at=START + timedelta(hours=starts),
        ends_at=START + timedelta(hours=starts + hours),
        areas=frozenset(areas),
        line=line,
    )


class TestRoster:
    def test_who_is_on_duty_and_in_which_order_they_are_asked(self, setting: Setting) -> None:
        book, records = setting.records.roster, setting.records
        county = [Area(area_id="city", name="市"), Area(area_id="east", name="东", parent="city")]
        records.checkpoints.put_areas([*county, Area(area_id="west", name="西")])
        records.checkpoints.put([replace(CHECKPOINT, area_id="east")])
        entered = book.put(
            [
                shift("指挥中心", ["supervisor"], line=2),
                shift("全市", ["operator"]),
                shift("城区", ["operator"], areas=["city"]),
                shift("西区", ["operator"], areas=["west"]),
                shift("夜班", ["operator"], starts=7),
            ],
            by="supervisor",
        )
        assert [s.request.team for s in book.duty(checkpoint_id="cp-1")] == ["城区", "全市", "指挥中心"]
        assert [s.request.team for s in book.duty(checkpoint_id="cp\0")] == ["全市", "指挥中心"]
        assert len(book.duty()) == 4
        setting.clock.advance(7 * 3600)
        assert [s.request.team for s in setting.open_again().roster.duty()] == ["夜班"]
        assert book.between(START, START + timedelta(hours=7)) == tuple(
            sorted(entered[:4], key=lambda s: (s.request.line, s.request.team))
        )
        book.remove(entered[0].shift_id, by="supervisor")
        with pytest.raises(NotFound):
            book.remove(entered[0].shift_id, by="supervisor")
        actions = [entry.record.action for entry in records.audit.page(limit=6)]
        assert actions == ["roster.remove", *["roster.put"] * 5]

    def test_a_shift_entered_again_replaces_the_one_before(self, setting: Setting) -> None:
        book = setting.records.roster
        (before,) = book.put([shift("一班", ["operator"])], by="supervisor")
        (after,) = book.put([shift("一班", ["operator", "supervisor"], line=2)], by="supervisor")
        assert after.shift_id == before.shift_id
        assert book.between(START, START + timedelta(hours=1)) == (after,)
        assert book.get(after.shift_id) == after

    @pytest.mark.parametrize(
        ("wrong", "why"),
        [
            (shift("一班", ["auditor"]), "operators and supervisors, got auditor"),
            (shift("一班", []), "at least one person in 一班"),
            (shift("一班", ["operator"], areas=["nowhere"]), "areas that there are, got nowhere"),
            (shift("一班", ["operator"], hours=0), "an end after the start"),
            (shift("一班", ["operator"], hours=73), "at most 72 h"),
            (shift(" ", ["operator"]), "a team's name"),
            (shift("一班", ["operator"], line=10), "a line of 1 to 9"),
        ],
    )
    def test_all_or_none_are_entered(self, setting: Setting, wrong: ShiftRequest, why: str) -> None:
        with pytest.raises(InvalidShift, match=why):
            setting.records.roster.put([shift("二班", ["operator"]), wrong], by="supervisor")
        assert setting.records.roster.duty() == ()


class TestEscalation:
    def test_it_goes_up_the_roster_by_priority_and_ends_with_the_sign_off(self, setting: Setting) -> None:
        alerts, by = setting.records.alerts, setting.staff[Role.OPERATOR]
        setting.records.roster.put(
            [shift("一班", ["operator"]), shift("指挥中心", ["supervisor"], line=2)], by="supervisor"
        )
        alerts.raise_alerts([hit(setting.active(priority=1), passage())])
        alerts.raise_alerts([hit(setting.active(priority=2), passage(seed="b"))])
        setting.clock.advance(59)
        assert alerts.escalate() == ()
        setting.clock.advance(1)
        newest = setting.records.live.newest()
        (first,) = alerts.escalate()
        step = first.alert.steps[-1]
        assert (step.user, step.addressee, first.order.request.priority) == ("(clock)", "指挥中心", 1)
        assert setting.open_again().alerts.escalate() == ()
        assert [body["escalations"] for _, body in events(setting.records, newest)] == [1]
        assert setting.records.audit.page(limit=1)[0].record.action == "alert.escalate"
        setting.clock.advance(60)
        asked = {f.order.request.priority: f.alert.steps[-1].addressee for f in alerts.escalate()}
        assert asked == {1: "", 2: "指挥中心"}  # of the first, nobody is left
        alerts.step(first.alert.alert_id, AlertMove.VERIFY, by=by, verdict=Verdict.CORRECT, seen=0)
        alerts.step(first.alert.alert_id, AlertMove.SIGN_OFF, by=by)
        for _ in range(9):
            setting.clock.advance(600)
            alerts.escalate()
        counts = {f.order.request.priority: f.alert.steps for f in alerts.page(only_open=True, limit=9)}
        assert [step.move for step in counts[1]].count(AlertMove.ESCALATE) == 2
        assert [step.move for step in counts[2]].count(AlertMove.ESCALATE) == 3  # and no more

    def test_several_at_once_escalate_once(self, setting: Setting) -> None:
        order = setting.active()
        setting.records.alerts.raise_alerts([hit(order, later(i)) for i in range(9)])
        setting.clock.advance(60)
        books = [setting.records, setting.open_again()]
        with ThreadPoolExecutor(4) as pool:
            moved = list(pool.map(lambda i: len(books[i % 2].alerts.escalate()), range(8)))
        assert sum(moved) == 9


class TestHandOver:
    def test_between_shifts(self, setting: Setting) -> None:
        alerts, by = setting.records.alerts, setting.staff[Role.OPERATOR]
        next_one = setting.records.people.create_user(
            username="next", name="接班人", password=PASSWORD, roles=[Role.OPERATOR], by="tests"
        )
        (entered,) = setting.records.roster.put(
            [shift("二班", ["operator", "next"], starts=1)], by="supervisor"
        )
        order = setting.active()
        alerts.raise_alerts([hit(order, later(i)) for i in range(3)])
        for found in alerts.page(only_open=True, limit=2):
            alerts.step(found.alert.alert_id, AlertMove.VERIFY, by=by, verdict=Verdict.CORRECT)
            alerts.step(found.alert.alert_id, AlertMove.SIGN_OFF, by=by)
        moved = alerts.hand_over(by=by, to=Addressee(shift_id=entered.shift_id), note="交班")
        assert [f.alert.owner for f in moved] == ["operator"] * 2
        assert alerts.page(only_open=True, limit=9, offered_to="operator") == ()
        waiting = alerts.page(only_open=True, limit=9, offered_to="next")
        assert {f.alert.alert_id for f in waiting} == {f.alert.alert_id for f in moved}
        one, other = waiting
        assert alerts.step(one.alert.alert_id, AlertMove.DECLINE, by=next_one).alert.owner == "operator"
        with pytest.raises(NotOffered):
            alerts.step(other.alert.alert_id, AlertMove.ACCEPT, by=by)
        (accepted,) = alerts.accept(by=next_one)
        assert (accepted.alert.owner, accepted.alert.offer) == ("next", None)
        assert [(s.user, s.move, s.addressee, s.note) for s in accepted.alert.steps[-2:]] == [
            ("operator", "hand_over", "二班", "交班"),
            ("next", "accept", "", ""),
        ]
        assert alerts.accept(by=next_one) == ()
        assert len(alerts.page(only_open=True, limit=9, owned=False)) == 1

    def test_to_nobody_who_may_not_see_it(self, setting: Setting) -> None:
        book, alerts, by = setting.records.checkpoints, setting.records.alerts, setting.staff[Role.OPERATOR]
        book.put_areas([Area(area_id="city", name="市"), Area(area_id="east", name="东", parent="city")])
        book.put_areas([Area(area_id="west", name="西")])
        book.put([replace(CHECKPOINT, area_id="east")])
        for username, areas in (("of-west", ["west"]), ("of-city", ["city"])):
            setting.records.people.create_user(
                username=username, name="某", password=PASSWORD, roles=[Role.OPERATOR], areas=areas, by="tests"
            )
        alerts.raise_alerts([hit(setting.active(), passage())])
        alert_id = alerts.page(only_open=True, limit=1)[0].alert.alert_id
        alerts.step(alert_id, AlertMove.VERIFY, by=by, verdict=Verdict.CORRECT)
        alerts.step(alert_id, AlertMove.SIGN_OFF, by=by)
        with pytest.raises(OutOfReach, match="areas of cp-1 to hand the alert over to, got of-west"):
            alerts.step(alert_id, AlertMove.HAND_OVER, by=by, to=Addressee(username="of-west"))
        with pytest.raises(OutOfReach):
            alerts.hand_over(by=by, to=Addressee(username="of-west"))
        assert alerts.get(alert_id).alert.offer is None
        (shift,) = setting.records.roster.put(
            [
                ShiftRequest(
                    team="二班",
                    people=("of-west", "of-city"),
                    starts_at=START,
                    ends_at=START + timedelta(hours=8),
                )
            ],
            by="tests",
        )
        (handed,) = alerts.hand_over(by=by, to=Addressee(shift_id=shift.shift_id))
        assert handed.alert.offer is not None
        assert handed.alert.offer.people == frozenset({"of-city"})

    def test_to_a_person(self, setting: Setting) -> None:
        alerts, by = setting.records.alerts, setting.staff[Role.OPERATOR]
        alerts.raise_alerts([hit(setting.active(), passage())])
        alert_id = alerts.page(only_open=True, limit=1)[0].alert.alert_id
        (watching,) = setting.records.roster.put(
            [
                ShiftRequest(
                    team="值班长",
                    people=("supervisor",),
                    starts_at=START,
                    ends_at=START + timedelta(hours=8),
                )
            ],
            by="tests",
        )
        # A supervisor watches alerts and may not make their steps: who is offered one must be able to accept.
        for to in (
            Addressee(username="auditor"),
            Addressee(username="supervisor"),
            Addressee(shift_id="none"),
            Addressee(shift_id=watching.shift_id),
        ):
            with pytest.raises(NotFound):
                alerts.step(alert_id, AlertMove.HAND_OVER, by=by, to=to)
        with pytest.raises(IncompleteStep):
            alerts.step(alert_id, AlertMove.HAND_OVER, by=by, to=Addressee(username="operator"))
        setting.records.people.create_user(
            username="second", name="某", password=PASSWORD, roles=[Role.OPERATOR], by="tests"
        )
        handed = alerts.step(alert_id, AlertMove.HAND_OVER, by=by, to=Addressee(username="second"))
        assert handed.alert.offer == Offer(by="operator", addressee="second", people=frozenset({"second"}))
        assert setting.open_again().alerts.get(alert_id) == handed


class TestSources:
    def test_false_alerts_count_against_camera_and_tier(self, setting: Setting) -> None:
        order, alerts, by = setting.active(), setting.records.alerts, setting.staff[Role.OPERATOR]
        suspected = replace(hit(order, later(1)), tier=Tier.SUSPECTED)
        elsewhere = hit(order, replace(later(2, checkpoint_id="cp-0"), camera_id="cam-9"))
        alerts.raise_alerts([hit(order, later(0)), suspected, elsewhere])
        for open_one in alerts.page(only_open=True, limit=9):
            if open_one.alert.tier is Tier.SUSPECTED:
                alerts.step(open_one.alert.alert_id, AlertMove.VERIFY, by=by, verdict=Verdict.MISREAD)
        found = alerts.sources(START)
        assert [(of.checkpoint_id, of.camera_id, of.tier, of.raised, of.false_alerts) for of in found] == [
            ("cp-0", "cam-9", Tier.EXACT, 1, 0),
            ("cp-1", "cam-1", Tier.EXACT, 1, 0),
            ("cp-1", "cam-1", Tier.SUSPECTED, 1, 1),
        ]
        assert len(alerts.sources(START, checkpoints=["cp-0"])) == 1
        assert alerts.sources(START + timedelta(seconds=1)) == ()


def heartbeat(node_id: str = "node-1", seconds: float = 0, depth: int = 0) -> Heartbeat:
    return Heartbeat(
        node_id=node_id,
        checkpoint_id="cp-1",
        sent_at=START + timedelta(seconds=seconds),
        started_at=START,
        clock=ClockQuality.SYNCED,
        outbox_depth=depth,
        outbox_bytes=0,
        disk_free_bytes=1 << 40,
        software="0.1.0",
        cameras=(
            CameraHealth(camera_id="cam-1", alive=True, frames=1, frames_dropped=0, passages=0, unread=0),
        ),
    )


def heard(seconds: float, beat: Heartbeat) -> Heard:
    return Heard(beat=beat, at=START + timedelta(seconds=seconds))


class TestFleet:
    def test_the_heartbeat_of_each_node_that_was_heard_last_is_kept(self, setting: Setting) -> None:
        fleet = setting.records.fleet
        fleet.heartbeat(
            [
                heard(1, heartbeat(seconds=1)),
                heard(5, heartbeat(seconds=5, depth=7)),
                heard(3, heartbeat(seconds=3)),
            ]
        )
        fleet.heartbeat([heard(2, heartbeat("node-0")), heard(4, heartbeat(seconds=4))])
        assert [(n.beat, n.received_at) for n in fleet.nodes()] == [
            (heartbeat("node-0"), START + timedelta(seconds=2)),
            (heartbeat(seconds=5, depth=7), START + timedelta(seconds=5)),
        ]

    @pytest.mark.parametrize("jump_s", [3600, -3600])
    def test_a_clock_that_jumps_hides_no_node(self, setting: Setting, jump_s: float) -> None:
        fleet = setting.records.fleet
        fleet.heartbeat([heard(0, heartbeat(seconds=0))])
        fleet.heartbeat([heard(10, heartbeat(seconds=10 + jump_s, depth=1))])
        assert [n.beat.outbox_depth for n in fleet.nodes()] == [1]
        fleet.heartbeat([heard(20, heartbeat(seconds=20, depth=2))])
        assert [(n.beat.outbox_depth, n.received_at) for n in fleet.nodes()] == [
            (2, START + timedelta(seconds=20))
        ]

    def test_only_news_is_on_the_feed(self, setting: Setting) -> None:
        setting.records.fleet.heartbeat([heard(1, heartbeat(seconds=1))])
        newest = setting.records.live.newest()
        setting.records.fleet.heartbeat([heard(1, heartbeat(seconds=1)), heard(0, heartbeat(seconds=0))])
        setting.records.fleet.heartbeat([])
        assert setting.records.live.newest() == newest
        setting.records.fleet.heartbeat([heard(2, heartbeat(seconds=2))])
        ((kind, body),) = events(setting.records, newest)
        assert (kind, NodeView.model_validate(body).sent_at) == ("node", START + timedelta(seconds=2))


class TestLiveFeed:
    def test_passages_in_the_order_given(self, setting: Setting) -> None:
        live = setting.records.live
        assert (live.oldest(), live.newest(), live.since(0, limit=9)) == (0, 0, ())
        live.announce([passage(seed=str(i)) for i in range(3)])
        live.announce([])
        seen = [PassageView.model_validate(body) for _, body in events(setting.records)]
        assert [view.passage_id for view in seen] == [str(passage(seed=str(i)).passage_id) for i in range(3)]
        assert seen[0].checkpoint.name == CHECKPOINT.name

    @pytest.mark.parametrize("checkpoint_id", ["cp-9", "cp\0", "c" * 999])
    def test_a_checkpoint_nobody_named_is_called_by_its_id(self, setting: Setting, checkpoint_id: str) -> None:
        setting.records.live.announce([passage(checkpoint_id=checkpoint_id)])
        ((_, body),) = events(setting.records)
        assert body["checkpoint"] == {"checkpoint_id": checkpoint_id, "name": checkpoint_id}

    def test_paging(self, setting: Setting) -> None:
        live = setting.records.live
        live.announce([passage(seed=str(i)) for i in range(5)])
        first = live.since(0, limit=2)
        rest = live.since(first[-1].event_id, limit=9)
        assert [len(first), len(rest)] == [2, 3]
        ids = [event.event_id for event in (*first, *rest)]
        assert ids == sorted(set(ids))
        assert (live.oldest(), live.newest()) == (ids[0], ids[-1])

    def test_pruning_keeps_what_can_be_resumed_from(self, setting: Setting) -> None:
        live = setting.records.live
        setting.active()
        live.announce([passage(seed="old")])
        setting.clock.advance(timedelta(minutes=16).total_seconds())
        live.announce([passage(seed="new")])
        assert live.prune() == 1  # the passage; the orders' events are good for a day
        assert [kind for kind, _ in events(setting.records)] == ["order"] * 3 + ["passage"]
        setting.clock.advance(timedelta(days=2).total_seconds())
        newest = live.newest()
        live.prune()
        assert (live.oldest(), live.newest()) == (newest, newest)
        live.announce([passage(seed="newer")])
        assert live.newest() > newest

    def test_waiting_for_what_is_there_already(self, setting: Setting) -> None:
        setting.records.live.announce([passage()])
        assert setting.records.live.wait(0, timeout_s=0)

    def test_waiting_in_vain(self, setting: Setting) -> None:
        assert not setting.records.live.wait(0, timeout_s=0.05)

    @pytest.mark.parametrize("elsewhere", [False, True], ids=["same opening", "other opening"])
    def test_waiting_is_ended_by_an_event(self, setting: Setting, elsewhere: bool) -> None:
        writer = setting.open_again() if elsewhere else setting.records
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(setting.records.live.wait, 0, timeout_s=30)
            setting.records.audit.append(AuditRecord(at=START, user="u", action="no event"))
            assert not waiting.done()
            writer.live.announce([passage()])
            assert waiting.result(timeout=10)


class TestPeople:
    def test_signing_in_and_out(self, setting: Setting) -> None:
        book = setting.records.people
        signed_in = book.sign_in("operator", PASSWORD, address="10.0.0.1")
        assert signed_in.user == setting.staff[Role.OPERATOR]
        assert book.session(signed_in.token) == signed_in.user
        assert setting.open_again().people.session(signed_in.token) == signed_in.user
        book.sign_out(signed_in.token)
        assert book.session(signed_in.token) is None
        book.sign_out(signed_in.token)

    @pytest.mark.parametrize(
        ("username", "password"),
        [
            ("operator", "wrong password"),
            ("nobody", PASSWORD),
            ("operator", ""),
            ("", ""),
            ("operator", "x" * 999),
        ],
    )
    def test_what_is_wrong_is_not_told(self, setting: Setting, username: str, password: str) -> None:
        with pytest.raises(BadCredentials, match="expected a known username and its password"):
            setting.records.people.sign_in(username, password, address="10.0.0.1")

    def test_an_unknown_name_is_not_written_down(self, setting: Setting) -> None:
        """People type their password into the wrong field."""
        with pytest.raises(BadCredentials):
            setting.records.people.sign_in("hunter2-my-password", "x", address="10.0.0.1")
        (entry,) = setting.records.audit.page(limit=1)
        assert (entry.record.action, entry.record.subject) == ("session.refused", "(unknown)")

    def test_a_session_ends_by_itself(self, setting: Setting) -> None:
        book, policy = setting.records.people, setting.records.policy
        token = book.sign_in("operator", PASSWORD, address="10.0.0.1").token
        for _ in range(13):  # in use all the time
            setting.clock.advance(timedelta(minutes=59).total_seconds())
            alive = book.session(token) is not None
            assert alive == (setting.clock.now() < START + policy.session_lasts)

    def test_a_session_left_alone_ends_sooner(self, setting: Setting) -> None:
        token = setting.records.people.sign_in("operator", PASSWORD, address="10.0.0.1").token
        setting.clock.advance(timedelta(hours=1).total_seconds())
        assert setting.records.people.session(token) is None

    def test_a_token_from_before_is_worth_nothing_after(self, setting: Setting) -> None:
        book = setting.records.people
        before = book.sign_in("operator", PASSWORD, address="10.0.0.1").token
        after = book.sign_in("operator", PASSWORD, address="10.0.0.1", replaces=before).token
        assert before != after
        assert book.session(before) is None
        assert book.session(after) is not None

    def test_disabling_ends_sessions_and_signing_in(self, setting: Setting) -> None:
        book = setting.records.people
        token = book.sign_in("operator", PASSWORD, address="10.0.0.1").token
        setting.records.accounts.disable("operator", by="administrator")
        assert book.session(token) is None
        with pytest.raises(BadCredentials):
            book.sign_in("operator", PASSWORD, address="10.0.0.1")
        assert "operator" not in {user.username for user in book.users()}
        with pytest.raises(NotFound):
            setting.records.accounts.disable("nobody", by="administrator")

    def test_a_username_is_taken_once(self, setting: Setting) -> None:
        with pytest.raises(InvalidUser, match="free, got 'operator'"):
            setting.records.people.create_user(
                username="operator", name="x", password=PASSWORD, roles=[Role.AUDITOR], by="tests"
            )

    def test_a_guesser_is_locked_out_and_let_in_again(self, setting: Setting) -> None:
        book = setting.records.people
        for _ in range(5):
            with pytest.raises(BadCredentials):
                book.sign_in("operator", "wrong password", address="10.0.0.1")
        with pytest.raises(LockedOut) as locked:
            book.sign_in("operator", PASSWORD, address="10.0.0.2")
        assert locked.value.retry_at == START + timedelta(minutes=15)
        book.sign_in("auditor", PASSWORD, address="10.0.0.1")
        setting.clock.advance(timedelta(minutes=15).total_seconds())
        book.sign_in("operator", PASSWORD, address="10.0.0.1")

    def test_signing_in_clears_the_failures(self, setting: Setting) -> None:
        book = setting.records.people
        for _ in range(3):
            for _ in range(4):
                with pytest.raises(BadCredentials):
                    book.sign_in("operator", "wrong password", address="10.0.0.1")
            book.sign_in("operator", PASSWORD, address="10.0.0.1")

    def test_guesses_made_at_once_count_too(self, setting: Setting) -> None:
        def guess(i: int) -> type[Exception]:
            try:
                setting.records.people.sign_in("operator", f"wrong password {i}", address=f"10.0.0.{i}")
            except (BadCredentials, LockedOut) as error:
                return type(error)
            raise AssertionError("signed in")

        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(guess, range(16)))
        assert outcomes.count(BadCredentials) == 5

    def test_an_address_that_tries_many_names_is_locked_out(self, setting: Setting) -> None:
        book = setting.records.people
        for i in range(30):
            with pytest.raises(BadCredentials):
                book.sign_in(f"guess-{i}", "wrong password", address="10.0.0.1")
        with pytest.raises(LockedOut):
            book.sign_in("operator", PASSWORD, address="10.0.0.1")
        book.sign_in("operator", PASSWORD, address="10.0.0.2")

    def test_machine_tokens(self, setting: Setting) -> None:
        book = setting.records.people
        token = book.create_machine_token(" node-1 ", by="administrator")
        machine = book.machine(token)
        assert machine is not None
        assert (machine.name, machine.created_by) == ("node-1", "administrator")
        assert book.machine_tokens() == (machine,)
        assert book.machine(token.swapcase()) is None
        assert book.machine(token[1:]) is None
        book.revoke_machine_token(machine.token_id, by="administrator")
        book.revoke_machine_token(machine.token_id, by="administrator")
        assert book.machine(token) is None
        assert book.machine_tokens() == (replace(machine, revoked_at=START),)
        with pytest.raises(NotFound):
            book.revoke_machine_token("x", by="administrator")
        with pytest.raises(InvalidUser):
            book.create_machine_token("  ", by="administrator")

    def test_demo_users_can_sign_in_and_are_new_each_time(self, setting: Setting) -> None:
        seeded = seed_demo_users(setting.records, setting.clock)
        setting.clock.advance(1)
        again = seed_demo_users(setting.records, setting.clock)
        assert len({username for username, *_ in seeded + again}) == 2 * len(seeded)
        for username, password, name, roles in seeded:
            user = setting.records.people.sign_in(username, password, address="10.0.0.1").user
            assert (user.name, set(user.roles)) == (name, set(roles))


class TestAudit:
    def test_entries_come_back_as_written_newest_first(self, setting: Setting) -> None:
        before = setting.records.audit.verify().entries
        records = [
            AuditRecord(
                at=START + timedelta(microseconds=i),
                user="u",
                action="a.b",
                subject="川C12345",
                detail=f'{{"n":{i}}}',
            )
            for i in range(3)
        ]
        written = [setting.records.audit.append(record) for record in records]
        assert [entry.record for entry in written] == records
        page = setting.records.audit.page(limit=2)
        assert page == (written[2], written[1])
        assert setting.records.audit.page(before=page[-1].audit_id, limit=1) == (written[0],)
        verdict = setting.open_again().audit.verify()
        assert (verdict.ok, verdict.entries) == (True, before + 3)

    def test_writers_at_once_make_one_chain(self, setting: Setting) -> None:
        before = setting.records.audit.verify().entries
        books = [setting.records, setting.open_again()]
        record = AuditRecord(at=START, user="u", action="a.b")
        with ThreadPoolExecutor(4) as pool:
            ids = list(pool.map(lambda i: books[i % 2].audit.append(record).audit_id, range(40)))
        assert sorted(ids) == list(range(before + 1, before + 41))
        assert setting.records.audit.verify().ok


class TestCheckpoints:
    def test_put_adds_and_changes(self, setting: Setting) -> None:
        book = setting.records.checkpoints
        other = Checkpoint(checkpoint_id="cp-0", name="南环卡口")
        renamed = replace(CHECKPOINT, name="汇东新卡口", latitude=None)
        book.put([other, renamed])
        book.put([])
        assert book.all() == (other, renamed)
        assert book.names({"cp-0", "cp-7"}) == {"cp-0": "南环卡口"}
        assert book.names(set()) == {}


class TestAreas:
    def test_people_and_checkpoints_keep_theirs(self, setting: Setting) -> None:
        book = setting.records.checkpoints
        outer, inner = Area(area_id="city", name="市"), Area(area_id="county", name="县", parent="city")
        book.put_areas([outer, inner])
        book.put([replace(CHECKPOINT, area_id="county")])
        user = setting.records.people.create_user(
            username="li", name="李", password=PASSWORD, roles=[Role.OPERATOR], areas=["city"], by="tests"
        )
        again = setting.open_again()
        assert again.checkpoints.areas() == (outer, inner)
        assert next(u for u in again.people.users() if u.username == "li") == user
        assert again.checkpoints.scope(user.areas).narrow() == frozenset({CHECKPOINT.checkpoint_id})
        assert again.checkpoints.scope(()).narrow() is None

    def test_an_area_is_renamed_though_people_have_it(self, setting: Setting) -> None:
        book = setting.records.checkpoints
        book.put_areas([Area(area_id="city", name="市")])
        setting.records.people.create_user(
            username="li", name="李", password=PASSWORD, roles=[Role.OPERATOR], areas=["city"], by="tests"
        )
        book.put_areas([Area(area_id="city", name="城")])
        assert book.areas() == (Area(area_id="city", name="城"),)

    def test_an_area_that_there_is_not(self, setting: Setting) -> None:
        with pytest.raises(InvalidUser, match="expected areas that there are for 'li', got nowhere"):
            setting.records.people.create_user(
                username="li",
                name="李",
                password=PASSWORD,
                roles=[Role.OPERATOR],
                areas=["nowhere"],
                by="tests",
            )
        assert "li" not in {user.username for user in setting.records.people.users()}

    def test_alerts_by_checkpoint(self, setting: Setting) -> None:
        alerts = setting.records.alerts
        places = ["cp-1", "cp-2", "cp\0"]
        alerts.raise_alerts([hit(setting.active(), passage(checkpoint_id=each)) for each in places])
        for only_open in (True, False):
            (found,) = alerts.page(only_open=only_open, limit=9, checkpoints={"cp-2"})
            assert found.alert.passage.checkpoint_id == "cp-2"
            assert alerts.page(only_open=only_open, limit=9, checkpoints=()) == ()
            assert len(alerts.page(only_open=only_open, limit=9)) == 3
        assert alerts.figures(START, checkpoints={"cp-1", "cp-2"}).open == 2
        assert alerts.figures(START, checkpoints=()).raised == 0


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
