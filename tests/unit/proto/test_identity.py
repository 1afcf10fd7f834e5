"""UUIDv7: time-ordered, and the same for a replay."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto.identity import uuid7

AT = datetime(2026, 3, 1, 12, 30, 45, 678_901, tzinfo=UTC)
milliseconds = st.integers(0, (1 << 47) - 1)


def moment(ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def test_the_layout_is_rfc_9562s() -> None:
    made = uuid7(AT)
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == 1_772_368_245_678


@given(st.integers(0, 10**13), st.text(st.characters(codec="utf-8")))
def test_the_time_can_be_read_back(ms: int, seed: str) -> None:
    made = uuid7(moment(ms), seed=seed)
    assert made.int >> 80 == ms
    assert (made.version, made.variant) == (7, "specified in RFC 4122")


@given(st.lists(st.integers(0, 10**13), min_size=2, unique=True))
def test_they_sort_by_time(times: list[int]) -> None:
    made = [uuid7(moment(ms)) for ms in sorted(times)]
    assert made == sorted(made)


def test_the_same_moment_and_seed_make_the_same_and_others_do_not() -> None:
    assert uuid7(AT, seed="node-1/cam-1/7") == uuid7(AT, seed="node-1/cam-1/7")
    assert uuid7(AT, seed="node-1/cam-1/7") != uuid7(AT, seed="node-1/cam-1/8")
    assert uuid7(AT, seed="x") != uuid7(AT + timedelta(milliseconds=1), seed="x")


def test_without_a_seed_no_two_are_alike() -> None:
    assert len({uuid7(AT) for _ in range(10_000)}) == 10_000


def test_seeds_use_all_the_bits_below_the_time() -> None:
    chance = random.Random(1)
    ones = zeros = 0
    for _ in range(500):
        number = uuid7(AT, seed=str(chance.random())).int
        ones |= number
        zeros |= ~number
    low = (1 << 62) - 1 | 0xFFF << 64  # all but version and variant
    assert ones & low == low
    assert zeros & low == low


@pytest.mark.parametrize(
    ("at", "why"),
    [
        (datetime(2026, 1, 1), "timezone-aware"),  # noqa: DTZ001
        (datetime(1969, 12, 31, tzinfo=UTC), "after 1970"),
    ],
)
def test_moments_that_make_none_are_refused(at: datetime, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        uuid7(at)
