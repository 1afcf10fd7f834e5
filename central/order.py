"""The life cycle of a deployment order (布控), pure.

draft → submitted → approved → active → withdrawn | expired; submitted → rejected. Two people stand behind
every active order: whoever applied never approves. Approval and activation are two moves, since an order
may be approved before it becomes valid; the clock makes the second one.

An emergency order is on the watchlist at once, for two hours at most, with approval owed: a second person
approves or rejects it meanwhile, or it lapses by the clock. What is asked for changes by revisions (see
`central.revision`), which a second person approves too.

An order holds for vehicles that pass from `in_force_from` on. What passed before is raised only where the
order asks for the past (`retro`), and then marked as such.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from central.people import Role
from central.target import TargetKind, wanted_text
from proto.passage import WatchlistEntry
from proto.plate import PlateClass, PlateColour
from proto.schedule import Schedule

#: Whose name stands in the history where the clock made the move.
CLOCK = "(clock)"
#: How long an emergency order is on the watchlist without anybody's approval.
EMERGENCY_FOR = timedelta(hours=2)
#: How long nobody may put the same target into force as an emergency again after two hours without approval.
EMERGENCY_REST = timedelta(hours=24)
#: How far back an order may ask for the past.
MAX_RETRO = timedelta(days=90)


class OrderState(enum.StrEnum):
    """Where an order stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"  #: by a second person, not yet valid
    EMERGENCY = "emergency"  #: on the watchlist, approval owed
    ACTIVE = "active"  #: on the watchlist
    WITHDRAWN = "withdrawn"  #: 撤控
    EXPIRED = "expired"
    REJECTED = "rejected"


class OrderMove(enum.StrEnum):
    """What can be done to an order."""

    SUBMIT = "submit"
    EMERGENCY = "emergency"  #: put it into force now and owe the approval
    APPROVE = "approve"
    REJECT = "reject"
    AMEND = "amend"  #: a changed request takes the old one's place
    RENEW = "renew"  #: another end of validity takes the old one's place
    ACTIVATE = "activate"  #: the clock's
    WITHDRAW = "withdraw"
    EXPIRE = "expire"  #: the clock's
    LAPSE = "lapse"  #: the clock's: nobody approved an emergency in time


