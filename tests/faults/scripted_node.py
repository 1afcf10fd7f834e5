"""A node whose cameras are a script: passage 0, 1, 2, … through the real outbox, relay and uploader.

`python -m tests.faults.scripted_node CONFIG` goes on from its progress mark; CONFIG is JSON, see `Script`. Once
the file `enough` is there it makes no more, delivers what waits, and prints how many it made.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry

from edge.backoff import Backoff
from edge.outbox import OutboxLimits
from edge.outbox.metrics import OutboxMetrics
from edge.outbox.sqlite import SqliteOutbox
from edge.relay import Relay
from edge.upload import Uploader
from proto.bus.embedded import EmbeddedBus
from proto.clock import SystemClock
from proto.logs import configure_logging
from proto.passage import Passage
from proto.topics import ALL
from tests.passages import images_of, passage

#: Passages a second: more than a road with four lanes has, so that something is always in flight.
RATE = 40
_LARGE, _SMALL = 300_000, 2_000


@dataclass(frozen=True, kw_only=True)
class Script:
    """What a scripted node is told."""

    folder: str
    bus: str
    url: str
    token: str
    node_id: str
    start: str  #: ISO 8601, of passage 0

    @property
    def enough(self) -> Path:
        return Path(self.folder) / "enough"


def passage_of(script: Script, number: int) -> Passage:
    return passage(
        number,
        image_size=image_size(number),
        node_id=script.node_id,
        start=datetime.fromisoformat(script.start),
    )


def image_size(number: int) -> int:
    """Every tenth image is large enough to be sent in pieces."""
    return _LARGE if number % 10 == 0 else _SMALL


def main(config: str) -> None:
    configure_logging(level="error")
    script = Script(**json.loads(Path(config).read_text()))
    clock = SystemClock()
    metrics = OutboxMetrics(CollectorRegistry())
    outbox = SqliteOutbox(Path(script.folder) / "outbox", clock=clock, limits=OutboxLimits(), metrics=metrics)
    bus = EmbeddedBus(Path(script.bus), clock=clock)
    bus.create_topics(ALL)
    relay = Relay(outbox, bus.producer(), node_id=script.node_id, metrics=metrics)
    uploader = Uploader(
        outbox,
        base_url=script.url,
        token=script.token,
        metrics=metrics,
        new_backoff=lambda: Backoff(first_s=0.05, most_s=0.5),
    )
    stop = threading.Event()
    for part in (relay, uploader):
        threading.Thread(target=part.run, args=(stop,), daemon=True).start()
    mark = outbox.progress("script")
    # A replay begins a little before the mark, as a camera's does that is put back to a key frame.
    number = max(0, int(mark or 0) - 5)
    while not script.enough.exists():
        outbox.put(
            [passage_of(script, number)],
            images_of(number, size=image_size(number)),
            progress=("script", str(number + 1).encode()),
        )
        number += 1
        time.sleep(1 / RATE)
    while (stats := outbox.stats()).passages or stats.images:
        time.sleep(0.05)
    print(json.dumps({"made": int(outbox.progress("script") or 0), "lost_images": stats.lost_images}))


if __name__ == "__main__":
    main(sys.argv[1])
