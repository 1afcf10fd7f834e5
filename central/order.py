"""The life cycle of a deployment order (布控), pure.

draft → submitted → approved → active → withdrawn | expired; submitted → rejected. Two people stand behind
every active order: whoever applied never approves. Approval and activation are two moves, since an order
may be approved before it becomes valid; the clock makes the second one.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from central.people import Role
from proto.passage import WatchlistEntry
from proto.plate import PlateClass, PlateColour

#: Whose name stands in the history where the clock made the move.
CLOCK = "(clock)"


class OrderState(enum.StrEnum):
    """Where an order stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"  #: by a second person, not yet valid
    ACTIVE = "active"  #: on the watchlist
    WITHDRAWN = "withdrawn"  #: 撤控
    EXPIRED = "expired"
    REJECTED = "rejected"


class OrderMove(enum.StrEnum):
    """What can be done to an order."""

    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    ACTIVATE = "activate"  #: the clock's
    WITHDRAW = "withdraw"
    EXPIRE = "expire"  #: the clock's


_S, _M = OrderState, OrderMove
#: (from, move) → (to, in words). What is not here is not allowed.
TRANSITIONS: dict[tuple[OrderState, OrderMove], tuple[OrderState, str]] = {
    (_S.DRAFT, _M.SUBMIT): (_S.SUBMITTED, "the applicant asks for approval"),
    (_S.DRAFT, _M.WITHDRAW): (_S.WITHDRAWN, "the applicant drops the draft"),
    (_S.DRAFT, _M.EXPIRE): (_S.EXPIRED, "its validity ended before it was submitted"),
    (_S.SUBMITTED, _M.APPROVE): (_S.APPROVED, "a second person takes responsibility"),
    (_S.SUBMITTED, _M.REJECT): (_S.REJECTED, "a second person says no, and why"),
    (_S.SUBMITTED, _M.WITHDRAW): (_S.WITHDRAWN, "it is called back before anyone decided"),
    (_S.SUBMITTED, _M.EXPIRE): (_S.EXPIRED, "its validity ended before anyone decided"),
    (_S.APPROVED, _M.ACTIVATE): (_S.ACTIVE, "its validity began: it is on the watchlist"),
    (_S.APPROVED, _M.WITHDRAW): (_S.WITHDRAWN, "it is called back before it became valid"),
    (_S.APPROVED, _M.EXPIRE): (_S.EXPIRED, "its validity ended before it was put on the watchlist"),
    (_S.ACTIVE, _M.WITHDRAW): (_S.WITHDRAWN, "the vehicle is no longer watched for"),
    (_S.ACTIVE, _M.EXPIRE): (_S.EXPIRED, "its validity ended"),
}
FINAL = frozenset({_S.WITHDRAWN, _S.EXPIRED, _S.REJECTED})
#: Moves that a person makes, and whose they are. The applicant may also withdraw their own order.
PEOPLES_MOVES: dict[OrderMove, frozenset[Role]] = {
    _M.SUBMIT: frozenset({Role.APPLICANT}),
    _M.APPROVE: frozenset({Role.APPROVER}),
    _M.REJECT: frozenset({Role.APPROVER}),
    _M.WITHDRAW: frozenset({Role.APPLICANT, Role.APPROVER, Role.SUPERVISOR}),
}
_NEEDS_REASON = frozenset({_M.REJECT, _M.WITHDRAW})


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
class OrderRequest:
    """What an applicant asks for."""

    plate: str  #: normalised text
    plate_class: PlateClass | None = None  #: None: any
    colour: PlateColour | None = None  #: None: any
    checkpoints: frozenset[str] = frozenset()  #: empty: everywhere
    directions: frozenset[str] = frozenset()  #: empty: any
    priority: int = 3  #: 1 (highest) to 4
    reason: str
    case_number: str
    legal_basis: str
    contact: str
    danger_note: str = ""
    instructions: str = ""
    valid_from: datetime | None = None  #: None: from approval on
    valid_until: datetime  #: exclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A request with its life so far."""

    order_id: str
    version: int  #: 1 as drafted, grows with every move
    state: OrderState
    request: OrderRequest
    applicant: str
    approver: str | None = None
    created_at: datetime
    updated_at: datetime
    history: tuple[OrderStep, ...] = ()

    def entry(self) -> WatchlistEntry:
        """What the matcher needs of it."""
        wanted = self.request
        return WatchlistEntry(
            order_id=self.order_id,
            plate=wanted.plate,
            plate_class=wanted.plate_class,
            colour=wanted.colour,
            checkpoints=wanted.checkpoints,
            directions=wanted.directions,
            priority=wanted.priority,
            valid_from=wanted.valid_from,
            valid_until=wanted.valid_until,
        )


def draft(request: OrderRequest, *, order_id: str, applicant: str, at: datetime) -> Order:
    """A new order.

    Raises:
        InvalidOrder: a field is blank that must not be, the priority is none, or the validity is empty or over.
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
        ReasonMissing: a rejection or withdrawal without a reason.
    """
    found = TRANSITIONS.get((order.state, move))
    if found is None:
        expected = ", ".join(allowed(order.state)) or "nothing any more"
        raise IllegalMove(f"an order that is {order.state} allows {expected}; got {move}")
    if move in (OrderMove.APPROVE, OrderMove.REJECT) and by == order.applicant:
        raise NotYourOrder(f"expected somebody other than the applicant to {move}, got {by}")
    if move is OrderMove.SUBMIT and by != order.applicant:
        raise NotYourOrder(f"expected the applicant {order.applicant} to {move}, got {by}")
    if move in _NEEDS_REASON and not reason.strip():
        raise ReasonMissing(f"expected a reason to {move} an order, got none")
    after, _ = found
    step = OrderStep(at=at, user=by, move=move, before=order.state, after=after, reason=reason.strip())
    return replace(
        order,
        state=after,
        version=order.version + 1,
        approver=by if move is OrderMove.APPROVE else order.approver,
        updated_at=at,
        history=(*order.history, step),
    )


def due(order: Order, now: datetime) -> OrderMove | None:
    """The move that the clock owes the order, if any; expiry goes before activation."""
    if order.state in FINAL:
        return None
    if order.request.valid_until <= now:
        return OrderMove.EXPIRE
    valid_from = order.request.valid_from
    if order.state is OrderState.APPROVED and (valid_from is None or valid_from <= now):
        return OrderMove.ACTIVATE
    return None


def may(state: OrderState, applicant: str, *, username: str, roles: Collection[Role]) -> tuple[OrderMove, ...]:
    """Moves that this person may make now."""
    found = []
    for move in allowed(state):
        if not PEOPLES_MOVES.get(move, frozenset()) & frozenset(roles):
            continue
        own = username == applicant
        if move in (OrderMove.APPROVE, OrderMove.REJECT) and own:
            continue
        if move is OrderMove.SUBMIT and not own:
            continue
        if move is OrderMove.WITHDRAW and not own and not {Role.APPROVER, Role.SUPERVISOR} & frozenset(roles):
            continue
        found.append(move)
    return tuple(found)
