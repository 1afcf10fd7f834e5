"""Whether a process without the API lives and can work, and its metrics: three routes on a port of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from central.api import Check, health
from central.api.security import services_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What the routes of `central.api.health` ask."""

    readiness: Callable[[], Mapping[str, Check]]  #: asked anew by each call of /readyz; may block
    registry: CollectorRegistry


def create_probes(probed: Probed) -> FastAPI:
    """/healthz, /readyz and /metrics as the API has them; they ask for no session, so keep the port inside."""
    app = FastAPI(title="bukong", docs_url=None, redoc_url=None, openapi_url=None)
    app.dependency_overrides[services_of] = lambda: probed
    app.include_router(health.router)
    return app
