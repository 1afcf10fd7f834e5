"""What every engine of the shared state must hold to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from central.people import ACCOUNT_THROTTLE, ADDRESS_THROTTLE
from central.state import Raised, Sighting, SightingColumns, State
from central.state.embedded import open_embedded_state
from central.state.moments import microseconds
from central.state.port import SIGHTINGS_A_PLATE
from proto.clock import ManualClock
from proto.identity import uuid7
from proto.passage import Tier
from tests.centre import START, new_clock
from tests.redis import LIMITS, new_prefix, open_state

SECOND = timedelta(seconds=1)
#: A handle on the engine, as each process has one.
Opener = Callable[[], State]


@pytest.fixture
def clock() -> ManualClock:
    return new_clock()


@pytest.fixture(params=["embedded", "redis"])
def another(request: pytest.FixtureRequest, clock: ManualClock) -> Iterator[Opener]:
    """The embedded engine is one process's: its handles are one."""
    opened: list[State] = []
    if request.param == "embedded":
        only = open_embedded_state(LIMITS, clock)
        opened.append(only)
        yield lambda: only
    else:
        url, prefix = request.getfixturevalue("redis_url"), new_prefix()

        def new() -> State:
            opened.append(open_state(url, prefix, clock))
            return opened[-1]

        yield new
    for state in opened:
        state.close()


@pytest.fixture
def state(another: Opener) -> State:
    return another()


def seen(plate: str = "川C12345", *, after: float = 0.0, at: str = "cp-1", seed: str = "") -> Sighting:
    """`after`: seconds from START."""
    moment = START + after * SECOND
    return Sighting(
        plate=plate,
        captured_at=moment,
        passage_id=uuid7(moment, seed=f"{plate}{at}{seed}"),
        checkpoint_id=at,
    )


def seen_all(*sightings: Sighting) -> SightingColumns:
    return SightingColumns(
        plates=[s.plate for s in sightings],
        captured_at_us=np.array([microseconds(s.captured_at) for s in sightings], np.int64),
        passage_ids=b"".join(s.passage_id.bytes for s in sightings),
        checkpoint=np.arange(len(sightings)),
        checkpoints=[s.checkpoint_id for s in sightings],
    )


def test_a_plate_never_seen_has_no_sighting(state: State) -> None:
    assert state.sightings.last("川C12345") is None


def test_the_newest_by_capture_is_the_last_in_whatever_order_they_come(state: State, another: Opener) -> None:
    first, second, third = (seen(after=-n, at=f"卡口-{n}") for n in (30, 20, 10))
    state.sightings.put(seen_all(third))
    another().sightings.put(seen_all(first, second, seen("京A00001", after=-1)))
    assert state.sightings.last("川C12345") == third
    assert state.sightings.last("川C12345", before=third.captured_at) == second
    assert state.sightings.last("川C12345", before=first.captured_at + SECOND) == first
    assert state.sightings.last("川C12345", before=first.captured_at) is None


def test_the_same_passage_again_takes_no_place_of_another(state: State) -> None:
    older, newer = seen(after=-20), seen(after=-10)
    state.sightings.put(seen_all(older))
    for _ in range(2 * SIGHTINGS_A_PLATE):
        state.sightings.put(seen_all(newer, newer))
    assert state.sightings.last("川C12345", before=newer.captured_at) == older


def test_only_the_newest_few_of_a_plate_are_kept(state: State) -> None:
    sightings = [seen(after=-n) for n in range(SIGHTINGS_A_PLATE + 2)]
    state.sightings.put(seen_all(*sightings))
    oldest = sightings[SIGHTINGS_A_PLATE - 1]
    assert state.sightings.last("川C12345", before=oldest.captured_at + SECOND / 2) == oldest
    assert state.sightings.last("川C12345", before=oldest.captured_at) is None


def test_sightings_are_let_go_of_with_age_by_the_time_of_capture(state: State, clock: ManualClock) -> None:
    late = seen(after=-LIMITS.sightings_kept.total_seconds() - 1)
    state.sightings.put(seen_all(late, seen("京A00001")))
    assert state.sightings.last("川C12345") is None
    clock.advance(LIMITS.sightings_kept.total_seconds() - 1)
    assert state.sightings.last("京A00001") is not None
    clock.advance(1)
    assert state.sightings.last("京A00001") is None


def test_of_too_many_plates_those_seen_longest_ago_go(state: State) -> None:
    state.sightings.put(seen_all(*[seen(f"京A{n:05}", after=n - 1000) for n in range(LIMITS.plates)]))
    state.sightings.put(
        seen_all(seen("京A00000", after=0), seen("沪B00001", after=1), seen("沪B00002", after=2))
    )
    gone = [n for n in range(LIMITS.plates) if state.sightings.last(f"京A{n:05}") is None]
    assert gone == [1, 2]


