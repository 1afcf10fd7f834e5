"""What a centre has, read after it has ended: `python -m tests.faults.stored CONFIG` prints one JSON document.

In a process of its own, since a process may open chDB once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from central.config import load_settings
from central.ingest import GROUP
from central.ports import PassageQuery
from central.wiring import open_bus, open_engines
from proto.clock import SystemClock
from proto.logs import configure_logging
from proto.passage import Passage
from proto.topics import DEAD_LETTERS, PASSAGES


def main(config: str) -> None:
    configure_logging(level="error")
    settings = load_settings(Path(config))
    clock = SystemClock()
    bus = open_bus(settings, clock)
    engines = open_engines(settings, clock)
    assert engines.store is not None
    passages: list[Passage] = []
    page = engines.store.search(PassageQuery(limit=1000))
    while True:
        passages += page.passages
        if page.next is None:
            break
        page = engines.store.search(PassageQuery(limit=1000, after=page.next))
    document = {
        "lag": bus.consumer(PASSAGES, group=GROUP).lag(),
        "dead_letters": bus.consumer(DEAD_LETTERS, group="faults").lag(),
        "count": engines.store.count(PassageQuery()),
        "passages": [
            {
                "id": str(p.passage_id),
                "node": p.node_id,
                "camera": p.camera_id,
                "captured_at": p.captured_at.isoformat(),
                "text": p.plate.text if p.plate else None,
                "missing_images": sum(not engines.images.has(e.sha256) for e in p.evidence),
            }
            for p in passages
        ],
    }
    engines.close()
    bus.close()
    json.dump(document, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
