"""Alerts in the database."""

from __future__ import annotations

import json
import statistics
from collections.abc import Collection, Sequence
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, update

from central.alert import (
    FINAL,
    MOVERS,
    RUNNING,
    Alert,
    AlertMove,
    AlertState,
    OutOfReach,
    Verdict,
    advance,
    join,
    joins,
)
from central.audit import AuditRecord
from central.delivery.target import Happening
from central.order import CLOCK, Order, OrderState
from central.people import User
from central.records import schema
from central.records.alert_rows import (
    alert_of,
    alerts_of,
    insert_alert,
    insert_repeat,
    insert_step,
    known_pairs,
    people_in,
    standing_columns,
    with_orders,
)
from central.records.checkpoints import names_of, scope_for
from central.records.database import Database, Transaction
from central.records.deliveries import SqlDeliveryBook
from central.records.events import put_event
from central.records.hotlist_rows import orders_of_rows
from central.records.order_rows import orders_of
from central.records.people import people_names
from central.records.port import (
    Addressee,
    AlertFigures,
    NotFound,
    OrderedAlert,
    RecordsPolicy,
    SourceFigures,
    UnknownOrder,
)
from central.records.roster import duty_of, shift_of, watchers
from central.records.trail import SqlAuditLog
from central.records.units import sent
from central.roster import next_asked
from central.view import AlertView
from proto.clock import Clock
from proto.identity import uuid7
from proto.passage import Hit, Tier

#: The vehicle of such an order is not, or no longer, to be stopped.
_NOT_WANTED = frozenset({OrderState.WITHDRAWN, OrderState.REJECTED})
#: Escalations made in one transaction, at most; the next second makes the rest.
_ESCALATED_AT_ONCE = 100
_HAPPENINGS = {
    AlertMove.ESCALATE: Happening.ESCALATED,
    AlertMove.HAND_OVER: Happening.HANDED_OVER,
    AlertMove.ACCEPT: Happening.HANDED_OVER,
    AlertMove.DECLINE: Happening.HANDED_OVER,
}
_log = structlog.get_logger(__name__)


