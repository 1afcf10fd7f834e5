"""Matching against what a glob says, one order at a time."""

from __future__ import annotations

import fnmatch
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from central.match import match
from central.watchlist import compile_watchlist
from proto.passage import Passage, Tier, WatchlistEntry
from proto.plate import PlateClass, PlateColour
from tests.passages import START, passage

#: Few characters, so that texts and patterns meet.
texts = st.text("川AB1", min_size=1, max_size=5)
plates = st.text("川AB1?*", min_size=1, max_size=5)


@st.composite
def seen(draw: st.DrawFn) -> Passage:
    given = passage(1)
    assert given.plate is not None
    read = replace(
        given.plate,
        text=draw(texts),
        colour=draw(st.sampled_from(PlateColour)),
        plate_class=draw(st.sampled_from(PlateClass)),
    )
    return replace(
        given,
        plate=read,
        checkpoint_id=draw(st.sampled_from("abc")),
        direction=draw(st.sampled_from(["", "in", "out"])),
    )


entries = st.builds(
    WatchlistEntry,
    order_id=st.uuids().map(str),
    plate=plates,
    colour=st.none() | st.sampled_from(PlateColour),
    checkpoints=st.frozensets(st.sampled_from("abc"), max_size=2),
    directions=st.frozensets(st.sampled_from(["in", "out"]), max_size=1),
    priority=st.integers(1, 4),
)


@given(seen(), st.lists(entries, max_size=12))
def test_a_list_finds_what_its_orders_would_find_one_by_one(p: Passage, orders: list[WatchlistEntry]) -> None:
    together = match(p, compile_watchlist(1, orders), now=START)
    alone = [hit for o in orders for hit in match(p, compile_watchlist(1, [o]), now=START)]
    assert {(h.order_id, h.tier) for h in together} == {(h.order_id, h.tier) for h in alone}
    assert len(together) == len(alone)
    urgency = {o.order_id: o.priority for o in orders}
    assert [urgency[h.order_id] for h in together] == sorted(urgency[h.order_id] for h in together)


@given(texts, plates)
def test_a_plate_fits_as_a_glob_fits(text: str, plate: str) -> None:
    given = passage(1)
    assert given.plate is not None
    p = replace(given, plate=replace(given.plate, text=text))
    found = match(p, compile_watchlist(1, [WatchlistEntry(order_id="o", plate=plate)]), now=START)
    assert bool(found) is fnmatch.fnmatchcase(text, plate)
    for hit in found:
        assert hit.tier is (Tier.PATTERN if "?" in plate or "*" in plate else Tier.EXACT)


@given(seen(), entries)
def test_where_nothing_is_asked_of_it_a_listed_plate_is_always_found(p: Passage, order: WatchlistEntry) -> None:
    assert p.plate is not None
    bare = replace(order, plate=p.plate.text, colour=None, checkpoints=frozenset(), directions=frozenset())
    assert match(p, compile_watchlist(1, [bare]), now=START)
