"""What the passage store has, its process ended: `python -m tests.faults.distributed.stored FOLDER OUT`.

In a process of its own, since a process may open chDB once. OUT gets the identifiers, 16 bytes each.
"""

from __future__ import annotations

import sys
from pathlib import Path

from central.store.chdb import ChdbEngine
from proto.logs import configure_logging


def main(folder: str, out: str) -> None:
    configure_logging(level="error")
    with ChdbEngine(Path(folder)) as engine, Path(out).open("wb") as file:
        nodes = engine.query("SELECT DISTINCT node_id FROM passages ORDER BY node_id").column(0).to_pylist()
        for node in nodes:
            rows = engine.query("SELECT passage_id FROM passages WHERE node_id = {node:String}", {"node": node})
            for identifier in rows.column(0).to_pylist():
                assert len(identifier) == 16
                file.write(identifier)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
