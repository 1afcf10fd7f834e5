"""The life cycle of an alert (预警), pure.

raised → verified → signed off → dispatched → intercepted | missed | not needed → fed back → closed.
Verification (二次识别) is a person comparing picture and text; *misread* ends the alert as a false one,
which is counted, and may be found at any time before an outcome. Sign-off (签收) is a named operator
taking the alert on: from then on it has an owner, who changes by hand-over (交接班), offered by one and
accepted by another. Where nobody signs off in time, the clock escalates.

Hits of the same vehicle on the same order join the alert that is running, see `joins`.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from central.order import CLOCK
from central.people import Role
from proto.passage import Hit, Passage, Tier


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
    """What an operator, or the clock, does with an alert."""

    VERIFY = "verify"
    SIGN_OFF = "sign_off"
    DISPATCH = "dispatch"
    UNDER_WAY = "under_way"  #: the unit's own: it has the dispatch and is on its way
    ON_SCENE = "on_scene"  #: the unit's own: it is where it is to stop the vehicle
    INTERCEPTED = "intercepted"
    MISSED = "missed"
    NOT_NEEDED = "not_needed"
    FEEDBACK = "feedback"
    CLOSE = "close"
    HAND_OVER = "hand_over"  #: offered to a person or a shift; the owner stays until one accepts
    ACCEPT = "accept"
    DECLINE = "decline"
    ESCALATE = "escalate"  #: the clock's: nobody signed off in time


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
    (_S.DISPATCHED, _M.UNDER_WAY, None): (_S.DISPATCHED, "the unit is on its way"),
    (_S.DISPATCHED, _M.ON_SCENE, None): (_S.DISPATCHED, "the unit is in place"),
    (_S.DISPATCHED, _M.INTERCEPTED, None): (_S.INTERCEPTED, "the vehicle was stopped"),
    (_S.DISPATCHED, _M.MISSED, None): (_S.MISSED, "the vehicle got away"),
    (_S.DISPATCHED, _M.NOT_NEEDED, None): (_S.NOT_NEEDED, "the unit was called back"),
    (_S.INTERCEPTED, _M.FEEDBACK, None): (_S.FED_BACK, "what came of the stop was reported"),
    (_S.MISSED, _M.FEEDBACK, None): (_S.FED_BACK, "why it got away was reported"),
    (_S.NOT_NEEDED, _M.FEEDBACK, None): (_S.FED_BACK, "why nobody was needed was reported"),
    (_S.FED_BACK, _M.CLOSE, None): (_S.CLOSED, "nothing is left to do"),
}
FINAL = frozenset({_S.CLOSED, _S.FALSE_ALERT})
#: Nobody has taken it on yet.
WAITING = frozenset({_S.RAISED, _S.VERIFIED})
#: The vehicle is still to be stopped: a repeat hit joins. After an outcome the next hit is a new alert.
RUNNING = WAITING | {_S.SIGNED_OFF, _S.DISPATCHED}
#: So many passages, and so long a time from its first one to its last, are one alert. A vehicle that goes on
#: coming by is alerted of anew: nobody has ended what should have ended long ago.
MOST_PASSAGES = 100
LONGEST = timedelta(hours=12)
#: These change who is asked or responsible, not how far the alert is.
_ASIDE: dict[AlertMove, tuple[frozenset[AlertState], str]] = {
    _M.ESCALATE: (WAITING, "nobody signed off in time"),
    _M.HAND_OVER: (frozenset(_S) - FINAL, "offered to the next shift or to a person"),
    _M.ACCEPT: (frozenset(_S) - FINAL, "taken over"),
    _M.DECLINE: (frozenset(_S) - FINAL, "not taken over"),
}
TRANSITIONS |= {
    (state, move, None): (state, words)
    for move, (states, words) in _ASIDE.items()
    for state in _S
    if state in states
}
#: Whose moves these are, all but the clock's.
MOVERS = frozenset({Role.OPERATOR})
CLOCKS = frozenset({_M.ESCALATE})
#: What only the unit that was sent can say, each once.
CREWS = frozenset({_M.UNDER_WAY, _M.ON_SCENE})
#: What a unit may say of the alert it was sent to; the rest is the operators'.
CREW_MAY = (_M.UNDER_WAY, _M.ON_SCENE, _M.INTERCEPTED, _M.MISSED, _M.FEEDBACK)
#: Photos of one feedback, at most.
MOST_PHOTOS = 6
_ANSWERS = frozenset({_M.ACCEPT, _M.DECLINE})


class AlertError(Exception):
    """Base of what can be wrong with a move on an alert."""


class IllegalStep(AlertError):
    """The alert's state does not allow the move, or not with this verdict."""


