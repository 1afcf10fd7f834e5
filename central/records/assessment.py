"""What assessment is computed from, read out of the database in one view."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import Connection, and_, case, func, select

from central.alert import AlertMove, AlertState, AlertStep, Verdict
from central.assessment import AlertFacts, OrderFacts
from central.device_health import Device, DeviceFacts
from central.order import OrderMove, OrderState, OrderStep
from central.records import schema
from central.records.database import Database
from proto.passage import Tier


class SqlAssessmentBook:
    """See `central.records.port.AssessmentBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def alerts(
        self, since: datetime, until: datetime, *, checkpoints: Collection[str] | None = None
    ) -> tuple[AlertFacts, ...]:
        table, steps = schema.alerts, schema.alert_steps
        wanted = and_(table.c.raised_at >= since, table.c.raised_at < until)
        if checkpoints is not None:
            wanted = and_(wanted, table.c.checkpoint_id.in_(sorted(checkpoints)))
        made: dict[str, list[AlertStep]] = {}
        with self._database.read() as connection:
            query = (
                select(steps)
                .join(table, table.c.alert_id == steps.c.alert_id)
                .where(wanted)
                .order_by(steps.c.alert_id, steps.c.number)
            )
            for row in connection.execute(query):
                made.setdefault(row.alert_id, []).append(
                    AlertStep(
                        at=row.at,
                        user=row.username,
                        move=AlertMove(row.move),
                        before=AlertState(row.before),
                        after=AlertState(row.after),
                        verdict=None if row.verdict is None else Verdict(row.verdict),
                        unit=row.unit,
                        note=row.note,
                    )
                )
            rows = connection.execute(
                select(
                    table.c.alert_id,
                    table.c.tier,
                    table.c.camera_id,
                    table.c.checkpoint_id,
                    table.c.raised_at,
                    table.c.state,
                )
                .where(wanted)
                .order_by(table.c.raised_at, table.c.alert_id)
            ).all()
        return tuple(
            AlertFacts(
                alert_id=row.alert_id,
                tier=Tier(row.tier),
                camera_id=row.camera_id,
                checkpoint_id=row.checkpoint_id,
                raised_at=row.raised_at,
                state=AlertState(row.state),
                steps=tuple(made.get(row.alert_id, ())),
            )
            for row in rows
        )

    def orders(self, since: datetime, until: datetime) -> tuple[OrderFacts, ...]:
        table, steps = schema.orders, schema.order_steps
        wanted = and_(table.c.created_at >= since, table.c.created_at < until)
        made: dict[str, list[OrderStep]] = {}
        with self._database.read() as connection:
            query = (
                select(steps)
                .join(table, table.c.order_id == steps.c.order_id)
                .where(wanted)
                .order_by(steps.c.order_id, steps.c.number)
            )
            for row in connection.execute(query):
                made.setdefault(row.order_id, []).append(
                    OrderStep(
                        at=row.at,
                        user=row.username,
                        move=OrderMove(row.move),
                        before=OrderState(row.before),
                        after=OrderState(row.after),
                        reason=row.reason,
                    )
                )
            raised = _alerts_of(connection, since)
            rows = connection.execute(
                select(
                    table.c.order_id,
                    table.c.applicant,
                    table.c.created_at,
                    table.c.state,
                    table.c.case_number,
                )
                .where(wanted)
                .order_by(table.c.created_at, table.c.order_id)
            ).all()
        return tuple(
            OrderFacts(
                order_id=row.order_id,
                applicant=row.applicant,
                created_at=row.created_at,
                state=OrderState(row.state),
                case_number=row.case_number,
                history=tuple(made.get(row.order_id, ())),
                alerts=raised.get(row.order_id, (0, 0))[0],
                false_alerts=raised.get(row.order_id, (0, 0))[1],
            )
            for row in rows
        )

    def devices(
        self, first: date, end: date, *, checkpoints: Collection[str] | None = None
    ) -> tuple[DeviceFacts, ...]:
        table = schema.device_days
        of = (table.c.node_id, table.c.camera_id)
        inside = and_(table.c.day >= first, table.c.day < end)
        query = (
            select(
                *of,
                func.min(table.c.checkpoint_id).label("checkpoint_id"),
                func.min(table.c.first_at).label("first_at"),
                func.sum(case((inside, table.c.alive_s), else_=0.0)).label("alive_s"),
            )
            .where(table.c.day < end)
            .group_by(*of)
        )
        if checkpoints is not None:
            query = query.where(table.c.checkpoint_id.in_(sorted(checkpoints)))
        with self._database.read() as connection:
            return tuple(
                DeviceFacts(
                    device=Device(node_id=row.node_id, camera_id=row.camera_id),
                    checkpoint_id=row.checkpoint_id,
                    first_at=row.first_at,
                    alive_s=row.alive_s,
                )
                for row in connection.execute(query)
            )


def _alerts_of(connection: Connection, since: datetime) -> dict[str, tuple[int, int]]:
    """Order → alerts it raised since then, and how many of them were false."""
    table = schema.alerts
    query = (
        select(table.c.order_id, table.c.state, func.count().label("alerts"))
        .where(table.c.raised_at >= since)
        .group_by(table.c.order_id, table.c.state)
    )
    found: dict[str, tuple[int, int]] = {}
    for row in connection.execute(query):
        all_of_it, false = found.get(row.order_id, (0, 0))
        found[row.order_id] = (
            all_of_it + row.alerts,
            false + (row.alerts if row.state == AlertState.FALSE_ALERT else 0),
        )
    return found
