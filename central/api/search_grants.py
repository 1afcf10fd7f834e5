"""Grants to look further back than the age tier: investigators ask, supervisors decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints

from central.api.moment import Moment
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.api.services import Services
from central.area import Scope
from central.investigation import Grant, GrantMove, GrantRequest, GrantState
from central.investigation.grant import LONGEST
from central.investigation.purpose import MAX_CASE_NUMBER, MAX_REASON
from central.people import Role
from central.records import NotFound

router = APIRouter(prefix="/api", tags=["searches"])


class SearchGrantRequest(BaseModel):
    """For which case, why, how far back and for how long."""

    case_number: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CASE_NUMBER)
    ] = Field(examples=["川公刑立字[2026]0001号"])
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_REASON)] = (
        Field(examples=["盗抢车辆追查"])
    )
    since: Moment = Field(
        description="Passages from then on may be looked at.", examples=["2025-06-01T00:00:00Z"]
    )
    hours: int = Field(
        ge=1, le=LONGEST // timedelta(hours=1), description="How long it holds once granted.", examples=[72]
    )


class SearchGrantDecision(BaseModel):
    """Why; a grant may do without."""

    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_REASON)] = ""


class SearchGrantView(BaseModel):
    """One request and what became of it."""

    grant_id: str
    username: str = Field(description="Who asked, and who alone may use it.")
    name: str = Field(description="As the colleagues call them.")
    case_number: str
    reason: str
    since: datetime
    hours: int
    asked_at: datetime
    state: GrantState
    holds: bool = Field(description="Whether it may be used now.")
    decided_by: str
    decided_by_name: str
    decided_at: datetime | None
    note: str
    valid_until: datetime | None

    @classmethod
    def of(cls, grant: Grant, now: datetime, people: Mapping[str, str]) -> SearchGrantView:
        """`people`: username → name."""
        return cls(
            grant_id=grant.grant_id,
            username=grant.username,
            name=people.get(grant.username, grant.username),
            case_number=grant.request.case_number,
            reason=grant.request.reason,
            since=grant.request.since,
            hours=grant.request.lasts // timedelta(hours=1),
            asked_at=grant.asked_at,
            state=grant.state,
            holds=grant.holds(now),
            decided_by=grant.decided_by,
            decided_by_name=people.get(grant.decided_by, grant.decided_by),
            decided_at=grant.decided_at,
            note=grant.note,
            valid_until=grant.valid_until,
        )


class SearchGrantsView(BaseModel):
    """The most lately asked first."""

    grants: list[SearchGrantView]


def _views(services: Services, grants: Sequence[Grant]) -> list[SearchGrantView]:
    now = services.clock.now()
    people = services.records.people.names(
        {n for each in grants for n in (each.username, each.decided_by) if n}
    )
    return [SearchGrantView.of(grant, now, people) for grant in grants]


def _answered_for(services: Services, scope: Scope) -> set[str]:
    """People of whose areas whoever has the scope sees all."""
    people = [account.user for account in services.records.accounts.all()]
    covered = {
        areas: scope.covers(services.records.checkpoints.scope(areas)) for areas in {p.areas for p in people}
    }
    return {person.username for person in people if covered[person.areas]}


@router.get("/search-grants")
def list_search_grants(
    user: CurrentUser,
    scope: CurrentScope,
    services: ServicesOf,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> SearchGrantsView:
    """One's own; a supervisor is shown those of everybody whose areas lie within theirs."""
    whose: set[str] | None = {user.username}
    if Role.SUPERVISOR in user.roles:
        whose = None if scope.checkpoints is None else {user.username} | _answered_for(services, scope)
    found = services.records.grants.page(usernames=whose, limit=limit)
    return SearchGrantsView(grants=_views(services, found))


@router.post("/search-grants", status_code=201)
def ask_search_grant(request: SearchGrantRequest, user: CurrentUser, services: ServicesOf) -> SearchGrantView:
    """Ask to look further back than the age tier, for one case."""
    wanted = GrantRequest(
        case_number=request.case_number,
        reason=request.reason,
        since=request.since,
        lasts=timedelta(hours=request.hours),
    )
    return _views(services, [services.records.grants.ask(wanted, by=user)])[0]


def _decide(
    services: ServicesOf,
    user: CurrentUser,
    scope: Scope,
    grant_id: str,
    move: GrantMove,
    decision: SearchGrantDecision,
) -> SearchGrantView:
    asked_by = services.records.grants.get(grant_id).username
    if asked_by != user.username and asked_by not in _answered_for(services, scope):
        raise NotFound(f"no grant {grant_id!r}")
    decided = services.records.grants.decide(grant_id, move, by=user, note=decision.note)
    return _views(services, [decided])[0]


@router.post("/search-grants/{grant_id}/grant")
def grant_search_grant(
    grant_id: str, decision: SearchGrantDecision, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> SearchGrantView:
    """It holds from now on. Nobody grants their own."""
    return _decide(services, user, scope, grant_id, GrantMove.GRANT, decision)


@router.post("/search-grants/{grant_id}/refuse")
def refuse_search_grant(
    grant_id: str, decision: SearchGrantDecision, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> SearchGrantView:
    """Refuse it, saying why."""
    return _decide(services, user, scope, grant_id, GrantMove.REFUSE, decision)


@router.post("/search-grants/{grant_id}/revoke")
def revoke_search_grant(
    grant_id: str, decision: SearchGrantDecision, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> SearchGrantView:
    """End it before its time, saying why."""
    return _decide(services, user, scope, grant_id, GrantMove.REVOKE, decision)
