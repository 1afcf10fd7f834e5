"""Orders and their revisions as rows: what is written of one, and how it is put together again."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, Text, and_, cast, func, insert, or_, select, update

from central.order import FINAL, ON_WATCHLIST, Order, OrderMove, OrderRequest, OrderState, OrderStep, begins
from central.records import schema
from central.records.places import Places
from central.records.port import NotFound
from central.revision import Revision, RevisionKind, RevisionState
from central.target import TargetKind, wanted_text
from proto.passage import WatchlistEntry
from proto.plate import PlateClass, PlateColour
from proto.schedule import Schedule

_REQUEST: TypeAdapter[OrderRequest] = TypeAdapter(OrderRequest)
_SCHEDULE: TypeAdapter[Schedule] = TypeAdapter(Schedule)
#: What an entry of the watchlist is made of.
_LISTED = (
    "order_id", "kind", "plate", "plate_class", "colour", "checkpoints", "areas", "directions", "schedule",
    "priority", "exact_only", "valid_from", "valid_until", "retro_s", "in_force_from", "emergency_until",
)  # fmt: skip
#: Of these, JSON lists: few different ones among a million orders, so each text is read once.
_LISTS = ("checkpoints", "areas", "directions")
#: Ids one question may name: PostgreSQL takes 65,535 values at most, SQLite some more.
_AT_ONCE = 10_000


def order_of(connection: Connection, order_id: str) -> Order:
    """Raises:
    NotFound: no such order.
    """
    found = orders_of(connection, [order_id])
    if not found:
        raise NotFound(f"no order {order_id!r}")
    return found[order_id]


def orders_of(connection: Connection, order_ids: Collection[str]) -> dict[str, Order]:
    """Id → order of those that there are."""
    table = schema.orders
    # PostgreSQL can't even be asked for one with a NUL.
    possible = [each for each in order_ids if "\0" not in each]
    found: dict[str, Order] = {}
    for at in range(0, len(possible), _AT_ONCE):
        some = possible[at : at + _AT_ONCE]
        rows = connection.execute(select(table).where(table.c.order_id.in_(some))).all()
        found |= {order.order_id: order for order in with_steps(connection, rows)}
    return found


def owed(connection: Connection, now: datetime) -> tuple[Order, ...]:
    """Orders that the clock owes a move: `central.order.due` in SQL."""
    table = schema.orders
    begun = or_(table.c.valid_from.is_(None), table.c.valid_from <= now)
    query = select(table).where(
        or_(
            # By name: what a state is not, no index tells.
            table.c.state.in_(set(OrderState) - FINAL) & (table.c.valid_until <= now),
            (table.c.state == OrderState.APPROVED) & begun,
            (table.c.state == OrderState.EMERGENCY) & (table.c.emergency_until <= now),
        )
    )
    return with_steps(connection, connection.execute(query).all())


def with_steps(connection: Connection, rows: Collection[Row[Any]]) -> tuple[Order, ...]:
    """The orders of these rows, with their histories."""
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
    return tuple(order_from(row, tuple(steps[row.order_id])) for row in rows)


def order_from(row: Row[Any], history: tuple[OrderStep, ...] = ()) -> Order:
    """The order of a row."""
    return Order(
        order_id=row.order_id,
        version=row.version,
        revision=row.revision,
        state=OrderState(row.state),
        request=OrderRequest(
            kind=TargetKind(row.kind),
            plate=row.plate,
            plate_class=None if row.plate_class is None else PlateClass(row.plate_class),
            colour=None if row.colour is None else PlateColour(row.colour),
            checkpoints=frozenset(row.checkpoints),
            areas=frozenset(row.areas),
            directions=frozenset(row.directions),
            schedule=None if row.schedule is None else _SCHEDULE.validate_json(row.schedule),
            priority=row.priority,
            reason=row.reason,
            case_number=row.case_number,
            legal_basis=row.legal_basis,
            contact=row.contact,
            exact_only=row.exact_only,
            danger_note=row.danger_note,
            instructions=row.instructions,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            retro=timedelta(seconds=row.retro_s),
        ),
        applicant=row.applicant,
        approver=row.approver,
        created_at=row.created_at,
        updated_at=row.updated_at,
        in_force_from=row.in_force_from,
        emergency_until=row.emergency_until,
        hotlist_row=row.hotlist_row,
        history=history,
    )


def order_columns(order: Order) -> dict[str, Any]:
    """The row of an order."""
    wanted = order.request
    return {
        "order_id": order.order_id,
        "version": order.version,
        "revision": order.revision,
        "state": order.state,
        "kind": wanted.kind,
        "plate": wanted.plate,
        "plate_class": wanted.plate_class,
        "colour": wanted.colour,
        "checkpoints": sorted(wanted.checkpoints),
        "areas": sorted(wanted.areas),
        "directions": sorted(wanted.directions),
        "schedule": None if wanted.schedule is None else _SCHEDULE.dump_json(wanted.schedule).decode(),
        "priority": wanted.priority,
        "reason": wanted.reason,
        "case_number": wanted.case_number,
        "legal_basis": wanted.legal_basis,
        "contact": wanted.contact,
        "exact_only": wanted.exact_only,
        "danger_note": wanted.danger_note,
        "instructions": wanted.instructions,
        "valid_from": wanted.valid_from,
        "valid_until": wanted.valid_until,
        "retro_s": int(wanted.retro.total_seconds()),
        "applicant": order.applicant,
        "approver": order.approver,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
        "in_force_from": order.in_force_from,
        "emergency_until": order.emergency_until,
        "hotlist_row": order.hotlist_row,
    }


def active_entries(connection: Connection, *, of_areas: bool = False) -> Iterator[WatchlistEntry]:
    """What is watched for, by order; with `of_areas` only where an order names areas.

    As `listed` has it, but straight from the columns that it takes, since there may be a million.
    """
    places = Places(connection)
    table = schema.orders
    set_of = lru_cache(maxsize=10_000)(_set_of)
    schedule_of = lru_cache(maxsize=10_000)(_SCHEDULE.validate_json)
    query = (
        select(*(cast(table.c[name], Text) if name in _LISTS else table.c[name] for name in _LISTED))
        .where(table.c.state.in_(ON_WATCHLIST), table.c.hotlist_row.is_(None))
        .order_by(table.c.order_id)
    )
    if of_areas:
        query = query.where(cast(table.c.areas, Text) != "[]")
    for (
        order_id, kind, plate, plate_class, colour, named, areas, directions, schedule, priority,
        exact_only, valid_from, valid_until, retro_s, in_force_from, emergency_until,
    ) in connection.execute(query):  # fmt: skip
        inside = set_of(areas)
        checkpoints = places.checkpoints(set_of(named), inside) if inside else set_of(named)
        if checkpoints is None:
            continue
        yield WatchlistEntry(
            order_id=order_id,
            plate=wanted_text(TargetKind(kind), plate),
            plate_class=None if plate_class is None else PlateClass(plate_class),
            colour=None if colour is None else PlateColour(colour),
            checkpoints=checkpoints,
            directions=set_of(directions),
            priority=priority,
            exact_only=exact_only,
            valid_from=valid_from
            if in_force_from is None
            else begins(in_force_from, timedelta(seconds=retro_s), emergency=emergency_until is not None),
            valid_until=valid_until if emergency_until is None else min(valid_until, emergency_until),
            schedule=None if schedule is None else schedule_of(schedule),
        )


def _set_of(text: str) -> frozenset[str]:
    return frozenset(json.loads(text))


def listed(order: Order, places: Places) -> WatchlistEntry | None:
    """What the watchlist has of it; nothing of one whose areas have no checkpoints."""
    if order.state not in ON_WATCHLIST or order.hotlist_row is not None:
        return None
    checkpoints = places.checkpoints(order.request.checkpoints, order.request.areas)
    return None if checkpoints is None else order.entry(checkpoints)


def insert_steps(connection: Connection, order: Order, *, after: int) -> None:
    """The history's steps behind the first `after`."""
    steps = order.history[after:]
    if not steps:
        return
    connection.execute(
        insert(schema.order_steps),
        [
            {
                "order_id": order.order_id,
                "number": number,
                "at": step.at,
                "username": step.user,
                "move": step.move,
                "before": step.before,
                "after": step.after,
                "reason": step.reason,
            }
            for number, step in enumerate(steps, start=after + 1)
        ],
    )


