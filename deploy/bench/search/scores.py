"""What analyses find of what was planted in a city."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import numpy as np

from central.analysis import Analysis, CloneWishes, ConvoyWishes, Finding
from central.analysis.run import found_by
from central.investigation import Reach, TooMuch
from deploy.bench.search.city import City

#: Days of one question about a convoy.
MONTH = 30


def analysed(city: City, wishes: Analysis, reach: Reach) -> list[Finding]:
    """What the analysis finds, asked as the API asks it."""
    return found_by(wishes, reach, city.ground, city.store)


def _precision_recall(right: int, wrong: int, planted: int) -> tuple[float, float]:
    return right / max(1, right + wrong), right / max(1, planted)


def convoys_found(city: City) -> tuple[float, float]:
    """Every planted leader and as many other vehicles are asked about, month by month; who is reported in any
    month counts once for each."""
    rng = np.random.default_rng(11)
    people, truth = city.movement.people, city.movement.truth
    planted = {c.plates[0]: set(c.plates[1:]) for c in truth.convoys}
    taken = {plate for c in truth.convoys for plate in c.plates}
    local = np.flatnonzero(people.kind <= 3)
    others = [str(people.plates[people.plate[v]]) for v in rng.choice(local, 2 * len(planted), replace=False)]
    others = [plate for plate in others if plate not in taken][: len(planted)]
    right = wrong = 0
    for plate in [*planted, *others]:
        found: set[str] = set()
        for before in range(0, city.movement.days, MONTH):
            reach = city.reach(days=MONTH, last=timedelta(days=before))
            # What is past the question's limits is not found: a vehicle that passes all day long.
            with suppress(TooMuch):
                found |= {f["plate"] for f in analysed(city, ConvoyWishes(plate=plate), reach)}
        right += len(found & planted.get(plate, set()))
        wrong += len(found - planted.get(plate, set()))
    return _precision_recall(right, wrong, sum(map(len, planted.values())))


def clones_found(city: City) -> tuple[float, float]:
    """Of four weeks."""
    planted = {clone.plate for clone in city.movement.truth.clones}
    found = {f["plate"] for f in analysed(city, CloneWishes(), city.reach(days=28))}
    return _precision_recall(len(found & planted), len(found - planted), len(planted))
