"""The port of deliveries: targets, and the outbox of what they are owed."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from central.delivery.target import Target, TargetRequest


class DeliveryState(enum.StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"  #: not delivered yet, or not for certain
    DELIVERED = "delivered"
    DEAD = "dead"  #: given up: somebody has to look, and may send it again


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One alert's event to one target."""

    number: int  #: grows in the order of what happened
    delivery_id: str  #: the idempotency key
    target_id: str
    alert_id: str
    event: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_at: datetime  #: not before
    delivered_at: datetime | None
    last_error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A delivery that a process may make now, until its lease ends."""

    delivery: Delivery  #: its attempts count this one
    target: Target
    body: str  #: facts, as JSON
    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFigures:
    """What a target is owed."""

    target_id: str
    name: str
    pending: int
    dead: int


class DeliveryBook(Protocol):
    """Targets and deliveries. A delivery is written in the transaction of what it tells of.

    Order: a target's deliveries are made one after the other in the order of what happened; one that fails is
    tried again before the next, until it is given up. Redelivery: at least once; a process that dies or whose
    lease ends before it has told what became of a delivery leaves it to another one. Targets don't wait for
    each other.
    """

    def add_target(self, wanted: TargetRequest, *, secret: str, by: str) -> Target:
        """Raises:
        InvalidTarget: it can't be.
        """
        ...

    def change_target(self, target_id: str, wanted: TargetRequest, *, by: str) -> Target:
        """What a target that is disabled is owed waits until it is enabled again.

        Raises:
            NotFound: no such target.
            InvalidTarget: it can't be, or its kind would change.
        """
        ...

    def change_secret(self, target_id: str, secret: str, *, by: str) -> Target:
        """The one before signs beside it for `SECRET_OVERLAP`.

        Raises:
            NotFound: no such target.
        """
        ...

    def target(self, target_id: str) -> Target:
        """Raises:
        NotFound: no such target.
        """
        ...

    def targets(self) -> tuple[Target, ...]:
        """By name."""
        ...

    def claim(self, worker: str, *, limit: int, lease: timedelta) -> tuple[Claim, ...]:
        """What is due, one a target at most, those that never failed first; nobody else is given them before
        the lease ends."""
        ...

    def delivered(self, claim: Claim) -> bool:
        """It arrived. False: the lease had ended and somebody else has it now."""
        ...

    def failed(self, claim: Claim, *, error: str, retry_at: datetime | None) -> bool:
        """It did not arrive; None: it is given up. False as `delivered`."""
        ...

    def resend(self, delivery_id: str, *, by: str) -> Delivery:
        """Try a dead one again, from the beginning.

        Raises:
            NotFound: no such delivery.
            NotDead: it waits or has arrived.
        """
        ...

    def page(
        self,
        *,
        limit: int,
        state: DeliveryState | None = None,
        target_id: str | None = None,
        alert_id: str | None = None,
        before: int | None = None,
    ) -> tuple[Delivery, ...]:
        """The newest first; `before`: a number."""
        ...

    def figures(self) -> tuple[TargetFigures, ...]:
        """Of every target, by name."""
        ...

    def prune(self, moment: datetime, *, states: Collection[DeliveryState]) -> int:
        """Let go of deliveries made before; returns how many."""
        ...
