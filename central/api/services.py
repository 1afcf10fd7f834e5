"""What the API stands on, handed in by whoever wires the centre."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry

from central.camera_board import CameraBoard
from central.federation import Federation
from central.flow.board import FlowBoard
from central.ground import Ground
from central.interception import Road
from central.investigation import AGE_TIER, Gate, JobLimits
from central.learner import LearntMovement
from central.ports import ImageStore, LiveFeed, PassageStore
from central.records import Records
from central.retention import RetentionKind
from central.search_report import REPORT_KEY, key_at
from central.sign_on import IdentityProvider
from central.state import State
from central.state.stream import FannedFeed
from proto.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Whether one thing that the centre needs is there."""

    ok: bool
    detail: str
    degraded: bool = False  #: goes on without it, with less


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """What may be tuned."""

    secure_cookies: bool = False  #: True wherever people come by HTTPS
    names: frozenset[str] = frozenset()  #: hosts that are called by; empty: any. Lower case
    utc_offset: timedelta = timedelta(hours=8)  #: where "today" begins; China knows no summer time
    duty_hours: tuple[int, int] = (7, 19)  #: local; what is done outside is worth an auditor's look
    max_image_bytes: int = 16 * 1024 * 1024
    max_list_bytes: int = 512 * 1024 * 1024  #: of a hotlist's file
    max_body_bytes: int = 256 * 1024  #: of every request that carries no image
    unit_kmh: float = 50.0  #: of units on their way to a checkpoint
    case_number: str = r".*\d.*"  #: a regular expression that an order's case number should fit whole
    own_history: timedelta = timedelta(days=28)  #: of a vehicle, that a plan of interception looks at
    estimate_seconds: float = 5.0  #: that counting what an order would have hit may take
    pattern_hits_a_day: int = 200  #: a pattern that would have hit more is refused
    age_tier: timedelta = AGE_TIER  #: older passages ask for a supervisor's grant
    analysis_lasts: timedelta = timedelta(seconds=30)  #: each question of one that is answered at once
    jobs: JobLimits = field(default_factory=JobLimits)  #: of one person
    jobs_kept: timedelta = timedelta(days=7)  #: once they are over
    max_retro: timedelta = timedelta(days=30)  #: how far back an order may ask for the past
    flow_fewest: int = 5  #: vehicles; what fewer did is not told
    #: What is kept for how many days, in the words of `central.api.retention`.
    kept: Mapping[RetentionKind, int] = field(default_factory=dict)
    live_behind: int = 2000  #: events a console may lag behind before it is given a gap
    live_recheck: timedelta = timedelta(seconds=15)  #: how often a live connection's session is looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The ports and settings of one centre."""

    records: Records
    state: State
    store: PassageStore
    images: ImageStore
    uploads: Path  #: folder of uploads that are not complete yet
    clock: Clock
    readiness: Callable[[], Mapping[str, Check]]  #: asked anew by each call of /readyz; may block
    registry: CollectorRegistry
    settings: ApiSettings = field(default_factory=ApiSettings)

    @property
    def hotlists(self) -> Path:
        """Folder of hotlists that were handed in and are not read yet."""
        return self.uploads.with_name("hotlists")

    roads: tuple[Road, ...] = ()  #: as configured, for the distances of a vehicle's way

    @property
    def report_key(self) -> bytes:
        """What signs reports, made with the first; `bukong central report key` shows the public half."""
        return key_at(self.uploads.with_name(REPORT_KEY))

    @property
    def gate(self) -> Gate:
        """Where every question about the past goes through."""
        records = self.records
        return Gate(records.audit, records.grants, self.clock, tier=self.settings.age_tier)

    ground: Ground = field(default_factory=Ground)  #: what lies under the checkpoints on the map
    movement: LearntMovement = field(default_factory=LearntMovement)  #: empty where this process learns none
    federation: Federation | None = None  #: None: there are no neighbouring centres
    flow: FlowBoard | None = None  #: None: this process has no counts of the traffic
    cameras: CameraBoard | None = None  #: None: this process has no counts of the cameras
    identity_provider: IdentityProvider | None = None  #: None: people sign in by password only


def live_feed(services: Services) -> LiveFeed:
    """Where this process reads the live feed from."""
    log, fanout = services.records.live, services.state.fanout
    return log if fanout is None else FannedFeed(log, fanout, services.clock)
