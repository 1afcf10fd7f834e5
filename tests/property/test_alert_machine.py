"""Alerts as a state machine, on both engines of the records: hits, redelivery, people's steps, the clock.

No sequence of calls reaches a state that the table forbids, loses a hit or has one twice.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from central.alert import (
    FINAL,
    RUNNING,
    TRANSITIONS,
    WAITING,
    Alert,
    AlertError,
    AlertMove,
    AlertState,
    Verdict,
    joins,
)
from central.people import Role, User
from central.records import Addressee, Records, open_records
from central.roster import ShiftRequest
from proto.passage import Hit, Tier
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
from tests.postgresql import Databases

NAMES = ("operator", "second", "third")
MOVES = [move for move in AlertMove if move is not AlertMove.ESCALATE]


class AlertMachine(RuleBasedStateMachine):
    """`url` is set by a subclass for PostgreSQL."""

    databases: Databases | None = None

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.url = None if self.databases is None else self.databases.new()
        self.clock = new_clock()
        # Two openings: what one has done the other one sees.
        self.books: list[Records] = [
            open_records(self.folder, clock=self.clock, policy=CHEAP, url=self.url) for _ in range(2)
        ]
        records = self.books[0]
        records.checkpoints.put([CHECKPOINT])
        staff = people(records)
        for name in NAMES[1:]:
            records.people.create_user(
                username=name, name=name, password=PASSWORD, roles=[Role.OPERATOR], by="tests"
            )
        self.people: dict[str, User] = {user.username: user for user in records.people.users()}
        self.order = active_order(records, staff, order_request(days=300))
        (self.shift,) = records.roster.put(
            [ShiftRequest(team="二班", people=NAMES[1:], starts_at=START, ends_at=START + timedelta(hours=72))],
            by="supervisor",
        )
        self.hits: list[Hit] = []

    @rule(
        minutes=st.integers(-45, 45),
        tier=st.sampled_from([Tier.EXACT, Tier.EXACT, Tier.SUSPECTED]),
        text=st.sampled_from(["川C12345", "川C12845"]),
        book=st.integers(0, 1),
    )
    def a_vehicle_is_hit(self, minutes: int, tier: Tier, text: str, book: int) -> None:
        at = self.clock.now() + timedelta(minutes=minutes)
        found = replace(hit(self.order, passage(text, at=at, seed=str(len(self.hits)))), tier=tier)
        before = self._all()
        # What passed before the order held is of the past: it joins only what is of the past too.
        past = self.order.looks_back(at)
        alike = [alert for alert in before if alert.retro is past]
        joined = any(joins(alert, found, gap=CHEAP.merge_gap) for alert in alike)
        new = self.books[book].alerts.raise_alerts([found])
        assert new == (0 if joined else 1)
        self.hits.append(found)

    @precondition(lambda self: self.hits)
    @rule(data=st.data(), book=st.integers(0, 1))
    def hits_come_again(self, data: st.DataObject, book: int) -> None:
        again = data.draw(st.lists(st.sampled_from(self.hits), min_size=1, max_size=5))
        before = self._all()
        assert self.books[book].alerts.raise_alerts(again) == 0
        assert self._all() == before

    @rule(seconds=st.sampled_from([1, 30, 60, 600, 3600]))
    def time_goes_by(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(book=st.integers(0, 1))
    def the_clock_escalates(self, book: int) -> None:
        now = self.clock.now()
        before = {alert.alert_id: alert for alert in self._all()}
        due = {a.alert_id for a in before.values() if (at := CHEAP.escalation.due_at(a, 1)) and at <= now}
        moved = self.books[book].alerts.escalate()
        assert {found.alert.alert_id for found in moved} == due
        assert all(found.alert.state is before[found.alert.alert_id].state for found in moved)

    @precondition(lambda self: self.hits)
    @rule(
        data=st.data(),
        move=st.sampled_from(MOVES),
        verdict=st.sampled_from([None, *Verdict]),
        who=st.sampled_from(NAMES),
        to=st.sampled_from(["second", "third", "shift", None]),
        behind=st.sampled_from([None, 0, 0, 0, 1]),
        book=st.integers(0, 1),
    )
    def somebody_makes_a_step(
        self,
        data: st.DataObject,
        move: AlertMove,
        verdict: Verdict | None,
        who: str,
        to: str | None,
        behind: int | None,
        book: int,
    ) -> None:
        alert = data.draw(st.sampled_from(self._all()))
        seen = None if behind is None else len(alert.steps) - behind
        addressee = None
        if move is AlertMove.HAND_OVER and to is not None:
            addressee = Addressee(shift_id=self.shift.shift_id) if to == "shift" else Addressee(username=to)
        try:
            moved = self.books[book].alerts.step(
                alert.alert_id,
                move,
                by=self.people[who],
                verdict=verdict,
                unit="3 号车",
                note="x",
                to=addressee,
                seen=seen,
            )
        except AlertError:
            unchanged = self.books[1 - book].alerts.get(alert.alert_id).alert
            assert unchanged == alert
            return
        after = moved.alert
        assert TRANSITIONS[alert.state, move, verdict][0] is after.state
        if seen is not None:
            assert all(step.user == "(clock)" for step in alert.steps[max(seen, 0) :])
        if move is AlertMove.ACCEPT:
            assert alert.offer is not None
            assert who in alert.offer.people
            assert after.owner == who

    @rule(who=st.sampled_from(NAMES), book=st.integers(0, 1))
    def somebody_hands_all_over(self, who: str, book: int) -> None:
        mine = {a.alert_id for a in self._all() if a.owner == who and a.state not in FINAL}
        moved = self.books[book].alerts.hand_over(
            by=self.people[who], to=Addressee(shift_id=self.shift.shift_id)
        )
        assert {found.alert.alert_id for found in moved} == mine

    @rule(who=st.sampled_from(NAMES), book=st.integers(0, 1))
    def somebody_accepts_all(self, who: str, book: int) -> None:
        offered = {a.alert_id for a in self._all() if a.offer is not None and who in a.offer.people}
        moved = self.books[book].alerts.accept(by=self.people[who])
        assert {found.alert.alert_id for found in moved} == offered
        assert all(found.alert.owner == who and found.alert.offer is None for found in moved)

    @invariant()
    def every_hit_is_in_one_alert(self) -> None:
        if not hasattr(self, "hits"):
            return
        found = [p.passage_id for alert in self._all() for p in alert.passages]
        assert sorted(found) == sorted(hit.passage.passage_id for hit in self.hits)

    @invariant()
    def every_history_follows_the_table(self) -> None:
        if not hasattr(self, "hits"):
            return
        for alert in self._all():
            state = AlertState.RAISED
            for step in alert.steps:
                assert step.before is state
                state = TRANSITIONS[state, step.move, step.verdict][0]
                assert step.after is state
            assert state is alert.state
            assert bool(alert.owner) or state in WAITING | FINAL, "what is signed off has an owner"
            assert alert.offer is None or state not in FINAL
            assert not alert.repeats or alert.state in RUNNING or len(alert.steps) > 0

    def teardown(self) -> None:
        if hasattr(self, "books"):
            for records in self.books:
                records.close()
            shutil.rmtree(self.folder)
            if self.databases is not None and self.url is not None:
                self.databases.drop(self.url)

    def _all(self) -> list[Alert]:
        return [found.alert for found in self.books[0].alerts.page(only_open=False, limit=500)]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_alerts(engine: str, request: pytest.FixtureRequest) -> None:
    class Machine(AlertMachine):
        databases = request.getfixturevalue("databases") if engine == "postgresql" else None

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=12, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
