"""The port of the shared state: what processes of one centre tell each other, for a while.

What holds for every concern here:

- **Forgetting is allowed.** An engine may lose everything at any moment, or be away. No method raises for it
  and none says so: it answers as if nothing had been remembered. Each concern says which answer that is, and
  its callers are right without it: the durable truth is the records' and the store's, this only saves work,
  or shows more. `State.degraded` tells people.
- **Bounded.** A call takes no longer than the engine's time limit, twice at worst where a connection must be
  made anew, whatever the engine does; after a few failures calls answer at once, until a trial finds it back.
- **Atomic.** What a call does to one key is one step for callers of all processes.
- **Threads.** Every method may be called from several threads.
- Times are the caller's clock's; entries are kept for as long as the engine was told and no longer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from central.columns import Ints
from central.ports import LiveEvent
from proto.passage import Tier

#: Sightings kept of one plate.
SIGHTINGS_A_PLATE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """That a vehicle was seen."""

    plate: str  #: normalised text, as read
    captured_at: datetime
    passage_id: UUID
    checkpoint_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SightingColumns:
    """Sightings by the thousand, in columns of one length."""

    plates: Sequence[str]
    captured_at_us: Ints  #: microseconds since 1970, UTC
    passage_ids: bytes  #: 16 bytes each
    checkpoint: Ints  #: of each, its number in `checkpoints`
    checkpoints: Sequence[str]  #: may name one twice


class Sightings(Protocol):
    """Where a plate was seen last.

    The newest `SIGHTINGS_A_PLATE` of each plate by `captured_at` are kept, in whatever order they came; the
    same passage again changes nothing. Two bounds: sightings older than a limit are let go of, and of more
    plates than a limit those seen longest ago are. Forgetting looks like a plate that was not seen."""

    def put(self, sightings: SightingColumns) -> None: ...

    def last(self, plate: str, *, before: datetime | None = None) -> Sighting | None:
        """The newest, or the newest before a moment (exclusive)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """What makes an alert a repeat of another: same order, same text, same checkpoint, same tier.

    Not the order and the plate alone: where a wanted vehicle is *now* is what an operator waits for, and an
    exact match says more than the suspicion raised a moment before."""

    order_id: str
    plate: str
    checkpoint_id: str
    tier: Tier
    captured_at: datetime

    @property
    def key(self) -> str:
        """Of all that are repeats of each other but for the time."""
        return "|".join((self.order_id, self.plate, self.checkpoint_id, self.tier))


class Repeats(Protocol):
    """Which alerts would only say again what was said a few seconds ago: the cheap filter before the records.

    A vehicle seen by two cameras of a checkpoint, or standing before one, makes several passages. The window is
    counted in time of capture, so a backlog that arrives at once is filtered like the live stream.

    Only alerts that *are durable* are remembered (`remember` comes after the records' commit) and only they
    suppress. A claim before the commit would do with one call and would lose the first alert where its
    process dies in between. The price is that two processes may raise the same alert at the same moment; the
    records merge them. Forgetting makes an alert more, never one less."""

    def known(self, wanted: Sequence[Raised]) -> Sequence[bool]:
        """For each: is a durable alert there within the window?"""
        ...

    def remember(self, raised: Sequence[Raised]) -> None:
        """These are durable. Of one key the one captured last is remembered."""
        ...


class LoginThrottle(Protocol):
    """Failed sign-ins, counted over all API processes, by the limits of `central.people`.

    The gate before the records' own throttle, which always decides as well and is durable: a flood of attempts
    is refused here without a transaction and without a password hashed. Forgetting lets the attempt through to
    the records.
    """

    def claim(self, username: str, address: str) -> datetime | None:
        """Count an attempt, as failed until `forgive` says otherwise. Returns until when the account or the
        address is locked; such an attempt is not counted."""
        ...

    def forgive(self, username: str) -> None:
        """They signed in: their attempts, from whichever address, count no more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to do a periodic job, for a while."""

    name: str
    #: Fences: every holder after another has a greater one. 0: without an engine that could tell.
    token: int
    valid_until: float  #: on the caller's monotonic clock; counted from before the engine was asked


class Leases(Protocol):
    """Who does the periodic jobs. One holder a name, until it releases it or doesn't renew it in time.

    A process that stood still for longer than the lease finds it gone, or gets a greater token. Forgetting
    makes everyone a holder: jobs are done twice rather than not at all, so a job must be harmless when two do
    it; one that isn't holds its effect against the token."""

    def hold(self, name: str) -> Lease | None:
        """Take or renew; None where somebody else has it."""
        ...

    def release(self, name: str) -> None:
        """Let the next one have it at once; nothing where it is not ours."""
        ...


class Fanout(Protocol):
    """The newest events of the live feed, for many readers, beside the records' log which has all of them.

    Events lie here under the log's own ids, without gaps from the oldest kept to the newest: what a reader gets
    after its cursor is what the log would give. `None` always means: ask the log.
    """

    def position(self) -> int | None:
        """The id of the newest event that was ever put here; 0: none. None: can't tell."""
        ...

    def publish(self, events: Sequence[LiveEvent], *, after: int) -> bool:
        """Append events that follow `after` in the log; False, and nothing done, where the newest here is
        another."""
        ...

    def reset(self) -> None:
        """Forget everything: what is here is not this log's."""
        ...

    def since(self, event_id: int, *, limit: int) -> tuple[LiveEvent, ...] | None:
        """The events after this one, oldest first; None where some of them may have been let go of."""
        ...

    def wait(self, event_id: int, *, timeout_s: float) -> bool | None:
        """Block until something newer is here (True) or the time is up (False)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Degraded:
    """What people are told while the engine is away."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All concerns of one engine."""

    sightings: Sightings
    repeats: Repeats
    throttle: LoginThrottle
    leases: Leases
    #: None where one process is all there is: the records' log wakes its readers by itself.
    fanout: Fanout | None
    #: Asks the engine; None where all is well.
    degraded: Callable[[], Degraded | None]
    close: Callable[[], None]
