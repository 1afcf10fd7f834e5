"""The life cycle of an order, over every state and move."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from central.order import (
    BY_REVISION,
    CLOCK,
    EMERGENCY_FOR,
    FINAL,
    TRANSITIONS,
    IllegalMove,
    InvalidOrder,
    NotYourOrder,
    Order,
    OrderMove,
    OrderState,
    ReasonMissing,
    advance,
    allowed,
    draft,
    due,
    may,
)
from central.people import Role
from tests.centre import START, order_request

ALICE, BOB, CAROL = "alice", "bob", "carol"
#: Written out once more, by hand: a change of the table must be meant.
EXPECTED = {
    ("draft", "submit"): "submitted",
    ("draft", "emergency"): "emergency",
    ("draft", "amend"): "draft",
    ("draft", "withdraw"): "withdrawn",
    ("draft", "expire"): "expired",
    ("submitted", "approve"): "approved",
    ("submitted", "reject"): "rejected",
    ("submitted", "withdraw"): "withdrawn",
    ("submitted", "expire"): "expired",
    ("approved", "activate"): "active",
    ("approved", "amend"): "approved",
    ("approved", "renew"): "approved",
    ("approved", "withdraw"): "withdrawn",
    ("approved", "expire"): "expired",
    ("emergency", "approve"): "active",
    ("emergency", "reject"): "rejected",
    ("emergency", "withdraw"): "withdrawn",
    ("emergency", "lapse"): "expired",
    ("emergency", "expire"): "expired",
    ("active", "amend"): "active",
    ("active", "renew"): "active",
    ("active", "withdraw"): "withdrawn",
    ("active", "expire"): "expired",
}


def order_in(state: OrderState) -> Order:
    return replace(draft(order_request(), order_id="o-1", applicant=ALICE, at=START), state=state)


def doer(move: OrderMove) -> str:
    """Somebody who is not refused for being who they are."""
    if move in (OrderMove.SUBMIT, OrderMove.EMERGENCY):
        return ALICE
    return CLOCK if move in (OrderMove.ACTIVATE, OrderMove.EXPIRE, OrderMove.LAPSE) else BOB


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("move", OrderMove)
def test_every_state_and_move(state: OrderState, move: OrderMove) -> None:
    before = order_in(state)
    later = START + timedelta(minutes=1)
    if (state, move) not in EXPECTED:
        with pytest.raises(IllegalMove, match=rf"an order that is {state} allows .*; got {move}"):
            advance(before, move, by=doer(move), at=later, reason="because")
        return
    if move in BY_REVISION:
        with pytest.raises(IllegalMove, match="expected a revision"):
            advance(before, move, by=doer(move), at=later)
        return
    after = advance(before, move, by=doer(move), at=later, reason=" because ")
    assert after.state == EXPECTED[state, move]
    assert (after.version, after.updated_at) == (2, later)
    (step,) = after.history
    assert (step.user, step.before, step.after, step.reason) == (doer(move), state, after.state, "because")
    assert after.approver == (BOB if move is OrderMove.APPROVE else None)


def test_every_transition_is_worded() -> None:
    assert all(words for _, words in TRANSITIONS.values())


def test_nothing_leaves_a_final_state() -> None:
    assert {state for state in OrderState if not allowed(state)} == FINAL


@pytest.mark.parametrize("move", [OrderMove.APPROVE, OrderMove.REJECT])
def test_the_applicant_never_decides(move: OrderMove) -> None:
    with pytest.raises(NotYourOrder, match="somebody other than the applicant"):
        advance(order_in(OrderState.SUBMITTED), move, by=ALICE, at=START, reason="because")


def test_only_the_applicant_submits() -> None:
    with pytest.raises(NotYourOrder, match="expected the applicant alice"):
        advance(order_in(OrderState.DRAFT), OrderMove.SUBMIT, by=BOB, at=START)


@pytest.mark.parametrize("move", [OrderMove.REJECT, OrderMove.WITHDRAW])
def test_some_moves_need_a_reason(move: OrderMove) -> None:
    with pytest.raises(ReasonMissing, match="expected a reason"):
        advance(order_in(OrderState.SUBMITTED), move, by=BOB, at=START, reason="  ")


@pytest.mark.parametrize(
    ("state", "begins", "ends", "expected"),
    [
        (OrderState.DRAFT, -1, 1, None),
        (OrderState.SUBMITTED, -1, 1, None),
        (OrderState.APPROVED, None, 1, OrderMove.ACTIVATE),
        (OrderState.APPROVED, -1, 1, OrderMove.ACTIVATE),
        (OrderState.APPROVED, 0, 1, OrderMove.ACTIVATE),
        (OrderState.APPROVED, 1, 2, None),
        (OrderState.APPROVED, -2, -1, OrderMove.EXPIRE),
        (OrderState.ACTIVE, -1, 1, None),
        (OrderState.ACTIVE, -1, 0, OrderMove.EXPIRE),
        (OrderState.DRAFT, None, 0, OrderMove.EXPIRE),
        (OrderState.SUBMITTED, None, 0, OrderMove.EXPIRE),
        (OrderState.WITHDRAWN, None, 0, None),
        (OrderState.REJECTED, None, 0, None),
        (OrderState.EXPIRED, None, 0, None),
    ],
)
def test_what_the_clock_owes(
    state: OrderState, begins: int | None, ends: int, expected: OrderMove | None
) -> None:
    request = replace(
        order_request(),
        valid_from=None if begins is None else START + timedelta(hours=begins),
        valid_until=START + timedelta(hours=ends),
    )
    assert due(replace(order_in(state), request=request), START) is expected


@pytest.mark.parametrize(
    ("state", "user", "role", "expected"),
    [
        (OrderState.DRAFT, ALICE, Role.APPLICANT, {"submit", "withdraw"}),
        (OrderState.DRAFT, CAROL, Role.APPLICANT, set()),
        (OrderState.EMERGENCY, BOB, Role.APPROVER, {"approve", "reject", "withdraw"}),
        (OrderState.EMERGENCY, ALICE, Role.APPROVER, {"withdraw"}),
        (OrderState.DRAFT, BOB, Role.APPROVER, {"withdraw"}),
        (OrderState.SUBMITTED, BOB, Role.APPROVER, {"approve", "reject", "withdraw"}),
        (OrderState.SUBMITTED, ALICE, Role.APPROVER, {"withdraw"}),
        (OrderState.SUBMITTED, BOB, Role.SUPERVISOR, {"withdraw"}),
        (OrderState.ACTIVE, ALICE, Role.APPLICANT, {"withdraw"}),
        (OrderState.ACTIVE, CAROL, Role.APPLICANT, set()),
        (OrderState.ACTIVE, BOB, Role.OPERATOR, set()),
        (OrderState.ACTIVE, BOB, Role.ADMINISTRATOR, set()),
        (OrderState.EXPIRED, ALICE, Role.APPLICANT, set()),
    ],
)
def test_who_may_what(state: OrderState, user: str, role: Role, expected: set[str]) -> None:
    assert set(may(state, ALICE, username=user, roles=[role])) == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reason": " "}, "expected a reason, got a blank one"),
        ({"case_number": ""}, "expected a case number, got a blank one"),
        ({"legal_basis": ""}, "expected a legal basis"),
        ({"contact": ""}, "expected a contact"),
        ({"priority": 5}, "got 5"),
        ({"valid_until": START}, "validity that ends after"),
        ({"valid_from": START + timedelta(days=8)}, "valid_from before valid_until"),
    ],
)
def test_an_order_that_makes_no_sense(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidOrder, match=message):
        draft(replace(order_request(), **change), order_id="o-1", applicant=ALICE, at=START)  # type: ignore[arg-type]


class TestEmergencies:
    def test_it_is_watched_for_at_once_and_two_hours_at_most(self) -> None:
        order = advance(order_in(OrderState.DRAFT), OrderMove.EMERGENCY, by=ALICE, at=START, reason="in flight")
        assert order.emergency_until == START + timedelta(hours=2) == START + EMERGENCY_FOR
        entry = order.entry()
        assert (entry.valid_from, entry.valid_until) == (START, START + timedelta(hours=2))
        assert due(order, START + timedelta(hours=2) - timedelta(microseconds=1)) is None
        assert due(order, START + timedelta(hours=2)) is OrderMove.LAPSE

    def test_approved_in_time_it_goes_on(self) -> None:
        order = advance(order_in(OrderState.DRAFT), OrderMove.EMERGENCY, by=ALICE, at=START, reason="in flight")
        approved = advance(order, OrderMove.APPROVE, by=BOB, at=START + timedelta(hours=1))
        assert (approved.state, approved.approver, approved.emergency_until) == (OrderState.ACTIVE, BOB, None)
        assert approved.in_force_from == START
        assert due(approved, START + timedelta(hours=3)) is None

    def test_its_validity_may_end_first(self) -> None:
        short = replace(order_request(), valid_until=START + timedelta(hours=1))
        order = draft(short, order_id="o", applicant=ALICE, at=START)
        order = advance(order, OrderMove.EMERGENCY, by=ALICE, at=START, reason="in flight")
        assert order.entry().valid_until == short.valid_until
        assert due(order, short.valid_until) is OrderMove.EXPIRE

    def test_the_applicant_does_not_pay_their_own_debt(self) -> None:
        order = advance(order_in(OrderState.DRAFT), OrderMove.EMERGENCY, by=ALICE, at=START, reason="in flight")
        with pytest.raises(NotYourOrder, match="somebody other than the applicant"):
            advance(order, OrderMove.APPROVE, by=ALICE, at=START)

    def test_nobody_puts_anothers_draft_into_force(self) -> None:
        with pytest.raises(NotYourOrder, match="expected the applicant alice"):
            advance(order_in(OrderState.DRAFT), OrderMove.EMERGENCY, by=BOB, at=START, reason="in flight")

    def test_it_says_why(self) -> None:
        with pytest.raises(ReasonMissing):
            advance(order_in(OrderState.DRAFT), OrderMove.EMERGENCY, by=ALICE, at=START)

    def test_it_is_none_where_it_can_wait(self) -> None:
        later = replace(order_request(), valid_from=START + timedelta(hours=1))
        order = draft(later, order_id="o", applicant=ALICE, at=START)
        with pytest.raises(InvalidOrder, match="expected an emergency to hold from now on"):
            advance(order, OrderMove.EMERGENCY, by=ALICE, at=START, reason="in flight")

    @pytest.mark.parametrize(
        ("roles", "expected"),
        [
            ({Role.APPLICANT}, {"submit", "withdraw"}),
            ({Role.APPLICANT, Role.EMERGENCY}, {"submit", "withdraw", "emergency"}),
            ({Role.EMERGENCY}, set()),
        ],
    )
    def test_whose_right_it_is(self, roles: set[Role], expected: set[str]) -> None:
        assert set(may(OrderState.DRAFT, ALICE, username=ALICE, roles=roles)) == expected
        assert "emergency" not in may(OrderState.DRAFT, ALICE, username=BOB, roles=roles)


class TestSince:
    """An order holds for what passes from its activation on."""

    def activated(self, *, at: datetime, **changes: object) -> Order:
        request = replace(order_request(), **changes)  # type: ignore[arg-type]
        order = replace(draft(request, order_id="o", applicant=ALICE, at=START), state=OrderState.SUBMITTED)
        order = advance(order, OrderMove.APPROVE, by=BOB, at=START + timedelta(hours=1))
        return advance(order, OrderMove.ACTIVATE, by=CLOCK, at=at)

    def test_from_approval_on(self) -> None:
        order = self.activated(at=START + timedelta(hours=1, seconds=1))
        assert order.in_force_from == order.entry().valid_from == START + timedelta(hours=1)
        assert order.looks_back(START + timedelta(minutes=59))
        assert not order.looks_back(START + timedelta(hours=1))

    def test_a_validity_that_began_long_ago_reaches_no_further_back(self) -> None:
        order = self.activated(at=START + timedelta(hours=1), valid_from=START - timedelta(days=3))
        assert order.entry().valid_from == START + timedelta(hours=1)

    def test_from_the_hour_it_was_to_begin_however_late_the_clock_looks(self) -> None:
        begins = START + timedelta(hours=5)
        order = self.activated(at=begins + timedelta(seconds=3), valid_from=begins)
        assert order.entry().valid_from == begins

    def test_with_as_much_of_the_past_as_it_asks_for(self) -> None:
        order = self.activated(at=START + timedelta(hours=1), retro=timedelta(days=2))
        assert order.entry().valid_from == START + timedelta(hours=1) - timedelta(days=2)
        assert order.looks_back(START)

    def test_it_asks_for_no_more_than_there_may_be(self) -> None:
        with pytest.raises(InvalidOrder, match="expected 0 to 90 days of the past"):
            self.activated(at=START, retro=timedelta(days=91))
