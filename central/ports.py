"""The ports of the centre: what its running parts need, whatever engine is behind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from central.columns import Ints, PassageColumns
from central.hold import Spared
from central.investigation.plan import Cancel, Plan
from central.watchlist import Change
from proto.passage import Heartbeat, Hit, Passage, WatchlistEntry
from proto.plate import PlateClass, PlateColour

if TYPE_CHECKING:
    from central.flow.counts import FlowStore


class StoreUnavailable(Exception):
    """The engine behind a port can't be reached now; nothing may be assumed; try again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a page ended: passages are paged newest first by (captured_at, passage_id)."""

    captured_at: datetime
    passage_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PassagePage:
    """One page, newest first; `next` is None on the last."""

    passages: tuple[Passage, ...]
    next: Cursor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageQuery:
    """Which passages; every field narrows."""

    plate: str | None = None  #: normalised text, exact
    plates: frozenset[str] | None = None  #: any of these texts; None: any
    #: With `plates`: of other texts than this one only reads that were in doubt, as `proto.variants` has it.
    like: str | None = None
    pattern: str | None = None  #: the text, with ? (one) and * (any number) characters
    classes: frozenset[PlateClass] | None = None
    colours: frozenset[PlateColour] | None = None
    lanes: frozenset[int] | None = None
    directions: frozenset[str] | None = None
    min_confidence: float | None = None  #: of the read, inclusive, 0 to 1
    max_confidence: float | None = None  #: inclusive
    checkpoints: frozenset[str] | None = None  #: None: any
    since: datetime | None = None  #: inclusive
    until: datetime | None = None  #: exclusive
    entry: WatchlistEntry | None = (
        None  #: that this one hits exactly or by its pattern, as `central.match` does
    )
    read: bool | None = None  #: True: only with a plate read, False: only without; None: both
    after: Cursor | None = None  #: go on behind this page's end
    limit: int = 100


#: Travel times are counted in buckets, so many to a doubling: bucket b begins at 2^(b/6) seconds.
BUCKETS_PER_OCTAVE = 6
#: A passage at the checkpoint of the one before within so many seconds is the same one seen again.
SAME_STOP_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCount:
    """How often vehicles at a checkpoint passed a certain one next, see `central.interception.steps`."""

    before: str  #: checkpoint_id passed before, within the horizon; empty: none
    here: str  #: checkpoint_id
    direction: str  #: as reported there; empty: not known
    then: str  #: checkpoint_id passed next; empty: none within the horizon
    hour: datetime  #: UTC, the full hour in which `here` was passed
    bucket: int | None  #: of the time from `here` to `then`; None where there is no `then`
    count: int


class PassageStore(Protocol):
    """Keeps passages.

    Durability: what `insert` was given survives kill -9 once it returns. Identity: by `passage_id`;
    inserting a passage again changes nothing and no read ever shows it twice. An edge never changes a
    passage's `captured_at`: engines may look for a passage only around that time and the one in its UUIDv7.
    Precision: an engine may round a read's confidence to 1/10000, a lattice's probabilities to 2 % of
    themselves, boxes to whole pixels and speed to 1/10 km/h. What a site alarmed for (`local_hits`) is not kept
    here: the alert carries it. All else comes back as it went in, until `forget_evidence_before`.
    Safe to call from several threads. Every method raises StoreUnavailable where the engine can't be reached.
    """

    @property
    def flow(self) -> FlowStore:
        """Counts of the traffic, made of these passages."""
        ...

    def insert(self, passages: Sequence[Passage]) -> tuple[Passage, ...]:
        """Store; returns those that were not there before, in the order given.

        Raises:
            StoreUnavailable: nothing may be assumed; inserting again is harmless.
            Unstorable: one of them will never be accepted; none was stored.
        """
        ...

    def insert_columns(self, passages: PassageColumns, rows: Ints) -> Ints:
        """As `insert`, of these rows, each named once and in order; returns those that were new.

        Raises:
            StoreUnavailable, Unstorable: as `insert`.
        """
        ...

    def get(self, passage_id: UUID) -> Passage | None: ...

    def search(self, query: PassageQuery) -> PassagePage:
        """Raises:
        TooMuch: it takes more memory than a query may.
        """
        ...

    def count(self, query: PassageQuery) -> int:
        """Distinct passages; `after` and `limit` are ignored. Raises TooMuch as `search`."""
        ...

    def answer(self, plan: Plan, *, cancel: Cancel | None = None) -> Any:
        """A planned question's rows, as an Arrow table. Asked through `central.investigation.Gate` only.

        Few run at once; one more waits its turn, as long as it may take itself. Other calls are not held up.

        Raises:
            TooMuch: past one of the plan's limits.
            Cancelled: `cancel` was asked, before or meanwhile.
            StoreUnavailable: the engine is away, or has its hands full.
        """
        ...

    def progress(self, cancel: Cancel) -> float | None:
        """How much of its rows the question under it has read, 0 to 1; None: none runs, or it can't be told.

        Raises:
            StoreUnavailable: the engine is away.
        """
        ...

    def steps(self, *, since: datetime, until: datetime, horizon: timedelta) -> tuple[StepCount, ...]:
        """Steps of all plates whose outcome came in [since, until), counted; in no order.

        The same as adding up `central.interception.step_counts` of every plate's passages. Consecutive
        stretches of time count every step once. `hour` is of UTC.
        """
        ...

    def delete_before(self, moment: datetime, *, spared: Sequence[Spared] = ()) -> int:
        """Retention: passages captured before, but for those spared; returns how many went."""
        ...

    def evidence_of(self, spared: Sequence[Spared]) -> frozenset[str]:
        """SHA-256 of all images of these passages."""
        ...

    def forget_evidence_before(self, moment: datetime, *, spared: Sequence[Spared] = ()) -> int:
        """Of passages captured before the UTC day of `moment`, but for those spared, let go of what is of use
        only with the pictures: their addresses and sizes, the boxes in them. Returns of how many passages."""
        ...

    def close(self) -> None:
        """Idempotent."""
        ...


