"""Where checkpoints lie and what the way between two takes: what is known without history. Pure."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from central.checkpoint import Checkpoint

_EARTH_RADIUS_M = 6_371_000.0
#: A way by road is so much longer than the straight line, where no roads are configured.
DETOUR = 1.3
#: What a vehicle makes on average in town, lights included.
TOWN_KMH = 35.0
#: Share of a road's limit that is driven on average.
_OF_THE_LIMIT = 0.75

Place = tuple[float, float]  #: degrees north, degrees east


def metres_between(one: Place, other: Place) -> float:
    """Along the great circle."""
    north1, north2 = math.radians(one[0]), math.radians(other[0])
    north, east = north2 - north1, math.radians(other[1] - one[1])
    a = math.sin(north / 2) ** 2 + math.cos(north1) * math.cos(north2) * math.sin(east / 2) ** 2
    return 2 * _EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(a)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """A way from one checkpoint to another without a third between them."""

    start: str  #: checkpoint_id
    end: str
    metres: float
    limit_kmh: float

    @property
    def seconds(self) -> float:
        return self.metres / (self.limit_kmh * _OF_THE_LIMIT / 3.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Geography:
    """Checkpoints' places, and roads where they are configured."""

    places: Mapping[str, Place]
    roads: Mapping[str, tuple[Road, ...]] = field(default_factory=dict)  #: by where they start

    @classmethod
    def of(cls, checkpoints: Iterable[Checkpoint], roads: Iterable[Road] = ()) -> Geography:
        """Checkpoints without coordinates have no place."""
        by_start: dict[str, tuple[Road, ...]] = {}
        for road in roads:
            by_start[road.start] = (*by_start.get(road.start, ()), road)
        places = {
            c.checkpoint_id: (c.latitude, c.longitude)
            for c in checkpoints
            if c.latitude is not None and c.longitude is not None
        }
        return cls(places=places, roads=by_start)

    def seconds(self, start: str, end: str) -> float | None:
        """What the way takes: the quickest over the roads, else the straight line with a detour at a town's
        pace; None where neither is known."""
        if self.roads:
            found = self._quickest(start, end)
            if found is not None:
                return found
        if start in self.places and end in self.places:
            return seconds_by_air(self.places[start], self.places[end])
        return None

    def nearest(self, here: str, *, limit: int) -> tuple[tuple[str, float], ...]:
        """Other checkpoints and the seconds to them: those that roads lead to, else the nearest as the crow
        flies; nearest first."""
        if here in self.roads:
            found = [(road.seconds, road.end) for road in self.roads[here]]
        elif here in self.places:
            place = self.places[here]
            found = [(seconds_by_air(place, there), key) for key, there in self.places.items() if key != here]
        else:
            return ()
        return tuple((key, seconds) for seconds, key in heapq.nsmallest(limit, found))

    def metres(self, start: str, end: str) -> float | None:
        """Of the shortest way over the roads; None where none is configured."""
        return self._least(start, end, lambda road: road.metres) if self.roads else None

    def _quickest(self, start: str, end: str) -> float | None:
        return self._least(start, end, lambda road: road.seconds)

    def _least(self, start: str, end: str, cost: Callable[[Road], float]) -> float | None:
        queue, done = [(0.0, start)], set[str]()
        while queue:
            spent, here = heapq.heappop(queue)
            if here == end:
                return spent
            if here in done:
                continue
            done.add(here)
            for road in self.roads.get(here, ()):
                heapq.heappush(queue, (spent + cost(road), road.end))
        return None


def seconds_by_air(one: Place, other: Place, *, kmh: float = TOWN_KMH) -> float:
    """The straight line with a detour, at a pace."""
    return metres_between(one, other) * DETOUR / (kmh / 3.6)
