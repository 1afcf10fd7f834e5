"""The questions of `bukong bench search`: one row each in QUERIES. A new analysis adds its own.

    QUERIES["convoy"] = Query(summary="…", goal_ms=1000, ask=ask_convoy, score=score_convoy)

`ask` puts one question with values drawn from `city.rng`, as the running centre would put it: planner and
store. `score` holds what is found against what was planted (`city.movement.truth`): (precision, recall).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from central.analysis import (
    Analysis,
    BaseWishes,
    CloneWishes,
    CollisionArea,
    CollisionWishes,
    ConvoyWishes,
    DisappearanceWishes,
    FakeWishes,
    FirstSeenWishes,
    FrequentWishes,
    NightWishes,
    ObscuredWishes,
    SectionSpeedWishes,
    StopoverWishes,
)
from central.investigation import Limits
from central.lookalike import candidates, likelihoods, plan_counts, plans_of_reads, ranked, reads_of
from central.ports import PassageQuery
from deploy.bench.search.city import City
from deploy.bench.search.scores import MONTH, analysed, clones_found, convoys_found

_LIMITS = Limits(seconds=120, rows=1_000_000)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One kind of question."""

    summary: str
    goal_ms: float | None  #: p95, warm; None: none was set
    ask: Callable[[City], int]  #: returns how many rows came back
    #: Precision and recall; None: nothing was planted to hold it against.
    score: Callable[[City], tuple[float, float]] | None = None
    goal_cold_ms: float | None = None


def _track(city: City, limit: int) -> int:
    """A vehicle's way over all of the time: one page, newest first."""
    reach = city.reach()
    query = PassageQuery(plate=city.plate(), since=reach.since, until=reach.until, limit=limit)
    return len(city.store.search(query).passages)


def _wildcard(city: City, pattern: Callable[[str], str]) -> int:
    reach = city.reach()
    query = PassageQuery(pattern=pattern(city.plate()), since=reach.since, until=reach.until, limit=100)
    return len(city.store.search(query).passages)


def _wildcard_all(city: City) -> int:
    """Every passage that fits, counted: no page ends the search early."""
    reach = city.reach()
    plate = city.plate()
    query = PassageQuery(pattern=f"{plate[:2]}?{plate[3:5]}*", since=reach.since, until=reach.until)
    return city.store.count(query)


def _looks_like(city: City) -> int:
    plate, reach = city.plate(), city.reach()
    counts = city.store.answer(plan_counts(plate, reach, limits=_LIMITS))
    plans = plans_of_reads(plate, counts, reach, limits=_LIMITS)
    reads = [read for plan in plans for read in reads_of(city.store.answer(plan))]
    found = ranked(candidates(counts, likelihoods(plate, reads)))
    query = PassageQuery(
        plates=frozenset({plate} | {c.text for c in found}),
        like=plate,
        since=reach.since,
        until=reach.until,
    )
    return len(city.store.search(query).passages)


def _checkpoint(city: City) -> int:
    """What passed a checkpoint in an hour, in one lane and colour."""
    reach = city.reach(days=1 / 24, last=int(city.rng.integers(1, 24 * city.movement.days)) * _HOUR)
    query = PassageQuery(
        checkpoints=frozenset({str(city.rng.choice(city.movement.network.checkpoint_ids))}),
        lanes=frozenset({2}),
        since=reach.since,
        until=reach.until,
        limit=100,
    )
    return len(city.store.search(query).passages)


def _within(city: City, wishes: Analysis, *, days: float) -> int:
    """How many are found in so many days, anywhere in the time."""
    return len(analysed(city, wishes, city.reach(days=days, last=city.moment(days=days))))


def _section(city: City) -> tuple[str, str, float]:
    """Two checkpoints with a road from one to the other, and its metres."""
    net = city.movement.network
    roads = np.flatnonzero((net.checkpoint_of[net.road_start] >= 0) & (net.checkpoint_of[net.road_end] >= 0))
    road = int(city.rng.choice(roads))
    ends = (int(net.checkpoint_of[junction[road]]) for junction in (net.road_start, net.road_end))
    begins, ends_at = (net.checkpoint_ids[end] for end in ends)
    return begins, ends_at, max(100.0, float(net.road_metres[road]))