ALERT = Raised(order_id="o-1", plate="川C12345", checkpoint_id="cp-1", tier=Tier.EXACT, captured_at=START)
WINDOW = LIMITS.repeat_window


def test_the_first_alert_is_no_repeat_until_it_is_durable(state: State, another: Opener) -> None:
    assert list(state.repeats.known([ALERT])) == [False]
    assert list(another().repeats.known([ALERT])) == [False]
    state.repeats.remember([ALERT])
    assert list(another().repeats.known([ALERT])) == [True]


@pytest.mark.parametrize(
    ("captured_at", "repeats"),
    [
        (START, True),
        (START + WINDOW - SECOND, True),
        (START - WINDOW + SECOND, True),
        (START + WINDOW, False),
        (START - WINDOW, False),
    ],
)
def test_the_window_is_counted_in_time_of_capture(state: State, captured_at: object, repeats: bool) -> None:
    state.repeats.remember([ALERT])
    assert list(state.repeats.known([replace(ALERT, captured_at=captured_at)])) == [repeats]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "other",
    [
        replace(ALERT, order_id="o-2"),
        replace(ALERT, plate="川C12346"),
        replace(ALERT, checkpoint_id="cp-2"),
        replace(ALERT, tier=Tier.SUSPECTED),
    ],
    ids=["order", "plate", "checkpoint", "tier"],
)
def test_another_order_plate_place_or_tier_is_no_repeat(state: State, other: Raised) -> None:
    state.repeats.remember([ALERT])
    assert list(state.repeats.known([other, ALERT])) == [False, True]


def test_of_several_the_alert_captured_last_is_remembered(state: State) -> None:
    later = replace(ALERT, captured_at=START + 100 * SECOND)
    state.repeats.remember([later])
    state.repeats.remember([ALERT])
    assert list(state.repeats.known([replace(ALERT, captured_at=START + 101 * SECOND)])) == [True]


def test_nothing_asked_is_nothing_answered(state: State) -> None:
    state.sightings.put(seen_all())
    state.repeats.remember([])
    assert list(state.repeats.known([])) == []


def test_an_account_is_locked_after_so_many_failures_whatever_process_they_go_to(
    state: State, another: Opener, clock: ManualClock
) -> None:
    other = another()
    for n in range(ACCOUNT_THROTTLE.failures):
        assert (state, other)[n % 2].throttle.claim("wang", f"10.0.0.{n}") is None
        clock.advance(1)
    last = clock.now() - SECOND
    assert state.throttle.claim("wang", "10.0.1.1") == last + ACCOUNT_THROTTLE.lock
    assert other.throttle.claim("li", "10.0.1.1") is None
    clock.advance(ACCOUNT_THROTTLE.lock.total_seconds() - 1.5)
    assert state.throttle.claim("wang", "10.0.1.1") is not None
    clock.advance(0.5)
    assert state.throttle.claim("wang", "10.0.1.1") is None


def test_an_address_is_locked_whatever_names_are_tried_from_it(state: State) -> None:
    for n in range(ADDRESS_THROTTLE.failures):
        assert state.throttle.claim(f"user{n}", "10.0.0.1") is None
    assert state.throttle.claim("wang", "10.0.0.1") == START + ADDRESS_THROTTLE.lock
    assert state.throttle.claim("wang", "10.0.0.2") is None


def test_who_signs_in_starts_anew_and_so_does_their_address(state: State) -> None:
    for round_ in range(ADDRESS_THROTTLE.failures):
        for _ in range(ACCOUNT_THROTTLE.failures - 1):
            assert state.throttle.claim("wang", "10.0.0.1") is None, round_
        state.throttle.forgive("wang")
    for _ in range(ACCOUNT_THROTTLE.failures):
        assert state.throttle.claim("li", "10.0.0.1") is None
    state.throttle.forgive("wang")
    assert state.throttle.claim("li", "10.0.0.2") is not None


def test_attempts_at_once_count_each(state: State, another: Opener) -> None:
    handles = [state, another()]
    let_through: list[bool] = []

    def tries(handle: State) -> None:
        let_through.extend(handle.throttle.claim("wang", "10.0.0.1") is None for _ in range(10))

    threads = [threading.Thread(target=tries, args=(handle,)) for handle in handles for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(let_through) == ACCOUNT_THROTTLE.failures


def test_a_lease_is_held_by_who_renews_it(state: State) -> None:
    first = state.leases.hold("retention")
    again = state.leases.hold("retention")
    assert first is not None
    assert again is not None
    assert again.token == first.token
    state.leases.release("retention")
    state.leases.release("retention")
    assert state.leases.hold("retention") is not None


def test_all_is_well(state: State) -> None:
    assert state.degraded() is None
