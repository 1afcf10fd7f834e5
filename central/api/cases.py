"""Saved cases: what an investigator asked for a case, to be asked again, and read by a supervisor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from central.analysis import WISHES
from central.api.analyses import AnalysisRequest
from central.api.jobs import JobRequest
from central.api.searches import PassageSearch
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.api.services import Services
from central.area import Scope
from central.investigation.case import Case, InvalidQuestion, Question, QuestionKind, SavedQuestion
from central.investigation.purpose import MAX_CASE_NUMBER, MAX_REASON
from central.people import Role, User
from central.records import NotFound

router = APIRouter(prefix="/api/cases", tags=["cases"])
MAX_NAME = 200
#: A case's own, or of one page of an answer: not part of what is saved.
_NOT_SAVED = {"reason", "case_number", "cursor", "limit"}
Number = Annotated[int, Path(ge=1, lt=1 << 31, description="Of the question, from 1 within its case.")]


class CaseDraft(BaseModel):
    """Which case, and why one asks."""

    case_number: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CASE_NUMBER)
    ] = Field(examples=["川公刑立字[2026]0001号"])
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_REASON)] = (
        Field(examples=["盗抢车辆追查"])
    )


class CaseQuestion(BaseModel):
    """What was asked, to be asked again."""

    kind: QuestionKind
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME)] = Field(
        description="As one calls it.", examples=["案发当晚经过的车"]
    )
    asked: dict[str, Any] = Field(
        description="As the route of its kind takes it, without reason and case number: of a search of "
        "passages (`POST /api/searches`); of an analysis {kind, wishes, since, until}; of a job {job_id}, "
        "which must be one's own.",
        examples=[{"plate": "川C12345", "since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}],
    )


class CaseView(BaseModel):
    """A saved case (案件)."""

    case_id: str
    case_number: str
    reason: str
    owner: str
    owner_name: str
    mine: bool = Field(description="Only one's own may be changed, and asked from.")
    opened_at: datetime
    changed_at: datetime
    questions: int = Field(description="How many it holds.")


class CasesView(BaseModel):
    """The most lately changed first."""

    cases: list[CaseView]


class SavedQuestionView(BaseModel):
    """One question of a case."""

    number: int
    kind: QuestionKind
    name: str
    subject: str = Field(description="The plate or pattern that it is about; empty: no single one.")
    asked: dict[str, Any] = Field(
        description="See the body by which it is saved; of a job with kind, wishes and times besides."
    )
    saved_at: datetime

    @classmethod
    def of(cls, saved: SavedQuestion) -> SavedQuestionView:
        question = saved.question
        return cls(
            number=saved.number,
            kind=question.kind,
            name=question.name,
            subject=question.subject,
            asked=dict(question.asked),
            saved_at=saved.saved_at,
        )


class CaseDetail(CaseView):
    """A case with all that it holds, the most lately saved first."""

    saved: list[SavedQuestionView]


def _views(services: Services, found: Sequence[Case], user: User) -> list[CaseView]:
    names = services.records.people.names({case.username for case in found})
    return [_view(case, names, user) for case in found]


def _view(case: Case, names: Mapping[str, str], user: User) -> CaseView:
    return CaseView(
        case_id=case.case_id,
        case_number=case.case_number,
        reason=case.reason,
        owner=case.username,
        owner_name=names.get(case.username, case.username),
        mine=case.username == user.username,
        opened_at=case.opened_at,
        changed_at=case.changed_at,
        questions=case.questions,
    )


def _may_see(services: Services, case: Case, user: User, scope: Scope) -> bool:
    if case.username == user.username and Role.INVESTIGATOR in user.roles:
        return True
    return Role.SUPERVISOR in user.roles and scope.covers(services.records.checkpoints.scope(case.areas))


@router.get("")
def list_cases(
    user: CurrentUser,
    scope: CurrentScope,
    services: ServicesOf,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> CasesView:
    """One's own; a supervisor is told those of their areas too. What was asked is only in each."""
    book = services.records.cases
    found = book.all(limit=limit) if Role.SUPERVISOR in user.roles else book.of(user.username)[:limit]
    seen = [case for case in found if _may_see(services, case, user, scope)]
    return CasesView(cases=_views(services, seen, user))


