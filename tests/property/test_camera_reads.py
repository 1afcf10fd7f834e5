"""Whatever a camera counts: it is never flagged on too little, and seeing less never clears it."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from central.camera_reads import (
    DAYS,
    FEWEST_DAYS,
    FEWEST_NOW,
    FEWEST_USUAL,
    POINTS,
    CameraDay,
    CameraKey,
    CameraReads,
    against_past,
)
from central.interception.hours import Calendar

CAMERA = CameraKey("cp-a", "cam-1")
NOON = datetime(2026, 3, 31, 4, tzinfo=UTC)
counted = st.integers(0, 1000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
histories = st.dictionaries(st.integers(1, DAYS + 3), counted, max_size=DAYS + 3)


def reads(now: tuple[int, int], history: dict[int, tuple[int, int]]) -> CameraReads:
    rows = [
        CameraDay(camera=CAMERA, days_ago=ago, passages=passages, unread=unread)
        for ago, (passages, unread) in {0: now, **history}.items()
    ]
    return against_past(rows, until=NOON, calendar=Calendar())[CAMERA]


@given(counted, histories)
def test_a_flag_rests_on_enough_and_on_what_is_shown(
    now: tuple[int, int], history: dict[int, tuple[int, int]]
) -> None:
    found = reads(now, history)
    assert found.days == sum(1 for ago, (n, _) in history.items() if n and ago <= DAYS)
    if found.rate_fell:
        assert found.passages >= FEWEST_NOW
        assert found.days >= FEWEST_DAYS
        assert found.read_rate is not None
        assert found.usual_read_rate is not None
        assert found.usual_read_rate - found.read_rate >= POINTS
    if found.passages_fell:
        assert found.usual_passages is not None
        assert found.usual_passages >= FEWEST_USUAL
        assert found.passages < found.usual_passages / 2


@given(counted, histories, st.integers(0, 1000))
def test_reading_still_less_is_no_recovery(
    now: tuple[int, int], history: dict[int, tuple[int, int]], more_unread: int
) -> None:
    passages, unread = now
    if reads(now, history).rate_fell:
        assert reads((passages, min(passages, unread + more_unread)), history).rate_fell
    if reads(now, history).passages_fell:
        assert reads((max(0, passages - more_unread), 0), history).passages_fell


@given(counted.filter(lambda of: of[0] > 0))
def test_who_does_as_every_day_has_not_fallen(now: tuple[int, int]) -> None:
    assert not reads(now, dict.fromkeys(range(1, DAYS + 1), now)).fell