_S, _M = OrderState, OrderMove
#: (from, move) → (to, in words). What is not here is not allowed.
TRANSITIONS: dict[tuple[OrderState, OrderMove], tuple[OrderState, str]] = {
    (_S.DRAFT, _M.SUBMIT): (_S.SUBMITTED, "the applicant asks for approval"),
    (_S.DRAFT, _M.EMERGENCY): (_S.EMERGENCY, "it can't wait: it is on the watchlist, approval owed"),
    (_S.DRAFT, _M.AMEND): (_S.DRAFT, "the applicant changes the draft"),
    (_S.DRAFT, _M.WITHDRAW): (_S.WITHDRAWN, "the applicant drops the draft"),
    (_S.DRAFT, _M.EXPIRE): (_S.EXPIRED, "its validity ended before it was submitted"),
    (_S.SUBMITTED, _M.APPROVE): (_S.APPROVED, "a second person takes responsibility"),
    (_S.SUBMITTED, _M.REJECT): (_S.REJECTED, "a second person says no, and why"),
    (_S.SUBMITTED, _M.WITHDRAW): (_S.WITHDRAWN, "it is called back before anyone decided"),
    (_S.SUBMITTED, _M.EXPIRE): (_S.EXPIRED, "its validity ended before anyone decided"),
    (_S.APPROVED, _M.ACTIVATE): (_S.ACTIVE, "its validity began: it is on the watchlist"),
    (_S.APPROVED, _M.AMEND): (_S.APPROVED, "a second person approved the changed request"),
    (_S.APPROVED, _M.RENEW): (_S.APPROVED, "a second person approved the longer validity"),
    (_S.APPROVED, _M.WITHDRAW): (_S.WITHDRAWN, "it is called back before it became valid"),
    (_S.APPROVED, _M.EXPIRE): (_S.EXPIRED, "its validity ended before it was put on the watchlist"),
    (_S.EMERGENCY, _M.APPROVE): (_S.ACTIVE, "a second person takes responsibility in time"),
    (_S.EMERGENCY, _M.REJECT): (_S.REJECTED, "a second person says no: it is off the watchlist"),
    (_S.EMERGENCY, _M.WITHDRAW): (_S.WITHDRAWN, "the vehicle is no longer watched for"),
    (_S.EMERGENCY, _M.LAPSE): (_S.EXPIRED, "nobody approved it in time: it is off the watchlist"),
    (_S.EMERGENCY, _M.EXPIRE): (_S.EXPIRED, "its validity ended"),
    (_S.ACTIVE, _M.AMEND): (_S.ACTIVE, "a second person approved the changed request"),
    (_S.ACTIVE, _M.RENEW): (_S.ACTIVE, "a second person approved the longer validity"),
    (_S.ACTIVE, _M.WITHDRAW): (_S.WITHDRAWN, "the vehicle is no longer watched for"),
    (_S.ACTIVE, _M.EXPIRE): (_S.EXPIRED, "its validity ended"),
}
FINAL = frozenset({_S.WITHDRAWN, _S.EXPIRED, _S.REJECTED})
ON_WATCHLIST = frozenset({_S.EMERGENCY, _S.ACTIVE})
#: Moves that a person makes, and whose they are: one needs every role of one of the sets. The applicant may
#: also withdraw their own order.
PEOPLES_MOVES: dict[OrderMove, tuple[frozenset[Role], ...]] = {
    _M.SUBMIT: (frozenset({Role.APPLICANT}),),
    _M.EMERGENCY: (frozenset({Role.APPLICANT, Role.EMERGENCY}),),
    _M.APPROVE: (frozenset({Role.APPROVER}),),
    _M.REJECT: (frozenset({Role.APPROVER}),),
    _M.WITHDRAW: (frozenset({Role.APPLICANT}), frozenset({Role.APPROVER}), frozenset({Role.SUPERVISOR})),
}
#: Only whoever applied makes these.
_APPLICANTS = frozenset({_M.SUBMIT, _M.EMERGENCY})
#: Whoever applied never makes these.
_SECOND_PERSONS = frozenset({_M.APPROVE, _M.REJECT})
#: `central.revision.take` makes these, with the request that they put in place.
BY_REVISION = frozenset({_M.AMEND, _M.RENEW})
_NEEDS_REASON = frozenset({_M.REJECT, _M.WITHDRAW, _M.EMERGENCY})


class OrderError(Exception):
    """Base of what can be wrong with a move on an order."""


class IllegalMove(OrderError):
    """The order's state does not allow the move."""


class NotYourOrder(OrderError):
    """The applicant tried to approve, or another applicant to submit or withdraw."""


class ReasonMissing(OrderError):
    """The move must be given a reason."""


