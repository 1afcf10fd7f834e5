"""The audit trail, its digests, and what asks for a purpose. See `central.records.port`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from central.audit import AuditEntry, AuditQuery, AuditRecord, FullCheck
from central.audit import Verdict as AuditVerdict
from central.digest import DayCount, Digest
from central.investigation.grant import Grant, GrantMove, GrantRequest
from central.people import User


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

    def page(self, *, usernames: Collection[str] | None = None, limit: int) -> tuple[Grant, ...]:
        """The most lately asked first; `usernames`: only what these asked for."""
        ...

    def standing(self, username: str, case_number: str) -> Grant | None:
        """Of those that hold now for this person and case, the one that reaches back furthest."""
        ...


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
