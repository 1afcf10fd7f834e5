"""Searching passages by plate, wildcard, likeness and whatever else they have; legs; files to take along."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints
from starlette.exceptions import HTTPException

from central.api import cursor
from central.api.passages import views
from central.api.pictures import addresses_for
from central.api.search_purpose import Asked, GateOf
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.api.services import Services
from central.area import Scope
from central.checkpoint import Checkpoint
from central.interception import Geography
from central.investigation import Gate, Inquiry, Reach
from central.lookalike import Candidate, candidates, likelihoods, plan_counts, plans_of_reads, ranked, reads_of
from central.people import User
from central.ports import Cursor, PassagePage, PassageQuery
from central.search_export import to_csv, to_geojson, to_xlsx
from central.search_report import Heading, report
from central.target import TargetKind, target_text
from central.track import legs
from central.view import PassageView
from proto.passage import Passage
from proto.plate import PlateClass, PlateColour, parse

router = APIRouter(prefix="/api", tags=["searches"])
#: Passages of a track that are joined to legs at most, the newest.
MOST_OF_A_TRACK = 2000
#: Rows that are taken along in one file at most; a report shows pictures and takes fewer.
MOST_EXPORTED, MOST_REPORTED = 20_000, 200


class How(enum.StrEnum):
    """How `plate` is meant."""

    EXACT = "exact"
    PATTERN = "pattern"  #: ? for one, * for any number of characters
    LIKE = "like"  #: and what a reader may have made of it


class PassageSearch(Asked):
    """Which passages; every field narrows."""

    plate: Annotated[str, StringConstraints(min_length=1, max_length=32)] | None = Field(
        default=None, examples=["川C?12*"]
    )
    how: How = How.EXACT
    classes: list[PlateClass] | None = Field(default=None, max_length=50)
    colours: list[PlateColour] | None = Field(default=None, max_length=20)
    checkpoints: list[str] | None = Field(default=None, max_length=2000)
    lanes: list[Annotated[int, Field(ge=0, le=99)]] | None = Field(default=None, max_length=100)
    directions: list[str] | None = Field(default=None, max_length=100)
    min_confidence: float | None = Field(default=None, ge=0, le=1)
    max_confidence: float | None = Field(default=None, ge=0, le=1)
    read: bool | None = Field(default=None, description="Only with, only without a plate read; null: both.")
    cursor: str | None = Field(default=None, description="The page behind this one.")
    limit: int = Field(default=100, ge=1, le=500)

    def subject(self) -> str:
        """The plate or pattern, normalised; empty where none is given.

        Raises:
            PlateError, InvalidTarget: it is none.
        """
        if self.plate is None:
            return ""
        if self.how is How.PATTERN:
            return target_text(TargetKind.PATTERN, self.plate)
        return parse(self.plate).text

    def query(self, text: str, reach: Reach, *, after: Cursor | None, limit: int) -> PassageQuery:
        """Without the texts of a search by likeness."""
        return PassageQuery(
            plate=text if text and self.how is How.EXACT else None,
            pattern=text if text and self.how is How.PATTERN else None,
            classes=None if self.classes is None else frozenset(self.classes),
            colours=None if self.colours is None else frozenset(self.colours),
            lanes=None if self.lanes is None else frozenset(self.lanes),
            directions=None if self.directions is None else frozenset(self.directions),
            min_confidence=self.min_confidence,
            max_confidence=self.max_confidence,
            read=self.read,
            checkpoints=reach.checkpoints,
            since=reach.since,
            until=reach.until,
            after=after,
            limit=limit,
        )


class CandidateView(BaseModel):
    """A text that the plate may have been read as."""

    text: str
    passages: int = Field(description="That may be the plate's: of other texts only those read in doubt.")
    likelihood: float = Field(description="That such a passage is the plate's, 0 to 1.")
    first_at: datetime
    last_at: datetime

    @classmethod
    def of(cls, found: Candidate) -> CandidateView:
        return cls(
            text=found.text,
            passages=found.passages,
            likelihood=round(found.likelihood, 4),
            first_at=found.first_at,
            last_at=found.last_at,
        )


class FoundView(BaseModel):
    """One page, newest first."""

    plate: str = Field(description="What was searched for, as it was understood; empty: any.")
    candidates: list[CandidateView] = Field(description="Of a search by likeness, the likeliest first.")
    passages: list[PassageView]
    next: str | None
    clipped_since: datetime | None = Field(
        description="What is older asks for a supervisor's grant and was left out; null: nothing was."
    )
    audit_id: int = Field(description="The entry in the audit trail that tells of this search.")


class LegView(BaseModel):
    """From a checkpoint to the next one."""

    start: str = Field(description="passage_id")
    end: str = Field(description="passage_id")
    seconds: float
    metres: float | None = Field(description="null: no positions are known.")
    by_road: bool = Field(description="Along configured roads; else the straight line.")
    kmh: float | None = Field(description="Implied by the two.")
    impossible: bool = Field(description="No vehicle is that fast, even along the straight line (套牌?).")


class WaySearch(Asked):
    """Whose way."""

    plate: Annotated[str, StringConstraints(min_length=1, max_length=32)] = Field(examples=["川C·12345"])


class WayView(BaseModel):
    """A vehicle's way, oldest first."""

    plate: str
    passages: list[PassageView]
    legs: list[LegView]
    complete: bool = Field(description=f"False: only the newest {MOST_OF_A_TRACK} are here.")
    clipped_since: datetime | None
    audit_id: int


