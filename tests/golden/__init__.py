"""Payloads of version 1 that must decode for ever, and what they say.

The .hex files are never regenerated. A value that the wire learns later gets a file of its own, written with
`python -m tests.golden NAME`, which refuses to touch one that exists.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from proto.clock import ClockQuality
from proto.dead_letter import DeadLetter
from proto.passage import (
    Box,
    CameraHealth,
    Difference,
    Evidence,
    EvidenceKind,
    Heartbeat,
    Hit,
    LocalHit,
    ModelVersion,
    Passage,
    PlateRead,
    Tier,
    WatchlistEntry,
)
from proto.plate import PlateClass, PlateColour
from proto.schedule import Schedule, Window

GOLDEN = Path(__file__).parent

_MODELS = (
    ModelVersion(purpose="detect", name="plates", sha256="01" * 32),
    ModelVersion(purpose="read", name="characters", sha256="02" * 32),
)
_READ = Passage(
    passage_id=UUID("019b7671-4000-7abc-8def-0123456789ab"),
    node_id="node-1",
    checkpoint_id="cp-1",
    camera_id="cam-2",
    lane=2,
    direction="inbound",
    captured_at=datetime(2026, 1, 1, 4, 30, 0, 123456, tzinfo=UTC),
    clock=ClockQuality.SYNCED,
    plate=PlateRead(
        text="川CD12345",
        plate_class=PlateClass.SMALL_NEW_ENERGY,
        colour=PlateColour.GREEN,
        confidence=60000 / 65535,
        lattice=(
            (("川", 64000 / 65535), ("云", 1000 / 65535)),
            (("C", 1.0),),
            (("D", 40000 / 65535), ("0", 20000 / 65535), ("", 1 / 65535)),
            (("1", 1.0),),
            (("2", 1.0),),
            (("3", 1.0),),
            (("4", 1.0),),
            (("5", 65000 / 65535), ("S", 500 / 65535)),
        ),
        rows=1,
        frames=17,
    ),
    vehicle_box=Box(x1=-1.5, y1=0.0, x2=1919.0625, y2=1080.0),
    plate_box=Box(x1=800.25, y1=640.5, x2=930.75, y2=680.0),
    speed_kmh=57.25,
    evidence=(
        Evidence(kind=EvidenceKind.SCENE, sha256="0a" * 32, size=312_345),
        Evidence(kind=EvidenceKind.VEHICLE, sha256="0b" * 32, size=45_678),
        Evidence(kind=EvidenceKind.PLATE, sha256="0c" * 32, size=3_210, media_type="image/png"),
    ),
    models=_MODELS,
)
_UNREAD = Passage(
    passage_id=UUID("019b7671-4000-7fff-bfff-ffffffffffff"),
    node_id="node-1",
    checkpoint_id="cp-other",
    camera_id="cam-2",
    lane=0,
    direction="",
    captured_at=datetime(2026, 1, 1, 4, 30, 1, tzinfo=UTC),
    clock=ClockQuality.UNSYNCED,
    plate=None,
    unread_reason="too small",
    models=_MODELS[:1],
)

#: File name without its ending (what follows a dash tells apart) → the value in it.
VALUES: dict[str, Any] = {
    "passages": (_READ, _UNREAD),
    "passages-smallest": (
        Passage(
            passage_id=UUID(int=0),
            node_id="",
            checkpoint_id="",
            camera_id="",
            lane=0,
            direction="",
            captured_at=datetime(1970, 1, 1, tzinfo=UTC),
            clock=ClockQuality.UNKNOWN,
            plate=None,
        ),
    ),
    "passages-columns": tuple(
        replace(
            _UNREAD if n % 5 == 4 else _READ,
            passage_id=UUID(int=(0x019B767140007ABC << 64) + (0x8D << 56) + n),
            lane=1 + n % 2,
            speed_kmh=None if n % 3 else n * 10.5,
            plate_box=None if n % 4 == 1 else _READ.plate_box,
        )
        for n in range(16)
    ),
    "heartbeat": Heartbeat(
        node_id="node-1",
        checkpoint_id="cp-1",
        sent_at=datetime(2026, 1, 1, 4, 31, tzinfo=UTC),
        started_at=datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        clock=ClockQuality.HOLDOVER,
        outbox_depth=12,
        outbox_bytes=3_000_000_000,
        disk_free_bytes=64 << 30,
        software="0.1.0",
        cameras=(
            CameraHealth(
                camera_id="cam-1",
                alive=True,
                frames=123_456,
                frames_dropped=7,
                passages=89,
                unread=1,
                last_frame_at=datetime(2026, 1, 1, 4, 30, 59, tzinfo=UTC),
            ),
            CameraHealth(
                camera_id="cam-2", alive=False, frames=0, frames_dropped=0, passages=0, unread=0, error="无信号"
            ),
        ),
        models=_MODELS,
    ),
    "watchlist_entry": WatchlistEntry(
        order_id="o-1",
        plate="川C?2*",
        plate_class=PlateClass.UNKNOWN,
        colour=PlateColour.YELLOW_GREEN,
        checkpoints=frozenset({"cp-1", "cp-2"}),
        directions=frozenset({"inbound"}),
        priority=1,
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        valid_until=datetime(2026, 2, 1, tzinfo=UTC),
    ),
    "watchlist_entry-windows": WatchlistEntry(
        order_id="o-3",
        plate="川C12345",
        schedule=Schedule(
            zone="Asia/Shanghai",
            windows=(
                Window(days=frozenset(range(1, 6)), start=22 * 60, end=6 * 60),
                Window(days=frozenset({6, 7}), start=0, end=1440),
            ),
        ),
    ),
    "watchlist_entry-anywhere": WatchlistEntry(order_id="o-2", plate="川C12345"),
    "watchlist_entry-exact": WatchlistEntry(order_id="o-3", plate="川C12345", exact_only=True),
    "passages-alarmed": (
        replace(
            _UNREAD,
            plate=_READ.plate,
            unread_reason="",
            local_hits=(
                LocalHit(
                    tag="00112233445566ff",
                    epoch=2,
                    tier=Tier.SUSPECTED,
                    score=0.625,
                    list_version=41,
                    alarmed_at=datetime(2026, 1, 1, 4, 30, 1, 250000, tzinfo=UTC),
                ),
            ),
        ),
    ),
    "hit-suspected": Hit(
        order_id="o-1",
        passage=_READ,
        tier=Tier.SUSPECTED,
        score=0.3125,
        watchlist_version=41,
        matched_at=datetime(2026, 1, 1, 4, 30, 0, 500000, tzinfo=UTC),
        differences=(
            Difference(position=3, read="D", ordered="0", probability=0.3125),
            Difference(position=8, read="", ordered="5", probability=0.0),
        ),
        site_alarm_at=datetime(2026, 1, 1, 4, 30, 0, 250000, tzinfo=UTC),
    ),
    "hit": Hit(
        order_id="o-1",
        passage=_READ,
        tier=Tier.SUSPECTED,
        score=0.8125,
        watchlist_version=41,
        matched_at=datetime(2026, 1, 1, 4, 30, 0, 500000, tzinfo=UTC),
    ),
    "dead_letter": DeadLetter(
        topic="bukong.passages.v1",
        partition=11,
        offset=1 << 40,
        key=b"node-1",
        value=b"\x00\xff not a batch",
        headers={"a": b"\x01", "b": b""},
        refused_by="ingest",
        reason="expected a bukong.v1.PassageBatch, got 14 bytes",
        refused_at=datetime(2026, 1, 1, 4, 30, 2, tzinfo=UTC),
    ),
}
