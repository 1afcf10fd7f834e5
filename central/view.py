"""What people are shown of passages, orders and alerts: the JSON of the API and of the live feed.

One definition for both, so that an event on the live feed is what the API would answer. `may`, which
depends on who looks, is left empty here and filled in for each reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from central.alert import Alert, AlertMove, AlertState, Offer, Verdict
from central.area import EVERYWHERE, Scope
from central.order import Order, OrderMove, OrderState
from central.target import TargetKind
from proto.clock import ClockQuality
from proto.differences import differences, in_words
from proto.passage import Box, EvidenceKind, Passage, Tier
from proto.plate import PlateClass, PlateColour, display
from proto.schedule import MAX_WINDOWS, Schedule, Window

BoxView = tuple[float, float, float, float]
IMAGE_PATH = "/api/images/"
#: 00:00 to 24:00.
CLOCK_TIME = r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"


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
    return None if image is None else f"{IMAGE_PATH}{image.sha256}"


class _Step(View):
    """Base of the steps of a life: `from` is a word of Python's, hence the alias."""

    model_config = ConfigDict(frozen=True, validate_by_name=True, serialize_by_alias=True)

    at: datetime
    user: str


class OrderStepView(_Step):
    """One move of an order."""

    name: str = Field(description="Of the user, as the colleagues call them.")
    before: OrderState = Field(validation_alias="from", serialization_alias="from")
    after: OrderState = Field(validation_alias="to", serialization_alias="to")
    reason: str


class WindowView(View):
    """A stretch of time on certain days of the week, by the clock on the wall."""

    days: list[int] = Field(
        description="On which it begins: 1 (Monday) to 7 (Sunday).", examples=[[1, 2, 3, 4, 5]]
    )
    start: str = Field(pattern=CLOCK_TIME, examples=["22:00"])
    end: str = Field(
        pattern=CLOCK_TIME, description="Exclusive; not after start: on the following day.", examples=["06:00"]
    )


class ScheduleView(View):
    """Weekly time windows of one time zone."""

    zone: str = Field(max_length=64, examples=["Asia/Shanghai"])
    windows: list[WindowView] = Field(min_length=1, max_length=MAX_WINDOWS)

    @classmethod
    def of(cls, schedule: Schedule | None) -> Self | None:
        if schedule is None:
            return None
        return cls(
            zone=schedule.zone,
            windows=[
                WindowView(days=sorted(w.days), start=_clock_time(w.start), end=_clock_time(w.end))
                for w in schedule.windows
            ],
        )

    def schedule(self) -> Schedule:
        """Raises:
        InvalidSchedule: a day that is none, or an unknown zone.
        """
        return Schedule(
            zone=self.zone,
            windows=tuple(
                Window(days=frozenset(w.days), start=_minutes(w.start), end=_minutes(w.end))
                for w in self.windows
            ),
        )


def _clock_time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _minutes(clock_time: str) -> int:
    hours, _, minutes = clock_time.partition(":")
    return int(hours) * 60 + int(minutes)


class OrderView(View):
    """A deployment order (布控)."""

    order_id: str
    version: int
    revision: int = Field(description="Number of the request that this is, see its revisions.")
    state: OrderState
    kind: TargetKind
    plate: str = Field(description="Of a pattern: ? is one character, * any number.")
    plate_display: str
    plate_class: PlateClass | None = Field(description="null: any.")
    colour: PlateColour | None = Field(description="null: any.")
    checkpoints: list[str] = Field(description="With those of the areas; both empty: everywhere.")
    areas: list[str]
    directions: list[str] = Field(description="Empty: any.")
    schedule: ScheduleView | None = Field(description="null: at all times.")
    priority: int = Field(description="1 (highest) to 4.")
    reason: str
    case_number: str
    legal_basis: str
    contact: str
    exact_only: bool = Field(description="Whether it is never suspected.")
    danger_note: str
    instructions: str
    valid_from: datetime | None
    valid_until: datetime
    retro_hours: float = Field(description="How far back passages are looked for once it is in force.")
    applicant: str
    applicant_name: str
    approver: str | None
    approver_name: str | None
    created_at: datetime
    updated_at: datetime
    in_force_from: datetime | None = Field(
        description="What passed before is the past; null: not in force yet."
    )
    emergency_until: datetime | None = Field(description="When it lapses unless somebody approves it.")
    history: list[OrderStepView]
    may: list[OrderMove] = Field(default=[], description="What the reader may do with it now.")

    @classmethod
    def of(cls, order: Order, people: Mapping[str, str] | None = None) -> Self:
        """`people`: username → name."""
        wanted, people = order.request, people or {}
        return cls(
            order_id=order.order_id,
            version=order.version,
            revision=order.revision,
            state=order.state,
            kind=wanted.kind,
            plate=wanted.plate,
            plate_display=display(wanted.plate),
            plate_class=wanted.plate_class,
            colour=wanted.colour,
            checkpoints=sorted(wanted.checkpoints),
            areas=sorted(wanted.areas),
            directions=sorted(wanted.directions),
            schedule=ScheduleView.of(wanted.schedule),
            priority=wanted.priority,
            reason=wanted.reason,
            case_number=wanted.case_number,
            legal_basis=wanted.legal_basis,
            contact=wanted.contact,
            exact_only=wanted.exact_only,
            danger_note=wanted.danger_note,
            instructions=wanted.instructions,
            valid_from=wanted.valid_from,
            valid_until=wanted.valid_until,
            retro_hours=wanted.retro.total_seconds() / 3600,
            applicant=order.applicant,
            applicant_name=people.get(order.applicant, order.applicant),
            approver=order.approver,
            approver_name=None if order.approver is None else people.get(order.approver, order.approver),
            created_at=order.created_at,
            updated_at=order.updated_at,
            in_force_from=order.in_force_from,
            emergency_until=order.emergency_until,
            history=[
                OrderStepView(
                    at=s.at,
                    user=s.user,
                    name=people.get(s.user, s.user),
                    before=s.before,
                    after=s.after,
                    reason=s.reason,
                )
                for s in order.history
            ],
        )