@router.post("", status_code=201)
def open_case(draft: CaseDraft, user: CurrentUser, services: ServicesOf) -> CaseView:
    """A new one, empty."""
    case = services.records.cases.open(case_number=draft.case_number, reason=draft.reason, by=user)
    return _views(services, [case], user)[0]


@router.get("/{case_id}")
def read_case(case_id: str, user: CurrentUser, scope: CurrentScope, services: ServicesOf) -> CaseDetail:
    """What was asked for it. Who read it is in the trail; asking any of it again is another question."""
    book = services.records.cases
    if not _may_see(services, book.get(case_id), user, scope):
        raise NotFound(f"no case {case_id!r}")  # as for one that there isn't
    case, saved = book.read(case_id, by=user)
    view = _views(services, [case], user)[0]
    return CaseDetail(**view.model_dump(), saved=[SavedQuestionView.of(each) for each in saved])


@router.delete("/{case_id}", status_code=204)
def discard_case(case_id: str, user: CurrentUser, services: ServicesOf) -> None:
    """Let go of one's own, with all that it holds; what the audit trail tells of it stays."""
    services.records.cases.discard(case_id, by=user)


@router.post("/{case_id}/questions", status_code=201)
def keep_question(
    case_id: str, question: CaseQuestion, user: CurrentUser, services: ServicesOf
) -> SavedQuestionView:
    """Put a question into one's own case. It is checked, not asked."""
    case = services.records.cases.get(case_id)
    if case.username != user.username:
        raise NotFound(f"no case {case_id!r}")
    saved = services.records.cases.keep(case_id, _question(services, case, question, user), by=user)
    return SavedQuestionView.of(saved)


@router.delete("/{case_id}/questions/{number}", status_code=204)
def let_go_of_question(case_id: str, number: Number, user: CurrentUser, services: ServicesOf) -> None:
    """Take a question out of one's own case."""
    services.records.cases.let_go(case_id, number, by=user)


def _question(services: Services, case: Case, given: CaseQuestion, user: User) -> Question:
    """Raises:
    InvalidQuestion, PlateError, InvalidTarget, InvalidWishes, UnknownKind: nobody could ask it.
    NotFound: it is a job, and not theirs.
    """
    purpose = {"reason": case.reason, "case_number": case.case_number}
    try:
        if given.kind is QuestionKind.SEARCH:
            search = PassageSearch.model_validate({**given.asked, **purpose})
            asked = search.model_dump(mode="json", exclude=_NOT_SAVED, exclude_none=True)
            return Question(kind=given.kind, name=given.name, subject=search.subject(), asked=asked)
        if given.kind is QuestionKind.ANALYSIS:
            request = JobRequest.model_validate({**given.asked, **purpose})
            return Question(
                kind=given.kind,
                name=given.name,
                subject=WISHES.read(request.kind, request.wishes).subject,
                asked=_analysis(request.kind, request),
            )
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise InvalidQuestion(f"expected a {given.kind} that could be asked: {told}") from error
    if not isinstance(job_id := given.asked.get("job_id"), str):
        raise InvalidQuestion("expected the job_id of a job, got none")
    job = services.records.jobs.get(job_id, username=user.username)
    asked_then = AnalysisRequest(
        wishes=dict(job.question.wishes), since=job.question.since, until=job.question.until, **purpose
    )
    return Question(
        kind=given.kind,
        name=given.name,
        subject=job.question.subject,
        asked={"job_id": job.job_id, **_analysis(job.question.kind, asked_then)},
    )


def _analysis(kind: str, request: AnalysisRequest) -> dict[str, Any]:
    wishes = WISHES.written(WISHES.read(kind, request.wishes))
    dumped = request.model_dump(mode="json", include={"since", "until"})
    return {"kind": kind, "wishes": wishes, **dumped}
