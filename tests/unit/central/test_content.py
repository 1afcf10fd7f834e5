"""The digest of a list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from central.content import Content, digest_of
from proto.codec import encode_watchlist_entry
from proto.passage import WatchlistEntry

entries = st.lists(
    st.builds(WatchlistEntry, order_id=st.text("ab", min_size=1, max_size=3), plate=st.text("12", min_size=1)),
    unique_by=lambda e: e.order_id,
    max_size=8,
)


@given(entries)
def test_the_order_of_the_entries_does_not_matter(listed: list[WatchlistEntry]) -> None:
    shuffled = sorted(listed, key=lambda e: e.order_id, reverse=True)
    assert digest_of(shuffled) == digest_of(listed)


@given(entries, entries)
def test_lists_that_differ_have_different_digests(one: list[WatchlistEntry], two: list[WatchlistEntry]) -> None:
    assert (digest_of(one) == digest_of(two)) is (set(one) == set(two))


@given(entries, st.data())
def test_adding_and_removing_leads_where_counting_anew_leads(
    listed: list[WatchlistEntry], data: st.DataObject
) -> None:
    gone = data.draw(st.sets(st.integers(0, max(0, len(listed) - 1))))
    content = Content()
    for entry in listed:
        content.add(encode_watchlist_entry(entry))
    content = Content(content.hex())
    for at in gone:
        if at < len(listed):
            content.remove(encode_watchlist_entry(listed[at]))
    assert content.digest() == digest_of(e for i, e in enumerate(listed) if i not in gone)
