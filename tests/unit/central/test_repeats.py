"""Which hits raise an alert of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from central.repeats import RepeatFilter
from central.state.embedded import EmbeddedRepeats
from central.state.limits import StateLimits
from proto.passage import Hit, Tier
from tests.centre import START, passage

WINDOW = timedelta(seconds=10)


def hit(after: float = 0.0, *, tier: Tier = Tier.EXACT, at: str = "cp-1") -> Hit:
    moment = START + timedelta(seconds=after)
    return Hit(
        order_id="o-1",
        passage=passage(at=moment, checkpoint_id=at),
        tier=tier,
        score=1.0,
        watchlist_version=1,
        matched_at=moment,
    )


@pytest.fixture
def filter_() -> RepeatFilter:
    return RepeatFilter(EmbeddedRepeats(StateLimits(repeat_window=WINDOW)), WINDOW)


def test_of_hits_that_come_together_the_first_stands_for_the_others(filter_: RepeatFilter) -> None:
    hits = [hit(0), hit(3), hit(9), hit(10), hit(12)]
    assert filter_.first(hits) == [hits[0], hits[3]]


def test_a_hit_that_was_not_raised_after_all_is_first_again(filter_: RepeatFilter) -> None:
    assert filter_.first([hit()]) == [hit()]
    assert filter_.first([hit(1)]) == [hit(1)], "the process died before the first was durable"


def test_after_a_durable_alert_its_repeats_are_left_out(filter_: RepeatFilter) -> None:
    filter_.raised([hit()])
    exact, elsewhere = hit(3, tier=Tier.SUSPECTED), hit(3, at="cp-2")
    assert filter_.first([hit(3), exact, elsewhere, hit(11)]) == [exact, elsewhere, hit(11)]


def test_hits_without_a_plate_are_told_apart_by_their_order(filter_: RepeatFilter) -> None:
    unread = replace(hit(), passage=passage(None))
    filter_.raised([unread])
    assert filter_.first([unread, replace(unread, order_id="o-2")]) == [replace(unread, order_id="o-2")]


def test_no_window_no_repeats() -> None:
    nothing = timedelta(0)
    filter_ = RepeatFilter(EmbeddedRepeats(StateLimits(repeat_window=nothing)), nothing)
    filter_.raised([hit()])
    assert filter_.first([hit(), hit(1)]) == [hit(), hit(1)]
