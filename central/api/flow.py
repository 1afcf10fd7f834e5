"""Flow: how traffic goes on the sections between checkpoints, what comes next, where to place officers.

Counts of vehicles, no plates: it needs no case number. It keeps to one's areas all the same (a section is
shown where both its ends lie in them), and what fewer than `flow_fewest` vehicles did is not told, so that
nobody who drives there alone can be followed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from central.api.security import CurrentScope, ServicesOf
from central.api.services import Services
from central.area import Scope
from central.flow import AHEAD, QUARTER, FlowNetwork
from central.flow.counts import Floats
from central.flow.placement import WINDOW, needs_of, place
from central.flow.reason import reason_en, reason_zh
from central.interception import Geography
from central.ports import StoreUnavailable
from central.records import NotFound
from central.view import CheckpointName

router = APIRouter(prefix="/api/flow", tags=["flow"])
_HOUR = timedelta(hours=1) // QUARTER

Vehicles = Annotated[int | None, Field(description="null: fewer than may be told, or not known.")]
Seconds = Annotated[float | None, Field(description="Median travel time; null: of too few, or not known.")]
Start = Annotated[str, Query(description="Id of the checkpoint where the section begins.")]
End = Annotated[str, Query(description="Id of the checkpoint where it ends.")]


class SectionName(BaseModel):
    """A directed pair of neighbouring checkpoints."""

    start: CheckpointName
    end: CheckpointName


class SectionView(SectionName):
    """The last full hour, in quarters."""

    vehicles: Vehicles
    seconds: Seconds
    kmh: float | None = Field(description="Mean of what the cameras at the end measured.")
    free_seconds: float | None = Field(description="Travel time at free flow.")
    congestion: float | None = Field(description="Travel time against free flow; 1: nobody is in the way.")
    usual_vehicles: float | None
    usual_seconds: float | None


class SectionsView(BaseModel):
    """In one's areas, the most congested first."""

    as_of: datetime
    fewest: int = Field(description="What fewer vehicles did is not told.")
    sections: list[SectionView]


class QuarterView(BaseModel):
    """A quarter of an hour, or a full hour where asked so."""

    begins: datetime
    vehicles: Vehicles
    seconds: Seconds
    kmh: float | None
    usual_vehicles_p10: float | None
    usual_vehicles: float | None
    usual_vehicles_p90: float | None
    usual_seconds_p10: float | None
    usual_seconds: float | None
    usual_seconds_p90: float | None


class TodayView(SectionName):
    """A section's day so far beside the usual of such a day."""

    as_of: datetime
    fewest: int
    quarters: list[QuarterView]


class AheadView(BaseModel):
    """One quarter that is foretold: nine in ten lie below p90."""

    begins: datetime
    vehicles_p10: float | None
    vehicles: float | None
    vehicles_p90: float | None
    seconds_p10: float | None
    seconds: float | None
    seconds_p90: float | None
    usual_vehicles: float | None
    usual_seconds: float | None
    vehicles_error: float | None = Field(
        description="Back-tested: by how much the same rule, so far ahead, would have missed this section on "
        "the last 14 days, mean of the absolute errors. Its usual knows these days: on new ones it is a little "
        "larger."
    )
    seconds_error: float | None = Field(description="As vehicles_error, of the travel time.")


class FlowForecastView(SectionName):
    """The next two hours of a section. null: too little is known of its past."""

    as_of: datetime
    quarters: list[AheadView]


class PlacementPost(SectionName):
    """A team at the end of the section."""

    rank: int
    team: int
    begins: datetime
    ends: datetime
    gain: float = Field(description="Vehicle-hours of delay that the ranking goes by.")
    above_usual: float = Field(description="Vehicle-hours of delay expected beyond the usual.")
    routine: float = Field(description="Vehicle-hours of delay in the usual jam.")
    probability: float = Field(description="Of a travel time at least a fifth above the usual.")
    reason_zh: str
    reason_en: str


class PlacementView(BaseModel):
    """Where and when to place officers in the next two hours, the largest gain first."""

    as_of: datetime
    teams: int
    posts: list[PlacementPost]


class _Shown:
    """The network as one person may see it."""

    def __init__(self, services: Services, scope: Scope) -> None:
        if services.flow is None:
            raise StoreUnavailable("no traffic is counted here: expected a centre with passages")
        self.network: FlowNetwork = services.flow.network()
        self.fewest = services.settings.flow_fewest
        self.rows = [
            row
            for row, section in enumerate(self.network.sections)
            if scope.allows(section.start) and scope.allows(section.end)
        ]
        sections = [self.network.sections[row] for row in self.rows]
        mentioned = {key for section in sections for key in (section.start, section.end)}
        self._names = services.records.checkpoints.names(mentioned)

    def row(self, start: str, end: str) -> int:
        for row in self.rows:
            section = self.network.sections[row]
            if (section.start, section.end) == (start, end):
                return row
        raise NotFound(f"expected a section, found none from {start} to {end}")

    def named(self, row: int) -> SectionName:
        section = self.network.sections[row]
        return SectionName(start=self.name(section.start), end=self.name(section.end))

    def name(self, key: str) -> CheckpointName:
        return CheckpointName.of(key, self._names)

    def told(self, row: int, columns: slice) -> tuple[int | None, float | None, float | None]:
        """Vehicles, seconds and km/h of the quarters together; null where too few or not all are known."""
        vehicles = self.network.vehicles[row, columns]
        if not np.isfinite(vehicles).all() or vehicles.sum() < self.fewest:
            return None, None, None
        together = int(vehicles.sum())
        return (
            together,
            _mean(self.network.seconds[row, columns], vehicles),
            _mean(self.network.kmh[row, columns], vehicles),
        )


