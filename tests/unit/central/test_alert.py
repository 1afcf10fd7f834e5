"""The life cycle of an alert, over every state, move and verdict."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from central.alert import (
    FINAL,
    TRANSITIONS,
    Alert,
    AlertMove,
    AlertState,
    IllegalStep,
    IncompleteStep,
    Verdict,
    advance,
    allowed,
    may,
)
from central.people import Role
from proto.passage import Tier
from tests.centre import START, passage

#: Written out once more, by hand: a change of the table must be meant.
EXPECTED = {
    ("raised", "verify", "correct"): "verified",
    ("raised", "verify", "cannot_tell"): "verified",
    ("raised", "verify", "misread"): "false_alert",
    ("verified", "verify", "correct"): "verified",
    ("verified", "verify", "cannot_tell"): "verified",
    ("verified", "verify", "misread"): "false_alert",
    ("verified", "sign_off", None): "signed_off",
    ("signed_off", "verify", "misread"): "false_alert",
    ("signed_off", "dispatch", None): "dispatched",
    ("signed_off", "not_needed", None): "not_needed",
    ("dispatched", "verify", "misread"): "false_alert",
    ("dispatched", "intercepted", None): "intercepted",
    ("dispatched", "missed", None): "missed",
    ("dispatched", "not_needed", None): "not_needed",
    ("intercepted", "feedback", None): "fed_back",
    ("missed", "feedback", None): "fed_back",
    ("not_needed", "feedback", None): "fed_back",
    ("fed_back", "close", None): "closed",
}


def alert_in(state: AlertState) -> Alert:
    return Alert(
        alert_id="a-1",
        order_id="o-1",
        passage=passage(),
        tier=Tier.EXACT,
        score=1.0,
        watchlist_version=2,
        matched_at=START,
        raised_at=START,
        state=state,
    )


@pytest.mark.parametrize(("state", "move", "verdict"), list(product(AlertState, AlertMove, [None, *Verdict])))
def test_every_state_move_and_verdict(state: AlertState, move: AlertMove, verdict: Verdict | None) -> None:
    before = alert_in(state)

    def go() -> Alert:
        return advance(before, move, by="alice", at=START, verdict=verdict, unit=" car 3 ", note=" found ")

    if (state, move, verdict) in EXPECTED:
        after = go()
        assert after.state == EXPECTED[state, move, verdict]
        (step,) = after.steps
        assert (step.before, step.after, step.verdict) == (state, after.state, verdict)
        assert (step.user, step.unit, step.note) == ("alice", "car 3", "found")
    elif move not in {m for s, m, _ in EXPECTED if s == state}:
        with pytest.raises(IllegalStep, match=rf"an alert that is {state} allows .*; got {move}"):
            go()
    elif verdict is None or move is not AlertMove.VERIFY:
        with pytest.raises(IncompleteStep, match="verdict"):
            go()
    else:
        with pytest.raises(IllegalStep, match=rf"can only be verified as misread; got {verdict}"):
            go()


def test_every_transition_is_worded() -> None:
    assert all(words for _, words in TRANSITIONS.values())


def test_nothing_leaves_a_final_state() -> None:
    assert {state for state in AlertState if not allowed(state)} == FINAL


def test_every_state_can_be_reached() -> None:
    reached = {AlertState.RAISED}
    for _ in AlertState:
        reached |= {after for (before, _, _), (after, _) in TRANSITIONS.items() if before in reached}
    assert reached == set(AlertState)


def test_a_dispatch_names_its_unit() -> None:
    with pytest.raises(IncompleteStep, match="expected the unit"):
        advance(alert_in(AlertState.SIGNED_OFF), AlertMove.DISPATCH, by="alice", at=START, unit=" ")


def test_a_feedback_says_something() -> None:
    with pytest.raises(IncompleteStep, match="expected a note"):
        advance(alert_in(AlertState.MISSED), AlertMove.FEEDBACK, by="alice", at=START)


def test_steps_add_up() -> None:
    alert = advance(alert_in(AlertState.RAISED), AlertMove.VERIFY, by="a", at=START, verdict=Verdict.CORRECT)
    alert = advance(alert, AlertMove.SIGN_OFF, by="b", at=START)
    assert [step.user for step in alert.steps] == ["a", "b"]
    assert replace(alert, steps=(), state=AlertState.RAISED) == alert_in(AlertState.RAISED)


@pytest.mark.parametrize("role", Role)
def test_operators_move_alerts(role: Role) -> None:
    expected = (AlertMove.VERIFY,) if role is Role.OPERATOR else ()
    assert may(AlertState.RAISED, [role]) == expected
