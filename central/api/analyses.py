"""Analyses of where vehicles went: with a reason, within one's areas and age tier, in the trail first."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from inspect import getdoc
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from central.analysis import KINDS, MOST_FINDINGS, WISHES, ground_of
from central.analysis.run import found_by
from central.api.search_purpose import Asked, GateOf
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.investigation import Plan, TooSlow

router = APIRouter(prefix="/api", tags=["analyses"])


class AnalysisKindView(BaseModel):
    """One kind of analysis, and what it takes and gives."""

    kind: str
    question: str = Field(description="In words.")
    longest_days: float = Field(description="Time that may be asked about at once.")
    most_findings: int = Field(description="More are an error that says so, and no silent cut.")
    wishes: dict[str, Any] = Field(description="JSON Schema of the wishes.")
    columns: dict[str, str] = Field(
        description="What a finding may have, in order, and what it means. `first_at` and `last_at`, and all "
        "that ends on `_at`, are moments of UTC."
    )


class AnalysisKindsView(BaseModel):
    """All kinds there are."""

    kinds: list[AnalysisKindView]


class AnalysisRequest(Asked):
    """What is asked, when, and why one may ask."""

    wishes: dict[str, Any] = Field(
        default_factory=dict,
        description="Of the kind, such as {plate, seconds, checkpoints, strength} of a convoy; see the list "
        "of kinds for each.",
        examples=[{"plate": "川C12345"}],
    )


class AnalysisView(BaseModel):
    """All that was found, the most telling first."""

    kind: str
    findings: list[dict[str, Any]] = Field(description="See the kind's `columns`.")
    clipped_since: datetime | None = Field(
        description="What is older asks for a supervisor's grant and was left out; null: nothing was."
    )
    audit_id: int = Field(description="The entry in the audit trail that tells of this analysis.")


@router.get("/analyses")
def list_analysis_kinds() -> AnalysisKindsView:
    """Which analyses there are, what each takes, within which limits, and what its findings say."""
    return AnalysisKindsView(
        kinds=[
            AnalysisKindView(
                kind=kind,
                question=(getdoc(wishes) or "").partition("\n\n")[0],
                longest_days=wishes.longest / timedelta(days=1),
                most_findings=MOST_FINDINGS,
                wishes=WISHES.schema(kind),
                columns=wishes.columns,
            )
            for kind, wishes in KINDS.items()
        ]
    )


@router.post("/analyses/{kind}")
def run_analysis(
    kind: str,
    request: AnalysisRequest,
    user: CurrentUser,
    scope: CurrentScope,
    services: ServicesOf,
    gate: GateOf,
) -> AnalysisView:
    """Answered at once, or not at all where it takes more than its limits: as a job it is given more time."""
    wishes = WISHES.read(kind, request.wishes)
    inquiry = gate.ask(
        request.purpose(gate, user, scope),
        "analysis.run",
        subject=wishes.subject,
        asked={"kind": kind, "wishes": WISHES.written(wishes)},
        since=request.since,
        until=request.until,
    )
    seconds = services.settings.analysis_lasts.total_seconds()

    def soon(plan: Plan) -> Plan:
        return replace(plan, limits=replace(plan.limits, seconds=min(seconds, plan.limits.seconds)))

    ground = ground_of(services.records.checkpoints.all(), services.settings.utc_offset)
    try:
        findings = found_by(wishes, inquiry.reach, ground, services.store, bounded=soon)
    except TooSlow as error:
        raise TooSlow(f"{error}; or ask it as a job, which is given more time") from error
    inquiry.answered(len(findings))
    return AnalysisView(
        kind=kind, findings=findings, clipped_since=inquiry.clipped_since, audit_id=inquiry.audit_id
    )