class SqlAlertBook:
    """See `central.records.port.AlertBook`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        trail: SqlAuditLog,
        deliveries: SqlDeliveryBook,
        policy: RecordsPolicy,
    ) -> None:
        self._database = database
        self._clock = clock
        self._trail = trail
        self._deliveries = deliveries
        self._policy = policy

    def raise_alerts(self, hits: Sequence[Hit]) -> int:
        if not hits:
            return 0
        now = self._clock.now()
        wanted = {(hit.order_id, str(hit.passage.passage_id)): hit for hit in hits}
        with self._database.write() as tx:
            orders = orders_of(tx.connection, {order_id for order_id, _ in wanted})
            orders |= orders_of_rows(tx, {order_id for order_id, _ in wanted} - orders.keys())
            unknown = sorted({order_id for order_id, _ in wanted} - orders.keys())
            if unknown:
                raise UnknownOrder(f"expected hits on orders that are on the books, got {', '.join(unknown)}")
            there = known_pairs(tx.connection, {passage_id for _, passage_id in wanted})
            fresh = [hit for pair, hit in wanted.items() if pair not in there]
            running = self._running(tx.connection, fresh)
            new = 0
            for hit in fresh:
                order = orders[hit.order_id]
                if order.state in _NOT_WANTED:
                    _log.info("hit raises no alert", order=order.order_id, state=order.state)
                    continue
                # Where it was then is one thing, where it is now another.
                retro = order.looks_back(hit.passage.captured_at)
                alike = (a for a in running if a.retro is retro)
                found = next((a for a in alike if joins(a, hit, gap=self._policy.merge_gap)), None)
                if found is None:
                    alert = _raised(hit, order, at=now)
                    insert_alert(tx.connection, alert)
                    happened, new = Happening.RAISED, new + 1
                else:
                    alert = join(found, hit, at=now)
                    insert_repeat(tx.connection, alert)
                    running.remove(found)
                    happened = Happening.REPEATED
                running.insert(0, alert)
                self._settle(tx, alert, order, happened, at=now)
        return new

    def get(self, alert_id: str) -> OrderedAlert:
        with self._database.read() as connection:
            return alert_of(connection, alert_id)

    def page(
        self,
        *,
        only_open: bool,
        limit: int,
        owned: bool | None = None,
        offered_to: str | None = None,
        checkpoints: Collection[str] | None = None,
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
        if owned is not None:
            query = query.where(table.c.owner != "" if owned else table.c.owner == "")
        query = query.where(*_at(checkpoints))
        with self._database.read() as connection:
            if offered_to is not None:
                offered = {found.alert.alert_id for found in _offered(connection, offered_to)}
                query = query.where(table.c.alert_id.in_(offered))
            rows = connection.execute(query.limit(limit)).all()
            return with_orders(connection, alerts_of(connection, rows))

    def step(
        self,
        alert_id: str,
        move: AlertMove,
        *,
        by: User,
        verdict: Verdict | None = None,
        unit: str = "",
        note: str = "",
        to: Addressee | None = None,
        seen: int | None = None,
    ) -> OrderedAlert:
        now = self._clock.now()
        with self._database.write() as tx:
            found = alert_of(tx.connection, alert_id)
            addressee, people = _people_of(tx.connection, to, found.alert)
            unit_id = ""
            if move is AlertMove.DISPATCH and unit.strip():
                unit, unit_id = sent(tx.connection, unit.strip(), by)
            after = advance(
                found.alert,
                move,
                by=by.username,
                at=now,
                verdict=verdict,
                unit=unit,
                unit_id=unit_id,
                note=note,
                addressee=addressee,
                people=people,
                seen=seen,
            )
            self.stepped(tx, after, found.order, at=now)
        return OrderedAlert(alert=after, order=found.order)

    def hand_over(self, *, by: User, to: Addressee, note: str = "") -> tuple[OrderedAlert, ...]:
        now, table = self._clock.now(), schema.alerts
        with self._database.write() as tx:
            mine = select(table).where(table.c.owner == by.username, table.c.state.not_in(FINAL))
            rows = tx.connection.execute(mine.order_by(table.c.alert_id)).all()
            moved = []
            for found in with_orders(tx.connection, alerts_of(tx.connection, rows)):
                addressee, people = _people_of(tx.connection, to, found.alert)
                after = advance(
                    found.alert,
                    AlertMove.HAND_OVER,
                    by=by.username,
                    at=now,
                    note=note,
                    addressee=addressee,
                    people=people,
                )
                self.stepped(tx, after, found.order, at=now)
                moved.append(OrderedAlert(alert=after, order=found.order))
        return tuple(moved)

    def accept(
        self, *, by: User, note: str = "", checkpoints: Collection[str] | None = None
    ) -> tuple[OrderedAlert, ...]:
        now = self._clock.now()
        with self._database.write() as tx:
            moved = []
            for found in _offered(tx.connection, by.username):
                if checkpoints is not None and not _places(found.alert) & frozenset(checkpoints):
                    continue
                after = advance(found.alert, AlertMove.ACCEPT, by=by.username, at=now, note=note)
                self.stepped(tx, after, found.order, at=now)
                moved.append(OrderedAlert(alert=after, order=found.order))
        return tuple(moved)

    def escalate(self) -> tuple[OrderedAlert, ...]:
        now = self._clock.now()
        table = schema.alerts
        due = table.c.escalate_at <= now
        owed = select(table).where(due).order_by(table.c.escalate_at, table.c.alert_id)
        with self._database.read() as connection:
            if connection.execute(select(table.c.alert_id).where(due).limit(1)).one_or_none() is None:
                return ()
        with self._database.write() as tx:
            rows = tx.connection.execute(owed.limit(_ESCALATED_AT_ONCE)).all()
            moved = []
            for found in with_orders(tx.connection, alerts_of(tx.connection, rows)):
                asked = sum(step.move is AlertMove.ESCALATE for step in found.alert.steps)
                place = found.alert.passages[0].checkpoint_id
                shift = next_asked(duty_of(tx.connection, now, checkpoint_id=place), asked)
                team = "" if shift is None else shift.request.team
                after = advance(found.alert, AlertMove.ESCALATE, by=CLOCK, at=now, addressee=team)
                self.stepped(tx, after, found.order, at=now)
                moved.append(OrderedAlert(alert=after, order=found.order))
        return tuple(moved)

    def figures(self, since: datetime, *, checkpoints: Collection[str] | None = None) -> AlertFigures:
        alerts, steps = schema.alerts, schema.alert_steps
        at = _raised_at(checkpoints)
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

    def sources(
        self, since: datetime, *, checkpoints: Collection[str] | None = None
    ) -> tuple[SourceFigures, ...]:
        table = schema.alerts
        source = (table.c.checkpoint_id, table.c.camera_id, table.c.tier)
        wrong = case((table.c.state == AlertState.FALSE_ALERT, 1), else_=0)
        query = (
            select(*source, func.count().label("raised"), func.sum(wrong).label("false_alerts"))
            .where(table.c.raised_at >= since, *_raised_at(checkpoints))
            .group_by(*source)
        )
        with self._database.read() as connection:
            found = [
                SourceFigures(
                    checkpoint_id=row.checkpoint_id,
                    camera_id=row.camera_id,
                    tier=Tier(row.tier),
                    raised=row.raised,
                    false_alerts=row.false_alerts,
                )
                for row in connection.execute(query)
            ]
        # Sorted here: a database's collation is its own.
        return tuple(sorted(found, key=lambda of: (of.checkpoint_id, of.camera_id, of.tier)))

    def held_images(self, hashes: Collection[str]) -> frozenset[str]:
        table = schema.alert_images
        query = select(table.c.sha256).where(table.c.sha256.in_(hashes))
        with self._database.read() as connection:
            return frozenset(connection.scalars(query))

    def _running(self, connection: Connection, hits: Sequence[Hit]) -> list[Alert]:
        """Alerts that one of the hits might join, the most lately raised first."""
        if not hits:
            return []
        table, gap = schema.alerts, self._policy.merge_gap
        times = [hit.passage.captured_at for hit in hits]
        query = (
            select(table)
            .where(
                table.c.order_id.in_({hit.order_id for hit in hits}),
                table.c.state.in_(RUNNING),
                table.c.last_seen_at >= min(times) - gap,
                table.c.first_seen_at <= max(times) + gap,
            )
            .order_by(table.c.raised_at.desc(), table.c.alert_id.desc())
        )
        return list(alerts_of(connection, connection.execute(query).all()))

    def stepped(self, tx: Transaction, alert: Alert, order: Order, *, at: datetime) -> None:
        """Write its last step, and all that goes with it."""
        insert_step(tx.connection, alert)
        step = alert.steps[-1]
        happened = Happening.ENDED if alert.state in FINAL else _HAPPENINGS.get(step.move, Happening.STEPPED)
        self._settle(tx, alert, order, happened, at=at)
        detail: dict[str, object] = {
            "verdict": step.verdict,
            "unit": step.unit,
            "note": step.note,
            "state": alert.state,
        }
        if step.unit_id:
            detail["unit_id"] = step.unit_id
        if step.addressee:
            detail["addressee"] = step.addressee
        if step.made_at is not None:
            detail["made_at"] = step.made_at.isoformat()
        if step.identity_checked is not None:
            detail["identity_checked"] = step.identity_checked
        if step.photos:
            detail["photos"] = list(step.photos)
        self._trail.put(
            tx,
            AuditRecord(
                at=at,
                user=step.user,
                action=f"alert.{step.move}",
                subject=alert.alert_id,
                reason=order.request.reason,
                case_number=order.request.case_number,
                detail=json.dumps(detail, ensure_ascii=False),
            ),
        )

    def _settle(
        self, tx: Transaction, alert: Alert, order: Order, happened: Happening, *, at: datetime
    ) -> None:
        """Bring the alert's own row up to what it is now, tell of it on the live feed and owe it to targets."""
        table = schema.alerts
        due_at = self._policy.escalation.due_at(alert, order.request.priority)
        tx.connection.execute(
            update(table)
            .where(table.c.alert_id == alert.alert_id)
            .values(**standing_columns(alert), escalate_at=due_at)
        )
        names = names_of(tx.connection, {passage.checkpoint_id for passage in alert.passages})
        people = people_names(tx.connection, people_in([alert]))
        view = AlertView.of(alert, order, names, people)
        put_event(tx, "alert", view, at=at)
        self._deliveries.put(tx, view, happened, at=at)


