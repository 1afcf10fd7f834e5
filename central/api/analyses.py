"""Analyses of where vehicles went: with a reason, within one's areas and age tier, in the trail first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from central.analysis import KINDS, Analysis, Finding, Ground, InvalidWishes
from central.api.search_purpose import Asked, GateOf
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.investigation import Reach
from central.ports import PassageStore
from central.records import NotFound

router = APIRouter(prefix="/api", tags=["analyses"])
_WISHES: dict[str, TypeAdapter[Analysis]] = {kind: TypeAdapter(wishes) for kind, wishes in KINDS.items()}


class AnalysisRequest(Asked):
    """What is asked, when, and why one may ask."""

    wishes: dict[str, Any] = Field(
        default_factory=dict,
        description="Of the kind, such as {plate, seconds, checkpoints, strength} of a convoy.",
        examples=[{"plate": "川C12345"}],
    )


class AnalysisView(BaseModel):
    """All that was found, the most telling first."""

    kind: str
    findings: list[dict[str, Any]]
    clipped_since: datetime | None = Field(
        description="What is older asks for a supervisor's grant and was left out; null: nothing was."
    )
    audit_id: int = Field(description="The entry in the audit trail that tells of this analysis.")


@router.post("/analyses/{kind}")
def run_analysis(
    kind: str,
    request: AnalysisRequest,
    user: CurrentUser,
    scope: CurrentScope,
    services: ServicesOf,
    gate: GateOf,
) -> AnalysisView:
    """Answered at once, or not at all where it would take more than its limits."""
    wishes = _wishes(kind, request.wishes)
    inquiry = gate.ask(
        request.purpose(gate, user, scope),
        "analysis.run",
        subject=wishes.subject,
        asked={"kind": kind, "wishes": _WISHES[kind].dump_python(wishes, mode="json")},
        since=request.since,
        until=request.until,
    )
    places = {
        c.checkpoint_id: (c.latitude, c.longitude)
        for c in services.records.checkpoints.all()
        if c.latitude is not None and c.longitude is not None
    }
    ground = Ground(places=places, utc_offset=services.settings.utc_offset)
    findings = _found(services.store, wishes, inquiry.reach, ground)
    inquiry.answered(len(findings))
    return AnalysisView(
        kind=kind, findings=findings, clipped_since=inquiry.clipped_since, audit_id=inquiry.audit_id
    )


def _wishes(kind: str, given: dict[str, Any]) -> Analysis:
    """Raises:
    NotFound: no such kind.
    InvalidWishes: the kind can't take them.
    """
    if kind not in _WISHES:
        raise NotFound(f"expected an analysis of {', '.join(KINDS)}, got {kind!r}")
    unknown = given.keys() - _WISHES[kind].json_schema().get("properties", {}).keys()
    if unknown:
        raise InvalidWishes(f"{kind}: expected no wishes {', '.join(sorted(unknown))}")
    try:
        return _WISHES[kind].validate_python(given)
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}".lstrip(": ") for e in error.errors())
        raise InvalidWishes(f"{kind}: {told}") from error


def _found(store: PassageStore, wishes: Analysis, reach: Reach, ground: Ground) -> list[Finding]:
    work = wishes.work(reach, ground)
    try:
        plan = next(work)
        while True:
            plan = work.send(store.answer(plan))
    except StopIteration as end:
        found: list[Finding] = end.value
        return found
