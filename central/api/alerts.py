"""Alerts and what operators do with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints, model_validator

from central.alert import AlertMove, IncompleteStep, Verdict, may, may_verdicts
from central.api.caller import CurrentCaller
from central.api.pictures import addresses_for
from central.api.problems import Problem
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.api.services import Services
from central.api.sighting import seen_before
from central.area import Scope
from central.people import User
from central.records import Addressee, NotFound, OrderedAlert
from central.view import AlertView

router = APIRouter(prefix="/api/alerts", tags=["alerts"])
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "Not possible now, or somebody else was first: who and when."}
}


class Step(BaseModel):
    """What is done with the alert."""

    step: AlertMove
    verdict: Verdict | None = Field(default=None, description="Of a verification, and only of one.")
    unit: Text = Field(
        default="",
        description="Who is sent; a dispatch needs it: a registered unit's id or name or, where none is "
        "registered, whatever they are called.",
        examples=["巡逻一中队 3 号车"],
    )
    note: Text = Field(default="", description="A feedback needs it.")
    to_user: Text | None = Field(default=None, description="Whom a hand-over is for: a person,")
    to_shift: Text | None = Field(default=None, description="or a shift of the roster.")
    seen_steps: int | None = Field(
        default=None,
        ge=0,
        description="How many steps the alert had when this was decided: if a person has made another one "
        "since, it is refused with 409, which says who and when. null: whatever was done meanwhile.",
    )

    def addressee(self) -> Addressee | None:
        if self.step is not AlertMove.HAND_OVER:
            return None
        if (self.to_user is None) == (self.to_shift is None):
            raise IncompleteStep("expected one of to_user and to_shift to hand over to")
        return Addressee(username=self.to_user, shift_id=self.to_shift)


class HandOver(BaseModel):
    """To whom alerts are handed over: a person or a shift."""

    to_user: Text | None = None
    to_shift: Text | None = None
    note: Text = ""

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.to_user is None) == (self.to_shift is None):
            raise ValueError("expected one of to_user and to_shift")
        return self

    def addressee(self) -> Addressee:
        return Addressee(username=self.to_user, shift_id=self.to_shift)


class Accept(BaseModel):
    """Something to say with it."""

    note: Text = ""


class AlertsView(BaseModel):
    """The most lately raised first."""

    alerts: list[AlertView]


class EscalationView(BaseModel):
    """When alerts that nobody takes on are escalated."""

    after_s: list[float] = Field(
        description="By priority, 1 first: how long an alert may wait for its sign-off, then for each "
        "further escalation."
    )
    most: int = Field(description="How often one alert is escalated at most.")


class AlertListView(AlertsView):
    """The most lately raised first, and what an operator's clock needs."""

    escalation: EscalationView


def views(services: Services, user: User, scope: Scope, found: Sequence[OrderedAlert]) -> list[AlertView]:
    """As this person sees them: of an alert's passages those in their areas; no alert without any."""
    found = [each for each in found if _within(scope, each)]
    records = services.records
    names = records.checkpoints.names({p.checkpoint_id for f in found for p in f.alert.passages})
    people = records.people.names(
        {name for f in found for name in (f.alert.owner, *(step.user for step in f.alert.steps))}
    )
    addresses = addresses_for(services, user)
    return [
        addresses.alert(_personal(AlertView.of(f.alert, f.order, names, people, scope=scope), f, user))
        for f in found
    ]


def _within(scope: Scope, found: OrderedAlert) -> bool:
    return any(scope.allows(passage.checkpoint_id) for passage in found.alert.passages)


def _personal(view: AlertView, found: OrderedAlert, user: User) -> AlertView:
    standing = found.alert.standing
    mine = may(standing, username=user.username, roles=user.roles)
    verdicts = may_verdicts(standing, username=user.username, roles=user.roles)
    return view.model_copy(update={"may": list(mine), "may_verdicts": list(verdicts)})


def seen(services: Services, scope: Scope, alert_id: str) -> OrderedAlert:
    """The alert, where one of its passages was in one's areas.

    Raises:
        NotFound: there is none, or none to be seen.
    """
    found = services.records.alerts.get(alert_id)
    if not _within(scope, found):
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
    owned: Annotated[
        bool | None, Query(description="Only those that somebody (true) or nobody (false) has taken on.")
    ] = None,
    offered: Annotated[bool, Query(description="Only those that one may accept from somebody.")] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AlertListView:
    """Alerts of one's areas."""
    found = services.records.alerts.page(
        only_open=only_open,
        limit=limit,
        owned=owned,
        offered_to=user.username if offered else None,
        checkpoints=scope.narrow(),
    )
    policy = services.records.policy.escalation
    return AlertListView(
        alerts=views(services, user, scope, found),
        escalation=EscalationView(
            after_s=[policy.after[priority].total_seconds() for priority in sorted(policy.after)],
            most=policy.levels,
        ),
    )


@router.post("/hand-over", responses=CONFLICT | {404: {}})
def hand_over(wanted: HandOver, user: CurrentUser, scope: CurrentScope, services: ServicesOf) -> AlertsView:
    """Hand over all one's open alerts (交接班); they stay one's own until somebody accepts.

    Those that lie in none of one's areas any more are handed over too, and not shown.
    """
    moved = services.records.alerts.hand_over(by=user, to=wanted.addressee(), note=wanted.note)
    return AlertsView(alerts=views(services, user, scope, moved))


@router.post("/accept", responses=CONFLICT)
def accept(accepted: Accept, user: CurrentUser, scope: CurrentScope, services: ServicesOf) -> AlertsView:
    """Take over all that is offered to one, in one's areas."""
    moved = services.records.alerts.accept(by=user, note=accepted.note, checkpoints=scope.narrow())
    return AlertsView(alerts=views(services, user, scope, moved))


@router.get("/{alert_id}")
def read_alert(
    alert_id: str, user: CurrentUser, scope: CurrentScope, caller: CurrentCaller, services: ServicesOf
) -> AlertView:
    """One alert with all its steps, and where its vehicle was seen before within one's areas."""
    found = seen(services, scope, alert_id)
    (view,) = views(services, user, scope, [found])
    mine = [passage for passage in found.alert.passages if scope.allows(passage.checkpoint_id)]
    # Before the passage that raised it or, where that is another area's, before the first of one's own.
    first = found.alert.passage if found.alert.passage in mine else mine[-1]
    before = seen_before(services, scope, first)
    wanted = found.order.request
    caller.leaves(
        "alert.view",
        {"passages": view.passage_count, "seen_before": before is not None},
        subject=alert_id,
        reason=wanted.reason,
        case_number=wanted.case_number,
    )
    return view.model_copy(update={"seen_before": before})


@router.post("/{alert_id}/steps", responses=CONFLICT)
def step_alert(
    alert_id: str, step: Step, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> AlertView:
    """Verify, sign off, dispatch, and so on to the end."""
    seen(services, scope, alert_id)
    after = services.records.alerts.step(
        alert_id,
        step.step,
        by=user,
        verdict=step.verdict,
        unit=step.unit,
        note=step.note,
        to=step.addressee(),
        seen=step.seen_steps,
    )
    return views(services, user, scope, [after])[0]
