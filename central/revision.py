"""How what an order asks for changes: revisions, pure.

The first revision is the request as it was drafted. While an order is a draft its applicant changes it at will;
once it was approved a change is a proposal, and what was approved stays in force until a second person
approves the new one. A renewal is a revision that only moves the end of the validity. Every revision is kept
and readable.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime

from central.order import (
    IllegalMove,
    InvalidOrder,
    NotYourOrder,
    Order,
    OrderMove,
    OrderRequest,
    OrderState,
    OrderStep,
    ReasonMissing,
    allowed,
    check_request,
)
from central.people import Role, User


class RevisionKind(enum.StrEnum):
    """What a revision is."""

    DRAFT = "draft"  #: as it was drafted
    AMENDMENT = "amendment"
    RENEWAL = "renewal"  #: only `valid_until` differs


class RevisionState(enum.StrEnum):
    """Where a revision stands."""

    PROPOSED = "proposed"
    CURRENT = "current"  #: what the order asks for
    SUPERSEDED = "superseded"  #: was current
    REFUSED = "refused"
    CALLED_BACK = "called_back"
    LAPSED = "lapsed"  #: the order ended before anybody decided


class RevisionMove(enum.StrEnum):
    """What can be done to a revision."""

    ACCEPT = "accept"
    TAKE_UP = "take_up"  #: of a draft: whoever drafts needs nobody's decision
    REFUSE = "refuse"
    CALL_BACK = "call_back"
    LAPSE = "lapse"  #: with the order's end
    SUPERSEDE = "supersede"  #: with the acceptance of another


_S, _M = RevisionState, RevisionMove
#: (from, move) → (to, in words). What is not here is not allowed.
TRANSITIONS: dict[tuple[RevisionState, RevisionMove], tuple[RevisionState, str]] = {
    (_S.PROPOSED, _M.ACCEPT): (_S.CURRENT, "a second person takes responsibility: it is what holds now"),
    (_S.PROPOSED, _M.TAKE_UP): (_S.CURRENT, "nothing was approved yet: the applicant changes the draft"),
    (_S.PROPOSED, _M.REFUSE): (_S.REFUSED, "a second person says no, and why; what held goes on to hold"),
    (_S.PROPOSED, _M.CALL_BACK): (_S.CALLED_BACK, "the applicant takes it back"),
    (_S.PROPOSED, _M.LAPSE): (_S.LAPSED, "the order ended before anyone decided"),
    (_S.CURRENT, _M.SUPERSEDE): (_S.SUPERSEDED, "another revision took its place"),
}
#: Moves that a person makes on a proposal, and whose they are; the others come with what happens to the order.
PEOPLES_MOVES: dict[RevisionMove, Role] = {
    _M.ACCEPT: Role.APPROVER,
    _M.REFUSE: Role.APPROVER,
    _M.CALL_BACK: Role.APPLICANT,
}
#: The order's move that an accepted revision makes.
ORDER_MOVE = {RevisionKind.AMENDMENT: OrderMove.AMEND, RevisionKind.RENEWAL: OrderMove.RENEW}


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One version of what an order asks for."""

    order_id: str
    number: int  #: from 1
    kind: RevisionKind
    state: RevisionState
    request: OrderRequest
    proposer: str
    proposed_at: datetime
    why: str = ""  #: of the proposal
    decider: str | None = None
    decided_at: datetime | None = None
    reason: str = ""  #: of the decision


def first(order: Order) -> Revision:
    """The request as drafted."""
    return Revision(
        order_id=order.order_id,
        number=1,
        kind=RevisionKind.DRAFT,
        state=RevisionState.CURRENT,
        request=order.request,
        proposer=order.applicant,
        proposed_at=order.created_at,
    )


