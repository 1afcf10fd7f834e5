"""Figures of the day: the same yardstick for everybody (考核)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from fastapi import APIRouter
from pydantic import BaseModel, Field

from central.api.security import CurrentScope, ServicesOf
from central.ports import PassageQuery

router = APIRouter(prefix="/api", tags=["statistics"])


class StatisticsView(BaseModel):
    """Since midnight, local time."""

    passages_today: int
    unread_today: int = Field(description="Passages whose plate could not be read.")
    alerts_today: int
    false_alerts_today: int = Field(description="Of those raised today, found to be misread.")
    open_alerts: int = Field(description="Whenever they were raised.")
    sign_off_seconds_p50: float | None = Field(description="From raised to signed off, median; null: none yet.")


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