def _raised_at(checkpoints: Collection[str] | None) -> tuple[ColumnElement[bool], ...]:
    return () if checkpoints is None else (schema.alerts.c.checkpoint_id.in_(checkpoints),)


def _people_of(connection: Connection, to: Addressee | None, alert: Alert) -> tuple[str, frozenset[str]]:
    """What a hand-over's addressee is called, and who may accept the alert.

    Raises:
        NotFound: no such shift, or nobody in it or of that name who may take alerts over.
        OutOfReach: none of them may see any of its passages.
    """
    if to is None:
        return "", frozenset()
    if to.shift_id is not None:
        shift = shift_of(connection, to.shift_id)
        called, people = shift.request.team, watchers(connection, shift.request.people, roles=MOVERS)
        if not people:
            raise NotFound(f"expected an operator in the shift of {called} to hand over to, found none")
    else:
        assert to.username is not None, "one of the two"
        called, people = to.username, watchers(connection, [to.username], roles=MOVERS)
        if not people:
            raise NotFound(f"no operator {called!r}")
    places = _places(alert)
    reached = frozenset(name for name in people if scope_for(connection, name).reached(places))
    if people and not reached:
        raise OutOfReach(
            f"expected somebody of the areas of {', '.join(sorted(places))} to hand the alert over to, "
            f"got {called}"
        )
    return called, reached


