"""Units, their positions, and the plans that were made for them, in the database."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, Row, delete, insert, select, update

from central.alert import AlertMove, AlertState, UnknownUnit
from central.area import with_inner
from central.audit import AuditRecord
from central.interception.unit import InvalidUnit, Position, Unit, UnitStatus, check_position, check_unit
from central.people import User
from central.records import schema
from central.records.crews import crews_of, give_crew
from central.records.database import Database
from central.records.events import put_event
from central.records.places import areas_of
from central.records.port import NotFound
from central.records.trail import SqlAuditLog
from proto.clock import Clock

#: Units named in a refusal, at most.
_NAMED = 20


class SqlUnitBook:
    """See `central.records.port.UnitBook`."""

    def __init__(self, database: Database, clock: Clock, trail: SqlAuditLog) -> None:
        self._database = database
        self._clock = clock
        self._trail = trail

    def put(
        self,
        unit_id: str,
        *,
        name: str,
        team: str,
        area_id: str | None,
        by: str,
        crew: Collection[str] | None = None,
    ) -> Unit:
        check_unit(unit_id, name, team)
        now, table = self._clock.now(), schema.units
        said = {"name": name.strip(), "team": team.strip(), "area_id": area_id}
        detail: dict[str, Any] = said if crew is None else said | {"crew": sorted(crew)}
        with self._database.write() as tx:
            known = {area.area_id for area in areas_of(tx.connection)}
            if area_id is not None and area_id not in known:
                raise InvalidUnit(f"expected an area that there is for {unit_id!r}, got {area_id!r}")
            changed = tx.connection.execute(update(table).where(table.c.unit_id == unit_id).values(**said))
            if changed.rowcount == 0:
                tx.connection.execute(
                    insert(table).values(unit_id=unit_id, status=UnitStatus.OFF_DUTY, status_at=now, **said)
                )
            if crew is not None:
                give_crew(tx.connection, unit_id, crew)
            self._trail.put(tx, _entry("unit.put", unit_id, by=by, at=now, detail=detail))
            return unit_of(tx.connection, unit_id)

    def remove(self, unit_id: str, *, by: str) -> None:
        with self._database.write() as tx:
            unit_of(tx.connection, unit_id)
            positions, units = schema.unit_positions, schema.units
            give_crew(tx.connection, unit_id, ())
            tx.connection.execute(delete(positions).where(positions.c.unit_id == unit_id))
            tx.connection.execute(delete(units).where(units.c.unit_id == unit_id))
            self._trail.put(tx, _entry("unit.remove", unit_id, by=by, at=self._clock.now(), detail={}))

    def get(self, unit_id: str) -> Unit:
        with self._database.read() as connection:
            return unit_of(connection, unit_id)

    def all(self) -> tuple[Unit, ...]:
        with self._database.read() as connection:
            engaged, crews = _engaged(connection), crews_of(connection)
            found = [_unit(row, engaged, crews) for row in connection.execute(select(schema.units))]
        # Sorted here: a database's collation is its own.
        return tuple(sorted(found, key=lambda unit: unit.unit_id))

    def report(self, unit_id: str, position: Position, status: UnitStatus | None = None) -> Unit:
        now, table = self._clock.now(), schema.units
        check_position(position, now=now)
        with self._database.write() as tx:
            before = unit_of(tx.connection, unit_id)
            where = {
                "latitude": position.latitude,
                "longitude": position.longitude,
                "speed_kmh": position.speed_kmh,
            }
            tx.connection.execute(
                insert(schema.unit_positions).values(unit_id=unit_id, at=position.at, **where)
            )
            said: dict[str, Any] = {}
            if before.position is None or position.at >= before.position.at:
                said |= {"position_at": position.at, **where}
            if status is not None and status is not before.status:
                said |= {"status": status, "status_at": now}
            if said:
                tx.connection.execute(update(table).where(table.c.unit_id == unit_id).values(**said))
            return unit_of(tx.connection, unit_id)

    def set_status(self, unit_id: str, status: UnitStatus, *, by: str) -> Unit:
        now, table = self._clock.now(), schema.units
        with self._database.write() as tx:
            before = unit_of(tx.connection, unit_id)
            tx.connection.execute(
                update(table).where(table.c.unit_id == unit_id).values(status=status, status_at=now)
            )
            detail = {"before": before.status, "after": status}
            self._trail.put(tx, _entry("unit.status", unit_id, by=by, at=now, detail=detail))
            return unit_of(tx.connection, unit_id)

    def positions(self, unit_id: str, *, since: datetime, limit: int) -> tuple[Position, ...]:
        table = schema.unit_positions
        query = (
            select(table)
            .where(table.c.unit_id == unit_id, table.c.at >= since)
            .order_by(table.c.at.desc(), table.c.position_id.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            unit_of(connection, unit_id)
            return tuple(_position(row) for row in connection.execute(query))

    def delete_before(self, moment: datetime) -> int:
        table = schema.unit_positions
        with self._database.write() as tx:
            return tx.connection.execute(delete(table).where(table.c.at < moment)).rowcount

    def record_plan(self, record: AuditRecord, *, announced: BaseModel | None = None) -> None:
        with self._database.write() as tx:
            if announced is not None:
                put_event(tx, "interception", announced, at=record.at)
            self._trail.put(tx, record)


def _entry(action: str, unit_id: str, *, by: str, at: datetime, detail: dict[str, Any]) -> AuditRecord:
    return AuditRecord(
        at=at, user=by, action=action, subject=unit_id, detail=json.dumps(detail, ensure_ascii=False)
    )


def unit_of(connection: Connection, unit_id: str) -> Unit:
    """Raises:
    NotFound: no such unit.
    """
    table = schema.units
    row = None
    if "\0" not in unit_id:  # PostgreSQL can't even be asked for it
        row = connection.execute(select(table).where(table.c.unit_id == unit_id)).one_or_none()
    if row is None:
        raise NotFound(f"no unit {unit_id!r}")
    return _unit(row, _engaged(connection), crews_of(connection))


def sent(connection: Connection, called: str, by: User) -> tuple[str, str]:
    """What the unit is called and its id, by its id or its name. The id is empty where no unit is registered at
    all, so that whatever it is called must do.

    Raises:
        UnknownUnit: there are units in this person's areas, and it is none of them.
    """
    rows = connection.execute(select(schema.units.c.unit_id, schema.units.c.name, schema.units.c.area_id)).all()
    if not rows:
        return called, ""
    mine = with_inner(areas_of(connection), by.areas)
    seen = [row for row in rows if not by.areas or row.area_id is None or row.area_id in mine]
    found = [row for row in seen if row.unit_id == called] or [row for row in seen if row.name == called]
    if len(found) != 1:
        known = (
            ", ".join(sorted(f"{row.unit_id} ({row.name})" for row in seen)[:_NAMED]) or "none in your areas"
        )
        what = "one of several of that name" if found else "another"
        raise UnknownUnit(
            f"expected a registered unit by its id or its own name, got {what}; there are: {known}"
        )
    return found[0].name, found[0].unit_id


def _engaged(connection: Connection) -> dict[str, str]:
    """Unit → the alert it was sent to last, of those that have no outcome yet."""
    alerts, steps = schema.alerts, schema.alert_steps
    query = (
        select(steps.c.unit, steps.c.unit_id, alerts.c.alert_id)
        .join(alerts, alerts.c.alert_id == steps.c.alert_id)
        .where(alerts.c.state == AlertState.DISPATCHED, steps.c.move == AlertMove.DISPATCH)
        .order_by(steps.c.at)
    )
    # Steps of before units were checked have the id as the unit.
    return {row.unit_id or row.unit: row.alert_id for row in connection.execute(query)}


def _unit(row: Row[Any], engaged: dict[str, str], crews: Mapping[str, tuple[str, ...]]) -> Unit:
    position = None
    if row.position_at is not None:
        position = Position(
            at=row.position_at, latitude=row.latitude, longitude=row.longitude, speed_kmh=row.speed_kmh
        )
    return Unit(
        unit_id=row.unit_id,
        name=row.name,
        team=row.team,
        area_id=row.area_id,
        status=UnitStatus(row.status),
        status_at=row.status_at,
        position=position,
        engaged=engaged.get(row.unit_id),
        crew=crews.get(row.unit_id, ()),
    )


def _position(row: Row[Any]) -> Position:
    return Position(at=row.at, latitude=row.latitude, longitude=row.longitude, speed_kmh=row.speed_kmh)
