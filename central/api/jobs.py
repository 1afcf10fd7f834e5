"""Analyses that take long: asked now, kept for who asked, read within what they may see when they read."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from central.analysis import KINDS, MOST_FINDINGS, WISHES
from central.api.analyses import AnalysisRequest
from central.api.search_purpose import GateOf
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.api.services import Services
from central.area import Scope
from central.investigation import Gate, IllegalJobMove, Inquiry, Job, JobQuestion, JobState
from central.investigation.book import FindingsPage
from central.investigation.job import covers
from central.people import User
from central.search_export import rows_to_csv, rows_to_xlsx

router = APIRouter(prefix="/api", tags=["jobs"])
_AREA = "areas: what was found rests on places that you may not see any more"
_AGE = "age: what was found rests on passages older than you may look back to by now"


class JobRequest(AnalysisRequest):
    """Which analysis, of what, when, and why one may ask."""

    kind: str = Field(examples=["convoy"], description="See the list of kinds of analysis.")


class JobView(BaseModel):
    """One's own job."""

    job_id: str
    kind: str
    subject: str = Field(description="The plate that it is about; empty: no single one.")
    wishes: dict[str, Any]
    since: datetime
    until: datetime
    reason: str
    case_number: str
    state: JobState
    progress: float = Field(description="0 to 1.")
    attempt: int = Field(description="Times that it was taken up.")
    asked_at: datetime
    started_at: datetime | None
    heard_at: datetime | None = Field(description="When whoever works on it was heard of last.")
    silent: bool = Field(description="That is long ago: another worker takes it up as soon as there is one.")
    cancel_asked: bool = Field(description="It was called off and stops at once.")
    ended_at: datetime | None
    kept_until: datetime | None = Field(description="It goes on the night after; null: it is not over.")
    why: str = Field(description="It failed, or waits again; else empty.")
    found: int | None = Field(description="Findings kept; null: it is not done.")
    audit_id: int = Field(description="The entry in the audit trail that tells of the question.")

    @classmethod
    def of(cls, job: Job, services: Services) -> JobView:
        question = job.question
        kept = services.settings.jobs_kept
        return cls(
            job_id=job.job_id,
            kind=question.kind,
            subject=question.subject,
            wishes=dict(question.wishes),
            since=question.since,
            until=question.until,
            reason=question.reason,
            case_number=question.case_number,
            state=job.state,
            progress=round(job.progress, 3),
            attempt=job.attempt,
            asked_at=job.asked_at,
            started_at=job.started_at,
            heard_at=job.heard_at,
            silent=job.silent(services.clock.now()),
            cancel_asked=job.cancel_asked_at is not None,
            ended_at=job.ended_at,
            kept_until=None if job.ended_at is None else job.ended_at + kept,
            why=job.why,
            found=job.found,
            audit_id=job.audit_id,
        )


class JobsView(BaseModel):
    """The most lately asked first."""

    jobs: list[JobView]


class JobFindingsView(BaseModel):
    """One page of what was found, the most telling first."""

    job_id: str
    kind: str
    findings: list[dict[str, Any]] = Field(description="See the kind's `columns` in the list of kinds.")
    next: int | None = Field(description="`after` of the page behind this one; null: this is the last.")
    found: int = Field(description="All that was found, what is withheld included.")
    withheld: int = Field(description="Findings that one may not see any more.")
    withheld_why: str = Field(description="What they rest on; empty: none is withheld.")
    audit_id: int = Field(description="The entry in the audit trail that tells of this reading.")


class JobForm(enum.StrEnum):
    """Files."""

    CSV = "csv"
    XLSX = "xlsx"


