"""Whether the process lives, whether it can work, and its metrics."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from central.api.security import ServicesOf

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The process answers."""

    alive: bool = True


class CheckView(BaseModel):
    """One thing that the centre needs."""

    ok: bool
    detail: str
    degraded: bool = Field(description="The centre goes on without it, with less.")


class Readiness(BaseModel):
    """All of them."""

    checks: dict[str, CheckView]
    degraded: list[str] = Field(description="What a banner should say is missing; empty where nothing is.")


@router.get("/healthz")
def healthz() -> Alive:
    """200 for as long as the process lives."""
    return Alive()


@router.get("/readyz", responses={503: {"model": Readiness}})
def readyz(response: Response, services: ServicesOf) -> Readiness:
    """200 where everything that the centre needs is there, 503 where something is missing that it can't go on
    without."""
    checks = services.readiness()
    if not all(check.ok for check in checks.values()):
        response.status_code = 503
    return Readiness(
        checks={name: CheckView(ok=c.ok, detail=c.detail, degraded=c.degraded) for name, c in checks.items()},
        degraded=[name for name, c in checks.items() if c.degraded],
    )


_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.get("/metrics", response_class=Response, responses=_TEXT)
def metrics(services: ServicesOf) -> Response:
    """Prometheus' text format."""
    return Response(generate_latest(services.registry), media_type=CONTENT_TYPE_LATEST)
