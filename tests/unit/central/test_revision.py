"""How what an order asks for changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from central.order import (
    IllegalMove,
    InvalidOrder,
    NotYourOrder,
    Order,
    OrderMove,
    OrderRequest,
    OrderState,
    ReasonMissing,
    draft,
)
from central.people import Role, User
from central.revision import (
    TRANSITIONS,
    Revision,
    RevisionKind,
    RevisionMove,
    RevisionState,
    first,
    propose,
    step,
    take,
)
from tests.centre import START, order_request

ALICE = User(username="alice", name="A", roles=frozenset({Role.APPLICANT}))
BOB = User(username="bob", name="B", roles=frozenset({Role.APPLICANT, Role.APPROVER}))
LATER = START + timedelta(hours=1)
#: Written out once more, by hand: a change of the table must be meant.
EXPECTED = {
    ("proposed", "accept"): "current",
    ("proposed", "take_up"): "current",
    ("proposed", "refuse"): "refused",
    ("proposed", "call_back"): "called_back",
    ("proposed", "lapse"): "lapsed",
    ("current", "supersede"): "superseded",
}


def order_in(state: OrderState) -> Order:
    order = draft(order_request(), order_id="o-1", applicant="alice", at=START)
    return replace(order, state=state, in_force_from=START if state is OrderState.ACTIVE else None)


def proposal(
    order: Order, request: OrderRequest, *, by: User = ALICE, why: str = "because", **kind: str
) -> Revision:
    chosen = RevisionKind(kind.get("kind", "amendment"))
    return propose(order, request, kind=chosen, number=2, by=by, at=LATER, why=why)


@pytest.mark.parametrize("state", RevisionState)
@pytest.mark.parametrize("move", RevisionMove)
def test_every_state_and_move(state: RevisionState, move: RevisionMove) -> None:
    before = replace(first(order_in(OrderState.ACTIVE)), state=state)
    by = "alice" if move in (RevisionMove.CALL_BACK, RevisionMove.TAKE_UP) else "bob"
    if (state, move) not in EXPECTED:
        with pytest.raises(IllegalMove, match=f"a revision that is {state} allows"):
            step(before, move, by=by, at=LATER, reason="because")
        return
    assert step(before, move, by=by, at=LATER, reason="because").state == EXPECTED[state, move]
    assert TRANSITIONS[state, move][1]


@pytest.mark.parametrize("state", OrderState)
def test_in_which_states_a_change_may_be_asked_for(state: OrderState) -> None:
    order = order_in(state)
    changed = replace(order.request, priority=2)
    if state in (OrderState.DRAFT, OrderState.APPROVED, OrderState.ACTIVE):
        assert proposal(order, changed).state is RevisionState.PROPOSED
    else:
        with pytest.raises(IllegalMove, match=f"an order that is {state} allows"):
            proposal(order, changed)


def test_what_was_approved_holds_until_the_change_is() -> None:
    order = order_in(OrderState.ACTIVE)
    wanted = proposal(order, replace(order.request, priority=2))
    after = take(order, wanted, by="bob", at=LATER)
    assert (order.request.priority, after.request.priority) == (1, 2)
    assert (after.state, after.revision, after.version, after.approver) == (OrderState.ACTIVE, 2, 2, "bob")
    assert after.history[-1].move is OrderMove.AMEND
    assert after.in_force_from == START  # the same vehicle, at the same places


def test_another_scope_is_in_force_from_its_acceptance_on() -> None:
    order = order_in(OrderState.ACTIVE)
    wanted = proposal(order, replace(order.request, checkpoints=frozenset({"cp-2"})))
    assert take(order, wanted, by="bob", at=LATER).entry().valid_from == LATER


@pytest.mark.parametrize("kind", ["amendment", "renewal"])
def test_whoever_applied_approves_no_change_of_it(kind: str) -> None:
    order = order_in(OrderState.ACTIVE)
    longer = replace(order.request, valid_until=order.request.valid_until + timedelta(days=7))
    wanted = proposal(order, longer, kind=kind)
    with pytest.raises(NotYourOrder, match="somebody other than the applicant"):
        take(order, wanted, by="alice", at=LATER)
    with pytest.raises(NotYourOrder):
        take(order, wanted, by="alice", at=LATER, own=True)
    with pytest.raises(NotYourOrder):
        step(wanted, RevisionMove.ACCEPT, by="alice", at=LATER)
    assert take(order, wanted, by="bob", at=LATER).request == longer


def test_only_who_applied_asks_for_a_change() -> None:
    order = order_in(OrderState.ACTIVE)
    with pytest.raises(NotYourOrder, match="expected the applicant alice"):
        proposal(order, replace(order.request, priority=2), by=BOB)


def test_a_draft_is_the_applicants_to_change() -> None:
    order = order_in(OrderState.DRAFT)
    wanted = proposal(order, replace(order.request, plate="川C54321"), why="")
    assert take(order, wanted, by="alice", at=LATER, own=True).request.plate == "川C54321"


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({}, "amendment", "got the same"),
        ({"priority": 9}, "amendment", "expected a priority"),
        ({"plate": "川C54321"}, "amendment", "another target is another order"),
        ({"priority": 2}, "renewal", "only the end of the validity"),
        ({"valid_until": START + timedelta(days=1)}, "renewal", "expected a renewal until after"),
    ],
)
def test_a_change_that_makes_no_sense(change: dict[str, object], kind: str, message: str) -> None:
    order = order_in(OrderState.ACTIVE)
    with pytest.raises(InvalidOrder, match=message):
        proposal(order, replace(order.request, **change), kind=kind)  # type: ignore[arg-type]


def test_reasons() -> None:
    order = order_in(OrderState.ACTIVE)
    with pytest.raises(ReasonMissing):
        proposal(order, replace(order.request, priority=2), why=" ")
    with pytest.raises(ReasonMissing):
        step(proposal(order, replace(order.request, priority=2)), RevisionMove.REFUSE, by="bob", at=LATER)


def test_a_validity_that_ended_meanwhile_is_not_put_in_place() -> None:
    order = order_in(OrderState.ACTIVE)
    wanted = proposal(order, replace(order.request, valid_until=START + timedelta(hours=2)))
    with pytest.raises(InvalidOrder, match="validity that ends after"):
        take(order, wanted, by="bob", at=START + timedelta(hours=2))


def test_an_order_in_force_can_not_be_made_to_begin_later() -> None:
    """It would be watched for all the same, and whoever approved "from Monday" would not know."""
    order = order_in(OrderState.ACTIVE)
    later = replace(order.request, valid_from=LATER + timedelta(days=1))
    with pytest.raises(InvalidOrder, match="since the order is in force"):
        proposal(order, later)
    waiting = order_in(OrderState.APPROVED)
    asked = proposal(waiting, later)
    assert take(waiting, asked, by="bob", at=LATER).request == later
    begun = replace(waiting, state=OrderState.ACTIVE, in_force_from=LATER)
    with pytest.raises(InvalidOrder, match="since the order is in force"):
        take(begun, asked, by="bob", at=LATER)
