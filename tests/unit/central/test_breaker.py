"""The circuit breaker: what an engine that is away costs."""

from __future__ import annotations

from central.state.breaker import FAILURES, FIRST_S, LONGEST_S, Breaker
from proto.clock import ManualClock


def opened() -> tuple[Breaker, ManualClock]:
    clock = ManualClock()
    breaker = Breaker(clock)
    for _ in range(FAILURES):
        assert breaker.allows()
        breaker.failed()
    return breaker, clock


def test_single_failures_do_not_open_it() -> None:
    breaker = Breaker(ManualClock())
    for _ in range(5):
        for _ in range(FAILURES - 1):
            assert not breaker.failed()
        assert not breaker.succeeded()
    assert breaker.allows()


def test_failures_in_a_row_open_it_and_it_says_so_once() -> None:
    breaker = Breaker(ManualClock())
    assert [breaker.failed() for _ in range(FAILURES + 2)].count(True) == 1
    assert breaker.open
    assert not breaker.allows()


def test_one_trial_after_a_pause_that_doubles_up_to_a_limit() -> None:
    breaker, clock = opened()
    pauses = []
    for _ in range(8):
        began = clock.elapsed
        while not breaker.allows():
            clock.advance(0.25)
        pauses.append(clock.elapsed - began)
        assert not breaker.allows(), "only one trial"
        breaker.failed()
    assert pauses[0] == FIRST_S
    assert pauses[-1] == LONGEST_S
    assert pauses == sorted(pauses)


def test_a_trial_that_succeeds_closes_it_and_patience_begins_anew() -> None:
    breaker, clock = opened()
    clock.advance(FIRST_S)
    assert breaker.allows()
    assert breaker.succeeded()
    assert breaker.allows()
    for _ in range(FAILURES):
        breaker.failed()
    clock.advance(FIRST_S)
    assert breaker.allows()


def test_a_trial_that_never_ends_is_followed_by_another() -> None:
    breaker, clock = opened()
    clock.advance(FIRST_S)
    assert breaker.allows()
    clock.advance(LONGEST_S)
    assert breaker.allows()
