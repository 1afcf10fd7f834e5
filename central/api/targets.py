"""Targets that alerts are delivered to, and how the deliveries stand."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints

from central.api.problems import Problem
from central.api.security import CurrentUser, ServicesOf
from central.delivery.port import Delivery, DeliveryState
from central.delivery.target import Carry, Happening, Target, TargetKind, TargetRequest

router = APIRouter(prefix="/api", tags=["delivery"])
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Secret = Annotated[str, StringConstraints(min_length=8, max_length=200)]
SECRET_BYTES = 32
CONFLICT: dict[int | str, dict[str, Any]] = {409: {"model": Problem, "description": "Not as things are now."}}


Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class TargetSettings(BaseModel):
    """What an administrator sets. What is not said to be carried, is not."""

    name: Name
    kind: TargetKind
    events: list[Happening] = Field(default=[Happening.RAISED, Happening.ESCALATED], max_length=20)
    max_priority: int = Field(default=4, ge=1, le=4, description="1: only the most urgent; 4: all.")
    areas: list[Name] = Field(default=[], description="Empty: everywhere.", max_length=100)
    carry: list[Carry] = Field(
        default=[], description="What it may be told beside the bare facts.", max_length=20
    )
    language: Name = "zh-CN"
    enabled: bool = True

    def to(self, address: str) -> TargetRequest:
        return TargetRequest(
            name=self.name,
            kind=self.kind,
            address=address,
            events=frozenset(self.events),
            max_priority=self.max_priority,
            areas=frozenset(self.areas),
            carry=frozenset(self.carry),
            language=self.language,
            enabled=self.enabled,
        )


class NewTarget(TargetSettings):
    """With the secret that a robot's page shows; a webhook's is made here where none is given."""

    address: Address = Field(
        description="A URL, or e-mail addresses separated by commas. Shown to nobody again but for its host.",
        examples=["https://example.com/alerts"],
    )
    secret: Secret | None = None


class TargetChange(TargetSettings):
    """A target as it is to be."""

    address: Address | None = Field(
        default=None, description="As with a new one; null: it stays as it is, with the kind it is for."
    )


class NewSecret(BaseModel):
    """The one before signs beside it for a day."""

    secret: Secret | None = Field(default=None, description="null: one is made, and shown this once.")


class TargetView(BaseModel):
    """A target, without its secrets: neither its address, which with robots is one, nor its keys."""

    target_id: str
    name: str
    kind: TargetKind
    host: str = Field(description="Of the address.")
    events: list[Happening]
    max_priority: int
    areas: list[str]
    carry: list[Carry]
    language: str
    enabled: bool
    pending: int = Field(description="Deliveries that wait.")
    dead: int = Field(description="Deliveries that were given up.")

    @classmethod
    def of(cls, target: Target, *, pending: int = 0, dead: int = 0) -> Self:
        wanted = target.request
        return cls(
            target_id=target.target_id,
            name=wanted.name,
            kind=wanted.kind,
            host=wanted.host,
            events=sorted(wanted.events),
            max_priority=wanted.max_priority,
            areas=sorted(wanted.areas),
            carry=sorted(wanted.carry),
            language=wanted.language,
            enabled=wanted.enabled,
            pending=pending,
            dead=dead,
        )


class MadeTarget(TargetView):
    """With the secret, shown this once where it was made here."""

    secret: str | None


class TargetsView(BaseModel):
    """By name."""

    targets: list[TargetView]


class DeliveryView(BaseModel):
    """How a delivery stands; what is in it is not shown."""

    delivery_id: str
    target_id: str
    alert_id: str
    event: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_at: datetime
    delivered_at: datetime | None
    last_error: str

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        return cls(
            delivery_id=delivery.delivery_id,
            target_id=delivery.target_id,
            alert_id=delivery.alert_id,
            event=delivery.event,
            state=delivery.state,
            attempts=delivery.attempts,
            created_at=delivery.created_at,
            next_at=delivery.next_at,
            delivered_at=delivery.delivered_at,
            last_error=delivery.last_error,
        )


class DeliveriesView(BaseModel):
    """The newest first."""

    deliveries: list[DeliveryView]
    next: int | None = Field(description="`before` of the next page; null: there is none.")


def _secret_for(kind: TargetKind, given: str | None) -> tuple[str, str | None]:
    """The secret, and what is shown of it."""
    if given is not None or kind is not TargetKind.WEBHOOK:
        return given or "", None
    made = secrets.token_urlsafe(SECRET_BYTES)
    return made, made


@router.get("/targets")
def list_targets(services: ServicesOf) -> TargetsView:
    """Where alerts are delivered to, and what each is owed."""
    book = services.records.deliveries
    owed = {of.target_id: of for of in book.figures()}
    return TargetsView(
        targets=[
            TargetView.of(
                target,
                pending=owed[target.target_id].pending if target.target_id in owed else 0,
                dead=owed[target.target_id].dead if target.target_id in owed else 0,
            )
            for target in book.targets()
        ]
    )


@router.post("/targets", status_code=201)
def add_target(wanted: NewTarget, user: CurrentUser, services: ServicesOf) -> MadeTarget:
    """Add a target."""
    secret, shown = _secret_for(wanted.kind, wanted.secret)
    target = services.records.deliveries.add_target(wanted.to(wanted.address), secret=secret, by=user.username)
    return MadeTarget(**TargetView.of(target).model_dump(), secret=shown)


@router.put("/targets/{target_id}")
def change_target(target_id: str, wanted: TargetChange, user: CurrentUser, services: ServicesOf) -> TargetView:
    """Change a target, or disable it: what it is owed then waits. Its secret stays."""
    book = services.records.deliveries
    address = wanted.address or book.target(target_id).request.address
    return TargetView.of(book.change_target(target_id, wanted.to(address), by=user.username))


@router.post("/targets/{target_id}/secret")
def change_secret(target_id: str, wanted: NewSecret, user: CurrentUser, services: ServicesOf) -> MadeTarget:
    """Change a target's secret."""
    book = services.records.deliveries
    secret, shown = _secret_for(book.target(target_id).request.kind, wanted.secret)
    target = book.change_secret(target_id, secret, by=user.username)
    return MadeTarget(**TargetView.of(target).model_dump(), secret=shown)


@router.get("/deliveries")
def list_deliveries(
    services: ServicesOf,
    state: DeliveryState | None = None,
    target: Annotated[str | None, Query(max_length=64)] = None,
    alert: Annotated[str | None, Query(max_length=64)] = None,
    before: Annotated[int | None, Query(ge=1, lt=1 << 62)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> DeliveriesView:
    """Deliveries; the dead ones are those that were given up."""
    found = services.records.deliveries.page(
        limit=limit, state=state, target_id=target, alert_id=alert, before=before
    )
    return DeliveriesView(
        deliveries=[DeliveryView.of(delivery) for delivery in found],
        next=found[-1].number if len(found) == limit else None,
    )


@router.post("/deliveries/{delivery_id}/resend", responses=CONFLICT)
def resend_delivery(delivery_id: str, user: CurrentUser, services: ServicesOf) -> DeliveryView:
    """Try a dead delivery again, from the beginning."""
    return DeliveryView.of(services.records.deliveries.resend(delivery_id, by=user.username))
