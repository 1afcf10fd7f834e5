"""Targets and deliveries in the database."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, Select, and_, case, delete, func, insert, or_, select, update

from central.area import with_inner
from central.audit import AuditRecord
from central.delivery.notice import facts_of
from central.delivery.port import Claim, Delivery, DeliveryState, TargetFigures
from central.delivery.target import (
    SECRET_OVERLAP,
    Carry,
    Happening,
    InvalidTarget,
    NotDead,
    Target,
    TargetKind,
    TargetRequest,
    check_target,
)
from central.picture import Addresses
from central.records import schema
from central.records.database import Database, Transaction
from central.records.places import areas_of
from central.records.port import NotFound
from central.records.trail import SqlAuditLog
from central.view import AlertView
from proto.clock import Clock
from proto.identity import uuid7

MAX_ERROR = 500


class SqlDeliveryBook:
    """See `central.delivery.port.DeliveryBook`."""

    def __init__(self, database: Database, clock: Clock, trail: SqlAuditLog, picture_key: bytes) -> None:
        self._database = database
        self._clock = clock
        self._trail = trail
        self._picture_key = picture_key

    def put(self, tx: Transaction, view: AlertView, happening: Happening, *, at: datetime) -> None:
        """Owe it to every target that wants it, in the transaction of what happened."""
        rows = tx.connection.execute(select(schema.targets).where(schema.targets.c.enabled.is_(True))).all()
        owed = [target for target in map(_target, rows) if _wants(tx.connection, target, view, happening)]
        if owed:
            view = Addresses.in_messages(self._picture_key, now=at).alert(view)
            tx.connection.execute(
                insert(schema.deliveries),
                [
                    {
                        "delivery_id": str(uuid4()),
                        "target_id": target.target_id,
                        "alert_id": view.alert_id,
                        "event": happening,
                        "body": json.dumps(facts_of(view, happening, target.request.carry), ensure_ascii=False),
                        "state": DeliveryState.PENDING,
                        "attempts": 0,
                        "created_at": at,
                        "next_at": at,
                        "leased_by": "",
                        "last_error": "",
                    }
                    for target in owed
                ],
            )

    def add_target(self, wanted: TargetRequest, *, secret: str, by: str) -> Target:
        now = self._clock.now()
        target = Target(target_id=str(uuid7(now)), request=wanted, secret=secret)
        with self._database.write() as tx:
            _check(tx.connection, wanted)
            tx.connection.execute(
                insert(schema.targets).values(
                    target_id=target.target_id, secret=secret, previous_secret="", **_columns(wanted)
                )
            )
            self._audit(tx, target, "target.add", by=by, at=now)
        return target

    def change_target(self, target_id: str, wanted: TargetRequest, *, by: str) -> Target:
        table = schema.targets
        with self._database.write() as tx:
            before = _one(tx.connection, target_id)
            _check(tx.connection, wanted)
            if wanted.kind is not before.request.kind:
                raise InvalidTarget(f"expected the kind to stay {before.request.kind}, got {wanted.kind}")
            tx.connection.execute(
                update(table).where(table.c.target_id == target_id).values(**_columns(wanted))
            )
            target = replace(before, request=wanted)
            self._audit(tx, target, "target.change", by=by, at=self._clock.now())
        return target

    def change_secret(self, target_id: str, secret: str, *, by: str) -> Target:
        now, table = self._clock.now(), schema.targets
        with self._database.write() as tx:
            before = _one(tx.connection, target_id)
            target = replace(
                before, secret=secret, previous_secret=before.secret, previous_until=now + SECRET_OVERLAP
            )
            tx.connection.execute(
                update(table)
                .where(table.c.target_id == target_id)
                .values(
                    secret=secret,
                    previous_secret=target.previous_secret,
                    previous_until=target.previous_until,
                )
            )
            self._audit(tx, target, "target.change_secret", by=by, at=now)
        return target

    def target(self, target_id: str) -> Target:
        with self._database.read() as connection:
            return _one(connection, target_id)

    def targets(self) -> tuple[Target, ...]:
        with self._database.read() as connection:
            found = map(_target, connection.execute(select(schema.targets)).all())
            # Sorted here: a database's collation is its own.
            return tuple(sorted(found, key=lambda target: (target.request.name, target.target_id)))

    def claim(self, worker: str, *, limit: int, lease: timedelta) -> tuple[Claim, ...]:
        now, table = self._clock.now(), schema.deliveries
        with self._database.read() as connection:
            if limit < 1 or connection.execute(_due(now).limit(1)).one_or_none() is None:
                return ()
        with self._database.write() as tx:
            rows = tx.connection.execute(
                _due(now).order_by(table.c.attempts, table.c.number).limit(limit)
            ).all()
            if not rows:
                return ()
            tx.connection.execute(
                update(table)
                .where(table.c.number.in_([row.number for row in rows]))
                .values(leased_by=worker, leased_until=now + lease, attempts=table.c.attempts + 1)
            )
            targets = {row.target_id: _one(tx.connection, row.target_id) for row in rows}
        return tuple(
            Claim(
                delivery=replace(_delivery(row), attempts=row.attempts + 1),
                target=targets[row.target_id],
                body=row.body,
                worker=worker,
            )
            for row in rows
        )

    def delivered(self, claim: Claim) -> bool:
        return self._settle(claim, state=DeliveryState.DELIVERED, delivered_at=self._clock.now(), last_error="")

    def failed(self, claim: Claim, *, error: str, retry_at: datetime | None) -> bool:
        changed: dict[str, Any] = {"last_error": error[:MAX_ERROR]}
        if retry_at is None:
            return self._settle(claim, state=DeliveryState.DEAD, **changed)
        return self._settle(claim, next_at=retry_at, **changed)

    def resend(self, delivery_id: str, *, by: str) -> Delivery:
        now, table = self._clock.now(), schema.deliveries
        with self._database.write() as tx:
            mine = table.c.delivery_id == delivery_id
            row = tx.connection.execute(select(table).where(mine)).one_or_none()
            if row is None:
                raise NotFound(f"no delivery {delivery_id!r}")
            if row.state != DeliveryState.DEAD:
                raise NotDead(f"expected a dead delivery to send again, got one that is {row.state}")
            tx.connection.execute(
                update(table).where(mine).values(state=DeliveryState.PENDING, attempts=0, next_at=now)
            )
            self._trail.put(tx, AuditRecord(at=now, user=by, action="delivery.resend", subject=delivery_id))
            return _delivery(tx.connection.execute(select(table).where(mine)).one())

    def page(
        self,
        *,
        limit: int,
        state: DeliveryState | None = None,
        target_id: str | None = None,
        alert_id: str | None = None,
        before: int | None = None,
    ) -> tuple[Delivery, ...]:
        table = schema.deliveries
        query = select(table).order_by(table.c.number.desc()).limit(limit)
        for column, wanted in (
            (table.c.state, state),
            (table.c.target_id, target_id),
            (table.c.alert_id, alert_id),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        if before is not None:
            query = query.where(table.c.number < before)
        with self._database.read() as connection:
            return tuple(_delivery(row) for row in connection.execute(query))

    def figures(self) -> tuple[TargetFigures, ...]:
        targets, owed = schema.targets, schema.deliveries
        counts = [
            func.coalesce(func.sum(case((owed.c.state == state, 1), else_=0)), 0)
            for state in (DeliveryState.PENDING, DeliveryState.DEAD)
        ]
        query = (
            select(targets.c.target_id, targets.c.name, counts[0].label("pending"), counts[1].label("dead"))
            .outerjoin(owed, and_(owed.c.target_id == targets.c.target_id, owed.c.state.in_(_UNDELIVERED)))
            .group_by(targets.c.target_id, targets.c.name)
        )
        with self._database.read() as connection:
            found = [
                TargetFigures(target_id=row.target_id, name=row.name, pending=row.pending, dead=row.dead)
                for row in connection.execute(query)
            ]
        return tuple(sorted(found, key=lambda of: (of.name, of.target_id)))

    def prune(self, moment: datetime, *, states: Collection[DeliveryState]) -> int:
        table = schema.deliveries
        with self._database.write() as tx:
            old = and_(table.c.created_at < moment, table.c.state.in_(states))
            return tx.connection.execute(delete(table).where(old)).rowcount

    def _settle(self, claim: Claim, **values: Any) -> bool:
        table, of = schema.deliveries, claim.delivery
        with self._database.write() as tx:
            changed = tx.connection.execute(
                update(table)
                .where(
                    table.c.number == of.number,
                    table.c.leased_by == claim.worker,
                    table.c.attempts == of.attempts,
                    table.c.state == DeliveryState.PENDING,
                )
                .values(leased_by="", leased_until=None, **values)
            )
            return changed.rowcount == 1

    def _audit(self, tx: Transaction, target: Target, action: str, *, by: str, at: datetime) -> None:
        wanted = target.request
        # Without the address: a robot's has its key in it.
        detail = {
            "name": wanted.name,
            "kind": wanted.kind,
            "events": sorted(wanted.events),
            "carry": sorted(wanted.carry),
            "areas": sorted(wanted.areas),
            "max_priority": wanted.max_priority,
            "enabled": wanted.enabled,
        }
        self._trail.put(
            tx,
            AuditRecord(
                at=at,
                user=by,
                action=action,
                subject=target.target_id,
                detail=json.dumps(detail, ensure_ascii=False),
            ),
        )


_UNDELIVERED = (DeliveryState.PENDING, DeliveryState.DEAD)


def _due(now: datetime) -> Select[Any]:
    """The oldest pending one of each target, where its time has come and nobody has it."""
    table, targets = schema.deliveries, schema.targets
    oldest = (
        select(func.min(table.c.number))
        .where(table.c.state == DeliveryState.PENDING)
        .group_by(table.c.target_id)
    )
    free = or_(table.c.leased_until.is_(None), table.c.leased_until <= now)
    enabled = select(targets.c.target_id).where(targets.c.enabled.is_(True))
    return select(table).where(
        table.c.number.in_(oldest), table.c.next_at <= now, free, table.c.target_id.in_(enabled)
    )


def _wants(connection: Connection, target: Target, view: AlertView, happening: Happening) -> bool:
    wanted = target.request
    if happening not in wanted.events or view.priority > wanted.max_priority:
        return False
    if not wanted.areas:
        return True
    inside = with_inner(areas_of(connection), wanted.areas)
    table = schema.checkpoints
    where = select(table.c.area_id).where(
        table.c.checkpoint_id.in_([each for each in view.checkpoint_ids if "\0" not in each])
    )
    return not inside.isdisjoint(connection.scalars(where))


def _check(connection: Connection, wanted: TargetRequest) -> None:
    check_target(wanted, areas={area.area_id for area in areas_of(connection)})


def _one(connection: Connection, target_id: str) -> Target:
    table = schema.targets
    row = connection.execute(select(table).where(table.c.target_id == target_id)).one_or_none()
    if row is None:
        raise NotFound(f"no target {target_id!r}")
    return _target(row)


def _columns(wanted: TargetRequest) -> dict[str, Any]:
    return {
        "name": wanted.name.strip(),
        "kind": wanted.kind,
        "address": wanted.address,
        "events": sorted(wanted.events),
        "max_priority": wanted.max_priority,
        "areas": sorted(wanted.areas),
        "carry": sorted(wanted.carry),
        "language": wanted.language,
        "enabled": wanted.enabled,
    }


def _target(row: Row[Any]) -> Target:
    return Target(
        target_id=row.target_id,
        request=TargetRequest(
            name=row.name,
            kind=TargetKind(row.kind),
            address=row.address,
            events=frozenset(map(Happening, row.events)),
            max_priority=row.max_priority,
            areas=frozenset(row.areas),
            carry=frozenset(map(Carry, row.carry)),
            language=row.language,
            enabled=row.enabled,
        ),
        secret=row.secret,
        previous_secret=row.previous_secret,
        previous_until=row.previous_until,
    )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        number=row.number,
        delivery_id=row.delivery_id,
        target_id=row.target_id,
        alert_id=row.alert_id,
        event=row.event,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        next_at=row.next_at,
        delivered_at=row.delivered_at,
        last_error=row.last_error,
    )
