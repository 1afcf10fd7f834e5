"""Last sightings in one process are those of a plain model, whatever comes in whatever order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from central.state import SightingColumns
from central.state.limits import StateLimits
from central.state.moments import microseconds, moment_of
from central.state.port import SIGHTINGS_A_PLATE
from central.state.sightings import EmbeddedSightings
from proto.clock import ManualClock
from tests.centre import START

LIMITS = StateLimits(sightings_kept=timedelta(seconds=60), plates=5)
NOW = microseconds(START)
PLATES = [f"川C0000{n}" for n in range(9)]

#: Plate, microseconds since the start, passage, checkpoint.
Row = tuple[str, int, int, str]
rows = st.lists(
    st.tuples(
        st.sampled_from(PLATES),
        st.integers(-70, 20).map(lambda s: s * 500_000) | st.integers(-65_000_000, 5_000_000),
        st.integers(0, 3),
        st.sampled_from(["cp-1", "cp-2", "卡口"]),
    ),
    max_size=12,
)


@dataclass
class Model:
    """What the port says, without any cleverness."""

    found: dict[str, set[tuple[int, int, str]]] = field(default_factory=dict)

    def put(self, batch: list[Row], oldest: int) -> None:
        for plate, at, number, checkpoint in batch:
            if at > oldest:
                of_plate = self.found.get(plate, set()) | {(at, number, checkpoint)}
                self.found[plate] = set(sorted(of_plate)[-SIGHTINGS_A_PLATE:])
        self.found = {plate: of for plate, of in self.found.items() if max(of)[0] > oldest}
        by_age = sorted(self.found, key=lambda plate: (max(self.found[plate])[0], plate))
        for plate in by_age[: max(0, len(by_age) - LIMITS.plates)]:
            del self.found[plate]

    def last(self, plate: str, oldest: int, before: int | None) -> tuple[int, int, str] | None:
        of_plate = self.found.get(plate, set())
        return max((e for e in of_plate if e[0] > oldest and (before is None or e[0] < before)), default=None)


def columns(batch: list[Row]) -> SightingColumns:
    return SightingColumns(
        plates=[plate for plate, *_ in batch],
        captured_at_us=np.array([NOW + at for _, at, *_ in batch], np.int64),
        passage_ids=b"".join(number.to_bytes(16, "big") for *_, number, _ in batch),
        checkpoint=np.arange(len(batch)),
        checkpoints=[checkpoint for *_, checkpoint in batch],
    )


@given(st.lists(st.tuples(rows, st.floats(0, 40), st.integers(-60_000_000, 5_000_000)), max_size=8))
def test_it_answers_as_the_plain_model(rounds: list[tuple[list[Row], float, int]]) -> None:
    clock = ManualClock(START)
    sightings, model = EmbeddedSightings(LIMITS, clock), Model()
    elapsed = 0
    for batch, seconds, before in rounds:
        sightings.put(columns(batch))
        model.put(batch, elapsed - 60_000_000)
        for plate in PLATES:
            for until in (None, before):
                found = sightings.last(plate, before=None if until is None else moment_of(NOW + until))
                expected = model.last(plate, elapsed - 60_000_000, until)
                assert (found is None) == (expected is None)
                if found is not None and expected is not None:
                    # Of two at one moment either may come first.
                    assert microseconds(found.captured_at) == NOW + expected[0]
                    if len({e for e in model.found[plate] if e[0] == expected[0]}) == 1:
                        assert found.passage_id == UUID(int=expected[1])
                        assert found.checkpoint_id == expected[2]
        clock.advance(seconds)
        elapsed = microseconds(clock.now()) - NOW
