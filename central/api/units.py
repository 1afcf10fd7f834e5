"""Units (警力): who there is, where they are, what they do."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, StringConstraints
from starlette.exceptions import HTTPException

from central.api.moment import Moment
from central.api.security import CurrentUser, ServicesOf
from central.api.services import Services
from central.area import with_inner
from central.audit import AuditRecord
from central.interception import Unit, UnitStatus
from central.interception.unit import Position
from central.people import USERNAME, MachineToken, Role, User
from central.records import NotFound

router = APIRouter(prefix="/api/units", tags=["units"])
Username = Annotated[str, StringConstraints(pattern=f"^{USERNAME.pattern}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


#: They say what any unit of their areas does.
_ASSIGN = frozenset({Role.OPERATOR, Role.SUPERVISOR})


class UnitRequest(BaseModel):
    """What a unit is called and where it belongs."""

    name: Name = Field(examples=["巡逻一中队 3 号车"])
    team: Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)] = Field(
        default="", examples=["巡逻一中队"]
    )
    area_id: str | None = Field(default=None, max_length=64, description="null: the whole network's.")
    crew: list[Username] | None = Field(
        default=None,
        max_length=16,
        description="Usernames of who rides with it, of the role patrol: they see what it is sent to. A person "
        "rides with one unit, the last that says so. null: whoever did.",
    )


class PositionReport(BaseModel):
    """Where a unit is."""

    at: Moment = Field(examples=["2026-03-01T04:00:00Z"])
    latitude: float = Field(ge=-90, le=90, description="Degrees north, WGS 84.")
    longitude: float = Field(ge=-180, le=180, description="Degrees east.")
    speed_kmh: float | None = Field(default=None, ge=0, le=300)
    status: UnitStatus | None = Field(default=None, description="null: as it was.")


class StatusReport(BaseModel):
    """What a unit does now."""

    status: UnitStatus


class PositionView(BaseModel):
    """Where a unit was."""

    at: Moment
    latitude: float
    longitude: float
    speed_kmh: float | None

    @classmethod
    def of(cls, position: Position) -> PositionView:
        return cls(
            at=position.at,
            latitude=position.latitude,
            longitude=position.longitude,
            speed_kmh=position.speed_kmh,
        )


class UnitView(BaseModel):
    """A unit with what it last reported."""

    unit_id: str
    name: str
    team: str
    area_id: str | None
    status: UnitStatus
    status_at: Moment
    position: PositionView | None
    engaged: str | None = Field(description="The alert it was dispatched to and that has no outcome yet.")
    crew: list[str] = Field(default=[], description="Usernames of who rides with it.")

    @classmethod
    def of(cls, unit: Unit) -> UnitView:
        return cls(
            unit_id=unit.unit_id,
            name=unit.name,
            team=unit.team,
            area_id=unit.area_id,
            status=unit.status,
            status_at=unit.status_at,
            position=None if unit.position is None else PositionView.of(unit.position),
            engaged=unit.engaged,
            crew=list(unit.crew),
        )


class UnitsView(BaseModel):
    """By id."""

    units: list[UnitView]


class PositionsView(BaseModel):
    """Newest first."""

    positions: list[PositionView]


def units_for(services: Services, user: User) -> tuple[Unit, ...]:
    """Those of one's areas and of the whole network."""
    units = services.records.units.all()
    if not user.areas:
        return units
    mine = with_inner(services.records.checkpoints.areas(), user.areas)
    return tuple(u for u in units if u.area_id is None or u.area_id in mine)


def own_unit(services: Services, user: User, unit_id: str) -> Unit:
    """The unit that they ride with.

    Raises:
        NotFound: it isn't this one, or they ride with none.
    """
    mine = services.records.patrol.unit(user.username)
    if mine is None or mine.unit_id != unit_id:
        raise NotFound(f"no unit {unit_id[:64]!r} that you ride with")
    return mine


def _mine(services: Services, user: User, unit_id: str) -> Unit:
    found = next((u for u in units_for(services, user) if u.unit_id == unit_id), None)
    if found is None:
        raise NotFound(f"no unit {unit_id!r}")
    return found


@router.get("")
def list_units(user: CurrentUser, services: ServicesOf) -> UnitsView:
    """Units of one's areas."""
    return UnitsView(units=[UnitView.of(unit) for unit in units_for(services, user)])


@router.put("/{unit_id}")
def put_unit(unit_id: str, unit: UnitRequest, user: CurrentUser, services: ServicesOf) -> UnitView:
    """Add a unit, or change what it is called and where it belongs. Its device reports with a token of the
    unit's id as its name."""
    made = services.records.units.put(
        unit_id, name=unit.name, team=unit.team, area_id=unit.area_id, by=user.username, crew=unit.crew
    )
    return UnitView.of(made)


@router.delete("/{unit_id}", status_code=204)
def remove_unit(unit_id: str, user: CurrentUser, services: ServicesOf) -> None:
    """Take a unit out, with its positions."""
    services.records.units.remove(unit_id, by=user.username)


@router.post("/{unit_id}/status")
def set_unit_status(unit_id: str, report: StatusReport, user: CurrentUser, services: ServicesOf) -> UnitView:
    """What a unit does: as somebody heard from it, or as its own crew says."""
    if user.roles & _ASSIGN:
        _mine(services, user, unit_id)
    else:
        own_unit(services, user, unit_id)
    return UnitView.of(services.records.units.set_status(unit_id, report.status, by=user.username))


@router.post("/{unit_id}/position")
def report_position(unit_id: str, report: PositionReport, request: Request, services: ServicesOf) -> UnitView:
    """A unit's device says where it is, or the phone of somebody who rides with it, while it is on duty: nobody
    is followed home. A device's token must bear the unit's id as its name."""
    machine = getattr(request.state, "machine", None)
    if isinstance(machine, MachineToken):
        if machine.name != unit_id:  # first: nobody learns by asking which units there are
            raise HTTPException(403, f"expected the token of {unit_id}, got another machine's")
    else:
        user = request.state.user
        assert isinstance(user, User)
        unit = own_unit(services, user, unit_id)
        if UnitStatus.OFF_DUTY in (unit.status, report.status):
            raise HTTPException(409, f"expected {unit_id} to be on duty to take its position, it is not")
    position = Position(
        at=report.at, latitude=report.latitude, longitude=report.longitude, speed_kmh=report.speed_kmh
    )
    return UnitView.of(services.records.units.report(unit_id, position, report.status))


@router.get("/{unit_id}/positions")
def read_positions(
    unit_id: str,
    user: CurrentUser,
    services: ServicesOf,
    since: Annotated[Moment, Query(description="Inclusive.")],
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> PositionsView:
    """Where a unit was. It is about officers: the audit trail tells that it was read."""
    _mine(services, user, unit_id)
    found = services.records.units.positions(unit_id, since=since, limit=limit)
    services.records.audit.append(
        AuditRecord(
            at=services.clock.now(),
            user=user.username,
            action="unit.positions",
            subject=unit_id,
            detail=json.dumps({"since": since.isoformat(), "shown": len(found)}),
        )
    )
    return PositionsView(positions=[PositionView.of(p) for p in found])
