"""The unit at the roadside (路面警力): what it was sent to, what it says of it. See the decision on patrols."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, StringConstraints
from starlette.exceptions import HTTPException

from central.alert import FINAL, MOST_PHOTOS, AlertMove, AlertState, Report, crew_may
from central.api.alerts import CONFLICT
from central.api.caller import CurrentCaller
from central.api.images import media_type_of
from central.api.interception import InterceptionView, plan_of
from central.api.moment import Moment
from central.api.pictures import addresses_for
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.api.services import Services
from central.api.units import UnitView
from central.area import EVERYWHERE, Scope
from central.interception import UnitStatus
from central.people import User
from central.records import Dispatch, NotFound
from central.view import AlertPassageView, AlertStepView, AlertView, PassageView
from proto.plate import PlateClass, PlateColour

router = APIRouter(prefix="/api/patrol", tags=["patrol"])
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
#: Who at the desks looks after the alert is nothing of a unit's.
_DESKS_OWN = frozenset({AlertMove.HAND_OVER, AlertMove.ACCEPT, AlertMove.DECLINE, AlertMove.ESCALATE})
_PHOTO: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}}
            for media_type in ("image/jpeg", "image/png")
        },
    }
}


class CrewStep(BaseModel):
    """What a unit says of the alert it was sent to."""

    step: AlertMove = Field(description="under_way, on_scene, intercepted, missed or feedback.")
    note: Text = Field(default="", description="A feedback needs it.")
    identity_checked: bool | None = Field(
        default=None, description="Of a feedback: whether the driver's identity was checked."
    )
    photos: list[Sha256] = Field(
        default=[], max_length=MOST_PHOTOS, description="Of a feedback: as handed in before."
    )
    made_at: Moment | None = Field(
        default=None, description="When it was made, where the link was dead then. null: now."
    )
    key: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9-]{0,64}$")] = Field(
        default="",
        description="The caller's own mark of this step: heard again, it changes nothing and is "
        "answered as the first time was.",
    )


class WantedView(BaseModel):
    """The vehicle to be stopped, and what to know of it. No case number: whoever stops it need not know."""

    plate: str
    plate_display: str
    plate_class: PlateClass | None
    colour: PlateColour | None
    reason: str
    contact: str
    danger_note: str
    instructions: str


class DispatchView(BaseModel):
    """An alert that the caller's unit was sent to."""

    alert_id: str
    version: int = Field(description="Grows with every step and every passage.")
    state: AlertState
    ended: bool = Field(description="Nothing is left to do; it is shown for a while.")
    priority: int
    wanted: WantedView
    sent_at: datetime
    sent_by: str = Field(description="As the colleagues call them.")
    passage: PassageView | None = Field(description="The newest in the caller's areas; null: none is.")
    passages: list[AlertPassageView] = Field(description="Newest first.")
    steps: list[AlertStepView] = Field(description="The dispatch and what came after it.")
    may: list[AlertMove] = Field(description="What the unit may say now.")


class PatrolView(BaseModel):
    """The unit that the caller rides with, and what it was sent to."""

    unit: UnitView | None = Field(description="null: they ride with none, and see nothing.")
    dispatches: list[DispatchView] = Field(description="The most lately sent first.")


class PhotoView(BaseModel):
    """A photo that was handed in."""

    sha256: str


@router.get("")
def read_patrol(user: CurrentUser, scope: CurrentScope, services: ServicesOf) -> PatrolView:
    """One's unit and what it was sent to: while something is left to do, and an hour after that."""
    unit = services.records.patrol.unit(user.username)
    found = services.records.patrol.dispatches(user.username)
    return PatrolView(
        unit=None if unit is None else UnitView.of(unit),
        dispatches=[_view(services, user, scope, each) for each in found],
    )


