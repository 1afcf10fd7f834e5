"""What the routes of orders hold a request against: places there are, a person's areas, what it would hit."""

from __future__ import annotations

import json

from central.api.services import Services
from central.area import Scope
from central.audit import AuditRecord
from central.estimate import Estimate, estimate, refuse_too_wide
from central.order import InvalidOrder, NotYourOrder, Order, OrderRequest
from central.people import User
from central.ports import StoreUnavailable
from central.records import NotFound
from central.target import TargetKind


def places_of(services: Services, request: OrderRequest) -> frozenset[str] | None:
    """Its checkpoints with those of its areas; empty: everywhere. None: nowhere, for the areas have none."""
    if not request.areas:
        return request.checkpoints
    inside = services.records.checkpoints.scope(request.areas).checkpoints or frozenset()
    return request.checkpoints | inside or None


def seen_order(services: Services, order_id: str, user: User, scope: Scope) -> Order:
    """The order, where it holds somewhere in one's areas or is one's own.

    Raises:
        NotFound: there is none, or none to be seen.
    """
    order = services.records.orders.get(order_id)
    if order.applicant != user.username and not scope.reached(order.request.checkpoints, order.request.areas):
        raise NotFound(f"no order {order_id!r}")  # as for one that there isn't
    return order


def check_places(services: Services, request: OrderRequest, scope: Scope) -> None:
    """A typing error here would be an order that never finds anything.

    Raises:
        InvalidOrder: a checkpoint or area that there isn't, or more of the past than may be asked for.
        NotYourOrder: it reaches beyond the person's areas.
    """
    book = services.records.checkpoints
    unknown = request.checkpoints - book.names(request.checkpoints).keys()
    if unknown:
        raise InvalidOrder(f"expected checkpoints that there are, got {', '.join(sorted(unknown))}")
    strange = request.areas - {area.area_id for area in book.areas()}
    if strange:
        raise InvalidOrder(f"expected areas that there are, got {', '.join(sorted(strange))}")
    longest = services.settings.max_retro
    if request.retro > longest:
        raise InvalidOrder(f"expected at most {longest.days} days of the past, got {request.retro}")
    check_scope(services, request, scope)


def check_scope(services: Services, request: OrderRequest, scope: Scope) -> None:
    """Raises:
    NotYourOrder: the order reaches beyond the person's areas.
    """
    if within_scope(services, request, scope):
        return
    places = places_of(services, request)
    if not places or scope.checkpoints is None:
        raise NotYourOrder("expected an order at checkpoints of your areas, got one that holds everywhere")
    beyond = places - scope.checkpoints
    raise NotYourOrder(
        f"expected an order at checkpoints of your areas, got {', '.join(sorted(beyond)[:10])} too"
    )


def within_scope(services: Services, request: OrderRequest, scope: Scope) -> bool:
    """Whether it holds in the person's areas only."""
    if scope.checkpoints is None:
        return True
    places = places_of(services, request)
    return places is not None and places != frozenset() and places <= scope.checkpoints


def count_hits(services: Services, request: OrderRequest, user: User, *, subject: str) -> Estimate:
    """Count what it would have hit, and write down that it was asked: it tells something of a vehicle.

    Raises:
        StoreUnavailable: the passages are away.
    """
    found = estimate(
        request,
        places_of(services, request),
        services.store.count,
        clock=services.clock,
        seconds=services.settings.estimate_seconds,
    )
    services.records.audit.append(
        AuditRecord(
            at=services.clock.now(),
            user=user.username,
            action="order.estimate",
            subject=subject,
            reason=request.reason,
            case_number=request.case_number,
            detail=json.dumps(
                {"plate": request.plate, "passages": found.passages, "days": len(found.days)},
                ensure_ascii=False,
            ),
        )
    )
    return found


def estimate_of(services: Services, order: Order, user: User) -> Estimate:
    """What the order's current revision would have hit: counted once, then as it was counted.

    Raises:
        StoreUnavailable: the passages are away.
    """
    known = services.records.orders.estimate(order.order_id, order.revision)
    if known is None:
        known = count_hits(services, order.request, user, subject=order.order_id)
        services.records.orders.put_estimate(order.order_id, order.revision, known)
    return known


def refuse_wide(services: Services, order: Order, user: User) -> None:
    """Before an order goes to whoever approves it (or into force as an emergency): count, and refuse too much.

    A whole plate is not held up by a store that is away: whoever approves it sees that nothing was counted.

    Raises:
        TooWide: a pattern or part that would have hit too much.
        StoreUnavailable: the passages are away, and it is no whole plate.
    """
    if order.applicant != user.username:
        return  # who may not submit it learns nothing of the vehicle
    try:
        found = estimate_of(services, order, user)
    except StoreUnavailable:
        if order.request.kind is TargetKind.PLATE:
            return
        raise
    refuse_too_wide(order.request, found, a_day=services.settings.pattern_hits_a_day)
