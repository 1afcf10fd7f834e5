"""Hotlists: lists of vehicles from other departments, imported, approved by a second person, exported."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from central.api.moment import Moment
from central.api.order_draft import Because, Line, LongText, NeededText
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.api.services import Services
from central.area import Scope
from central.hotlist import Hotlist, HotlistRequest, Import, ImportMove, ImportState, Row, RowChange
from central.hotlist_file import write_csv, write_xlsx
from central.hotlist_reader import file_of
from central.order import InvalidOrder, NotYourOrder
from central.people import User
from central.records import NotFound
from central.view import View
from proto.plate import PlateClass, PlateColour

router = APIRouter(prefix="/api/hotlists", tags=["hotlists"])
HotlistId = Annotated[int, Path(ge=1, lt=1 << 19)]
Number = Annotated[int, Path(ge=1, lt=1 << 20, description="Of the import, from 1 for each list.")]
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("text/csv", _XLSX)}}
}


class HotlistDraft(BaseModel):
    """What a hotlist is, and what holds for each of its rows that doesn't say otherwise."""

    name: Line = Field(examples=["盗抢车辆"])
    department: Line = Field(description="Whose list it is.", examples=["刑侦支队"])
    purpose: NeededText
    legal_basis: NeededText
    contact: NeededText
    case_number: Line
    priority: int = Field(default=3, ge=1, le=4, description="1 is the highest.")
    instructions: LongText = ""
    danger_note: LongText = ""
    checkpoints: list[Line] = Field(
        default=[], max_length=1000, description="With those of the areas; both empty: everywhere."
    )
    areas: list[Line] = Field(
        default=[],
        max_length=1000,
        description="Whose checkpoints, as they are now, are the list's; see `left_out` for later ones.",
    )
    exact_only: bool = Field(default=False, description="Whether its vehicles are never suspected.")
    valid_until: Moment = Field(description="Exclusive.")

    def request(self, inside: Collection[str]) -> HotlistRequest:
        """`inside`: the checkpoints of its areas."""
        return HotlistRequest(
            **self.model_dump(exclude={"checkpoints", "areas"}),
            checkpoints=frozenset(self.checkpoints) | frozenset(inside),
            areas=frozenset(self.areas),
        )


class HotlistView(View):
    """A hotlist (名单) as it stands."""

    hotlist_id: int
    name: str
    department: str
    purpose: str
    legal_basis: str
    contact: str
    case_number: str
    priority: int
    instructions: str
    danger_note: str
    checkpoints: list[str] = Field(description="Empty: everywhere.")
    areas: list[str] = Field(description="Whose checkpoints, as they were then, are among them.")
    left_out: list[str] = Field(
        description="Checkpoints that came into its areas since it was made: it does not hold there."
    )
    exact_only: bool = Field(description="Whether its vehicles are never suspected.")
    valid_until: datetime
    owner: str
    owner_name: str
    created_at: datetime
    generation: int = Field(description="Number of the import in force; 0: none yet.")
    rows: int = Field(description="In force.")

    @classmethod
    def of(cls, hotlist: Hotlist, services: Services) -> HotlistView:
        wanted = hotlist.request
        people = services.records.people.names({hotlist.owner})
        return cls(
            hotlist_id=hotlist.hotlist_id,
            name=wanted.name,
            department=wanted.department,
            purpose=wanted.purpose,
            legal_basis=wanted.legal_basis,
            contact=wanted.contact,
            case_number=wanted.case_number,
            priority=wanted.priority,
            instructions=wanted.instructions,
            danger_note=wanted.danger_note,
            checkpoints=sorted(wanted.checkpoints),
            areas=sorted(wanted.areas),
            left_out=sorted(_inside(services, wanted.areas) - wanted.checkpoints),
            exact_only=wanted.exact_only,
            valid_until=wanted.valid_until,
            owner=hotlist.owner,
            owner_name=people.get(hotlist.owner, hotlist.owner),
            created_at=hotlist.created_at,
            generation=hotlist.generation,
            rows=hotlist.rows,
        )


