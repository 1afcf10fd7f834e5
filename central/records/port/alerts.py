"""Alerts, what is reckoned from them, and what keeps them. See `central.records.port`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from central.alert import Alert, AlertMove, Verdict
from central.assessment import AlertFacts, OrderFacts
from central.device_health import DeviceFacts
from central.hold import Hold, HoldRequest, Spared
from central.order import Order
from central.people import User
from central.ports import AlertSink
from proto.passage import Tier


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
