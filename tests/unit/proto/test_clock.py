"""The injected clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from proto.clock import Clock, ManualClock, SystemClock


def test_the_systems_clock_tells_utc_and_never_goes_back() -> None:
    clock: Clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=10)
    before = clock.monotonic()
    clock.sleep(0.01)
    assert clock.monotonic() - before >= 0.01


def test_a_manual_clock_moves_when_told_and_sleeping_moves_it() -> None:
    clock = ManualClock()
    start, began = clock.now(), clock.monotonic()
    assert clock.now() == start
    clock.advance(1.5)
    clock.sleep(2)
    assert clock.now() - start == timedelta(seconds=3.5)
    assert clock.monotonic() - began == 3.5
