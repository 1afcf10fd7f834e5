"""Alerts in the database."""

from __future__ import annotations

import json
import statistics
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import structlog
from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, update

from central.alert import FINAL, Alert, AlertMove, AlertState, AlertStep, Verdict, advance
from central.audit import AuditRecord
from central.order import OrderState
from central.people import User
from central.records import schema
from central.records.checkpoints import names_of
from central.records.database import Database
from central.records.events import put_event
from central.records.orders import orders_of
from central.records.port import AlertFigures, NotFound, OrderedAlert, UnknownOrder
from central.records.trail import SqlAuditLog
from central.view import AlertView
from proto.clock import Clock
from proto.identity import uuid7
from proto.passage import Hit, Passage, Tier

_PASSAGE: TypeAdapter[Passage] = TypeAdapter(Passage)
#: The vehicle of such an order is not, or no longer, to be stopped.
_NOT_WANTED = frozenset({OrderState.WITHDRAWN, OrderState.REJECTED})
_log = structlog.get_logger(__name__)


class SqlAlertBook:
    """See `central.records.port.AlertBook`."""

    def __init__(self, database: Database, clock: Clock, trail: SqlAuditLog) -> None:
        self._database = database
        self._clock = clock
        self._trail = trail

    def raise_alerts(self, hits: Sequence[Hit]) -> int:
        if not hits:
            return 0
        now = self._clock.now()
        wanted = {(hit.order_id, str(hit.passage.passage_id)): hit for hit in hits}
        with self._database.write() as tx:
            orders = orders_of(tx.connection, {order_id for order_id, _ in wanted})
            unknown = sorted({order_id for order_id, _ in wanted} - orders.keys())
            if unknown:
                raise UnknownOrder(f"expected hits on orders that are on the books, got {', '.join(unknown)}")
            names = names_of(tx.connection, {hit.passage.checkpoint_id for hit in wanted.values()})
            there = _pairs(tx.connection, {passage_id for _, passage_id in wanted})
            new = 0
            for (order_id, passage_id), hit in wanted.items():
                if (order_id, passage_id) in there:
                    continue
                order = orders[order_id]
                if order.state in _NOT_WANTED:
                    _log.info("hit raises no alert", order=order_id, state=order.state, passage=passage_id)
                    continue
                alert = Alert(
                    # Seeded: the same hit raised again would get the same id.
                    alert_id=str(uuid7(hit.passage.captured_at, seed=f"{order_id}/{passage_id}")),
                    order_id=order_id,
                    passage=hit.passage,
                    tier=hit.tier,
                    score=hit.score,
                    watchlist_version=hit.watchlist_version,
                    matched_at=hit.matched_at,
                    raised_at=now,
                )
                tx.connection.execute(insert(schema.alerts).values(**_columns(alert)))
                put_event(tx, "alert", AlertView.of(alert, order, names), at=now)
                new += 1
        return new

    def get(self, alert_id: str) -> OrderedAlert:
        with self._database.read() as connection:
            return _one(connection, alert_id)

    def page(
        self, *, only_open: bool, limit: int, checkpoints: Collection[str] | None = None
    ) -> tuple[OrderedAlert, ...]:
        table = schema.alerts
        newest = (table.c.raised_at.desc(), table.c.alert_id.desc())
        if only_open:
            # With more open than are asked for, the urgent ones are those that must not be missing.
            orders = schema.orders
            query = (
                select(table)
                .join(orders, orders.c.order_id == table.c.order_id)
                .where(table.c.state.not_in(FINAL))
                .order_by(orders.c.priority, *newest)
            )
        else:
            query = select(table).order_by(*newest)
        query = query.where(*_at(checkpoints)).limit(limit)
        with self._database.read() as connection:
            return _complete(connection, connection.execute(query).all())

    def step(
        self,
        alert_id: str,
        move: AlertMove,
        *,
        by: User,
        verdict: Verdict | None = None,
        unit: str = "",
        note: str = "",
    ) -> OrderedAlert:
        now = self._clock.now()
        with self._database.write() as tx:
            found = _one(tx.connection, alert_id)
            after = advance(found.alert, move, by=by.username, at=now, verdict=verdict, unit=unit, note=note)
            changed = tx.connection.execute(
                update(schema.alerts)
                .where(schema.alerts.c.alert_id == alert_id, schema.alerts.c.state == found.alert.state)
                .values(state=after.state)
            )
            assert changed.rowcount == 1, "the write lock is held"
            step = after.steps[-1]
            tx.connection.execute(
                insert(schema.alert_steps).values(
                    alert_id=alert_id,
                    number=len(after.steps),
                    at=step.at,
                    username=step.user,
                    move=step.move,
                    before=step.before,
                    after=step.after,
                    verdict=step.verdict,
                    unit=step.unit,
                    note=step.note,
                )
            )
            names = names_of(tx.connection, {after.passage.checkpoint_id})
            put_event(tx, "alert", AlertView.of(after, found.order, names), at=now)
            detail = {"verdict": verdict, "unit": step.unit, "note": step.note, "state": after.state}
            self._trail.put(
                tx,
                AuditRecord(
                    at=now,
                    user=by.username,
                    action=f"alert.{move}",
                    subject=alert_id,
                    reason=found.order.request.reason,
                    case_number=found.order.request.case_number,
                    detail=json.dumps(detail, ensure_ascii=False),
                ),
            )
        return OrderedAlert(alert=after, order=found.order)

    def figures(self, since: datetime, *, checkpoints: Collection[str] | None = None) -> AlertFigures:
        alerts, steps = schema.alerts, schema.alert_steps
        at = _at(checkpoints)
        recent = and_(alerts.c.raised_at >= since, *at)
        with self._database.read() as connection:
            raised = connection.scalar(select(func.count()).where(recent)) or 0
            false_alerts = (
                connection.scalar(select(func.count()).where(recent, alerts.c.state == AlertState.FALSE_ALERT))
                or 0
            )
            still_open = (
                connection.scalar(
                    select(func.count()).select_from(alerts).where(alerts.c.state.not_in(FINAL), *at)
                )
                or 0
            )
            signed = connection.execute(
                select(alerts.c.raised_at, steps.c.at)
                .join(steps, steps.c.alert_id == alerts.c.alert_id)
                .where(recent, steps.c.move == AlertMove.SIGN_OFF)
            ).all()
        waits = [(row.at - row.raised_at).total_seconds() for row in signed]
        return AlertFigures(
            raised=raised,
            false_alerts=false_alerts,
            open=still_open,
            sign_off_seconds_p50=statistics.median(waits) if waits else None,
        )


