"""Errors as RFC 9457 problem details: what was expected and what came, in words and without secrets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from central.alert import (
    AlertChanged,
    IllegalStep,
    IncompleteStep,
    InvalidReport,
    NotOffered,
    OutOfReach,
    UnknownUnit,
)
from central.analysis import InvalidWishes, UnknownKind
from central.delivery.target import InvalidTarget, NotDead
from central.estimate import TooWide
from central.federation import BadReference, NotAdmitted
from central.hold import InvalidHold
from central.hotlist import IllegalImport, NotYourImport, OtherFile, Shrinks
from central.hotlist_file import UnreadableFile
from central.independence import NotIndependent
from central.interception.unit import InvalidUnit
from central.investigation import (
    BeyondReach,
    Cancelled,
    IllegalGrant,
    IllegalJobMove,
    InvalidGrant,
    InvalidReach,
    NoPurpose,
    NotYourGrant,
    TooManyJobs,
    TooMuch,
)
from central.investigation.case import CaseTaken, InvalidQuestion, TooManySaved
from central.order import IllegalMove, InvalidOrder, NotYourOrder, ReasonMissing
from central.people import (
    BadCredentials,
    InvalidUser,
    LastAdministrator,
    LockedOut,
    NotKeptHere,
    NotYourself,
)
from central.picture import NotGiven, TooOld
from central.ports import ImageMismatch, ImageTooLarge, StoreUnavailable
from central.records import AskedBefore, AskedTooOften, NotFound, Unstorable
from central.roster import InvalidShift
from central.sign_on import NoRightsHere, SignOnRefused
from proto.plate import PlateError
from proto.schedule import InvalidSchedule

MEDIA_TYPE = "application/problem+json"
#: What the modules below raise → the status that says so.
STATUS: dict[type[Exception], HTTPStatus] = {
    BadCredentials: HTTPStatus.UNAUTHORIZED,
    SignOnRefused: HTTPStatus.UNAUTHORIZED,
    NoRightsHere: HTTPStatus.FORBIDDEN,
    NotYourOrder: HTTPStatus.FORBIDDEN,
    NotYourself: HTTPStatus.FORBIDDEN,
    NotIndependent: HTTPStatus.FORBIDDEN,
    NotGiven: HTTPStatus.NOT_FOUND,
    TooOld: HTTPStatus.GONE,
    NotFound: HTTPStatus.NOT_FOUND,
    IllegalMove: HTTPStatus.CONFLICT,
    IllegalImport: HTTPStatus.CONFLICT,
    OtherFile: HTTPStatus.CONFLICT,
    Shrinks: HTTPStatus.CONFLICT,
    NotYourImport: HTTPStatus.FORBIDDEN,
    UnreadableFile: HTTPStatus.UNPROCESSABLE_ENTITY,
    AlertChanged: HTTPStatus.CONFLICT,
    LastAdministrator: HTTPStatus.CONFLICT,
    NotKeptHere: HTTPStatus.CONFLICT,
    IllegalStep: HTTPStatus.CONFLICT,
    NotOffered: HTTPStatus.FORBIDDEN,
    ImageTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ImageMismatch: HTTPStatus.UNPROCESSABLE_ENTITY,
    IncompleteStep: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidHold: HTTPStatus.UNPROCESSABLE_ENTITY,
    OutOfReach: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidReport: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnknownUnit: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidOrder: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotDead: HTTPStatus.CONFLICT,
    InvalidTarget: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidShift: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidUnit: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidSchedule: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotAdmitted: HTTPStatus.UNAUTHORIZED,
    BadReference: HTTPStatus.FORBIDDEN,
    AskedBefore: HTTPStatus.CONFLICT,
    AskedTooOften: HTTPStatus.TOO_MANY_REQUESTS,
    NotYourGrant: HTTPStatus.FORBIDDEN,
    BeyondReach: HTTPStatus.FORBIDDEN,
    IllegalGrant: HTTPStatus.CONFLICT,
    Cancelled: HTTPStatus.CONFLICT,
    IllegalJobMove: HTTPStatus.CONFLICT,
    TooManyJobs: HTTPStatus.TOO_MANY_REQUESTS,
    UnknownKind: HTTPStatus.NOT_FOUND,
    CaseTaken: HTTPStatus.CONFLICT,
    TooManySaved: HTTPStatus.CONFLICT,
    InvalidQuestion: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidGrant: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidReach: HTTPStatus.UNPROCESSABLE_ENTITY,
    NoPurpose: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooMuch: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidWishes: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooWide: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidUser: HTTPStatus.UNPROCESSABLE_ENTITY,
    PlateError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ReasonMissing: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unstorable: HTTPStatus.UNPROCESSABLE_ENTITY,
    LockedOut: HTTPStatus.TOO_MANY_REQUESTS,
    StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
RETRY_AFTER_S = 2
#: Who asks too often is counted by the minute.
MINUTE_S = 60
_log = structlog.get_logger(__name__)


class FieldProblem(BaseModel):
    """One field that is not as it must be."""

    field: str = Field(examples=["body.case_number"])
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(
        description="A name for the kind of problem.", examples=["urn:bukong:problem:illegal-move"]
    )
    title: str
    status: int
    detail: str = Field(description="What was expected and what came.")
    errors: list[FieldProblem] | None = Field(default=None, description="Field by field, for a body or query.")


def problem(
    status: int,
    detail: str,
    *,
    kind: str = "",
    errors: list[FieldProblem] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The response that says so."""
    title = HTTPStatus(status).phrase
    body = Problem(
        type=f"urn:bukong:problem:{kind or title.lower().replace(' ', '-')}",
        title=title,
        status=status,
        detail=detail,
        errors=errors,
    )
    return Response(
        body.model_dump_json(exclude_none=True), status_code=status, media_type=MEDIA_TYPE, headers=headers
    )


def install(app: FastAPI) -> None:
    """Make every error that is expected a problem; `middleware.Accidents` does it for the others."""
    for error, status in STATUS.items():
        app.add_exception_handler(error, _handler(status))
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)


def _handler(status: HTTPStatus) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        headers: dict[str, str] = {}
        if status is HTTPStatus.TOO_MANY_REQUESTS:
            headers["Retry-After"] = str(MINUTE_S)
        if isinstance(error, LockedOut):
            now = request.app.state.services.clock.now()
            headers["Retry-After"] = str(max(1, round((error.retry_at - now).total_seconds())))
        if isinstance(error, StoreUnavailable):
            _log.warning("store unavailable", path=request.url.path, error=str(error))
            headers["Retry-After"] = str(RETRY_AFTER_S)
        return problem(status, str(error), kind=_kebab(type(error).__name__), headers=headers)

    return handle


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, error.detail, headers=dict(error.headers or {}))


async def _validation(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # What came is not repeated: it may be a password, and plates stay out of error logs.
    errors = [
        FieldProblem(field=".".join(str(part) for part in e["loc"]), message=str(e["msg"]))
        for e in error.errors()
    ]
    detail = "; ".join(f"{e.field}: {e.message}" for e in errors)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, kind="invalid-request", errors=errors)


def _kebab(name: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")
