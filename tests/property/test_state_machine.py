"""Whatever is done with them, the embedded state and a real Redis answer alike."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from central.state import Raised, Sighting
from central.state.embedded import open_embedded_state
from central.state.limits import StateLimits
from proto.identity import uuid7
from proto.passage import Tier
from tests.centre import START, new_clock
from tests.contract.test_state import seen_all
from tests.redis import new_prefix, open_state

#: So tight that every bound is met.
LIMITS = StateLimits(plates=3, sightings_kept=timedelta(minutes=2), repeat_window=timedelta(seconds=10))
PLATES = ("川C12345", "京A00001", "沪BD00001", "粤Z1234港", "")
seconds = st.integers(min_value=-150, max_value=30)
plates = st.sampled_from(PLATES)
places = st.sampled_from(["cp-1", "卡口-2"])
names = st.sampled_from(["wang", "li", "王"])
addresses = st.sampled_from(["10.0.0.1", "::1"])


def machine(url: str) -> type[RuleBasedStateMachine]:
    class States(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.clock = new_clock()
            self.embedded = open_embedded_state(LIMITS, self.clock)
            self.redis = open_state(url, new_prefix(), self.clock, limits=LIMITS, timeout_s=10)

        def teardown(self) -> None:
            self.redis.close()

        @rule(given=st.lists(st.tuples(plates, seconds, places), max_size=6))
        def put(self, given: list[tuple[str, int, str]]) -> None:
            now = self.clock.now()
            sightings = [
                Sighting(
                    plate=plate,
                    captured_at=now + timedelta(seconds=after),
                    passage_id=uuid7(START, seed=f"{plate}{now + timedelta(seconds=after)}{place}"),
                    checkpoint_id=place,
                )
                for plate, after, place in given
            ]
            self.embedded.sightings.put(seen_all(*sightings))
            self.redis.sightings.put(seen_all(*sightings))

        @rule(plate=plates, after=st.none() | seconds)
        def last(self, plate: str, after: int | None) -> None:
            before = None if after is None else self.clock.now() + timedelta(seconds=after)
            expected = self.embedded.sightings.last(plate, before=before)
            assert self.redis.sightings.last(plate, before=before) == expected

        @rule(order=st.sampled_from(["o-1", "o-2"]), plate=plates, after=seconds)
        def remember(self, order: str, plate: str, after: int) -> None:
            raised = [self._raised(order, plate, after)]
            self.embedded.repeats.remember(raised)
            self.redis.repeats.remember(raised)

        @rule(order=st.sampled_from(["o-1", "o-2"]), plate=plates, after=seconds)
        def known(self, order: str, plate: str, after: int) -> None:
            wanted = [self._raised(order, plate, after)]
            assert list(self.redis.repeats.known(wanted)) == list(self.embedded.repeats.known(wanted))

        @rule(name=names, address=addresses, times=st.integers(min_value=1, max_value=12))
        def claim(self, name: str, address: str, times: int) -> None:
            for _ in range(times):
                expected = self.embedded.throttle.claim(name, address)
                assert self.redis.throttle.claim(name, address) == expected

        @rule(name=names)
        def forgive(self, name: str) -> None:
            self.embedded.throttle.forgive(name)
            self.redis.throttle.forgive(name)

        @rule(seconds=st.sampled_from([0.000_001, 1, 60, 899, 900, 1800]))
        def time_passes(self, seconds: float) -> None:
            self.clock.advance(seconds)

        @invariant()
        def neither_is_degraded(self) -> None:
            assert self.embedded.degraded() is None

        def _raised(self, order: str, plate: str, after: int) -> Raised:
            return Raised(
                order_id=order,
                plate=plate,
                checkpoint_id="cp-1",
                tier=Tier.EXACT,
                captured_at=self.clock.now() + timedelta(seconds=after),
            )

    return States


def test_embedded_and_redis_answer_alike(redis_url: str) -> None:
    run_state_machine_as_test(
        machine(redis_url),
        settings=settings(
            max_examples=int(os.environ.get("BUKONG_EXAMPLES", "60")),
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


pytestmark = pytest.mark.timeout(300)
