"""Who works with the centre: roles, users, and how long a guesser of passwords has to wait. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


class Role(enum.StrEnum):
    """What a person is there for; one person may have several."""

    OPERATOR = "operator"  #: watches the alerts, verifies, signs off, dispatches
    APPLICANT = "applicant"  #: drafts and submits orders
    EMERGENCY = "emergency"  #: an applicant who may put an order into force at once, approval owed
    APPROVER = "approver"  #: approves or rejects other people's orders
    INVESTIGATOR = "investigator"  #: searches where a vehicle went, with a reason
    SUPERVISOR = "supervisor"  #: sees the duty's work and may withdraw an order
    AUDITOR = "auditor"  #: reads the audit trail and nothing it was kept from
    ADMINISTRATOR = "administrator"  #: looks after nodes and machine tokens, sees no vehicles
    PATROL = "patrol"  #: rides with a unit at the roadside and sees what that unit was sent to, nothing else


class PeopleError(Exception):
    """Base of what can be wrong with a user, a sign-in or a token."""


class TokenScope(enum.StrEnum):
    """What a machine's token is for; one may have several."""

    IMAGES = "images"  #: a node hands in evidence images
    READ = "read"  #: another platform reads checkpoints, areas, nodes, figures and the live view
    WATCHLIST = "watchlist"  #: a node asks for the key of its form of the watchlist
    POSITIONS = "positions"  #: a unit's device reports where it is


class InvalidUser(PeopleError):
    """A user that can't be created; says what was expected and what came."""


class LastAdministrator(PeopleError):
    """Nobody would be left to look after people."""


class NotYourself(PeopleError):
    """What somebody else has to do for one: nobody gives themself rights or takes their own away."""


class NotKeptHere(PeopleError):
    """The identity provider keeps it: change it there."""


class BadCredentials(PeopleError):
    """Unknown user, wrong password or disabled user: which, is not told."""


class LockedOut(PeopleError):
    """Too many failed sign-ins; `retry_at` is when the next one will be looked at."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(f"too many failed sign-ins; try again after {retry_at.isoformat(timespec='seconds')}")
        self.retry_at = retry_at


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who may sign in."""

    username: str
    name: str  #: as the colleagues call them
    roles: frozenset[Role]
    language: str = "zh-CN"  #: BCP 47, of the console
    areas: frozenset[str] = frozenset()  #: ids of the areas (辖区) they may see; empty: the whole network
    must_change_password: bool = False  #: somebody else knows it: nothing else is open to them before


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """What an administrator did to an account by which they could act."""

    by: str
    what: str  #: the trail's action: user.create, user.change, password.reset
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user as an administrator sees them."""

    user: User
    disabled: bool
    created_at: datetime
    external: bool  #: signs in by the identity provider, which keeps their password, roles and areas
    sessions: int  #: open now
    hands: tuple[Hand, ...] = ()  #: of administrators, confirmed by nobody yet: see `central.independence`


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session, without its secret."""

    session_id: str
    username: str
    address: str  #: that it was opened from
    created_at: datetime
    seen_at: datetime  #: last use, to the minute
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineToken:
    """A machine that may call; the secret itself is kept nowhere."""

    token_id: str
    name: str  #: which machine, e.g. the node's id
    created_at: datetime
    created_by: str
    scopes: frozenset[TokenScope] = frozenset({TokenScope.IMAGES})
    areas: frozenset[str] = frozenset()  #: as a user's; empty: the whole network
    expires_at: datetime | None = None  #: None: only when it is revoked
    revoked_at: datetime | None = None


USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
#: Who the audit trail names for what no person did: nobody may sign in under such a name.
RESERVED = frozenset({"system", "command-line", "demo", "clock", "oidc"})
MIN_PASSWORD = 10
MAX_PASSWORD = 256  #: hashing is dear on purpose: nobody gets to hand in a megabyte


def check_user(username: str, name: str, roles: frozenset[Role]) -> None:
    """Raises:
    InvalidUser: a part is not as it must be.
    """
    if not USERNAME.fullmatch(username):
        raise InvalidUser(
            f"expected a username of 2 to 32 of a-z 0-9 . _ - that begins with a letter, got {username!r}"
        )
    if username in RESERVED:
        raise InvalidUser(
            f"expected a person's username, {username!r} is what the audit trail calls the machine"
        )
    if not name.strip():
        raise InvalidUser(f"expected a name for {username!r}, got none")
    if not roles:
        raise InvalidUser(f"expected at least one role for {username!r}, got none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """How many failed sign-ins within a window lock one out, and for how long."""

    failures: int
    window: timedelta
    lock: timedelta  #: from the failure that reached the limit

    def locked_until(self, failed_at: Sequence[datetime], now: datetime) -> datetime | None:
        """When the lock ends; None where there is none. `failed_at` in any order, older ones don't matter."""
        recent = sorted(at for at in failed_at if at <= now)
        for i in range(len(recent) - 1, self.failures - 2, -1):
            last, first = recent[i], recent[i - self.failures + 1]
            if now >= last + self.lock:
                return None
            if last - first <= self.window:
                return last + self.lock
        return None


#: One account: a person mistypes twice, not five times.
ACCOUNT_THROTTLE = Throttle(failures=5, window=timedelta(minutes=15), lock=timedelta(minutes=15))
#: One address: a whole office may sit behind it, but nobody there tries thirty wrong passwords.
ADDRESS_THROTTLE = Throttle(failures=30, window=timedelta(minutes=15), lock=timedelta(minutes=15))
