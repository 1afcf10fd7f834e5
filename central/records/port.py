"""The port of the records: orders, alerts, people, nodes, the live feed and the audit trail.

What holds for every book here:

- Durability: what a call changed survives kill -9 and a power cut once it returns.
- Atomicity: a call is one transaction. A change, its step in the history, its event on the live feed and its
  entry in the audit trail are written together or not at all.
- Isolation: two callers, in one process or several, act one after the other.
- Threads: every book may be called from several threads.
- Errors: `StoreUnavailable` where the engine can't be reached or can't write: nothing was changed, unless the
  connection to a server broke while it committed; then all of the call was written or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from pydantic import BaseModel

from central.alert import Alert, AlertMove, Verdict
from central.area import EVERYWHERE, Area, Scope
from central.assessment import AlertFacts, OrderFacts
from central.audit import AuditEntry, AuditQuery, AuditRecord, FullCheck
from central.audit import Verdict as AuditVerdict
from central.checkpoint import Checkpoint
from central.delivery.port import DeliveryBook
from central.device_health import DeviceFacts
from central.digest import DayCount, Digest
from central.escalation import EscalationPolicy
from central.estimate import Estimate
from central.hold import Hold, HoldRequest, Spared
from central.hotlist import Hotlist, HotlistRequest, Import, ImportMove, Row
from central.interception import Unit, UnitStatus
from central.interception.unit import Position
from central.investigation.book import JobBook
from central.investigation.grant import Grant, GrantMove, GrantRequest
from central.order import Order, OrderMove, OrderRequest, OrderState
from central.people import Account, MachineToken, Role, Session, TokenScope, User
from central.ports import AlertSink, FleetSink, LiveFeed, PassageAnnouncer, WatchlistSource
from central.revision import Revision, RevisionKind, RevisionMove
from central.roster import Shift, ShiftRequest
from central.sign_on import Identity
from proto.passage import Heartbeat, Tier, WatchlistEntry


class NotFound(Exception):
    """No record of that id; says which kind and which id."""


class UnknownOrder(Exception):
    """A hit names an order that is not on the books."""


class Unstorable(ValueError):
    """The engine can't hold a text: it is too long for its place, or has a NUL in it. Nothing was changed.

    SQLite holds any; callers that take texts from outside must reckon with it all the same.
    """


class RecordsUnusable(Exception):
    """The records were found in a state in which working on would do harm; says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderQuality:
    """Moves on orders since a moment; `owing` is as of now."""

    submitted: int
    approved: int
    rejected: int
    withdrawn: int
    emergencies: int  #: put into force with approval owed
    lapsed: int  #: emergencies that nobody approved in time
    owing: int  #: emergencies in force that wait for approval


