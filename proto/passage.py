"""What crosses a machine boundary, as frozen values: passages, heartbeats, watchlist entries, hits."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from proto.clock import ClockQuality
from proto.plate import PlateClass, PlateColour
from proto.schedule import Schedule

#: One position of a read: (character, probability), most probable first. Probabilities sum to at most 1;
#: what is missing is shared by all characters not named. The empty string is "no character here".
Position = tuple[tuple[str, float], ...]
#: A read's confusion lattice, one entry a character of the plate.
Lattice = tuple[Position, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Axis-aligned rectangle in pixels of the scene image, x to the right, y down; x2, y2 exclusive."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        return self.y2 - self.y1

    @property
    def centre(self) -> tuple[float, float]:
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    def iou(self, other: Box) -> float:
        """Intersection over union, 0 to 1."""
        w = min(self.x2, other.x2) - max(self.x1, other.x1)
        h = min(self.y2, other.y2) - max(self.y1, other.y1)
        if w <= 0 or h <= 0:
            return 0.0
        return w * h / (self.width * self.height + other.width * other.height - w * h)


class EvidenceKind(enum.StrEnum):
    """What an evidence image shows."""

    SCENE = "scene"  #: the whole frame the passage was captured in
    VEHICLE = "vehicle"  #: the vehicle cut out of it
    PLATE = "plate"  #: the plate, rectified


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """An image that travels by its own road, addressed by its content."""

    kind: EvidenceKind
    sha256: str  #: 64 lower-case hex digits of the file's bytes
    size: int  #: bytes
    media_type: str = "image/jpeg"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """Which model did a part of the work."""

    purpose: str  #: detect, read, colour
    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateRead:
    """The text voted over a tracklet's frames, with what else it could have been."""

    text: str  #: normalised, no separator
    plate_class: PlateClass
    colour: PlateColour
    confidence: float  #: probability that the whole text is right, 0 to 1
    lattice: Lattice
    rows: int = 1
    frames: int = 1  #: frames that took part in the vote


class Tier(enum.StrEnum):
    """How a passage came to match an order; the weaker the tier, the more a person must check."""

    EXACT = "exact"  #: text agrees, colour and class do not contradict
    SUSPECTED = "suspected"  #: the reader's alternatives make the order's plate likely
    PATTERN = "pattern"  #: the order itself has wildcards


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalHit:
    """A node found the passage on its own form of the watchlist and raised the site's alarm.

    The node knows no plates and no orders: `tag` is what stands for the plate under the epoch's key.
    """

    tag: str  #: 16 hex digits
    epoch: int  #: which key the tag was made with
    tier: Tier
    score: float  #: 0 to 1
    list_version: int
    alarmed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One vehicle through one lane, once."""

    passage_id: UUID  #: UUIDv7, minted at the edge
    node_id: str
    checkpoint_id: str
    camera_id: str
    lane: int  #: 1 = nearest the centre line; 0 = not known
    direction: str  #: as configured at the checkpoint, e.g. "inbound"; empty = not known
    captured_at: datetime  #: UTC, when the vehicle crossed the line (or the best frame, where it crossed none)
    clock: ClockQuality
    plate: PlateRead | None  #: None: a plate was seen but not legibly, see `unread_reason`
    unread_reason: str = ""
    vehicle_box: Box | None = None  #: in the scene image
    plate_box: Box | None = None  #: in the scene image
    speed_kmh: float | None = None
    evidence: tuple[Evidence, ...] = ()
    models: tuple[ModelVersion, ...] = ()
    local_hits: tuple[LocalHit, ...] = ()  #: what the site raised its alarm for, see `LocalHit`

    def image(self, kind: EvidenceKind) -> Evidence | None:
        """The first evidence image of a kind."""
        return next((e for e in self.evidence if e.kind is kind), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraHealth:
    """One camera, as its node sees it."""

    camera_id: str
    alive: bool
    frames: int  #: since the node started
    frames_dropped: int
    passages: int
    unread: int
    last_frame_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """A node says that it lives, and how."""

    node_id: str
    checkpoint_id: str
    sent_at: datetime
    started_at: datetime
    clock: ClockQuality
    outbox_depth: int
    outbox_bytes: int
    disk_free_bytes: int
    software: str
    cameras: tuple[CameraHealth, ...] = ()
    models: tuple[ModelVersion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistEntry:
    """What a matcher needs of one active order."""

    order_id: str
    plate: str  #: normalised text, or a pattern with ? (one) and * (any number) characters
    plate_class: PlateClass | None = None  #: None: any
    colour: PlateColour | None = None
    checkpoints: frozenset[str] = frozenset()  #: empty: everywhere
    directions: frozenset[str] = frozenset()  #: empty: any
    priority: int = 3  #: 1 (highest) to 4
    valid_from: datetime | None = None  #: passages captured before it are none of its business
    valid_until: datetime | None = None
    schedule: Schedule | None = None  #: None: at all times
    exact_only: bool = False  #: never suspected: only the very plate counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where an order's plate is not what was read."""

    position: int  #: of the order's plate, from 1; of a character too many, where it would stand
    read: str  #: empty: no character was read there
    ordered: str  #: empty: the order has none there
    probability: float  #: that the reader itself gave the order's character there, 0 to 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage that matched an order; not yet verified by anyone."""

    order_id: str
    passage: Passage
    tier: Tier
    score: float  #: 0 to 1; 1 for an exact match; of a suspected one, the probability of the order's plate
    watchlist_version: int
    matched_at: datetime
    differences: tuple[Difference, ...] = ()  #: of a suspected one
    site_alarm_at: datetime | None = None  #: when the site had already raised its own alarm for this order
