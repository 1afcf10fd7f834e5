"""Deployment orders: drafted, submitted, decided by a second person, withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from central.api.moment import Moment
from central.api.order_checks import (
    check_places,
    check_scope,
    count_hits,
    estimate_of,
    refuse_wide,
    seen_order,
    within_scope,
)
from central.api.order_draft import Because, OrderDraft
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.api.services import Services
from central.estimate import Estimate
from central.order import Order, OrderMove, OrderState, may
from central.people import User
from central.view import OrderView, View, people_of

router = APIRouter(prefix="/api/orders", tags=["orders"])


class OrdersView(BaseModel):
    """The most lately changed first."""

    orders: list[OrderView]


class EstimateView(View):
    """How many passages the order would have hit."""

    passages: int
    days: list[int] = Field(description="Of each 24 hours, the newest first.")
    since: datetime = Field(description="Inclusive.")
    until: datetime = Field(description="Exclusive.")
    complete: bool = Field(description="false: there was no time to count all seven days.")

    @classmethod
    def of(cls, found: Estimate) -> EstimateView:
        return cls(
            passages=found.passages,
            days=list(found.days),
            since=found.since,
            until=found.until,
            complete=found.complete,
        )


class OrderDetail(OrderView):
    """An order with what whoever decides on it must see."""

    estimate: EstimateView | None = Field(description="null: nobody has counted yet, see its estimate.")


class QualityView(View):
    """How orders went (考核): emergencies that nobody approved in time are a fault of who owed it."""

    since: datetime
    submitted: int
    approved: int
    rejected: int
    withdrawn: int
    emergencies: int = Field(description="Put into force with approval owed.")
    lapsed: int = Field(description="Emergencies that nobody approved in time.")
    owing: int = Field(description="Emergencies in force now that wait for approval.")


def views(services: Services, orders: Sequence[Order], user: User) -> list[OrderView]:
    """As this person sees them."""
    people = services.records.people.names({name for order in orders for name in people_of(order)})
    found = []
    for order in orders:
        mine = may(order.state, order.applicant, username=user.username, roles=user.roles)
        found.append(OrderView.of(order, people).model_copy(update={"may": list(mine)}))
    return found


def view(services: Services, order: Order, user: User) -> OrderView:
    """One of them."""
    return views(services, [order], user)[0]


def _move(
    services: Services, user: User, scope: CurrentScope, order_id: str, move: OrderMove, reason: str = ""
) -> OrderView:
    check_scope(services, seen_order(services, order_id, user, scope).request, scope)
    return view(services, services.records.orders.move(order_id, move, by=user, reason=reason), user)


@router.get("")
def list_orders(
    user: CurrentUser,
    scope: CurrentScope,
    services: ServicesOf,
    state: OrderState | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> OrdersView:
    """Orders that hold somewhere in one's areas, and one's own; of one state or of all."""
    found = services.records.orders.page(state=state, limit=limit, scope=scope, applicant=user.username)
    return OrdersView(orders=views(services, found, user))


@router.post("", status_code=201)
def create_order(draft: OrderDraft, user: CurrentUser, scope: CurrentScope, services: ServicesOf) -> OrderView:
    """A new draft."""
    request = draft.request()
    check_places(services, request, scope)
    return view(services, services.records.orders.create(request, by=user), user)


@router.post("/estimate")
def estimate_draft(
    draft: OrderDraft, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> EstimateView:
    """How many passages of the last seven days such an order would have hit. It is written down who asked."""
    request = draft.request()
    check_places(services, request, scope)
    return EstimateView.of(count_hits(services, request, user, subject=request.plate))


@router.get("/quality")
def read_quality(services: ServicesOf, since: Moment | None = None) -> QualityView:
    """How orders went since a moment, or in the last 30 days."""
    begins = since or services.clock.now() - timedelta(days=30)
    found = services.records.orders.quality(begins)
    return QualityView(
        since=begins,
        submitted=found.submitted,
        approved=found.approved,
        rejected=found.rejected,
        withdrawn=found.withdrawn,
        emergencies=found.emergencies,
        lapsed=found.lapsed,
        owing=found.owing,
    )


@router.get("/{order_id}")
def read_order(order_id: str, user: CurrentUser, scope: CurrentScope, services: ServicesOf) -> OrderDetail:
    """One order, with the estimate of what it would have hit where that was counted and all of it lies in one's
    areas."""
    order = seen_order(services, order_id, user, scope)
    known = None
    if within_scope(services, order.request, scope):
        known = services.records.orders.estimate(order_id, order.revision)
    return OrderDetail(
        **view(services, order, user).model_dump(),
        estimate=None if known is None else EstimateView.of(known),
    )


@router.get("/{order_id}/estimate")
def read_estimate(order_id: str, user: CurrentUser, scope: CurrentScope, services: ServicesOf) -> EstimateView:
    """How many passages of the last seven days it would have hit: counted once a revision, then kept."""
    order = seen_order(services, order_id, user, scope)
    check_scope(services, order.request, scope)
    return EstimateView.of(estimate_of(services, order, user))


@router.post("/{order_id}/submit")
def submit_order(order_id: str, user: CurrentUser, scope: CurrentScope, services: ServicesOf) -> OrderView:
    """Ask for approval. A pattern that would have hit too much is refused, with what it would have hit."""
    refuse_wide(services, seen_order(services, order_id, user, scope), user)
    return _move(services, user, scope, order_id, OrderMove.SUBMIT)


@router.post("/{order_id}/emergency")
def put_into_force(
    order_id: str, because: Because, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> OrderView:
    """Put it into force now, for two hours at most; a second person owes the approval meanwhile."""
    refuse_wide(services, seen_order(services, order_id, user, scope), user)
    return _move(services, user, scope, order_id, OrderMove.EMERGENCY, because.reason)


@router.post("/{order_id}/approve")
def approve_order(order_id: str, user: CurrentUser, scope: CurrentScope, services: ServicesOf) -> OrderView:
    """Take responsibility as the second person; the order is active at once where its validity has begun."""
    return _move(services, user, scope, order_id, OrderMove.APPROVE)


@router.post("/{order_id}/reject")
def reject_order(
    order_id: str, because: Because, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> OrderView:
    """Say no, and why."""
    return _move(services, user, scope, order_id, OrderMove.REJECT, because.reason)


@router.post("/{order_id}/retro", status_code=202)
def search_past_again(
    order_id: str, because: Because, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> OrderView:
    """Look through its past once more, such as for passages that nodes delivered late.

    Alerts that there are stay as they are; what is found beside them is alerted of soon.
    """
    order = seen_order(services, order_id, user, scope)
    check_scope(services, order.request, scope)
    return view(services, services.records.orders.retro_again(order_id, by=user, reason=because.reason), user)


@router.post("/{order_id}/withdraw")
def withdraw_order(
    order_id: str, because: Because, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> OrderView:
    """Stop watching for the vehicle (撤控), and why."""
    return _move(services, user, scope, order_id, OrderMove.WITHDRAW, because.reason)
