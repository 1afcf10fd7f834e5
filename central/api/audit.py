"""The audit trail, for the auditor; that it was read is in it too."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from central.api.caller import CurrentCaller
from central.api.security import ServicesOf
from central.audit import AuditEntry, AuditQuery, Hours, Verdict
from proto.plate import parse

router = APIRouter(prefix="/api/audit", tags=["audit"])
_Text = Annotated[str | None, Query(max_length=128)]


class AuditEntryView(BaseModel):
    """Who did what, when and why."""

    audit_id: int
    at: datetime
    user: str
    action: str = Field(examples=["track.search"])
    subject: str
    reason: str
    case_number: str
    detail: dict[str, Any]
    previous_sha256: str
    sha256: str

    @classmethod
    def of(cls, entry: AuditEntry) -> AuditEntryView:
        record = entry.record
        return cls(
            audit_id=entry.audit_id,
            at=record.at,
            user=record.user,
            action=record.action,
            subject=record.subject,
            reason=record.reason,
            case_number=record.case_number,
            detail=_object(record.detail),
            previous_sha256=entry.previous_sha256,
            sha256=entry.sha256,
        )


class AuditView(BaseModel):
    """One page, newest first."""

    entries: list[AuditEntryView]
    verified: bool = Field(
        description="Whether nothing wrong is known: by the last walk of the whole trail, by what was walked "
        "of it since, and by the entries of this page themselves."
    )
    first_bad: int | None = Field(description="The first entry that is not; null where none can be named.")
    why: str = Field(description="What is wrong; empty where nothing is.")
    walked_at: datetime | None = Field(description="When the whole trail was walked last; null: not yet.")
    walked_entries: int = Field(description="How many it had then.")


class VerificationView(BaseModel):
    """What a walk of the whole trail found."""

    verified: bool
    entries: int
    first_bad: int | None
    why: str

    @classmethod
    def of(cls, verdict: Verdict) -> VerificationView:
        return cls(verified=verdict.ok, entries=verdict.entries, first_bad=verdict.first_bad, why=verdict.why)


class DigestView(BaseModel):
    """A day's digest; `bukong central audit verify-digest` checks it with the public key."""

    day: date
    body: dict[str, Any]
    signature: str = Field(description="Ed25519 over the body as canonical JSON, base64.")


class DigestsView(BaseModel):
    """Newest first."""

    digests: list[DigestView]


@router.get("")
def read_audit(
    caller: CurrentCaller,
    services: ServicesOf,
    user: Annotated[_Text, Query(description="Who did it.")] = None,
    action: Annotated[
        _Text,
        Query(description="Exactly, or with a dot at its end all that begin with it.", examples=["order."]),
    ] = None,
    subject: Annotated[_Text, Query(description="What it was done to, as it was written.")] = None,
    plate: Annotated[
        str | None,
        Query(
            max_length=32, description="Who looked for this plate, or worked on an order for it or its alerts."
        ),
    ] = None,
    case_number: _Text = None,
    since: Annotated[AwareDatetime | None, Query(description="Inclusive.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Exclusive.")] = None,
    without_hits: Annotated[bool, Query(description="Only searches that found nothing.")] = False,
    out_of_hours: Annotated[
        bool, Query(description="Only what was done outside of the hours of duty.")
    ] = False,
    unconfirmed: Annotated[
        bool,
        Query(
            description="Only what was done by accounts that an administrator had made, changed or reset, and "
            "nobody else had confirmed then: one person may have been two."
        ),
    ] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Annotated[int | None, Query(ge=0, le=2**62, description="An audit_id: the page behind it.")] = None,
) -> AuditView:
    """Read the trail. What was asked, and how much came back, is written down first."""
    settings, audit = services.settings, services.records.audit
    begin, end = settings.duty_hours
    query = AuditQuery(
        user=user,
        action=action,
        subject=subject,
        plate=None if plate is None else parse(plate).text,
        case_number=case_number,
        since=since,
        until=until,
        without_hits=without_hits,
        outside=Hours(begin=begin, end=end, utc_offset=round(settings.utc_offset.total_seconds() / 3600))
        if out_of_hours
        else None,
        unconfirmed=unconfirmed,
        before=before,
        limit=limit,
    )
    asked = {
        "user": user,
        "action": action,
        "of": subject,
        "case": case_number,
        "since": None if since is None else since.isoformat(),
        "until": None if until is None else until.isoformat(),
        "without_hits": without_hits,
        "out_of_hours": out_of_hours,
        "unconfirmed": unconfirmed,
        "before": before,
    }
    entries = audit.search(query)
    caller.leaves(
        "audit.read",
        {name: value for name, value in asked.items() if value} | {"limit": limit, "shown": len(entries)},
        subject=query.plate or "",
    )
    if query.whole and before is None:
        entries = audit.search(query)  # with the entry that tells of it
    verdict = audit.check(entries, gapless=query.whole)
    walked = audit.last_full_check()
    return AuditView(
        entries=[AuditEntryView.of(entry) for entry in entries],
        verified=verdict.ok,
        first_bad=verdict.first_bad,
        why=verdict.why,
        walked_at=None if walked is None else walked.at,
        walked_entries=0 if walked is None else walked.verdict.entries,
    )


@router.post("/verification")
def verify_audit(caller: CurrentCaller, services: ServicesOf) -> VerificationView:
    """Walk the whole trail now. It takes some ten seconds a million entries."""
    verdict = services.records.audit.verify()
    found = {"ok": verdict.ok, "entries": verdict.entries, "first_bad": verdict.first_bad}
    caller.leaves("audit.verify", found)
    return VerificationView.of(verdict)


@router.get("/digests")
def list_digests(
    caller: CurrentCaller, services: ServicesOf, limit: Annotated[int, Query(ge=1, le=400)] = 31
) -> DigestsView:
    """The signed digests of the last days."""
    found = services.records.digests.newest(limit=limit)
    caller.leaves("audit.digests", {"shown": len(found)})
    return DigestsView(
        digests=[
            DigestView(day=digest.day, body=json.loads(digest.body), signature=digest.signature)
            for digest in found
        ]
    )


def _object(detail: str) -> dict[str, Any]:
    """What was written is a JSON object; what an intruder left there is shown as it is."""
    try:
        found = json.loads(detail)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"unreadable": detail}
