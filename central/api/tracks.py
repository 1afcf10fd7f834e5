"""Searching where a vehicle went: with a reason, and written down before it is answered."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints
from starlette.exceptions import HTTPException

from central.api import cursor
from central.api.moment import Moment
from central.api.passages import views
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.audit import AuditRecord
from central.ports import PassageQuery
from central.view import PassageView
from proto.plate import PlateClass, display, parse

router = APIRouter(prefix="/api", tags=["tracks"])


class TrackSearch(BaseModel):
    """Which vehicle, when, and why one may ask."""

    plate: Annotated[str, StringConstraints(min_length=1, max_length=32)] = Field(examples=["川C·12345"])
    since: Moment = Field(description="Inclusive.", examples=["2026-01-01T00:00:00Z"])
    until: Moment = Field(description="Exclusive.", examples=["2026-01-02T00:00:00Z"])
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)] = Field(
        examples=["盗抢车辆追查"]
    )
    case_number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)] = Field(
        examples=["川公刑立字[2026]0001号"]
    )
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
    audit_id: int = Field(description="The entry in the audit trail that tells of this search.")


@router.post("/tracks")
def search_track(
    search: TrackSearch, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> TrackView:
    """A vehicle's passages in one's areas. The audit trail tells of it first, else there is no answer."""
    if search.since >= search.until:
        raise HTTPException(422, f"expected since before until, got {search.since} and {search.until}")
    plate = parse(search.plate)
    query = PassageQuery(
        plate=plate.text,
        checkpoints=scope.narrow(),
        since=search.since,
        until=search.until,
        after=cursor.read(search.cursor),
        limit=search.limit,
    )
    page = services.store.search(query)
    total = services.store.count(query)
    asked = {
        "since": search.since.isoformat(),
        "until": search.until.isoformat(),
        "limit": search.limit,
        "cursor": search.cursor,
        "areas": sorted(user.areas),
        "shown": len(page.passages),
        "total": total,
    }
    entry = services.records.audit.append(
        AuditRecord(
            at=services.clock.now(),
            user=user.username,
            action="track.search",
            subject=plate.text,
            reason=search.reason,
            case_number=search.case_number,
            detail=json.dumps(asked),
        )
    )
    return TrackView(
        plate=TrackPlate(text=plate.text, display=display(plate.text), plate_class=plate.plate_class),
        passages=views(services, page),
        total=total,
        next=cursor.write(page.next),
        audit_id=entry.audit_id,
    )
