"""Alerts and what operators do with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints

from central.alert import AlertMove, Verdict, may
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.api.services import Services
from central.area import Scope
from central.people import User
from central.records import NotFound, OrderedAlert
from central.view import AlertView

router = APIRouter(prefix="/api/alerts", tags=["alerts"])
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


class Step(BaseModel):
    """What is done with the alert."""

    step: AlertMove
    verdict: Verdict | None = Field(default=None, description="Of a verification, and only of one.")
    unit: Text = Field(
        default="", description="Who is sent; a dispatch needs it.", examples=["巡逻一中队 3 号车"]
    )
    note: Text = Field(default="", description="A feedback needs it.")


class AlertsView(BaseModel):
    """The most lately raised first."""

    alerts: list[AlertView]


def _views(services: Services, user: User, found: Sequence[OrderedAlert]) -> list[AlertView]:
    names = services.records.checkpoints.names({f.alert.passage.checkpoint_id for f in found})
    return [
        AlertView.of(f.alert, f.order, names).model_copy(update={"may": list(may(f.alert.state, user.roles))})
        for f in found
    ]


def _seen(services: Services, scope: Scope, alert_id: str) -> OrderedAlert:
    found = services.records.alerts.get(alert_id)
    if not scope.allows(found.alert.passage.checkpoint_id):
        raise NotFound(f"no alert {alert_id!r}")  # as for one that there isn't
    return found


@router.get("")
def list_alerts(
    user: CurrentUser,
    scope: CurrentScope,
    services: ServicesOf,
    only_open: Annotated[
        bool, Query(alias="open", description="Only those with something left to do.")
    ] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AlertsView:
    """Alerts of one's areas."""
    found = services.records.alerts.page(only_open=only_open, limit=limit, checkpoints=scope.narrow())
    return AlertsView(alerts=_views(services, user, found))


@router.get("/{alert_id}")
def read_alert(alert_id: str, user: CurrentUser, scope: CurrentScope, services: ServicesOf) -> AlertView:
    """One alert with all its steps."""
    return _views(services, user, [_seen(services, scope, alert_id)])[0]


@router.post("/{alert_id}/steps")
def step_alert(
    alert_id: str, step: Step, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> AlertView:
    """Verify, sign off, dispatch, and so on to the end."""
    _seen(services, scope, alert_id)
    after = services.records.alerts.step(
        alert_id, step.step, by=user, verdict=step.verdict, unit=step.unit, note=step.note
    )
    return _views(services, user, [after])[0]
