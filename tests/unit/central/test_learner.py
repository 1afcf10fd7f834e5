"""The learner takes every step once, soon, and survives a store that is away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from prometheus_client import CollectorRegistry

from central.interception import Calendar, Geography, Sighting
from central.learner import SETTLED_AFTER, Learner, LearntMovement
from central.metrics import CentreMetrics
from central.ports import PassageQuery, StepCount, StoreUnavailable
from proto.clock import ManualClock

HORIZON = timedelta(minutes=30)


class CountingStore:
    """Remembers which stretches were asked for; a step a minute from `begins` on."""

    def __init__(self, begins: datetime) -> None:
        self.begins = begins
        self.asked: list[tuple[datetime, datetime]] = []
        self.away = False

    def count(self, query: PassageQuery) -> int:
        assert query.until is not None
        return max(0, int((query.until - self.begins).total_seconds() // 60))

    def steps(self, *, since: datetime, until: datetime, horizon: timedelta) -> tuple[StepCount, ...]:
        if self.away:
            raise StoreUnavailable("away")
        assert horizon == HORIZON
        self.asked.append((since, until))
        minutes = int((until - max(since, self.begins)).total_seconds() // 60)
        if minutes <= 0:
            return ()
        return (StepCount(before="", here="a", direction="", then="b", hour=since, bucket=50, count=minutes),)


def learner(store: CountingStore, clock: ManualClock, learnt: LearntMovement) -> Learner:
    return Learner(
        store,  # type: ignore[arg-type]  # of the port only what the learner uses
        learnt,
        calendar=Calendar(),
        geography=lambda: Geography(places={}),
        horizon=HORIZON,
        history=timedelta(days=4),
        max_entries=100_000,
        every=timedelta(seconds=60),
        clock=clock,
        metrics=CentreMetrics(CollectorRegistry()),
        wait=clock.sleep,
    )


def run(part: Learner, until: Callable[[], bool]) -> None:
    for _ in range(500):
        if until():
            return
        part.step()
    raise AssertionError("it did not get there")


def test_it_catches_up_without_a_gap_and_passes_over_what_is_empty() -> None:
    clock, learnt = ManualClock(), LearntMovement()
    begins = clock.now() - timedelta(hours=5)
    store = CountingStore(begins)
    part = learner(store, clock, learnt)
    run(part, lambda: learnt.state is not None and clock.now() - learnt.state.until <= SETTLED_AFTER)
    assert len(store.asked) <= 26  # three empty days were passed over
    for (_, ended), (began, _) in pairwise(store.asked):
        assert began == ended
    assert learnt.state is not None
    assert learnt.state.steps == pytest.approx(5 * 60, abs=4)


def test_what_is_new_is_learnt_within_minutes() -> None:
    clock, learnt = ManualClock(), LearntMovement()
    part = learner(CountingStore(clock.now() - timedelta(hours=1)), clock, learnt)
    run(part, lambda: learnt.state is not None and clock.now() - learnt.state.until <= SETTLED_AFTER)
    for _ in range(2000):
        part.step()
        assert learnt.state is not None
        assert clock.now() - learnt.state.until <= SETTLED_AFTER + timedelta(seconds=61)


def test_a_day_later_it_learns_anew_beside_the_model_in_use() -> None:
    clock, learnt = ManualClock(), LearntMovement()
    store = CountingStore(clock.now() - timedelta(days=3))
    part = learner(store, clock, learnt)
    run(part, lambda: learnt.state is not None and clock.now() - learnt.state.until <= SETTLED_AFTER)
    first = learnt.state
    assert first is not None
    clock.advance(86_400)
    store.asked.clear()
    part.step()
    assert learnt.state is not None
    assert learnt.state.since == first.since  # the old one answers meanwhile
    run(part, lambda: learnt.state is not None and learnt.state.since > first.since)
    assert learnt.state.since == first.since + timedelta(days=1)


def test_a_store_that_is_away_loses_nothing() -> None:
    clock, learnt = ManualClock(), LearntMovement()
    store = CountingStore(clock.now() - timedelta(hours=3))
    part = learner(store, clock, learnt)
    run(part, lambda: bool(store.asked))
    before = learnt.state
    store.away = True
    with pytest.raises(StoreUnavailable):
        run(part, lambda: False)
    assert learnt.state == before
    store.away = False
    run(part, lambda: learnt.state is not None and clock.now() - learnt.state.until <= SETTLED_AFTER)
    for (_, ended), (began, _) in pairwise(store.asked):
        assert began == ended


def test_before_there_is_a_model_nothing_is_told() -> None:
    now = ManualClock().now()
    with pytest.raises(StoreUnavailable, match="learn"):
        LearntMovement().forecast(Sighting(checkpoint_id="a", at=now), asked_at=now)
    assert LearntMovement().state is None