class OrderBook(WatchlistSource, Protocol):
    """Deployment orders and the watchlist's version, which grows whenever the set of active orders changes."""

    def create(self, request: OrderRequest, *, by: User) -> Order:
        """A new draft.

        Raises:
            InvalidOrder: it makes no sense; says what was expected.
        """
        ...

    def move(self, order_id: str, move: OrderMove, *, by: User, reason: str = "") -> Order:
        """Make a person's move. Approval makes an order active at once where its validity has begun.

        Raises:
            NotFound: no such order.
            IllegalMove, NotYourOrder, ReasonMissing: see `central.order`.
        """
        ...

    def get(self, order_id: str) -> Order:
        """Raises:
        NotFound: no such order.
        """
        ...

    def page(
        self, *, state: OrderState | None = None, limit: int, scope: Scope = EVERYWHERE, applicant: str = ""
    ) -> tuple[Order, ...]:
        """The most lately changed first, of those that hold somewhere in the scope or are the applicant's."""
        ...

    def propose(
        self, order_id: str, request: OrderRequest, *, kind: RevisionKind, by: User, why: str = ""
    ) -> Revision:
        """Ask for a changed request; a draft's is taken up at once. One at a time may wait for a decision.

        Raises:
            NotFound: no such order.
            IllegalMove, NotYourOrder, ReasonMissing, InvalidOrder: see `central.revision`.
        """
        ...

    def decide(self, order_id: str, number: int, move: RevisionMove, *, by: User, reason: str = "") -> Revision:
        """Accept or refuse a proposed revision, as a second person, or call it back.

        Raises:
            NotFound: no such order or revision.
            IllegalMove, NotYourOrder, ReasonMissing, InvalidOrder: see `central.revision`.
        """
        ...

    def revisions(self, order_id: str) -> tuple[Revision, ...]:
        """Every version of what the order asks for, the first one first.

        Raises:
            NotFound: no such order.
        """
        ...

    def estimate(self, order_id: str, number: int) -> Estimate | None:
        """What was found that this revision would have hit; None where nobody has looked."""
        ...

    def put_estimate(self, order_id: str, number: int, estimate: Estimate) -> None:
        """Keep it with the revision.

        Raises:
            NotFound: no such order or revision.
        """
        ...

    def retro_due(self) -> tuple[tuple[Order, WatchlistEntry], ...]:
        """Orders in force that ask for their past and have not been given it, with their entries."""
        ...

    def retro_again(self, order_id: str, *, by: User, reason: str) -> Order:
        """Have the past looked through once more: passages that came late may have been missed.

        Raises:
            NotFound: no such order.
            IllegalMove: it is not active, asks for no past, or that is being looked through.
            ReasonMissing: nobody says why.
        """
        ...

    def retro_done(self, order: Order, *, found: int, raised: int) -> None:
        """The past of the order, as it is in force, was searched; it is not due again."""
        ...

    def quality(self, since: datetime) -> OrderQuality:
        """How orders went since a moment."""
        ...

    def tick(self) -> int:
        """Make the moves that the clock owes: activation, expiry, the lapse of emergencies; returns how many.
        Ask once a second."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistVersion:
    """One state of the active orders."""

    version: int
    at: datetime
    orders: int
    digest: str  #: of all entries, see `central.content`; 64 hex digits


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEntry:
    """What a version held for an order."""

    since: int | None  #: the version that made it so; None: the order had never been on the list
    entry: WatchlistEntry | None  #: None: it was not on the list


class WatchlistLog(Protocol):
    """Every version of the watchlist since the records began; a hit names the one that it was matched with."""

    def newest(self) -> WatchlistVersion: ...

    def get(self, version: int) -> WatchlistVersion:
        """Raises:
        NotFound: no such version.
        """
        ...

    def held(self, version: int, order_id: str) -> HeldEntry:
        """Raises:
        NotFound: no such version.
        """
        ...

    def recount(self, version: int) -> str:
        """The digest reckoned anew from all changes up to the version; slow. Another one than was written then
        means that the log was tampered with."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSecret:
    """What makes and seals the nodes' form of the watchlist."""

    epoch: int
    key: bytes = field(repr=False)  #: of the tags, 32 bytes
    signing_key: bytes = field(repr=False)  #: Ed25519, 32 bytes


class SiteKeyBook(Protocol):
    """The keys of the nodes' form of the watchlist, epoch by epoch."""

    def current(self) -> SiteSecret:
        """The newest; made where there is none."""
        ...

    def get(self, epoch: int) -> SiteSecret | None:
        """Of an epoch, also of a past one: passages may come late."""
        ...

    def rotate(self, *, by: str, reason: str) -> int:
        """New keys from now on, e.g. after a node was stolen; returns the epoch."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedAlert:
    """An alert with the order behind it."""

    alert: Alert
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFigures:
    """How alerts went since a moment; the open ones count whenever they were raised."""

    raised: int
    false_alerts: int  #: of those raised since, ended as misread
    open: int
    sign_off_seconds_p50: float | None  #: from raised to signed off, median; None: none was signed off


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFigures:
    """How the alerts of one camera and tier went."""

    checkpoint_id: str
    camera_id: str
    tier: Tier
    raised: int
    false_alerts: int  #: of these, ended as misread


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Whom an alert is handed over to: a person or a shift, one of the two."""

    username: str | None = None
    shift_id: str | None = None


