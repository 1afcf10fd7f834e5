"""Deployment orders in the database."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from central.area import EVERYWHERE, Scope
from central.audit import AuditRecord
from central.estimate import Estimate
from central.order import (
    CLOCK,
    EMERGENCY_FOR,
    EMERGENCY_REST,
    FINAL,
    IllegalMove,
    NotYourOrder,
    Order,
    OrderMove,
    OrderRequest,
    OrderState,
    ReasonMissing,
    Unapproved,
    advance,
    allowed,
    draft,
    due,
    emergency_until,
    may,
)
from central.people import User
from central.records import schema
from central.records.database import Database, Transaction
from central.records.estimates import estimate_json, estimate_of
from central.records.events import put_order_event
from central.records.hands import check_persons
from central.records.hotlist_rows import hotlist_entries
from central.records.order_rows import (
    active_entries,
    insert_revision,
    insert_steps,
    listed,
    newest_number,
    order_columns,
    order_of,
    owed,
    proposed,
    revisions_of,
    update_revision,
    with_steps,
)
from central.records.places import Places
from central.records.port import NotFound, OrderQuality
from central.records.trail import SqlAuditLog
from central.records.watchlist import SqlWatchlistLog, put_changes
from central.revision import (
    PEOPLES_MOVES,
    Revision,
    RevisionKind,
    RevisionMove,
    RevisionState,
    first,
    propose,
    step,
    take,
)
from central.target import TargetKind, covers, overlap, wanted_text
from central.watchlist import Change
from proto.clock import Clock
from proto.identity import uuid7
from proto.passage import WatchlistEntry


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
            tx.connection.execute(insert(schema.orders).values(**order_columns(order)))
            insert_revision(tx.connection, first(order))
            put_order_event(tx, order, at=now)
            self._audit(tx, order, "order.create", by=by.username, at=now)
        return order

    def move(self, order_id: str, move: OrderMove, *, by: User, reason: str = "") -> Order:
        now = self._clock.now()
        with self._database.write() as tx:
            before = order_of(tx.connection, order_id)
            mine = may(before.state, before.applicant, username=by.username, roles=by.roles)
            if move in allowed(before.state) and move not in mine:
                raise NotYourOrder(
                    f"expected somebody who may {move} this order of {before.applicant}, got {by.username}"
                )
            after = advance(before, move, by=by.username, at=now, reason=reason)
            if move is OrderMove.APPROVE:
                check_persons(tx.connection, before.applicant, by.username)
            if move is OrderMove.EMERGENCY:
                earlier = _unapproved(tx.connection, before, now)
                until = emergency_until(earlier, target=before.request.plate, at=now)
                after = replace(after, emergency_until=until)
            owes = due(after, now) if move is OrderMove.APPROVE else None
            if owes is not None:
                after = advance(after, owes, by=CLOCK, at=now)
            self._store(tx, before, after, by=by.username, at=now)
            self._audit(tx, after, f"order.{move}", by=by.username, at=now, reason=reason)
        return after

    def get(self, order_id: str) -> Order:
        with self._database.read() as connection:
            return order_of(connection, order_id)

    def page(
        self, *, state: OrderState | None = None, limit: int, scope: Scope = EVERYWHERE, applicant: str = ""
    ) -> tuple[Order, ...]:
        table = schema.orders
        newest = (table.c.updated_at.desc(), table.c.order_id.desc())
        query = select(table).order_by(*newest)
        if state is not None:
            query = query.where(table.c.state == state)
        with self._database.read() as connection:
            if scope.checkpoints is not None:
                query = query.where(table.c.order_id.in_(_reached(connection, state, limit, scope, applicant)))
            return with_steps(connection, connection.execute(query.limit(limit)).all())

    def propose(
        self, order_id: str, request: OrderRequest, *, kind: RevisionKind, by: User, why: str = ""
    ) -> Revision:
        now = self._clock.now()
        with self._database.write() as tx:
            order = order_of(tx.connection, order_id)
            number = newest_number(tx.connection, order_id) + 1
            new = propose(order, request, kind=kind, number=number, by=by, at=now, why=why)
            waiting = proposed(tx.connection, order_id)
            if waiting is not None:
                raise IllegalMove(
                    f"expected no change that waits for a decision, got revision {waiting.number} that does"
                )
            insert_revision(tx.connection, new)
            if order.state is OrderState.DRAFT:
                new = self._put_in_place(tx, order, new, by=by.username, at=now, own=True)
            else:
                put_order_event(tx, order, at=now)
            self._audit_revision(tx, order, new, "propose", by=by.username, at=now, reason=why)
        return new

    def decide(self, order_id: str, number: int, move: RevisionMove, *, by: User, reason: str = "") -> Revision:
        now = self._clock.now()
        with self._database.write() as tx:
            order = order_of(tx.connection, order_id)
            found = next((r for r in revisions_of(tx.connection, order_id) if r.number == number), None)
            if found is None:
                raise NotFound(f"no revision {number} of order {order_id!r}")
            needed = PEOPLES_MOVES.get(move)
            if needed is None:
                raise IllegalMove(f"expected one of {', '.join(PEOPLES_MOVES)}, got {move}")
            if needed not in by.roles:
                raise NotYourOrder(f"expected an {needed} to {move} a revision, got {by.username}")
            if move is RevisionMove.ACCEPT:
                after = self._put_in_place(tx, order, found, by=by.username, at=now)
                for person in sorted({order.applicant, found.proposer}):
                    check_persons(tx.connection, person, by.username)
            else:
                after = step(found, move, by=by.username, at=now, reason=reason)
                if by.username == order.applicant and move is RevisionMove.REFUSE:
                    raise NotYourOrder(
                        f"expected somebody other than the applicant to {move}, got {by.username}"
                    )
                update_revision(tx.connection, after)
                put_order_event(tx, order, at=now)
            self._audit_revision(tx, order, after, move, by=by.username, at=now, reason=reason)
        return after

    def revisions(self, order_id: str) -> tuple[Revision, ...]:
        with self._database.read() as connection:
            order_of(connection, order_id)
            return revisions_of(connection, order_id)

    def estimate(self, order_id: str, number: int) -> Estimate | None:
        with self._database.read() as connection:
            return estimate_of(connection, order_id, number)

    def put_estimate(self, order_id: str, number: int, estimate: Estimate) -> None:
        table = schema.order_revisions
        this = (table.c.order_id == order_id) & (table.c.number == number)
        with self._database.write() as tx:
            changed = tx.connection.execute(update(table).where(this).values(estimate=estimate_json(estimate)))
            if changed.rowcount == 0:
                raise NotFound(f"no revision {number} of order {order_id!r}")

    def retro_due(self) -> tuple[tuple[Order, WatchlistEntry], ...]:
        table = schema.orders
        query = select(table).where(
            # Not an emergency's: nobody but who asks for its past has looked at it yet.
            table.c.state == OrderState.ACTIVE,
            table.c.retro_s > 0,
            table.c.in_force_from.is_not(None),
            or_(table.c.retro_done.is_(None), table.c.retro_done != table.c.in_force_from),
        )
        with self._database.read() as connection:
            places = Places(connection)
            orders = with_steps(connection, connection.execute(query).all())
            entries = [(order, listed(order, places)) for order in orders]
        return tuple((order, entry) for order, entry in entries if entry is not None)

    def retro_again(self, order_id: str, *, by: User, reason: str) -> Order:
        now, table = self._clock.now(), schema.orders
        if not reason.strip():
            raise ReasonMissing("expected a reason to look through the past once more, got none")
        with self._database.write() as tx:
            order = order_of(tx.connection, order_id)
            if order.state is not OrderState.ACTIVE or not order.request.retro:
                raise IllegalMove(
                    f"expected an active order that asks for its past, got one that is {order.state}"
                )
            mine = table.c.order_id == order_id
            if tx.connection.scalar(select(table.c.retro_done).where(mine)) is None:
                raise IllegalMove(
                    "expected an order whose past was looked through, this one's is waiting for it"
                )
            tx.connection.execute(update(table).where(mine).values(retro_done=None))
            self._audit(tx, order, "order.retro_again", by=by.username, at=now, reason=reason.strip())
        return order

    def retro_done(self, order: Order, *, found: int, raised: int) -> None:
        table = schema.orders
        with self._database.write() as tx:
            tx.connection.execute(
                update(table).where(table.c.order_id == order.order_id).values(retro_done=order.in_force_from)
            )
            detail = {"plate": order.request.plate, "found": found, "raised": raised}
            self._put_audit(tx, order, "order.retro", detail, by=CLOCK, at=self._clock.now(), reason="")

    def quality(self, since: datetime) -> OrderQuality:
        steps = schema.order_steps
        query = select(steps.c.move, func.count().label("n")).where(steps.c.at >= since).group_by(steps.c.move)
        with self._database.read() as connection:
            moves: dict[str, int] = {row.move: row.n for row in connection.execute(query)}
            owing = connection.scalar(select(func.count()).where(schema.orders.c.state == OrderState.EMERGENCY))
        return OrderQuality(
            submitted=moves.get(OrderMove.SUBMIT, 0),
            approved=moves.get(OrderMove.APPROVE, 0),
            rejected=moves.get(OrderMove.REJECT, 0),
            withdrawn=moves.get(OrderMove.WITHDRAW, 0),
            emergencies=moves.get(OrderMove.EMERGENCY, 0),
            lapsed=moves.get(OrderMove.LAPSE, 0),
            owing=owing or 0,
        )

    def tick(self) -> int:
        now = self._clock.now()
        with self._database.read() as connection:
            if not owed(connection, now):
                return 0
        with self._database.write() as tx:
            moved = 0
            for before in owed(tx.connection, now):
                owes = due(before, now)
                assert owes is not None, "selected as due"
                after = advance(before, owes, by=CLOCK, at=now)
                self._store(tx, before, after, by=CLOCK, at=now)
                self._audit(tx, after, f"order.{owes}", by=CLOCK, at=now)
                moved += 1
            return moved

    def version(self) -> int:
        with self._database.read() as connection:
            return _version(connection)

    def entries(self) -> tuple[int, tuple[WatchlistEntry, ...]]:
        with self._database.read() as connection:
            return _version(connection), (*active_entries(connection), *hotlist_entries(connection))

    def changes(self, since: int) -> tuple[int, Sequence[Change]] | None:
        return self._log.changes(since)

    def _put_in_place(
        self, tx: Transaction, order: Order, revision: Revision, *, by: str, at: datetime, own: bool = False
    ) -> Revision:
        """The revision is what the order asks for from now on; returns it as it stands then."""
        current = step(revision, RevisionMove.TAKE_UP if own else RevisionMove.ACCEPT, by=by, at=at)
        after = take(order, revision, by=by, at=at, own=own)
        for other in revisions_of(tx.connection, order.order_id):
            if other.state is RevisionState.CURRENT:
                update_revision(tx.connection, step(other, RevisionMove.SUPERSEDE, by=by, at=at))
        update_revision(tx.connection, current)
        self._store(tx, order, after, by=by, at=at)
        return current

    def _store(self, tx: Transaction, before: Order, after: Order, *, by: str, at: datetime) -> None:
        table = schema.orders
        changed = tx.connection.execute(
            update(table)
            .where(table.c.order_id == after.order_id, table.c.version == before.version)
            .values(**order_columns(after))
        )
        assert changed.rowcount == 1, "the write lock is held"
        insert_steps(tx.connection, after, after=len(before.history))
        if after.state in FINAL:
            waiting = proposed(tx.connection, after.order_id)
            if waiting is not None:
                update_revision(tx.connection, step(waiting, RevisionMove.LAPSE, by=by, at=at))
        places = Places(tx.connection)
        put_changes(tx, [(listed(before, places), listed(after, places))], at=at)
        put_order_event(tx, after, at=at)

    def _audit(
        self, tx: Transaction, order: Order, action: str, *, by: str, at: datetime, reason: str = ""
    ) -> None:
        detail = {"plate": order.request.plate, "state": order.state, "version": order.version}
        self._put_audit(tx, order, action, detail, by=by, at=at, reason=reason)

    def _audit_revision(
        self,
        tx: Transaction,
        order: Order,
        revision: Revision,
        verb: str,
        *,
        by: str,
        at: datetime,
        reason: str,
    ) -> None:
        detail = {"plate": order.request.plate, "revision": revision.number, "state": revision.state}
        self._put_audit(tx, order, f"{revision.kind}.{verb}", detail, by=by, at=at, reason=reason)

    def _put_audit(
        self,
        tx: Transaction,
        order: Order,
        action: str,
        detail: dict[str, Any],
        *,
        by: str,
        at: datetime,
        reason: str,
    ) -> None:
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


def _unapproved(connection: Connection, order: Order, now: datetime) -> list[Unapproved]:
    """Emergencies of late for the same target: one is within the other or, where the applicant is the same, a
    vehicle may fit both."""
    table = schema.orders
    query = select(
        table.c.kind, table.c.plate, table.c.applicant, table.c.state, table.c.emergency_until
    ).where(
        # By when it was changed last, which there is an index of.
        table.c.updated_at > now - EMERGENCY_REST - EMERGENCY_FOR,
        # An approval empties it.
        table.c.emergency_until > now - EMERGENCY_REST,
    )
    mine = wanted_text(order.request.kind, order.request.plate)
    found = []
    for row in connection.execute(query):
        other = wanted_text(TargetKind(row.kind), row.plate)
        alike = overlap(mine, other) if row.applicant == order.applicant else _within(mine, other)
        if alike:
            rejected = row.state == OrderState.REJECTED
            found.append(Unapproved(lapses=row.emergency_until, rejected=rejected))
    return found


def _within(first: str, second: str) -> bool:
    return covers(first, second) or covers(second, first)


def _version(connection: Connection) -> int:
    return int(connection.execute(select(schema.watchlist.c.version)).scalar_one())


def _reached(
    connection: Connection, state: OrderState | None, limit: int, scope: Scope, applicant: str
) -> list[str]:
    """The newest orders that hold somewhere in the scope, or are the applicant's."""
    table = schema.orders
    query = select(table.c.order_id, table.c.checkpoints, table.c.areas, table.c.applicant).order_by(
        table.c.updated_at.desc(), table.c.order_id.desc()
    )
    if state is not None:
        query = query.where(table.c.state == state)
    with connection.execute(query, execution_options={"yield_per": 500}) as streamed:
        wanted = (
            order_id
            for order_id, checkpoints, areas, who in streamed
            if who == applicant or scope.reached(checkpoints, areas)
        )
        return list(itertools.islice(wanted, limit))
