"""Who can be where in time: posts on an inner and an outer ring around a vehicle that was seen. Pure.

The *inner ring* (内圈) are the checkpoints that may see it next, the *outer ring* (外圈) those further on the
way out. A post is a checkpoint with a unit that probably arrives before the vehicle; units are given out so
that the plan as a whole catches most: the best pair of checkpoint and unit first, then the best of the rest.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from central.interception.forecast import Expected, Forecast
from central.interception.geography import Geography, metres_between, seconds_by_air
from central.interception.unit import Unit, UnitStatus

#: A unit goes by its sirens, faster than traffic.
UNIT_KMH = 50.0
#: To park across the lane and get out.
SET_UP_S = 60.0
#: A position older than that says nothing about where a unit is.
STALE_AFTER = timedelta(minutes=15)
#: A post that is manned in time less often than that is none.
_WORTH_SENDING = 0.2
_SENT = frozenset({UnitStatus.FREE})


class Ring(enum.StrEnum):
    """How far out a checkpoint lies."""

    INNER = "inner"
    OUTER = "outer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A unit and a checkpoint."""

    unit_id: str
    metres: float  #: straight line
    arrives: datetime  #: ready to stop somebody
    chance: float  #: that it is ready before the vehicle comes, given that the vehicle comes


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A checkpoint where the vehicle is expected, and who can be there."""

    expected: Expected
    ring: Ring
    proposed: Reach | None  #: the unit that should go, None: none can be there in time
    in_time: tuple[Reach, ...]  #: all units that probably can, the surest first


@dataclass(frozen=True, slots=True, kw_only=True)
class InterceptionPlan:
    """A forecast with its posts."""

    forecast: Forecast
    posts: tuple[Post, ...]  #: inner ring first, the most probable first
    units_considered: int
    units_left_out: int  #: not free, engaged, without a position or with an old one

    @property
    def caught(self) -> float:
        """Probability that the vehicle comes to a post of the inner ring that is manned in time."""
        return sum(
            p.expected.probability * p.proposed.chance
            for p in self.posts
            if p.ring is Ring.INNER and p.proposed is not None
        )


def plan(
    forecast: Forecast,
    units: Iterable[Unit],
    geography: Geography,
    *,
    now: datetime,
    inner: int = 5,
    outer: int = 5,
    unit_kmh: float = UNIT_KMH,
) -> InterceptionPlan:
    """At most so many posts a ring; a unit is proposed for one post at most."""
    units = tuple(units)
    ready = [u for u in units if _can_be_sent(u, now)]
    chosen = [(e, Ring.INNER) for e in forecast.expected if e.hops == 1][:inner]
    further = sorted((e for e in forecast.expected if e.hops > 1), key=lambda e: -e.probability)
    chosen += [(e, Ring.OUTER) for e in further[:outer]]
    reaches = {
        expected.checkpoint_id: sorted(
            (r for u in ready if (r := _reach(u, expected, forecast, geography, now, unit_kmh)) is not None),
            key=lambda r: (-r.chance, r.arrives, r.unit_id),
        )
        for expected, _ in chosen
    }
    proposed = _assigned([e for e, _ in chosen], reaches)
    return InterceptionPlan(
        forecast=forecast,
        posts=tuple(
            Post(
                expected=expected,
                ring=ring,
                proposed=proposed.get(expected.checkpoint_id),
                in_time=tuple(r for r in reaches[expected.checkpoint_id] if r.chance >= _WORTH_SENDING),
            )
            for expected, ring in chosen
        ),
        units_considered=len(ready),
        units_left_out=len(units) - len(ready),
    )


def _can_be_sent(unit: Unit, now: datetime) -> bool:
    return (
        unit.status in _SENT
        and unit.engaged is None
        and unit.position is not None
        and now - unit.position.at <= STALE_AFTER
    )


def _reach(
    unit: Unit, expected: Expected, forecast: Forecast, geography: Geography, now: datetime, unit_kmh: float
) -> Reach | None:
    place = geography.places.get(expected.checkpoint_id)
    if place is None or unit.position is None:
        return None
    here = (unit.position.latitude, unit.position.longitude)
    arrives = now + timedelta(seconds=seconds_by_air(here, place, kmh=unit_kmh) + SET_UP_S)
    since_sighting = (arrives - forecast.sighting.at).total_seconds()
    return Reach(
        unit_id=unit.unit_id,
        metres=metres_between(here, place),
        arrives=arrives,
        chance=expected.window.chance_after(since_sighting),
    )


def _assigned(chosen: Iterable[Expected], reaches: dict[str, list[Reach]]) -> dict[str, Reach]:
    """Greedy: the pair that catches most goes first."""
    pairs = sorted(
        (
            (expected.probability * reach.chance, expected.checkpoint_id, reach)
            for expected in chosen
            for reach in reaches[expected.checkpoint_id]
            if reach.chance >= _WORTH_SENDING
        ),
        key=lambda pair: (-pair[0], pair[2].arrives, pair[1], pair[2].unit_id),
    )
    found: dict[str, Reach] = {}
    sent: set[str] = set()
    for _, checkpoint_id, reach in pairs:
        if checkpoint_id not in found and reach.unit_id not in sent:
            found[checkpoint_id] = reach
            sent.add(reach.unit_id)
    return found
