"""The questions of `bukong bench search`: one row each in QUERIES. A new analysis adds its own.

    QUERIES["convoy"] = Query(summary="…", goal_ms=1000, ask=ask_convoy, score=score_convoy)

`ask` puts one question with values drawn from `city.rng`, as the running centre would put it: planner and
store. `score` holds what is found against what was planted (`city.movement.truth`): (precision, recall).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from central.investigation import Limits
from central.lookalike import likelihoods, plan_counts, plan_reads, reads_of
from central.ports import PassageQuery
from deploy.bench.search.city import City

_LIMITS = Limits(seconds=120, rows=1_000_000)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One kind of question."""

    summary: str
    goal_ms: float  #: p95, warm
    ask: Callable[[City], int]  #: returns how many rows came back
    #: Precision and recall; None: nothing was planted to hold it against.
    score: Callable[[City], tuple[float, float]] | None = None
    goal_cold_ms: float | None = None


def _track(city: City) -> int:
    """A vehicle's way over all of the time: one page, newest first."""
    reach = city.reach()
    page = city.store.search(PassageQuery(plate=city.plate(), since=reach.since, until=reach.until, limit=500))
    return len(page.passages)


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
    reads = reads_of(city.store.answer(plan_reads(plate, reach, limits=_LIMITS)))
    likelihoods(plate, reads)
    return int(counts.num_rows)


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


QUERIES: dict[str, Query] = {
    "track": Query(summary="a vehicle's track, 90 days", goal_ms=50, goal_cold_ms=300, ask=_track),
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
    "wildcard_count": Query(summary="川C?12*: all passages counted", goal_ms=300, ask=_wildcard_all),
    "looks_like": Query(summary="texts that a plate may have been read as", goal_ms=1000, ask=_looks_like),
    "checkpoint": Query(summary="an hour of a checkpoint's lane", goal_ms=300, ask=_checkpoint),
}
