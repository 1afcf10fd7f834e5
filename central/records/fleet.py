"""Nodes by their newest heartbeat."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter
from sqlalchemy import delete, insert, select

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

    def heartbeat(self, beats: Sequence[Heartbeat]) -> None:
        newest: dict[str, Heartbeat] = {}
        for beat in beats:
            if beat.node_id not in newest or beat.sent_at > newest[beat.node_id].sent_at:
                newest[beat.node_id] = beat
        if not newest:
            return
        table = schema.nodes
        now = self._clock.now()
        with self._database.write() as tx:
            known = {
                row.node_id: row.sent_at
                for row in tx.connection.execute(
                    select(table.c.node_id, table.c.sent_at).where(table.c.node_id.in_(newest))
                )
            }
            for node_id, beat in newest.items():
                if node_id in known and known[node_id] >= beat.sent_at:
                    continue
                tx.connection.execute(delete(table).where(table.c.node_id == node_id))
                tx.connection.execute(
                    insert(table).values(
                        node_id=node_id,
                        sent_at=beat.sent_at,
                        received_at=now,
                        body=_HEARTBEAT.dump_json(beat).decode(),
                    )
                )
                put_event(tx, "node", NodeView.of(beat, received_at=now, alive=True), at=now)

    def nodes(self) -> tuple[Node, ...]:
        with self._database.read() as connection:
            rows = connection.execute(select(schema.nodes)).all()
        found = [Node(beat=_HEARTBEAT.validate_json(row.body), received_at=row.received_at) for row in rows]
        return tuple(sorted(found, key=lambda node: (node.beat.checkpoint_id, node.beat.node_id)))
