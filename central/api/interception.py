"""Where an alert's vehicle will pass next, when, and who can be there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from central.api.alerts import seen
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.api.services import Services
from central.api.units import units_for
from central.area import Scope
from central.audit import AuditRecord
from central.interception import (
    Geography,
    InterceptionPlan,
    Post,
    Ring,
    Sighting,
    StepTable,
    Unit,
    habits_of,
    plan,
    step_counts,
)
from central.interception.plan import Reach
from central.people import User
from central.ports import PassageQuery
from central.records import OrderedAlert
from central.view import CheckpointName
from proto.passage import Passage, Tier

router = APIRouter(prefix="/api/alerts", tags=["interception"])
#: A vehicle's own history is looked at so far, newest first.
OWN_PASSAGES = 500


class ReachView(BaseModel):
    """A unit that can be at a checkpoint in time."""

    unit_id: str
    name: str
    metres: float = Field(description="Straight line.")
    arrives: datetime = Field(description="Ready to stop somebody.")
    chance: float = Field(description="That it is ready before the vehicle comes, given that it comes.")


class PostView(BaseModel):
    """A checkpoint where the vehicle is expected."""

    ring: Ring
    checkpoint: CheckpointName
    probability: float = Field(description="That the vehicle passes there.")
    hops: int = Field(description="1: the next checkpoint that sees it.")
    via: list[CheckpointName]
    p50: datetime = Field(description="Half of the vehicles that go there have passed by then.")
    p90: datetime
    proposed: ReachView | None = Field(
        description="Who should go: the `unit` of the step `dispatch`. null: nobody can be there in time."
    )
    in_time: list[ReachView] = Field(description="All who probably can, the surest first.")


class InterceptionView(BaseModel):
    """A plan of interception (拦截), as of a moment."""

    alert_id: str
    made_at: datetime
    seen_at: CheckpointName = Field(description="Where the vehicle was seen last, within one's areas.")
    seen: datetime
    nowhere: float = Field(description="Probability that no checkpoint sees it within the horizon.")
    outside: float = Field(description="Probability that the next checkpoint lies outside one's areas.")
    caught: float = Field(
        description="Probability that it comes to a post of the inner ring that is manned in time."
    )
    posts: list[PostView] = Field(description="Inner ring first, the most probable first.")
    units_considered: int
    units_left_out: int = Field(description="Not free, engaged, without a position or with an old one.")
    model_version: str
    network_steps: int = Field(description="Steps from this checkpoint that the forecast rests on.")
    own_steps: int = Field(description="Steps of the vehicle's own history that were used; 0: none.")


@router.get("/{alert_id}/interception")
def read_interception(
    alert_id: str, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> InterceptionView:
    """A plan made now. It looks at the vehicle's own history: the audit trail tells so, under the alert."""
    return _made(alert_id, user, scope, services, announce=False)


