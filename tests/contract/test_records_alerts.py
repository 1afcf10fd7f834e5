"""What every engine of the records must do for alerts."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from central.alert import AlertChanged, AlertMove, AlertState, IllegalStep, Verdict
from central.order import OrderMove
from central.people import Role, User
from central.records import NotFound, Records, UnknownOrder
from central.view import AlertView
from proto.passage import Tier
from tests.centre import CHECKPOINT, PASSWORD, START, hit, passage
from tests.contract.records_setting import Setting, events, later


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
