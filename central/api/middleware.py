"""What holds for every answer and every request body."""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import ip_address

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from central.api.problems import problem

IMAGES = "/api/images/"
HOTLISTS = "/api/hotlists/"
PATROL = "/api/patrol/dispatches/"
#: A phone's photo, made small by the page.
MAX_PHOTO_BYTES = 4 * 1024 * 1024
_log = structlog.get_logger(__name__)
#: Pages load what they need from here and nowhere else, and can't be framed.
SECURITY_HEADERS: dict[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(self), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TRANSPORT_HEADERS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


class SecurityHeaders:
    """Puts the headers on every answer; answers are not to be kept unless they say so. `secure`: people come by
    HTTPS, and their browsers are to come by nothing else. `pictures`: the one other origin that pages may load
    pictures from, a map's; empty: none."""

    def __init__(self, app: ASGIApp, *, secure: bool, pictures: str = "") -> None:
        self._app = app
        self._headers = SECURITY_HEADERS | (TRANSPORT_HEADERS if secure else {})
        if pictures:
            policy = "Content-Security-Policy"
            self._headers |= {policy: f"{SECURITY_HEADERS[policy]}; img-src 'self' {pictures}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                # The console's files say themselves how long they are good for, see `console`; the rest is
                # asked for anew each time (304 where unchanged).
                api = scope["path"].startswith("/api/")
                headers.setdefault("Cache-Control", "no-store" if api else "no-cache")
            await send(message)

        await self._app(scope, receive, send_with_headers)


class KnownNames:
    """Answers only to names that are the centre's own, where any are given.

    A page of elsewhere whose name is made to lead here (DNS rebinding) is of the same origin to its browser,
    and would otherwise be to us. An address can't be made to lead elsewhere: it and localhost are always good.
    """

    def __init__(self, app: ASGIApp, *, names: frozenset[str]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or not self._names:
            await self._app(scope, receive, send)
            return
        name = _name_of(Headers(scope=scope).get("host", ""))
        if name in self._names or name == "localhost" or _is_address(name):
            await self._app(scope, receive, send)
            return
        why = "expected one of the centre's names as host, got another"
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4403, "reason": why})
            return
        await problem(HTTPStatus.MISDIRECTED_REQUEST, why)(scope, receive, send)


def _name_of(host: str) -> str:
    """Without its port, lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".").lower()


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


class Accidents:
    """Answers what nobody expected without telling its insides, which go to the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answered = False

        async def watched(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            return  # nobody is there to be answered
        except Exception:
            _log.exception("request failed", method=scope["method"], path=scope["path"])
            if answered:
                raise  # half an answer can only be broken off
            detail = "the centre failed to answer; its log says why"
            await problem(500, detail)(scope, receive, send)


class BodyLimit:
    """Refuses bodies over a limit, by what they announce and by what comes; images and hotlists have others."""

    def __init__(self, app: ASGIApp, *, limit: int, image_limit: int, list_limit: int) -> None:
        self._app = app
        self._limit = limit
        self._image_limit = image_limit
        self._list_limit = list_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        limit = self._image_limit if path.startswith(IMAGES) else self._limit
        if path.startswith(HOTLISTS) and path.endswith("/imports"):
            limit = self._list_limit
        if path.startswith(PATROL) and path.endswith("/photos"):
            limit = min(MAX_PHOTO_BYTES, self._image_limit)
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced) > limit:
            await problem(413, f"expected a body of at most {limit} bytes, got {announced[:20]}")(
                scope, receive, send
            )
            return
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > limit:
                raise HTTPException(413, f"expected a body of at most {limit} bytes, got more")
            return message

        await self._app(scope, counted, send)
