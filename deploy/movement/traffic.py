"""From trips to passages: roads taken one after the other, at the speeds that hour and road allow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deploy.movement.calendar import DayKind
from deploy.movement.demand import Wishes
from deploy.movement.network import ARTERIAL, RoadNetwork
from deploy.movement.population import Kind, Population

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
#: Least time between two trips of a vehicle, seconds.
_PAUSE = 90.0


@dataclass(slots=True, kw_only=True, eq=False)
class Whereabouts:
    """Where every vehicle is, and from when on it may leave: carried from day to day."""

    junction: Ints
    free_from: Floats  #: seconds since this day's midnight

    def next_day(self) -> None:
        self.free_from -= 86_400.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Crossings:
    """Vehicles over junctions that have a checkpoint."""

    vehicle: Ints
    checkpoint: NDArray[np.int16]
    direction: NDArray[np.int8]
    speed: NDArray[np.float32]  #: km/h
    at: Floats  #: seconds since the day's midnight

    def take(self, which: NDArray[np.bool_] | Ints) -> Crossings:
        return Crossings(
            vehicle=self.vehicle[which],
            checkpoint=self.checkpoint[which],
            direction=self.direction[which],
            speed=self.speed[which],
            at=self.at[which],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Congestion:
    """How much longer a road takes: (kind of day, class of road, hour) → factor."""

    factors: Floats = field(default_factory=lambda: _congestion())


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that slows a road down for a while: an accident, works, a demonstration."""

    day: int  #: counted from the first, 0
    road: int  #: of the network
    begins: float  #: hours since the local midnight
    hours: float
    factor: float  #: that the road takes longer


def slowed(incidents: Iterable[Incident], day: int, roads: int) -> Floats | None:
    """(roads, quarters of the day) → factor; None: nothing is the matter."""
    factors = None
    for incident in incidents:
        if incident.day == day:
            factors = np.ones((roads, 96)) if factors is None else factors
            begin, end = round(incident.begins * 4), round((incident.begins + incident.hours) * 4)
            factors[incident.road, begin:end] *= incident.factor
    return factors


def _congestion() -> Floats:
    hours = np.arange(24)
    morning, evening = np.exp(-(((hours - 7.9) / 1.0) ** 2)), np.exp(-(((hours - 17.9) / 1.3) ** 2))
    day = np.exp(-(((hours - 14) / 4.5) ** 2))
    busy = {
        DayKind.WORKDAY: 0.9 * morning + 0.8 * evening + 0.2 * day,
        DayKind.WEEKEND: 0.35 * day,
        DayKind.HOLIDAY: 0.5 * day,
    }
    # Arterials suffer most, the highways outside hardly.
    weight = np.array([0.6, 1.0, 0.7, 0.15])
    return np.stack([1.0 + weight[:, None] * busy[kind][None, :] for kind in DayKind])


def drive(
    network: RoadNetwork,
    people: Population,
    plan: Wishes,
    kind: DayKind,
    congestion: Congestion,
    where: Whereabouts,
    rng: np.random.Generator,
    slow: Floats | None = None,
) -> Crossings:
    """All crossings of the plan's trips, unsorted; `where` is brought to the day's end.

    A trip starts where the vehicle is; one that is still under way leaves later than planned. No vehicle is
    ever in two places.
    """
    same = np.zeros(len(plan), dtype=bool)
    same[1:] = plan.vehicle[1:] == plan.vehicle[:-1]
    origin = np.where(same, np.roll(plan.destination, 1), where.junction[plan.vehicle])
    route = network.routes.number(plan.variant, origin, plan.destination)
    begin = network.routes.offset[route]
    length = network.routes.offset[route + 1] - begin
    trip = np.repeat(np.arange(len(plan)), length)
    first = np.cumsum(length) - length
    road = network.routes.roads[np.arange(trip.size) - np.repeat(first - begin, length)]

    road_class = network.road_class[road]
    hour = (plan.leaves // 3600.0).astype(np.int64) % 24
    mood = rng.normal(0, 0.05) + rng.normal(0, 0.06, len(plan))  # of the day, of the trip
    factor = (
        congestion.factors[kind][road_class, hour[trip]]
        * np.exp(mood + np.log(people.pace[plan.vehicle]))[trip]
    )
    factor *= np.exp(rng.standard_normal(trip.size, dtype=np.float32) * 0.12)
    if slow is not None:  # as of when they leave: trips are short
        factor *= slow[road, (plan.leaves // 900.0).astype(np.int64)[trip] % 96]
    moving = network.free_seconds[road] * factor
    lights = rng.standard_exponential(trip.size, dtype=np.float32) * np.where(road_class <= ARTERIAL, 14.0, 2.0)
    total = np.cumsum(moving + lights)
    before = np.concatenate([[0.0], total])[first]
    since_start = total - before[trip]
    takes = np.concatenate([[0.0], total])[first + length] - before

    leaves = _departures(plan, same, takes, where)
    inner = np.ones(trip.size, dtype=bool)
    inner[(first + length - 1)[length > 0]] = False  # the destination itself is not passed
    checkpoint = network.checkpoint_of[network.road_end[road]]
    seen = np.flatnonzero(inner & (checkpoint >= 0))
    trip, road = trip[seen], road[seen]
    limit = network.road_metres[road] / network.free_seconds[road] * 3.6
    return Crossings(
        vehicle=plan.vehicle[trip],
        checkpoint=checkpoint[seen].astype(np.int16),
        direction=network.road_heading[road].astype(np.int8),
        speed=np.clip(limit / factor[seen] * rng.uniform(0.6, 1.0, trip.size), 4, 160).astype(np.float32),
        at=leaves[trip] + since_start[seen],
    )


def _departures(plan: Wishes, same: NDArray[np.bool_], takes: Floats, where: Whereabouts) -> Floats:
    """When each trip begins: as planned, or once the one before is over."""
    leaves = np.maximum(plan.leaves, where.free_from[plan.vehicle])
    rank = np.arange(len(plan)) - np.maximum.accumulate(np.where(same, 0, np.arange(len(plan))))
    for place in range(1, int(rank.max(initial=0)) + 1):
        these = np.flatnonzero(rank == place)
        leaves[these] = np.maximum(leaves[these], leaves[these - 1] + takes[these - 1] + _PAUSE)
    last = np.flatnonzero(~np.append(same[1:], False))
    driver = plan.vehicle[last]
    where.junction[driver] = plan.destination[last]
    where.free_from[driver] = leaves[last] + takes[last] + _PAUSE
    return leaves


def go_home(people: Population, where: Whereabouts) -> None:
    """Through traffic leaves by one gateway and comes back, some other day, by the one it belongs to."""
    through = people.kind == Kind.THROUGH
    where.junction[through] = people.home[through]
