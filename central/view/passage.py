"""Passages as people are shown them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import Field

from central.view.base import View
from proto.clock import ClockQuality
from proto.passage import Box, EvidenceKind, Passage
from proto.plate import PlateClass, PlateColour, display

BoxView = tuple[float, float, float, float]
IMAGE_PATH = "/api/images/"


class CheckpointName(View):
    """Which checkpoint, as people call it."""

    checkpoint_id: str
    name: str = Field(description="The id where nobody has named it.")

    @classmethod
    def of(cls, checkpoint_id: str, names: Mapping[str, str]) -> Self:
        """`names`: checkpoint id → name."""
        return cls(checkpoint_id=checkpoint_id, name=names.get(checkpoint_id, checkpoint_id))


class PlateView(View):
    """A plate as read, with what else it could have been."""

    text: str = Field(examples=["川C12345"])
    display: str = Field(description="With the dot, as it is printed.", examples=["川C·12345"])
    plate_class: PlateClass
    colour: PlateColour
    confidence: float = Field(description="Probability that the whole text is right, 0 to 1.")
    rows: int
    frames: int = Field(description="Frames that took part in the vote.")
    alternatives: list[list[tuple[str, float]]] = Field(
        description="For each position the characters it could be, most probable first."
    )


class EvidenceView(View):
    """Addresses of the pictures; null where there is none."""

    scene: str | None = None
    vehicle: str | None = None
    plate: str | None = None

    @classmethod
    def of(cls, passage: Passage) -> Self:
        return cls(
            scene=_address(passage, EvidenceKind.SCENE),
            vehicle=_address(passage, EvidenceKind.VEHICLE),
            plate=_address(passage, EvidenceKind.PLATE),
        )


class PassageView(View):
    """One vehicle through one lane, once (过车记录)."""

    passage_id: str
    node_id: str
    checkpoint: CheckpointName
    camera_id: str
    lane: int = Field(description="1 is nearest the centre line; 0: not known.")
    direction: str
    captured_at: datetime
    clock: ClockQuality
    plate: PlateView | None
    unread_reason: str
    speed_kmh: float | None
    vehicle_box: BoxView | None = Field(description="x1, y1, x2, y2 in pixels of the scene.")
    plate_box: BoxView | None
    evidence: EvidenceView

    @classmethod
    def of(cls, passage: Passage, names: Mapping[str, str]) -> Self:
        """`names`: checkpoint id → name."""
        read = passage.plate
        return cls(
            passage_id=str(passage.passage_id),
            node_id=passage.node_id,
            checkpoint=CheckpointName.of(passage.checkpoint_id, names),
            camera_id=passage.camera_id,
            lane=passage.lane,
            direction=passage.direction,
            captured_at=passage.captured_at,
            clock=passage.clock,
            plate=None
            if read is None
            else PlateView(
                text=read.text,
                display=display(read.text),
                plate_class=read.plate_class,
                colour=read.colour,
                confidence=read.confidence,
                rows=read.rows,
                frames=read.frames,
                alternatives=[list(position) for position in read.lattice],
            ),
            unread_reason=passage.unread_reason,
            speed_kmh=passage.speed_kmh,
            vehicle_box=_corners(passage.vehicle_box),
            plate_box=_corners(passage.plate_box),
            evidence=EvidenceView.of(passage),
        )


def _corners(box: Box | None) -> BoxView | None:
    return None if box is None else (box.x1, box.y1, box.x2, box.y2)


def _address(passage: Passage, kind: EvidenceKind) -> str | None:
    image = passage.image(kind)
    return None if image is None else f"{IMAGE_PATH}{image.sha256}"