@router.post("/{alert_id}/interception")
def announce_interception(
    alert_id: str, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> InterceptionView:
    """The same, shown to everybody on the live feed."""
    return _made(alert_id, user, scope, services, announce=True)


def _made(alert_id: str, user: User, scope: Scope, services: Services, *, announce: bool) -> InterceptionView:
    """1. The alert, 2. the vehicle's newest sighting and its habits, 3. the forecast within one's areas,
    4. the plan with one's units, 5. written down, then shown."""
    found = seen(services, scope, alert_id)  # 1.
    return plan_of(found, units_for(services, user), user, scope, services, announce=announce)


def plan_of(
    found: OrderedAlert,
    units: Sequence[Unit],
    user: User,
    scope: Scope,
    services: Services,
    *,
    announce: bool,
) -> InterceptionView:
    """The steps 2 to 5 of a plan with these units. At least one passage of the alert lies in the scope."""
    now = services.clock.now()
    sighting, habits = _history(services, scope, found, now)  # 2.
    whole = services.movement.forecast(sighting, asked_at=now, habits=habits)  # 3.
    expected = tuple(e for e in whole.expected if scope.allows(e.checkpoint_id))
    outside = sum(e.probability for e in whole.next if not scope.allows(e.checkpoint_id))
    made = plan(  # 4.
        replace(whole, expected=expected),
        units,
        Geography.of(services.records.checkpoints.all()),
        now=now,
        unit_kmh=services.settings.unit_kmh,
    )
    mentioned = {sighting.checkpoint_id} | {key for e in expected for key in (e.checkpoint_id, *e.via)}
    names = services.records.checkpoints.names(mentioned)
    view = _view(found, made, names, {u.unit_id: u.name for u in units}, scope, outside=outside)
    services.records.units.record_plan(  # 5.
        _record(found, made, user, now, announced=announce), announced=view if announce else None
    )
    return view


def _history(
    services: Services, scope: Scope, found: OrderedAlert, now: datetime
) -> tuple[Sighting, StepTable | None]:
    """The newest sighting that may be seen, and the vehicle's own steps.

    The text of a suspected hit may be another vehicle's: where there is no other hit, neither that vehicle's
    whereabouts nor its habits are looked at.
    """
    alert = found.alert
    hits = [(alert.tier, alert.passage), *((r.tier, r.passage) for r in alert.repeats)]
    sure = [p.plate.text for tier, p in hits if tier is not Tier.SUSPECTED and p.plate is not None]
    track = sorted((p for _, p in hits), key=lambda p: p.captured_at)
    horizon, habits = services.movement.horizon, None
    if sure:
        since = now - services.settings.own_history
        page = services.store.search(PassageQuery(plate=sure[-1], since=since, until=now, limit=OWN_PASSAGES))
        own = page.passages[::-1]
        habits = habits_of(
            step_counts(own, since=since, until=now, horizon=horizon), services.movement.calendar
        )
        known = {p.passage_id for p in own}
        track = sorted([*own, *(p for p in track if p.passage_id not in known)], key=lambda p: p.captured_at)
    visible = [p for p in track if scope.allows(p.checkpoint_id)]
    newest = visible[-1]
    before = visible[-2] if len(visible) > 1 else None
    if before is not None and newest.captured_at - before.captured_at > horizon:
        before = None
    return _sighting(newest, before), habits


def _sighting(passage: Passage, before: Passage | None) -> Sighting:
    return Sighting(
        checkpoint_id=passage.checkpoint_id,
        at=passage.captured_at,
        direction=passage.direction,
        before="" if before is None or before.checkpoint_id == passage.checkpoint_id else before.checkpoint_id,
    )


def _record(
    found: OrderedAlert, made: InterceptionPlan, user: User, now: datetime, *, announced: bool
) -> AuditRecord:
    what = made.forecast
    detail = {
        "model": what.model_version,
        "seen_at": what.sighting.checkpoint_id,
        "own_steps": what.own_steps,
        "posts": {p.expected.checkpoint_id: round(p.expected.probability, 3) for p in made.posts},
        "proposed": {p.expected.checkpoint_id: p.proposed.unit_id for p in made.posts if p.proposed},
        "announced": announced,
    }
    return AuditRecord(
        at=now,
        user=user.username,
        action="alert.interception",
        subject=found.alert.alert_id,
        reason=found.order.request.reason,
        case_number=found.order.request.case_number,
        detail=json.dumps(detail, ensure_ascii=False),
    )


def _view(
    found: OrderedAlert,
    made: InterceptionPlan,
    names: Mapping[str, str],
    units: Mapping[str, str],
    scope: Scope,
    *,
    outside: float,
) -> InterceptionView:
    what = made.forecast

    def named(key: str) -> CheckpointName:
        return CheckpointName.of(key, names)

    def reach(of: Reach) -> ReachView:
        return ReachView(
            unit_id=of.unit_id,
            name=units[of.unit_id],
            metres=round(of.metres),
            arrives=of.arrives,
            chance=round(of.chance, 4),
        )

    def post(of: Post) -> PostView:
        return PostView(
            ring=of.ring,
            checkpoint=named(of.expected.checkpoint_id),
            probability=round(of.expected.probability, 4),
            hops=of.expected.hops,
            via=[named(key) for key in of.expected.via if scope.allows(key)],
            p50=of.expected.p50,
            p90=of.expected.p90,
            proposed=None if of.proposed is None else reach(of.proposed),
            in_time=[reach(r) for r in of.in_time],
        )

    return InterceptionView(
        alert_id=found.alert.alert_id,
        made_at=what.asked_at,
        seen_at=named(what.sighting.checkpoint_id),
        seen=what.sighting.at,
        nowhere=round(what.nowhere, 4),
        outside=round(outside, 4),
        caught=round(made.caught, 4),
        posts=[post(p) for p in made.posts],
        units_considered=made.units_considered,
        units_left_out=made.units_left_out,
        model_version=what.model_version,
        network_steps=what.network_steps,
        own_steps=what.own_steps,
    )
