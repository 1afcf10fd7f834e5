"""Searching where a vehicle went: with a reason, and written down before it is answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from central.api import cursor
from central.api.passages import views
from central.api.pictures import addresses_for
from central.api.search_purpose import Asked, GateOf
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.ports import PassageQuery
from central.view import PassageView
from proto.plate import PlateClass, display, parse

router = APIRouter(prefix="/api", tags=["tracks"])


class TrackSearch(Asked):
    """Which vehicle, when, and why one may ask."""

    plate: Annotated[str, StringConstraints(min_length=1, max_length=32)] = Field(examples=["川C·12345"])
    cursor: str | None = Field(default=None, description="The page behind this one.")
    limit: int = Field(default=100, ge=1, le=500)


class TrackPlate(BaseModel):
    """What was searched for, as the grammar understood it."""

    text: str
    display: str
    plate_class: PlateClass


class TrackView(BaseModel):
    """One page of a vehicle's passages (轨迹), newest first."""

    plate: TrackPlate
    passages: list[PassageView]
    total: int = Field(description="On all pages together.")
    next: str | None
    clipped_since: datetime | None = Field(
        description="What is older asks for a supervisor's grant and was left out; null: nothing was."
    )
    audit_id: int = Field(description="The entry in the audit trail that tells of this search.")


@router.post("/tracks")
def search_track(
    search: TrackSearch, user: CurrentUser, scope: CurrentScope, services: ServicesOf, gate: GateOf
) -> TrackView:
    """A vehicle's passages in one's areas. The audit trail tells of it first, else there is no answer."""
    plate = parse(search.plate)
    behind = cursor.read(search.cursor)
    inquiry = gate.ask(
        search.purpose(gate, user, scope),
        "track.search",
        subject=plate.text,
        asked={"limit": search.limit, "cursor": search.cursor},
        since=search.since,
        until=search.until,
    )
    reach = inquiry.reach
    query = PassageQuery(
        plate=plate.text,
        checkpoints=reach.checkpoints,
        since=reach.since,
        until=reach.until,
        after=behind,
        limit=search.limit,
    )
    page = services.store.search(query)
    total = services.store.count(query)
    inquiry.answered(len(page.passages), total=total)
    return TrackView(
        plate=TrackPlate(text=plate.text, display=display(plate.text), plate_class=plate.plate_class),
        passages=views(services, page, addresses_for(services, user)),
        total=total,
        next=cursor.write(page.next),
        clipped_since=inquiry.clipped_since,
        audit_id=inquiry.audit_id,
    )
