"""Checkpoints, for whoever has to choose one or show where something was."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from central.api.security import CurrentScope, ServicesOf

router = APIRouter(prefix="/api", tags=["checkpoints"])


class CheckpointView(BaseModel):
    """A checkpoint (卡口)."""

    checkpoint_id: str
    name: str
    latitude: float | None = Field(description="Degrees north, WGS 84.")
    longitude: float | None = Field(description="Degrees east, WGS 84.")
    directions: list[str]
    lanes: int
    area_id: str | None = Field(description="The area (辖区) it lies in.")


@router.get("/checkpoints")
def list_checkpoints(scope: CurrentScope, services: ServicesOf) -> list[CheckpointView]:
    """Those of one's areas, by id."""
    return [
        CheckpointView(
            checkpoint_id=c.checkpoint_id,
            name=c.name,
            latitude=c.latitude,
            longitude=c.longitude,
            directions=list(c.directions),
            lanes=c.lanes,
            area_id=c.area_id,
        )
        for c in services.records.checkpoints.all()
        if scope.allows(c.checkpoint_id)
    ]


class AreaView(BaseModel):
    """An area (辖区)."""

    area_id: str
    name: str
    parent: str | None = Field(description="The area that it lies in.")


class AreasView(BaseModel):
    """By id."""

    areas: list[AreaView]


@router.get("/areas")
def list_areas(services: ServicesOf) -> AreasView:
    """All areas, whoever asks: what they are called is no secret."""
    areas = services.records.checkpoints.areas()
    return AreasView(areas=[AreaView(area_id=a.area_id, name=a.name, parent=a.parent) for a in areas])