class Unstorable(ValueError):
    """A passage that a store can't hold; says what was expected and what came. Trying again is no use."""


class ImageTooLarge(Exception):
    """An image exceeds the limit; says which limit and what came."""


class ImageMismatch(Exception):
    """The bytes' SHA-256 is not the address they were put under."""


class ImageStore(Protocol):
    """Keeps evidence images under their SHA-256.

    Durability: as `PassageStore`. Putting the same bytes again changes nothing. A put is atomic: a reader
    sees all of an image or none.
    """

    def put(self, sha256: str, data: bytes) -> None:
        """Raises:
        ImageMismatch: `data` does not hash to `sha256`.
        ImageTooLarge: over the configured limit.
        """
        ...

    def get(self, sha256: str) -> bytes | None: ...

    def has(self, sha256: str) -> bool: ...

    def delete_before(
        self, moment: datetime, *, kept: Callable[[Collection[str]], Collection[str]] = lambda _: ()
    ) -> int:
        """Retention: images put before, but for those that `kept` picks out of the hashes it is given, some
        hundred at a time; returns how many went."""
        ...


class WatchlistSource(Protocol):
    """Where the matcher learns what is watched for."""

    def version(self) -> int:
        """Grows with every change of the active orders; cheap enough to ask several times a second."""
        ...

    def entries(self) -> tuple[int, tuple[WatchlistEntry, ...]]:
        """The active orders and the version that they are, read in one transaction."""
        ...

    def changes(self, since: int) -> tuple[int, Sequence[Change]] | None:
        """What leads from a version to the newest one, and which that is, read in one transaction.

        None where it can't be told, or is so much that all entries are read sooner.
        """
        ...


class AlertSink(Protocol):
    """Where hits become alerts."""

    def raise_alerts(self, hits: Sequence[Hit]) -> int:
        """A new alert, or one more passage of the running alert about the same vehicle, in one transaction with
        its event on the live feed.

        Idempotent: raising the same hit again changes nothing. Returns how many new alerts there are.
        Durable on return.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A heartbeat, and when it was heard: the node's own clock may be wrong by hours."""

    beat: Heartbeat
    at: datetime  #: when the bus took it


class FleetSink(Protocol):
    """Where heartbeats go."""

    def heartbeat(self, heard: Sequence[Heard]) -> None:
        """Keep each node's that was heard last; those heard before what is known change nothing."""
        ...


class PassageAnnouncer(Protocol):
    """Where stored passages go to be seen on the consoles."""

    def announce(self, passages: Sequence[Passage]) -> None:
        """Put each on the live feed, in the order given. Durable on return; announcing a passage again shows
        it again, so the ingest announces only what was not there before, and a crash in between may swallow
        an announcement: the live view is a courtesy, the store is the record.

        Raises:
            StoreUnavailable: nothing was announced.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEvent:
    """Something the console shows as it happens."""

    event_id: int  #: grows without repeats; gaps are allowed
    kind: str  #: alert, passage, order, node
    at: datetime
    body: str  #: JSON


class LiveFeed(Protocol):
    """Events to the consoles, resumable: a console that comes back names the last event it saw."""

    def since(self, event_id: int, *, limit: int) -> tuple[LiveEvent, ...]:
        """Events after this one, oldest first."""
        ...

    def oldest(self) -> int:
        """The oldest event still kept (0: none); asking for less is a gap that must be shown."""
        ...

    def newest(self) -> int:
        """The newest event's id (0: none)."""
        ...

    def wait(self, event_id: int, *, timeout_s: float) -> bool:
        """Block until something newer than `event_id` is there (True) or the time is up (False)."""
        ...
