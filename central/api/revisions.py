"""Changes of orders: amendments and renewals, each decided by a second person; every version stays readable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from central.api.moment import Moment
from central.api.order_checks import check_places, check_scope, count_hits, seen_order
from central.api.order_draft import Because, LongText, NeededText, OrderDraft
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.api.services import Services
from central.area import Scope
from central.estimate import refuse_too_wide
from central.order import Order, OrderState
from central.people import User
from central.revision import Revision, RevisionKind, RevisionMove, RevisionState
from central.target import TargetKind
from central.view import OrderView, View, people_of

router = APIRouter(prefix="/api/orders", tags=["orders"])


class Amendment(OrderDraft):
    """The whole request as it is to be, and why."""

    why: LongText = Field(default="", description="Needed once the order was submitted.")


class Renewal(View):
    """Another end of the validity, and why."""

    valid_until: Moment = Field(description="Exclusive; after the one that holds.")
    why: NeededText


class RevisionView(View):
    """One version of what an order asks for."""

    order_id: str
    number: int
    kind: RevisionKind
    state: RevisionState
    request: OrderView = Field(description="The order as it would be, or was, with this request.")
    proposer: str
    proposer_name: str
    proposed_at: datetime
    why: str
    decider: str | None
    decider_name: str | None
    decided_at: datetime | None
    reason: str = Field(description="Of the decision.")

    @classmethod
    def of(cls, revision: Revision, order: Order, people: Mapping[str, str]) -> RevisionView:
        shown = replace(order, request=revision.request, revision=revision.number)
        return cls(
            order_id=revision.order_id,
            number=revision.number,
            kind=revision.kind,
            state=revision.state,
            request=OrderView.of(shown, people),
            proposer=revision.proposer,
            proposer_name=people.get(revision.proposer, revision.proposer),
            proposed_at=revision.proposed_at,
            why=revision.why,
            decider=revision.decider,
            decider_name=None if revision.decider is None else people.get(revision.decider, revision.decider),
            decided_at=revision.decided_at,
            reason=revision.reason,
        )


class RevisionsView(View):
    """All versions of one order, the first one first."""

    revisions: list[RevisionView]


def _shown(services: Services, revision: Revision) -> RevisionView:
    order = services.records.orders.get(revision.order_id)
    return RevisionView.of(revision, order, _names(services, order, [revision]))


def _names(services: Services, order: Order, revisions: Sequence[Revision]) -> Mapping[str, str]:
    """Of everybody who had a part in the order or in these versions of it."""
    decided = {name for each in revisions for name in (each.proposer, each.decider) if name}
    return services.records.people.names(people_of(order) | decided)


def _decide(
    services: Services,
    user: User,
    scope: Scope,
    order_id: str,
    number: int,
    move: RevisionMove,
    reason: str = "",
) -> RevisionView:
    # What holds now too: who sees one area has no say in what another one loses by the change.
    check_scope(services, seen_order(services, order_id, user, scope).request, scope)
    for revision in services.records.orders.revisions(order_id):
        if revision.number == number:
            check_scope(services, revision.request, scope)
    return _shown(services, services.records.orders.decide(order_id, number, move, by=user, reason=reason))


@router.get("/{order_id}/revisions")
def list_revisions(
    order_id: str, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> RevisionsView:
    """Every version of what the order asked for."""
    order = seen_order(services, order_id, user, scope)
    found = services.records.orders.revisions(order_id)
    people = _names(services, order, found)
    return RevisionsView(revisions=[RevisionView.of(each, order, people) for each in found])


@router.post("/{order_id}/revisions", status_code=201)
def amend_order(
    order_id: str, amendment: Amendment, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> RevisionView:
    """Ask for a changed request. What was approved stays in force until a second person accepts this one; a
    draft is changed at once."""
    order = seen_order(services, order_id, user, scope)
    request = amendment.request()
    check_scope(services, order.request, scope)
    check_places(services, request, scope)
    if request.kind is not TargetKind.PLATE and order.state is not OrderState.DRAFT:
        found = count_hits(services, request, user, subject=order_id)
        refuse_too_wide(request, found, a_day=services.settings.pattern_hits_a_day)
    made = services.records.orders.propose(
        order_id, request, kind=RevisionKind.AMENDMENT, by=user, why=amendment.why
    )
    return _shown(services, made)


@router.post("/{order_id}/renewals", status_code=201)
def renew_order(
    order_id: str, renewal: Renewal, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> RevisionView:
    """Ask for a longer validity, which needs a second person again."""
    order = seen_order(services, order_id, user, scope)
    check_scope(services, order.request, scope)
    request = replace(order.request, valid_until=renewal.valid_until)
    made = services.records.orders.propose(
        order_id, request, kind=RevisionKind.RENEWAL, by=user, why=renewal.why
    )
    return _shown(services, made)


@router.post("/{order_id}/revisions/{number}/accept")
def accept_revision(
    order_id: str, number: int, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> RevisionView:
    """Take responsibility for the change as the second person: it holds from now on."""
    return _decide(services, user, scope, order_id, number, RevisionMove.ACCEPT)


@router.post("/{order_id}/revisions/{number}/refuse")
def refuse_revision(
    order_id: str,
    number: int,
    because: Because,
    user: CurrentUser,
    scope: CurrentScope,
    services: ServicesOf,
) -> RevisionView:
    """Say no to the change, and why; what holds goes on to hold."""
    return _decide(services, user, scope, order_id, number, RevisionMove.REFUSE, because.reason)


@router.post("/{order_id}/revisions/{number}/call-back")
def call_revision_back(
    order_id: str, number: int, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> RevisionView:
    """Take a proposed change back."""
    return _decide(services, user, scope, order_id, number, RevisionMove.CALL_BACK)
