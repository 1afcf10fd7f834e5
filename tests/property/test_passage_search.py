"""The passage store against a list that is searched by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.match import match
from central.ports import Cursor, PassageQuery, PassageStore
from central.watchlist import compile_watchlist
from proto.passage import Passage, WatchlistEntry
from proto.plate import PlateClass, PlateColour
from tests.contract.passage_stores import ENGINES
from tests.passages import START, passage
from tests.strategies import schedules

#: Few of each, so that equal times, plates and identifiers meet.
PLATES = ("川C00001", "川C00002", None)
CHECKPOINTS = ("cp-1", "cp-2")
moments = st.sampled_from([0, 1, 30, 3599, 3600, 86_399, 86_400, 5_000_000]).map(
    lambda seconds: START + timedelta(seconds=seconds)
)


@st.composite
def passages(draw: st.DrawFn) -> Passage:
    text = draw(st.sampled_from(PLATES))
    base = passage(1, unread_reason="" if text else "glare")
    at = draw(moments)
    milliseconds = (at - START) // timedelta(milliseconds=1)
    return replace(
        base,
        # Minted at the time of the passage, as an edge does; the low bits decide between equal times.
        passage_id=UUID(int=(passage(0).passage_id.int & ~((1 << 80) - 1)) + (milliseconds << 80) + draw(_LOW)),
        captured_at=at,
        plate=replace(base.plate, text=text) if base.plate and text else None,
        checkpoint_id=draw(st.sampled_from(CHECKPOINTS)),
    )


_LOW = st.sampled_from([(7 << 76) | (2 << 62) | low for low in (0, 1, 255, 256, 65536)])
queries = st.builds(
    PassageQuery,
    plate=st.sampled_from([None, *(p for p in PLATES if p)]),
    pattern=st.sampled_from([None, "川C0000?", "川C*", "*2", "?C00001"]),
    checkpoints=st.none() | st.frozensets(st.sampled_from(CHECKPOINTS)),
    since=st.none() | moments,
    until=st.none() | moments,
    read=st.none() | st.booleans(),
    limit=st.integers(1, 4),
)


@pytest.fixture(params=sorted(ENGINES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PassageStore]:
    store = ENGINES[request.param](tmp_path)
    yield store
    store.close()


def order(p: Passage) -> tuple[datetime, UUID]:
    return p.captured_at, p.passage_id


def fits(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern.replace("?", ".").replace("*", ".*"), text) is not None


def matching(model: dict[UUID, Passage], query: PassageQuery) -> list[UUID]:
    found = [
        p
        for p in model.values()
        if (query.plate is None or (p.plate is not None and p.plate.text == query.plate))
        and (query.pattern is None or (p.plate is not None and fits(query.pattern, p.plate.text)))
        and (query.checkpoints is None or p.checkpoint_id in query.checkpoints)
        and (query.since is None or p.captured_at >= query.since)
        and (query.until is None or p.captured_at < query.until)
        and (query.read is None or (p.plate is not None) is query.read)
    ]
    return [p.passage_id for p in sorted(found, key=order, reverse=True)]


def all_pages(store: PassageStore, query: PassageQuery) -> list[UUID]:
    found: list[UUID] = []
    after: Cursor | None = None
    while True:
        page = store.search(replace(query, after=after))
        assert len(page.passages) <= query.limit
        found += [p.passage_id for p in page.passages]
        if page.next is None:
            return found
        assert len(page.passages) == query.limit
        after = page.next


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(st.lists(passages(), max_size=6), max_size=3),
    asked=st.lists(queries, min_size=1, max_size=4),
)
def test_every_search_finds_what_a_list_would(
    store: PassageStore, batches: list[list[Passage]], asked: list[PassageQuery]
) -> None:
    store.delete_before(START + timedelta(days=365))  # what the example before this one left
    model: dict[UUID, Passage] = {}
    for batch in batches:
        new = []
        for p in batch:
            if p.passage_id not in model:
                model[p.passage_id] = p
                new.append(p.passage_id)
        assert [p.passage_id for p in store.insert(batch)] == new
    for query in asked:
        expected = matching(model, query)
        assert all_pages(store, query) == expected
        assert store.count(query) == len(expected)
    for passage_id, p in model.items():
        found = store.get(passage_id)
        assert found is not None
        assert found.checkpoint_id == p.checkpoint_id


#: What an order may ask for, over few of each.
entries = st.builds(
    WatchlistEntry,
    order_id=st.just("o"),
    plate=st.sampled_from(["川C00001", "川C?000*", "*0002", "川_%00*", "川C0000?", "川C\\*"]),
    plate_class=st.none()
    | st.sampled_from([PlateClass.SMALL_CAR, PlateClass.LARGE_VEHICLE, PlateClass.UNKNOWN]),
    colour=st.none() | st.sampled_from(PlateColour),
    checkpoints=st.frozensets(st.sampled_from(CHECKPOINTS)),
    directions=st.frozensets(st.sampled_from(["inbound", "outbound"])),
    valid_from=st.none() | moments,
    valid_until=st.none() | moments,
    schedule=st.none() | schedules(("Asia/Shanghai", "Europe/Paris")),
)
reads = st.builds(
    lambda p, text, plate_class, colour, direction: replace(
        p,
        direction=direction,
        plate=None if p.plate is None else replace(p.plate, text=text, plate_class=plate_class, colour=colour),
    ),
    passages(),
    st.sampled_from(["川C00001", "川C00002", "川_%00001", "川C\\0001", "川C0000学", "川C\n001"]),
    st.sampled_from([PlateClass.SMALL_CAR, PlateClass.LARGE_VEHICLE, PlateClass.UNKNOWN]),
    st.sampled_from(PlateColour),
    st.sampled_from(["inbound", "outbound", ""]),
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(reads, max_size=12), st.lists(entries, min_size=1, max_size=4))
def test_what_an_order_would_hit_is_what_the_matcher_hits(
    store: PassageStore, given_: list[Passage], wanted: list[WatchlistEntry]
) -> None:
    store.delete_before(START + timedelta(days=400))
    store.insert(given_)
    there = {p.passage_id: p for p in reversed(given_)}.values()
    for entry in wanted:
        watchlist = compile_watchlist(1, [entry])
        hits = {p.passage_id for p in there if match(p, watchlist, now=START)}
        assert store.count(PassageQuery(entry=entry)) == len(hits)
        assert {p.passage_id for p in store.search(PassageQuery(entry=entry)).passages} == hits