class AlertChanged(AlertError):
    """Somebody else made a step since the caller looked: says who, which and when."""


class NotOffered(AlertError):
    """The alert was not offered to whoever wants to take it over."""


class OutOfReach(AlertError):
    """Nobody whom it would be handed over to may see any of its passages."""


class UnknownUnit(AlertError):
    """No registered unit that this person may send; says which there are."""


class InvalidReport(AlertError):
    """What a unit says besides its step can't be; says what was expected and what came."""


class IncompleteStep(AlertError):
    """The move lacks something that it must say: a verdict, a unit, a note, an addressee."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertStep:
    """One move, done."""

    at: datetime
    user: str
    move: AlertMove
    before: AlertState
    after: AlertState
    verdict: Verdict | None = None  #: of a verification
    unit: str = ""  #: who was dispatched, as people call them
    unit_id: str = ""  #: of a registered unit; empty: somebody whom the books don't know
    note: str = ""
    addressee: str = ""  #: of a hand-over or an escalation: a username or a shift's team
    identity_checked: bool | None = None  #: of a feedback: whether the driver's identity was; None: not said
    photos: tuple[str, ...] = ()  #: of a feedback: SHA-256 of each, lower-case hex
    made_at: datetime | None = None  #: when its author made it, where it came later; by their own clock
    key: str = ""  #: the author's own mark, by which it is known where it comes twice; empty: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A hand-over that nobody has answered yet."""

    by: str
    addressee: str  #: as people call it: a username or a shift's team
    people: frozenset[str]  #: usernames; any of them may accept


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A later hit of the same vehicle, which joined."""

    passage: Passage
    tier: Tier
    score: float
    watchlist_version: int
    matched_at: datetime
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a unit's step says besides: see `AlertStep`."""

    identity_checked: bool | None = None
    photos: tuple[str, ...] = ()
    made_at: datetime | None = None
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What decides who may do what with an alert now."""

    state: AlertState
    offer: Offer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A hit raised to the operators, with its life so far. Its own passage is the one that raised it."""

    alert_id: str
    order_id: str
    passage: Passage
    tier: Tier
    score: float  #: 0 to 1
    watchlist_version: int
    matched_at: datetime
    raised_at: datetime
    retro: bool = False  #: the vehicle passed before the order was in force
    state: AlertState = AlertState.RAISED
    steps: tuple[AlertStep, ...] = ()
    owner: str = ""  #: who has taken it on; empty: nobody yet
    offer: Offer | None = None
    repeats: tuple[Repeat, ...] = ()  #: in the order they joined

    @property
    def version(self) -> int:
        """Grows with every step and every repeat."""
        return 1 + len(self.steps) + len(self.repeats)

    @property
    def standing(self) -> Standing:
        return Standing(state=self.state, offer=self.offer)

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Where the vehicle was seen, the newest first."""
        of = (self.passage, *(repeat.passage for repeat in self.repeats))
        return tuple(sorted(of, key=lambda p: (p.captured_at, p.passage_id), reverse=True))

    @property
    def verified_correct(self) -> bool:
        """Whether the last look at the picture said that it is the ordered plate."""
        said = [step.verdict for step in self.steps if step.verdict is not None]
        return bool(said) and said[-1] is Verdict.CORRECT


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
    unit_id: str = "",
    note: str = "",
    addressee: str = "",
    people: Collection[str] = (),
    seen: int | None = None,
    crew: bool = False,
    report: Report | None = None,
) -> Alert:
    """The alert after the move, with the step in its history.

    `unit_id` is a registered one, checked by the caller. `addressee` and `people` say to whom it is handed
    over. `seen`: how many steps the caller had seen when they decided; None where they don't say. `crew`: it is
    the unit that was sent which says so, with its `report`.

    Raises:
        AlertChanged: a person made a step that the caller had not seen.
        IllegalStep: the state does not allow it, or nothing is offered that could be accepted.
        NotOffered: it is offered to somebody else.
        IncompleteStep: no verdict to a verification (or one to another move), no unit to a dispatch, no note to
            a feedback, nobody to hand over to.
    """
    _check_seen(alert, seen)
    if move not in allowed(alert.state):
        expected = ", ".join(_open_to_people(alert.standing)) or "nothing any more"
        raise IllegalStep(f"an alert that is {alert.state} allows {expected}; got {move}{_since(alert)}")
    if crew or move in CREWS:
        _check_crew(alert, move, crew=crew)
    others = frozenset(people) - {by}
    _check_complete(alert.state, move, verdict=verdict, unit=unit, note=note, others=others)
    if move in _ANSWERS:
        _check_offered(alert, move, by)
    found = TRANSITIONS.get((alert.state, move, verdict))
    if found is None:
        expected = ", ".join(verdicts(alert.state))
        raise IllegalStep(f"an alert that is {alert.state} can only be verified as {expected}; got {verdict}")
    after, _ = found
    report = report or Report()
    step = AlertStep(
        at=at,
        user=by,
        move=move,
        before=alert.state,
        after=after,
        verdict=verdict,
        unit=unit.strip(),
        unit_id=unit_id,
        note=note.strip(),
        addressee=addressee,
        identity_checked=report.identity_checked,
        photos=report.photos,
        made_at=report.made_at,
        key=report.key,
    )
    owner, offer = alert.owner, alert.offer
    if move in (AlertMove.SIGN_OFF, AlertMove.ACCEPT):
        owner = by
    if move is AlertMove.HAND_OVER:
        offer = Offer(by=by, addressee=addressee, people=others)
    elif move in _ANSWERS or after in FINAL:
        offer = None
    return replace(alert, state=after, steps=(*alert.steps, step), owner=owner, offer=offer)


def joins(alert: Alert, hit: Hit, *, gap: timedelta) -> bool:
    """Is the hit the running alert's vehicle once more?

    It must be of the same order, within `gap` of the time in which the alert's passages lie, which may be no
    longer than `LONGEST` and of no more than `MOST_PASSAGES`, and the same vehicle: a suspicion may be another
    one's, so that it joins only what reads the same, or an alert about the ordered plate itself; and an exact
    hit never joins a suspicion, which may end as a misread and would take it along.
    """
    if hit.order_id != alert.order_id or alert.state not in RUNNING:
        return False
    seen = [passage.captured_at for passage in alert.passages]
    at = hit.passage.captured_at
    if not min(seen) - gap <= at <= max(seen) + gap:
        return False
    if len(seen) >= MOST_PASSAGES or max(*seen, at) - min(*seen, at) > LONGEST:
        return False
    if hit.tier is not Tier.PATTERN and (alert.tier is Tier.EXACT or alert.verified_correct):
        return True
    return hit.tier is alert.tier and _text(hit.passage) == _text(alert.passage) != ""


def join(alert: Alert, hit: Hit, *, at: datetime) -> Alert:
    """The alert with one more passage."""
    repeat = Repeat(
        passage=hit.passage,
        tier=hit.tier,
        score=hit.score,
        watchlist_version=hit.watchlist_version,
        matched_at=hit.matched_at,
        joined_at=at,
    )
    return replace(alert, repeats=(*alert.repeats, repeat))


def may(standing: Standing, *, username: str, roles: Collection[Role]) -> tuple[AlertMove, ...]:
    """Moves that this person may make now."""
    if not MOVERS & frozenset(roles):
        return ()
    addressed = standing.offer is not None and username in standing.offer.people
    return tuple(move for move in _open_to_people(standing) if move not in _ANSWERS or addressed)


def may_verdicts(standing: Standing, *, username: str, roles: Collection[Role]) -> tuple[Verdict, ...]:
    """Verdicts that this person's verification may give now."""
    mine = AlertMove.VERIFY in may(standing, username=username, roles=roles)
    return verdicts(standing.state) if mine else ()