class InvalidOrder(OrderError):
    """An order that makes no sense; says what was expected and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStep:
    """One move, done."""

    at: datetime
    user: str
    move: OrderMove
    before: OrderState
    after: OrderState
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unapproved:
    """An emergency for the same target that nobody has approved, whether it is in force or ended how ever."""

    lapses: datetime  #: or would have
    rejected: bool  #: a second person said no


def emergency_until(earlier: Collection[Unapproved], *, target: str, at: datetime) -> datetime:
    """When an emergency lapses that is put into force now.

    A target's two hours run from its first emergency, however that one ended: who withdraws one and makes
    another, because of a mistake or to be rid of the approval owed, gets no hour more.

    Args:
        earlier: those that would have lapsed within `EMERGENCY_REST`, or are still to.
        target: what it is for, in words.
        at: now.

    Raises:
        IllegalMove: the two hours are over, or a second person rejected one.
    """
    recent = [each for each in earlier if each.lapses > at - EMERGENCY_REST]
    lapses = min((each.lapses for each in recent), default=at + EMERGENCY_FOR)
    when = lapses.isoformat(timespec="seconds")
    expected = "expected this one to be submitted, got another emergency"
    if any(each.rejected for each in recent):
        raise IllegalMove(f"an emergency for {target} until {when} was rejected: {expected}")
    if lapses <= at:
        raise IllegalMove(
            f"an emergency for {target} lapsed at {when}, approved by nobody: {expected} "
            f"within {EMERGENCY_REST}"
        )
    return lapses


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """What an applicant asks for."""

    kind: TargetKind = TargetKind.PLATE
    plate: str  #: as `central.target.target_text` writes it
    plate_class: PlateClass | None = None  #: None: any
    colour: PlateColour | None = None  #: None: any
    checkpoints: frozenset[str] = frozenset()  #: with those of `areas`; both empty: everywhere
    areas: frozenset[str] = frozenset()
    directions: frozenset[str] = frozenset()  #: empty: any
    schedule: Schedule | None = None  #: None: at all times
    priority: int = 3  #: 1 (highest) to 4
    exact_only: bool = False  #: only the very plate counts, nothing that a doubtful read may have been
    reason: str
    case_number: str
    legal_basis: str
    contact: str
    danger_note: str = ""
    instructions: str = ""
    valid_from: datetime | None = None  #: None: from approval on
    valid_until: datetime  #: exclusive
    retro: timedelta = timedelta(0)  #: how far back passages are looked for once it is in force


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A request with its life so far."""

    order_id: str
    version: int  #: 1 as drafted, grows with every move
    revision: int = 1  #: number of the request, see `central.revision`
    state: OrderState
    request: OrderRequest
    applicant: str
    approver: str | None = None
    created_at: datetime
    updated_at: datetime
    in_force_from: datetime | None = None  #: since when vehicles are watched for as `request` says
    emergency_until: datetime | None = None  #: when an emergency lapses
    hotlist_row: int | None = None  #: the row of a hotlist that it stands for, see `central.hotlist`
    history: tuple[OrderStep, ...] = ()

    def entry(self, checkpoints: frozenset[str] | None = None) -> WatchlistEntry:
        """What the matcher needs of it. `checkpoints`: the request's own with those of its areas."""
        wanted = self.request
        since = wanted.valid_from
        if self.in_force_from is not None:
            since = begins(self.in_force_from, wanted.retro, emergency=self.emergency_until is not None)
        until = wanted.valid_until
        return WatchlistEntry(
            order_id=self.order_id,
            plate=wanted_text(wanted.kind, wanted.plate),
            plate_class=wanted.plate_class,
            colour=wanted.colour,
            checkpoints=wanted.checkpoints if checkpoints is None else checkpoints,
            directions=wanted.directions,
            priority=wanted.priority,
            valid_from=since,
            valid_until=until if self.emergency_until is None else min(until, self.emergency_until),
            schedule=wanted.schedule,
            exact_only=wanted.exact_only,
        )

    def looks_back(self, captured_at: datetime) -> bool:
        """Did what passed then pass before the order was in force?"""
        return self.in_force_from is not None and captured_at < self.in_force_from


def begins(in_force_from: datetime, retro: timedelta, *, emergency: bool) -> datetime:
    """From when on passages are hits. The past is a second person's to open: an emergency has none until it is
    approved."""
    return in_force_from if emergency else in_force_from - retro


def check_request(request: OrderRequest, *, at: datetime) -> None:
    """Raises:
    InvalidOrder: a field is blank that must not be, the priority is none, the validity is empty or over, or it
        asks for too much of the past.
    """
    for field in ("plate", "reason", "case_number", "legal_basis", "contact"):
        if not getattr(request, field).strip():
            raise InvalidOrder(f"expected a {field.replace('_', ' ')}, got a blank one")
    if not 1 <= request.priority <= 4:
        raise InvalidOrder(f"expected a priority from 1 (highest) to 4, got {request.priority}")
    if request.valid_until <= at:
        raise InvalidOrder(
            f"expected a validity that ends after {at.isoformat()}, got {request.valid_until.isoformat()}"
        )
    if request.valid_from is not None and request.valid_from >= request.valid_until:
        raise InvalidOrder(
            f"expected valid_from before valid_until, got {request.valid_from.isoformat()} and "
            f"{request.valid_until.isoformat()}"
        )
    if not timedelta(0) <= request.retro <= MAX_RETRO:
        raise InvalidOrder(f"expected 0 to {MAX_RETRO.days} days of the past, got {request.retro}")