class AlertBook(AlertSink, Protocol):
    """Alerts. A hit on an order that was withdrawn meanwhile raises none: the vehicle is not wanted.

    A hit of a vehicle that a running alert is about joins that alert, see `central.alert.joins`; it counts as
    none that is new, and is told on the live feed as every change is.
    """

    def get(self, alert_id: str) -> OrderedAlert:
        """Raises:
        NotFound: no such alert.
        """
        ...

    def page(
        self,
        *,
        only_open: bool,
        limit: int,
        owned: bool | None = None,
        offered_to: str | None = None,
        checkpoints: Collection[str] | None = None,
    ) -> tuple[OrderedAlert, ...]:
        """The most lately raised first; of open ones, the most urgent orders' first.

        `owned`: only those that somebody, or nobody, has taken on. `offered_to`: only those that this person
        may accept. `checkpoints`: only those with a passage at one of them.
        """
        ...

    def step(
        self,
        alert_id: str,
        move: AlertMove,
        *,
        by: User,
        verdict: Verdict | None = None,
        unit: str = "",
        note: str = "",
        to: Addressee | None = None,
        seen: int | None = None,
    ) -> OrderedAlert:
        """Make a move. `to`: whom a hand-over is for. `seen`: how many steps the caller had seen; of two who
        saw the same, one wins.

        Raises:
            NotFound: no such alert, or no such person or shift to hand over to.
            OutOfReach: nobody whom it would be handed over to may see any of its passages.
            AlertChanged, IllegalStep, IncompleteStep, NotOffered: see `central.alert.advance`.
        """
        ...

    def hand_over(self, *, by: User, to: Addressee, note: str = "") -> tuple[OrderedAlert, ...]:
        """Hand over all open alerts that are theirs, in one transaction: all or, where one can't be, none.

        Raises:
            NotFound, OutOfReach, IncompleteStep: as `step`.
        """
        ...

    def accept(
        self, *, by: User, note: str = "", checkpoints: Collection[str] | None = None
    ) -> tuple[OrderedAlert, ...]:
        """Accept all that was offered to them and has a passage at one of `checkpoints` (None: any), in one
        transaction."""
        ...

    def escalate(self) -> tuple[OrderedAlert, ...]:
        """Make the escalations that the clock owes; returns the alerts. Ask once a second. Each goes to whoever
        is asked next by the roster, or to nobody where nobody is left, which the step says by naming none."""
        ...

    def figures(self, since: datetime, *, checkpoints: Collection[str] | None = None) -> AlertFigures:
        """Of the alerts at `checkpoints` (None: any)."""
        ...

    def sources(
        self, since: datetime, *, checkpoints: Collection[str] | None = None
    ) -> tuple[SourceFigures, ...]:
        """By checkpoint, camera and tier, of the alerts raised since at `checkpoints` (None: any); each counts
        where it was raised."""
        ...

    def held_images(self, hashes: Collection[str]) -> frozenset[str]:
        """Those of the images that are evidence of an alert, and so are kept as long as it is."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node by the heartbeat that was heard last."""

    beat: Heartbeat
    received_at: datetime  #: when the bus took it


class FleetBook(FleetSink, Protocol):
    """Nodes by their newest heartbeat."""

    def nodes(self) -> tuple[Node, ...]:
        """By checkpoint and id."""
        ...


class EventLog(LiveFeed, PassageAnnouncer, Protocol):
    """The live feed. Another process's events wake a waiter within some 20 ms, this process's at once."""

    def prune(self) -> int:
        """Let go of what is too old to be resumed from; returns how many. The newest event always stays."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session that was opened; `token` is told only here and kept only as its hash."""

    user: User
    token: str
    expires_at: datetime


