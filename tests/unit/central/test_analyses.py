"""What analyses refuse, what chance is made of, and what of a city's movement is found again."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from central.analysis import (
    KINDS,
    BaseWishes,
    CloneWishes,
    CollisionArea,
    CollisionWishes,
    ConvoyWishes,
    FirstSeenWishes,
    Ground,
    InvalidWishes,
    NightWishes,
    SectionSpeedWishes,
)
from central.analysis.fake import why_not
from central.analysis.least_times import LeastTimes
from central.analysis.work import poisson_tail
from central.investigation import Reach, TooMuch
from central.store.chdb import ChdbEngine
from central.store.clickhouse import ClickHousePassages
from deploy.movement import Movement
from deploy.movement.table import to_arrow
from tests.analyses import analysed
from tests.passages import START

DAY = timedelta(days=1)
AREA = CollisionArea(checkpoints=("cp-1",), since=START, until=START + DAY)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ConvoyWishes(plate=""),
        lambda: ConvoyWishes(plate="川C12345", seconds=901),
        lambda: ConvoyWishes(plate="川C12345", strength=math.nan),
        lambda: CollisionWishes(areas=()),
        lambda: CollisionWishes(areas=(AREA,) * 9),
        lambda: CollisionWishes(areas=(replace(AREA, excluded=True),)),
        lambda: CollisionWishes(areas=(AREA, AREA), at_least=3),
        lambda: CollisionArea(checkpoints=(), since=START, until=START + DAY),
        lambda: CollisionArea(checkpoints=("cp-1",), since=START, until=START),
        lambda: FirstSeenWishes(since=datetime(2026, 1, 1)),  # noqa: DTZ001
        lambda: NightWishes(begins=5, ends=5),
        lambda: BaseWishes(plate="川C12345", hours=0),
        lambda: SectionSpeedWishes(begins="a", ends="a", metres=1000, limit_kmh=60),
    ],
)
def test_wishes_that_make_no_sense_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidWishes, match="expected"):
        make()


def test_too_long_a_time_is_refused_before_anything_is_asked() -> None:
    reach = Reach(checkpoints=None, since=START, until=START + 32 * DAY)
    with pytest.raises(TooMuch, match="at most 31 days"):
        next(ConvoyWishes(plate="川C12345").work(reach, Ground()))


def test_every_kind_is_registered_under_its_name() -> None:
    assert len(KINDS) == 12
    assert all(wishes.kind == kind for kind, wishes in KINDS.items())


def test_the_tail_of_poisson() -> None:
    def plainly(count: int, expected: float) -> float:
        below = sum(math.exp(-expected) * expected**n / math.factorial(n) for n in range(count))
        return math.log10(1 - below)

    for count, expected in ((1, 0.2), (3, 0.5), (5, 5.0), (12, 7.5)):
        assert poisson_tail(count, expected) == pytest.approx(plainly(count, expected), abs=1e-6)
    assert poisson_tail(0, 3.0) == 0.0


def test_least_times_go_along_chains_and_else_along_the_straight_line() -> None:
    def road(passed: str, here: str, quick: float) -> dict[str, object]:
        rush = [quick * 2e6 if hour == 8 else 0.0 for hour in range(24)]
        drives = [50 if hour == 8 else 0 for hour in range(24)]
        return {
            "passed": passed,
            "here": here,
            "drives": 100,
            "quick": quick,
            "quick_by_hour": rush,
            "by_hour": drives,
        }

    ground = Ground(places={"a": (29.0, 104.0), "b": (29.0, 104.1), "c": (29.0, 104.2), "far": (30.0, 104.0)})
    times = LeastTimes.of(
        [road("a", "b", 100.0), road("b", "c", 50.0), road("a", "c", 400.0)], ground, limit_kmh=100
    )
    at = {name: n for n, name in enumerate(times.ids)}
    assert times.seconds[at["a"], at["c"]] == 150
    assert times.seconds[at["a"], at["far"]] == pytest.approx(111_195 / (100 / 3.6), rel=0.01)
    assert times.by_hour[8:10] == [2.0, 1.0]


def test_what_a_plate_can_be() -> None:
    assert why_not("川C12345", "green") == "colour"
    assert why_not("川C12345", "blue") == why_not("川AD12345", "green") == why_not("川C12345", "unknown") == ""
    assert why_not("XYZ", "blue") == "form"


City = tuple[Movement, ClickHousePassages]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Four weeks, some 600,000 passages, with companions and cloned plates planted."""
    movement = Movement.of(seed=3, days=28, vehicles=2000, checkpoints=120, convoys=10, clones=20)
    folder: Path = tmp_path_factory.mktemp("city")
    engine = ChdbEngine(folder)
    store = ClickHousePassages(engine)
    for number, batch in enumerate(movement.batches()):
        engine.insert("passages", to_arrow(batch, movement.network, seed=number))
    yield movement, store
    store.close()


def reach_of(movement: Movement) -> Reach:
    first = movement.first
    since = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=8)
    return Reach(checkpoints=None, since=since, until=since + timedelta(days=movement.days))


def ground_of(movement: Movement) -> Ground:
    net = movement.network
    return Ground(
        places={
            name: (float(net.latitude[at]), float(net.longitude[at]))
            for name, at in zip(net.checkpoint_ids, net.checkpoint_junctions, strict=True)
        }
    )


def test_planted_companions_are_found_and_few_others(city: City) -> None:
    movement, store = city
    planted = {plate: set(c.plates[1:]) for c in movement.truth.convoys for plate in c.plates[:1]}
    busy = {plate for c in movement.truth.convoys for plate in c.plates}
    others = random.Random(1).sample([str(p) for p in movement.people.plates[:3000] if p not in busy], 20)
    right = wrong = 0
    for plate in [*planted, *others]:
        found = {f["plate"] for f in analysed(store, ConvoyWishes(plate=plate), reach_of(movement))}
        right += len(found & planted.get(plate, set()))
        wrong += len(found - planted.get(plate, set()))
    assert right >= 0.95 * sum(map(len, planted.values()))
    assert right >= 0.95 * (right + wrong)


def test_planted_clones_are_found_and_few_others(city: City) -> None:
    movement, store = city
    planted = {clone.plate for clone in movement.truth.clones}
    found = {f["plate"] for f in analysed(store, CloneWishes(), reach_of(movement), ground_of(movement))}
    assert len(found & planted) >= 0.95 * len(found)
    assert len(found & planted) >= 0.95 * len(planted)
