"""The application: every module's routes, behind one table of rights."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from starlette.types import Lifespan

from central.api import (
    alerts,
    analyses,
    assessment,
    audit,
    cases,
    checkpoints,
    console,
    document,
    federation,
    flow,
    ground,
    health,
    holds,
    hotlists,
    images,
    interception,
    jobs,
    live,
    live_events,
    machine_tokens,
    nodes,
    orders,
    passages,
    patrol,
    problems,
    retention,
    revisions,
    roster,
    search_grants,
    searches,
    session,
    sign_on,
    statistics,
    targets,
    tracks,
    units,
    users,
    watchlist,
)
from central.api.hub import LiveHub
from central.api.middleware import Accidents, BodyLimit, KnownNames, SecurityHeaders
from central.api.rights import RIGHTS
from central.api.security import authorise
from central.api.services import Services, live_feed
from central.ground import TileAddress
from central.uploads import PartialUploads

MODULES = (
    session,
    sign_on,
    checkpoints,
    ground,
    passages,
    tracks,
    analyses,
    jobs,
    cases,
    searches,
    search_grants,
    federation,
    orders,
    revisions,
    hotlists,
    alerts,
    roster,
    interception,
    flow,
    units,
    patrol,
    targets,
    nodes,
    statistics,
    assessment,
    audit,
    holds,
    retention,
    watchlist,
    images,
    machine_tokens,
    users,
    live_events,
    live,
    health,
)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def create_app(services: Services) -> FastAPI:
    """The ASGI application; its lifespan must be run (uvicorn does), since the live feed is followed in it.

    Raises:
        RuntimeError: a route is not in the table of rights, or the table names one that there isn't.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.hub = LiveHub(live_feed(services), max_behind=services.settings.live_behind)
        await app.state.hub.start()
        try:
            yield
        finally:
            await app.state.hub.stop()

    app = _routed(lifespan)
    settings = services.settings
    app.state.services = services
    app.state.uploads = PartialUploads(services.uploads, services.images, max_bytes=settings.max_image_bytes)
    _check_rights()
    problems.install(app)
    app.add_api_route("/api/{rest:path}", _not_here, methods=list(_METHODS), include_in_schema=False)
    console.mount(app)
    app.add_middleware(
        BodyLimit,
        limit=settings.max_body_bytes,
        image_limit=settings.max_image_bytes,
        list_limit=settings.max_list_bytes,
    )
    app.add_middleware(Accidents)
    app.add_middleware(KnownNames, names=settings.names)
    tiles = services.ground.tiles
    pictures = tiles.origin if isinstance(tiles, TileAddress) else ""
    app.add_middleware(SecurityHeaders, secure=settings.secure_cookies, pictures=pictures)
    return app


def openapi_document() -> dict[str, Any]:
    """What `/openapi.json` answers, for whoever generates a client: it needs no centre."""
    return _routed(None).openapi()


def _routed(lifespan: Lifespan[FastAPI] | None) -> FastAPI:
    app = FastAPI(
        title="bukong",
        description="Checkpoints, passages, deployment orders and alerts.",
        version=version("bukong"),
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=document.operation_id,
    )
    for module in MODULES:
        # The live feed's socket is no request: it looks after itself.
        app.include_router(module.router, dependencies=[] if module is live else [Depends(authorise)])
    document.install(app)
    return app


def routes() -> dict[tuple[str, str], APIRoute]:
    """(method, path) of everything that goes into the OpenAPI document, and its route.

    Not from the document itself: to make that takes over a second, which each start would wait for.
    """
    return {
        (method, route.path): route
        for module in MODULES
        for route in module.router.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in route.methods or ()
    }


def _check_rights() -> None:
    found = routes()
    unlisted = found.keys() ^ RIGHTS.keys()
    if unlisted:
        raise RuntimeError(f"routes and rights differ: {sorted(unlisted)}")
    names = [document.operation_id(route) for route in found.values()]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RuntimeError(f"expected routes' functions of different names, got twice {', '.join(twice)}")


def _not_here(request: Request) -> None:
    """What no route answers: 405 where another method would have been, 404 else."""
    here = request.scope["path"]
    allowed = sorted(method for method, path in RIGHTS if compile_path(path)[0].match(here))
    if allowed:
        ways = ", ".join(allowed)
        raise HTTPException(405, f"expected {ways}, got {request.method}", {"Allow": ways})
    raise HTTPException(404, f"expected a path of the API, got {request.url.path[:200]}")