class PeopleBook(Protocol):
    """Users, sessions, machine tokens. Secrets are kept as hashes: Argon2 of passwords, SHA-256 of tokens."""

    def create_user(
        self,
        *,
        username: str,
        name: str,
        password: str,
        roles: Collection[Role],
        by: str,
        language: str = "zh-CN",
        areas: Collection[str] = (),
        must_change_password: bool = False,
    ) -> User:
        """`areas`: what they may see; none is the whole network. With a password that somebody else knows,
        they must change it at their first sign-in.

        Raises:
            InvalidUser: a part is not as it must be, the username is taken, or there is no such area.
        """
        ...

    def users(self) -> tuple[User, ...]:
        """Those who are not disabled, by username."""
        ...

    def names(self, usernames: Collection[str]) -> Mapping[str, str]:
        """Username → name of those that there are; of disabled ones too."""
        ...

    def sign_in(self, username: str, password: str, *, address: str, replaces: str | None = None) -> SignedIn:
        """Open a session. `replaces`: a token the caller came with; that session ends, so that a token known
        from before the sign-in is worth nothing after it.

        Raises:
            BadCredentials: which of the two was wrong is not told, by message or by time taken.
            LockedOut: the account or the address failed too often; the password was not looked at.
        """
        ...

    def session(self, token: str) -> User | None:
        """Whose session it is; None where it is unknown, over, idle too long, or its user is disabled."""
        ...

    def sign_out(self, token: str) -> None:
        """End the session; idempotent."""
        ...

    def sessions(self, username: str) -> tuple[Session, ...]:
        """Those open now, the most lately opened first."""
        ...

    def session_id(self, token: str) -> str:
        """Which of them a token's is; empty where it is none."""
        ...

    def end_session(self, username: str, session_id: str, *, by: str) -> None:
        """Raises:
        NotFound: no such session of theirs.
        """
        ...

    def change_password(self, username: str, old: str, new: str, *, address: str, token: str) -> None:
        """One's own; ends one's sessions except the token's. Failed attempts count as failed sign-ins.

        Raises:
            BadCredentials: the old one is wrong.
            WeakPassword: the new one can be guessed, or is the old one.
            NotKeptHere: the identity provider keeps it.
            LockedOut: see `sign_in`.
        """
        ...

    def create_machine_token(
        self,
        name: str,
        *,
        by: str,
        scopes: Collection[TokenScope] = frozenset({TokenScope.IMAGES}),
        areas: Collection[str] = (),
        expires_at: datetime | None = None,
    ) -> str:
        """A new secret, told only here. `areas`: as a user's.

        Raises:
            InvalidUser: the name is blank or too long, there is no scope or no such area, the expiry is past.
        """
        ...

    def machine(self, token: str) -> MachineToken | None:
        """Whose token it is; None where it is unknown, revoked or expired."""
        ...

    def machine_tokens(self) -> tuple[MachineToken, ...]:
        """All of them, revoked ones too, newest first."""
        ...

    def revoke_machine_token(self, token_id: str, *, by: str) -> None:
        """Raises:
        NotFound: no such token.
        """
        ...


class AccountBook(Protocol):
    """The administration of people. What is changed counts from their next request on."""

    def all(self) -> tuple[Account, ...]:
        """Disabled ones too, by username."""
        ...

    def get(self, username: str) -> Account:
        """Raises:
        NotFound: no such user.
        """
        ...

    def create(
        self,
        *,
        username: str,
        name: str,
        roles: Collection[Role],
        areas: Collection[str],
        language: str,
        by: str,
    ) -> tuple[Account, str]:
        """The account and its first password, told only here; they must change it when they sign in.

        Raises:
            InvalidUser: see `PeopleBook.create_user`.
        """
        ...

    def change(
        self,
        username: str,
        *,
        by: str,
        name: str | None = None,
        language: str | None = None,
        roles: Collection[Role] | None = None,
        areas: Collection[str] | None = None,
    ) -> Account:
        """None: as it was.

        Raises:
            NotFound: no such user.
            InvalidUser: a part is not as it must be.
            NotYourself: one's own roles or areas.
            NotKeptHere: the identity provider keeps roles and areas.
            LastAdministrator: nobody would be left to look after people.
        """
        ...

    def disable(self, username: str, *, by: str) -> Account:
        """They can't sign in any more and their sessions end. Their name stays in the records.

        Raises:
            NotFound, NotYourself, LastAdministrator: as `change`.
        """
        ...

    def enable(self, username: str, *, by: str) -> Account:
        """Raises:
        NotFound: no such user.
        """
        ...

    def reset_password(self, username: str, *, by: str) -> str:
        """A new one, told only here, to be changed at the next sign-in; ends their sessions and a lock-out.

        Raises:
            NotFound, NotYourself, NotKeptHere: as `change`.
        """
        ...

    def confirm(self, username: str, *, by: str) -> Account:
        """What administrators did to the account is right: it counts as another person than they from now on.

        Raises:
            NotFound: no such user.
            NotIndependent: `by` had a hand in it, or somebody in both accounts.
        """
        ...

    def end_sessions(self, username: str, *, by: str) -> int:
        """All of theirs; returns how many.

        Raises:
            NotFound: no such user.
        """
        ...


