"""Hotlists and their imports as they stand in the database."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, select

from central.hotlist import Diff, Hotlist, Import, ImportState
from central.records import schema
from central.records.hotlist_rows import REQUEST
from central.records.port import NotFound

_DIFF: TypeAdapter[Diff] = TypeAdapter(Diff)


def find_hotlist(connection: Connection, hotlist_id: int) -> Hotlist:
    """Raises:
    NotFound: no such hotlist.
    """
    table = schema.hotlists
    row = connection.execute(select(table).where(table.c.hotlist_id == hotlist_id)).one_or_none()
    if row is None:
        raise NotFound(f"no hotlist {hotlist_id}")
    return hotlist_from(row)


def hotlist_from(row: Row[Any]) -> Hotlist:
    return Hotlist(
        hotlist_id=row.hotlist_id,
        request=REQUEST.validate_json(row.request),
        owner=row.owner,
        created_at=row.created_at,
        generation=row.generation,
        rows=row.rows,
    )


def find_import(connection: Connection, hotlist_id: int, number: int) -> Import:
    """Raises:
    NotFound: no such import.
    """
    table = schema.hotlist_imports
    query = select(table).where(table.c.hotlist_id == hotlist_id, table.c.number == number)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"no import {number} of hotlist {hotlist_id}")
    return import_from(row)


def import_from(row: Row[Any]) -> Import:
    return Import(
        hotlist_id=row.hotlist_id,
        number=row.number,
        state=ImportState(row.state),
        file_name=row.file_name,
        sha256=row.sha256,
        size=row.size,
        importer=row.importer,
        received_at=row.received_at,
        progress=row.progress,
        diff=_DIFF.validate_json(row.diff),
        decider=row.decider,
        decided_at=row.decided_at,
        reason=row.reason,
    )


def standing(found: Import) -> dict[str, Any]:
    """What changes of an import's row."""
    return {
        "state": found.state,
        "progress": found.progress,
        "diff": _DIFF.dump_json(found.diff).decode(),
        "decider": found.decider,
        "decided_at": found.decided_at,
        "reason": found.reason,
    }