class Form(enum.StrEnum):
    """Files."""

    CSV = "csv"
    XLSX = "xlsx"
    GEOJSON = "geojson"
    PDF = "pdf"  #: signed, with the pictures


_MEDIA = {
    Form.CSV: "text/csv",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.GEOJSON: "application/geo+json",
    Form.PDF: "application/pdf",
}
_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


class ExportSearch(PassageSearch):
    """What to take along, and as what."""

    form: Form


def _found(
    services: Services, search: PassageSearch, text: str, reach: Reach, *, after: Cursor | None, limit: int
) -> tuple[PassagePage, tuple[Candidate, ...]]:
    query = search.query(text, reach, after=after, limit=limit)
    if not text or search.how is not How.LIKE:
        return services.store.search(query), ()
    counts = services.store.answer(plan_counts(text, reach))
    reads = [r for plan in plans_of_reads(text, counts, reach) for r in reads_of(services.store.answer(plan))]
    scores = likelihoods(text, reads)
    found = ranked(candidates(counts, scores))
    like = replace(query, plates=frozenset({text} | {c.text for c in found}), like=text)
    return services.store.search(like), found


def _ask(gate: Gate, search: PassageSearch, user: User, scope: Scope, action: str, text: str) -> Inquiry:
    kept_elsewhere = {"reason", "case_number", "since", "until"}
    asked = search.model_dump(mode="json", exclude=kept_elsewhere, exclude_none=True)
    return gate.ask(
        search.purpose(gate, user, scope),
        action,
        subject=text,
        asked=asked,
        since=search.since,
        until=search.until,
        checkpoints=search.checkpoints,
    )


@router.post("/searches")
def search_passages(
    search: PassageSearch, user: CurrentUser, scope: CurrentScope, services: ServicesOf, gate: GateOf
) -> FoundView:
    """A page of passages. The audit trail tells of the question first, else there is no answer."""
    text, after = search.subject(), cursor.read(search.cursor)
    inquiry = _ask(gate, search, user, scope, "passage.search", text)
    page, found = _found(services, search, text, inquiry.reach, after=after, limit=search.limit)
    inquiry.answered(len(page.passages), candidates=len(found))
    return FoundView(
        plate=text,
        candidates=[CandidateView.of(each) for each in found],
        passages=views(services, page, addresses_for(services, user)),
        next=cursor.write(page.next),
        clipped_since=inquiry.clipped_since,
        audit_id=inquiry.audit_id,
    )


