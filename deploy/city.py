"""A small invented city: checkpoints, the roads between them, and people who drive about.

Everything follows from the seed. Time is seconds since the city's start. A vehicle's trip leads over
roads that join, at speeds that roads allow, so the passages of one plate make a track. The truth about who
drives where stays here: cameras get a `RoadScene`, frames carry nothing but pixels.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from deploy.residents import Resident, residents
from edge.scene import Conditions, Lane, Light, RoadScene, RoadView, Traffic, Vehicle, VehicleKind

#: Seconds between two plates in one lane, after a low and after a tall vehicle (which hides what follows).
_HEADWAY, _HEADWAY_TALL = 1.9, 3.8
_TALL = frozenset({VehicleKind.BUS, VehicleKind.TRUCK})
#: Traffic starts so many seconds before the city does, or its roads would be empty at first.
_WARM_UP = 200.0
#: The first plate crosses a trigger line so many seconds after the start: every vehicle comes into sight first.
_FIRST = 3.0
_TOWN_SPEED = (26.0, 42.0)  #: km/h past a checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class CityCamera:
    """One camera of a checkpoint."""

    camera_id: str
    view: RoadView
    conditions: Conditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A checkpoint (卡口) of the city."""

    checkpoint_id: str
    name: str
    latitude: float
    longitude: float
    cameras: tuple[CityCamera, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """A one-way road from one checkpoint to the next."""

    start: str  #: checkpoint_id
    end: str  #: checkpoint_id
    metres: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A resident passes a camera."""

    at: float  #: seconds: the plate crosses the trigger line
    checkpoint_id: str
    camera_id: str
    resident: Resident
    lane: int  #: index in the camera's view
    speed_kmh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """Checkpoints, roads and residents. `listed` is driven by the first checkpoint soon after the start."""

    seed: int
    checkpoints: tuple[Checkpoint, ...]
    roads: tuple[Road, ...]
    residents: tuple[Resident, ...]
    listed: Resident
    trips_per_second: float

    @staticmethod
    def demo(seed: int = 1, *, width: int = 1280, height: int = 720, vehicles: int = 1200) -> City:
        """Four checkpoints with a camera each, of which three by day (one in rain) and one by night; about a
        vehicle every three seconds a camera."""
        towards = (Lane(number=2, direction="inbound"), Lane(number=1, direction="inbound"))
        away = (
            Lane(number=1, direction="outbound", approaching=False),
            Lane(number=2, direction="outbound", approaching=False),
        )
        rain, soft = Conditions(rain=True), Conditions(defocus=0.6, jpeg_quality=80)
        sites = (
            ("K01", "青石路望江街口", 29.3512, 104.7640, towards, Conditions()),
            ("K02", "云溪大道盐井桥", 29.3548, 104.7702, towards, rain),
            ("K03", "竹海路北段", 29.3581, 104.7655, away, soft),
            ("K04", "灯会广场东口", 29.3536, 104.7588, towards, Conditions(light=Light.NIGHT)),
        )
        checkpoints = tuple(
            Checkpoint(
                checkpoint_id=key,
                name=name,
                latitude=latitude,
                longitude=longitude,
                cameras=(
                    CityCamera(
                        camera_id=f"{key}-1",
                        view=RoadView(width=width, height=height, lanes=lanes),
                        conditions=conditions,
                    ),
                ),
            )
            for key, name, latitude, longitude, lanes, conditions in sites
        )
        # A ring with two short cuts, in both senses.
        pairs: tuple[tuple[str, str, float], ...] = (
            ("K01", "K02", 310.0),
            ("K02", "K03", 420.0),
            ("K03", "K04", 380.0),
            ("K04", "K01", 290.0),
            ("K01", "K03", 520.0),
            ("K02", "K04", 610.0),
        )
        roads = tuple(
            Road(start=a, end=b, metres=metres) for x, y, metres in pairs for a, b in ((x, y), (y, x))
        )
        people = residents(seed, vehicles)
        listed = next(r for r in people if r.front is not None and r.front.text.startswith("川C"))
        return City(
            seed=seed,
            checkpoints=checkpoints,
            roads=roads,
            residents=people,
            listed=listed,
            trips_per_second=0.62,
        )

    @property
    def cameras(self) -> tuple[CityCamera, ...]:
        """All cameras of all checkpoints."""
        return tuple(camera for checkpoint in self.checkpoints for camera in checkpoint.cameras)

    def visits(self, duration: float) -> tuple[Visit, ...]:
        """Every passage of the first `duration` seconds, in the order of time."""
        return _visits(self, float(duration))

    def scene(self, camera_id: str, duration: float) -> RoadScene:
        """What a camera sees of the city's first `duration` seconds.

        Raises:
            KeyError: the city has no such camera.
        """
        camera = next((c for c in self.cameras if c.camera_id == camera_id), None)
        if camera is None:
            raise KeyError(f"expected one of {[c.camera_id for c in self.cameras]}, got {camera_id!r}")
        vehicles = tuple(
            _vehicle(visit, camera.view) for visit in self.visits(duration) if visit.camera_id == camera_id
        )
        number = self.cameras.index(camera)
        return RoadScene(
            view=camera.view,
            traffic=Traffic(vehicles),
            conditions=camera.conditions,
            seed=self.seed * 100 + number,
        )


def _vehicle(visit: Visit, view: RoadView) -> Vehicle:
    resident = visit.resident
    face = resident.face(approaching=view.lanes[visit.lane].approaching)
    assert face is not None  # `_visits` leaves out those whose plate this camera can't see
    return Vehicle(
        face=face,
        kind=resident.kind,
        paint=resident.paint,
        lane=visit.lane,
        speed_kmh=visit.speed_kmh,
        crosses_at=visit.at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrival:
    """Someone is about to pass a checkpoint."""

    resident: Resident
    checkpoint_id: str
    hops: int  #: further checkpoints to pass after this one
    came_from: str = ""  #: nobody turns round on the spot


class _Lanes:
    """Who passed each lane last: nobody drives through anybody."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, int], Visit] = {}

    def free_at(self, camera_id: str, lane: int) -> float:
        """The earliest time the next plate may cross there."""
        last = self._last.get((camera_id, lane))
        if last is None:
            return float("-inf")
        return last.at + (_HEADWAY_TALL if last.resident.kind in _TALL else _HEADWAY)

    def pass_by(self, visit: Visit) -> Visit:
        """Note a passage; who follows closely goes no faster than the one ahead."""
        last = self._last.get((visit.camera_id, visit.lane))
        if last is not None and visit.at - last.at < 6.0 and visit.speed_kmh > last.speed_kmh:
            visit = Visit(
                at=visit.at,
                checkpoint_id=visit.checkpoint_id,
                camera_id=visit.camera_id,
                resident=visit.resident,
                lane=visit.lane,
                speed_kmh=last.speed_kmh,
            )
        self._last[visit.camera_id, visit.lane] = visit
        return visit


@lru_cache(maxsize=8)
def _visits(city: City, duration: float) -> tuple[Visit, ...]:
    # Planning and driving draw from streams of their own: a longer look must begin like a shorter one.
    rng = random.Random(f"driving {city.seed}")
    by_id = {c.checkpoint_id: c for c in city.checkpoints}
    onward = {key: [r for r in city.roads if r.start == key] for key in by_id}
    lanes, found = _Lanes(), []
    order = 0  # ties in time are broken by the order of planning
    queue: list[tuple[float, int, _Arrival]] = []
    for order, (at, arrival) in enumerate(_trips(city, duration)):
        heapq.heappush(queue, (at, order, arrival))
    while queue:
        at, _, arrival = heapq.heappop(queue)
        if at >= duration:
            break
        checkpoint = by_id[arrival.checkpoint_id]
        camera = rng.choice(checkpoint.cameras)
        lane = min(
            range(len(camera.view.lanes)),
            key=lambda n: (max(at, lanes.free_at(camera.camera_id, n)), rng.random()),
        )
        wait = lanes.free_at(camera.camera_id, lane) - at
        if wait > 0:
            order += 1
            heapq.heappush(queue, (at + wait, order, arrival))
            continue
        seen = arrival.resident.face(approaching=camera.view.lanes[lane].approaching) is not None
        if seen and at >= _FIRST:
            visit = Visit(
                at=at,
                checkpoint_id=checkpoint.checkpoint_id,
                camera_id=camera.camera_id,
                resident=arrival.resident,
                lane=lane,
                speed_kmh=round(rng.uniform(*_TOWN_SPEED), 1),
            )
            found.append(lanes.pass_by(visit))
        roads = [r for r in onward[arrival.checkpoint_id] if r.end != arrival.came_from]
        if arrival.hops and roads:
            road = rng.choice(roads)
            there = at + road.metres / (rng.uniform(*_TOWN_SPEED) / 3.6)
            order += 1
            following = _Arrival(
                resident=arrival.resident,
                checkpoint_id=road.end,
                hops=arrival.hops - 1,
                came_from=arrival.checkpoint_id,
            )
            heapq.heappush(queue, (there, order, following))
    return tuple(found)


def _trips(city: City, duration: float) -> Iterator[tuple[float, _Arrival]]:
    """The first checkpoint of every trip that starts in time. A resident is on one trip at a time."""
    rng = random.Random(f"trips {city.seed}")
    first = city.checkpoints[0].checkpoint_id
    yield 7.0, _Arrival(resident=city.listed, checkpoint_id=first, hops=3)
    free_from = {city.listed.key: 600.0}
    at = -_WARM_UP
    while (at := at + rng.expovariate(city.trips_per_second)) < duration:
        resident = rng.choice(city.residents)
        if free_from.get(resident.key, 0.0) > at:
            continue
        # Four checkpoints at the slowest town speed, and a stop at the end.
        free_from[resident.key] = at + 600.0
        yield (
            at,
            _Arrival(
                resident=resident,
                checkpoint_id=rng.choice(city.checkpoints).checkpoint_id,
                hops=rng.randint(1, 3),
            ),
        )
