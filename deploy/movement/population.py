"""Who drives in the city in movement: vehicles with plates, homes, work, habits."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from deploy.movement.batch import CLASSES, COLOURS
from deploy.movement.network import VARIANTS, RoadNetwork
from proto.plate import LETTERS, PROVINCES, PlateClass, PlateColour

Ints = NDArray[np.int64]
#: Places besides home and work that a vehicle goes to.
FAVOURITES = 4
#: Stops on the round of a delivery vehicle.
STOPS = 9


class Kind(enum.IntEnum):
    """What a vehicle is used for."""

    COMMUTER = 0
    NIGHT_WORKER = 1
    TAXI = 2
    DELIVERY = 3  #: of a fleet: from its depot, the same round every workday
    BUS = 4  #: to and fro on a line
    OCCASIONAL = 5
    THROUGH = 6  #: from a gateway to another, rarely seen again
    VISITOR = 7  #: from a gateway into the city and back


#: Share of each kind among the vehicles, in thousandths. Most vehicles a network knows it hardly ever sees.
SHARES = {
    Kind.COMMUTER: 240,
    Kind.NIGHT_WORKER: 12,
    Kind.TAXI: 14,
    Kind.DELIVERY: 20,
    Kind.BUS: 4,
    Kind.OCCASIONAL: 210,
    Kind.THROUGH: 350,
    Kind.VISITOR: 150,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Population:
    """Vehicle by vehicle; places are junctions."""

    kind: Ints
    home: Ints  #: where it is kept; a depot, a terminus, a gateway
    work: Ints
    places: Ints  #: (vehicles, FAVOURITES)
    stops: Ints  #: (vehicles, STOPS)
    variant: Ints  #: how its driver chooses routes
    pace: NDArray[np.float64]  #: how much longer than others its driver takes, a factor
    leaves: NDArray[np.float64]  #: hour it leaves for work
    returns: NDArray[np.float64]
    plate: Ints  #: which of `plates` it carries; a clone carries another one's
    plates: NDArray[np.str_]
    plate_class: NDArray[np.int8]  #: which of CLASSES
    colour: NDArray[np.int8]  #: which of COLOURS

    def __len__(self) -> int:
        return len(self.kind)

    @cached_property
    def by_text(self) -> tuple[Ints, NDArray[np.str_]]:
        """Numbers of `plates` in the order of their texts, and those texts."""
        order = np.argsort(self.plates, kind="stable")
        return order, self.plates[order]


def build_population(network: RoadNetwork, vehicles: int, seed: int) -> Population:
    """So many vehicles, no two with the same plate."""
    rng = np.random.default_rng([seed, 2])
    inner = network.junctions - network.gateways
    kinds = rng.choice(list(SHARES), vehicles, p=np.array(list(SHARES.values())) / 1000)
    # Some quarters are dense: places are drawn with weights of their own for living and for working.
    living, working = (rng.dirichlet(np.full(inner, 0.7)) for _ in range(2))
    home = rng.choice(inner, vehicles, p=living)
    work = rng.choice(inner, vehicles, p=working)
    outside = np.isin(kinds, (Kind.THROUGH, Kind.VISITOR))
    home[outside] = inner + rng.integers(0, network.gateways, int(outside.sum()))
    through = kinds == Kind.THROUGH
    step = rng.integers(1, network.gateways, vehicles)
    work[through] = inner + (home[through] - inner + step[through]) % network.gateways
    depots, termini = rng.choice(inner, 12), rng.choice(inner, 24)
    deliver, bus = kinds == Kind.DELIVERY, kinds == Kind.BUS
    home[deliver] = rng.choice(depots, int(deliver.sum()))
    line = rng.integers(0, 12, int(bus.sum()))
    home[bus], work[bus] = termini[line], termini[line + 12]
    night = kinds == Kind.NIGHT_WORKER
    leaves = np.where(night, rng.normal(21.5, 0.5, vehicles), rng.normal(7.75, 0.6, vehicles))
    returns = np.where(night, rng.normal(6.0, 0.5, vehicles), rng.normal(17.9, 0.9, vehicles))
    plates, classes, colours = _plates(rng, kinds, outside)
    return Population(
        kind=kinds.astype(np.int64),
        home=home,
        work=work,
        places=rng.choice(inner, (vehicles, FAVOURITES), p=(living + working) / 2),
        stops=rng.choice(inner, (vehicles, STOPS), p=working),
        variant=np.where(bus, 0, rng.integers(0, VARIANTS, vehicles)),
        pace=np.exp(rng.normal(0, 0.08, vehicles)),
        leaves=leaves,
        returns=returns,
        plate=np.arange(vehicles),
        plates=plates,
        plate_class=classes,
        colour=colours,
    )


def _plates(
    rng: np.random.Generator, kinds: Ints, outside: NDArray[np.bool_]
) -> tuple[NDArray[np.str_], NDArray[np.int8], NDArray[np.int8]]:
    """Text, class and colour of each."""
    count = len(kinds)
    green = (rng.random(count) < 0.22) | (kinds == Kind.TAXI)
    large = ~green & (np.isin(kinds, (Kind.BUS, Kind.DELIVERY)) | (outside & (rng.random(count) < 0.15)))
    text = _texts(rng, outside, green)
    while True:
        _, first = np.unique(text, return_index=True)
        again = np.ones(count, dtype=bool)
        again[first] = False
        if not again.any():
            break
        text[again] = _texts(rng, outside[again], green[again])
    named = [
        (PlateClass.SMALL_NEW_ENERGY, PlateColour.GREEN),
        (PlateClass.LARGE_VEHICLE, PlateColour.YELLOW),
        (PlateClass.SMALL_CAR, PlateColour.BLUE),
    ]
    which = np.where(green, 0, np.where(large, 1, 2))
    classes = np.array([CLASSES.index(c) for c, _ in named], dtype=np.int8)[which]
    colours = np.array([COLOURS.index(c) for _, c in named], dtype=np.int8)[which]
    return text, classes, colours


def _texts(rng: np.random.Generator, outside: NDArray[np.bool_], green: NDArray[np.bool_]) -> NDArray[np.str_]:
    count = len(outside)
    letters = np.array([ord(c) for c in LETTERS], dtype=np.uint32)
    provinces = np.array([ord(c) for c in PROVINCES], dtype=np.uint32)
    text = np.zeros((count, 8), dtype=np.uint32)
    far = outside & (rng.random(count) < 0.6)
    near = ~far & (rng.random(count) < np.where(outside, 1.0, 0.1))
    text[:, 0] = np.where(far, rng.choice(provinces, count), ord("川"))
    text[:, 1] = np.where(far | near, rng.choice(letters[:12], count), ord("C"))
    text[:, 2:7] = rng.integers(ord("0"), ord("9") + 1, (count, 5))
    # Up to two letters among the five, as issued; a new-energy plate has one more character and its mark first.
    for place, share in ((2, 0.45), (5, 0.35)):
        put = ~green & (rng.random(count) < share)
        text[put, place] = rng.choice(letters, int(put.sum()))
    marks = np.array([ord(c) for c in "DDDDAF"], dtype=np.uint32)
    text[green, 2] = rng.choice(marks, int(green.sum()))
    text[green, 7] = rng.integers(ord("0"), ord("9") + 1, int(green.sum()))
    found: NDArray[np.str_] = np.ascontiguousarray(text).view("<U8").ravel()
    return found.copy()
