"""Figures of the day: the same yardstick for everybody (考核)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from central.api.security import CurrentScope, ServicesOf
from central.ports import PassageQuery
from proto.passage import Tier

router = APIRouter(prefix="/api", tags=["statistics"])


class StatisticsView(BaseModel):
    """Since midnight, local time."""

    passages_today: int
    unread_today: int = Field(description="Passages whose plate could not be read.")
    alerts_today: int
    false_alerts_today: int = Field(description="Of those raised today, found to be misread.")
    open_alerts: int = Field(description="Whenever they were raised.")
    sign_off_seconds_p50: float | None = Field(description="From raised to signed off, median; null: none yet.")


class SourceView(BaseModel):
    """How the alerts of one camera and tier went: what a camera's or a tier's false alerts are counted by."""

    checkpoint_id: str
    checkpoint_name: str
    camera_id: str
    tier: Tier
    alerts: int
    false_alerts: int = Field(description="Of these, found to be misread.")


class SourcesView(BaseModel):
    """The most false alerts first."""

    since: datetime
    sources: list[SourceView]


def midnight(now: datetime, utc_offset: timedelta) -> datetime:
    """When the local day began."""
    return now.astimezone(timezone(utc_offset)).replace(hour=0, minute=0, second=0, microsecond=0)


@router.get("/statistics")
def read_statistics(scope: CurrentScope, services: ServicesOf) -> StatisticsView:
    """How the day has been so far, in one's areas."""
    since = midnight(services.clock.now(), services.settings.utc_offset)
    checkpoints = scope.narrow()
    figures = services.records.alerts.figures(since, checkpoints=checkpoints)
    return StatisticsView(
        passages_today=services.store.count(PassageQuery(since=since, checkpoints=checkpoints)),
        unread_today=services.store.count(PassageQuery(since=since, checkpoints=checkpoints, read=False)),
        alerts_today=figures.raised,
        false_alerts_today=figures.false_alerts,
        open_alerts=figures.open,
        sign_off_seconds_p50=figures.sign_off_seconds_p50,
    )


@router.get("/statistics/sources")
def read_sources(
    scope: CurrentScope, services: ServicesOf, days: Annotated[int, Query(ge=1, le=366)] = 7
) -> SourcesView:
    """Alerts and false alerts by camera and tier, of the last days, in one's areas."""
    since = services.clock.now() - timedelta(days=days)
    found = services.records.alerts.sources(since, checkpoints=scope.narrow())
    names = services.records.checkpoints.names({of.checkpoint_id for of in found})
    return SourcesView(
        since=since,
        sources=[
            SourceView(
                checkpoint_id=of.checkpoint_id,
                checkpoint_name=names.get(of.checkpoint_id, of.checkpoint_id),
                camera_id=of.camera_id,
                tier=of.tier,
                alerts=of.raised,
                false_alerts=of.false_alerts,
            )
            for of in sorted(found, key=lambda of: -of.false_alerts)
        ],
    )
