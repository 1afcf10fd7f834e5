"""What speaks for a convoy and what against it, passage by passage: no store, the answers are given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pyarrow as pa

from central.analysis import ConvoyWishes, Ground
from central.investigation import Reach
from tests.passages import START

DAYS, PLACES = 6, ("cp-1", "cp-2", "cp-3", "cp-4")
REACH = Reach(checkpoints=None, since=START, until=START + timedelta(days=30))
#: Microseconds by which somebody comes later, on a day at the so-manieth place.
Gap = Callable[[int, int], int]
SECOND = 1_000_000


def strengths(**gaps: Gap) -> dict[str, float]:
    """What is found of vehicles that pass with the one asked about, once a day for six days."""
    start = int((START + timedelta(hours=8)).timestamp()) * SECOND
    passed = [(day, number) for day in range(DAYS) for number in range(len(PLACES))]
    times = [start + (86_400 * day + 60 * number) * SECOND for day, number in passed]
    place = [PLACES[number] for _, number in passed]
    led = pa.table({"place": place, "heading": ["in"] * len(passed), "at": times})
    met = [
        (plate, n, times[n] + gap(*passed[n]), place[n])
        for plate, gap in gaps.items()
        for n in range(len(passed))
    ]
    near = pa.table({"plate": [m[0] for m in met], "number": [m[1] for m in met], "at": [m[2] for m in met]})
    habits = near.append_column("place", [[m[3] for m in met]]).append_column("heading", [["in"] * len(met)])
    work = ConvoyWishes(plate="川C00000", strength=0).work(REACH, Ground())
    try:
        next(work)
        for answer in (led, near, habits):
            work.send(answer)
    except StopIteration as end:
        return {found["plate"]: found["strength"] for found in end.value}
    raise AssertionError("expected an end after three answers")


def test_who_keeps_the_distance_is_likelier_a_companion_than_who_drifts() -> None:
    found = strengths(
        keeps=lambda _day, _place: 20 * SECOND,
        drifts=lambda _day, place: (20 + 9 * place) * SECOND,
    )
    assert found["keeps"] > found["drifts"] + 2


def test_who_comes_first_now_and_second_then_is_less_likely_a_companion() -> None:
    found = strengths(
        behind=lambda _day, _place: 20 * SECOND,
        by_turns=lambda day, _place: (20 if day % 2 else -20) * SECOND,
    )
    assert found["behind"] > found["by_turns"] + 3


def test_what_the_order_says_for_a_convoy_is_bounded() -> None:
    """Two who share a way to work keep their order too."""
    found = strengths(
        always=lambda _day, _place: 20 * SECOND,
        but_once=lambda day, _place: (20 if day else -20) * SECOND,
    )
    assert 0 < found["always"] - found["but_once"] < 2
