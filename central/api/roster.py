"""The roster (值班表): who is on duty, entered one by one or from a CSV file."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated, Self

from fastapi import APIRouter, Body, Query
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints
from starlette.exceptions import HTTPException

from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.api.services import Services
from central.area import Scope, with_inner
from central.people import User
from central.roster import InvalidShift, Shift, ShiftRequest, read_shifts

router = APIRouter(prefix="/api/roster", tags=["roster"])
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
#: How much of the roster one question may ask for.
MAX_SPAN = timedelta(days=92)


class ShiftEntry(BaseModel):
    """What is entered. A team's shift is known by when it starts: entered again, it replaces the one before."""

    team: Name = Field(examples=["指挥中心一班"])
    people: list[Name] = Field(description="Usernames.", min_length=1, max_length=100)
    starts_at: AwareDatetime
    ends_at: AwareDatetime = Field(description="Exclusive.")
    areas: list[Name] = Field(default=[], description="Empty: everywhere.", max_length=100)
    line: int = Field(default=1, ge=1, le=9, description="1 is asked first; an alert escalates to the next.")

    def request(self) -> ShiftRequest:
        return ShiftRequest(
            team=self.team,
            people=tuple(dict.fromkeys(self.people)),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            areas=frozenset(self.areas),
            line=self.line,
        )


class ShiftView(BaseModel):
    """A shift."""

    shift_id: str
    team: str
    people: list[str]
    names: list[str] = Field(description="Of the people, as the colleagues call them.")
    starts_at: datetime
    ends_at: datetime
    areas: list[str]
    line: int

    @classmethod
    def of(cls, shift: Shift, names: dict[str, str]) -> Self:
        wanted = shift.request
        return cls(
            shift_id=shift.shift_id,
            team=wanted.team,
            people=list(wanted.people),
            names=[names.get(username, username) for username in wanted.people],
            starts_at=wanted.starts_at,
            ends_at=wanted.ends_at,
            areas=sorted(wanted.areas),
            line=wanted.line,
        )


class RosterView(BaseModel):
    """Shifts in the order of their start, or in which they are asked."""

    shifts: list[ShiftView]


class LineProblem(BaseModel):
    """What is wrong with a line of the file."""

    line: int
    why: str


class ImportView(BaseModel):
    """What became of a file."""

    entered: int = Field(description="Shifts entered, or that would be.")
    errors: list[LineProblem]


def _views(services: Services, shifts: tuple[Shift, ...]) -> RosterView:
    names = dict(services.records.people.names({name for s in shifts for name in s.request.people}))
    return RosterView(shifts=[ShiftView.of(shift, names) for shift in shifts])


def _shown(shifts: tuple[Shift, ...], scope: Scope) -> tuple[Shift, ...]:
    """Those that look after something in the scope."""
    return tuple(shift for shift in shifts if scope.reached((), shift.request.areas))


def _within_ones_areas(services: Services, user: User, shift: ShiftRequest) -> None:
    if user.areas:
        mine = with_inner(services.records.checkpoints.areas(), user.areas)
        if not shift.areas or not shift.areas <= mine:
            raise HTTPException(403, f"expected a shift within {', '.join(sorted(mine))}")


@router.get("")
def read_roster(
    scope: CurrentScope,
    services: ServicesOf,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> RosterView:
    """Shifts of one's areas that overlap the time; without one, those of the next seven days."""
    since = since or services.clock.now()
    until = until or since + timedelta(days=7)
    if not timedelta(0) < until - since <= MAX_SPAN:
        raise InvalidShift(f"expected until after since by at most {MAX_SPAN.days} days")
    return _views(services, _shown(services.records.roster.between(since, until), scope))


@router.get("/duty")
def read_duty(
    scope: CurrentScope,
    services: ServicesOf,
    checkpoint: Annotated[str | None, Query(max_length=64, description="Whose duty it is there.")] = None,
) -> RosterView:
    """Who is on duty now in one's areas, in the order in which they are asked."""
    return _views(services, _shown(services.records.roster.duty(checkpoint_id=checkpoint), scope))


@router.post("/shifts", status_code=201)
def enter_shift(entry: ShiftEntry, user: CurrentUser, services: ServicesOf) -> ShiftView:
    """Enter a shift."""
    shift = entry.request()
    _within_ones_areas(services, user, shift)
    return _views(services, services.records.roster.put([shift], by=user.username)).shifts[0]


@router.delete("/shifts/{shift_id}", status_code=204)
def remove_shift(shift_id: str, user: CurrentUser, services: ServicesOf) -> None:
    """Take a shift out."""
    _within_ones_areas(services, user, services.records.roster.get(shift_id).request)
    services.records.roster.remove(shift_id, by=user.username)


@router.post("/import")
def import_shifts(
    text: Annotated[str, Body(media_type="text/csv", max_length=200_000)],
    user: CurrentUser,
    services: ServicesOf,
    preview: Annotated[bool, Query(description="Only say what would become of it.")] = False,
) -> ImportView:
    """Enter the shifts of a CSV file: all of them, or none where a line is wrong, which is named by its number.

    Columns, in English or Chinese: team 班组, people 人员, starts_at 开始时间, ends_at 结束时间, areas 辖区 and
    line 梯次. A time without a zone is local.
    """
    found, wrong = read_shifts(text, zone=timezone(services.settings.utc_offset))
    errors = [LineProblem(line=error.line, why=error.why) for error in wrong]
    for line, shift in found:
        try:
            services.records.roster.check(shift)
            _within_ones_areas(services, user, shift)
        except (InvalidShift, HTTPException) as error:
            why = error.detail if isinstance(error, HTTPException) else str(error)
            errors.append(LineProblem(line=line, why=why))
    if not errors and not preview:
        services.records.roster.put([shift for _, shift in found], by=user.username)
    errors.sort(key=lambda error: error.line)
    return ImportView(entered=0 if errors else len(found), errors=errors)
