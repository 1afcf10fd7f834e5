"""Heartbeats of nodes, for tests."""

from __future__ import annotations

from datetime import timedelta

from central.ports import Heard
from proto.clock import ClockQuality
from proto.passage import CameraHealth, Heartbeat
from tests.centre import START


def heartbeat(node_id: str = "node-1", seconds: float = 0, depth: int = 0) -> Heartbeat:
    return Heartbeat(
        node_id=node_id,
        checkpoint_id="cp-1",
        sent_at=START + timedelta(seconds=seconds),
        started_at=START,
        clock=ClockQuality.SYNCED,
        outbox_depth=depth,
        outbox_bytes=0,
        disk_free_bytes=1 << 40,
        software="0.1.0",
        cameras=(
            CameraHealth(camera_id="cam-1", alive=True, frames=1, frames_dropped=0, passages=0, unread=0),
        ),
    )


def heard(seconds: float, beat: Heartbeat) -> Heard:
    return Heard(beat=beat, at=START + timedelta(seconds=seconds))
