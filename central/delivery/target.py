"""Where alerts are delivered to, and what each may be told. Pure."""

from __future__ import annotations

import enum
import random
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

#: How long a secret that was replaced goes on signing beside the new one.
SECRET_OVERLAP = timedelta(hours=24)
#: There are templates for these.
LANGUAGES = ("en", "zh-CN")
_MAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")


class TargetKind(enum.StrEnum):
    """Which road it goes, and in which shape."""

    WEBHOOK = "webhook"  #: JSON by HTTPS, signed with HMAC-SHA256
    WECOM = "wecom"  #: 企业微信 group robot
    DINGTALK = "dingtalk"  #: 钉钉 group robot
    FEISHU = "feishu"  #: 飞书 group robot
    EMAIL = "email"


class Happening(enum.StrEnum):
    """What happened to the alert."""

    RAISED = "raised"
    REPEATED = "repeated"  #: the vehicle came by again
    STEPPED = "stepped"
    ESCALATED = "escalated"
    HANDED_OVER = "handed_over"  #: offered, accepted or declined
    ENDED = "ended"  #: closed, or found to be a misread


class Carry(enum.StrEnum):
    """What a target is told only where it is said so."""

    PLATE = "plate"
    PICTURES = "pictures"  #: their addresses; opening them takes a session and the checkpoint's area even so
    DANGER_NOTE = "danger_note"
    CASE = "case"  #: reason, case number, contact and instructions


class InvalidTarget(ValueError):
    """A target that can't be; says what was expected and what came."""


class NotDead(Exception):
    """Only a delivery that was given up can be sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRequest:
    """What an administrator sets."""

    name: str
    kind: TargetKind
    address: str  #: a URL, or e-mail addresses separated by commas
    events: frozenset[Happening] = frozenset({Happening.RAISED, Happening.ESCALATED})
    max_priority: int = 4  #: 1: only the most urgent; 4: all
    areas: frozenset[str] = frozenset()  #: with those that lie in them; empty: everywhere
    carry: frozenset[Carry] = frozenset()
    language: str = "zh-CN"
    enabled: bool = True

    @property
    def host(self) -> str:
        """All of the address that may be shown: a robot's has its key in it."""
        if self.kind is TargetKind.EMAIL:
            return ", ".join(sorted({each.partition("@")[2] for each in recipients(self.address)}))
        return urlsplit(self.address).hostname or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A target with its secrets, which are shown to nobody."""

    target_id: str
    request: TargetRequest
    secret: str
    previous_secret: str = ""
    previous_until: datetime | None = None

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """Those to sign with, the newest first."""
        old = self.previous_until is not None and now < self.previous_until and self.previous_secret
        return tuple(s for s in (self.secret, self.previous_secret if old else "") if s)

    def __repr__(self) -> str:
        return f"Target({self.target_id!r}, {self.request.name!r}, {self.request.kind})"


def check_target(wanted: TargetRequest, *, areas: Collection[str]) -> None:
    """Raises:
    InvalidTarget: it can't be.
    """
    if not 0 < len(wanted.name.strip()) <= 64:
        raise InvalidTarget("expected a name of 1 to 64 characters")
    if not 1 <= wanted.max_priority <= 4:
        raise InvalidTarget(f"expected a priority of 1 to 4, got {wanted.max_priority}")
    if unknown := sorted(wanted.areas - set(areas)):
        raise InvalidTarget(f"expected areas that there are, got {', '.join(unknown)}")
    if wanted.language not in LANGUAGES:
        raise InvalidTarget(f"expected a language of {', '.join(LANGUAGES)}, got {wanted.language}")
    if wanted.kind is TargetKind.EMAIL:
        if not all(_MAIL.fullmatch(each) for each in recipients(wanted.address)):
            raise InvalidTarget("expected e-mail addresses separated by commas")
        return
    try:
        parts = urlsplit(wanted.address)
        port = parts.port
    except ValueError:
        raise InvalidTarget("expected a URL like https://host/path") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or port == 0:
        raise InvalidTarget("expected a URL like https://host/path, without a user in it")


def recipients(address: str) -> list[str]:
    """The e-mail addresses."""
    return [each.strip() for each in address.split(",")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When a delivery that failed is tried again."""

    first: timedelta = timedelta(seconds=2)  #: doubled with each attempt
    longest: timedelta = timedelta(minutes=10)
    attempts: int = 12  #: then it is given up: some fifty minutes, by default

    def retry_at(self, attempts: int, now: datetime, chance: random.Random) -> datetime | None:
        """After so many attempts; None: give up. Between half and all of the wait, so that what failed together
        doesn't come back together."""
        if attempts >= self.attempts:
            return None
        wait = min(self.longest, self.first * 2.0 ** min(attempts - 1, 30))
        return now + wait * chance.uniform(0.5, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchPolicy:
    """What may be tuned."""

    timeout_s: float = 10.0  #: of one attempt
    at_once: int = 32  #: deliveries under way at once
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    kept: timedelta = timedelta(days=30)  #: of deliveries that arrived