def revisions_of(connection: Connection, order_id: str) -> tuple[Revision, ...]:
    """All of an order, the first one first."""
    table = schema.order_revisions
    query = select(table).where(table.c.order_id == order_id).order_by(table.c.number)
    return tuple(_revision(row) for row in connection.execute(query))


def insert_revision(connection: Connection, revision: Revision) -> None:
    connection.execute(
        insert(schema.order_revisions).values(
            order_id=revision.order_id,
            number=revision.number,
            kind=revision.kind,
            request=_REQUEST.dump_json(revision.request).decode(),
            proposer=revision.proposer,
            proposed_at=revision.proposed_at,
            why=revision.why,
            **_decision(revision),
        )
    )


def update_revision(connection: Connection, revision: Revision) -> None:
    table = schema.order_revisions
    this = and_(table.c.order_id == revision.order_id, table.c.number == revision.number)
    changed = connection.execute(update(table).where(this).values(**_decision(revision)))
    assert changed.rowcount == 1, "read in the same transaction"


def proposed(connection: Connection, order_id: str) -> Revision | None:
    """The revision of an order that waits for a decision; there is one at most."""
    table = schema.order_revisions
    query = select(table).where(table.c.order_id == order_id, table.c.state == RevisionState.PROPOSED)
    row = connection.execute(query).one_or_none()
    return None if row is None else _revision(row)


def newest_number(connection: Connection, order_id: str) -> int:
    table = schema.order_revisions
    query = select(func.max(table.c.number)).where(table.c.order_id == order_id)
    return connection.scalar(query) or 0


def _decision(revision: Revision) -> dict[str, Any]:
    return {
        "state": revision.state,
        "decider": revision.decider,
        "decided_at": revision.decided_at,
        "reason": revision.reason,
    }


def _revision(row: Row[Any]) -> Revision:
    return Revision(
        order_id=row.order_id,
        number=row.number,
        kind=RevisionKind(row.kind),
        state=RevisionState(row.state),
        request=_REQUEST.validate_json(row.request),
        proposer=row.proposer,
        proposed_at=row.proposed_at,
        why=row.why,
        decider=row.decider,
        decided_at=row.decided_at,
        reason=row.reason,
    )