def people_of(order: Order) -> frozenset[str]:
    """Usernames that stand in it."""
    return frozenset(step.user for step in order.history) | {order.applicant, order.approver or order.applicant}


class OrderSummary(View):
    """What an operator must know of the order behind an alert."""

    order_id: str
    plate: str
    plate_display: str
    plate_class: PlateClass | None = Field(description="null: any.")
    colour: PlateColour | None = Field(description="null: any.")
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
            plate_class=wanted.plate_class,
            colour=wanted.colour,
            priority=wanted.priority,
            reason=wanted.reason,
            case_number=wanted.case_number,
            contact=wanted.contact,
            danger_note=wanted.danger_note,
            instructions=wanted.instructions,
        )


class AlertStepView(_Step):
    """One move of an alert."""

    name: str = Field(description="Of the user, as the colleagues call them.")
    step: AlertMove
    verdict: Verdict | None
    unit: str = Field(description="Who was dispatched, as people call them.")
    unit_id: str = Field(default="", description="Of a registered unit; empty: one that the books don't know.")
    note: str
    addressee: str = Field(description="Of a hand-over or an escalation; else empty.")
    made_at: datetime | None = Field(
        default=None, description="When the unit made it, by its own clock, where it came later; null: then."
    )
    identity_checked: bool | None = Field(
        default=None, description="Of a feedback: whether the driver's identity was checked; null: not said."
    )
    photos: list[str] = Field(default=[], description="Of a feedback: addresses.")
    before: AlertState = Field(validation_alias="from", serialization_alias="from")
    after: AlertState = Field(validation_alias="to", serialization_alias="to")


class SeenBeforeView(View):
    """Where the vehicle was seen before the passage of the alert."""

    checkpoint: CheckpointName
    captured_at: datetime
    seconds: float = Field(description="From there to the passage of the alert.")
    distance_km: float | None = Field(description="As the crow flies; null: a position is not known.")
    implausible: bool = Field(
        description="No vehicle is that fast: the plate is perhaps on two (套牌), or was misread."
    )


class AlertPassageView(View):
    """One of an alert's passages, in short."""

    passage_id: str
    captured_at: datetime
    checkpoint: CheckpointName
    camera_id: str
    lane: int
    direction: str
    tier: Tier
    score: float
    text: str = Field(description="As read; empty where nothing was.")
    evidence: EvidenceView


class OfferView(View):
    """A hand-over (交接班) that waits for an answer."""

    by: str
    addressee: str
    people: list[str] = Field(description="Usernames; any of them may accept.")

    @classmethod
    def of(cls, offer: Offer) -> Self:
        return cls(by=offer.by, addressee=offer.addressee, people=sorted(offer.people))


#: Of an alert's passages, the newest so many are listed; all are counted.
PASSAGES_LISTED = 50


def _differences(alert: Alert, order: Order) -> str:
    read = alert.passage.plate
    if alert.tier is not Tier.SUSPECTED or read is None:
        return ""
    return in_words(differences(read, order.request.plate), alert.score)


