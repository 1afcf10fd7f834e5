"""The road network of the city in movement: junctions, roads with lengths and limits, checkpoints, routes.

A jittered grid of junctions with an arterial at every third street, a ring road around it and gateways where
highways come in. Not every junction has a checkpoint. A *route* is the quickest way from a junction to another
as one of several kinds of drivers sees it: some prefer the ring, some the centre, all are a little wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Where the south-west corner lies, degrees north and east: a place without a city.
_ORIGIN = (29.20, 104.60)
_METRES_PER_DEGREE = 111_195.0
_BLOCK_M = 950.0
#: Class of a road → its limit in km/h.
LIMITS_KMH = np.array([40.0, 60.0, 80.0, 100.0])
STREET, ARTERIAL, RING, HIGHWAY = range(4)
#: Drivers of so many kinds choose their routes differently.
VARIANTS = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class RoadNetwork:
    """Junctions are numbered; the last `gateways` of them are the ends of the highways, outside the city."""

    latitude: Floats  #: of each junction, degrees north
    longitude: Floats
    road_start: Ints  #: of each one-way road, its junctions
    road_end: Ints
    road_metres: Floats
    road_class: Ints
    road_heading: Ints  #: 0 north, 1 east, 2 south, 3 west
    checkpoint_of: Ints  #: of each junction the number of its checkpoint, -1: it has none
    gateways: int
    perceived: Floats  #: (VARIANTS, roads): seconds that each kind of driver reckons with

    @property
    def junctions(self) -> int:
        return len(self.latitude)

    @cached_property
    def checkpoint_junctions(self) -> Ints:
        """Of each checkpoint, its junction."""
        places = np.flatnonzero(self.checkpoint_of >= 0)
        return places[np.argsort(self.checkpoint_of[places])]

    @cached_property
    def checkpoint_ids(self) -> tuple[str, ...]:
        return tuple(f"M{number:03d}" for number in range(len(self.checkpoint_junctions)))

    @cached_property
    def free_seconds(self) -> Floats:
        """Of each road, at its limit."""
        return self.road_metres / (LIMITS_KMH[self.road_class] / 3.6)

    @cached_property
    def routes(self) -> Routes:
        """Every route of every kind of driver."""
        return _routes(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class Routes:
    """Route `(variant * junctions + start) * junctions + end` takes roads[offset[r]:offset[r + 1]] in order."""

    offset: Ints
    roads: NDArray[np.int32]
    junctions: int

    def number(self, variant: Ints, start: Ints, end: Ints) -> Ints:
        return (variant * self.junctions + start) * self.junctions + end


def build_network(seed: int = 1, *, checkpoints: int = 120, gateways: int = 8) -> RoadNetwork:
    """A city with so many checkpoints at its busiest junctions.

    Raises:
        ValueError: fewer than 10 or more than 2,000 checkpoints, or fewer than 2 gateways.
    """
    if not 10 <= checkpoints <= 2000 or gateways < 2:
        raise ValueError(
            f"expected 10 to 2000 checkpoints and 2 gateways or more, got {checkpoints}, {gateways}"
        )
    rng = np.random.default_rng([seed, 1])
    columns = int(np.ceil(np.sqrt(checkpoints * 1.6 * 4 / 3)))
    rows = int(np.ceil(checkpoints * 1.6 / columns))
    x, y = (a.ravel().astype(float) for a in np.meshgrid(np.arange(columns), np.arange(rows)))
    x, y = x + rng.normal(0, 0.12, x.size), y + rng.normal(0, 0.12, y.size)
    pairs: list[tuple[int, int, int]] = []
    for row in range(rows):
        for column in range(columns):
            here = row * columns + column
            if column + 1 < columns:
                pairs.append((here, here + 1, _class_of(row, rows)))
            if row + 1 < rows:
                pairs.append((here, here + columns, _class_of(column, columns)))
    # A few streets are missing: no city is a grid.
    pairs = [p for p in pairs if p[2] != STREET or rng.random() > 0.12]
    rim = [n for n in range(rows * columns) if n // columns in (0, rows - 1) or n % columns in (0, columns - 1)]
    angle = np.arctan2(y[rim] - y.mean(), x[rim] - x.mean())
    for number in range(gateways):
        towards = -np.pi + 2 * np.pi * (number + 0.5) / gateways
        at = rim[int(np.argmin(np.abs(np.angle(np.exp(1j * (angle - towards))))))]
        x = np.append(x, x[at] + 5 * np.cos(towards))
        y = np.append(y, y[at] + 5 * np.sin(towards))
        pairs.append((at, len(x) - 1, HIGHWAY))
    start = np.array([a for a, b, _ in pairs] + [b for a, b, _ in pairs])
    end = np.array([b for a, b, _ in pairs] + [a for a, b, _ in pairs])
    road_class = np.array([c for _, _, c in pairs] * 2)
    straight = np.hypot(x[end] - x[start], y[end] - y[start]) * _BLOCK_M
    winding = rng.uniform(1.02, 1.25, len(pairs))
    metres = straight * np.concatenate([winding, winding])
    heading = np.round(np.arctan2(x[end] - x[start], y[end] - y[start]) / (np.pi / 2)).astype(int) % 4
    free = metres / (LIMITS_KMH[road_class] / 3.6) + np.where(road_class <= ARTERIAL, 12.0, 3.0)
    taste = np.exp(rng.normal(0, 0.2, (VARIANTS, len(start))))
    # The second kind likes the ring, the third shuns it, the fourth knows the small streets.
    liking = np.ones((VARIANTS, 4))
    liking[1, RING], liking[2, RING], liking[3, STREET] = 0.75, 1.4, 0.8
    latitude = _ORIGIN[0] + y * _BLOCK_M / _METRES_PER_DEGREE
    longitude = _ORIGIN[1] + x * _BLOCK_M / (_METRES_PER_DEGREE * np.cos(np.radians(_ORIGIN[0])))
    bare = RoadNetwork(
        latitude=latitude,
        longitude=longitude,
        road_start=start,
        road_end=end,
        road_metres=metres,
        road_class=road_class,
        road_heading=heading,
        checkpoint_of=np.full(len(x), -1),
        gateways=gateways,
        perceived=free * taste * liking[:, road_class],
    )
    return _with_checkpoints(bare, checkpoints)


def _class_of(line: int, lines: int) -> int:
    if line in (0, lines - 1):
        return RING
    return ARTERIAL if line % 3 == 1 else STREET


def _with_checkpoints(bare: RoadNetwork, count: int) -> RoadNetwork:
    """At the junctions that most routes lead through; where a highway comes in, always."""
    through = np.bincount(bare.road_end[bare.routes.roads], minlength=bare.junctions).astype(float)
    inner = bare.junctions - bare.gateways
    through[inner:] = -1
    gates = bare.road_start[np.isin(bare.road_end, np.arange(inner, bare.junctions))]
    through[gates] = through.max() + 1
    chosen = np.sort(np.argsort(-through, kind="stable")[:count])
    checkpoint_of = np.full(bare.junctions, -1)
    checkpoint_of[chosen] = np.arange(len(chosen))
    return RoadNetwork(
        latitude=bare.latitude,
        longitude=bare.longitude,
        road_start=bare.road_start,
        road_end=bare.road_end,
        road_metres=bare.road_metres,
        road_class=bare.road_class,
        road_heading=bare.road_heading,
        checkpoint_of=checkpoint_of,
        gateways=bare.gateways,
        perceived=bare.perceived,
    )


def _routes(network: RoadNetwork) -> Routes:
    n = network.junctions
    road_at = np.full((n, n), -1, dtype=np.int32)
    road_at[network.road_start, network.road_end] = np.arange(len(network.road_start))
    rows: list[NDArray[np.int32]] = []
    for seconds in network.perceived:
        graph = csr_array((seconds, (network.road_start, network.road_end)), shape=(n, n))
        _, before = dijkstra(graph, return_predecessors=True)
        start = np.repeat(np.arange(n), n)
        here = np.tile(np.arange(n), n)
        backwards: list[NDArray[np.int32]] = []
        while True:
            previous = before[start, here].astype(np.int64)
            going = previous >= 0
            if not going.any():
                break
            previous = np.where(going, previous, here)
            backwards.append(np.where(going, road_at[previous, here], -1).astype(np.int32))
            here = previous
        rows.append(np.stack(backwards[::-1], axis=1))
    widest = max(block.shape[1] for block in rows)
    padded = np.concatenate(
        [np.pad(block, ((0, 0), (widest - block.shape[1], 0)), constant_values=-1) for block in rows]
    )
    used = padded >= 0
    offset = np.concatenate([[0], np.cumsum(used.sum(axis=1))])
    return Routes(offset=offset, roads=padded[used], junctions=n)
