"""Deployment orders: drafted, submitted, decided by a second person, withdrawn."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints

from central.api.moment import Moment
from central.api.security import CurrentUser, ServicesOf
from central.api.services import Services
from central.order import InvalidOrder, Order, OrderMove, OrderRequest, OrderState, may
from central.people import User
from central.view import OrderView
from proto.plate import PlateClass, PlateColour, PlateError, classes_of, validate

router = APIRouter(prefix="/api/orders", tags=["orders"])
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
NeededText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class OrderDraft(BaseModel):
    """What an applicant asks for."""

    plate: Line = Field(description="Must fit a class of plates.", examples=["川C·12345"])
    plate_class: PlateClass | None = Field(default=None, description="null: any that the text fits.")
    colour: PlateColour | None = Field(default=None, description="null: any.")
    checkpoints: list[Line] = Field(default=[], description="Empty: everywhere.", max_length=1000)
    directions: list[Line] = Field(default=[], description="Empty: any.", max_length=100)
    priority: int = Field(default=3, ge=1, le=4, description="1 is the highest.")
    reason: NeededText = Field(examples=["盗抢机动车"])
    case_number: Line = Field(examples=["川公刑立字[2026]0001号"])
    legal_basis: NeededText = Field(examples=["公安机关办理刑事案件程序规定"])
    contact: NeededText = Field(description="Who answers for it, and how to reach them.", examples=["王磊 110"])
    danger_note: LongText = Field(default="", description="What whoever stops the vehicle must know.")
    instructions: LongText = Field(default="", description="What to do with a vehicle that was found.")
    valid_from: Moment | None = Field(default=None, description="null: from approval on.")
    valid_until: Moment = Field(description="Exclusive.")

    def request(self) -> OrderRequest:
        """Raises:
        PlateError: the plate fits no class, or not the one named.
        """
        plate = validate(self.plate)
        if self.plate_class not in (None, *classes_of(plate.text)):
            fitting = ", ".join(classes_of(plate.text))
            raise PlateError(f"expected {plate.text} as one of {fitting}, got {self.plate_class}")
        return OrderRequest(
            plate=plate.text,
            plate_class=self.plate_class,
            colour=self.colour,
            checkpoints=frozenset(self.checkpoints),
            directions=frozenset(self.directions),
            priority=self.priority,
            reason=self.reason,
            case_number=self.case_number,
            legal_basis=self.legal_basis,
            contact=self.contact,
            danger_note=self.danger_note,
            instructions=self.instructions,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )


class Because(BaseModel):
    """Why."""

    reason: NeededText = Field(examples=["车辆已找到"])


class OrdersView(BaseModel):
    """The most lately changed first."""

    orders: list[OrderView]


def _view(order: Order, user: User) -> OrderView:
    mine = may(order.state, order.applicant, username=user.username, roles=user.roles)
    return OrderView.of(order).model_copy(update={"may": list(mine)})


def _move(services: Services, user: User, order_id: str, move: OrderMove, reason: str = "") -> OrderView:
    return _view(services.records.orders.move(order_id, move, by=user, reason=reason), user)


@router.get("")
def list_orders(
    user: CurrentUser,
    services: ServicesOf,
    state: OrderState | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> OrdersView:
    """Orders, of one state or of all."""
    found = services.records.orders.page(state=state, limit=limit)
    return OrdersView(orders=[_view(order, user) for order in found])


@router.post("", status_code=201)
def create_order(draft: OrderDraft, user: CurrentUser, services: ServicesOf) -> OrderView:
    """A new draft."""
    request = draft.request()
    unknown = request.checkpoints - services.records.checkpoints.names(request.checkpoints).keys()
    if unknown:  # a typing error here would be an order that never finds anything
        raise InvalidOrder(f"expected checkpoints that there are, got {', '.join(sorted(unknown))}")
    return _view(services.records.orders.create(request, by=user), user)


@router.post("/{order_id}/submit")
def submit_order(order_id: str, user: CurrentUser, services: ServicesOf) -> OrderView:
    """Ask for approval."""
    return _move(services, user, order_id, OrderMove.SUBMIT)


@router.post("/{order_id}/approve")
def approve_order(order_id: str, user: CurrentUser, services: ServicesOf) -> OrderView:
    """Take responsibility as the second person; the order is active at once where its validity has begun."""
    return _move(services, user, order_id, OrderMove.APPROVE)


@router.post("/{order_id}/reject")
def reject_order(order_id: str, because: Because, user: CurrentUser, services: ServicesOf) -> OrderView:
    """Say no, and why."""
    return _move(services, user, order_id, OrderMove.REJECT, because.reason)


@router.post("/{order_id}/withdraw")
def withdraw_order(order_id: str, because: Because, user: CurrentUser, services: ServicesOf) -> OrderView:
    """Stop watching for the vehicle (撤控), and why."""
    return _move(services, user, order_id, OrderMove.WITHDRAW, because.reason)