def _collision(city: City) -> int:
    """Three scenes of five checkpoints, two hours each, within a month."""
    reach = city.reach(days=30, last=city.moment(days=30))
    hours = max(3, int((reach.until - reach.since) / _HOUR) - 2)
    begins = [reach.since + int(city.rng.integers(0, hours)) * _HOUR for _ in range(3)]
    areas = tuple(
        CollisionArea(checkpoints=city.checkpoints(5), since=at, until=at + 2 * _HOUR) for at in begins
    )
    return len(analysed(city, CollisionWishes(areas=areas, at_least=3), reach))


def _first_seen(city: City) -> int:
    """Newcomers of the last day against all of the time before."""
    reach = city.reach()
    return len(analysed(city, FirstSeenWishes(since=reach.until - timedelta(days=1)), reach))


def _section_speed(city: City) -> int:
    begins, ends, metres = _section(city)
    wishes = SectionSpeedWishes(begins=begins, ends=ends, metres=metres, limit_kmh=60)
    return _within(city, wishes, days=1)


def _stopover(city: City) -> int:
    begins, ends, _ = _section(city)
    return _within(city, StopoverWishes(begins=begins, ends=ends), days=1)


QUERIES: dict[str, Query] = {
    "track": Query(
        summary="a vehicle's track, 90 days: the API's page of 100",
        goal_ms=50,
        goal_cold_ms=300,
        ask=lambda city: _track(city, 100),
    ),
    "track_500": Query(summary="its longest page, 500", goal_ms=None, ask=lambda city: _track(city, 500)),
    "wildcard": Query(
        summary="川C?12*: a page, newest first",
        goal_ms=300,
        ask=lambda city: _wildcard(city, lambda p: f"{p[:2]}?{p[3:5]}*"),
    ),
    "wildcard_rare": Query(
        summary="川C?1234: a page, newest first, few passages fit",
        goal_ms=300,
        ask=lambda city: _wildcard(city, lambda p: f"{p[:2]}?{p[3:]}"),
    ),
    "wildcard_unanchored": Query(
        summary="*1234: no prefix to begin with",
        goal_ms=300,
        ask=lambda city: _wildcard(city, lambda p: f"*{p[3:]}"),
    ),
    "wildcard_count": Query(summary="川C?12*: all passages counted", goal_ms=None, ask=_wildcard_all),
    "looks_like": Query(summary="texts that a plate may have been read as", goal_ms=1000, ask=_looks_like),
    "checkpoint": Query(summary="an hour of a checkpoint's lane", goal_ms=None, ask=_checkpoint),
    "convoy": Query(
        summary="who drove with a vehicle, 30 days",
        goal_ms=1000,
        ask=lambda city: _within(city, ConvoyWishes(plate=city.plate()), days=MONTH),
        score=convoys_found,
    ),
    "collision": Query(summary="who was at three scenes, 30 days", goal_ms=2000, ask=_collision),
    "first_seen": Query(summary="newcomers of a day, against 89 days before", goal_ms=2000, ask=_first_seen),
    "clone": Query(
        summary="cloned plates of a day",
        goal_ms=10_000,
        ask=lambda city: _within(city, CloneWishes(), days=1),
        score=clones_found,
    ),
    "fake": Query(
        summary="plates that can't be, of a day",
        goal_ms=None,
        ask=lambda city: _within(city, FakeWishes(), days=1),
    ),
    "obscured": Query(
        summary="vehicles whose plates can't be read, of a day",
        goal_ms=None,
        ask=lambda city: _within(city, ObscuredWishes(), days=1),
    ),
    "night": Query(
        summary="who drives by night only, 7 days",
        goal_ms=None,
        ask=lambda city: _within(city, NightWishes(), days=7),
    ),
    "base": Query(
        summary="where a vehicle rests, 90 days",
        goal_ms=None,
        ask=lambda city: len(analysed(city, BaseWishes(plate=city.plate()), city.reach())),
    ),
    "frequent": Query(
        summary="who keeps passing three checkpoints, 7 days",
        goal_ms=None,
        ask=lambda city: _within(
            city, FrequentWishes(checkpoints=city.checkpoints(3), passages=20, days=4), days=7
        ),
    ),
    "section_speed": Query(summary="who drove a section too fast, a day", goal_ms=None, ask=_section_speed),
    "stopover": Query(summary="who stopped on a section, a day", goal_ms=None, ask=_stopover),
    "disappearance": Query(
        summary="who was lost after two checkpoints, a day",
        goal_ms=None,
        ask=lambda city: _within(city, DisappearanceWishes(checkpoints=city.checkpoints(2)), days=1),
    ),
}
