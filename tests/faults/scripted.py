"""The campaign with a scripted node: the road between a camera's result and the store."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.faults.campaign import Verdict, judge, kill_at_random
from tests.faults.scripted_node import Script, passage_of
from tests.faults.site import Site


def run_scripted(folder: Path, *, kills: int, chance: random.Random, on_kill: Callable[[str], None]) -> Verdict:
    """Kill the node and the centre `kills` times in all, let both finish, and judge."""
    site = Site(folder)
    script = Script(
        folder=str(folder / "node"),
        bus=str(site.bus),
        url=site.url,
        token=site.token,
        node_id="node-1",
        start=(datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)).isoformat(),
    )
    Path(script.folder).mkdir()
    config = folder / "script.json"
    config.write_text(json.dumps(asdict(script)))
    node = site.node("node", [sys.executable, "-m", "tests.faults.scripted_node", str(config)])
    killed = kill_at_random(site, node, kills=kills, chance=chance, on_kill=on_kill)
    script.enough.touch()
    node.start()
    ended = json.loads(node.finish(300))
    assert ended["lost_images"] == 0
    expected = [str(passage_of(script, number).passage_id) for number in range(ended["made"])]
    return judge(site.stored(), expected, lambda p: str(p["id"]), killed)
