"""What a store's only writer remembers: never that something is not there although it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from central.columns import Ints
from central.store.recent import RecentIds, minted_us, tails
from proto.identity import uuid7

MINUTE = 60_000_000
START = 1_800_000_000_000_000


class Kept:
    """A store of moments and tails, which counts how often it is read."""

    def __init__(self, moments: Ints) -> None:
        self.moments = moments
        self.tails = moments.astype(np.uint64) * np.uint64(7)
        self.loads = 0

    def count(self, first: int, end: int | None) -> int:
        return len(self._between(first, end))

    def load(self, first: int, end: int | None) -> tuple[Ints, Ints]:
        self.loads += 1
        rows = self._between(first, end)
        return self.moments[rows], self.tails[rows]

    def _between(self, first: int, end: int | None) -> Ints:
        inside = (self.moments >= first) & (self.moments < (end if end is not None else 2**62))
        return np.flatnonzero(inside)


def spread(count: int, minutes: int) -> Ints:
    """Moments in no order, no two the same."""
    return START + np.random.default_rng(1).permutation(
        np.linspace(0, minutes * MINUTE - 1, count, dtype=np.int64)
    )


def test_what_the_store_had_is_known_once_it_is_covered() -> None:
    kept, recent = Kept(spread(5000, 5)), RecentIds()
    assert recent.since_us is None
    assert recent.cover(START, count=kept.count, load=kept.load)
    assert recent.perhaps(kept.moments, kept.tails).all()
    assert not recent.perhaps(kept.moments, kept.tails + np.uint64(1)).any()


def test_what_is_added_is_known_however_it_is_grouped() -> None:
    kept, recent = Kept(spread(20_000, 3)), RecentIds()
    recent.cover(START, count=lambda _first, _end: 0, load=Kept(kept.moments[:0]).load)
    for part in np.array_split(np.arange(20_000), 77):
        assert not recent.perhaps(kept.moments[part], kept.tails[part]).any()
        recent.add(kept.moments[part], kept.tails[part])
    assert recent.perhaps(kept.moments, kept.tails).all()


def test_the_beginning_moves_back_and_reads_no_more_than_it_lacks() -> None:
    kept, recent = Kept(spread(1000, 60)), RecentIds()
    assert recent.cover(START + 50 * MINUTE, count=kept.count, load=kept.load)
    assert recent.cover(START + 45 * MINUTE, count=kept.count, load=kept.load)  # moved back by more than asked
    assert kept.loads == 1
    assert recent.cover(START, count=kept.count, load=kept.load)
    assert kept.loads == 2
    assert recent.perhaps(kept.moments, kept.tails).all()


def test_more_than_it_may_read_is_not_covered() -> None:
    kept, recent = Kept(spread(1000, 5)), RecentIds(back_most=999)
    assert not recent.cover(START, count=kept.count, load=kept.load)
    assert (recent.since_us, kept.loads) == (None, 0)


def test_the_oldest_go_and_are_then_not_claimed_to_be_covered() -> None:
    kept, recent = Kept(spread(10_000, 10)), RecentIds(most=5000)
    recent.cover(START, count=lambda _first, _end: 0, load=Kept(kept.moments[:0]).load)
    recent.add(kept.moments, kept.tails)
    since = recent.since_us
    assert since is not None
    assert START < since < START + 10 * MINUTE
    later = kept.moments >= since
    assert recent.perhaps(kept.moments[later], kept.tails[later]).all()


@pytest.mark.parametrize("version_7", [True, False])
def test_the_moment_in_an_identifier(version_7: bool) -> None:
    at = datetime(2026, 1, 1, 4, 30, 0, 123_000, tzinfo=UTC)
    raw = bytearray(uuid7(at).bytes)
    if not version_7:
        raw[6] = 0x40
    (found,) = minted_us(bytes(raw), np.array([5])).tolist()
    assert found == ((at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) if version_7 else 5)


def test_the_tail_is_the_last_half() -> None:
    assert tails(bytes(range(32))).tolist() == [0x08090A0B0C0D0E0F, 0x18191A1B1C1D1E1F]
