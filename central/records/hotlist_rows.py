"""Rows of hotlists in the database: millions of narrow ones, and the orders that a few of them become.

A row's id says its list, the import that brought it and its line. It is in force while the list's generation
(the number of the import in force) is not before its import and before `until`; so an import prepares its rows
in small transactions, and takes effect by one number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select

from central.hotlist import ROW_ID, HotlistRequest, RowChange, RowChanges, entry_of, row_id_of
from central.hotlist import Row as Vehicle
from central.order import CLOCK, Order, OrderMove, OrderRequest, OrderState, OrderStep
from central.records import schema
from central.records.database import Transaction
from central.records.order_rows import insert_steps, order_columns
from central.watchlist import Change
from proto.passage import WatchlistEntry
from proto.plate import PlateClass, PlateColour

REQUEST: TypeAdapter[HotlistRequest] = TypeAdapter(HotlistRequest)
_LINE_BITS, _NUMBER_BITS = 24, 20
MAX_LINES = 1 << _LINE_BITS
MAX_IMPORTS = 1 << _NUMBER_BITS
COLUMNS = tuple(column.name for column in schema.hotlist_rows.columns)
#: Rows the driver hands over at once, so that a million are never in memory as the database has them.
_AT_ONCE = 5000


def row_id(hotlist_id: int, number: int, line: int) -> int:
    return (hotlist_id << _NUMBER_BITS | number) << _LINE_BITS | line


def list_of(row: int) -> int:
    return row >> (_NUMBER_BITS + _LINE_BITS)


def import_of(row: int) -> int:
    """Number of the import that brought it."""
    return row >> _LINE_BITS & (MAX_IMPORTS - 1)


def first_import(row: int, vehicle: Vehicle) -> int:
    """Number of the import since which the vehicle is listed."""
    return vehicle.listed_since or import_of(row)


def of_list(hotlist_id: int) -> ColumnElement[bool]:
    ids = schema.hotlist_rows.c.row_id
    return and_(ids >= row_id(hotlist_id, 0, 0), ids < row_id(hotlist_id + 1, 0, 0))


def of_import(hotlist_id: int, number: int) -> ColumnElement[bool]:
    ids = schema.hotlist_rows.c.row_id
    return and_(ids >= row_id(hotlist_id, number, 0), ids < row_id(hotlist_id, number + 1, 0))


def in_force(hotlist_id: int, generation: int) -> ColumnElement[bool]:
    table = schema.hotlist_rows
    return and_(
        table.c.row_id >= row_id(hotlist_id, 0, 0),
        table.c.row_id < row_id(hotlist_id, generation + 1, 0),
        or_(table.c.until.is_(None), table.c.until > generation),
    )


def rows_of(connection: Connection, where: ColumnElement[bool]) -> Iterator[tuple[int, Vehicle]]:
    """Id and row of each, by id."""
    table = schema.hotlist_rows
    query = select(table).where(where).order_by(table.c.row_id)
    streamed = connection.execute(query, execution_options={"yield_per": _AT_ONCE})
    classes: dict[str | None, PlateClass | None] = {None: None} | {c.value: c for c in PlateClass}
    colours: dict[str | None, PlateColour | None] = {None: None} | {c.value: c for c in PlateColour}
    for (
        row,
        _,
        plate,
        plate_class,
        colour,
        priority,
        reason,
        case,
        danger,
        instructions,
        until,
        first,
    ) in streamed:
        yield (
            row,
            Vehicle(
                plate=plate,
                plate_class=classes[plate_class],
                colour=colours[colour],
                priority=priority,
                reason=reason or "",
                case_number=case or "",
                danger_note=danger or "",
                instructions=instructions or "",
                valid_until=until,
                listed_since=first,
            ),
        )


def values_of(row: int, vehicle: Vehicle) -> tuple[object, ...]:
    """In the order of `COLUMNS`."""
    return (
        row,
        None,
        vehicle.plate,
        vehicle.plate_class,
        vehicle.colour,
        vehicle.priority,
        vehicle.reason or None,
        vehicle.case_number or None,
        vehicle.danger_note or None,
        vehicle.instructions or None,
        vehicle.valid_until,
        vehicle.listed_since,
    )


class Lists:
    """Hotlists and when their imports were handed in, read when first asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._requests: dict[int, HotlistRequest] = {}
        self._received: dict[int, dict[int, datetime]] = {}

    def request(self, hotlist_id: int) -> HotlistRequest:
        if hotlist_id not in self._requests:
            table = schema.hotlists
            query = select(table.c.request).where(table.c.hotlist_id == hotlist_id)
            self._requests[hotlist_id] = REQUEST.validate_json(self._connection.execute(query).scalar_one())
        return self._requests[hotlist_id]

    def entry(self, row: int, vehicle: Vehicle) -> WatchlistEntry:
        since = self.received(list_of(row))[first_import(row, vehicle)]
        return entry_of(row, vehicle, self.request(list_of(row)), since=since)

    def received(self, hotlist_id: int) -> Mapping[int, datetime]:
        """Number of an import → when it was handed in."""
        if hotlist_id not in self._received:
            table = schema.hotlist_imports
            query = select(table.c.number, table.c.received_at).where(table.c.hotlist_id == hotlist_id)
            self._received[hotlist_id] = {r.number: r.received_at for r in self._connection.execute(query)}
        return self._received[hotlist_id]


