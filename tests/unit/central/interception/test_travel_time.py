"""Histograms of travel times and what is read off them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.interception.travel_time import TravelTimes, Window, begin_of, bucket_of


@given(st.floats(1, 1e5))
def test_a_time_lies_in_its_bucket(seconds: float) -> None:
    bucket = bucket_of(seconds)
    assert begin_of(bucket) * (1 - 1e-9) <= seconds < begin_of(bucket + 1) * (1 + 1e-9)


def test_less_than_a_second_counts_as_one() -> None:
    assert bucket_of(0.0) == bucket_of(1.0) == 0


@given(st.dictionaries(st.integers(20, 60), st.integers(1, 50), min_size=1), st.floats(0, 2000))
def test_quantiles_are_in_order_and_after_the_time_that_has_passed(
    counts: dict[int, int], after: float
) -> None:
    times = TravelTimes({bucket: float(count) for bucket, count in counts.items()})
    window = times.window(after=after)
    assert after <= window.p50 <= window.p90
    assert 0 <= times.later_than(after) <= 1 + 1e-9


def test_the_median_halves_what_was_counted() -> None:
    times = TravelTimes({40: 50, 44: 50})
    assert times.window().p50 == pytest.approx(begin_of(41))
    assert begin_of(44) < times.window().p90 < begin_of(45)
    assert times.later_than(begin_of(42)) == pytest.approx(0.5)


def test_what_is_assumed_gives_way_to_what_was_seen() -> None:
    assumed = TravelTimes.around(600, spread=0.5)
    assert assumed.window().p50 == pytest.approx(600, rel=0.03)
    seen = {bucket_of(200): 3}
    few, many = (assumed.updated({b: n * k for b, n in seen.items()}, strength=10) for k in (1, 100))
    assert 600 > few.window().p50 > many.window().p50
    assert many.window().p50 == pytest.approx(200, rel=0.1)


def test_a_vehicle_later_than_ever_seen_may_come_any_moment() -> None:
    window = TravelTimes({30: 1}).window(after=4000)
    assert 4000 < window.p50 <= window.p90 < 4300


def test_chances_follow_the_window() -> None:
    window = Window(p50=300, p90=450)
    assert window.chance_after(0) == 1
    assert window.chance_after(300) == pytest.approx(0.5)
    assert window.chance_after(450) == pytest.approx(0.1)
    further = window.then(Window(p50=100, p90=200))
    assert further.p50 == 400
    assert 550 < further.p90 < 650