class RosterBook(Protocol):
    """The roster. A team's shift is known by when it starts: entered again, it replaces the one before."""

    def put(self, shifts: Sequence[ShiftRequest], *, by: str) -> tuple[Shift, ...]:
        """Enter them, all or none.

        Raises:
            InvalidShift: one of them can't be, see `central.roster.check_shift`.
        """
        ...

    def remove(self, shift_id: str, *, by: str) -> None:
        """Raises:
        NotFound: no such shift.
        """
        ...

    def get(self, shift_id: str) -> Shift:
        """Raises:
        NotFound: no such shift.
        """
        ...

    def between(self, since: datetime, until: datetime) -> tuple[Shift, ...]:
        """Shifts that overlap the time, by start, line and team."""
        ...

    def check(self, shift: ShiftRequest) -> None:
        """Raises:
        InvalidShift: it can't be entered as things are now.
        """
        ...

    def duty(self, *, checkpoint_id: str | None = None) -> tuple[Shift, ...]:
        """Who is on duty now, in the order in which they are asked; for a checkpoint, or anywhere."""
        ...


class AssessmentBook(Protocol):
    """What assessment (考核) is computed from."""

    def alerts(
        self, since: datetime, until: datetime, *, checkpoints: Collection[str] | None = None
    ) -> tuple[AlertFacts, ...]:
        """Raised in [since, until) at `checkpoints` (None: any), oldest first."""
        ...

    def orders(self, since: datetime, until: datetime) -> tuple[OrderFacts, ...]:
        """Drafted in [since, until), oldest first, with all alerts they have raised so far."""
        ...

    def devices(
        self, first: date, end: date, *, checkpoints: Collection[str] | None = None
    ) -> tuple[DeviceFacts, ...]:
        """Nodes and cameras that were heard of before `end`, with how long they were alive on the UTC days from
        `first` to before `end`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunSignOn:
    """A sign-on by the identity provider that is under way. All of it is secret."""

    state: str  #: goes to the provider and comes back
    browser: str  #: stays with the browser
    nonce: str  #: goes to the provider and comes back in its token
    verifier: str  #: shown to the provider with the code (PKCE)


class SignOnBook(Protocol):
    """Sign-ons under way: each is for one browser, once, for ten minutes."""

    def begin(self, *, address: str) -> BegunSignOn:
        """Raises:
        LockedOut: too many were refused, or begun and not ended, from this address.
        """
        ...

    def take(self, state: str, browser: str, *, address: str) -> BegunSignOn:
        """End it and say what it was begun with.

        Raises:
            LockedOut: too many were refused from this address.
            SignOnRefused: there is none, it is over or another browser's.
        """
        ...

    def enter(self, identity: Identity, *, address: str, replaces: str | None = None) -> SignedIn:
        """Make their account or bring it up to what the provider says, and open a session; see
        `PeopleBook.sign_in`.

        Raises:
            InvalidUser: the username is another account's here, an area is unknown, the account is disabled.
        """
        ...

    def refused(self, why: str, *, address: str) -> None:
        """Write down that nobody was let in, and count it as a failed sign-in from there."""
        ...


class GrantBook(Protocol):
    """Grants to look further back than the age tier: see `central.investigation.grant` for their life."""

    def ask(self, request: GrantRequest, *, by: User) -> Grant:
        """Raises:
        InvalidGrant: it makes no sense.
        """
        ...

    def decide(self, grant_id: str, move: GrantMove, *, by: User, note: str = "") -> Grant:
        """Raises:
        NotFound: no such grant.
        NotYourGrant, IllegalGrant, InvalidGrant: see `central.investigation.grant.advance`.
        """
        ...

    def get(self, grant_id: str) -> Grant:
        """Raises:
        NotFound: no such grant.
        """
        ...

    def page(self, *, username: str | None = None, limit: int) -> tuple[Grant, ...]:
        """The most lately asked first; `username`: only what they asked for."""
        ...

    def standing(self, username: str, case_number: str) -> Grant | None:
        """Of those that hold now for this person and case, the one that reaches back furthest."""
        ...


class AskedBefore(Exception):
    """A neighbour's question whose nonce is known: somebody sends a recorded one again."""


class AskedTooOften(Exception):
    """A neighbour has asked as often as it may; says how often that is."""