def hotlist_entries(
    connection: Connection, generations: Iterable[tuple[int, int]] | None = None
) -> Iterator[WatchlistEntry]:
    """What the hotlists watch for. `generations`: (list, generation) of each; None: as they are now."""
    if generations is None:
        table = schema.hotlists
        query = select(table.c.hotlist_id, table.c.generation).order_by(table.c.hotlist_id)
        generations = [(row.hotlist_id, row.generation) for row in connection.execute(query)]
    lists = Lists(connection)
    for hotlist_id, generation in generations:
        for row, vehicle in rows_of(connection, in_force(hotlist_id, generation)):
            yield lists.entry(row, vehicle)


def row_changes(connection: Connection, hotlist_id: int, before: int, generation: int) -> Iterator[Change]:
    """What leads from one generation of a list to a later one."""
    table, lists = schema.hotlist_rows, Lists(connection)
    gone = in_force(hotlist_id, before) & (table.c.until <= generation)
    for row, vehicle in rows_of(connection, gone):
        yield Change(order_id=f"{ROW_ID}{row}", plate=vehicle.plate, entry=None)
    new = in_force(hotlist_id, generation) & (table.c.row_id >= row_id(hotlist_id, before + 1, 0))
    for row, vehicle in rows_of(connection, new):
        yield Change(order_id=f"{ROW_ID}{row}", plate=vehicle.plate, entry=lists.entry(row, vehicle))


def orders_of_rows(tx: Transaction, order_ids: Collection[str]) -> dict[str, Order]:
    """Orders for rows of hotlists that have none yet: made when a vehicle is first hit, not by the million.

    They have the list, the row and both people in them; one whose row is no longer in force is withdrawn.
    """
    wanted = {row for order_id in order_ids if (row := row_id_of(order_id)) is not None and row < 1 << 63}
    if not wanted:
        return {}
    table, lists = schema.hotlist_rows, Lists(tx.connection)
    made: dict[str, Order] = {}
    until = {
        row.row_id: row.until
        for row in tx.connection.execute(
            select(table.c.row_id, table.c.until).where(table.c.row_id.in_(wanted))
        )
    }
    for row, vehicle in rows_of(tx.connection, table.c.row_id.in_(wanted)):
        order = _order(tx.connection, row, vehicle, lists, until=until[row])
        if order is None:
            continue
        tx.connection.execute(insert(schema.orders).values(**order_columns(order)))
        insert_steps(tx.connection, order, after=0)
        made[order.order_id] = order
    return made


