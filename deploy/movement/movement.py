"""The city in movement, day by day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deploy.movement.batch import Batch
from deploy.movement.calendar import kind_of, midnight_us
from deploy.movement.demand import wishes
from deploy.movement.network import RoadNetwork, build_network
from deploy.movement.planted import Truth, plant, with_followers
from deploy.movement.population import Population, build_population
from deploy.movement.traffic import Congestion, Crossings, Incident, Whereabouts, drive, go_home, slowed
from proto.plate import DIGITS, LETTERS

_DAY_S = 86_400.0
#: Characters that readers take for each other, as pairs.
_CONFUSED = (("8", "B"), ("0", "D"), ("2", "Z"), ("5", "S"), ("1", "T"), ("6", "G"), ("U", "V"), ("H", "K"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What cameras see of what passes."""

    captured: float = 0.97  #: share of the vehicles that make a passage
    unread: float = 0.01  #: share of the passages without a text
    misread: float = 0.015  #: share with one wrong character
    named: float = 0.8  #: share of these whose right character the reader names beside the wrong one


@dataclass(frozen=True, kw_only=True, eq=False)
class Movement:
    """Everything follows from the seed. `batches` is what the network reports; `truth` stays apart."""

    seed: int
    first: date  #: the first local day
    days: int
    holidays: frozenset[date]
    network: RoadNetwork
    people: Population
    truth: Truth
    sight: Sight = field(default_factory=Sight)
    incidents: tuple[Incident, ...] = ()

    @classmethod
    def of(
        cls,
        *,
        seed: int = 1,
        first: date = date(2026, 3, 2),
        days: int = 90,
        vehicles: int = 50_000,
        checkpoints: int = 120,
        convoys: int = 0,
        clones: int = 0,
        holidays: frozenset[date] = frozenset(),
        sight: Sight | None = None,
    ) -> Self:
        """Raises:
        ValueError: too few vehicles for what is to be planted, or a network out of range.
        """
        network = build_network(seed, checkpoints=checkpoints)
        people = build_population(network, vehicles, seed)
        people, truth = plant(people, convoys=convoys, clones=clones, days=days, seed=seed)
        return cls(
            seed=seed,
            first=first,
            days=days,
            holidays=holidays,
            network=network,
            people=people,
            truth=truth,
            sight=sight or Sight(),
        )

    @classmethod
    def sized(
        cls,
        passages: int,
        *,
        seed: int = 1,
        days: int = 90,
        checkpoints: int = 120,
        convoys: int = 0,
        clones: int = 0,
    ) -> Self:
        """With as many vehicles as make about so many passages in all (within some 3 %)."""
        vehicles = cls.vehicles_for(passages, seed, days, checkpoints)
        return cls.of(
            seed=seed, days=days, vehicles=vehicles, checkpoints=checkpoints, convoys=convoys, clones=clones
        )

    @classmethod
    def vehicles_for(cls, passages: int, seed: int, days: int, checkpoints: int) -> int:
        """How many make about so many passages in all (within some 3 %), as a week of 20,000 tells."""
        trial = cls.of(seed=seed, days=7, vehicles=20_000, checkpoints=checkpoints)
        made = sum(len(batch) for batch in trial.batches())
        return round(20_000 * passages * 7 / (made * days))

    def dates(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(self.days)]

    def batches(self) -> Iterator[Batch]:
        """One a local day, oldest first, each and all in the order of time."""
        where = Whereabouts(junction=self.people.home.copy(), free_from=np.zeros(len(self.people)))
        congestion = Congestion()
        late: Crossings | None = None
        for number, day in enumerate(self.dates()):
            rng = np.random.default_rng([self.seed, 4, number])
            kind = kind_of(day, self.holidays)
            plan = wishes(self.people, kind, rng, self.truth.following(number))
            slow = slowed(self.incidents, number, len(self.network.road_start))
            crossings = drive(self.network, self.people, plan, kind, congestion, where, rng, slow)
            crossings = with_followers(crossings, self.truth, number, rng)
            go_home(self.people, where)
            where.next_day()
            if late is not None:
                crossings = _joined(late, crossings)
            today = crossings.at < _DAY_S
            late = crossings.take(~today)
            late = replace(late, at=late.at - _DAY_S)
            yield self._seen(crossings.take(today), day, rng)

    def _seen(self, crossings: Crossings, day: date, rng: np.random.Generator) -> Batch:
        """What the cameras make of it."""
        order = np.argsort(crossings.at, kind="stable")
        crossings = crossings.take(order[rng.random(order.size) < self.sight.captured])
        count = crossings.vehicle.size
        plate = self.people.plate[crossings.vehicle].astype(np.int32)
        second = plate.copy()
        confidence = (
            10_000 - np.minimum(rng.standard_exponential(count, dtype=np.float32) * 150, 5000)
        ).astype(np.uint16)
        fate = rng.random(count, dtype=np.float32)
        wrong = np.flatnonzero(fate < self.sight.misread)
        blank = np.flatnonzero(fate > 1 - self.sight.unread)
        plates = self.people.plates
        if wrong.size:
            misread = _misread(plates[plate[wrong]], rng)
            texts, index = np.unique(misread, return_inverse=True)
            # A misread text may be somebody else's plate: it must still be listed once.
            order, ordered = self.people.by_text
            place = np.minimum(np.searchsorted(ordered, texts), plates.size - 1)
            known = ordered[place] == texts
            number = order[place].astype(np.int32)
            number[~known] = plates.size + np.arange(int((~known).sum()))
            plates = np.concatenate([plates, texts[~known]])
            plate[wrong] = number[index]
            unnamed = wrong[rng.random(wrong.size) > self.sight.named]
            second[unnamed] = plate[unnamed]
            confidence[wrong] = rng.integers(5200, 9300, wrong.size)
        plates = np.concatenate([plates, np.array([""])])
        plate[blank], second[blank], confidence[blank] = plates.size - 1, plates.size - 1, 0
        return Batch(
            plate=plate,
            second=second,
            captured_at=midnight_us(day) + (crossings.at * 1e6).astype(np.int64),
            checkpoint=crossings.checkpoint,
            direction=crossings.direction,
            lane=rng.integers(1, 4, count, dtype=np.int8),
            speed=(crossings.speed * 10).astype(np.uint16),
            confidence=confidence,
            plate_class=self.people.plate_class[crossings.vehicle],
            colour=self.people.colour[crossings.vehicle],
            plates=plates,
        )


