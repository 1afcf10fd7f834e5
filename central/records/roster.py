"""The roster in the database."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from central.area import with_outer
from central.audit import AuditRecord
from central.people import Role
from central.records import schema
from central.records.database import Database
from central.records.places import areas_of
from central.records.port import NotFound
from central.records.trail import SqlAuditLog
from central.roster import Shift, ShiftRequest, check_shift, on_duty
from proto.clock import Clock
from proto.identity import uuid7

WATCH = (Role.OPERATOR, Role.SUPERVISOR)


class SqlRosterBook:
    """See `central.records.port.RosterBook`."""

    def __init__(self, database: Database, clock: Clock, trail: SqlAuditLog) -> None:
        self._database = database
        self._clock = clock
        self._trail = trail

    def put(self, shifts: Sequence[ShiftRequest], *, by: str) -> tuple[Shift, ...]:
        now, table = self._clock.now(), schema.shifts
        entered = {(wanted.team.strip(), wanted.starts_at): wanted for wanted in shifts}
        made = []
        with self._database.write() as tx:
            for wanted in entered.values():
                _check(tx.connection, wanted)
            for (team, starts_at), wanted in entered.items():
                before = tx.connection.scalar(
                    select(table.c.shift_id).where(table.c.team == team, table.c.starts_at == starts_at)
                )
                shift = Shift(shift_id=before or str(uuid7(now)), request=wanted)
                tx.connection.execute(delete(table).where(table.c.shift_id == shift.shift_id))
                tx.connection.execute(insert(table).values(**_columns(shift)))
                self._trail.put(tx, _entry(shift, "roster.put", by=by, at=now))
                made.append(shift)
        return tuple(made)

    def remove(self, shift_id: str, *, by: str) -> None:
        with self._database.write() as tx:
            shift = shift_of(tx.connection, shift_id)
            tx.connection.execute(delete(schema.shifts).where(schema.shifts.c.shift_id == shift_id))
            self._trail.put(tx, _entry(shift, "roster.remove", by=by, at=self._clock.now()))

    def get(self, shift_id: str) -> Shift:
        with self._database.read() as connection:
            return shift_of(connection, shift_id)

    def between(self, since: datetime, until: datetime) -> tuple[Shift, ...]:
        table = schema.shifts
        query = select(table).where(table.c.ends_at > since, table.c.starts_at < until)
        with self._database.read() as connection:
            found = [_shift(row) for row in connection.execute(query)]
        # Sorted here: a database's collation is its own.
        return tuple(sorted(found, key=lambda s: (s.request.starts_at, s.request.line, s.request.team)))

    def check(self, shift: ShiftRequest) -> None:
        with self._database.read() as connection:
            _check(connection, shift)

    def duty(self, *, checkpoint_id: str | None = None) -> tuple[Shift, ...]:
        with self._database.read() as connection:
            return duty_of(connection, self._clock.now(), checkpoint_id=checkpoint_id)


def shift_of(connection: Connection, shift_id: str) -> Shift:
    """Raises:
    NotFound: no such shift.
    """
    table = schema.shifts
    row = connection.execute(select(table).where(table.c.shift_id == shift_id)).one_or_none()
    if row is None:
        raise NotFound(f"no shift {shift_id!r}")
    return _shift(row)


def duty_of(connection: Connection, at: datetime, *, checkpoint_id: str | None = None) -> tuple[Shift, ...]:
    """Who is on duty then, in the order in which they are asked; for a checkpoint, or anywhere."""
    table, checkpoints = schema.shifts, schema.checkpoints
    query = select(table).where(table.c.starts_at <= at, table.c.ends_at > at)
    shifts = [_shift(row) for row in connection.execute(query)]
    if checkpoint_id is None:
        return on_duty(shifts, at)
    named = checkpoint_id.replace("\0", "\ufffd")  # PostgreSQL can't even be asked for one with a NUL
    area_id = connection.scalar(select(checkpoints.c.area_id).where(checkpoints.c.checkpoint_id == named))
    return on_duty(shifts, at, within=with_outer(areas_of(connection), area_id))


def watchers(
    connection: Connection, usernames: Collection[str] | None = None, *, roles: Collection[Role] = WATCH
) -> frozenset[str]:
    """Usernames of those who have one of the roles and can sign in; of `usernames`, or all. As it is: who may
    watch alerts."""
    users, roles_of = schema.users, schema.user_roles
    query = (
        select(users.c.username)
        .join(roles_of, roles_of.c.username == users.c.username)
        .where(users.c.disabled.is_(False), roles_of.c.role.in_(roles))
    )
    if usernames is not None:
        query = query.where(users.c.username.in_(usernames))
    return frozenset(connection.scalars(query))


def _check(connection: Connection, wanted: ShiftRequest) -> None:
    areas = {area.area_id for area in areas_of(connection)}
    check_shift(wanted, people=watchers(connection, wanted.people), areas=areas)


def _entry(shift: Shift, action: str, *, by: str, at: datetime) -> AuditRecord:
    wanted = shift.request
    detail = {
        "team": wanted.team,
        "people": list(wanted.people),
        "starts_at": wanted.starts_at.isoformat(),
        "ends_at": wanted.ends_at.isoformat(),
        "areas": sorted(wanted.areas),
        "line": wanted.line,
    }
    return AuditRecord(
        at=at, user=by, action=action, subject=shift.shift_id, detail=json.dumps(detail, ensure_ascii=False)
    )


def _columns(shift: Shift) -> dict[str, Any]:
    wanted = shift.request
    return {
        "shift_id": shift.shift_id,
        "team": wanted.team.strip(),
        "people": list(wanted.people),
        "starts_at": wanted.starts_at,
        "ends_at": wanted.ends_at,
        "areas": sorted(wanted.areas),
        "line": wanted.line,
    }


def _shift(row: Row[Any]) -> Shift:
    return Shift(
        shift_id=row.shift_id,
        request=ShiftRequest(
            team=row.team,
            people=tuple(row.people),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            areas=frozenset(row.areas),
            line=row.line,
        ),
    )
