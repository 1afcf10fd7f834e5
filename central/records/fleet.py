"""Nodes by the heartbeat that was heard last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import delete, insert, select, update

from central.device_health import alive_between
from central.node_view import NodeView
from central.ports import Heard
from central.records import schema
from central.records.database import Database, Transaction
from central.records.events import put_event
from central.records.port import Node, RecordsPolicy
from proto.clock import Clock
from proto.passage import Heartbeat

#: Of a camera's id, what is kept.
MAX_CAMERA = 64
_HEARTBEAT: TypeAdapter[Heartbeat] = TypeAdapter(Heartbeat)


class SqlFleetBook:
    """See `central.records.port.FleetBook`."""

    def __init__(self, database: Database, clock: Clock, policy: RecordsPolicy) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy

    def heartbeat(self, heard: Sequence[Heard]) -> None:
        newest: dict[str, Heard] = {}
        beats: dict[str, list[Heard]] = {}
        for one in heard:
            known = newest.get(one.beat.node_id)
            if known is None or (one.at, one.beat.sent_at) > (known.at, known.beat.sent_at):
                newest[one.beat.node_id] = one
            beats.setdefault(one.beat.node_id, []).append(one)
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
                before = stored[node_id][0] if node_id in stored else None
                self._count(tx, before, sorted(beats[node_id], key=lambda heard: heard.at))
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

    def _count(self, tx: Transaction, before: datetime | None, beats: Sequence[Heard]) -> None:
        """How long the node and its cameras were alive since it was heard of last."""
        table = schema.device_days
        late = [heard for heard in beats if before is None or heard.at > before]
        newest = beats[-1]
        for (device, day), seconds in alive_between(before, late, silent=self._policy.node_alive_for).items():
            camera_id = device.camera_id.replace("\0", "\ufffd")[:MAX_CAMERA]
            mine = (table.c.node_id == device.node_id, table.c.camera_id == camera_id, table.c.day == day)
            changed = tx.connection.execute(
                update(table).where(*mine).values(alive_s=table.c.alive_s + seconds)
            )
            if changed.rowcount == 0:
                tx.connection.execute(
                    insert(table).values(
                        node_id=device.node_id,
                        camera_id=camera_id,
                        day=day,
                        checkpoint_id=newest.beat.checkpoint_id.replace("\0", "\ufffd"),
                        first_at=late[0].at,
                        alive_s=seconds,
                    )
                )

    def nodes(self) -> tuple[Node, ...]:
        with self._database.read() as connection:
            rows = connection.execute(select(schema.nodes)).all()
        found = [Node(beat=_HEARTBEAT.validate_json(row.body), received_at=row.received_at) for row in rows]
        return tuple(sorted(found, key=lambda node: (node.beat.checkpoint_id, node.beat.node_id)))
