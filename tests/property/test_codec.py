"""Whatever can be said comes through the wire, rounded as the codec says and no further."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto import codec
from proto.codec import DecodeError
from proto.dead_letter import DeadLetter
from proto.passage import Heartbeat, Hit, Lattice, Passage, PlateRead, WatchlistEntry
from tests import strategies

STEP = 1 / 65535


def assert_came_through(sent: Passage, got: Passage) -> None:
    """All but the plate read is exact: the strategies make only what the wire keeps of the rest."""
    assert replace(got, plate=None) == replace(sent, plate=None)
    assert (sent.plate is None) == (got.plate is None)
    if sent.plate is not None and got.plate is not None:
        assert_read(sent.plate, got.plate)


def assert_read(sent: PlateRead, got: PlateRead) -> None:
    assert replace(got, confidence=0, lattice=()) == replace(sent, confidence=0, lattice=())
    assert abs(got.confidence - sent.confidence) <= STEP / 2 + 1e-12
    assert_lattice(sent.lattice, got.lattice)


def assert_lattice(sent: Lattice, got: Lattice) -> None:
    assert len(got) == len(sent)
    for before, after in zip(sent, got, strict=True):
        kept = dict(after)
        # In order, and only what became 0 is left out.
        assert [c for c, _ in before if c in kept] == [c for c, _ in after]
        assert all(p < STEP + 1e-9 for c, p in before if c not in kept)
        for character, probability in before:
            if character in kept:
                # Rounded down, so that the sum stays at most 1.
                assert -1e-9 <= probability - kept[character] < STEP + 1e-9
        assert sum(kept.values()) <= 1 + 1e-9


@given(st.lists(strategies.passages, min_size=1, max_size=4))
def test_passages_come_through(sent: list[Passage]) -> None:
    data = codec.encode_passages(sent)
    got = codec.decode_passages(data)
    assert len(got) == len(sent)
    for one, other in zip(sent, got, strict=True):
        assert_came_through(one, other)
    assert codec.encode_passages(got) == data


@given(strategies.heartbeats)
def test_heartbeats_come_through(sent: Heartbeat) -> None:
    assert codec.decode_heartbeat(codec.encode_heartbeat(sent)) == sent


@given(strategies.watchlist_entries)
def test_watchlist_entries_come_through(sent: WatchlistEntry) -> None:
    data = codec.encode_watchlist_entry(sent)
    assert codec.decode_watchlist_entry(data) == sent
    assert data  # an empty value on the bus would withdraw the order


@given(strategies.hits)
def test_hits_come_through(sent: Hit) -> None:
    got = codec.decode_hit(codec.encode_hit(sent))
    assert_came_through(sent.passage, got.passage)
    assert replace(got, passage=sent.passage) == sent


@given(strategies.dead_letters)
def test_dead_letters_come_through(sent: DeadLetter) -> None:
    assert codec.decode_dead_letter(codec.encode_dead_letter(sent)) == sent


DECODERS: Sequence[Callable[[bytes], Any]] = (
    codec.decode_passages,
    codec.decode_heartbeat,
    codec.decode_watchlist_entry,
    codec.decode_hit,
    codec.decode_dead_letter,
)


def refusal(decode: Callable[[bytes], Any], data: bytes) -> str:
    """Why the bytes were refused; where they were not, what a good refusal would say."""
    try:
        decode(data)
    except DecodeError as error:
        return str(error)
    return "expected a bukong.v1.PassageBatch, got nothing to refuse"


@pytest.mark.parametrize("decode", DECODERS)
@given(data=st.binary(max_size=200))
def test_any_bytes_decode_or_are_refused_by_name(decode: Callable[[bytes], Any], data: bytes) -> None:
    assert refusal(decode, data).startswith("expected a bukong.v1.")


@given(passage=strategies.passages, at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_decodes_or_is_refused_by_name(passage: Passage, at: int, bit: int) -> None:
    data = bytearray(codec.encode_passages([passage]))
    data[at % len(data)] ^= 1 << bit
    assert refusal(codec.decode_passages, bytes(data)).startswith("expected a bukong.v1.PassageBatch, got ")
