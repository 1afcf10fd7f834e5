"""Takes heartbeats in: from the bus to the fleet's book."""

from __future__ import annotations

from central.admission import MAX_NAME
from central.dead_letter import DeadLetters
from central.group_reader import GroupReader
from central.metrics import CentreMetrics
from central.ports import FleetSink, Heard
from proto.codec import DecodeError, decode_heartbeat

GROUP = "fleet"
MAX_RECORDS = 500


class Fleet:
    """A part, of the group "fleet" of HEARTBEATS. One round:

    1. poll
    2. decode; what can't be, or names no possible node, goes to the dead letters
    3. keep each node's that was heard last, which is idempotent
    4. commit
    """

    def __init__(
        self, reader: GroupReader, sink: FleetSink, dead_letters: DeadLetters, *, metrics: CentreMetrics
    ) -> None:
        self._reader = reader
        self._sink = sink
        self._dead_letters = dead_letters
        self._metrics = metrics

    def step(self) -> None:
        # 1 poll
        messages = self._reader.poll(MAX_RECORDS)
        if not messages:
            return
        # 2 decode
        heard = []
        refused = []
        for message in messages:
            try:
                beat = decode_heartbeat(message.value)
            except DecodeError as error:
                refused.append((message, str(error)))
                continue
            if len(beat.node_id) > MAX_NAME or "\0" in beat.node_id:
                refused.append((message, f"expected a node_id of 1 to {MAX_NAME} characters, none of them NUL"))
                continue
            heard.append(Heard(beat=beat, at=message.appended_at))
        self._dead_letters.put(refused)
        # 3 keep
        self._sink.heartbeat(heard)
        self._metrics.heartbeats.inc(len(heard))
        # 4 commit
        self._reader.commit(messages)

    def close(self) -> None:
        self._dead_letters.close()
        self._reader.close()
