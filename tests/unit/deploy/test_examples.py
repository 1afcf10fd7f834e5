"""The example settings of node and centre, as a newcomer uses them: side by side on one machine."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from central.config import load_settings
from edge.config import BusSettings, load

DEPLOY = Path(__file__).parents[3] / "deploy"


def test_the_example_node_talks_to_the_example_centre() -> None:
    node, centre = load(DEPLOY / "edge.example.toml"), load_settings(DEPLOY / "central.example.toml")
    assert node.bus.path == centre.bus_file
    assert urlsplit(node.images.url).netloc == f"{centre.http.host}:{centre.http.port}"
    assert node.checkpoint_id in {checkpoint.id for checkpoint in centre.checkpoints}
    directions = next(c.directions for c in centre.checkpoints if c.id == node.checkpoint_id)
    assert {node.cameras[0].towards, node.cameras[0].away} <= set(directions)


def test_without_settings_they_find_each_other_too() -> None:
    assert BusSettings().path == load_settings(None).bus_file
