"""Deployment orders in the database."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from central.audit import AuditRecord
from central.order import (
    CLOCK,
    FINAL,
    NotYourOrder,
    Order,
    OrderMove,
    OrderRequest,
    OrderState,
    OrderStep,
    advance,
    allowed,
    draft,
    due,
    may,
)
from central.people import User
from central.records import schema
from central.records.database import Database, Transaction
from central.records.events import put_event
from central.records.port import NotFound
from central.records.trail import SqlAuditLog
from central.records.watchlist import SqlWatchlistLog, put_changes
from central.view import OrderView
from central.watchlist import Change
from proto.clock import Clock
from proto.identity import uuid7
from proto.passage import WatchlistEntry
from proto.plate import PlateClass, PlateColour


class SqlOrderBook:
    """See `central.records.port.OrderBook`."""

    def __init__(self, database: Database, clock: Clock, trail: SqlAuditLog) -> None:
        self._database = database
        self._clock = clock
        self._trail = trail
        self._log = SqlWatchlistLog(database)

    def create(self, request: OrderRequest, *, by: User) -> Order:
        now = self._clock.now()
        order = draft(request, order_id=str(uuid7(now)), applicant=by.username, at=now)
        with self._database.write() as tx:
            tx.connection.execute(insert(schema.orders).values(**_columns(order)))
            put_event(tx, "order", OrderView.of(order), at=now)
            self._audit(tx, order, "order.create", by=by.username, at=now)
        return order

    def move(self, order_id: str, move: OrderMove, *, by: User, reason: str = "") -> Order:
        now = self._clock.now()
        with self._database.write() as tx:
            before = _one(tx.connection, order_id)
            mine = may(before.state, before.applicant, username=by.username, roles=by.roles)
            if move in allowed(before.state) and move not in mine:
                raise NotYourOrder(
                    f"expected somebody who may {move} this order of {before.applicant}, got {by.username}"
                )
            after = advance(before, move, by=by.username, at=now, reason=reason)
            owed = due(after, now) if move is OrderMove.APPROVE else None
            if owed is not None:
                after = advance(after, owed, by=CLOCK, at=now)
            self._store(tx, before, after, at=now)
            self._audit(tx, after, f"order.{move}", by=by.username, at=now, reason=reason)
        return after

    def get(self, order_id: str) -> Order:
        with self._database.read() as connection:
            return _one(connection, order_id)

    def page(self, *, state: OrderState | None = None, limit: int) -> tuple[Order, ...]:
        table = schema.orders
        query = select(table).order_by(table.c.updated_at.desc(), table.c.order_id.desc()).limit(limit)
        if state is not None:
            query = query.where(table.c.state == state)
        with self._database.read() as connection:
            return _with_steps(connection, connection.execute(query).all())

    def tick(self) -> int:
        now = self._clock.now()
        with self._database.read() as connection:
            if not _owed(connection, now):
                return 0
        with self._database.write() as tx:
            moved = 0
            for before in _owed(tx.connection, now):
                owed = due(before, now)
                assert owed is not None, "selected as due"
                after = advance(before, owed, by=CLOCK, at=now)
                self._store(tx, before, after, at=now)
                self._audit(tx, after, f"order.{owed}", by=CLOCK, at=now)
                moved += 1
            return moved

    def version(self) -> int:
        with self._database.read() as connection:
            return _version(connection)

    def entries(self) -> tuple[int, tuple[WatchlistEntry, ...]]:
        with self._database.read() as connection:
            return _version(connection), tuple(active_entries(connection))

    def changes(self, since: int) -> tuple[int, Sequence[Change]] | None:
        return self._log.changes(since)

    def _store(self, tx: Transaction, before: Order, after: Order, *, at: datetime) -> None:
        table = schema.orders
        changed = tx.connection.execute(
            update(table)
            .where(table.c.order_id == after.order_id, table.c.version == before.version)
            .values(
                state=after.state, version=after.version, approver=after.approver, updated_at=after.updated_at
            )
        )
        assert changed.rowcount == 1, "the write lock is held"
        first = len(before.history)
        tx.connection.execute(
            insert(schema.order_steps),
            [
                {
                    "order_id": after.order_id,
                    "number": first + i,
                    "at": step.at,
                    "username": step.user,
                    "move": step.move,
                    "before": step.before,
                    "after": step.after,
                    "reason": step.reason,
                }
                for i, step in enumerate(after.history[first:], start=1)
            ],
        )
        put_changes(tx, [(_listed(before), _listed(after))], at=at)
        put_event(tx, "order", OrderView.of(after), at=at)

    def _audit(
        self, tx: Transaction, order: Order, action: str, *, by: str, at: datetime, reason: str = ""
    ) -> None:
        detail = {"plate": order.request.plate, "state": order.state, "version": order.version}
        self._trail.put(
            tx,
            AuditRecord(
                at=at,
                user=by,
                action=action,
                subject=order.order_id,
                reason=reason or order.request.reason,
                case_number=order.request.case_number,
                detail=json.dumps(detail, ensure_ascii=False),
            ),
        )


def orders_of(connection: Connection, order_ids: Collection[str]) -> dict[str, Order]:
    """Id → order of those that there are."""
    table = schema.orders
    rows = connection.execute(select(table).where(table.c.order_id.in_(order_ids))).all()
    return {order.order_id: order for order in _with_steps(connection, rows)}


def active_entries(connection: Connection) -> Iterator[WatchlistEntry]:
    """What is watched for, by order."""
    table = schema.orders
    query = select(table).where(table.c.state == OrderState.ACTIVE).order_by(table.c.order_id)
    for row in connection.execute(query):
        yield _order(row, ()).entry()


def _listed(order: Order) -> WatchlistEntry | None:
    return order.entry() if order.state is OrderState.ACTIVE else None


def _one(connection: Connection, order_id: str) -> Order:
    table = schema.orders
    row = connection.execute(select(table).where(table.c.order_id == order_id)).one_or_none()
    if row is None:
        raise NotFound(f"no order {order_id!r}")
    return _with_steps(connection, [row])[0]


def _owed(connection: Connection, now: datetime) -> tuple[Order, ...]:
    """Orders that the clock owes a move: `central.order.due` in SQL."""
    table = schema.orders
    begun = or_(table.c.valid_from.is_(None), table.c.valid_from <= now)
    query = select(table).where(
        or_(
            # By name: what a state is not, no index tells.
            table.c.state.in_(set(OrderState) - FINAL) & (table.c.valid_until <= now),
            (table.c.state == OrderState.APPROVED) & begun,
        )
    )
    return _with_steps(connection, connection.execute(query).all())


def _version(connection: Connection) -> int:
    return int(connection.execute(select(schema.watchlist.c.version)).scalar_one())


def _with_steps(connection: Connection, rows: Collection[Row[Any]]) -> tuple[Order, ...]:
    table = schema.order_steps
    steps: dict[str, list[OrderStep]] = {row.order_id: [] for row in rows}
    query = select(table).where(table.c.order_id.in_(steps)).order_by(table.c.order_id, table.c.number)
    for row in connection.execute(query):
        steps[row.order_id].append(
            OrderStep(
                at=row.at,
                user=row.username,
                move=OrderMove(row.move),
                before=OrderState(row.before),
                after=OrderState(row.after),
                reason=row.reason,
            )
        )
    return tuple(_order(row, tuple(steps[row.order_id])) for row in rows)


def _columns(order: Order) -> dict[str, Any]:
    wanted = order.request
    return {
        "order_id": order.order_id,
        "version": order.version,
        "state": order.state,
        "plate": wanted.plate,
        "plate_class": wanted.plate_class,
        "colour": wanted.colour,
        "checkpoints": sorted(wanted.checkpoints),
        "directions": sorted(wanted.directions),
        "priority": wanted.priority,
        "reason": wanted.reason,
        "case_number": wanted.case_number,
        "legal_basis": wanted.legal_basis,
        "contact": wanted.contact,
        "danger_note": wanted.danger_note,
        "instructions": wanted.instructions,
        "valid_from": wanted.valid_from,
        "valid_until": wanted.valid_until,
        "applicant": order.applicant,
        "approver": order.approver,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
    }


def _order(row: Row[Any], history: tuple[OrderStep, ...]) -> Order:
    return Order(
        order_id=row.order_id,
        version=row.version,
        state=OrderState(row.state),
        request=OrderRequest(
            plate=row.plate,
            plate_class=None if row.plate_class is None else PlateClass(row.plate_class),
            colour=None if row.colour is None else PlateColour(row.colour),
            checkpoints=frozenset(row.checkpoints),
            directions=frozenset(row.directions),
            priority=row.priority,
            reason=row.reason,
            case_number=row.case_number,
            legal_basis=row.legal_basis,
            contact=row.contact,
            danger_note=row.danger_note,
            instructions=row.instructions,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        ),
        applicant=row.applicant,
        approver=row.approver,
        created_at=row.created_at,
        updated_at=row.updated_at,
        history=history,
    )
