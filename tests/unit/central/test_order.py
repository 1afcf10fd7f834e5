"""The life cycle of an order, over every state and move."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from central.order import (
    CLOCK,
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
    ("draft", "withdraw"): "withdrawn",
    ("draft", "expire"): "expired",
    ("submitted", "approve"): "approved",
    ("submitted", "reject"): "rejected",
    ("submitted", "withdraw"): "withdrawn",
    ("submitted", "expire"): "expired",
    ("approved", "activate"): "active",
    ("approved", "withdraw"): "withdrawn",
    ("approved", "expire"): "expired",
    ("active", "withdraw"): "withdrawn",
    ("active", "expire"): "expired",
}


def order_in(state: OrderState) -> Order:
    return replace(draft(order_request(), order_id="o-1", applicant=ALICE, at=START), state=state)


def doer(move: OrderMove) -> str:
    """Somebody who is not refused for being who they are."""
    if move is OrderMove.SUBMIT:
        return ALICE
    return CLOCK if move in (OrderMove.ACTIVATE, OrderMove.EXPIRE) else BOB


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("move", OrderMove)
def test_every_state_and_move(state: OrderState, move: OrderMove) -> None:
    before = order_in(state)
    later = START + timedelta(minutes=1)
    if (state, move) not in EXPECTED:
        with pytest.raises(IllegalMove, match=rf"an order that is {state} allows .*; got {move}"):
            advance(before, move, by=doer(move), at=later, reason="because")
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