@router.get("/sections")
def list_flow_sections(scope: CurrentScope, services: ServicesOf) -> SectionsView:
    """Volume, travel time and speed of the last full hour, beside the usual."""
    shown = _Shown(services, scope)
    network = shown.network
    hour = slice(max(0, network.now - _HOUR), network.now)
    views = []
    for row in shown.rows:
        vehicles, seconds, kmh = shown.told(row, hour)
        free = _value(network.free_seconds[row])
        views.append(
            SectionView(
                **shown.named(row).model_dump(),
                vehicles=vehicles,
                seconds=seconds,
                kmh=kmh,
                free_seconds=free,
                congestion=round(seconds / free, 3) if seconds is not None and free else None,
                usual_vehicles=_value(network.usual_vehicles.p50[row, hour].sum()),
                usual_seconds=_mean(network.usual_seconds.p50[row, hour], None),
            )
        )
    views.sort(key=lambda view: (-(view.congestion or 0.0), view.start.checkpoint_id, view.end.checkpoint_id))
    return SectionsView(as_of=network.as_of, fewest=shown.fewest, sections=views)


@router.get("/today", responses={404: {}})
def read_flow_today(
    start: Start,
    end: End,
    scope: CurrentScope,
    services: ServicesOf,
    by_hour: Annotated[bool, Query(description="Full hours instead of quarters.")] = False,
) -> TodayView:
    """A section's day so far against the usual of such a day."""
    shown = _Shown(services, scope)
    network, row, step = shown.network, shown.row(start, end), _HOUR if by_hour else 1
    quarters = []
    for column in range(network.today.start, network.today.stop, step):
        columns = slice(column, column + step)
        vehicles, seconds, kmh = shown.told(row, columns)
        usual, times = network.usual_vehicles, network.usual_seconds
        quarters.append(
            QuarterView(
                begins=network.begins(column),
                vehicles=vehicles,
                seconds=seconds,
                kmh=kmh,
                usual_vehicles_p10=_value(usual.p10[row, columns].sum()),
                usual_vehicles=_value(usual.p50[row, columns].sum()),
                usual_vehicles_p90=_value(usual.p90[row, columns].sum()),
                usual_seconds_p10=_mean(times.p10[row, columns], None),
                usual_seconds=_mean(times.p50[row, columns], None),
                usual_seconds_p90=_mean(times.p90[row, columns], None),
            )
        )
    return TodayView(
        **shown.named(row).model_dump(), as_of=network.as_of, fewest=shown.fewest, quarters=quarters
    )


@router.get("/forecast", responses={404: {}})
def read_flow_forecast(start: Start, end: End, scope: CurrentScope, services: ServicesOf) -> FlowForecastView:
    """The next two hours of a section in quarters, and how far such forecasts were off."""
    shown = _Shown(services, scope)
    network, row = shown.network, shown.row(start, end)
    cars, times = network.foretold_vehicles, network.foretold_seconds
    quarters = [
        AheadView(
            begins=network.begins(network.now + step),
            vehicles_p10=_value(cars.p10[row, step]),
            vehicles=_value(cars.p50[row, step]),
            vehicles_p90=_value(cars.p90[row, step]),
            seconds_p10=_value(times.p10[row, step]),
            seconds=_value(times.p50[row, step]),
            seconds_p90=_value(times.p90[row, step]),
            usual_vehicles=_value(network.usual_vehicles.p50[row, network.now + step]),
            usual_seconds=_value(network.usual_seconds.p50[row, network.now + step]),
            vehicles_error=_value(network.counted.missed[row, step]),
            seconds_error=_value(network.timed.missed[row, step]),
        )
        for step in range(AHEAD)
    ]
    return FlowForecastView(**shown.named(row).model_dump(), as_of=network.as_of, quarters=quarters)


@router.get("/placement")
def read_flow_placement(
    scope: CurrentScope,
    services: ServicesOf,
    teams: Annotated[int, Query(ge=1, le=100, description="That can be placed.")] = 3,
) -> PlacementView:
    """Where and when to place officers: most delay first, as far as the teams can get there."""
    shown = _Shown(services, scope)
    network = shown.network
    mine = {network.sections[row] for row in shown.rows}
    needs = [n for n in needs_of(network) if n.section in mine and n.vehicles >= shown.fewest]
    geography = Geography.of(services.records.checkpoints.all())
    posts = place(needs, teams=teams, seconds_between=geography.seconds)
    offset = services.settings.utc_offset
    views = []
    for post in posts:
        need = post.need
        start, end = shown.name(need.section.start), shown.name(need.section.end)
        views.append(
            PlacementPost(
                start=start,
                end=end,
                rank=post.rank,
                team=post.team,
                begins=need.begins,
                ends=need.begins + WINDOW,
                gain=round(need.gain, 3),
                above_usual=round(need.above_usual, 3),
                routine=round(need.routine, 3),
                probability=round(need.probability, 3),
                reason_zh=reason_zh(need, start.name, end.name, offset),
                reason_en=reason_en(need, start.name, end.name, offset),
            )
        )
    return PlacementView(as_of=network.as_of, teams=teams, posts=views)


def _value(number: float) -> float | None:
    return round(float(number), 1) if np.isfinite(number) else None


def _mean(values: Floats, weights: Floats | None) -> float | None:
    """Of what is known."""
    known = np.isfinite(values)
    if weights is not None:
        known &= weights > 0
    if not known.any():
        return None
    return _value(np.average(values[known], weights=None if weights is None else weights[known]))