def crew_may(alert: Alert) -> tuple[AlertMove, ...]:
    """Moves that the unit which was sent may make now."""
    said = {step.move for step in alert.steps}
    return tuple(m for m in CREW_MAY if m in allowed(alert.state) and not (m in CREWS and m in said))


def _open_to_people(standing: Standing) -> tuple[AlertMove, ...]:
    offered = standing.offer is not None
    mine = (m for m in allowed(standing.state) if m not in CLOCKS | CREWS)
    return tuple(m for m in mine if m not in _ANSWERS or offered)


def _check_crew(alert: Alert, move: AlertMove, *, crew: bool) -> None:
    if not crew:
        raise IllegalStep(f"expected {move} from the unit that was sent, got it from somebody else")
    if move not in crew_may(alert):
        if move in CREWS:
            raise IllegalStep(f"expected {move} once, got it again{_since(alert)}")
        expected = ", ".join(crew_may(alert)) or "nothing any more"
        raise IllegalStep(f"a unit may say {expected} of this alert now; got {move}{_since(alert)}")


def _text(passage: Passage) -> str:
    return "" if passage.plate is None else passage.plate.text


def _check_seen(alert: Alert, seen: int | None) -> None:
    if seen is None:
        return
    for step in alert.steps[max(seen, 0) :]:
        if step.user != CLOCK:
            raise AlertChanged(
                f"expected an alert with {seen} steps, it has {len(alert.steps)}: {_told(step)}; look again"
            )


