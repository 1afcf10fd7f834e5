"""The running part that drains the outbox's passages onto the bus."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import structlog

from edge.backoff import Backoff
from edge.outbox import Outbox, OutboxError, QueuedPassage
from edge.outbox.metrics import OutboxMetrics
from proto.bus.port import BusError, Producer, Record, RecordTooLarge
from proto.codec import encode_passages
from proto.topics import PASSAGES, Topic

#: A relay with nothing to do looks up this often whether it should stop.
_IDLE_S = 0.2


class Relay:
    """Passages go from the outbox to the bus, at least once and in order.

    Its loop:

    1. Take the oldest passages that wait in the outbox; where there is none, wait for a put.
    2. Encode them as one batch.
    3. Publish it under the node's key.
    4. Remove from the outbox what the bus acknowledged.

    A bus that does not acknowledge is tried again with growing pauses, and the passages stay; so it is with any
    other error, since a relay that ended would leave them waiting in silence. A batch that is
    too large is halved; a single passage that is too large is kept aside in the outbox and counted.
    """

    def __init__(
        self,
        outbox: Outbox,
        producer: Producer,
        *,
        node_id: str,
        metrics: OutboxMetrics,
        topic: Topic = PASSAGES,
        batch: int = 200,
        backoff: Backoff | None = None,
    ) -> None:
        self._outbox = outbox
        self._producer = producer
        self._key = node_id.encode()
        self._metrics = metrics
        self._topic = topic
        self._batch = batch
        self._backoff = backoff or Backoff()
        self._log = structlog.get_logger("relay").bind(node=node_id)

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; what was not acknowledged then stays in the outbox."""
        while not stop.is_set():
            puts = self._outbox.puts
            try:
                delivered = self.deliver()
            except (BusError, OutboxError) as error:
                pause = self._failed()
                self._log.warning("passages wait", why=str(error), seconds=round(pause, 2))
                stop.wait(pause)
                continue
            except Exception as error:  # noqa: BLE001 - a relay that ended would leave the passages waiting
                pause = self._failed()
                self._log.exception("passages wait", why=str(error), seconds=round(pause, 2))
                stop.wait(pause)
                continue
            self._backoff.succeeded()
            if not delivered:
                self._outbox.wait(puts, _IDLE_S)

    def _failed(self) -> float:
        self._metrics.relay_failures.inc()
        return self._backoff.failed()

    def deliver(self) -> int:
        """One turn of the loop; returns how many passages left the queue.

        Raises:
            BusError: not acknowledged; what stays in the outbox is tried again.
            OutboxUnavailable: published perhaps, and tried again all the same.
        """
        # 1. Take.
        queued = self._outbox.passages(self._batch)
        if queued:
            self._publish(queued)
        return len(queued)

    def _publish(self, queued: Sequence[QueuedPassage]) -> None:
        # 2. Encode.
        value = encode_passages([q.passage for q in queued])
        # 3. Publish.
        began = time.perf_counter()
        try:
            self._producer.publish(self._topic, [Record(key=self._key, value=value)])
        except RecordTooLarge as error:
            if len(queued) == 1:
                self._outbox.refuse_passage(queued[0].seq, str(error))
                return
            half = len(queued) // 2
            self._publish(queued[:half])
            self._publish(queued[half:])
            return
        self._metrics.publish_seconds.observe(time.perf_counter() - began)
        # 4. Remove.
        self._outbox.acknowledge_passages([q.seq for q in queued])
        self._metrics.published.inc(len(queued))
