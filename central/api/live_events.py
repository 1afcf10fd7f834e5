"""The live feed as server-sent events (HTML standard, 9.2), for programs that speak no WebSocket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from central.api.live import Said, follow, hello, leave_trace
from central.api.problems import Problem
from central.api.security import CurrentUser, ServicesOf

router = APIRouter(prefix="/api/live", tags=["live"])
MEDIA_TYPE = "text/event-stream"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        "description": "Events as they happen.",
    },
    406: {"model": Problem, "description": "The caller takes no event stream."},
}


@router.get("/events", response_class=StreamingResponse, responses=_ANSWERS)
async def live_events(
    request: Request,
    user: CurrentUser,
    services: ServicesOf,
    accept: Annotated[str, Header(description=f"Must have {MEDIA_TYPE} in it.")] = "",
    last_event_id: Annotated[
        str, Header(pattern=r"^\d{0,18}$", description="The newest event seen, as a browser says it by itself.")
    ] = "",
    after: Annotated[int, Query(ge=0, lt=10**18, description="The same, where no header can be set.")] = 0,
) -> StreamingResponse:
    """The messages of the WebSocket /api/live, with the same rights and areas, each as an event of its kind.

    After a break, go on with the id of the last event; `hello` tells what can't be caught up with. A comment
    comes now and then while nothing happens. The stream ends with the session.
    """
    if MEDIA_TYPE not in accept:
        raise HTTPException(406, f"expected a caller that accepts {MEDIA_TYPE}")
    await run_in_threadpool(leave_trace, services, user, int(last_event_id or after))
    hub = request.app.state.hub
    cursor, oldest, gap = await hub.opening(int(last_event_id or after))
    behind, first = hub.newest, hello(hub, oldest, gap)

    async def stream() -> AsyncIterator[str]:
        yield _event(first)
        async for said in follow(services, hub, cursor, behind, user, request.state.token):
            yield ":\n\n" if said is None else _event(said)

    return StreamingResponse(stream(), media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})


def _event(said: Said) -> str:
    number = "" if said.resume is None else f"id: {said.resume}\n"
    return f"{number}event: {said.kind}\ndata: {said.text}\n\n"
