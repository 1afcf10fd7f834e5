"""Legal holds in the database, and the deletion of alerts that none of them keeps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, select, text, update

from central.alert import FINAL
from central.audit import AuditRecord
from central.hold import Hold, HoldRequest, Spared, check, lift
from central.records import schema
from central.records.database import Database, Transaction
from central.records.hands import check_persons
from central.records.port import NotFound
from central.records.trail import SqlAuditLog
from proto.clock import Clock
from proto.identity import uuid7

#: Alerts deleted in one transaction: writers wait for each other.
AT_ONCE = 200
_SECOND = timedelta(seconds=1)


class SqlHoldBook:
    """See `central.records.port.HoldBook`."""

    def __init__(self, database: Database, clock: Clock, trail: SqlAuditLog) -> None:
        self._database = database
        self._clock = clock
        self._trail = trail

    def place(self, request: HoldRequest, *, by: str) -> Hold:
        check(request)
        now = self._clock.now()
        with self._database.write() as tx:
            known = select(schema.alerts.c.alert_id).where(schema.alerts.c.alert_id == request.alert_id)
            if request.alert_id and tx.connection.execute(known).one_or_none() is None:
                raise NotFound(f"no alert {request.alert_id!r}")
            hold = Hold(hold_id=str(uuid7(now)), request=request, placed_by=by, placed_at=now)
            tx.connection.execute(
                insert(schema.holds).values(
                    hold_id=hold.hold_id, **asdict(request), placed_by=by, placed_at=now, lifted_by="",
                    lifted_because="",
                )
            )  # fmt: skip
            self._audit(tx, "hold.place", hold, by=by, at=now, reason=request.reason)
        return hold

    def lift(self, hold_id: str, *, by: str, because: str) -> Hold:
        now = self._clock.now()
        table = schema.holds
        with self._database.write() as tx:
            row = tx.connection.execute(select(table).where(table.c.hold_id == hold_id)).one_or_none()
            if row is None:
                raise NotFound(f"no hold {hold_id!r}")
            after = lift(_hold(row), by=by, at=now, because=because)
            check_persons(tx.connection, after.placed_by, by)
            tx.connection.execute(
                update(table)
                .where(table.c.hold_id == hold_id)
                .values(lifted_by=by, lifted_at=now, lifted_because=after.lifted_because)
            )
            self._audit(tx, "hold.lift", after, by=by, at=now, reason=after.lifted_because)
        return after

    def all(self) -> tuple[Hold, ...]:
        table = schema.holds
        newest = select(table).order_by(table.c.placed_at.desc(), table.c.hold_id.desc())
        with self._database.read() as connection:
            return tuple(_hold(row) for row in connection.execute(newest))

    def spared(self) -> tuple[Spared, ...]:
        with self._database.read() as connection:
            return tuple(one for hold in _active(connection) for one in _spared(connection, hold.request))

    def delete_alerts(self, moment: datetime) -> int:
        gone = 0
        while True:
            with self._database.write() as tx:
                chosen = tx.connection.scalars(_old_alerts(tx.connection, moment).limit(AT_ONCE)).all()
                if chosen:
                    _delete(tx.connection, chosen)
            gone += len(chosen)
            if len(chosen) < AT_ONCE:
                return gone

    def scrub(self) -> None:
        self._database.scrub()

    def _audit(self, tx: Transaction, action: str, hold: Hold, *, by: str, at: datetime, reason: str) -> None:
        request = hold.request
        detail = {
            "hold": hold.hold_id,
            "alert": request.alert_id,
            "since": None if request.since is None else request.since.isoformat(),
            "until": None if request.until is None else request.until.isoformat(),
        }
        self._trail.put(
            tx,
            AuditRecord(
                at=at,
                user=by,
                action=action,
                subject=request.plate or request.alert_id or hold.hold_id,
                reason=reason,
                case_number=request.case_number,
                detail=json.dumps(detail),
            ),
        )


def _active(connection: Connection) -> list[Hold]:
    rows = connection.execute(select(schema.holds).where(schema.holds.c.lifted_at.is_(None))).all()
    return [_hold(row) for row in rows]


def _spared(connection: Connection, request: HoldRequest) -> list[Spared]:
    orders, alerts = schema.orders.c, schema.alerts.c
    if request.alert_id:
        found = connection.execute(
            select(orders.plate, alerts.first_seen_at, alerts.last_seen_at, alerts.passage)
            .join(schema.orders, orders.order_id == alerts.order_id)
            .where(alerts.alert_id == request.alert_id)
        ).one_or_none()
        if found is None:
            return []
        read = (json.loads(found.passage).get("plate") or {}).get("text")
        until = found.last_seen_at.replace(microsecond=0) + _SECOND
        return [
            Spared(plate=p, since=found.first_seen_at, until=until) for p in {found.plate, read} - {None, ""}
        ]
    if request.case_number:
        plates = connection.scalars(select(orders.plate).where(orders.case_number == request.case_number)).all()
        wanted = {plate for plate in plates if not request.plate or plate == request.plate}
        return [Spared(plate=plate, since=request.since, until=request.until) for plate in sorted(wanted)]
    return [Spared(plate=request.plate or None, since=request.since, until=request.until)]


def _old_alerts(connection: Connection, moment: datetime) -> Any:
    """Ids of those that are over, too old, and kept by no hold."""
    alerts, orders = schema.alerts, schema.orders
    query = (
        select(alerts.c.alert_id)
        .join(orders, orders.c.order_id == alerts.c.order_id)
        .where(alerts.c.last_seen_at < moment, alerts.c.state.in_(FINAL))
        .order_by(alerts.c.alert_id)
    )
    for hold in _active(connection):
        wanted = hold.request
        terms = []
        if wanted.alert_id:
            terms.append(alerts.c.alert_id == wanted.alert_id)
        if wanted.plate:
            terms.append(orders.c.plate == wanted.plate)
        if wanted.case_number:
            terms.append(orders.c.case_number == wanted.case_number)
        if wanted.since is not None:
            terms.append(alerts.c.last_seen_at >= wanted.since)
        if wanted.until is not None:
            terms.append(alerts.c.first_seen_at < wanted.until)
        query = query.where(~and_(*terms))
    return query


def _delete(connection: Connection, alert_ids: Sequence[str]) -> None:
    """Steps are append-only for everybody but this: the database's own guard is told so, for this
    transaction."""
    postgresql = connection.dialect.name == "postgresql"
    if postgresql:
        connection.execute(text("SELECT set_config('bukong.retention', 'on', true)"))
    else:
        connection.execute(insert(schema.retention_permit).values(only=1))
    for table in (
        schema.deliveries, schema.alert_steps, schema.alert_repeats, schema.alert_images, schema.alerts,
    ):  # fmt: skip
        connection.execute(delete(table).where(table.c.alert_id.in_(alert_ids)))
    if not postgresql:
        connection.execute(delete(schema.retention_permit))


def _hold(row: Row[Any]) -> Hold:
    return Hold(
        hold_id=row.hold_id,
        request=HoldRequest(
            plate=row.plate,
            case_number=row.case_number,
            alert_id=row.alert_id,
            since=row.since,
            until=row.until,
            reason=row.reason,
        ),
        placed_by=row.placed_by,
        placed_at=row.placed_at,
        lifted_by=row.lifted_by,
        lifted_at=row.lifted_at,
        lifted_because=row.lifted_because,
    )
