"""The node in threads, on the real outbox and the real bus, with scripted eyes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from edge.config import CameraSettings, NodeSettings
from edge.frame import Frame, Image, PlateDetection
from edge.node import EdgeNode
from edge.wiring import Vision, build_node
from proto.bus.embedded.bus import EmbeddedBus
from proto.bus.port import BusUnavailable, Record
from proto.clock import SystemClock
from proto.codec import decode_heartbeat, decode_passages
from proto.passage import Heartbeat, Passage
from proto.topics import ALL, HEARTBEATS, PASSAGES, Topic
from tests.unit.edge.road import Vehicle
from tests.unit.edge.scripted import ScriptedCamera, ScriptedVision

CAR = Vehicle(plate="川C12345", start_m=40, speed=16, aside_m=2)


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[EmbeddedBus]:
    bus = EmbeddedBus(tmp_path / "bus.db", clock=SystemClock())
    bus.create_topics(ALL)
    yield bus
    bus.close()


def node_of(
    folder: Path,
    bus: EmbeddedBus,
    cameras: Sequence[ScriptedCamera],
    vision: ScriptedVision | None = None,
    *,
    drain_s: float = 20.0,
) -> EdgeNode:
    settings = NodeSettings(
        node_id="n1",
        checkpoint_id="c1",
        data=folder / "node",
        heartbeat_s=0.1,
        drain_s=drain_s,
        cameras=tuple(CameraSettings(id=c.camera_id, source="scripted") for c in cameras),
    )
    vision = vision or ScriptedVision(vehicles=[CAR])
    return build_node(
        settings,
        vision=Vision(detector=vision, reader=vision),
        bus=bus,
        clock=SystemClock(),
        registry=CollectorRegistry(),
        cameras={c.camera_id: c for c in cameras},
    )


def values(bus: EmbeddedBus, topic: Topic) -> list[bytes]:
    with bus.consumer(topic, group="test") as consumer:
        return [m.value for m in consumer.poll(max_records=1000, timeout_s=5)]


def passages(bus: EmbeddedBus) -> list[Passage]:
    return [p for value in values(bus, PASSAGES) for p in decode_passages(value)]


def heartbeats(bus: EmbeddedBus) -> list[Heartbeat]:
    return [decode_heartbeat(value) for value in values(bus, HEARTBEATS)]


def test_recorded_cameras_end_by_themselves_and_all_is_delivered(tmp_path: Path, bus: EmbeddedBus) -> None:
    cameras = [ScriptedCamera(count=40, camera_id=f"k{i}") for i in range(2)]
    node = node_of(tmp_path, bus, cameras)
    node.start()
    assert node.join(60)
    assert (node.undelivered, node.errors) == (0, {})
    found = passages(bus)
    assert sorted((p.camera_id, p.plate.text) for p in found if p.plate) == [
        ("k0", "川C12345"),
        ("k1", "川C12345"),
    ]
    assert {(p.node_id, p.checkpoint_id) for p in found} == {("n1", "c1")}
    assert {m.name for p in found for m in p.models} == {"scripted"}


def test_a_node_that_was_never_started_is_at_its_end(tmp_path: Path, bus: EmbeddedBus) -> None:
    node = node_of(tmp_path, bus, [ScriptedCamera(count=5)])
    node.stop()
    assert node.join()
    again = node_of(tmp_path, bus, [ScriptedCamera(count=5)])  # the outbox is free again
    assert again.join()


def test_heartbeats_tell_how_the_cameras_do(tmp_path: Path, bus: EmbeddedBus) -> None:
    node = node_of(tmp_path, bus, [ScriptedCamera(count=40)])
    node.start()
    assert node.join(60)
    beats = heartbeats(bus)
    assert len(beats) >= 2
    last = beats[-1]
    assert (last.node_id, last.checkpoint_id, last.outbox_depth) == ("n1", "c1", 0)
    assert last.disk_free_bytes > 0
    assert last.software.startswith("bukong ")
    assert [(c.camera_id, c.alive, c.frames, c.passages) for c in last.cameras] == [("k1", False, 40, 1)]
    assert all(one.sent_at < other.sent_at for one, other in pairwise(beats))


class Endless(ScriptedCamera):
    """A live camera: it ends when it is closed."""

    def frames(self, *, start_index: int = 0) -> Iterator[Frame]:
        for frame in super().frames():
            yield frame
            time.sleep(0.001)  # lets the test's own thread have the interpreter


def test_a_live_node_ends_when_told_and_tells_what_it_had_seen(tmp_path: Path, bus: EmbeddedBus) -> None:
    node = node_of(tmp_path, bus, [Endless(count=10**9, live=True)])
    node.start()
    assert not node.join(0.1)
    deadline = time.monotonic() + 60
    while not node.runners[0].count.passages and time.monotonic() < deadline:
        node.join(0.05)
    node.stop()
    node.stop()
    assert node.join(60)
    assert [p.plate.text for p in passages(bus) if p.plate] == ["川C12345"]


def test_one_camera_that_fails_does_not_stop_the_others(tmp_path: Path, bus: EmbeddedBus) -> None:
    def fail(index: int) -> None:
        if index == 3:
            raise RuntimeError("the driver broke")

    cameras = [ScriptedCamera(count=40, camera_id="k1", before=fail), ScriptedCamera(count=40, camera_id="k2")]
    node = node_of(tmp_path, bus, cameras)
    node.start()
    assert node.join(60)
    assert node.errors == {"k1": "RuntimeError: the driver broke"}
    assert [p.camera_id for p in passages(bus)] == ["k2"]
    assert {c.camera_id: c.error for c in heartbeats(bus)[-1].cameras} == {
        "k1": "RuntimeError: the driver broke",
        "k2": "",
    }


def test_what_the_bus_does_not_take_waits_for_the_next_run(
    tmp_path: Path, bus: EmbeddedBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_self: object, _topic: Topic, _records: Sequence[Record]) -> None:
        raise BusUnavailable("no route to the centre")

    with monkeypatch.context() as broken:
        broken.setattr("proto.bus.embedded.bus.EmbeddedProducer.publish", away)
        node = node_of(tmp_path, bus, [ScriptedCamera(count=40)], drain_s=0.3)
        node.start()
        assert node.join(60)
        assert node.undelivered == 1
    node = node_of(tmp_path, bus, [ScriptedCamera(count=40)])
    node.start()
    assert node.join(60)
    assert node.undelivered == 0
    assert [p.plate.text for p in passages(bus) if p.plate] == ["川C12345"]


class Blind(ScriptedVision):
    """Sees nothing."""

    def detect(self, image: Image) -> tuple[PlateDetection, ...]:
        return ()


def test_an_empty_road_is_no_passage(tmp_path: Path, bus: EmbeddedBus) -> None:
    node = node_of(tmp_path, bus, [ScriptedCamera(count=10)], Blind(vehicles=()))
    node.start()
    assert node.join(60)
    assert node.runners[0].count.passages == 0
