"""Checkpoints, for whoever has to choose one or show where something was."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from central.api.security import ServicesOf

router = APIRouter(prefix="/api", tags=["checkpoints"])


class CheckpointView(BaseModel):
    """A checkpoint (卡口)."""

    checkpoint_id: str
    name: str
    latitude: float | None = Field(description="Degrees north, WGS 84.")
    longitude: float | None = Field(description="Degrees east, WGS 84.")
    directions: list[str]
    lanes: int


@router.get("/checkpoints")
def list_checkpoints(services: ServicesOf) -> list[CheckpointView]:
    """All of them, by id."""
    return [
        CheckpointView(
            checkpoint_id=c.checkpoint_id,
            name=c.name,
            latitude=c.latitude,
            longitude=c.longitude,
            directions=list(c.directions),
            lanes=c.lanes,
        )
        for c in services.records.checkpoints.all()
    ]