def _since(alert: Alert) -> str:
    return f"; {_told(alert.steps[-1])}" if alert.steps else ""


def _told(step: AlertStep) -> str:
    at = step.at.isoformat(timespec="seconds").replace("+00:00", "Z")
    verdict = f" ({step.verdict})" if step.verdict else ""
    return f"{step.user} made the step {step.move}{verdict} at {at}"


def _check_complete(
    state: AlertState,
    move: AlertMove,
    *,
    verdict: Verdict | None,
    unit: str,
    note: str,
    others: Collection[str],
) -> None:
    if move is AlertMove.VERIFY and verdict is None:
        raise IncompleteStep(f"expected one of {', '.join(verdicts(state))} as verdict, got none")
    if move is not AlertMove.VERIFY and verdict is not None:
        raise IncompleteStep(f"expected no verdict with {move}, got {verdict}")
    if move is AlertMove.DISPATCH and not unit.strip():
        raise IncompleteStep("expected the unit that is dispatched, got none")
    if move is AlertMove.FEEDBACK and not note.strip():
        raise IncompleteStep("expected a note on what came of it, got none")
    if move is AlertMove.HAND_OVER and not others:
        raise IncompleteStep("expected a person or a shift to hand over to, somebody other than you; got none")


def _check_offered(alert: Alert, move: AlertMove, by: str) -> None:
    if alert.offer is None:
        raise IllegalStep(f"expected an alert that is handed over, to {move} it{_since(alert)}")
    if by not in alert.offer.people:
        raise NotOffered(f"expected {alert.offer.addressee}, whom it is offered to, to {move} it; got {by}")