class HotlistsView(View):
    """The oldest first."""

    hotlists: list[HotlistView]


class LineErrorView(View):
    """What is wrong with a line of the file."""

    line: int = Field(description="From 1, the head included.")
    message: str


class HotlistImportView(View):
    """A file that was handed in, and what it would change."""

    hotlist_id: int
    number: int
    state: ImportState
    file_name: str
    sha256: str
    size: int = Field(description="Bytes.")
    importer: str
    importer_name: str
    received_at: datetime
    progress: float = Field(description="How much of the file was read, 0 to 1.")
    lines: int
    added: int
    changed: int
    removed: int
    kept: int
    duplicates: int = Field(description="Lines left out since an earlier one names the same vehicle.")
    refused: int = Field(description="Lines left out since they make no sense.")
    shrinks: bool = Field(description="Would lose over a fifth of the rows: confirming it takes a word more.")
    errors: list[LineErrorView] = Field(description="The first 1,000.")
    ignored_columns: list[str]
    decider: str | None
    decider_name: str | None
    decided_at: datetime | None
    reason: str

    @classmethod
    def of(cls, found: Import, services: Services) -> HotlistImportView:
        diff = found.diff
        people = services.records.people.names({n for n in (found.importer, found.decider) if n})
        return cls(
            hotlist_id=found.hotlist_id,
            number=found.number,
            state=found.state,
            file_name=found.file_name,
            sha256=found.sha256,
            size=found.size,
            importer=found.importer,
            importer_name=people.get(found.importer, found.importer),
            received_at=found.received_at,
            progress=found.progress,
            lines=diff.lines,
            added=diff.added,
            changed=diff.changed,
            removed=diff.removed,
            kept=diff.kept,
            duplicates=diff.duplicates,
            refused=diff.refused,
            shrinks=diff.shrinks,
            errors=[LineErrorView(line=e.line, message=e.message) for e in diff.errors],
            ignored_columns=list(diff.ignored_columns),
            decider=found.decider,
            decider_name=None if found.decider is None else people.get(found.decider, found.decider),
            decided_at=found.decided_at,
            reason=found.reason,
        )


class HotlistImportsView(View):
    """Of one list, the newest first; their errors are told with each."""

    imports: list[HotlistImportView]


class HotlistRowView(View):
    """One vehicle of a list; what is null or empty is as the list has it."""

    plate: str
    plate_class: PlateClass | None
    colour: PlateColour | None
    priority: int | None
    reason: str
    case_number: str
    danger_note: str
    instructions: str
    valid_until: datetime | None

    @classmethod
    def of(cls, row: Row) -> HotlistRowView:
        return cls(
            plate=row.plate,
            plate_class=row.plate_class,
            colour=row.colour,
            priority=row.priority,
            reason=row.reason,
            case_number=row.case_number,
            danger_note=row.danger_note,
            instructions=row.instructions,
            valid_until=row.valid_until,
        )


class HotlistChangeView(View):
    """What an import does to one vehicle."""

    change: Literal["added", "changed", "removed"]
    before: HotlistRowView | None = Field(description="null: it was not listed.")
    now: HotlistRowView | None = Field(description="null: it is taken out.")

    @classmethod
    def of(cls, found: RowChange) -> HotlistChangeView:
        before, now = found.before, found.now
        return cls(
            change="removed" if now is None else "added" if before is None else "changed",
            before=None if before is None else HotlistRowView.of(before),
            now=None if now is None else HotlistRowView.of(now),
        )


class HotlistChangesView(View):
    """Those that are added or changed by line, then those that are taken out."""

    changes: list[HotlistChangeView]
    complete: bool = Field(description="false: these are the first, there are more.")


class Confirmation(BaseModel):
    """That this file, as it was previewed, is meant."""

    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
    shrink: bool = Field(default=False, description="That the list may lose over a fifth of its rows.")


def _inside(services: Services, areas: Collection[str]) -> frozenset[str]:
    """The checkpoints of these areas."""
    if not areas:
        return frozenset()
    return services.records.checkpoints.scope(areas).checkpoints or frozenset()


