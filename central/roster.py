"""The roster (值班表): which team is on duty where and when, and who is asked next. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

#: Nobody is on duty for longer at a stretch.
LONGEST = timedelta(hours=72)
#: Shifts that one file may hold.
MAX_LINES = 5000
#: Column → names it may have in a file's first line.
COLUMNS: dict[str, tuple[str, ...]] = {
    "team": ("team", "班组"),
    "people": ("people", "人员"),
    "starts_at": ("starts_at", "开始时间"),
    "ends_at": ("ends_at", "结束时间"),
    "areas": ("areas", "辖区"),
    "line": ("line", "梯次"),
}
_NEEDED = ("team", "people", "starts_at", "ends_at")


class InvalidShift(ValueError):
    """A shift that can't be; says what was expected and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftRequest:
    """What somebody enters in the roster. A team has one shift that starts at a time."""

    team: str
    people: tuple[str, ...]  #: usernames
    starts_at: datetime  #: inclusive
    ends_at: datetime  #: exclusive
    areas: frozenset[str] = frozenset()  #: with those that lie in them; empty: everywhere
    line: int = 1  #: 1 is asked first, then 2, and so on


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A shift as it stands in the roster."""

    shift_id: str
    request: ShiftRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class LineError:
    """What is wrong with a line of a file; the first line is 1."""

    line: int
    why: str


def check_shift(shift: ShiftRequest, *, people: Collection[str], areas: Collection[str]) -> None:
    """Hold it against the people who may watch alerts and the areas that there are.

    Raises:
        InvalidShift: it can't be.
    """
    if not 0 < len(shift.team.strip()) <= 64:
        raise InvalidShift(f"expected a team's name of 1 to 64 characters, got {len(shift.team.strip())}")
    if not shift.people:
        raise InvalidShift(f"expected at least one person in {shift.team}, got none")
    if strangers := sorted(set(shift.people) - set(people)):
        raise InvalidShift(f"expected usernames of operators and supervisors, got {', '.join(strangers)}")
    if unknown := sorted(shift.areas - set(areas)):
        raise InvalidShift(f"expected areas that there are, got {', '.join(unknown)}")
    if not timedelta(0) < shift.ends_at - shift.starts_at <= LONGEST:
        raise InvalidShift(
            f"expected an end after the start by at most {LONGEST.days * 24} h, "
            f"got {shift.starts_at.isoformat()} to {shift.ends_at.isoformat()}"
        )
    if not 1 <= shift.line <= 9:
        raise InvalidShift(f"expected a line of 1 to 9, got {shift.line}")


def on_duty(
    shifts: Iterable[Shift], at: datetime, *, within: Collection[str] | None = None
) -> tuple[Shift, ...]:
    """Who is on duty, in the order in which they are asked. `within`: the area where something happened and
    those that it lies in; None: whatever the area."""
    found = [
        shift
        for shift in shifts
        if shift.request.starts_at <= at < shift.request.ends_at
        and (within is None or not shift.request.areas or shift.request.areas & set(within))
    ]
    # Of one line those who know the place are asked before those who look after everything.
    return tuple(sorted(found, key=lambda s: (s.request.line, not s.request.areas, s.request.team, s.shift_id)))


def next_asked(duty: tuple[Shift, ...], asked_before: int) -> Shift | None:
    """Who is asked at the next escalation: the first in `duty` was asked when the alert was raised, one more
    with each escalation since. None: nobody is left."""
    place = asked_before + 1
    return duty[place] if place < len(duty) else None


def read_shifts(text: str, *, zone: tzinfo) -> tuple[list[tuple[int, ShiftRequest]], list[LineError]]:
    """Read a CSV file: (line, shift) of those that can be read, and what is wrong with the others.

    Its first line names the columns, in English or Chinese (see `COLUMNS`). People and areas are separated by
    spaces or semicolons. Times are ISO 8601; one without a zone is in `zone`.
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    try:
        header = [name.strip() for name in next(rows, [])]
        places = {
            column: header.index(name) for column, names in COLUMNS.items() for name in names if name in header
        }
        if missing := [column for column in _NEEDED if column not in places]:
            why = f"expected columns {', '.join(_NEEDED)}; missing {', '.join(missing)}"
            return [], [LineError(line=1, why=why)]
        found: list[tuple[int, ShiftRequest]] = []
        errors: list[LineError] = []
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if len(found) + len(errors) >= MAX_LINES:
                errors.append(LineError(line=rows.line_num, why=f"expected at most {MAX_LINES} shifts"))
                break
            cells = {name: row[i].strip() if i < len(row) else "" for name, i in places.items()}
            try:
                found.append((rows.line_num, _shift(cells, zone)))
            except ValueError as error:
                errors.append(LineError(line=rows.line_num, why=str(error)))
    except csv.Error as error:
        return [], [LineError(line=rows.line_num, why=f"expected CSV: {error}")]
    return found, errors


def _shift(cells: Mapping[str, str], zone: tzinfo) -> ShiftRequest:
    line = cells.get("line") or "1"
    if not line.isdecimal():
        raise ValueError(f"expected a number as line, got {line!r}")
    return ShiftRequest(
        team=cells["team"],
        people=tuple(dict.fromkeys(_words(cells["people"]))),
        starts_at=_time(cells["starts_at"], zone),
        ends_at=_time(cells["ends_at"], zone),
        areas=frozenset(_words(cells.get("areas", ""))),
        line=int(line),
    )


def _words(text: str) -> list[str]:
    for separator in ";；、,，":
        text = text.replace(separator, " ")
    return text.split()


def _time(text: str, zone: tzinfo) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        raise ValueError(f"expected a time like 2026-03-01 08:00, got {text!r}") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)
