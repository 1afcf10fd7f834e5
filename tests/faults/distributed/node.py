"""A node of the campaign: a script's passages through the real outbox, relay, uploader and heartbeat.

`python -m tests.faults.distributed.node PLAN` goes on from its progress mark. In the end it prints how many
passages its outbox took: those, and only those, must be stored.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry
from pydantic import TypeAdapter

from edge.backoff import Backoff
from edge.outbox import OutboxLimits, OutboxUnavailable
from edge.outbox.metrics import OutboxMetrics
from edge.outbox.sqlite import SqliteOutbox
from edge.relay import Relay
from edge.upload import Uploader
from proto.bus.kafka import KafkaBus
from proto.bus.kafka_settings import KafkaSettings
from proto.bus.port import BusError, Record
from proto.clock import ClockQuality, SystemClock
from proto.codec import encode_heartbeat
from proto.logs import configure_logging
from proto.passage import Heartbeat
from proto.topics import HEARTBEATS
from tests.faults.distributed.script import NodePlan, Script
from tests.passages import sha256

_TICK_S = 0.1
_AT_ONCE = 200
_HEARTBEAT_S = 2.0
_MARK = "script"


class Node:
    """One, until it has made enough."""

    def __init__(self, plan: NodePlan) -> None:
        self._plan = plan
        self._clock = SystemClock()
        metrics = OutboxMetrics(CollectorRegistry())
        self._outbox = SqliteOutbox(
            Path(plan.folder) / "outbox", clock=self._clock, limits=OutboxLimits(), metrics=metrics
        )
        self._bus = KafkaBus(KafkaSettings.model_validate_json(plan.kafka))
        self._relay = Relay(
            self._outbox,
            self._bus.producer(),
            node_id=plan.script.node_id,
            metrics=metrics,
            backoff=Backoff(first_s=0.1, most_s=2),
        )
        self._uploader = Uploader(
            self._outbox,
            base_url=plan.url,
            token=plan.token,
            metrics=metrics,
            new_backoff=lambda: Backoff(first_s=0.1, most_s=2),
        )
        self._stop = threading.Event()
        # A replay begins a little before the mark, as a camera's does that is put back to a key frame.
        self._number = max(0, int(self._outbox.progress(_MARK) or 0) - 5)

    def run(self) -> dict[str, int]:
        """Returns what came of it."""
        plan = self._plan
        while self._number < plan.backlog:
            self._put(min(_AT_ONCE, plan.backlog - self._number))
        while plan.backlog and not plan.healed.exists():
            time.sleep(_TICK_S)
        for part in (self._relay.run, self._uploader.run, self._beat):
            threading.Thread(target=part, args=(self._stop,), daemon=True).start()
        began, first = time.monotonic(), self._number
        while not plan.enough.exists():
            due = first + int((time.monotonic() - began) * plan.script.rate) - self._number
            if plan.backlog or due <= 0:
                time.sleep(_TICK_S)
            else:
                self._put(min(due, _AT_ONCE))
                time.sleep(0 if due > _AT_ONCE else _TICK_S)
        while (stats := self._outbox.stats()).passages or stats.images:
            time.sleep(_TICK_S)
        made = int(self._outbox.progress(_MARK) or 0)
        return {"made": made, "lost_images": stats.lost_images, "refused": stats.refused_passages}

    def _put(self, count: int) -> None:
        """What the disk refuses is offered again, as long as it takes."""
        numbers = range(self._number, self._number + count)
        script = self._plan.script
        pictures = [picture for n in numbers if (picture := script.image(n)) is not None]
        try:
            self._outbox.put(
                [script.passage_of(n) for n in numbers],
                {sha256(picture): picture for picture in pictures},
                progress=(_MARK, str(numbers.stop).encode()),
            )
        except OutboxUnavailable:
            time.sleep(0.3)
        else:
            self._number = numbers.stop

    def _beat(self, stop: threading.Event) -> None:
        producer = self._bus.producer()
        started_at = self._clock.now()
        while not stop.wait(_HEARTBEAT_S):
            beat = Heartbeat(
                node_id=self._plan.script.node_id,
                checkpoint_id="cp-1",
                sent_at=self._clock.now() + self._plan.script.ahead(self._number),
                started_at=started_at,
                clock=ClockQuality.SYNCED,
                outbox_depth=0,
                outbox_bytes=0,
                disk_free_bytes=1,
                software="faults",
            )
            with suppress(BusError):  # the next one says more
                producer.publish(HEARTBEATS, [Record(key=beat.node_id.encode(), value=encode_heartbeat(beat))])


def main(plan: str) -> None:
    configure_logging(level="error")
    node = Node(TypeAdapter(NodePlan).validate_json(Path(plan).read_text()))
    print(json.dumps(node.run()), flush=True)


def expected(script: Script, made: int) -> set[bytes]:
    """Identifiers of what a node's outbox took."""
    return {script.id_of(number) for number in range(made)}


if __name__ == "__main__":
    main(sys.argv[1])
