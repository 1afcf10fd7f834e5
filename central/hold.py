"""Legal holds (法律保全): what must not be deleted while a case needs it, whatever its age. Pure.

A hold takes effect at once, since it only keeps. Ending it lets things be deleted, so a second person does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime


class InvalidHold(ValueError):
    """It can't be placed or lifted so; says what was expected and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """What is to be kept: everything that fits all that is named."""

    plate: str = ""  #: normalised
    case_number: str = ""  #: of orders: their plates and alerts
    alert_id: str = ""  #: the alert, and its vehicle's passages from its first to its last
    since: datetime | None = None  #: inclusive
    until: datetime | None = None  #: exclusive
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold that was placed."""

    hold_id: str
    request: HoldRequest
    placed_by: str
    placed_at: datetime
    lifted_by: str = ""
    lifted_at: datetime | None = None
    lifted_because: str = ""

    @property
    def active(self) -> bool:
        return self.lifted_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spared:
    """Passages that a hold keeps."""

    plate: str | None = None  #: None: any
    since: datetime | None = None  #: inclusive
    until: datetime | None = None  #: exclusive


def check(request: HoldRequest) -> None:
    """Raises:
    InvalidHold: it names nothing, or a span that ends before it begins, or has no reason.
    """
    if not request.reason.strip():
        raise InvalidHold("expected a reason, got none")
    if not (request.plate or request.case_number or request.alert_id or (request.since and request.until)):
        raise InvalidHold("expected a plate, a case number, an alert, or a time from and to, got none of them")
    if request.alert_id and (request.plate or request.case_number):
        raise InvalidHold("expected an alert alone: it says which vehicle and which case it is about")
    if request.since and request.until and request.since >= request.until:
        raise InvalidHold(f"expected since before until, got {request.since} and {request.until}")


def lift(hold: Hold, *, by: str, at: datetime, because: str) -> Hold:
    """Raises:
    InvalidHold: it was lifted before, whoever placed it would lift it, or there is no reason.
    """
    if not hold.active:
        raise InvalidHold(f"expected a hold in force, got one that {hold.lifted_by} lifted at {hold.lifted_at}")
    if by == hold.placed_by:
        raise InvalidHold(f"expected another person than {by}, who placed the hold, to lift it")
    if not because.strip():
        raise InvalidHold("expected a reason, got none")
    return replace(hold, lifted_by=by, lifted_at=at, lifted_because=because.strip())
