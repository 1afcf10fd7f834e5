"""The live feed: events in a table, so that they are durable and are written with what they tell of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import Connection, and_, delete, func, insert, or_, select

from central.order import Order
from central.ports import LiveEvent
from central.records import schema
from central.records.checkpoints import names_of
from central.records.database import Database, Transaction
from central.records.people import people_names
from central.records.port import RecordsPolicy
from central.view import OrderView, PassageView, people_of
from proto.clock import Clock
from proto.passage import Passage

#: Kinds that show where vehicles are or how nodes do right now, and are of no use later.
FLEETING = ("passage", "node")


def put_event(tx: Transaction, kind: str, view: BaseModel, *, at: datetime) -> None:
    """Write an event in the transaction of what it tells of. Event ids grow in the order of commits, since
    writers go one after the other."""
    tx.connection.execute(insert(schema.events).values(kind=kind, at=at, body=view.model_dump_json()))


def put_order_event(tx: Transaction, order: Order, *, at: datetime) -> None:
    """That an order is as it is now."""
    put_event(tx, "order", OrderView.of(order, people_names(tx.connection, people_of(order))), at=at)


class SqlEventLog:
    """See `central.records.port.EventLog`."""

    def __init__(self, database: Database, clock: Clock, policy: RecordsPolicy) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy

    def announce(self, passages: Sequence[Passage]) -> None:
        if not passages:
            return
        now = self._clock.now()
        with self._database.write() as tx:
            names = names_of(tx.connection, {p.checkpoint_id for p in passages})
            tx.connection.execute(
                insert(schema.events),
                [
                    {"kind": "passage", "at": now, "body": PassageView.of(p, names).model_dump_json()}
                    for p in passages
                ],
            )

    def since(self, event_id: int, *, limit: int) -> tuple[LiveEvent, ...]:
        table = schema.events
        query = select(table).where(table.c.event_id > event_id).order_by(table.c.event_id).limit(limit)
        with self._database.read() as connection:
            return tuple(
                LiveEvent(event_id=row.event_id, kind=row.kind, at=row.at, body=row.body)
                for row in connection.execute(query)
            )

    def oldest(self) -> int:
        with self._database.read() as connection:
            return connection.scalar(select(func.min(schema.events.c.event_id))) or 0

    def newest(self) -> int:
        with self._database.read() as connection:
            return _newest(connection)

    def wait(self, event_id: int, *, timeout_s: float) -> bool:
        return self._database.wait(lambda: self.newest() > event_id, timeout_s=timeout_s)

    def prune(self) -> int:
        now = self._clock.now()
        table = schema.events
        old = or_(
            table.c.at < now - self._policy.events_kept,
            and_(table.c.kind.in_(FLEETING), table.c.at < now - self._policy.live_window),
        )
        with self._database.write() as tx:
            newest = _newest(tx.connection)
            return tx.connection.execute(delete(table).where(old, table.c.event_id < newest)).rowcount


def _newest(connection: Connection) -> int:
    return connection.scalar(select(func.max(schema.events.c.event_id))) or 0