def _places(alert: Alert) -> frozenset[str]:
    return frozenset(passage.checkpoint_id for passage in alert.passages)


def _offered(connection: Connection, username: str) -> tuple[OrderedAlert, ...]:
    """Open alerts that this person may accept."""
    table = schema.alerts
    rows = connection.execute(select(table).where(table.c.offer.is_not(None)).order_by(table.c.alert_id)).all()
    return with_orders(connection, alerts_of(connection, [r for r in rows if username in r.offer["people"]]))


def _at(checkpoints: Collection[str] | None) -> tuple[ColumnElement[bool], ...]:
    """Alerts with a passage at one of them: wherever the vehicle came by there is somebody who must know."""
    if checkpoints is None:
        return ()
    alerts, repeats = schema.alerts, schema.alert_repeats
    later = select(repeats.c.alert_id).where(repeats.c.checkpoint_id.in_(checkpoints))
    return (or_(alerts.c.checkpoint_id.in_(checkpoints), alerts.c.alert_id.in_(later)),)


def _raised(hit: Hit, order: Order, *, at: datetime) -> Alert:
    return Alert(
        # Seeded: the same hit raised again would get the same id.
        alert_id=str(uuid7(hit.passage.captured_at, seed=f"{hit.order_id}/{hit.passage.passage_id}")),
        order_id=hit.order_id,
        passage=hit.passage,
        tier=hit.tier,
        score=hit.score,
        watchlist_version=hit.watchlist_version,
        matched_at=hit.matched_at,
        raised_at=at,
        retro=order.looks_back(hit.passage.captured_at),
    )
