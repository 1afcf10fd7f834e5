"""All books together. See `central.records.port`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from central.delivery.port import DeliveryBook
from central.escalation import EscalationPolicy
from central.investigation.book import JobBook
from central.investigation.case import CaseBook
from central.records.port.alerts import AlertBook, AssessmentBook, HoldBook
from central.records.port.network import CheckpointBook, EventLog, FleetBook, RosterBook, UnitBook
from central.records.port.orders import HotlistBook, OrderBook
from central.records.port.patrol import PatrolBook
from central.records.port.people import AccountBook, PeopleBook, SignOnBook
from central.records.port.trail import AuditLog, DigestBook, GrantBook, PeerBook
from central.records.port.watchlist import SiteKeyBook, WatchlistLog


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsPolicy:
    """What may be tuned."""

    session_lasts: timedelta = timedelta(hours=12)  #: whatever is done: a duty's shift
    session_idle: timedelta = timedelta(hours=1)  #: without a request
    events_kept: timedelta = timedelta(days=1)  #: alert and order events, for consoles that come back
    live_window: timedelta = timedelta(minutes=15)  #: passage and node events; no back door to searching
    merge_gap: timedelta = timedelta(minutes=30)  #: between passages of one vehicle in one alert, at most
    escalation: EscalationPolicy = field(default_factory=EscalationPolicy)
    node_alive_for: timedelta = timedelta(seconds=30)  #: after its last heartbeat
    argon2_time_cost: int = 3
    argon2_memory_kib: int = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """All books of one engine."""

    orders: OrderBook
    alerts: AlertBook
    fleet: FleetBook
    live: EventLog
    people: PeopleBook
    accounts: AccountBook
    sign_ons: SignOnBook
    audit: AuditLog
    digests: DigestBook
    holds: HoldBook
    roster: RosterBook
    deliveries: DeliveryBook
    checkpoints: CheckpointBook
    watchlist: WatchlistLog
    units: UnitBook
    site_keys: SiteKeyBook
    assessment: AssessmentBook
    hotlists: HotlistBook
    grants: GrantBook
    peers: PeerBook
    jobs: JobBook
    patrol: PatrolBook
    cases: CaseBook
    policy: RecordsPolicy
    picture_key: bytes = field(repr=False)  #: what seals the addresses of pictures, see `central.picture`
    closing: Closing

    def close(self) -> None:
        """Release the engine; idempotent."""
        self.closing.close()


class Closing(Protocol):
    """What must be released."""

    def close(self) -> None: ...
