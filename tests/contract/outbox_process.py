"""A process that puts passages into an outbox, from its progress mark on, until it is killed.

`python -m tests.contract.outbox_process FOLDER` prints each passage's number once its put has returned.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry

from edge.outbox import OutboxLimits
from edge.outbox.metrics import OutboxMetrics
from edge.outbox.sqlite import SqliteOutbox
from proto.clock import ManualClock
from tests.passages import images_of, passage


def main(folder: str) -> None:
    outbox = SqliteOutbox(
        Path(folder),
        clock=ManualClock(),
        limits=OutboxLimits(),
        metrics=OutboxMetrics(CollectorRegistry()),
    )
    mark = outbox.progress("cam")
    # One further back than the mark: a replay may begin before what was put last.
    for number in itertools.count(max(0, int(mark or 0) - 1)):
        outbox.put([passage(number)], images_of(number), progress=("cam", b"%d" % number))
        print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
