"""What is planted in the city's movement, and the truth about it: convoys and cloned plates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from deploy.movement.population import Kind, Population
from deploy.movement.traffic import Crossings

Ints = NDArray[np.int64]
#: Days on which a convoy drives together.
_CONVOY_DAYS = (3, 9)
#: Seconds between a convoy's vehicles.
_GAP_S = (6.0, 45.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Convoy:
    """Vehicles that drive together on some days: the followers a little behind the leader."""

    leader: int  #: vehicle
    followers: tuple[int, ...]
    plates: tuple[str, ...]  #: the leader's first
    days: tuple[int, ...]  #: numbers of the days, from 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone:
    """A vehicle that carries another one's plate, all the time."""

    original: int  #: vehicle
    clone: int
    plate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What an analysis ought to find; nothing that is measured may read it."""

    convoys: tuple[Convoy, ...]
    clones: tuple[Clone, ...]

    def following(self, day: int) -> Ints:
        """Vehicles that follow another on that day and make no trips of their own."""
        return np.array([f for c in self.convoys if day in c.days for f in c.followers], dtype=np.int64)


def plant(people: Population, *, convoys: int, clones: int, days: int, seed: int) -> tuple[Population, Truth]:
    """Choose who follows whom, and who carries whose plate.

    Leaders and clones are vehicles that drive a good deal; no vehicle plays two parts.
    """
    rng = np.random.default_rng([seed, 3])
    active = rng.permutation(np.flatnonzero(np.isin(people.kind, (Kind.COMMUTER, Kind.DELIVERY))))
    quiet = rng.permutation(np.flatnonzero(people.kind == Kind.OCCASIONAL))
    wanted = convoys + 2 * clones
    if active.size < wanted or quiet.size < 2 * convoys:
        raise ValueError(
            f"expected vehicles enough for {convoys} convoys and {clones} clones, got {len(people)} in all"
        )
    together = []
    for number in range(convoys):
        leader = int(active[number])
        followers = tuple(int(v) for v in quiet[2 * number : 2 * number + int(rng.integers(1, 3))])
        least, most = (min(n, days) for n in _CONVOY_DAYS)
        on = rng.choice(days, int(rng.integers(least, most + 1)), replace=False)
        together.append(
            Convoy(
                leader=leader,
                followers=followers,
                plates=tuple(str(people.plates[people.plate[v]]) for v in (leader, *followers)),
                days=tuple(sorted(int(d) for d in on)),
            )
        )
    plate, classes, colours = people.plate.copy(), people.plate_class.copy(), people.colour.copy()
    cloned = []
    for original, clone in active[convoys:wanted].reshape(-1, 2).tolist():
        plate[clone] = plate[original]
        classes[clone], colours[clone] = classes[original], colours[original]
        cloned.append(Clone(original=original, clone=clone, plate=str(people.plates[plate[original]])))
    changed = replace(people, plate=plate, plate_class=classes, colour=colours)
    return changed, Truth(convoys=tuple(together), clones=tuple(cloned))


def with_followers(crossings: Crossings, truth: Truth, day: int, rng: np.random.Generator) -> Crossings:
    """The day's crossings and those of whoever follows a leader."""
    pairs = [
        (c.leader, f, place) for c in truth.convoys if day in c.days for place, f in enumerate(c.followers, 1)
    ]
    if not pairs:
        return crossings
    order = np.argsort(crossings.vehicle, kind="stable")
    of = crossings.vehicle[order]
    parts = [crossings]
    for leader, follower, place in pairs:
        low, high = np.searchsorted(of, [leader, leader + 1])
        led = crossings.take(order[low:high])
        gap = rng.uniform(*_GAP_S) * place + rng.normal(0, 2.0, high - low)
        parts.append(
            replace(led, vehicle=np.full(high - low, follower), at=led.at + np.maximum(gap, 1.5 * place))
        )
    return Crossings(
        vehicle=np.concatenate([p.vehicle for p in parts]),
        checkpoint=np.concatenate([p.checkpoint for p in parts]),
        direction=np.concatenate([p.direction for p in parts]),
        speed=np.concatenate([p.speed for p in parts]),
        at=np.concatenate([p.at for p in parts]),
    )
