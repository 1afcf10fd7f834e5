"""What every engine of the records must do for the roster, and for alerts that wait or change hands."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from central.alert import AlertMove, IncompleteStep, NotOffered, Offer, OutOfReach, Verdict
from central.area import Area
from central.people import Role
from central.records import Addressee, NotFound
from central.roster import InvalidShift, ShiftRequest
from tests.centre import CHECKPOINT, PASSWORD, START, hit, passage
from tests.contract.records_setting import Setting, events, later, shift


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
