"""Can one core follow a full-HD camera? `python -m tests.bench.realtime`, or `make realtime`.

A road is rendered to a 1080p video at 25 frames a second (once; it is kept), then played at its own pace to a
whole node pinned to one core: decoding, motion gate, detection, reading, voting, evidence, outbox with fsync,
relay, bus. A frame that comes while the node is busy is lost, as with a live camera. What arrives on the bus is
held against who really drove by.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deploy.bench.machine import machine

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from deploy.demo.summary import Judgement
    from edge.runner import Count
    from edge.scene import RoadScene
    from proto.bus.embedded.bus import EmbeddedBus
    from proto.passage import Passage

#: Of the rendered road.
WIDTH, HEIGHT, FPS, SEED = 1920, 1080, 25, 3
#: Vehicles that cross so shortly before the end may not have been reported when the video ends, seconds.
_TAIL = 1.0
_STAGES = ("gate", "detect", "read", "conclude", "store")

# What is heavy is imported in functions: libraries start threads as they load, and those must be pinned too.


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one run measured."""

    wall_s: float
    cpu_s: float  #: of all threads of the process
    count: Count
    stages: dict[str, float]  #: seconds by stage
    judgement: Judgement


@click.command()
@click.option("--seconds", default=60, show_default=True, help="Length of the video.")
@click.option("--core", default=0, show_default=True, help="The core to run on.")
@click.option("--detect-every", default=2, show_default=True, help="Look for plates in every n-th frame.")
@click.option(
    "--detect-side", default=640, show_default=True, help="Long side of the detector's input, pixels."
)
@click.option("--folder", default=Path("build/realtime"), type=click.Path(path_type=Path), show_default=True)
@click.option("--render-only", is_flag=True, help="Make the video and stop.")
def main(
    seconds: int, core: int, detect_every: int, detect_side: int, folder: Path, *, render_only: bool
) -> None:
    """Follow a 1080p video in real time on one core; print what that took."""
    video = folder / f"road-{WIDTH}x{HEIGHT}-{FPS}fps-{seconds}s-seed{SEED}.mp4"
    if render_only:
        _render(video, seconds)
        return
    if not video.exists():
        # In a process of its own, which may use all cores.
        subprocess.run([sys.executable, "-m", __spec__.name, *sys.argv[1:], "--render-only"], check=True)
    ran_on = f"{machine()}, load before {os.getloadavg()[0]:.1f}"
    os.sched_setaffinity(0, {core})
    _print(_measure(video, seconds, detect_every, detect_side), ran_on, detect_every, detect_side)


def _render(video: Path, seconds: int) -> None:
    from tqdm import tqdm

    from deploy.city import City
    from edge.camera.record import record
    from edge.camera.simulated import SimulatedCamera

    city = City.demo(SEED, width=WIDTH, height=HEIGHT)
    scene = city.scene(city.cameras[0].camera_id, seconds)
    camera = SimulatedCamera("road", scene, fps=FPS, duration=seconds)
    video.parent.mkdir(parents=True, exist_ok=True)
    half_done = video.with_suffix(".part.mp4")
    frames = tqdm(camera.frames(), "rendering the road", seconds * FPS, disable=None)
    record(frames, half_done, fps=FPS)
    half_done.rename(video)


def _measure(video: Path, seconds: int, detect_every: int, detect_side: int) -> Outcome:
    import cv2
    from prometheus_client import CollectorRegistry

    from deploy.city import City
    from deploy.demo.calibration import camera_settings
    from edge import wiring
    from edge.config import NodeSettings, VisionSettings
    from proto.bus.embedded.bus import EmbeddedBus
    from proto.clock import SystemClock
    from proto.topics import ALL

    cv2.setNumThreads(1)
    clock = SystemClock()
    city = City.demo(SEED, width=WIDTH, height=HEIGHT)
    changes = {"source": str(video), "paced": True, "detect_every": detect_every}
    camera = camera_settings(city.cameras[0]).model_copy(update=changes)
    registry = CollectorRegistry()
    with tempfile.TemporaryDirectory() as folder:
        settings = NodeSettings(
            node_id="bench",
            checkpoint_id="bench",
            data=Path(folder) / "node",
            vision=VisionSettings(detect_long_side=detect_side),
            cameras=(camera,),
        )
        vision = wiring.open_vision(settings.vision)
        bus = EmbeddedBus(Path(folder) / "bus.db", clock=clock)
        bus.create_topics(ALL)
        node = wiring.build_node(settings, vision=vision, bus=bus, clock=clock, registry=registry)
        started_at, wall, cpu = clock.now(), time.monotonic(), time.process_time()
        node.start()
        node.join()
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
        passages = _passages(bus)
        bus.close()
    scene = city.scene(city.cameras[0].camera_id, seconds)
    return Outcome(
        wall_s=wall,
        cpu_s=cpu,
        count=node.runners[0].count,
        stages=_stages(registry),
        judgement=_judge(scene, started_at, seconds, passages),
    )


def _passages(bus: EmbeddedBus) -> list[Passage]:
    from proto.codec import decode_passages
    from proto.topics import PASSAGES

    found: list[Passage] = []
    with bus.consumer(PASSAGES, group="bench") as consumer:
        while consumer.lag():
            messages = consumer.poll(max_records=100, timeout_s=1)
            found += [p for message in messages for p in decode_passages(message.value)]
            consumer.commit(messages)
    return found


def _judge(scene: RoadScene, started_at: datetime, seconds: int, passages: Sequence[Passage]) -> Judgement:
    from deploy.demo.summary import Crossing, Seen, judge

    truth = [
        Crossing(camera_id="", text=t.text, lane=t.lane, at=started_at + timedelta(seconds=t.crosses_at))
        for t in scene.truth()
        if t.crosses_at <= seconds - _TAIL
    ]
    seen = [
        Seen(
            passage_id=str(p.passage_id),
            camera_id="",
            text=p.plate.text if p.plate else "",
            lane=p.lane,
            at=p.captured_at,
        )
        for p in passages
    ]
    return judge(truth, seen)


def _stages(registry: CollectorRegistry) -> dict[str, float]:
    sums = {s: registry.get_sample_value("bukong_edge_stage_seconds_sum", {"stage": s}) for s in _STAGES}
    return {stage: total or 0.0 for stage, total in sums.items()}


def _print(outcome: Outcome, ran_on: str, detect_every: int, detect_side: int) -> None:
    count, verdict = outcome.count, outcome.judgement
    stages = ", ".join(f"{name} {seconds:.1f}" for name, seconds in outcome.stages.items())
    rest = outcome.cpu_s - sum(outcome.stages.values())
    click.echo(
        f"video      {WIDTH}x{HEIGHT}, {FPS} frames/s, {outcome.wall_s:.0f} s, in real time on one core\n"
        f"machine    {ran_on}\n"
        f"settings   detector at {detect_side} pixels on every {detect_every}. frame in which something moves\n"
        f"frames     {count.frames} taken, {count.dropped} dropped, {count.detected} looked at, "
        f"{count.read} plates read\n"
        f"CPU        {100 * outcome.cpu_s / outcome.wall_s:.0f} % of one core\n"
        f"seconds    {stages}, decoding and the rest {rest:.1f}\n"
        f"passages   {verdict.right} of {verdict.crossings} right, {verdict.wrong} wrong, "
        f"{verdict.unread} unread, {verdict.missed} missed, {verdict.doubled} doubled"
    )
    for truth, read in verdict.misreads:
        click.echo(f"misread    {truth} as {read}")


if __name__ == "__main__":
    main()
