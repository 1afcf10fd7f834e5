"""What people are shown of nodes and their cameras: the JSON of the API and of the live feed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Self

from pydantic import Field

from central.camera_reads import CameraReads
from central.view import View
from proto.clock import ClockQuality
from proto.passage import Heartbeat

NOTHING: Mapping[str, CameraReads] = MappingProxyType({})


class CameraReadsView(View):
    """A camera against its own past: the last three full hours beside the same hours of fourteen days."""

    passages: int
    read_rate: float | None = Field(description="Share, 0 to 1, of the passages; null: there were none.")
    usual_passages: float | None = Field(
        description="Median of past days of the same kind (workday, weekend, holiday); null: too few are known."
    )
    usual_read_rate: float | None = Field(description="Of the past days together; null: too little is known.")
    days: int = Field(description="Past days that the comparison rests on.")
    rate_fell: bool = Field(description="By five points or more, and more than chance explains.")
    passages_fell: bool = Field(description="To less than half of the usual, and below each of those days.")

    @classmethod
    def of(cls, reads: CameraReads) -> Self:
        return cls(
            passages=reads.passages,
            read_rate=None if reads.read_rate is None else round(reads.read_rate, 4),
            usual_passages=reads.usual_passages,
            usual_read_rate=None if reads.usual_read_rate is None else round(reads.usual_read_rate, 4),
            days=reads.days,
            rate_fell=reads.rate_fell,
            passages_fell=reads.passages_fell,
        )


class CameraView(View):
    """One camera, as its node sees it."""

    camera_id: str
    alive: bool
    frames: int = Field(description="Since the node started, as all the counts here.")
    frames_dropped: int
    passages: int
    unread: int
    last_frame_at: datetime | None
    error: str
    reads: CameraReadsView | None = Field(
        default=None,
        description="Against its own past; null: nothing was counted, it isn't known now, or in live events.",
    )


class ModelView(View):
    """A model that a node runs."""

    purpose: str = Field(examples=["read"])
    name: str
    sha256: str


class NodeView(View):
    """A node at a checkpoint, by its newest heartbeat."""

    node_id: str
    checkpoint_id: str
    sent_at: datetime
    received_at: datetime
    started_at: datetime
    outbox_depth: int
    outbox_bytes: int
    disk_free_bytes: int
    clock: ClockQuality
    software: str
    models: list[ModelView] = Field(default=[], description="Which reader and which detector it runs.")
    cameras: list[CameraView]
    alive: bool = Field(description="Whether it was heard of lately.")

    @classmethod
    def of(
        cls,
        beat: Heartbeat,
        *,
        received_at: datetime,
        alive: bool,
        reads: Mapping[str, CameraReads] = NOTHING,
    ) -> Self:
        """`reads`: of its cameras against their own past, by camera_id."""
        return cls(
            node_id=beat.node_id,
            checkpoint_id=beat.checkpoint_id,
            sent_at=beat.sent_at,
            received_at=received_at,
            started_at=beat.started_at,
            outbox_depth=beat.outbox_depth,
            outbox_bytes=beat.outbox_bytes,
            disk_free_bytes=beat.disk_free_bytes,
            clock=beat.clock,
            software=beat.software,
            models=[ModelView(purpose=m.purpose, name=m.name, sha256=m.sha256) for m in beat.models],
            cameras=[
                CameraView(
                    camera_id=c.camera_id,
                    alive=c.alive,
                    frames=c.frames,
                    frames_dropped=c.frames_dropped,
                    passages=c.passages,
                    unread=c.unread,
                    last_frame_at=c.last_frame_at,
                    error=c.error,
                    reads=CameraReadsView.of(reads[c.camera_id]) if c.camera_id in reads else None,
                )
                for c in beat.cameras
            ],
            alive=alive,
        )
