"""The nodes' form of the watchlist on the wire."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto.background import learn
from proto.passage import WatchlistEntry
from proto.signature import is_signed, sign, verify_key_of
from proto.site_list import (
    Manifest,
    SiteListError,
    bucket_of,
    buckets_for,
    decode_bucket,
    decode_manifest,
    encode_bucket,
    encode_manifest,
    encode_scope,
    root_of,
    seal,
    tag_of,
    unseal,
)
from tests.strategies import watchlist_entries

KEY, OTHER = b"k" * 32, b"o" * 32
MANIFEST = Manifest(
    epoch=2,
    version=41,
    buckets=16,
    orders=3,
    root=b"r" * 32,
    issued_at=datetime(2026, 1, 1, tzinfo=UTC),
    threshold=0.25,
    background=learn({"川C": 900, "川A": 100}),
)


def test_a_tag_tells_nothing_without_the_key_and_is_the_same_with_it() -> None:
    assert tag_of(KEY, "川C12345") == tag_of(KEY, "川C12345")
    assert len({tag_of(KEY, "川C12345"), tag_of(OTHER, "川C12345"), tag_of(KEY, "川C12346")}) == 3


@given(st.lists(watchlist_entries, max_size=6))
def test_a_bucket_comes_back_without_plates_and_orders(entries: list[WatchlistEntry]) -> None:
    rows = [(tag_of(KEY, entry.plate), encode_scope(entry)) for entry in entries]
    data = encode_bucket(3, 2, rows)
    assert encode_bucket(3, 2, reversed(rows)) == data
    found = decode_bucket(data)
    assert (found.number, found.epoch) == (3, 2)
    tags = [found.tags[i : i + 8] for i in range(0, len(found.tags), 8)]
    assert tags == sorted(tag for tag, _ in rows)
    bare = [replace(entry, order_id="", plate="") for entry in entries]
    assert {encode_scope(s) for s in found.scopes} == {encode_scope(b) for b in bare}
    for entry in entries:
        if len(entry.plate) > 2:
            assert entry.plate.encode() not in data


@given(st.binary(max_size=60))
def test_bytes_that_are_none_are_refused_or_read_but_nothing_else(data: bytes) -> None:
    for decode in (decode_bucket, decode_manifest, unseal):
        with contextlib.suppress(SiteListError):
            decode(data)


def test_a_manifest_comes_back_and_its_signature_holds_for_these_bytes_only() -> None:
    secret = b"s" * 32
    data = encode_manifest(MANIFEST)
    assert decode_manifest(data) == MANIFEST
    signed, signature = unseal(seal(data, sign(secret, data)))
    assert is_signed(verify_key_of(secret), signed, signature)
    assert not is_signed(verify_key_of(secret), signed + b"\0", signature)
    assert not is_signed(verify_key_of(OTHER), signed, signature)
    assert not is_signed(b"short", signed, signature)


@pytest.mark.parametrize("buckets", [0, 3, 1 << 14])
def test_an_odd_number_of_buckets_is_refused(buckets: int) -> None:
    with pytest.raises(SiteListError, match="power of two"):
        decode_manifest(encode_manifest(replace(MANIFEST, buckets=buckets)))


@given(st.binary(min_size=8, max_size=8), st.sampled_from([16, 64, 1024]))
def test_a_tag_has_one_bucket_by_its_first_bits(tag: bytes, buckets: int) -> None:
    assert bucket_of(tag, buckets) == int.from_bytes(tag[:4], "big") >> 32 - (buckets.bit_length() - 1)


def test_the_number_of_buckets_follows_the_list_with_patience() -> None:
    assert buckets_for(0) == 16
    assert buckets_for(1_000_000) == 1024
    assert buckets_for(1_000_000, 1024) == 1024
    assert buckets_for(1_100_000, 1024) == 1024
    assert buckets_for(1_000_000, 16) == 1024
    assert buckets_for(10, 1024) == 16
    assert buckets_for(10, 16) == 16


def test_the_root_binds_every_bucket() -> None:
    some = {0: b"a" * 32, 5: b"b" * 32}
    assert root_of(some, 16) == root_of(dict(reversed(some.items())), 16)
    assert len({root_of(some, 16), root_of({0: b"a" * 32}, 16), root_of({0: b"a" * 32, 6: b"b" * 32}, 16)}) == 3
