"""Legal holds (法律保全): placed by one person, in force at once, lifted by another."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from central.api.security import CurrentUser, ServicesOf
from central.hold import Hold, HoldRequest
from proto.plate import parse

router = APIRouter(prefix="/api/holds", tags=["holds"])
_Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=128)]
_Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class NewHold(BaseModel):
    """What is to be kept: everything that fits all that is named. At least one of plate, case, alert or a
    span."""

    plate: Annotated[str, StringConstraints(strip_whitespace=True, max_length=32)] = Field(
        default="", examples=["川C·12345"]
    )
    case_number: _Line = Field(default="", description="Of orders: their vehicles' passages and their alerts.")
    alert_id: Annotated[str, StringConstraints(max_length=36)] = Field(
        default="", description="The alert, and its vehicle's passages from its first to its last."
    )
    since: AwareDatetime | None = Field(default=None, description="Inclusive.")
    until: AwareDatetime | None = Field(default=None, description="Exclusive.")
    reason: _Reason = Field(examples=["行政复议，须保全证据"])


class Lifting(BaseModel):
    """Why it need not be kept any longer."""

    reason: _Reason = Field(examples=["案件已结"])


class HoldView(BaseModel):
    """A hold."""

    hold_id: str
    plate: str
    case_number: str
    alert_id: str
    since: datetime | None
    until: datetime | None
    reason: str
    placed_by: str
    placed_at: datetime
    active: bool
    lifted_by: str
    lifted_at: datetime | None
    lifted_because: str

    @classmethod
    def of(cls, hold: Hold) -> HoldView:
        wanted = hold.request
        return cls(
            hold_id=hold.hold_id,
            plate=wanted.plate,
            case_number=wanted.case_number,
            alert_id=wanted.alert_id,
            since=wanted.since,
            until=wanted.until,
            reason=wanted.reason,
            placed_by=hold.placed_by,
            placed_at=hold.placed_at,
            active=hold.active,
            lifted_by=hold.lifted_by,
            lifted_at=hold.lifted_at,
            lifted_because=hold.lifted_because,
        )


class HoldsView(BaseModel):
    """The most lately placed first, lifted ones too."""

    holds: list[HoldView]


@router.get("")
def list_holds(services: ServicesOf) -> HoldsView:
    """All holds there ever were."""
    return HoldsView(holds=[HoldView.of(hold) for hold in services.records.holds.all()])


@router.post("", status_code=201)
def place_hold(new: NewHold, user: CurrentUser, services: ServicesOf) -> HoldView:
    """Keep something from being deleted, from now on."""
    request = HoldRequest(
        plate=parse(new.plate).text if new.plate else "",
        case_number=new.case_number,
        alert_id=new.alert_id,
        since=new.since,
        until=new.until,
        reason=new.reason,
    )
    return HoldView.of(services.records.holds.place(request, by=user.username))


@router.post("/{hold_id}/lift")
def lift_hold(hold_id: str, lifting: Lifting, user: CurrentUser, services: ServicesOf) -> HoldView:
    """Let it be deleted when it is too old; by another person than who placed the hold."""
    return HoldView.of(services.records.holds.lift(hold_id, by=user.username, because=lifting.reason))