def draft(request: OrderRequest, *, order_id: str, applicant: str, at: datetime) -> Order:
    """A new order.

    Raises:
        InvalidOrder: see `check_request`.
    """
    check_request(request, at=at)
    return Order(
        order_id=order_id,
        version=1,
        state=OrderState.DRAFT,
        request=request,
        applicant=applicant,
        created_at=at,
        updated_at=at,
    )


def allowed(state: OrderState) -> tuple[OrderMove, ...]:
    """Moves the state allows, whoever makes them."""
    return tuple(move for (before, move) in TRANSITIONS if before is state)


def advance(order: Order, move: OrderMove, *, by: str, at: datetime, reason: str = "") -> Order:
    """The order after the move, with the step in its history.

    Raises:
        IllegalMove: the state does not allow it.
        NotYourOrder: `by` applied and wants to decide, or did not apply and wants to submit.
        ReasonMissing: a rejection, withdrawal or emergency without a reason.
        InvalidOrder: an emergency that is to begin later.
    """
    found = TRANSITIONS.get((order.state, move))
    if found is None:
        expected = ", ".join(allowed(order.state)) or "nothing any more"
        raise IllegalMove(f"an order that is {order.state} allows {expected}; got {move}")
    if move in BY_REVISION:
        raise IllegalMove(f"expected a revision of the order to {move} it by, got none")
    if move in _SECOND_PERSONS and by == order.applicant:
        raise NotYourOrder(f"expected somebody other than the applicant to {move}, got {by}")
    if move in _APPLICANTS and by != order.applicant:
        raise NotYourOrder(f"expected the applicant {order.applicant} to {move}, got {by}")
    if move in _NEEDS_REASON and not reason.strip():
        raise ReasonMissing(f"expected a reason to {move} an order, got none")
    after, _ = found
    step = OrderStep(at=at, user=by, move=move, before=order.state, after=after, reason=reason.strip())
    begins = order.request.valid_from
    in_force_from, emergency_until = order.in_force_from, order.emergency_until
    if move is OrderMove.EMERGENCY:
        if begins is not None and begins > at:
            raise InvalidOrder(f"expected an emergency to hold from now on, got {begins.isoformat()}")
        in_force_from, emergency_until = at, at + EMERGENCY_FOR
    elif move is OrderMove.ACTIVATE:
        # The clock looks once a second: what passed since the hour struck is watched for too.
        in_force_from = max(order.updated_at, begins or order.updated_at)
    elif order.state is OrderState.EMERGENCY and move is OrderMove.APPROVE:
        emergency_until = None
    return replace(
        order,
        state=after,
        version=order.version + 1,
        approver=by if move is OrderMove.APPROVE else order.approver,
        updated_at=at,
        in_force_from=in_force_from,
        emergency_until=emergency_until,
        history=(*order.history, step),
    )


def due(order: Order, now: datetime) -> OrderMove | None:
    """The move that the clock owes the order, if any; an end goes before a beginning."""
    if order.state in FINAL:
        return None
    if order.request.valid_until <= now:
        return OrderMove.EXPIRE
    if order.state is OrderState.EMERGENCY and order.emergency_until is not None:
        return OrderMove.LAPSE if order.emergency_until <= now else None
    valid_from = order.request.valid_from
    if order.state is OrderState.APPROVED and (valid_from is None or valid_from <= now):
        return OrderMove.ACTIVATE
    return None


def may(state: OrderState, applicant: str, *, username: str, roles: Collection[Role]) -> tuple[OrderMove, ...]:
    """Moves that this person may make now."""
    mine, own = frozenset(roles), username == applicant
    found = []
    for move in allowed(state):
        if not any(needed <= mine for needed in PEOPLES_MOVES.get(move, ())):
            continue
        if (move in _SECOND_PERSONS and own) or (move in _APPLICANTS and not own):
            continue
        if move is OrderMove.WITHDRAW and not own and not {Role.APPROVER, Role.SUPERVISOR} & mine:
            continue
        found.append(move)
    return tuple(found)
