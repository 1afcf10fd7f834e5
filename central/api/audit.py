"""The audit trail, for the auditor; that it was read is in it too."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from central.api.security import CurrentUser, ServicesOf
from central.audit import AuditEntry, AuditRecord

router = APIRouter(prefix="/api", tags=["audit"])


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
    verified: bool = Field(description="Whether the whole trail, not just this page, is as it was written.")
    first_bad: int | None = Field(description="The first entry that is not; null where none can be named.")
    why: str = Field(description="What is wrong; empty where nothing is.")


@router.get("/audit")
def read_audit(
    user: CurrentUser,
    services: ServicesOf,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Annotated[int | None, Query(description="An audit_id: the page behind it.")] = None,
) -> AuditView:
    """Read the trail and check all of it."""
    audit = services.records.audit
    asked = {"limit": limit, "before": before}
    audit.append(
        AuditRecord(at=services.clock.now(), user=user.username, action="audit.read", detail=json.dumps(asked))
    )
    entries = audit.page(before=before, limit=limit)
    verdict = audit.verify()
    return AuditView(
        entries=[AuditEntryView.of(entry) for entry in entries],
        verified=verdict.ok,
        first_bad=verdict.first_bad,
        why=verdict.why,
    )


def _object(detail: str) -> dict[str, Any]:
    """What was written is a JSON object; what an intruder left there is shown as it is."""
    try:
        found = json.loads(detail)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"unreadable": detail}
