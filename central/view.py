"""What people are shown of passages, orders, alerts and nodes: the JSON of the API and of the live feed.

One definition for both, so that an event on the live feed is what the API would answer. `may`, which
depends on who looks, is left empty here and filled in for each reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from central.alert import Alert, AlertMove, AlertState, Verdict
from central.order import Order, OrderMove, OrderState
from proto.clock import ClockQuality
from proto.passage import Box, EvidenceKind, Heartbeat, Passage, Tier
from proto.plate import PlateClass, PlateColour, display

BoxView = tuple[float, float, float, float]


class View(BaseModel):
    """Base of everything shown."""

    model_config = ConfigDict(frozen=True)


class CheckpointName(View):
    """Which checkpoint, as people call it."""

    checkpoint_id: str
    name: str = Field(description="The id where nobody has named it.")


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
            checkpoint=CheckpointName(
                checkpoint_id=passage.checkpoint_id,
                name=names.get(passage.checkpoint_id, passage.checkpoint_id),
            ),
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
            evidence=EvidenceView(
                scene=_address(passage, EvidenceKind.SCENE),
                vehicle=_address(passage, EvidenceKind.VEHICLE),
                plate=_address(passage, EvidenceKind.PLATE),
            ),
        )


def _corners(box: Box | None) -> BoxView | None:
    return None if box is None else (box.x1, box.y1, box.x2, box.y2)


def _address(passage: Passage, kind: EvidenceKind) -> str | None:
    image = passage.image(kind)
    return None if image is None else f"/api/images/{image.sha256}"


class _Step(View):
    """Base of the steps of a life: `from` is a word of Python's, hence the alias."""

    model_config = ConfigDict(frozen=True, validate_by_name=True, serialize_by_alias=True)

    at: datetime
    user: str


class OrderStepView(_Step):
    """One move of an order."""

    before: OrderState = Field(validation_alias="from", serialization_alias="from")
    after: OrderState = Field(validation_alias="to", serialization_alias="to")
    reason: str


class OrderView(View):
    """A deployment order (布控)."""

    order_id: str
    version: int
    state: OrderState
    plate: str
    plate_display: str
    plate_class: PlateClass | None = Field(description="null: any.")
    colour: PlateColour | None = Field(description="null: any.")
    checkpoints: list[str] = Field(description="Empty: everywhere.")
    directions: list[str] = Field(description="Empty: any.")
    priority: int = Field(description="1 (highest) to 4.")
    reason: str
    case_number: str
    legal_basis: str
    contact: str
    danger_note: str
    instructions: str
    valid_from: datetime | None
    valid_until: datetime
    applicant: str
    approver: str | None
    created_at: datetime
    updated_at: datetime
    history: list[OrderStepView]
    may: list[OrderMove] = Field(default=[], description="What the reader may do with it now.")

    @classmethod
    def of(cls, order: Order) -> Self:
        wanted = order.request
        return cls(
            order_id=order.order_id,
            version=order.version,
            state=order.state,
            plate=wanted.plate,
            plate_display=display(wanted.plate),
            plate_class=wanted.plate_class,
            colour=wanted.colour,
            checkpoints=sorted(wanted.checkpoints),
            directions=sorted(wanted.directions),
            priority=wanted.priority,
            reason=wanted.reason,
            case_number=wanted.case_number,
            legal_basis=wanted.legal_basis,
            contact=wanted.contact,
            danger_note=wanted.danger_note,
            instructions=wanted.instructions,
            valid_from=wanted.valid_from,
            valid_until=wanted.valid_until,
            applicant=order.applicant,
            approver=order.approver,
            created_at=order.created_at,
            updated_at=order.updated_at,
            history=[
                OrderStepView(at=s.at, user=s.user, before=s.before, after=s.after, reason=s.reason)
                for s in order.history
            ],
        )


class OrderSummary(View):
    """What an operator must know of the order behind an alert."""

    order_id: str
    plate: str
    plate_display: str
    priority: int
    reason: str
    case_number: str
    contact: str
    danger_note: str
    instructions: str

    @classmethod
    def of(cls, order: Order) -> Self:
        wanted = order.request
        return cls(
            order_id=order.order_id,
            plate=wanted.plate,
            plate_display=display(wanted.plate),
            priority=wanted.priority,
            reason=wanted.reason,
            case_number=wanted.case_number,
            contact=wanted.contact,
            danger_note=wanted.danger_note,
            instructions=wanted.instructions,
        )


class AlertStepView(_Step):
    """One move of an alert."""

    step: AlertMove
    verdict: Verdict | None
    unit: str
    note: str
    before: AlertState = Field(validation_alias="from", serialization_alias="from")
    after: AlertState = Field(validation_alias="to", serialization_alias="to")


class AlertView(View):
    """A hit raised to the operators (预警)."""

    alert_id: str
    state: AlertState
    raised_at: datetime
    tier: Tier
    score: float
    priority: int
    order: OrderSummary
    passage: PassageView
    watchlist_version: int
    steps: list[AlertStepView]
    may: list[AlertMove] = Field(default=[], description="What the reader may do with it now.")

    @classmethod
    def of(cls, alert: Alert, order: Order, names: Mapping[str, str]) -> Self:
        """`names`: checkpoint id → name."""
        return cls(
            alert_id=alert.alert_id,
            state=alert.state,
            raised_at=alert.raised_at,
            tier=alert.tier,
            score=alert.score,
            priority=order.request.priority,
            order=OrderSummary.of(order),
            passage=PassageView.of(alert.passage, names),
            watchlist_version=alert.watchlist_version,
            steps=[
                AlertStepView(
                    at=s.at,
                    user=s.user,
                    step=s.move,
                    verdict=s.verdict,
                    unit=s.unit,
                    note=s.note,
                    before=s.before,
                    after=s.after,
                )
                for s in alert.steps
            ],
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
    cameras: list[CameraView]
    alive: bool = Field(description="Whether it was heard of lately.")

    @classmethod
    def of(cls, beat: Heartbeat, *, received_at: datetime, alive: bool) -> Self:
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
                )
                for c in beat.cameras
            ],
            alive=alive,
        )