class PeerBook(Protocol):
    """Which questions of neighbouring centres were taken of late, by whichever process."""

    def admit(self, peer: str, nonce: str, *, per_minute: int) -> None:
        """Take a question on, once.

        Raises:
            AskedBefore: its nonce is known.
            AskedTooOften: it is one too many within a minute.
            StoreUnavailable: it can't be told: it must not be answered.
        """
        ...


class AuditLog(Protocol):
    """The audit trail: append-only, chained, sealed (see `central.audit`)."""

    def append(self, record: AuditRecord) -> AuditEntry: ...

    def page(self, *, before: int | None = None, limit: int) -> tuple[AuditEntry, ...]:
        """Newest first; `before`: an audit_id."""
        ...

    def search(self, query: AuditQuery) -> tuple[AuditEntry, ...]:
        """Newest first."""
        ...

    def check(self, shown: Sequence[AuditEntry] = (), *, gapless: bool = False) -> AuditVerdict:
        """What can be told at once: the last full check's verdict where that was bad; each entry shown
        (newest first; `gapless`: none is missing between them); and the chain from where it was walked before
        to its end."""
        ...

    def verify(self) -> AuditVerdict:
        """Walk the whole trail, and write down that it was and what was found."""
        ...

    def last_full_check(self) -> FullCheck | None: ...

    def first_at(self) -> datetime | None:
        """When its first entry was written; None: it has none."""
        ...

    def count_day(self, day: date, utc_offset: timedelta) -> DayCount:
        """A local day, for its digest."""
        ...


class DigestBook(Protocol):
    """The signed daily digests."""

    def put(self, digest: Digest, *, made_at: datetime) -> bool:
        """False, and nothing done, where the day has one already."""
        ...

    def get(self, day: date) -> Digest | None: ...

    def newest(self, *, limit: int) -> tuple[Digest, ...]:
        """Newest first."""
        ...

    def undelivered(self, *, limit: int) -> tuple[Digest, ...]:
        """Those that nobody has taken yet, newest first."""
        ...

    def delivered(self, day: date, *, at: datetime) -> None: ...


class HoldBook(Protocol):
    """Legal holds, and the deletion of alerts, which they keep."""

    def place(self, request: HoldRequest, *, by: str) -> Hold:
        """In force at once.

        Raises:
            InvalidHold: see `central.hold`.
            NotFound: no such alert.
        """
        ...

    def lift(self, hold_id: str, *, by: str, because: str) -> Hold:
        """Raises:
        InvalidHold: it was lifted before, or by whoever placed it.
        NotFound: no such hold.
        """
        ...

    def all(self) -> tuple[Hold, ...]:
        """Lifted ones too, the most lately placed first."""
        ...

    def spared(self) -> tuple[Spared, ...]:
        """What the holds in force keep of the passages."""
        ...

    def delete_alerts(self, moment: datetime) -> int:
        """Alerts that are over, of vehicles last seen before, that no hold keeps, with all that is theirs;
        returns how many went. Their orders stay."""
        ...

    def scrub(self) -> None:
        """Overwrite what is left of deleted rows in this engine's files."""
        ...


