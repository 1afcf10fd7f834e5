"""Evidence images: put by nodes, whole or in pieces, and shown by their hash."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from central.api.caller import CurrentCaller
from central.api.problems import problem
from central.api.security import ServicesOf
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


@router.get("", response_class=Response, responses=IMAGE_BYTES)
def read_image(sha256: Sha256, caller: CurrentCaller, services: ServicesOf) -> Response:
    """The image. The audit trail tells of it first."""
    data = services.images.get(sha256)
    if data is None:
        raise HTTPException(404, f"no image {sha256}, or it has not come yet")
    caller.leaves("image.view", {"bytes": len(data)}, subject=sha256)
    headers = {"Cache-Control": _CACHE, "ETag": f'"{sha256}"'}
    return Response(data, media_type=media_type_of(data), headers=headers)


def media_type_of(data: bytes) -> str:
    """By how it begins."""
    return next((t for signature, t in _SIGNATURES if data.startswith(signature)), "application/octet-stream")


@router.head("", response_class=Response, responses={404: {"description": "Not here, or not yet."}})
def has_image(sha256: Sha256, services: ServicesOf) -> Response:
    """Whether the image is here."""
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
