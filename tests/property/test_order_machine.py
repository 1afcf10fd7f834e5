"""Orders on the real books, under any sequence of calls by anybody: the tables hold and two people stand behind
whatever is watched for."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from central.order import (
    CLOCK,
    EMERGENCY_FOR,
    FINAL,
    ON_WATCHLIST,
    TRANSITIONS,
    Order,
    OrderError,
    OrderMove,
    OrderState,
)
from central.people import Role, User
from central.records import open_records
from central.revision import TRANSITIONS as REVISION_TRANSITIONS
from central.revision import RevisionKind, RevisionMove, RevisionState
from tests.centre import CHEAP, PASSWORD, new_clock, order_request

#: Everybody may do everything: only who they are holds them back.
ROLES = (Role.APPLICANT, Role.EMERGENCY, Role.APPROVER)
people = st.sampled_from(["anna", "bert"])
places = st.sampled_from([frozenset(), frozenset({"cp-1"}), frozenset({"cp-2"})])
reasons = st.sampled_from(["", "because"])
_REVISION_MOVES = {(before, after) for (before, _), (after, _) in REVISION_TRANSITIONS.items()}


class Orders(RuleBasedStateMachine):
    """One order more with every `create`; a rule names one of them by its number."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._clock = new_clock()
        self._records = open_records(Path(self._folder.name), clock=self._clock, policy=CHEAP)
        self._people: dict[str, User] = {
            name: self._records.people.create_user(
                username=name, name=name, password=PASSWORD, roles=ROLES, by="tests"
            )
            for name in ("anna", "bert")
        }
        self._ids: list[str] = []
        self._revisions: dict[tuple[str, int], RevisionState] = {}
        self._version = self._records.orders.version()
        self._watched: frozenset[object] = frozenset()

    def teardown(self) -> None:
        self._records.close()
        self._folder.cleanup()

    def _order(self, number: int) -> str:
        return self._ids[number % len(self._ids)]

    @rule(by=people, hours=st.sampled_from([None, -1, 2]))
    def create(self, by: str, hours: int | None) -> None:
        now = self._clock.now()
        begins = None if hours is None else now + timedelta(hours=hours)
        request = replace(order_request(f"川C{len(self._ids) % 3:05d}", at=now, days=1), valid_from=begins)
        self._ids.append(self._records.orders.create(request, by=self._people[by]).order_id)

    @rule(number=st.integers(0, 5), move=st.sampled_from(OrderMove), by=people, reason=reasons)
    def move(self, number: int, move: OrderMove, by: str, reason: str) -> None:
        if self._ids:
            with contextlib.suppress(OrderError):
                self._records.orders.move(self._order(number), move, by=self._people[by], reason=reason)

    @rule(number=st.integers(0, 5), by=people, where=places, days=st.sampled_from([0, 1]), why=reasons)
    def propose(self, number: int, by: str, where: frozenset[str], days: int, why: str) -> None:
        if not self._ids:
            return
        order = self._records.orders.get(self._order(number))
        kind = RevisionKind.RENEWAL if days else RevisionKind.AMENDMENT
        request = replace(
            order.request,
            checkpoints=order.request.checkpoints if days else where,
            valid_until=order.request.valid_until + timedelta(days=days),
        )
        with contextlib.suppress(OrderError):
            self._records.orders.propose(order.order_id, request, kind=kind, by=self._people[by], why=why)

    @rule(number=st.integers(0, 5), back=st.integers(0, 1), move=st.sampled_from(RevisionMove), by=people)
    def decide(self, number: int, back: int, move: RevisionMove, by: str) -> None:
        if not self._ids:
            return
        revisions = self._records.orders.revisions(self._order(number))
        chosen = revisions[max(0, len(revisions) - 1 - back)]
        with contextlib.suppress(OrderError):
            self._records.orders.decide(
                chosen.order_id, chosen.number, move, by=self._people[by], reason="because"
            )

    @rule(minutes=st.sampled_from([1, 60, 121, 1500]))
    def time_goes_by(self, minutes: int) -> None:
        self._clock.advance(minutes * 60)
        self._records.orders.tick()

    @invariant()
    def the_tables_hold(self) -> None:
        watched = set()
        for order_id in self._ids:
            order = self._records.orders.get(order_id)
            self._check_history(order)
            self._check_revisions(order)
            if order.state in ON_WATCHLIST:
                watched.add(order.entry())
        # What is watched for is what is in force, and whoever asks for the version learns of every change.
        version, entries = self._records.orders.entries()
        assert set(entries) == watched
        if watched != self._watched:
            assert version > self._version
        self._version, self._watched = version, frozenset(watched)

    def _check_history(self, order: Order) -> None:
        state = OrderState.DRAFT
        for step in order.history:
            assert step.before is state
            state, _ = TRANSITIONS[state, step.move]
            assert step.after is state
            if step.move in (OrderMove.APPROVE, OrderMove.REJECT, OrderMove.RENEW):
                assert step.user not in (order.applicant, CLOCK)
            if step.move is OrderMove.AMEND and step.before is not OrderState.DRAFT:
                assert step.user != order.applicant
        assert order.state is state
        if order.state is OrderState.ACTIVE:
            assert order.approver not in (None, order.applicant)
        if order.state is OrderState.EMERGENCY:
            begun = next(s.at for s in order.history if s.move is OrderMove.EMERGENCY)
            assert order.approver is None
            assert order.emergency_until == begun + EMERGENCY_FOR

    def _check_revisions(self, order: Order) -> None:
        revisions = self._records.orders.revisions(order.order_id)
        assert [r.number for r in revisions] == list(range(1, len(revisions) + 1))
        (current,) = (r for r in revisions if r.state is RevisionState.CURRENT)
        assert (current.number, current.request) == (order.revision, order.request)
        waiting = [r for r in revisions if r.state is RevisionState.PROPOSED]
        assert len(waiting) <= (order.state not in FINAL)
        for revision in revisions:
            before = self._revisions.get((order.order_id, revision.number), RevisionState.PROPOSED)
            if before is not revision.state and revision.number > 1:
                assert (before, revision.state) in _REVISION_MOVES | {
                    (RevisionState.PROPOSED, RevisionState.SUPERSEDED)
                }
            self._revisions[order.order_id, revision.number] = revision.state
            if revision.state is RevisionState.REFUSED:
                assert revision.decider not in (None, order.applicant)


Orders.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestOrders = Orders.TestCase
