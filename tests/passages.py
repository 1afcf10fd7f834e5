"""Passages as a node makes them: numbered, deterministic, with evidence images."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from proto.clock import ClockQuality
from proto.identity import uuid7
from proto.passage import Box, Evidence, EvidenceKind, ModelVersion, Passage, PlateRead
from proto.plate import PlateClass, PlateColour

START = datetime(2026, 1, 1, tzinfo=UTC)
MODELS = (
    ModelVersion(purpose="detect", name="plates", sha256="a" * 64),
    ModelVersion(purpose="read", name="characters", sha256="b" * 64),
)


def image_of(number: int, kind: EvidenceKind = EvidenceKind.SCENE, size: int = 400) -> bytes:
    """Bytes that differ by number and kind."""
    return f"{kind}-{number}-".encode().ljust(size, b"\xaa")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def passage(
    number: int,
    *,
    kinds: tuple[EvidenceKind, ...] = (EvidenceKind.SCENE,),
    image_size: int = 400,
    node_id: str = "node-1",
    unread_reason: str = "",
    start: datetime = START,
) -> Passage:
    """The passage of that number; the same number gives the same passage. Wire-exact: rounds to itself."""
    at = start + timedelta(seconds=number)
    text = f"川C{number % 100_000:05d}"
    read = PlateRead(
        text=text,
        plate_class=PlateClass.SMALL_CAR,
        colour=PlateColour.BLUE,
        confidence=52428 / 65535,
        lattice=tuple(((c, 58981 / 65535), ("8" if c != "8" else "B", 6553 / 65535)) for c in text),
        frames=9,
    )
    pictures = [(kind, image_of(number, kind, image_size)) for kind in kinds]
    return Passage(
        passage_id=uuid7(at, seed=f"{node_id}/{number}"),
        node_id=node_id,
        checkpoint_id="cp-1",
        camera_id="cam-1",
        lane=1 + number % 3,
        direction="inbound",
        captured_at=at,
        clock=ClockQuality.SYNCED,
        plate=None if unread_reason else read,
        unread_reason=unread_reason,
        vehicle_box=Box(x1=100.5, y1=200.0, x2=900.25, y2=700.0),
        plate_box=Box(x1=400.0, y1=600.0, x2=520.0, y2=640.0),
        speed_kmh=41.5,
        evidence=tuple(Evidence(kind=k, sha256=sha256(data), size=len(data)) for k, data in pictures),
        models=MODELS,
    )


def images_of(
    *numbers: int, kinds: tuple[EvidenceKind, ...] = (EvidenceKind.SCENE,), size: int = 400
) -> dict[str, bytes]:
    """The images of those passages, by hash."""
    return {sha256(data): data for n in numbers for k in kinds for data in [image_of(n, k, size)]}
