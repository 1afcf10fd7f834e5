"""Each analysis' SQL against its definition in plain Python, on small random data, on every engine."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median_low
from typing import Any

import pytest

from central.analysis import (
    BaseWishes,
    CollisionArea,
    CollisionWishes,
    ConvoyWishes,
    DisappearanceWishes,
    FakeWishes,
    FirstSeenWishes,
    FrequentWishes,
    NightWishes,
    SectionSpeedWishes,
    StopoverWishes,
)
from central.analysis.fake import why_not
from central.analysis.work import Ground
from central.investigation import Reach
from central.ports import PassageStore
from proto.clock import ClockQuality
from proto.passage import Passage
from proto.plate import PlateColour
from tests.analyses import analysed
from tests.contract.passage_stores import ENGINES
from tests.passages import START, passage

PLATES = ("川C00001", "川C00002", "川C00003", "川AD12345", "X1", None)
CHECKPOINTS = ("cp-1", "cp-2", "cp-3", "hidden")
#: What may be looked at: not all of what there is.
REACH = Reach(
    checkpoints=frozenset({"cp-1", "cp-2", "cp-3"}),
    since=START + timedelta(hours=6),
    until=START + timedelta(days=6),
)
HOUR = timedelta(hours=1)
GROUND = Ground(utc_offset=timedelta(hours=8))


def some_passages(seed: int) -> list[Passage]:
    """No two at the same time; bursts, so that vehicles meet, and pauses."""
    rng = random.Random(seed)
    found: list[Passage] = []
    at = START
    for number in range(260):
        at += timedelta(seconds=rng.choice((1, 7, 40, 200, 900, 7200, 12_000)), milliseconds=number)
        base, text = passage(number), rng.choice(PLATES)
        assert base.plate is not None
        read = (
            None
            if text is None
            else replace(
                base.plate,
                text=text,
                colour=rng.choice((PlateColour.BLUE, PlateColour.GREEN, PlateColour.UNKNOWN)),
                confidence=rng.choice((0.6, 0.97, 1.0)),
            )
        )
        found.append(
            replace(
                base,
                captured_at=at,
                checkpoint_id=rng.choice(CHECKPOINTS),
                direction=rng.choice(("inbound", "outbound")),
                clock=rng.choice((ClockQuality.SYNCED, ClockQuality.SYNCED, ClockQuality.UNSYNCED)),
                plate=read,
                unread_reason="" if read else "glare",
            )
        )
    return found


def text_of(p: Passage) -> str:
    return p.plate.text if p.plate else ""


def visible(passages: list[Passage]) -> list[Passage]:
    assert REACH.checkpoints is not None
    return [
        p
        for p in passages
        if p.plate and REACH.since <= p.captured_at < REACH.until and p.checkpoint_id in REACH.checkpoints
    ]


def by_plate(passages: list[Passage]) -> dict[str, list[Passage]]:
    found: dict[str, list[Passage]] = defaultdict(list)
    for p in passages:
        found[text_of(p)].append(p)
    return found


@pytest.fixture(scope="module", params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Callable[[Path], PassageStore]:
    return ENGINES[str(request.param)]


@pytest.fixture(scope="module", params=range(3))
def town(
    request: pytest.FixtureRequest,
    engine: Callable[[Path], PassageStore],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[PassageStore, list[Passage]]]:
    made = some_passages(int(request.param))
    store = engine(tmp_path_factory.mktemp("town"))
    store.insert(made)
    yield store, visible(made)
    store.close()


Town = tuple[PassageStore, list[Passage]]


def first_and_last(found: list[Passage]) -> tuple[str, str]:
    times = [p.captured_at for p in found]
    return min(times).isoformat(), max(times).isoformat()


class TestDefinitions:
    @pytest.mark.parametrize("at_least", [None, 1])
    @pytest.mark.parametrize("excluded", [False, True])
    def test_collision(self, town: Town, at_least: int | None, excluded: bool) -> None:
        store, seen = town
        day = timedelta(days=1)
        areas = (
            CollisionArea(checkpoints=("cp-1",), since=START, until=START + day),
            CollisionArea(checkpoints=("cp-2", "cp-3"), since=START + 4 * HOUR, until=START + 2 * day),
            CollisionArea(
                checkpoints=("cp-3", "hidden"),
                since=START + 2 * day,
                until=START + 2 * day + HOUR,
                excluded=excluded,
            ),
        )
        wanted = {}
        for plate, own in by_plate(seen).items():
            there = {
                n
                for n, a in enumerate(areas)
                for p in own
                if p.checkpoint_id in a.checkpoints and a.since <= p.captured_at < a.until
            }
            met = {n for n in there if not areas[n].excluded}
            needed = at_least or sum(not a.excluded for a in areas)
            if len(met) >= needed and met == there:
                wanted[plate] = sorted(met)
        found = analysed(store, CollisionWishes(areas=areas, at_least=at_least), REACH)
        assert {f["plate"]: f["areas"] for f in found} == wanted

    def test_first_seen(self, town: Town) -> None:
        store, seen = town
        for hours in (7, 12, 30):
            since = START + hours * HOUR
            wanted = {
                plate: (len(own), *first_and_last(own))
                for plate, own in by_plate(seen).items()
                if len(own) >= 2 and min(p.captured_at for p in own) >= since
            }
            found = analysed(store, FirstSeenWishes(since=since), REACH)
            assert {f["plate"]: (f["times"], f["first_at"], f["last_at"]) for f in found} == wanted

    def test_night(self, town: Town) -> None:
        store, seen = town
        wishes = NightWishes(begins=20, ends=8, nights=2, share=0.5)
        wanted = {}
        for plate, own in by_plate(seen).items():
            local = [p.captured_at + GROUND.utc_offset for p in own]
            dark = [at for at in local if at.hour >= 20 or at.hour < 8]
            nights = {(at - 8 * HOUR).date() for at in dark}
            if len(nights) >= 2 and len(dark) >= 0.5 * len(local):
                wanted[plate] = (len(nights), len(dark), len(local))
        found = analysed(store, wishes, REACH, GROUND)
        assert {f["plate"]: (f["nights"], f["night_times"], f["times"]) for f in found} == wanted

    def test_base(self, town: Town) -> None:
        store, seen = town
        for plate, own in by_plate(seen).items():
            rests = Counter(
                (a.checkpoint_id, b.checkpoint_id)
                for a, b in pairwise(own)
                if b.captured_at - a.captured_at >= 3 * HOUR
            )
            found = analysed(store, BaseWishes(plate=plate, hours=3), REACH)
            assert {(f["went_in"], f["came_out"]): f["rests"] for f in found} == rests
            assert not found or sum(f["share"] for f in found) == pytest.approx(1, abs=0.01)

    def test_frequent(self, town: Town) -> None:
        store, seen = town
        places = ("cp-1", "cp-3", "hidden")
        wanted = {}
        for plate, own in by_plate([p for p in seen if p.checkpoint_id in places]).items():
            days = {(p.captured_at + GROUND.utc_offset).date() for p in own}
            if len(own) >= 12 and len(days) >= 3:
                wanted[plate] = (len(own), len(days), *first_and_last(own))
        found = analysed(store, FrequentWishes(checkpoints=places, passages=12, days=3), REACH, GROUND)
        assert {f["plate"]: (f["times"], f["days"], f["first_at"], f["last_at"]) for f in found} == wanted

    def test_section_speed(self, town: Town) -> None:
        store, seen = town
        ends = ("cp-1", "cp-2")
        fit = [p for p in seen if p.clock is ClockQuality.SYNCED and p.checkpoint_id in ends]
        wanted = set()
        for plate, own in by_plate(fit).items():
            for a, b in pairwise(own):
                took = (b.captured_at - a.captured_at).total_seconds()
                if (a.checkpoint_id, b.checkpoint_id) == ends and 3.6 * 5000 / took > 66:
                    wanted.add((plate, a.captured_at.isoformat(), round(took, 2)))
        week = replace_until(REACH)
        wishes = SectionSpeedWishes(begins="cp-1", ends="cp-2", metres=5000, limit_kmh=60)
        found = analysed(store, wishes, week)
        assert {(f["plate"], f["first_at"], f["took_s"]) for f in found} == wanted

    def test_stopover(self, town: Town) -> None:
        store, seen = town
        drives: list[tuple[str, datetime, timedelta]] = []
        for plate, own in by_plate(seen).items():
            for a, b in pairwise(own):
                gap = b.captured_at - a.captured_at
                if (a.checkpoint_id, b.checkpoint_id) == ("cp-1", "cp-2") and gap <= 6 * HOUR:
                    drives.append((plate, a.captured_at, gap))
        usual: dict[int, list[timedelta]] = defaultdict(list)
        for _, left, gap in drives:
            usual[left.hour].append(gap)
        wanted = {
            (plate, left.isoformat())
            for plate, left, gap in drives
            if len(usual[left.hour]) >= 3 and gap >= upper_median(usual[left.hour]) + timedelta(minutes=1)
        }
        wishes = StopoverWishes(begins="cp-1", ends="cp-2", minutes=1, horizon_hours=6, drives=3)
        assert {(f["plate"], f["first_at"]) for f in analysed(store, wishes, REACH)} == wanted

    def test_disappearance(self, town: Town) -> None:
        store, seen = town
        wanted = {}
        for plate, own in by_plate(seen).items():
            for number, p in enumerate(own, start=1):
                again = own[number].captured_at if number < len(own) else None
                gone = (again or REACH.until) - p.captured_at
                if p.checkpoint_id in ("cp-2", "cp-3") and number >= 3 and gone >= 2 * HOUR:
                    wanted[plate, p.captured_at.isoformat()] = again.isoformat() if again else None
        wishes = DisappearanceWishes(checkpoints=("cp-2", "cp-3"), hours=2, passages=3)
        found = analysed(store, wishes, REACH)
        assert {(f["plate"], f["lost_at"]): f["again_at"] for f in found} == wanted

    def test_fake(self, town: Town) -> None:
        store, seen = town
        sure = [p for p in seen if p.plate and p.plate.confidence >= 0.95]
        looks: dict[tuple[str, str], list[Passage]] = defaultdict(list)
        for p in sure:
            assert p.plate is not None
            looks[p.plate.text, p.plate.colour].append(p)
        wanted = {
            look: len(own)
            for look, own in looks.items()
            if len(own) >= 3 and len({p.checkpoint_id for p in own}) >= 2 and why_not(*look)
        }
        found = analysed(store, FakeWishes(), REACH)
        assert {(f["plate"], f["colour"]): f["times"] for f in found} == wanted

    def test_meetings_of_a_convoy(self, town: Town) -> None:
        store, seen = town
        own = by_plate(seen)
        for plate, led in own.items():
            wishes = ConvoyWishes(plate=plate, seconds=300, checkpoints=2, strength=0, share=0)
            met = {}
            for other, passed in own.items():
                near: dict[int, datetime] = {}
                for n, p in enumerate(led):
                    times = [
                        q.captured_at
                        for q in passed
                        if (q.checkpoint_id, q.direction) == (p.checkpoint_id, p.direction)
                        and abs(q.captured_at - p.captured_at) <= timedelta(seconds=300)
                    ]
                    if times and other != plate:
                        near[n] = min(times)
                if near:
                    met[other] = near
            assert near_of(store, wishes) == met


def replace_until(reach: Reach) -> Reach:
    return replace(reach, until=reach.since + timedelta(days=5))


def upper_median(gaps: list[timedelta]) -> timedelta:
    """As ClickHouse's quantileExact takes it: of an even number the upper of the two in the middle."""
    return -median_low([-gap for gap in gaps])


def near_of(store: PassageStore, wishes: ConvoyWishes) -> dict[str, dict[int, datetime]]:
    """What the second question of a convoy answers."""
    work = wishes.work(REACH, GROUND)
    plan = work.send(store.answer(next(work)))
    found: dict[str, dict[int, Any]] = defaultdict(dict)
    for row in store.answer(plan).to_pylist():
        found[row["plate"]][row["number"]] = START + timedelta(microseconds=row["at"] - 1767225600_000000)
    return found
