"""Supervisors' grants to look further back, in the database."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from central.audit import AuditRecord
from central.investigation.grant import Grant, GrantMove, GrantRequest, GrantState, advance, check
from central.people import User
from central.records import schema
from central.records.database import Database
from central.records.hands import check_persons
from central.records.port import NotFound
from central.records.trail import SqlAuditLog
from proto.clock import Clock
from proto.identity import uuid7


class SqlGrantBook:
    """See `central.records.port.GrantBook`."""

    def __init__(self, database: Database, clock: Clock, trail: SqlAuditLog) -> None:
        self._database = database
        self._clock = clock
        self._trail = trail

    def ask(self, request: GrantRequest, *, by: User) -> Grant:
        now = self._clock.now()
        check(request, now=now)
        grant = Grant(grant_id=str(uuid7(now)), username=by.username, request=request, asked_at=now)
        with self._database.write() as tx:
            tx.connection.execute(
                insert(schema.search_grants).values(
                    grant_id=grant.grant_id,
                    username=grant.username,
                    case_number=request.case_number,
                    reason=request.reason,
                    since=request.since,
                    lasts_s=int(request.lasts.total_seconds()),
                    asked_at=now,
                    state=grant.state,
                    decided_by="",
                    note="",
                )
            )
            self._trail.put(tx, _entry("grant.ask", grant, by=by.username, at=now))
        return grant

    def decide(self, grant_id: str, move: GrantMove, *, by: User, note: str = "") -> Grant:
        now, table = self._clock.now(), schema.search_grants
        with self._database.write() as tx:
            after = advance(_one(tx.connection, grant_id), move, by=by, note=note, now=now)
            if move is GrantMove.GRANT:
                check_persons(tx.connection, after.username, by.username)
            tx.connection.execute(
                update(table)
                .where(table.c.grant_id == grant_id)
                .values(
                    state=after.state,
                    decided_by=after.decided_by,
                    decided_at=after.decided_at,
                    note=after.note,
                    valid_until=after.valid_until,
                )
            )
            self._trail.put(tx, _entry(f"grant.{move}", after, by=by.username, at=now, note=note))
        return after

    def get(self, grant_id: str) -> Grant:
        with self._database.read() as connection:
            return _one(connection, grant_id)

    def page(self, *, usernames: Collection[str] | None = None, limit: int) -> tuple[Grant, ...]:
        table = schema.search_grants
        query = select(table).order_by(table.c.asked_at.desc(), table.c.grant_id.desc()).limit(limit)
        if usernames is not None:
            query = query.where(table.c.username.in_(sorted(usernames)))
        with self._database.read() as connection:
            return tuple(_grant(row) for row in connection.execute(query))

    def standing(self, username: str, case_number: str) -> Grant | None:
        table = schema.search_grants
        if "\0" in username + case_number:  # PostgreSQL can't even be asked for it
            return None
        query = (
            select(table)
            .where(
                table.c.username == username,
                table.c.case_number == case_number,
                table.c.state == GrantState.GRANTED,
                table.c.valid_until > self._clock.now(),
            )
            .order_by(table.c.since, table.c.grant_id)
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _grant(row)


def _entry(action: str, grant: Grant, *, by: str, at: datetime, note: str = "") -> AuditRecord:
    detail = {
        "for": grant.username,
        "since": grant.request.since.isoformat(),
        "hours": grant.request.lasts / timedelta(hours=1),
        "note": note,
    }
    return AuditRecord(
        at=at,
        user=by,
        action=action,
        subject=grant.grant_id,
        reason=grant.request.reason,
        case_number=grant.request.case_number,
        detail=json.dumps(detail, ensure_ascii=False),
    )


def _one(connection: Connection, grant_id: str) -> Grant:
    table = schema.search_grants
    row = None
    if "\0" not in grant_id:
        row = connection.execute(select(table).where(table.c.grant_id == grant_id)).one_or_none()
    if row is None:
        raise NotFound(f"no grant {grant_id!r}")
    return _grant(row)


def _grant(row: Row[Any]) -> Grant:
    return Grant(
        grant_id=row.grant_id,
        username=row.username,
        request=GrantRequest(
            case_number=row.case_number,
            reason=row.reason,
            since=row.since,
            lasts=timedelta(seconds=row.lasts_s),
        ),
        asked_at=row.asked_at,
        state=GrantState(row.state),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        note=row.note,
        valid_until=row.valid_until,
    )