def _order(
    connection: Connection, row: int, vehicle: Vehicle, lists: Lists, *, until: int | None
) -> Order | None:
    """None where its import never was in force."""
    hotlist_id, number = list_of(row), import_of(row)
    table, imports = schema.hotlists, schema.hotlist_imports
    hotlist = connection.execute(select(table).where(table.c.hotlist_id == hotlist_id)).one()
    query = select(imports).where(imports.c.hotlist_id == hotlist_id, imports.c.number == number)
    brought: Row[Any] = connection.execute(query).one()
    if number > hotlist.generation or brought.decided_at is None:
        return None
    wanted, at = lists.request(hotlist_id), brought.decided_at
    first = select(imports.c.decided_at).where(
        imports.c.hotlist_id == hotlist_id, imports.c.number == first_import(row, vehicle)
    )
    entry = lists.entry(row, vehicle)
    assert entry.valid_until is not None, "a list has an end"
    about = f"{wanted.name}（{wanted.department}）第 {row & (MAX_LINES - 1)} 行"
    steps: Sequence[tuple[str, OrderMove, OrderState, OrderState]] = (
        (brought.importer, OrderMove.SUBMIT, OrderState.DRAFT, OrderState.SUBMITTED),
        (brought.decider, OrderMove.APPROVE, OrderState.SUBMITTED, OrderState.APPROVED),
        (CLOCK, OrderMove.ACTIVATE, OrderState.APPROVED, OrderState.ACTIVE),
    )
    history = [
        OrderStep(at=at, user=user, move=move, before=before, after=after, reason=about)
        for user, move, before, after in steps
    ]
    if until is not None and until <= hotlist.generation:
        history.append(
            OrderStep(
                at=at,
                user=CLOCK,
                move=OrderMove.WITHDRAW,
                before=OrderState.ACTIVE,
                after=OrderState.WITHDRAWN,
                reason=f"import {until} no longer has it",
            )
        )
    return Order(
        order_id=entry.order_id,
        version=1 + len(history),
        state=history[-1].after,
        request=OrderRequest(
            plate=vehicle.plate,
            plate_class=vehicle.plate_class,
            colour=vehicle.colour,
            checkpoints=wanted.checkpoints,
            exact_only=wanted.exact_only,
            priority=entry.priority,
            reason=f"{about}：{vehicle.reason or wanted.purpose}",
            case_number=vehicle.case_number or wanted.case_number,
            legal_basis=wanted.legal_basis,
            contact=wanted.contact,
            danger_note=vehicle.danger_note or wanted.danger_note,
            instructions=vehicle.instructions or wanted.instructions,
            valid_until=entry.valid_until,
        ),
        applicant=brought.importer,
        approver=brought.decider,
        created_at=brought.received_at,
        updated_at=at,
        in_force_from=connection.execute(first).scalar_one(),
        hotlist_row=row,
        history=tuple(history),
    )


def changes_of(connection: Connection, hotlist_id: int, number: int, *, limit: int) -> RowChanges:
    """What an import that was read changes, told by the first `limit` lines that are new or changed and the
    first `limit` rows that it ends."""
    table = schema.hotlist_rows
    new, gone = of_import(hotlist_id, number), of_list(hotlist_id) & (table.c.until == number)

    def first(where: ColumnElement[bool]) -> list[Vehicle]:
        ids = select(table.c.row_id).where(where).order_by(table.c.row_id).limit(limit + 1).scalar_subquery()
        return [vehicle for _, vehicle in rows_of(connection, table.c.row_id.in_(ids))]

    def same(where: ColumnElement[bool], vehicles: Sequence[Vehicle]) -> dict[str, Vehicle]:
        plates = sorted({vehicle.plate for vehicle in vehicles})
        return {v.key: v for _, v in rows_of(connection, where & table.c.plate.in_(plates))} if plates else {}

    came, went = first(new), first(gone)
    complete = max(len(came), len(went)) <= limit
    before, stays = same(gone, came[:limit]), same(new, went)
    changed = [RowChange(before=before.get(each.key), now=each) for each in came[:limit]]
    removed = [RowChange(before=each, now=None) for each in went[:limit] if each.key not in stays]
    return RowChanges(changes=(*changed, *removed), complete=complete)
