"""Forecasts and placements hold whatever the traffic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from central.flow import AHEAD, Forecaster, Measure, Need, Section, place
from central.flow.counts import DAY
from central.flow.placement import LATE, WINDOW
from central.flow.usual import seeing, usual_of

START = datetime(2026, 3, 2, tzinfo=UTC)
PLACES = "abcd"

needs = st.builds(
    lambda start, end, window, above, routine, chance: Need(
        section=Section(start, end + "'"),
        begins=START + window * WINDOW,
        vehicles=50.0,
        seconds=300.0,
        usual_seconds=200.0,
        free_seconds=100.0,
        above_usual=above,
        routine=routine,
        probability=chance,
    ),
    st.sampled_from(PLACES),
    st.sampled_from(PLACES),
    st.integers(0, 3),
    st.floats(0, 100),
    st.floats(0, 100),
    st.floats(0, 1),
)


@given(st.lists(needs, max_size=20), st.integers(1, 4), st.floats(0, 4000))
def test_no_team_is_in_two_places_and_each_gets_there(found: list[Need], teams: int, seconds: float) -> None:
    posts = place(found, teams=teams, seconds_between=lambda _one, _other: seconds)
    gains = [post.need.gain for post in posts]
    assert gains == sorted(gains, reverse=True)
    assert [post.rank for post in posts] == list(range(1, len(posts) + 1))
    assert {post.team for post in posts} <= set(range(1, teams + 1))
    held = {(post.need.begins, post.checkpoint_id) for post in posts}
    assert len(held) == len(posts)
    for one in posts:
        for other in posts:
            if one is other or one.team != other.team:
                continue
            assert one.need.begins != other.need.begins
            if one.need.begins < other.need.begins and one.checkpoint_id != other.checkpoint_id:
                free = other.need.begins - one.need.begins - WINDOW + LATE
                assert timedelta(seconds=seconds) <= free
    if found:
        assert posts[0].need.gain == max(need.gain for need in found)


@given(st.lists(needs, max_size=20))
def test_one_more_team_gains_no_less(found: list[Need]) -> None:
    gained = [
        sum(p.need.gain for p in place(found, teams=teams, seconds_between=lambda _a, _b: None))
        for teams in range(1, 5)
    ]
    assert gained == sorted(gained)


series = st.integers(0, 2**32 - 1).map(np.random.default_rng)


@settings(max_examples=30)
@given(series, st.floats(0, 1), st.sampled_from(Measure))
def test_a_forecast_lies_in_its_band_and_never_below_nothing(
    rng: np.random.Generator, missing: float, measure: Measure
) -> None:
    observed = rng.poisson(rng.uniform(0, 40), (3, 4 * DAY)).astype(float)
    if measure is Measure.SECONDS:
        observed += 1
    observed[rng.random(observed.shape) < missing] = np.nan
    kinds, learn = np.array([0, 0, 1, 0]), np.array([True, True, True, False])
    usual = usual_of(observed, kinds, learn=learn)
    known = ~np.isnan(usual.p50)
    assert (usual.p10[known] <= usual.p50[known]).all()
    assert (usual.p50[known] <= usual.p90[known]).all()
    now = int(rng.integers(1, 3 * DAY))
    fitted = Forecaster.fit(observed[:, :now], usual.p50[:, :now], measure)
    said = fitted.ahead(observed, usual.p50, now)
    assert said.p50.shape == (3, AHEAD)
    there = ~np.isnan(said.p50)
    assert (there == known[:, now : now + AHEAD]).all()
    assert (said.p10[there] >= 0).all()
    assert (said.p10[there] <= said.p50[there] + 1e-9).all()
    assert (said.p50[there] <= said.p90[there] + 1e-9).all()


@given(series)
def test_a_forecast_does_not_look_at_what_comes(rng: np.random.Generator) -> None:
    observed = rng.poisson(20, (2, 3 * DAY)).astype(float)
    usual = np.full_like(observed, 20.0)
    fitted = Forecaster.fit(observed[:, :DAY], usual[:, :DAY], Measure.VEHICLES)
    now = 2 * DAY
    before = fitted.ahead(observed, usual, now)
    observed[:, now:] = 10_000
    assert (fitted.ahead(observed, usual, now).p50 == before.p50).all()


@given(series, st.floats(0.0, 5.0))
def test_whatever_was_counted_was_seen(rng: np.random.Generator, rate: float) -> None:
    counts = rng.poisson(rate, (2, DAY)).astype(float)
    seen = seeing(counts, np.full_like(counts, rate))
    assert seen[counts > 0].all()
    if rate == 0:
        assert seen.all()


def test_how_far_a_rule_was_off_is_told_section_by_section() -> None:
    quarters = 4 * DAY
    usual = np.full((3, quarters), 20.0)
    as_usual, swinging, unknown = (
        usual[0],
        20.0 + 2.0 * np.resize([1.0, -1.0], quarters),
        np.full(quarters, np.nan),
    )
    learnt = Forecaster.fit(np.array([as_usual, swinging, unknown]), usual, Measure.VEHICLES)
    assert learnt.missed.shape == (3, AHEAD)
    assert (learnt.missed[0] == 0).all()
    assert (np.abs(learnt.missed[1] - 2.0) < 0.5).all()
    assert np.isnan(learnt.missed[2]).all()