class AlertView(View):
    """A hit raised to the operators (预警), with the later ones of the same vehicle that joined."""

    alert_id: str
    version: int = Field(description="Grows with every step and every passage.")
    state: AlertState
    raised_at: datetime
    tier: Tier = Field(description="Of the hit that raised it.")
    score: float
    differences: str = Field(
        description="Of a suspected hit: which characters differ, in words. Empty where none do."
    )
    site_alarm_at: datetime | None = Field(
        description="When the site raised its own alarm; null: it did not, or not for this order."
    )
    priority: int
    order: OrderSummary
    passage: PassageView = Field(description="The newest.")
    passages: list[AlertPassageView] = Field(description=f"The newest {PASSAGES_LISTED} at most, newest first.")
    passage_count: int
    elsewhere: int = Field(description="Passages outside the reader's areas, which are counted and not told.")
    checkpoint_ids: list[str] = Field(description="Where the vehicle was seen.")
    watchlist_version: int
    retro: bool = Field(
        description="The vehicle passed before the order was in force: it is where it was then."
    )
    owner: str = Field(description="Who has taken it on; empty: nobody yet.")
    owner_name: str
    offer: OfferView | None = Field(description="A hand-over that waits for an answer.")
    escalations: int = Field(description="How often nobody had signed off in time.")
    steps: list[AlertStepView]
    seen_before: SeenBeforeView | None = Field(
        default=None, description="Told for a single alert only; null: not seen before, or not known."
    )
    may: list[AlertMove] = Field(default=[], description="What the reader may do with it now.")
    may_verdicts: list[Verdict] = Field(default=[], description="Of the reader's verification now.")

    @classmethod
    def of(
        cls,
        alert: Alert,
        order: Order,
        names: Mapping[str, str],
        people: Mapping[str, str] | None = None,
        *,
        scope: Scope = EVERYWHERE,
    ) -> Self:
        """`names`: checkpoint id → name; `people`: username → name. At least one passage lies in the scope."""
        people = people or {}
        passages = [passage for passage in alert.passages if scope.allows(passage.checkpoint_id)]
        raised_here = scope.allows(alert.passage.checkpoint_id)
        return cls(
            alert_id=alert.alert_id,
            version=alert.version,
            state=alert.state,
            raised_at=alert.raised_at,
            tier=alert.tier,
            score=alert.score,
            differences=_differences(alert, order) if raised_here else "",
            site_alarm_at=min((h.alarmed_at for p in passages for h in p.local_hits), default=None),
            priority=order.request.priority,
            order=OrderSummary.of(order),
            passage=PassageView.of(passages[0], names),
            passages=_in_short(alert, passages[:PASSAGES_LISTED], names),
            passage_count=len(passages),
            elsewhere=len(alert.passages) - len(passages),
            checkpoint_ids=sorted({passage.checkpoint_id for passage in passages}),
            watchlist_version=alert.watchlist_version,
            retro=alert.retro,
            owner=alert.owner,
            owner_name=people.get(alert.owner, alert.owner),
            offer=None if alert.offer is None else OfferView.of(alert.offer),
            escalations=sum(step.move is AlertMove.ESCALATE for step in alert.steps),
            steps=[
                AlertStepView(
                    at=s.at,
                    user=s.user,
                    name=people.get(s.user, s.user),
                    step=s.move,
                    verdict=s.verdict,
                    unit=s.unit,
                    unit_id=s.unit_id,
                    note=s.note,
                    addressee=s.addressee,
                    made_at=s.made_at,
                    identity_checked=s.identity_checked,
                    photos=[f"{IMAGE_PATH}{sha256}" for sha256 in s.photos],
                    before=s.before,
                    after=s.after,
                )
                for s in alert.steps
            ],
        )


def _in_short(alert: Alert, passages: Sequence[Passage], names: Mapping[str, str]) -> list[AlertPassageView]:
    hits = {alert.passage.passage_id: (alert.tier, alert.score)}
    hits |= {r.passage.passage_id: (r.tier, r.score) for r in alert.repeats}
    return [
        AlertPassageView(
            passage_id=str(p.passage_id),
            captured_at=p.captured_at,
            checkpoint=CheckpointName(
                checkpoint_id=p.checkpoint_id, name=names.get(p.checkpoint_id, p.checkpoint_id)
            ),
            camera_id=p.camera_id,
            lane=p.lane,
            direction=p.direction,
            tier=hits[p.passage_id][0],
            score=hits[p.passage_id][1],
            text="" if p.plate is None else p.plate.text,
            evidence=EvidenceView(
                scene=_address(p, EvidenceKind.SCENE),
                vehicle=_address(p, EvidenceKind.VEHICLE),
                plate=_address(p, EvidenceKind.PLATE),
            ),
        )
        for p in passages
    ]