class CheckpointBook(Protocol):
    """Checkpoints and areas, as configured."""

    def put(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Add, or change by id; those not named stay."""
        ...

    def all(self) -> tuple[Checkpoint, ...]:
        """By id."""
        ...

    def names(self, checkpoint_ids: Collection[str]) -> Mapping[str, str]:
        """Id → name of those that are known."""
        ...

    def put_areas(self, areas: Sequence[Area]) -> None:
        """Add, or change by id; those not named stay, since people may have been given them."""
        ...

    def areas(self) -> tuple[Area, ...]:
        """By id."""
        ...

    def scope(self, areas: Collection[str]) -> Scope:
        """What a person of these areas may see now; of none: the whole network."""
        ...


class UnitBook(Protocol):
    """Units (警力), where they are and what they do."""

    def put(self, unit_id: str, *, name: str, team: str, area_id: str | None, by: str) -> Unit:
        """Add one, off duty, or change what it is called and where it belongs.

        Raises:
            InvalidUnit: a part is not as it must be, or there is no such area.
        """
        ...

    def remove(self, unit_id: str, *, by: str) -> None:
        """With its positions; what alerts say of it stays.

        Raises:
            NotFound: no such unit.
        """
        ...

    def get(self, unit_id: str) -> Unit:
        """Raises:
        NotFound: no such unit.
        """
        ...

    def all(self) -> tuple[Unit, ...]:
        """By id."""
        ...

    def report(self, unit_id: str, position: Position, status: UnitStatus | None = None) -> Unit:
        """Where it is and, where it says so, what it does. A report older than the newest goes to the history
        only. It is not in the audit trail: a unit reports every few seconds.

        Raises:
            NotFound: no such unit.
            InvalidUnit: it can't be there, or not yet.
        """
        ...

    def set_status(self, unit_id: str, status: UnitStatus, *, by: str) -> Unit:
        """As a person says.

        Raises:
            NotFound: no such unit.
        """
        ...

    def positions(self, unit_id: str, *, since: datetime, limit: int) -> tuple[Position, ...]:
        """Newest first.

        Raises:
            NotFound: no such unit.
        """
        ...

    def delete_before(self, moment: datetime) -> int:
        """Retention: positions reported before; returns how many went. A unit keeps its newest."""
        ...

    def record_plan(self, record: AuditRecord, *, announced: BaseModel | None = None) -> None:
        """That a plan of interception was made, and the plan on the live feed where one wants it there."""
        ...


class HotlistBook(Protocol):
    """Hotlists (名单): see `central.hotlist` for their life. The watchlist's version grows once an import."""

    def create(self, request: HotlistRequest, *, by: User) -> Hotlist:
        """Raises:
        InvalidOrder: it makes no sense, or there is one of that name.
        """
        ...

    def get(self, hotlist_id: int) -> Hotlist:
        """Raises:
        NotFound: no such hotlist.
        """
        ...

    def all(self) -> tuple[Hotlist, ...]:
        """The oldest first."""
        ...

    def imports(self, hotlist_id: int) -> tuple[Import, ...]:
        """Of one list, the newest first.

        Raises:
            NotFound: no such hotlist.
        """
        ...

    def get_import(self, hotlist_id: int, number: int) -> Import:
        """Raises:
        NotFound: no such hotlist or import.
        """
        ...

    def waiting(self) -> tuple[Import, ...]:
        """Imports that are to be read, the one longest handed in first."""
        ...

    def receive(self, hotlist_id: int, *, file_name: str, sha256: str, size: int, by: User) -> Import:
        """A file was handed in.

        Raises:
            NotFound: no such hotlist.
            IllegalImport: an earlier one waits for a decision.
        """
        ...

    def read(
        self,
        hotlist_id: int,
        number: int,
        lines: Iterable[tuple[int, Row | str]],
        *,
        ignored_columns: Sequence[str] = (),
        progress: Callable[[], float] = ...,
    ) -> Import:
        """Hold the file's lines against the list, and prepare what an approval puts into force.

        Writes in many short transactions; one that breaks off is begun anew by calling again.

        Args:
            hotlist_id: which list.
            number: which import.
            lines: number and row of each, or what is wrong with it.
            ignored_columns: of the file, told with the preview.
            progress: how much of the file was read, 0 to 1; asked with every transaction.

        Raises:
            NotFound: no such import.
            IllegalImport: it was read already.
        """
        ...

    def fail(self, hotlist_id: int, number: int, why: str) -> Import:
        """The file can't be read."""
        ...

    def move(
        self,
        hotlist_id: int,
        number: int,
        move: ImportMove,
        *,
        by: User,
        reason: str = "",
        sha256: str | None = None,
        shrink: bool = False,
    ) -> Import:
        """Confirm, drop, approve or reject an import.

        Raises:
            NotFound: no such import.
            IllegalImport, NotYourImport, OtherFile, Shrinks, InvalidOrder: see `central.hotlist.advance`.
        """
        ...

    def export(self, hotlist_id: int, *, by: User, form: str) -> AbstractContextManager[Iterator[Row]]:
        """The rows in force, by import and line; who took them is written down first.

        Raises:
            NotFound: no such hotlist.
        """
        ...


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
    policy: RecordsPolicy
    picture_key: bytes = field(repr=False)  #: what seals the addresses of pictures, see `central.picture`
    closing: Closing

    def close(self) -> None:
        """Release the engine; idempotent."""
        self.closing.close()


class Closing(Protocol):
    """What must be released."""

    def close(self) -> None: ...
