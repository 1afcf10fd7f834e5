"""Estimates, kept with the revision that they are of."""

from __future__ import annotations

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from central.estimate import Estimate
from central.records import schema

_ESTIMATE: TypeAdapter[Estimate] = TypeAdapter(Estimate)


def estimate_json(estimate: Estimate) -> str:
    return _ESTIMATE.dump_json(estimate).decode()


def estimate_of(connection: Connection, order_id: str, number: int) -> Estimate | None:
    """None where the revision has none, or is none."""
    table = schema.order_revisions
    query = select(table.c.estimate).where(table.c.order_id == order_id, table.c.number == number)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else _ESTIMATE.validate_json(found)