@router.get("/dispatches/{alert_id}/interception")
def read_dispatch_interception(
    alert_id: str, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> InterceptionView:
    """Where and when the vehicle should pass, and whether one's own unit can be there. As the operator's plan
    it looks at the vehicle's own history: the audit trail tells so, under the alert."""
    found = services.records.patrol.dispatch(user.username, alert_id).found
    unit = services.records.patrol.unit(user.username)
    ended = found.alert.state in FINAL
    if ended or unit is None or not any(scope.allows(p.checkpoint_id) for p in found.alert.passages):
        raise NotFound(f"no alert {alert_id!r} whose vehicle your unit is to stop")
    if unit.status is not UnitStatus.OFF_DUTY:
        # It is taken by this very alert: for it, it is free.
        unit = replace(unit, status=UnitStatus.FREE, engaged=None)
    return plan_of(found, [unit], user, scope, services, announce=False)


@router.post("/dispatches/{alert_id}/steps", responses=CONFLICT)
def step_dispatch(
    alert_id: str, step: CrewStep, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> DispatchView:
    """On the way, in place, stopped or missed, and what came of it."""
    report = Report(
        identity_checked=step.identity_checked,
        photos=tuple(dict.fromkeys(step.photos)),
        made_at=step.made_at,
        key=step.key,
    )
    # A photo has its place at the alert before its bytes are put away, see `hand_in_photo`.
    after = services.records.patrol.step(
        alert_id, step.step, by=user, note=step.note, report=report, kept=services.images.has
    )
    return _view(services, user, scope, after)


async def _raw(request: Request) -> bytes:
    return await request.body()


@router.post("/dispatches/{alert_id}/photos", status_code=201, responses=CONFLICT, openapi_extra=_PHOTO)
def hand_in_photo(
    alert_id: str,
    data: Annotated[bytes, Depends(_raw)],
    user: CurrentUser,
    caller: CurrentCaller,
    services: ServicesOf,
) -> PhotoView:
    """A photo for the feedback, JPEG or PNG. It is evidence of the alert from now on, and kept as long."""
    if media_type_of(data) not in ("image/jpeg", "image/png"):
        raise HTTPException(422, "expected a photo as JPEG or PNG, got something else")
    sha256 = hashlib.sha256(data).hexdigest()
    # Theirs first: nobody fills the disk for an alert that they were not sent to. Where its bytes then can't be
    # put away it is to be handed in again; until then no feedback may tell of it.
    services.records.patrol.take_photo(alert_id, sha256, by=user)
    services.images.put(sha256, data)
    caller.leaves("alert.photo", {"sha256": sha256, "bytes": len(data)}, subject=alert_id)
    return PhotoView(sha256=sha256)


def _view(services: Services, user: User, scope: Scope, dispatch: Dispatch) -> DispatchView:
    """The order's plate and warnings whatever the areas: they were sent to stop it. Where it was seen only
    within them."""
    found = dispatch.found
    alert, wanted = found.alert, found.order.request
    near = any(scope.allows(passage.checkpoint_id) for passage in alert.passages)
    records = services.records
    names = records.checkpoints.names({passage.checkpoint_id for passage in alert.passages})
    people = records.people.names({step.user for step in dispatch.since})
    addresses = addresses_for(services, user)
    whole = AlertView.of(alert, found.order, names, people, scope=scope if near else EVERYWHERE)
    whole = addresses.alert(whole)
    steps = [step for step in whole.steps[-len(dispatch.since) :] if step.step not in _DESKS_OWN]
    return DispatchView(
        alert_id=alert.alert_id,
        version=alert.version,
        state=alert.state,
        ended=alert.state in FINAL,
        priority=wanted.priority,
        wanted=WantedView(
            plate=whole.order.plate,
            plate_display=whole.order.plate_display,
            plate_class=whole.order.plate_class,
            colour=whole.order.colour,
            reason=wanted.reason,
            contact=wanted.contact,
            danger_note=wanted.danger_note,
            instructions=wanted.instructions,
        ),
        sent_at=dispatch.sent.at,
        sent_by=people.get(dispatch.sent.user, dispatch.sent.user),
        passage=whole.passage if near else None,
        passages=whole.passages if near else [],
        steps=steps if near else [step.model_copy(update={"photos": []}) for step in steps],
        may=list(crew_may(alert)),
    )
