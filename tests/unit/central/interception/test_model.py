"""What the model learns, and how it falls back where it knows little."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from central.checkpoint import Checkpoint
from central.interception import Calendar, Geography, MovementModel, Sighting, forecast, habits_of
from central.interception.model import NOWHERE, Situation
from central.interception.travel_time import bucket_of
from central.ports import StepCount

MONDAY_8 = datetime(2026, 3, 2, 0, tzinfo=UTC)  # eight in China
MONDAY_18 = MONDAY_8 + timedelta(hours=10)
CHECKPOINTS = [
    Checkpoint(checkpoint_id=key, name=key, latitude=29.0 + n * 0.01, longitude=104.0)
    for n, key in enumerate("abcde")
]
CALENDAR = Calendar()


def model(**changes: int) -> MovementModel:
    return MovementModel(
        since=MONDAY_8 - timedelta(days=30),
        calendar=CALENDAR,
        geography=Geography.of(CHECKPOINTS),
        horizon=timedelta(minutes=30),
        **changes,
    )


def steps(
    here: str, then: str, count: int, *, before: str = "", hour: datetime = MONDAY_8, seconds: float = 300
) -> StepCount:
    bucket = bucket_of(seconds) if then else None
    return StepCount(before=before, here=here, direction="", then=then, hour=hour, bucket=bucket, count=count)


def situation(here: str, at: datetime = MONDAY_8, before: str = "") -> Situation:
    return Situation(here=here, slot=CALENDAR.slot(at), before=before)


def test_without_history_the_nearest_are_the_most_probable() -> None:
    found = model().nexts(situation("c"))
    assert sum(found.values()) == pytest.approx(1)
    assert found["b"] == pytest.approx(found["d"], rel=0.01)
    assert found["b"] > found["a"]
    assert model().nexts(situation("unheard of")) == {NOWHERE: 1.0}


def test_history_outweighs_distance() -> None:
    learnt = model()
    learnt.learn([steps("c", "e", 80), steps("c", "", 20)], until=MONDAY_8)
    found = learnt.nexts(situation("c"))
    assert sum(found.values()) == pytest.approx(1)
    assert found["e"] == pytest.approx(0.8, abs=0.03)
    assert found[NOWHERE] == pytest.approx(0.2, abs=0.03)


def test_one_observation_changes_little_many_much() -> None:
    often, once = model(), model()
    for learnt, morning in ((often, 200), (once, 1)):
        learnt.learn(
            [steps("c", "d", 900, hour=MONDAY_18), steps("c", "b", morning, hour=MONDAY_8)], until=MONDAY_18
        )
    assert often.nexts(situation("c"))["b"] > 0.85
    assert once.nexts(situation("c"))["b"] < 0.5


def test_where_it_came_from_tells_where_it_goes() -> None:
    learnt = model()
    learnt.learn([steps("c", "d", 100, before="b"), steps("c", "b", 100, before="d")], until=MONDAY_8)
    assert learnt.nexts(situation("c", before="b"))["d"] > 0.85
    assert learnt.nexts(situation("c", before="d"))["b"] > 0.85


def test_its_own_habits_count_where_it_has_some() -> None:
    learnt = model()
    learnt.learn([steps("c", "d", 500), steps("c", "b", 50)], until=MONDAY_8)
    habits = habits_of([steps("c", "b", 12)], CALENDAR)
    assert learnt.nexts(situation("c"))["b"] < 0.2
    assert learnt.nexts(situation("c"), habits)["b"] > 0.6
    assert sum(learnt.nexts(situation("c"), habits).values()) == pytest.approx(1)


def test_travel_times_are_of_the_hour_where_the_hour_was_seen() -> None:
    learnt = model()
    learnt.learn(
        [
            steps("a", "b", 300, hour=MONDAY_8, seconds=600),
            steps("a", "b", 300, hour=MONDAY_18 + timedelta(hours=6), seconds=120),
        ],
        until=MONDAY_18,
    )
    assert learnt.times("a", "b", CALENDAR.slot(MONDAY_8)).window().p50 == pytest.approx(600, rel=0.1)
    night = CALENDAR.slot(MONDAY_18 + timedelta(hours=6))
    assert learnt.times("a", "b", night).window().p50 == pytest.approx(120, rel=0.1)
    unseen = learnt.times("a", "d", night).window()
    assert unseen.p50 == pytest.approx(3336 * 1.3 / (35 / 3.6), rel=0.05)


def test_memory_is_bounded_and_the_coarse_grain_stays() -> None:
    learnt = model(max_entries=400)
    for n in range(60):
        rows = [steps(f"x{n % 7}", f"y{k}", 1 + k, before=f"z{n}") for k in range(12)]
        learnt.learn(rows, until=MONDAY_8 + timedelta(minutes=n))
    assert learnt.state.entries <= 400
    assert learnt.state.pruned > 0
    assert learnt.seen("x3") > 0
    assert learnt.nexts(situation("x3"))["y11"] > learnt.nexts(situation("x3")).get("y2", 0)


def test_the_state_names_what_was_learnt() -> None:
    learnt = model()
    before = learnt.state.version
    learnt.learn([steps("a", "b", 3)], until=MONDAY_8)
    assert learnt.state.version != before
    assert learnt.state.steps == 3
    with pytest.raises(ValueError, match="expected steps after"):
        learnt.learn([], until=MONDAY_8 - timedelta(hours=1))


class TestForecast:
    def learnt(self) -> MovementModel:
        found = model()
        found.learn(
            [
                steps("a", "b", 90, seconds=120),
                steps("a", "c", 10, seconds=400),
                steps("b", "d", 100, before="a", seconds=200),
                steps("d", "", 100, before="b"),
            ],
            until=MONDAY_8,
        )
        return found

    def test_the_next_and_what_lies_beyond(self) -> None:
        sighting = Sighting(checkpoint_id="a", at=MONDAY_8)
        found = forecast(self.learnt(), sighting, asked_at=MONDAY_8)
        assert [e.checkpoint_id for e in found.next[:2]] == ["b", "c"]
        beyond = next(e for e in found.expected if e.checkpoint_id == "d")
        assert (beyond.hops, beyond.via) == (2, ("b",))
        assert beyond.probability == pytest.approx(0.9, abs=0.06)
        assert found.next[0].p50 - MONDAY_8 == pytest.approx(timedelta(seconds=120), abs=timedelta(seconds=20))
        assert sum(e.probability for e in found.next) + found.nowhere == pytest.approx(1, abs=0.05)
        assert found.network_steps == 100
        assert found.model_version == self.learnt().state.version

    def test_the_longer_nothing_is_seen_the_less_the_near_ones_count(self) -> None:
        sighting = Sighting(checkpoint_id="a", at=MONDAY_8)
        shares = []
        for seconds in (0, 180, 300):
            asked_at = MONDAY_8 + timedelta(seconds=seconds)
            found = {e.checkpoint_id: e for e in forecast(self.learnt(), sighting, asked_at=asked_at).next}
            shares.append(found["b"].probability / found["c"].probability if "b" in found else 0.0)
            assert all(e.p50 >= asked_at for e in found.values())
        assert shares == sorted(shares, reverse=True)
        assert shares[-1] < 1

    def test_past_the_horizon_nothing_is_expected(self) -> None:
        sighting = Sighting(checkpoint_id="a", at=MONDAY_8)
        found = forecast(self.learnt(), sighting, asked_at=MONDAY_8 + timedelta(minutes=31))
        assert (found.expected, found.nowhere) == ((), 1.0)