_MEDIA = {
    JobForm.CSV: "text/csv",
    JobForm.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


class JobExport(BaseModel):
    """As what to take it along."""

    form: JobForm


@router.post("/jobs", status_code=201, responses={429: {}})
def start_job(
    request: JobRequest, user: CurrentUser, scope: CurrentScope, services: ServicesOf, gate: GateOf
) -> JobView:
    """Ask; whoever has the part `jobs` works on it. The audit trail tells of the question first."""
    limits, book = services.settings.jobs, services.records.jobs
    wishes = WISHES.read(request.kind, request.wishes)
    book.check_room(user.username, limits)
    written = WISHES.written(wishes)
    inquiry = gate.ask(
        request.purpose(gate, user, scope),
        "job.start",
        subject=wishes.subject,
        asked={"kind": request.kind, "wishes": written},
        since=request.since,
        until=request.until,
    )
    question = JobQuestion(
        kind=request.kind,
        wishes=written,
        subject=wishes.subject,
        since=request.since,
        until=request.until,
        reason=inquiry.purpose.reason,
        case_number=inquiry.purpose.case_number,
    )
    return JobView.of(book.start(question, by=user, audit_id=inquiry.audit_id, limits=limits), services)


@router.get("/jobs")
def list_jobs(user: CurrentUser, services: ServicesOf) -> JobsView:
    """One's own, those that are over too for as long as they are kept."""
    found = services.records.jobs.of(user.username)
    return JobsView(jobs=[JobView.of(job, services) for job in found])


@router.get("/jobs/{job_id}")
def show_job(job_id: str, user: CurrentUser, services: ServicesOf) -> JobView:
    """How far it is. Another person's is answered as if there were none."""
    return JobView.of(services.records.jobs.get(job_id, username=user.username), services)


@router.post("/jobs/{job_id}/cancel")
def cancel_job(job_id: str, user: CurrentUser, services: ServicesOf) -> JobView:
    """Call it off. One that runs stops within seconds, in the store too; what it had found by then is gone."""
    return JobView.of(services.records.jobs.cancel(job_id, by=user), services)


@router.delete("/jobs/{job_id}", status_code=204)
def discard_job(job_id: str, user: CurrentUser, services: ServicesOf) -> None:
    """Let go of one that is over, with all that was found. What the audit trail tells of it stays."""
    services.records.jobs.discard(job_id, by=user)


@router.get("/jobs/{job_id}/findings", responses={409: {}})
def read_job_findings(
    job_id: str,
    user: CurrentUser,
    scope: CurrentScope,
    services: ServicesOf,
    gate: GateOf,
    after: Annotated[int, Query(ge=0, le=MOST_FINDINGS, description="`next` of the page before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> JobFindingsView:
    """What was found, as far as one may see it now: without what rests on places or times taken away since."""
    job, page, inquiry, why = _read(
        job_id, "job.read", user, scope, services, gate, after=after, limit=limit, asked={"after": after}
    )
    inquiry.answered(len(page.findings), withheld=page.withheld)
    return JobFindingsView(
        job_id=job.job_id,
        kind=job.question.kind,
        findings=[dict(finding) for finding in page.findings],
        next=page.next,
        found=job.found or 0,
        withheld=page.withheld,
        withheld_why=why,
        audit_id=inquiry.audit_id,
    )


@router.post(
    "/jobs/{job_id}/export",
    response_class=Response,
    responses={
        200: {"description": "The file.", "content": dict.fromkeys(_MEDIA.values(), _FILE)},
    },
)
def export_job(
    job_id: str,
    export: JobExport,
    user: CurrentUser,
    scope: CurrentScope,
    services: ServicesOf,
    gate: GateOf,
) -> Response:
    """All of it as a file, as far as one may see it now. That it was taken along is in the trail."""
    form = export.form
    job, page, inquiry, _ = _read(
        job_id, "job.export", user, scope, services, gate, limit=MOST_FINDINGS, asked={"form": form}
    )
    inquiry.answered(len(page.findings), withheld=page.withheld, form=form)
    columns = list(KINDS[job.question.kind].columns) if job.question.kind in KINDS else []
    make = {JobForm.CSV: rows_to_csv, JobForm.XLSX: rows_to_xlsx}[form]
    name = f"{job.question.kind}-{inquiry.audit_id}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(make(columns, page.findings), media_type=_MEDIA[form], headers=headers)


def _read(
    job_id: str,
    action: str,
    user: User,
    scope: Scope,
    services: Services,
    gate: Gate,
    *,
    limit: int,
    asked: dict[str, Any],
    after: int = 0,
) -> tuple[Job, FindingsPage, Inquiry, str]:
    """The job, what its owner may see of what was found, the reading in the trail, why not all is seen.

    Raises:
        NotFound: there is none, or it is somebody else's.
        IllegalJobMove: nothing was found yet, or ever will be.
        BeyondReach: all of it lies further back than its owner may look by now.
    """
    job = services.records.jobs.get(job_id, username=user.username)
    if job.reach is None:
        raise IllegalJobMove(f"expected a job that is done, got one that is {job.state}: nothing was found")
    question = job.question
    purpose = gate.purpose(
        user.username, user.areas, scope, reason=question.reason, case_number=question.case_number
    )
    inquiry = gate.ask(
        purpose,
        action,
        subject=question.subject,
        asked={"job": job_id, "kind": question.kind, **asked},
        since=job.reach.since,
        until=job.reach.until,
    )
    if not covers(inquiry.reach, job.reach):
        found = job.found or 0
        return job, FindingsPage(findings=(), next=None, withheld=found), inquiry, _AREA if found else ""
    page = services.records.jobs.findings(job_id, since=inquiry.reach.since, after=after, limit=limit)
    return job, page, inquiry, _AGE if page.withheld else ""
