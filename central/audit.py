"""The audit trail: who did what, when and why, as a chain that shows where it was touched. Pure.

Each entry's `sha256` covers its fields and the entry before, so an edit, a removal or an insertion breaks
the chain there. Its `seal` is an HMAC of that hash under a key kept outside the database, so that whoever
can write the database cannot simply compute the chain anew. The *head* (how many entries, the last hash,
sealed) shows a tail cut off. The *anchor* is a copy of the head outside the database: it shows the whole
trail, head included, put back to an older state. What is not shown: anything done by one who has the key
and the anchor too.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

#: What the first entry is chained to.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """What happened."""

    at: datetime
    user: str
    action: str  #: noun.verb, e.g. "track.search"
    subject: str = ""  #: what it was done to: an order's id, a plate
    reason: str = ""
    case_number: str = ""
    detail: str = "{}"  #: JSON object


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A record in its place in the chain."""

    audit_id: int  #: 1, 2, 3 … without gaps
    record: AuditRecord
    previous_sha256: str
    sha256: str
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the chain ends."""

    entries: int
    sha256: str
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a check of the whole chain gave."""

    ok: bool
    entries: int  #: that were there
    first_bad: int | None = None  #: audit_id of the first entry that is not as it was written
    why: str = ""  #: empty where ok


@dataclass(frozen=True, slots=True, kw_only=True)
class FullCheck:
    """That the whole trail was walked."""

    at: datetime
    verdict: Verdict
    sha256: str  #: of the last entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Local hours of duty, from `begin` to before `end`."""

    begin: int
    end: int
    utc_offset: int  #: hours

    def outside(self) -> tuple[int, ...]:
        """Hours of UTC that lie outside."""
        return tuple(hour for hour in range(24) if not self.begin <= (hour + self.utc_offset) % 24 < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which entries; every field narrows."""

    user: str | None = None
    action: str | None = None  #: one that ends with a dot: all that begin with it
    subject: str | None = None
    plate: str | None = None  #: normalised: of it, or of an order for it, or of an alert on such an order
    case_number: str | None = None
    since: datetime | None = None  #: inclusive
    until: datetime | None = None  #: exclusive
    without_hits: bool = False  #: searches that found nothing
    outside: Hours | None = None  #: done outside of these hours
    unconfirmed: bool = False  #: done by accounts with an administrator's hand in them, see `independence`
    before: int | None = None  #: audit_id: the page behind it
    limit: int = 100

    @property
    def whole(self) -> bool:
        """Are all entries wanted?"""
        return self == AuditQuery(before=self.before, limit=self.limit)


def digest(audit_id: int, record: AuditRecord, previous_sha256: str) -> str:
    """SHA-256 of an entry, over JSON of a fixed field order, so that no two entries write the same bytes."""
    fields = [
        audit_id,
        record.at.astimezone(UTC).isoformat(timespec="microseconds"),
        record.user,
        record.action,
        record.subject,
        record.reason,
        record.case_number,
        record.detail,
        previous_sha256,
    ]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=True).encode()).hexdigest()


def _mac(key: bytes, what: str, text: str) -> str:
    return hmac.digest(key, f"{what}:{text}".encode(), "sha256").hex()


def chain(audit_id: int, record: AuditRecord, previous_sha256: str, key: bytes) -> AuditEntry:
    """The entry that follows."""
    sha256 = digest(audit_id, record, previous_sha256)
    return AuditEntry(
        audit_id=audit_id,
        record=record,
        previous_sha256=previous_sha256,
        sha256=sha256,
        seal=_mac(key, "entry", sha256),
    )


def head(entries: int, sha256: str, key: bytes) -> Head:
    """The sealed head of a chain of so many entries."""
    return Head(entries=entries, sha256=sha256, seal=_mac(key, "head", f"{entries}:{sha256}"))


def check_seal(verdict: Verdict, sha256: str, at: datetime, key: bytes) -> str:
    """Of a full check that is written down."""
    said = [
        verdict.ok,
        verdict.entries,
        verdict.first_bad,
        verdict.why,
        sha256,
        at.astimezone(UTC).isoformat(timespec="microseconds"),
    ]
    return _mac(key, "check", json.dumps(said))


def genuine(entry: AuditEntry, key: bytes) -> bool:
    """Is this one entry as this centre wrote it, wherever it stands?"""
    return entry == chain(entry.audit_id, entry.record, entry.previous_sha256, key)


def verify(
    entries: Iterable[AuditEntry],
    *,
    head_found: Head | None,
    anchor: Head | None,
    key: bytes,
    since: Head | None = None,
) -> Verdict:
    """Walk the chain, oldest first: all of it, or what follows `since`, up to where it was walked before.

    `anchor` may lag behind the head (a crash between the two) but must lie on the chain and bear a true seal;
    None where there never was one, which is right only for an empty trail.
    """
    previous, count = (GENESIS, 0) if since is None else (since.sha256, since.entries)

    def bad(audit_id: int | None, why: str) -> Verdict:
        return Verdict(ok=False, entries=count, first_bad=audit_id, why=why)

    for anchor_name, found in (("head", head_found), ("anchor", anchor)):
        if found is not None and found != head(found.entries, found.sha256, key):
            return bad(None, f"the {anchor_name}'s seal is false")
    for entry in entries:
        count += 1
        if entry.audit_id != count:
            return bad(
                count, f"expected entry {count}, found {entry.audit_id}: an entry was removed or inserted"
            )
        if entry.previous_sha256 != previous:
            return bad(count, "it does not follow the entry before it")
        again = chain(count, entry.record, previous, key)
        if again.sha256 != entry.sha256:
            return bad(count, "it was edited: its hash is not that of its fields")
        if not hmac.compare_digest(again.seal, entry.seal):
            return bad(count, "its seal is false: it was not written by this centre")
        if anchor is not None and anchor.entries == count and anchor.sha256 != entry.sha256:
            return bad(count, "the anchor outside the database names another entry in this place")
        previous = entry.sha256
    if head_found is None:
        return bad(1, "the head is missing") if count or anchor else Verdict(ok=True, entries=0)
    if head_found.entries != count or head_found.sha256 != previous:
        return bad(
            count + 1, f"the head names {head_found.entries} entries, found {count}: the tail was cut off"
        )
    if anchor is None:
        return bad(None, "the anchor outside the database is missing") if count else Verdict(ok=True, entries=0)
    if anchor.entries > count:
        return bad(
            count + 1,
            f"the anchor outside the database names {anchor.entries} entries, found {count}: "
            "the database was put back to an older state",
        )
    return Verdict(ok=True, entries=count)
