"""The campaign with a whole node: `bukong edge run` plays a rendered road, with real detection and reading."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.city import City
from deploy.demo.calibration import camera_settings
from edge.camera.record import record
from edge.camera.simulated import SimulatedCamera
from edge.config import CameraSettings
from tests.faults.campaign import Verdict, judge, kill_at_random
from tests.faults.site import Site

WIDTH, HEIGHT, FPS, SEED = 960, 540, 10, 3
#: A node that loads its models is some seconds old before its first frame.
_LIVES_S = 14.0
_BUKONG = [sys.executable, "-m", "proto.cli", "--log-level", "error"]


def render(video: Path, seconds: int) -> CameraSettings:
    """A road of so many seconds into a file; returns the settings of the camera that filmed it."""
    city = City.demo(SEED, width=WIDTH, height=HEIGHT)
    camera = city.cameras[0]
    film = SimulatedCamera(
        camera.camera_id,
        city.scene(camera.camera_id, seconds),
        fps=FPS,
        duration=seconds,
        started_at=datetime.now(UTC).replace(microsecond=0) - timedelta(days=1),
    )
    record(film.frames(), video, fps=FPS)
    return camera_settings(camera).model_copy(update={"source": str(video), "detect_every": 2})


def run_cameras(
    folder: Path, *, kills: int, seconds: int, chance: random.Random, on_kill: Callable[[str], None]
) -> Verdict:
    """Kill the node and the centre `kills` times in all while the node plays the road, over and over.

    Each time the road ends, a new node plays it again. What is stored must be, for each, what an undisturbed
    replay prints.
    """
    site = Site(folder)
    camera = render(folder / "road.mp4", seconds)
    undisturbed = _replay(_configure(site, camera, "undisturbed"))
    killed: Counter[str] = Counter()
    names: list[str] = []
    while killed.total() < kills:
        names.append(f"node-{len(names) + 1}")
        node = site.node(names[-1], [*_BUKONG, "edge", "run", str(_configure(site, camera, names[-1]))])
        round_killed = kill_at_random(
            site, node, kills=kills - killed.total(), chance=chance, on_kill=on_kill, lives_s=_LIVES_S
        )
        node.start()
        node.finish(30 * seconds)
        killed.update({"centre" if name == "centre" else "node": n for name, n in round_killed.items()})
    expected = [f"{name} {passage}" for name in names for passage in undisturbed]
    return judge(site.stored(), expected, lambda p: f"{p['node']} {_key(p)}", killed)


def _key(passage: Mapping[str, Any]) -> str:
    """Which passage it is, whichever node saw it."""
    return f"{passage['camera']} {datetime.fromisoformat(passage['captured_at'])} {passage['text']}"


def _replay(config: Path) -> list[str]:
    done = subprocess.run(
        [*_BUKONG, "edge", "replay", _source(config), "--config", str(config), "--format", "jsonl"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [_key(line | {"text": line["plate"]["text"] if line["plate"] else None}) for line in lines]


def _source(config: Path) -> str:
    return str(config.parent / "road.mp4")


def _configure(site: Site, camera: CameraSettings, name: str) -> Path:
    """The node's settings file."""
    fields = camera.model_dump(mode="json", exclude_none=True)
    lanes = fields.pop("lanes")
    lines = [
        f'node_id = "{name}"',
        'checkpoint_id = "cp-1"',
        f'data = "{site.folder / name}"',
        "drain_s = 600",
        "[bus]",
        f'path = "{site.bus}"',
        "[images]",
        f'url = "{site.url}"',
        "[[cameras]]",
        *(f"{key} = {json.dumps(value)}" for key, value in fields.items()),
    ]
    for lane in lanes:
        lines += ["[[cameras.lanes]]", *(f"{key} = {json.dumps(value)}" for key, value in lane.items())]
    path = site.folder / f"{name}.toml"
    path.write_text("\n".join(lines) + "\n")
    return path