def _within(services: Services, hotlist: HotlistRequest, scope: Scope) -> None:
    unknown = hotlist.checkpoints - services.records.checkpoints.names(hotlist.checkpoints).keys()
    if unknown:
        raise InvalidOrder(f"expected checkpoints that there are, got {', '.join(sorted(unknown))}")
    if scope.checkpoints is not None and not (hotlist.checkpoints and hotlist.checkpoints <= scope.checkpoints):
        raise NotYourOrder("expected a hotlist at checkpoints of your areas, got one beyond them")


def _seen(services: Services, hotlist_id: int, scope: Scope) -> Hotlist:
    """The list, where it holds somewhere in one's areas.

    Raises:
        NotFound: there is none, or none to be seen.
    """
    found = services.records.hotlists.get(hotlist_id)
    if not scope.reached(found.request.checkpoints):
        raise NotFound(f"no hotlist {hotlist_id}")  # as for one that there isn't
    return found


@router.get("")
def list_hotlists(scope: CurrentScope, services: ServicesOf) -> HotlistsView:
    """Hotlists that hold somewhere in one's areas."""
    found = services.records.hotlists.all()
    return HotlistsView(
        hotlists=[HotlistView.of(each, services) for each in found if scope.reached(each.request.checkpoints)]
    )


@router.post("", status_code=201)
def create_hotlist(
    draft: HotlistDraft, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> HotlistView:
    """A new list, without rows: those come by imports."""
    strange = set(draft.areas) - {area.area_id for area in services.records.checkpoints.areas()}
    if strange:
        raise InvalidOrder(f"expected areas that there are, got {', '.join(sorted(strange))}")
    request = draft.request(_inside(services, draft.areas))
    if draft.areas and not request.checkpoints:
        raise InvalidOrder("expected areas with checkpoints, got none that has any: it would hold nowhere")
    _within(services, request, scope)
    return HotlistView.of(services.records.hotlists.create(request, by=user), services)


@router.get("/{hotlist_id}/imports")
def list_imports(hotlist_id: HotlistId, scope: CurrentScope, services: ServicesOf) -> HotlistImportsView:
    """What was handed in for a list."""
    _seen(services, hotlist_id, scope)
    found = services.records.hotlists.imports(hotlist_id)
    return HotlistImportsView(imports=[HotlistImportView.of(each, services) for each in found])


@router.post("/{hotlist_id}/imports", status_code=202, openapi_extra=_BODY)
async def hand_in_hotlist(
    hotlist_id: HotlistId,
    request: Request,
    user: CurrentUser,
    scope: CurrentScope,
    services: ServicesOf,
    name: Annotated[str, Query(min_length=1, max_length=255, description="The file's: .csv or .xlsx.")],
) -> HotlistImportView:
    """Hand in a file, the whole list as it is to be. It is read meanwhile: ask for the import's progress."""
    hotlist = await run_in_threadpool(_seen, services, hotlist_id, scope)
    await run_in_threadpool(_within, services, hotlist.request, scope)
    folder = services.hotlists
    await run_in_threadpool(folder.mkdir, parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        path = FilePath(file.name)
        try:
            async for piece in request.stream():
                digest.update(piece)
                size += len(piece)
                await run_in_threadpool(file.write, piece)
            await run_in_threadpool(file.flush)
            found = await run_in_threadpool(
                services.records.hotlists.receive,
                hotlist_id,
                file_name=name,
                sha256=digest.hexdigest(),
                size=size,
                by=user,
            )
            await run_in_threadpool(path.replace, file_of(folder, found))
        except BaseException:
            await run_in_threadpool(path.unlink, missing_ok=True)
            raise
    return await run_in_threadpool(HotlistImportView.of, found, services)


@router.get("/{hotlist_id}/imports/{number}")
def read_hotlist_import(
    hotlist_id: HotlistId, number: Number, scope: CurrentScope, services: ServicesOf
) -> HotlistImportView:
    """How far it was read, and what it would change."""
    _seen(services, hotlist_id, scope)
    return HotlistImportView.of(services.records.hotlists.get_import(hotlist_id, number), services)


@router.get("/{hotlist_id}/imports/{number}/changes", responses={409: {}})
def read_hotlist_changes(
    hotlist_id: HotlistId,
    number: Number,
    user: CurrentUser,
    scope: CurrentScope,
    services: ServicesOf,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> HotlistChangesView:
    """Which vehicles an import adds, changes and takes out, for who confirms or decides on it. Who looked is
    written down first."""
    _within(services, _seen(services, hotlist_id, scope).request, scope)
    found = services.records.hotlists.look(hotlist_id, number, by=user, limit=limit)
    return HotlistChangesView(
        changes=[HotlistChangeView.of(each) for each in found.changes], complete=found.complete
    )


def _move(
    services: Services,
    user: User,
    scope: Scope,
    at: tuple[int, int],
    move: ImportMove,
    **more: Any,
) -> HotlistImportView:
    hotlist_id, number = at
    _within(services, _seen(services, hotlist_id, scope).request, scope)
    moved = services.records.hotlists.move(hotlist_id, number, move, by=user, **more)
    return HotlistImportView.of(moved, services)


@router.post("/{hotlist_id}/imports/{number}/confirm")
def confirm_import(
    hotlist_id: HotlistId,
    number: Number,
    confirmation: Confirmation,
    user: CurrentUser,
    scope: CurrentScope,
    services: ServicesOf,
) -> HotlistImportView:
    """Confirm the file that was previewed, by its hash; a second person decides then."""
    return _move(
        services,
        user,
        scope,
        (hotlist_id, number),
        ImportMove.CONFIRM,
        sha256=confirmation.sha256,
        shrink=confirmation.shrink,
    )


@router.post("/{hotlist_id}/imports/{number}/drop")
def drop_import(
    hotlist_id: HotlistId, number: Number, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> HotlistImportView:
    """Take an import back that nobody has approved."""
    return _move(services, user, scope, (hotlist_id, number), ImportMove.DROP)


@router.post("/{hotlist_id}/imports/{number}/approve")
def approve_import(
    hotlist_id: HotlistId, number: Number, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> HotlistImportView:
    """Take responsibility as the second person: the list is as the file has it, at once and whole."""
    return _move(services, user, scope, (hotlist_id, number), ImportMove.APPROVE)


@router.post("/{hotlist_id}/imports/{number}/reject")
def reject_import(
    hotlist_id: HotlistId,
    number: Number,
    because: Because,
    user: CurrentUser,
    scope: CurrentScope,
    services: ServicesOf,
) -> HotlistImportView:
    """Say no, and why; what held goes on to hold."""
    return _move(services, user, scope, (hotlist_id, number), ImportMove.REJECT, reason=because.reason)


@router.get("/{hotlist_id}/rows", response_class=Response, responses=_FILE)
def export_hotlist(
    hotlist_id: HotlistId,
    user: CurrentUser,
    services: ServicesOf,
    form: Annotated[Literal["csv", "xlsx"], Query()] = "csv",
) -> Response:
    """The rows in force, as a file. Who took them is written down first."""
    book = services.records.hotlists
    headers = {"Content-Disposition": f'attachment; filename="hotlist-{hotlist_id}.{form}"'}
    exported = book.export(hotlist_id, by=user, form=form)
    if form == "csv":
        rows = exported.__enter__()

        def pieces() -> Iterator[bytes]:
            try:
                yield from write_csv(rows)
            finally:
                exported.__exit__(None, None, None)

        return StreamingResponse(pieces(), media_type="text/csv", headers=headers)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it was sent
    with exported as rows:
        write_xlsx(rows, file)
    file.seek(0)

    def blocks() -> Iterator[bytes]:
        with file:
            while block := file.read(1 << 16):
                yield block

    return StreamingResponse(blocks(), media_type=_XLSX, headers=headers)
