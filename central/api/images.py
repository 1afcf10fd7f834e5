"""Evidence images: put by nodes, whole or in pieces, and shown by their hash."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from central.api.caller import CurrentCaller
from central.api.problems import problem
from central.api.rights import SEE_ALL_IMAGES
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.api.services import Services
from central.area import Scope
from central.people import User
from central.picture import NotGiven, Told, check
from central.uploads import PartialUploads, UploadStalled, WrongOffset

router = APIRouter(prefix="/api/images/{sha256}", tags=["images"])
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="Of the image's bytes, lower-case hex.")]
IMAGE_BYTES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}}
            for media_type in ("image/jpeg", "image/png", "application/octet-stream")
        }
    },
    404: {"description": "Not here, or not yet."},
}
_GONE: dict[int | str, dict[str, Any]] = {410: {"description": "An address of an earlier shift's."}}
#: What comes is bytes, which no model describes.
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_SIGNATURES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
#: An image never changes; still it is a picture of somebody, and is not kept on the desk for long.
_CACHE = "private, max-age=600, immutable"


def _uploads(request: Request) -> PartialUploads:
    uploads = request.app.state.uploads
    assert isinstance(uploads, PartialUploads)
    return uploads


def _told(
    passage: Annotated[str, Query(max_length=64, description="By which it was told.")] = "",
    checkpoint: Annotated[str, Query(max_length=200, description="Where that was.")] = "",
    until: Annotated[int, Query(ge=0, lt=10**12, description="How long the address holds.")] = 0,
    seal: Annotated[str, Query(max_length=64, description="Of the centre, over all of the address.")] = "",
) -> Told:
    return Told(passage_id=passage, checkpoint_id=checkpoint, until=until, seal=seal)


#: What stands behind the path in an address of a picture.
ToldBy = Annotated[Told, Depends(_told)]


def _check(services: Services, scope: Scope, user: User, sha256: str, told: Told) -> None:
    """Before it is looked for: a refusal must not tell whether the picture is here.

    Raises:
        NotGiven: the address is not this person's, is too old, tells of a checkpoint that is none of their
            areas' any more, or they ride with a unit and it is of no alert that the unit was sent to.
    """
    check(services.records.picture_key, sha256, told, username=user.username, now=services.clock.now())
    if not scope.allows(told.checkpoint_id):
        raise NotGiven("expected a picture of a checkpoint in your areas, got one of another's")
    if not user.roles & SEE_ALL_IMAGES and not services.records.patrol.may_see(user.username, sha256):
        raise NotGiven("expected a picture of an alert that your unit was sent to, got another")


@router.get("", response_class=Response, responses=IMAGE_BYTES | _GONE)
def read_image(
    sha256: Sha256,
    told: ToldBy,
    user: CurrentUser,
    scope: CurrentScope,
    caller: CurrentCaller,
    services: ServicesOf,
) -> Response:
    """The image, by the address that a passage or an alert told one. The audit trail tells of it first."""
    _check(services, scope, user, sha256, told)
    data = services.images.get(sha256)
    if data is None:
        raise HTTPException(404, f"no image {sha256}, or it has not come yet")
    detail = {"bytes": len(data), "passage": told.passage_id, "checkpoint": told.checkpoint_id}
    caller.leaves("image.view", detail, subject=sha256)
    headers = {"Cache-Control": _CACHE, "ETag": f'"{sha256}"'}
    return Response(data, media_type=media_type_of(data), headers=headers)


def media_type_of(data: bytes) -> str:
    """By how it begins."""
    return next((t for signature, t in _SIGNATURES if data.startswith(signature)), "application/octet-stream")


@router.head("", response_class=Response, responses={404: {"description": "Not here, or not yet."}, **_GONE})
def has_image(
    sha256: Sha256, told: ToldBy, request: Request, scope: CurrentScope, services: ServicesOf
) -> Response:
    """Whether the image is here: for a person by the address they were told, for a node by the hash alone."""
    user = getattr(request.state, "user", None)
    if isinstance(user, User):
        _check(services, scope, user, sha256, told)
    if not services.images.has(sha256):
        raise HTTPException(404, f"no image {sha256}, or it has not come yet")
    return Response(status_code=200)


@router.put(
    "",
    response_class=Response,
    responses={200: {"description": "It was here."}, 201: {"description": "New."}},
    openapi_extra=_BODY,
)
async def put_image(sha256: Sha256, request: Request, services: ServicesOf) -> Response:
    """Hand in an image in one piece."""
    known = await run_in_threadpool(services.images.has, sha256)
    if known:
        return Response(status_code=200)
    await run_in_threadpool(services.images.put, sha256, await request.body())
    return Response(status_code=201)


@router.head("/upload", response_class=Response)
def read_upload(sha256: Sha256, request: Request) -> Response:
    """How much of the image is here: the header Upload-Offset."""
    return Response(headers={"Upload-Offset": str(_uploads(request).offset(sha256))})


@router.patch(
    "/upload",
    status_code=204,
    responses={
        408: {"description": "The bytes stopped coming; what came is kept."},
        409: {"description": "Go on from the Upload-Offset given."},
    },
    openapi_extra=_BODY,
)
async def append_upload(
    sha256: Sha256,
    request: Request,
    upload_offset: Annotated[int, Header(ge=0, description="Where these bytes begin.")],
    upload_length: Annotated[int, Header(ge=1, description="Of the whole image.")],
) -> Response:
    """Hand in the next piece; at Upload-Length the image is checked and stored."""
    try:
        offset = await _uploads(request).append(
            sha256, offset=upload_offset, length=upload_length, chunks=request.stream()
        )
    except UploadStalled as error:
        return problem(408, str(error), kind="upload-stalled")
    except WrongOffset as error:
        return problem(409, str(error), kind="wrong-offset", headers={"Upload-Offset": str(error.offset)})
    return Response(status_code=204, headers={"Upload-Offset": str(offset)})