def propose(
    order: Order, request: OrderRequest, *, kind: RevisionKind, number: int, by: User, at: datetime, why: str
) -> Revision:
    """A changed request; one of a draft is to be taken up at once.

    Raises:
        IllegalMove: the order's state allows no change of this kind.
        NotYourOrder: only who applied may change what was applied for.
        ReasonMissing: a change of what was approved without a reason.
        InvalidOrder: it makes no sense, changes nothing or the target, or a renewal changes more than the end.
    """
    move = ORDER_MOVE[kind]
    if move not in allowed(order.state):
        expected = ", ".join(allowed(order.state)) or "nothing any more"
        raise IllegalMove(f"an order that is {order.state} allows {expected}; got {move}")
    if by.username != order.applicant or Role.APPLICANT not in by.roles:
        raise NotYourOrder(f"expected the applicant {order.applicant} to {move}, got {by.username}")
    if order.state is not OrderState.DRAFT and not why.strip():
        raise ReasonMissing(f"expected a reason to {move} an order, got none")
    check_request(request, at=at)
    _check_begun(order, request, at)
    if request == order.request:
        raise InvalidOrder("expected a request that differs from what holds, got the same")
    target = (request.kind, request.plate)
    if order.state is not OrderState.DRAFT and target != (order.request.kind, order.request.plate):
        # Its alerts, and those who approved it, are about that one.
        raise InvalidOrder(f"expected a change for {order.request.plate}: another target is another order")
    if kind is RevisionKind.RENEWAL:
        if replace(request, valid_until=order.request.valid_until) != order.request:
            raise InvalidOrder("expected a renewal to change only the end of the validity, got more changes")
        if request.valid_until <= order.request.valid_until:
            raise InvalidOrder(
                f"expected a renewal until after {order.request.valid_until.isoformat()}, "
                f"got {request.valid_until.isoformat()}"
            )
    return Revision(
        order_id=order.order_id,
        number=number,
        kind=kind,
        state=RevisionState.PROPOSED,
        request=request,
        proposer=by.username,
        proposed_at=at,
        why=why.strip(),
    )


def step(revision: Revision, move: RevisionMove, *, by: str, at: datetime, reason: str = "") -> Revision:
    """The revision after the move, whoever may make it.

    Raises:
        IllegalMove: its state does not allow it.
        NotYourOrder: who proposed it wants to decide, or another one to call it back.
        ReasonMissing: a refusal without a reason.
    """
    found = TRANSITIONS.get((revision.state, move))
    if found is None:
        expected = ", ".join(m for (state, m) in TRANSITIONS if state is revision.state) or "nothing any more"
        raise IllegalMove(f"a revision that is {revision.state} allows {expected}; got {move}")
    if move in (_M.ACCEPT, _M.REFUSE) and by == revision.proposer:
        raise NotYourOrder(f"expected somebody other than who proposed it to {move}, got {by}")
    if move in (_M.CALL_BACK, _M.TAKE_UP) and by != revision.proposer:
        raise NotYourOrder(f"expected {revision.proposer}, who proposed it, to {move}, got {by}")
    if move is _M.REFUSE and not reason.strip():
        raise ReasonMissing("expected a reason to refuse a revision, got none")
    after, _ = found
    if move is _M.SUPERSEDE:  # who decided on it and when stays as it was
        return replace(revision, state=after)
    return replace(revision, state=after, decider=by, decided_at=at, reason=reason.strip())


def take(order: Order, revision: Revision, *, by: str, at: datetime, own: bool = False) -> Order:
    """The order with the revision's request in the old one's place. `own`: the applicant's, of a draft.

    Where it changes where and when the vehicle is watched for, the order is in force as it now stands only from
    now on: what passed before is the past, even where the old request would have hit it.

    Raises:
        IllegalMove: the order's state does not allow it.
        NotYourOrder: who applied or proposed wants to approve it.
        InvalidOrder: the new validity is over by now.
    """
    move = ORDER_MOVE[revision.kind]
    if move not in allowed(order.state):
        expected = ", ".join(allowed(order.state)) or "nothing any more"
        raise IllegalMove(f"an order that is {order.state} allows {expected}; got {move}")
    if own != (order.state is OrderState.DRAFT) or (not own and by in (order.applicant, revision.proposer)):
        raise NotYourOrder(
            f"expected somebody other than the applicant to approve the {revision.kind}, got {by}"
        )
    check_request(revision.request, at=at)
    _check_begun(order, revision.request, at)
    moved = order.in_force_from is not None and _watched(order.request) != _watched(revision.request)
    done = OrderStep(
        at=at,
        user=by,
        move=move,
        before=order.state,
        after=order.state,
        reason=f"revision {revision.number}: {revision.why}" if revision.why else f"revision {revision.number}",
    )
    return replace(
        order,
        version=order.version + 1,
        revision=revision.number,
        request=revision.request,
        approver=order.approver if own else by,
        updated_at=at,
        in_force_from=at if moved else order.in_force_from,
        history=(*order.history, done),
    )


def _check_begun(order: Order, request: OrderRequest, at: datetime) -> None:
    """Raises:
    InvalidOrder: an order in force is to begin later: the vehicle would be watched for all the same.
    """
    begins = request.valid_from
    if order.in_force_from is not None and begins is not None and begins > max(at, order.in_force_from):
        raise InvalidOrder(
            f"expected a change that holds from now on, since the order is in force; got {begins.isoformat()}: "
            "withdraw it and apply for another one"
        )


def _watched(request: OrderRequest) -> tuple[object, ...]:
    return (
        request.plate_class,
        request.colour,
        request.checkpoints,
        request.areas,
        request.directions,
        request.schedule,
    )