def _joined(one: Crossings, other: Crossings) -> Crossings:
    return Crossings(
        vehicle=np.concatenate([one.vehicle, other.vehicle]),
        checkpoint=np.concatenate([one.checkpoint, other.checkpoint]),
        direction=np.concatenate([one.direction, other.direction]),
        speed=np.concatenate([one.speed, other.speed]),
        at=np.concatenate([one.at, other.at]),
    )


def _misread(texts: NDArray[np.str_], rng: np.random.Generator) -> NDArray[np.str_]:
    """Each with one of the five last characters taken for another."""
    characters = np.ascontiguousarray(texts).view(np.uint32).reshape(texts.size, -1).copy()
    place = rng.integers(2, 7, texts.size)
    row = np.arange(texts.size)
    characters[row, place] = _MISTAKEN[characters[row, place]]
    found: NDArray[np.str_] = characters.view(texts.dtype).ravel()
    return found


def _mistakes() -> NDArray[np.uint32]:
    """Character → what it is taken for: its double where it has one, else the next one of its kind."""
    table = np.arange(128, dtype=np.uint32)
    for alphabet in (DIGITS, LETTERS):
        for here, following in zip(alphabet, alphabet[1:] + alphabet[0], strict=True):
            table[ord(here)] = ord(following)
    for one, other in _CONFUSED:
        table[ord(one)], table[ord(other)] = ord(other), ord(one)
    return table


_MISTAKEN = _mistakes()
