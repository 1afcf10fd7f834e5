"""Which passages an order is for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from central.match import match
from central.watchlist import EMPTY, compile_watchlist
from proto.passage import Passage, PlateRead, Tier, WatchlistEntry
from proto.plate import PlateClass, PlateColour
from tests.passages import START, passage

NOW = START + timedelta(hours=1)
AT = passage(12345).captured_at
TEXT = "川C12345"
C, K = PlateColour, PlateClass


def seen(**changes: object) -> Passage:
    """A passage of 川C12345, with changes to its read."""
    given = passage(12345)
    assert isinstance(given.plate, PlateRead)
    return replace(given, plate=replace(given.plate, **changes))  # type: ignore[arg-type]


def order(plate: str = TEXT, **fields: object) -> WatchlistEntry:
    return WatchlistEntry(**({"order_id": f"order {plate}", "plate": plate} | fields))  # type: ignore[arg-type]


def hits(given: Passage, *entries: WatchlistEntry) -> list[tuple[str, Tier]]:
    found = match(given, compile_watchlist(3, entries), now=NOW)
    return [(hit.order_id, hit.tier) for hit in found]


def test_an_exact_hit_says_what_matched_when_and_by_which_list() -> None:
    (hit,) = match(seen(), compile_watchlist(7, [order()]), now=NOW)
    assert (hit.order_id, hit.passage, hit.tier) == (f"order {TEXT}", seen(), Tier.EXACT)
    assert (hit.score, hit.watchlist_version, hit.matched_at) == (1.0, 7, NOW)


@pytest.mark.parametrize("other", ["川C12346", "川C1234", "川C123456", "川A12345"])
def test_another_text_is_another_vehicle(other: str) -> None:
    assert hits(seen(), order(other)) == []


def test_what_was_not_read_matches_nothing_not_even_everything() -> None:
    assert hits(passage(1, unread_reason="glare"), order("*")) == []


def test_the_empty_list_watches_for_nothing() -> None:
    assert match(seen(), EMPTY, now=NOW) == ()


@pytest.mark.parametrize(
    ("read", "wanted", "expected"),
    [
        pytest.param({}, {}, True, id="the order says nothing"),
        pytest.param({}, {"colour": C.BLUE, "plate_class": K.SMALL_CAR}, True, id="both agree"),
        pytest.param({}, {"colour": C.YELLOW}, False, id="another colour"),
        pytest.param({}, {"plate_class": K.LARGE_VEHICLE}, False, id="another class, its colour seen"),
        pytest.param({"colour": C.UNKNOWN}, {"colour": C.YELLOW}, True, id="colour not seen"),
        pytest.param(
            {"colour": C.UNKNOWN}, {"plate_class": K.LARGE_VEHICLE}, True, id="class told by a colour not seen"
        ),
        pytest.param(
            {"colour": C.UNKNOWN}, {"plate_class": K.POLICE}, False, id="class that the text cannot be"
        ),
        pytest.param({"plate_class": K.UNKNOWN}, {"plate_class": K.POLICE}, True, id="class not known"),
        pytest.param({}, {"colour": C.UNKNOWN, "plate_class": K.UNKNOWN}, True, id="the order does not know"),
        pytest.param({"colour": C.GREEN}, {"colour": C.YELLOW_GREEN}, True, id="greens are alike"),
        pytest.param({"colour": C.YELLOW}, {"colour": C.YELLOW_GREEN}, False, id="yellow is no green"),
    ],
)
def test_class_and_colour(read: dict[str, object], wanted: dict[str, Any], expected: bool) -> None:
    assert bool(hits(seen(**read), order(**wanted))) is expected


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        pytest.param({"checkpoints": frozenset({"cp-1", "cp-2"})}, True, id="here"),
        pytest.param({"checkpoints": frozenset({"cp-2"})}, False, id="elsewhere"),
        pytest.param({"directions": frozenset({"inbound"})}, True, id="this way"),
        pytest.param({"directions": frozenset({"outbound"})}, False, id="the other way"),
        pytest.param({"valid_from": AT}, True, id="from this moment"),
        pytest.param({"valid_from": AT + timedelta(microseconds=1)}, False, id="from just after"),
        pytest.param({"valid_until": AT}, False, id="until this moment"),
        pytest.param({"valid_until": AT + timedelta(microseconds=1)}, True, id="until just after"),
    ],
)
def test_scope(scope: dict[str, Any], expected: bool) -> None:
    assert bool(hits(seen(), order(**scope))) is expected


def test_a_direction_that_is_not_known_rules_nothing_out() -> None:
    assert hits(replace(seen(), direction=""), order(directions=frozenset({"outbound"})))


def test_validity_is_held_against_the_passage_and_not_the_hour_it_is_learnt_of() -> None:
    ended = order(valid_until=AT + timedelta(seconds=1))
    assert match(seen(), compile_watchlist(1, [ended]), now=NOW + timedelta(days=3))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("川C?234?", True),
        ("???????", True),
        ("??????", False),
        ("川C*", True),
        ("*345", True),
        ("川*3*5", True),
        ("*", True),
        ("***", True),
        ("川C12345*", True),
        ("川C12345?", False),
        ("川C1.345", False),
        ("川C[12]*", False),
    ],
)
def test_patterns_fit_the_whole_text_and_only_wildcards_are_special(pattern: str, expected: bool) -> None:
    found = hits(seen(), order(pattern))
    assert found == ([(f"order {pattern}", Tier.PATTERN)] if expected else [])


def test_a_pattern_is_as_sure_as_the_read() -> None:
    (hit,) = match(seen(confidence=0.625), compile_watchlist(1, [order("川C*")]), now=NOW)
    assert hit.score == 0.625


def test_the_most_urgent_order_comes_first_and_each_once() -> None:
    found = hits(
        seen(), order(priority=3), order("川C*", priority=1), order(order_id="b", priority=2), order(priority=3)
    )
    assert found == [("order 川C*", Tier.PATTERN), ("b", Tier.EXACT), (f"order {TEXT}", Tier.EXACT)]


def test_the_second_entry_of_an_order_counts_where_the_first_is_out_of_scope() -> None:
    elsewhere = order(order_id="one", checkpoints=frozenset({"cp-2"}))
    assert hits(seen(), elsewhere, order("川C*", order_id="one")) == [("one", Tier.PATTERN)]


def test_a_watchlist_knows_its_size_and_version() -> None:
    compiled = compile_watchlist(4, [order(), order("川*"), order("???")])
    assert (compiled.version, compiled.size) == (4, 3)


def test_a_pattern_of_many_stars_is_not_slow() -> None:
    long = seen(text="A" * 16)
    assert hits(long, order("*A" * 8 + "*B")) == []
