"""An ingest whose store is slow, in a process of its own, so that its memory can be told from the test's.

`python -m tests.integration.slow_ingest SETTINGS DELAY SECONDS`: settings of a centre as JSON, seconds that the
store takes more than it needs for each insert, and how long to go on. Prints a JSON object a round.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from typing import cast

import psutil
from prometheus_client import CollectorRegistry

from central.admission import Admission
from central.columns import Ints, PassageColumns
from central.config import CentreSettings
from central.dead_letter import DeadLetters
from central.group_reader import GroupReader
from central.ingest import GROUP, Ingest
from central.metrics import CentreMetrics
from central.ports import PassageStore
from central.wiring import open_bus, open_engines, open_state
from proto.clock import SystemClock
from proto.logs import configure_logging
from proto.topics import PASSAGES


class SlowStore:
    """The real store, and a disk that takes its time."""

    def __init__(self, store: PassageStore, delay_s: float) -> None:
        self._store = store
        self._delay_s = delay_s

    def insert_columns(self, passages: PassageColumns, rows: Ints) -> Ints:
        time.sleep(self._delay_s)
        return self._store.insert_columns(passages, rows)


def main(settings_json: str, delay_s: float, seconds: float) -> None:
    configure_logging(level="error")
    settings = CentreSettings.model_validate_json(settings_json)
    clock, metrics = SystemClock(), CentreMetrics(CollectorRegistry())
    bus = open_bus(settings, clock)
    engines = open_engines(settings, clock)
    assert engines.store is not None
    day = timedelta(days=1)
    ingest = Ingest(
        GroupReader(bus, PASSAGES, group=GROUP, clock=clock, metrics=metrics),
        cast(PassageStore, SlowStore(engines.store, delay_s)),
        DeadLetters(bus.producer(), refused_by=GROUP, clock=clock, metrics=metrics),
        engines.records.live,
        sightings=open_state(settings, clock, metrics).sightings,
        admission=Admission(kept=3650 * day, ahead_refused=day, ahead_suspect=day),
        announce_per_second=1,
        max_records=settings.ingest.max_records,
        clock=clock,
        metrics=metrics,
    )
    process = psutil.Process()

    def tell() -> None:
        print(json.dumps({"rss_mib": process.memory_info().rss / (1 << 20)}), flush=True)

    tell()  # what the engines hold, before anything is read
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ingest.step()
        tell()
    ingest.close()
    engines.close()
    bus.close()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
