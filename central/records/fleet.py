"""Nodes by the heartbeat that was heard last."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter
from sqlalchemy import delete, insert, select

from central.ports import Heard
from central.records import schema
from central.records.database import Database
from central.records.events import put_event
from central.records.port import Node
from central.view import NodeView
from proto.clock import Clock
from proto.passage import Heartbeat

_HEARTBEAT: TypeAdapter[Heartbeat] = TypeAdapter(Heartbeat)


class SqlFleetBook:
    """See `central.records.port.FleetBook`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def heartbeat(self, heard: Sequence[Heard]) -> None:
        newest: dict[str, Heard] = {}
        for one in heard:
            known = newest.get(one.beat.node_id)
            if known is None or (one.at, one.beat.sent_at) > (known.at, known.beat.sent_at):
                newest[one.beat.node_id] = one
        if not newest:
            return
        table = schema.nodes
        now = self._clock.now()
        with self._database.write() as tx:
            stored = {
                row.node_id: (row.received_at, row.sent_at)
                for row in tx.connection.execute(
                    select(table.c.node_id, table.c.received_at, table.c.sent_at).where(
                        table.c.node_id.in_(newest)
                    )
                )
            }
            for node_id, one in newest.items():
                if node_id in stored and stored[node_id] >= (one.at, one.beat.sent_at):
                    continue
                tx.connection.execute(delete(table).where(table.c.node_id == node_id))
                tx.connection.execute(
                    insert(table).values(
                        node_id=node_id,
                        sent_at=one.beat.sent_at,
                        received_at=one.at,
                        body=_HEARTBEAT.dump_json(one.beat).decode(),
                    )
                )
                put_event(tx, "node", NodeView.of(one.beat, received_at=one.at, alive=True), at=now)

    def nodes(self) -> tuple[Node, ...]:
        with self._database.read() as connection:
            rows = connection.execute(select(schema.nodes)).all()
        found = [Node(beat=_HEARTBEAT.validate_json(row.body), received_at=row.received_at) for row in rows]
        return tuple(sorted(found, key=lambda node: (node.beat.checkpoint_id, node.beat.node_id)))
