"""Hotlists in the database: read in small transactions, put into force by one number."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import and_, delete, func, insert, select, update

from central.audit import AuditRecord
from central.hotlist import (
    UNDECIDED,
    Hotlist,
    HotlistRequest,
    IllegalImport,
    Import,
    ImportMove,
    ImportState,
    NotYourImport,
    RowChanges,
    advance,
    check_hotlist,
)
from central.hotlist import Row as Vehicle
from central.order import CLOCK, InvalidOrder, OrderMove, OrderState
from central.order import advance as advance_order
from central.people import Role, User
from central.records import schema
from central.records.database import Database, Transaction
from central.records.events import put_order_event
from central.records.hands import check_persons
from central.records.hotlist_imports import find_hotlist, find_import, hotlist_from, import_from, standing
from central.records.hotlist_reading import Line, Reading, chunks
from central.records.hotlist_rows import (
    COLUMNS,
    REQUEST,
    Lists,
    changes_of,
    first_import,
    in_force,
    of_import,
    of_list,
    rows_of,
)
from central.records.order_rows import insert_steps, order_columns, with_steps
from central.records.trail import SqlAuditLog
from central.records.watchlist import put_generation
from proto.clock import Clock
from proto.codec import encode_watchlist_entry

#: Rows of one transaction: a second's worth at most, since alerts wait for it.
_AT_ONCE = 20_000
#: Whose the moves on an import are.
_ROLES = {
    ImportMove.CONFIRM: Role.APPLICANT,
    ImportMove.DROP: Role.APPLICANT,
    ImportMove.APPROVE: Role.APPROVER,
    ImportMove.REJECT: Role.APPROVER,
}


class SqlHotlistBook:
    """See `central.records.port.HotlistBook`."""

    def __init__(self, database: Database, clock: Clock, trail: SqlAuditLog) -> None:
        self._database = database
        self._clock = clock
        self._trail = trail

    def create(self, request: HotlistRequest, *, by: User) -> Hotlist:
        now = self._clock.now()
        check_hotlist(request, at=now)
        table = schema.hotlists
        with self._database.write() as tx:
            if tx.connection.execute(select(table).where(table.c.name == request.name)).first():
                raise InvalidOrder(f"expected a hotlist of a new name, got {request.name}")
            made = tx.connection.execute(
                insert(table)
                .values(
                    name=request.name,
                    request=REQUEST.dump_json(request).decode(),
                    owner=by.username,
                    created_at=now,
                    generation=0,
                    rows=0,
                )
                .returning(table.c.hotlist_id)
            ).scalar_one()
            found = find_hotlist(tx.connection, made)
            self._audit(tx, found, "hotlist.create", by=by.username, detail={"name": request.name})
        return found

    def get(self, hotlist_id: int) -> Hotlist:
        with self._database.read() as connection:
            return find_hotlist(connection, hotlist_id)

    def all(self) -> tuple[Hotlist, ...]:
        with self._database.read() as connection:
            rows = connection.execute(select(schema.hotlists).order_by(schema.hotlists.c.hotlist_id)).all()
            return tuple(hotlist_from(row) for row in rows)

    def imports(self, hotlist_id: int) -> tuple[Import, ...]:
        table = schema.hotlist_imports
        query = select(table).where(table.c.hotlist_id == hotlist_id).order_by(table.c.number.desc())
        with self._database.read() as connection:
            find_hotlist(connection, hotlist_id)
            return tuple(import_from(row) for row in connection.execute(query))

    def get_import(self, hotlist_id: int, number: int) -> Import:
        with self._database.read() as connection:
            return find_import(connection, hotlist_id, number)

    def waiting(self) -> tuple[Import, ...]:
        table = schema.hotlist_imports
        query = select(table).where(table.c.state == ImportState.RECEIVED).order_by(table.c.received_at)
        with self._database.read() as connection:
            return tuple(import_from(row) for row in connection.execute(query))

    def receive(self, hotlist_id: int, *, file_name: str, sha256: str, size: int, by: User) -> Import:
        now = self._clock.now()
        table = schema.hotlist_imports
        with self._database.write() as tx:
            hotlist = find_hotlist(tx.connection, hotlist_id)
            query = select(table.c.number).where(table.c.hotlist_id == hotlist_id, table.c.state.in_(UNDECIDED))
            undecided = tx.connection.execute(query).scalars().first()
            if undecided is not None:
                raise IllegalImport(f"expected no import that waits for a decision, got number {undecided}")
            newest = tx.connection.scalar(
                select(func.max(table.c.number)).where(table.c.hotlist_id == hotlist_id)
            )
            new = Import(
                hotlist_id=hotlist_id,
                number=(newest or 0) + 1,
                state=ImportState.RECEIVED,
                file_name=file_name[:255],
                sha256=sha256,
                size=size,
                importer=by.username,
                received_at=now,
            )
            tx.connection.execute(
                insert(table).values(
                    hotlist_id=hotlist_id,
                    number=new.number,
                    file_name=new.file_name,
                    sha256=sha256,
                    size=size,
                    importer=by.username,
                    received_at=now,
                    content="",
                    **standing(new),
                )
            )
            self._audit_import(tx, hotlist, new, "receive", by=by.username)
        return new

    def read(
        self,
        hotlist_id: int,
        number: int,
        lines: Iterable[Line],
        *,
        ignored_columns: Sequence[str] = (),
        progress: Callable[[], float] = lambda: 0.0,
    ) -> Import:
        with self._database.read() as connection:
            found = find_import(connection, hotlist_id, number)
            hotlist = find_hotlist(connection, hotlist_id)
            advance(found, ImportMove.READ, by=found.importer, at=self._clock.now())
            current = {
                vehicle.key.encode(): (row, vehicle.content, first_import(row, vehicle))
                for row, vehicle in rows_of(connection, in_force(hotlist_id, hotlist.generation))
            }
            received = Lists(connection).received(hotlist_id)
        self._clean(hotlist_id, number)  # of a reading that broke off
        reading = Reading(found, hotlist, current, received)
        for chunk in chunks(lines, _AT_ONCE):
            new, gone = reading.take(chunk)
            with self._prepared(found, progress=progress()) as tx:
                self._database.insert_rows(tx, schema.hotlist_rows, COLUMNS, new)
                self._end(tx, gone, number, reading)
        removed = [row for row, _, _ in current.values()]
        current.clear()
        for some in chunks(removed, _AT_ONCE):
            with self._prepared(found, progress=1.0) as tx:
                self._end(tx, some, number, reading)
        diff = reading.diff(removed=len(removed), ignored=tuple(ignored_columns))
        try:
            with self._database.write() as tx:
                # As it is now: who handed it in may have taken it back meanwhile.
                now = find_import(tx.connection, hotlist_id, number)
                read = advance(now, ImportMove.READ, by=found.importer, at=self._clock.now())
                done = replace(read, progress=1.0, diff=diff)
                self._put(tx, done, content=reading.content.hex())
                self._audit_import(tx, hotlist, done, "read", by=found.importer)
        except IllegalImport:
            self._clean(hotlist_id, number)
            raise
        return done

    def fail(self, hotlist_id: int, number: int, why: str) -> Import:
        self._clean(hotlist_id, number)
        with self._database.write() as tx:
            found = find_import(tx.connection, hotlist_id, number)
            failed = advance(found, ImportMove.FAIL, by=found.importer, at=self._clock.now(), reason=why[:2000])
            self._put(tx, failed)
            self._audit_import(tx, find_hotlist(tx.connection, hotlist_id), failed, "fail", by=CLOCK)
        return failed

    def move(
        self,
        hotlist_id: int,
        number: int,
        move: ImportMove,
        *,
        by: User,
        reason: str = "",
        sha256: str | None = None,
        shrink: bool = False,
    ) -> Import:
        now = self._clock.now()
        needed = _ROLES.get(move)
        if needed is None:
            raise IllegalImport(f"expected one of {', '.join(_ROLES)}, got {move}")
        if needed not in by.roles:
            raise NotYourImport(f"expected an {needed} to {move} an import, got {by.username}")
        with self._database.write() as tx:
            found = find_import(tx.connection, hotlist_id, number)
            hotlist = find_hotlist(tx.connection, hotlist_id)
            after = advance(found, move, by=by.username, at=now, reason=reason, sha256=sha256, shrink=shrink)
            if move is ImportMove.APPROVE:
                check_persons(tx.connection, found.importer, by.username)
            self._put(tx, after)
            if move is ImportMove.APPROVE:
                self._put_into_force(tx, hotlist, after)
            self._audit_import(tx, hotlist, after, move, by=by.username)
        if after.state in (ImportState.REJECTED, ImportState.DROPPED):
            self._clean(hotlist_id, number)
        return after

    @contextmanager
    def export(self, hotlist_id: int, *, by: User, form: str) -> Iterator[Iterator[Vehicle]]:
        with self._database.write() as tx:
            hotlist = find_hotlist(tx.connection, hotlist_id)
            detail = {"form": form, "rows": hotlist.rows, "generation": hotlist.generation}
            self._audit(tx, hotlist, "hotlist.export", by=by.username, detail=detail)
        with self._database.read() as connection:
            where = in_force(hotlist_id, hotlist.generation)
            yield (vehicle for _, vehicle in rows_of(connection, where))

    def look(self, hotlist_id: int, number: int, *, by: User, limit: int) -> RowChanges:
        with self._database.write() as tx:
            found = find_import(tx.connection, hotlist_id, number)
            if found.state is ImportState.RECEIVED:
                raise IllegalImport("expected an import that was read, got one that is being read")
            self._audit_import(tx, find_hotlist(tx.connection, hotlist_id), found, "look", by=by.username)
        with self._database.read() as connection:
            return changes_of(connection, hotlist_id, number, limit=limit)

    def _put_into_force(self, tx: Transaction, hotlist: Hotlist, new: Import) -> None:
        imports, lists = schema.hotlist_imports, schema.hotlists
        before = hotlist.generation
        if before:
            replaced = advance(
                find_import(tx.connection, hotlist.hotlist_id, before),
                ImportMove.REPLACE,
                by=CLOCK,
                at=self._clock.now(),
            )
            self._put(tx, replaced)
        diff = new.diff
        tx.connection.execute(
            update(lists)
            .where(lists.c.hotlist_id == hotlist.hotlist_id)
            .values(generation=new.number, rows=diff.after)
        )
        query = select(imports.c.content).where(
            imports.c.hotlist_id == hotlist.hotlist_id, imports.c.number == new.number
        )
        put_generation(
            tx,
            hotlist_id=hotlist.hotlist_id,
            before=before,
            generation=new.number,
            content=tx.connection.execute(query).scalar_one(),
            size=diff.after - diff.before,
            changes=diff.added + diff.removed + 2 * diff.changed,
            at=self._clock.now(),
        )
        self._withdraw(tx, hotlist, new)

    def _withdraw(self, tx: Transaction, hotlist: Hotlist, new: Import) -> None:
        """The orders that were made of rows which are no longer in force."""
        orders, rows = schema.orders, schema.hotlist_rows
        query = (
            select(orders)
            .join(rows, rows.c.row_id == orders.c.hotlist_row)
            .where(of_list(hotlist.hotlist_id), rows.c.until == new.number, orders.c.state == OrderState.ACTIVE)
        )
        now = self._clock.now()
        for order in with_steps(tx.connection, tx.connection.execute(query).all()):
            after = advance_order(
                order, OrderMove.WITHDRAW, by=CLOCK, at=now, reason=f"import {new.number} no longer has it so"
            )
            tx.connection.execute(
                update(orders).where(orders.c.order_id == after.order_id).values(**order_columns(after))
            )
            insert_steps(tx.connection, after, after=len(order.history))
            put_order_event(tx, after, at=now)

    @contextmanager
    def _prepared(self, found: Import, *, progress: float) -> Iterator[Transaction]:
        table = schema.hotlist_imports
        with self._database.write() as tx:
            yield tx
            tx.connection.execute(
                update(table)
                .where(table.c.hotlist_id == found.hotlist_id, table.c.number == found.number)
                .values(progress=progress)
            )

    def _end(self, tx: Transaction, gone: Sequence[int], number: int, reading: Reading) -> None:
        """These rows are to hold no longer once the import is in force."""
        table = schema.hotlist_rows
        lists = Lists(tx.connection)
        for at in range(0, len(gone), 1000):
            some = table.c.row_id.in_(gone[at : at + 1000])
            for row, vehicle in rows_of(tx.connection, some):
                reading.content.remove(encode_watchlist_entry(lists.entry(row, vehicle)))
            tx.connection.execute(update(table).where(some).values(until=number))

    def _clean(self, hotlist_id: int, number: int) -> None:
        """Take out what an import that never comes into force had prepared, in small transactions."""
        table = schema.hotlist_rows
        while True:
            with self._database.write() as tx:
                some = select(table.c.row_id).where(of_import(hotlist_id, number)).limit(_AT_ONCE)
                gone = tx.connection.execute(delete(table).where(table.c.row_id.in_(some.scalar_subquery())))
                if gone.rowcount == 0:
                    tx.connection.execute(
                        update(table)
                        .where(and_(of_list(hotlist_id), table.c.until == number))
                        .values(until=None)
                    )
                    return

    def _put(self, tx: Transaction, found: Import, *, content: str | None = None) -> None:
        table = schema.hotlist_imports
        values = standing(found) | ({} if content is None else {"content": content})
        tx.connection.execute(
            update(table)
            .where(table.c.hotlist_id == found.hotlist_id, table.c.number == found.number)
            .values(values)
        )

    def _audit_import(self, tx: Transaction, hotlist: Hotlist, found: Import, verb: str, *, by: str) -> None:
        diff = found.diff
        detail = {
            "import": found.number,
            "file": found.file_name,
            "sha256": found.sha256,
            "state": found.state,
            "rows": diff.after,
            "added": diff.added,
            "changed": diff.changed,
            "removed": diff.removed,
        }
        self._audit(tx, hotlist, f"hotlist.{verb}", by=by, detail=detail, reason=found.reason)

    def _audit(
        self,
        tx: Transaction,
        hotlist: Hotlist,
        action: str,
        *,
        by: str,
        detail: dict[str, Any],
        reason: str = "",
    ) -> None:
        self._trail.put(
            tx,
            AuditRecord(
                at=self._clock.now(),
                user=by,
                action=action,
                subject=f"hotlist {hotlist.hotlist_id}",
                reason=reason or hotlist.request.purpose,
                case_number=hotlist.request.case_number,
                detail=json.dumps(detail, ensure_ascii=False),
            ),
        )
