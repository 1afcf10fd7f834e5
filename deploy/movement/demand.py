"""Who wants to go where on a day, and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deploy.movement.calendar import DayKind
from deploy.movement.network import VARIANTS
from deploy.movement.population import FAVOURITES, STOPS, Kind, Population

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_HOUR = 3600.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Wishes:
    """Trips as planned, by vehicle and within a vehicle by time; each starts where the one before ended."""

    vehicle: Ints
    destination: Ints
    leaves: Floats  #: seconds since local midnight
    variant: Ints  #: of the route

    def __len__(self) -> int:
        return len(self.vehicle)


class _Plan:
    """Trips gathered kind by kind."""

    def __init__(self) -> None:
        self._parts: list[tuple[Ints, Ints, Floats]] = []

    def add(self, vehicle: Ints, destination: Ints, hour: Floats) -> None:
        self._parts.append((vehicle, destination, hour * _HOUR))

    def gathered(self) -> tuple[Ints, Ints, Floats]:
        vehicle, destination, leaves = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        order = np.lexsort((leaves, vehicle))
        return vehicle[order], destination[order], leaves[order]


def wishes(people: Population, kind: DayKind, rng: np.random.Generator, out_of_town: Ints) -> Wishes:
    """A day's trips. Who is `out_of_town` makes none."""
    here = np.ones(len(people), dtype=bool)
    here[out_of_town] = False
    work = kind is DayKind.WORKDAY
    plan = _Plan()

    def some(of: Kind, share: float) -> Ints:
        chosen = (people.kind == of) & here
        return np.flatnonzero(chosen & (rng.random(len(people)) < share))

    def spread(hour: Floats | float, sigma: float, size: int) -> Floats:
        return hour + rng.normal(0, sigma, size)

    for who, share in ((Kind.COMMUTER, 0.92 if work else 0.1), (Kind.NIGHT_WORKER, 0.85 if work else 0.5)):
        v = some(who, share)
        plan.add(v, people.work[v], spread(people.leaves[v], 0.18, v.size))
        plan.add(v, people.home[v], spread(people.returns[v], 0.4, v.size))
    # Errands: home → somewhere → home, in the evening of a workday, over the day otherwise.
    for who, share in ((Kind.COMMUTER, 0.25 if work else 0.75), (Kind.OCCASIONAL, 0.35 if work else 0.5)):
        for _ in range(1 if work else 2):
            v = some(who, share)
            evening = work and who is Kind.COMMUTER
            begins = spread(19.6, 0.5, v.size) if evening else rng.uniform(8.5, 19.5, v.size)
            plan.add(v, _favourite(people, v, rng), begins)
            plan.add(v, people.home[v], begins + rng.gamma(2.0, 0.7, v.size) + 0.3)
    v = some(Kind.TAXI, 0.9)
    for trip in range(22):
        plan.add(
            v,
            rng.choice(people.home[people.kind == Kind.COMMUTER], v.size),
            6.5 + 0.75 * trip + rng.uniform(0, 0.5, v.size),
        )
    plan.add(v, people.home[v], np.full(v.size, 23.6))
    v = some(Kind.DELIVERY, 0.95 if work else 0.4)
    begins = spread(7.0, 0.4, v.size)
    for stop in range(STOPS):
        called = rng.random(v.size) < 0.85
        plan.add(v[called], people.stops[v[called], stop], (begins + stop * 0.9)[called])
    plan.add(v, people.home[v], begins + STOPS * 0.9)
    v = some(Kind.BUS, 1.0)
    for run in range(16):
        plan.add(v, people.work[v] if run % 2 == 0 else people.home[v], spread(6.0 + run, 0.05, v.size))
    v = some(Kind.THROUGH, 0.06 if work else 0.07)
    plan.add(v, people.work[v], rng.uniform(0.5, 23.0, v.size))
    v = some(Kind.VISITOR, 0.05 if work else 0.09)
    begins = rng.uniform(6.5, 15.0, v.size)
    plan.add(v, _favourite(people, v, rng), begins)
    plan.add(v, people.home[v], begins + rng.uniform(1.5, 8.0, v.size))
    vehicle, destination, leaves = plan.gathered()
    strays = rng.random(vehicle.size) < 0.15
    variant = np.where(strays, rng.integers(0, VARIANTS, vehicle.size), people.variant[vehicle])
    return Wishes(vehicle=vehicle, destination=destination, leaves=leaves, variant=variant)


def _favourite(people: Population, vehicle: Ints, rng: np.random.Generator) -> Ints:
    """The first is visited most."""
    which = rng.choice(FAVOURITES, vehicle.size, p=(0.45, 0.25, 0.2, 0.1))
    return people.places[vehicle, which]