def _at(checkpoints: Collection[str] | None) -> tuple[ColumnElement[bool], ...]:
    return () if checkpoints is None else (schema.alerts.c.checkpoint_id.in_(checkpoints),)


def _pairs(connection: Connection, passage_ids: Collection[str]) -> set[tuple[str, str]]:
    table = schema.alerts
    query = select(table.c.order_id, table.c.passage_id).where(table.c.passage_id.in_(passage_ids))
    return {(row.order_id, row.passage_id) for row in connection.execute(query)}


def _one(connection: Connection, alert_id: str) -> OrderedAlert:
    table = schema.alerts
    row = connection.execute(select(table).where(table.c.alert_id == alert_id)).one_or_none()
    if row is None:
        raise NotFound(f"no alert {alert_id!r}")
    return _complete(connection, [row])[0]


def _complete(connection: Connection, rows: Collection[Row[Any]]) -> tuple[OrderedAlert, ...]:
    table = schema.alert_steps
    steps: dict[str, list[AlertStep]] = {row.alert_id: [] for row in rows}
    query = select(table).where(table.c.alert_id.in_(steps)).order_by(table.c.alert_id, table.c.number)
    for row in connection.execute(query):
        steps[row.alert_id].append(
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
    orders = orders_of(connection, {row.order_id for row in rows})
    return tuple(
        OrderedAlert(alert=_alert(row, tuple(steps[row.alert_id])), order=orders[row.order_id]) for row in rows
    )


def _columns(alert: Alert) -> dict[str, Any]:
    return {
        "alert_id": alert.alert_id,
        "order_id": alert.order_id,
        "passage_id": str(alert.passage.passage_id),
        "passage": _PASSAGE.dump_json(alert.passage).decode(),
        # PostgreSQL holds no NUL; no area names a checkpoint with one.
        "checkpoint_id": alert.passage.checkpoint_id.replace("\0", "\ufffd"),
        "tier": alert.tier,
        "score": alert.score,
        "watchlist_version": alert.watchlist_version,
        "matched_at": alert.matched_at,
        "raised_at": alert.raised_at,
        "state": alert.state,
    }


def _alert(row: Row[Any], steps: tuple[AlertStep, ...]) -> Alert:
    return Alert(
        alert_id=row.alert_id,
        order_id=row.order_id,
        passage=_PASSAGE.validate_json(row.passage),
        tier=Tier(row.tier),
        score=row.score,
        watchlist_version=row.watchlist_version,
        matched_at=row.matched_at,
        raised_at=row.raised_at,
        state=AlertState(row.state),
        steps=steps,
    )