@router.post("/searches/way")
def search_way(
    search: WaySearch, user: CurrentUser, scope: CurrentScope, services: ServicesOf, gate: GateOf
) -> WayView:
    """A vehicle's way with travel times and the speeds they imply."""
    text = parse(search.plate).text
    inquiry = gate.ask(
        search.purpose(gate, user, scope),
        "way.search",
        subject=text,
        asked={},
        since=search.since,
        until=search.until,
    )
    reach, newest, after = inquiry.reach, list[Passage](), None
    while len(newest) < MOST_OF_A_TRACK:
        page = services.store.search(
            PassageQuery(
                plate=text,
                checkpoints=reach.checkpoints,
                since=reach.since,
                until=reach.until,
                after=after,
                limit=500,
            )
        )
        newest += page.passages
        after = page.next
        if after is None:
            break
    inquiry.answered(len(newest))
    passages = newest[::-1]
    geography = Geography.of(services.records.checkpoints.all(), services.roads)
    return WayView(
        plate=text,
        passages=views(
            services, PassagePage(passages=tuple(passages), next=None), addresses_for(services, user)
        ),
        legs=[
            LegView(
                start=str(leg.start.passage_id),
                end=str(leg.end.passage_id),
                seconds=leg.seconds,
                metres=None if leg.metres is None else round(leg.metres, 1),
                by_road=leg.by_road,
                kmh=None if leg.kmh is None else round(leg.kmh, 1),
                impossible=leg.impossible,
            )
            for leg in legs(passages, geography)
        ],
        complete=after is None,
        clipped_since=inquiry.clipped_since,
        audit_id=inquiry.audit_id,
    )


_FILE = {"schema": {"type": "string", "format": "binary"}}


@router.post(
    "/searches/export",
    response_class=Response,
    responses={200: {"description": "The file.", "content": dict.fromkeys(_MEDIA.values(), _FILE)}},
)
def export_search(
    search: ExportSearch, user: CurrentUser, scope: CurrentScope, services: ServicesOf, gate: GateOf
) -> Response:
    """The passages as a file: all that fit, not a page. That they were taken along is in the trail."""
    text, form = search.subject(), search.form
    inquiry = _ask(gate, search, user, scope, "passage.export", text)
    most = MOST_REPORTED if form is Form.PDF else MOST_EXPORTED
    page, _ = _found(services, search, text, inquiry.reach, after=None, limit=most)
    if page.next is not None:
        raise HTTPException(
            422, f"expected at most {most} passages for a {form} file, found more: ask for fewer"
        )
    inquiry.answered(len(page.passages), form=form)
    checkpoints = {c.checkpoint_id: c for c in services.records.checkpoints.all()}
    data = _file(services, search, inquiry, page.passages, checkpoints)
    name = f"search-{inquiry.audit_id}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=_MEDIA[form], headers=headers)


def _file(
    services: Services,
    search: ExportSearch,
    inquiry: Inquiry,
    passages: tuple[Passage, ...],
    checkpoints: Mapping[str, Checkpoint],
) -> bytes:
    if search.form is not Form.PDF:
        make = {Form.CSV: to_csv, Form.XLSX: to_xlsx, Form.GEOJSON: to_geojson}[search.form]
        return make(passages, checkpoints)
    shown_elsewhere = {"reason", "case_number", "cursor", "limit", "form"}
    asked = search.model_dump(mode="json", exclude=shown_elsewhere, exclude_none=True)
    heading = Heading(
        user=inquiry.purpose.user,
        reason=inquiry.purpose.reason,
        case_number=inquiry.purpose.case_number,
        query={f"查询条件 {name}": str(value) for name, value in asked.items()},
        audit_id=inquiry.audit_id,
        made_at=services.clock.now(),
        found=len(passages),
    )
    return report(heading, passages, checkpoints, services.images.get, secret=services.report_key)
