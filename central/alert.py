"""The life cycle of an alert (预警), pure.

raised → verified → signed off → dispatched → intercepted | missed | not needed → fed back → closed.
Verification (二次识别) is a person comparing picture and text; *misread* ends the alert as a false one,
which is counted, and may be found at any time before an outcome. Sign-off (签收) is a named operator
taking the alert on.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from central.people import Role
from proto.passage import Passage, Tier


class AlertState(enum.StrEnum):
    """Where an alert stands."""

    RAISED = "raised"  #: nobody has looked yet
    VERIFIED = "verified"  #: picture and text were compared: correct, or cannot be told
    SIGNED_OFF = "signed_off"
    DISPATCHED = "dispatched"
    INTERCEPTED = "intercepted"
    MISSED = "missed"
    NOT_NEEDED = "not_needed"
    FED_BACK = "fed_back"
    CLOSED = "closed"
    FALSE_ALERT = "false_alert"  #: the plate was misread


class AlertMove(enum.StrEnum):
    """What an operator does with an alert."""

    VERIFY = "verify"
    SIGN_OFF = "sign_off"
    DISPATCH = "dispatch"
    INTERCEPTED = "intercepted"
    MISSED = "missed"
    NOT_NEEDED = "not_needed"
    FEEDBACK = "feedback"
    CLOSE = "close"


class Verdict(enum.StrEnum):
    """What the comparison of picture and text gave."""

    CORRECT = "correct"
    MISREAD = "misread"
    CANNOT_TELL = "cannot_tell"


_S, _M, _V = AlertState, AlertMove, Verdict
_Key = tuple[AlertState, AlertMove, Verdict | None]
#: (from, move, verdict) → (to, in words). What is not here is not allowed.
TRANSITIONS: dict[_Key, tuple[AlertState, str]] = {
    (_S.RAISED, _M.VERIFY, _V.CORRECT): (_S.VERIFIED, "the picture shows the ordered plate"),
    (_S.RAISED, _M.VERIFY, _V.CANNOT_TELL): (_S.VERIFIED, "the picture does not say; the alert stands"),
    (_S.RAISED, _M.VERIFY, _V.MISREAD): (_S.FALSE_ALERT, "the picture shows another plate"),
    (_S.VERIFIED, _M.VERIFY, _V.CORRECT): (_S.VERIFIED, "a second look: it is the ordered plate"),
    (_S.VERIFIED, _M.VERIFY, _V.CANNOT_TELL): (_S.VERIFIED, "a second look could not tell either"),
    (_S.VERIFIED, _M.VERIFY, _V.MISREAD): (_S.FALSE_ALERT, "a second look: it is another plate"),
    (_S.VERIFIED, _M.SIGN_OFF, None): (_S.SIGNED_OFF, "a named operator takes it on"),
    (_S.SIGNED_OFF, _M.VERIFY, _V.MISREAD): (_S.FALSE_ALERT, "found to be another plate after sign-off"),
    (_S.SIGNED_OFF, _M.DISPATCH, None): (_S.DISPATCHED, "a unit is sent"),
    (_S.SIGNED_OFF, _M.NOT_NEEDED, None): (_S.NOT_NEEDED, "no unit has to be sent"),
    (_S.DISPATCHED, _M.VERIFY, _V.MISREAD): (_S.FALSE_ALERT, "found to be another plate at the roadside"),
    (_S.DISPATCHED, _M.INTERCEPTED, None): (_S.INTERCEPTED, "the vehicle was stopped"),
    (_S.DISPATCHED, _M.MISSED, None): (_S.MISSED, "the vehicle got away"),
    (_S.DISPATCHED, _M.NOT_NEEDED, None): (_S.NOT_NEEDED, "the unit was called back"),
    (_S.INTERCEPTED, _M.FEEDBACK, None): (_S.FED_BACK, "what came of the stop was reported"),
    (_S.MISSED, _M.FEEDBACK, None): (_S.FED_BACK, "why it got away was reported"),
    (_S.NOT_NEEDED, _M.FEEDBACK, None): (_S.FED_BACK, "why nobody was needed was reported"),
    (_S.FED_BACK, _M.CLOSE, None): (_S.CLOSED, "nothing is left to do"),
}
FINAL = frozenset({_S.CLOSED, _S.FALSE_ALERT})
#: Whose moves these are, all of them.
MOVERS = frozenset({Role.OPERATOR})


class AlertError(Exception):
    """Base of what can be wrong with a move on an alert."""


class IllegalStep(AlertError):
    """The alert's state does not allow the move, or not with this verdict."""


class IncompleteStep(AlertError):
    """The move lacks something that it must say: a verdict, a unit, a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertStep:
    """One move, done."""

    at: datetime
    user: str
    move: AlertMove
    before: AlertState
    after: AlertState
    verdict: Verdict | None = None  #: of a verification
    unit: str = ""  #: who was dispatched
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A hit raised to the operators, with its life so far."""

    alert_id: str
    order_id: str
    passage: Passage
    tier: Tier
    score: float  #: 0 to 1
    watchlist_version: int
    matched_at: datetime
    raised_at: datetime
    state: AlertState = AlertState.RAISED
    steps: tuple[AlertStep, ...] = ()


def allowed(state: AlertState) -> tuple[AlertMove, ...]:
    """Moves the state allows, without repeats."""
    return tuple(dict.fromkeys(move for (before, move, _) in TRANSITIONS if before is state))


def verdicts(state: AlertState) -> tuple[Verdict, ...]:
    """Verdicts that a verification may give in this state; empty where it can't be verified."""
    return tuple(v for (before, _, v) in TRANSITIONS if before is state and v is not None)


def advance(
    alert: Alert,
    move: AlertMove,
    *,
    by: str,
    at: datetime,
    verdict: Verdict | None = None,
    unit: str = "",
    note: str = "",
) -> Alert:
    """The alert after the move, with the step in its history.

    Raises:
        IllegalStep: the state does not allow it.
        IncompleteStep: no verdict to a verification (or one to another move), no unit to a dispatch, no note to
            a feedback.
    """
    if move not in allowed(alert.state):
        expected = ", ".join(allowed(alert.state)) or "nothing any more"
        raise IllegalStep(f"an alert that is {alert.state} allows {expected}; got {move}")
    if move is AlertMove.VERIFY and verdict is None:
        raise IncompleteStep(f"expected one of {', '.join(verdicts(alert.state))} as verdict, got none")
    if move is not AlertMove.VERIFY and verdict is not None:
        raise IncompleteStep(f"expected no verdict with {move}, got {verdict}")
    if move is AlertMove.DISPATCH and not unit.strip():
        raise IncompleteStep("expected the unit that is dispatched, got none")
    if move is AlertMove.FEEDBACK and not note.strip():
        raise IncompleteStep("expected a note on what came of it, got none")
    found = TRANSITIONS.get((alert.state, move, verdict))
    if found is None:
        expected = ", ".join(verdicts(alert.state))
        raise IllegalStep(f"an alert that is {alert.state} can only be verified as {expected}; got {verdict}")
    after, _ = found
    step = AlertStep(
        at=at,
        user=by,
        move=move,
        before=alert.state,
        after=after,
        verdict=verdict,
        unit=unit.strip(),
        note=note.strip(),
    )
    return replace(alert, state=after, steps=(*alert.steps, step))


def may(state: AlertState, roles: Collection[Role]) -> tuple[AlertMove, ...]:
    """Moves that a person of these roles may make now."""
    return allowed(state) if MOVERS & frozenset(roles) else ()
