"""A unit (警力): officers with a vehicle who can be sent. Pure."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import datetime

UNIT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class InvalidUnit(ValueError):
    """A unit or its report makes no sense; says what was expected and what came."""


class UnitStatus(enum.StrEnum):
    """What a unit says of itself."""

    FREE = "free"
    EN_ROUTE = "en_route"  #: on its way to a task
    BUSY = "busy"
    OFF_DUTY = "off_duty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a unit was."""

    at: datetime
    latitude: float  #: degrees north, WGS 84
    longitude: float  #: degrees east
    speed_kmh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit with what it last reported."""

    unit_id: str
    name: str
    team: str = ""
    area_id: str | None = None  #: the area it belongs to; None: the whole network's
    status: UnitStatus = UnitStatus.OFF_DUTY
    status_at: datetime
    position: Position | None = None
    engaged: str | None = None  #: the alert it was dispatched to and that has no outcome yet
    crew: tuple[str, ...] = ()  #: usernames of who rides with it, in order


def check_unit(unit_id: str, name: str, team: str) -> None:
    """Raises:
    InvalidUnit: a part is not as it must be.
    """
    if not UNIT_ID.fullmatch(unit_id):
        raise InvalidUnit(f"expected a unit id of 1 to 64 of A-Z a-z 0-9 . _ -, got {unit_id!r}")
    if not name.strip() or len(name) > 64 or len(team) > 64:
        raise InvalidUnit(f"expected a name of 1 to 64 characters and a team of at most 64 for {unit_id!r}")


def check_position(position: Position, *, now: datetime, ahead_s: float = 60.0) -> None:
    """Raises:
    InvalidUnit: it lies nowhere on earth, or is from the future.
    """
    if not (-90 <= position.latitude <= 90 and -180 <= position.longitude <= 180):
        raise InvalidUnit(f"expected degrees north and east, got {position.latitude}, {position.longitude}")
    if (position.at - now).total_seconds() > ahead_s:
        raise InvalidUnit(
            f"expected a position of now or before ({now.isoformat()}), got {position.at.isoformat()}"
        )
