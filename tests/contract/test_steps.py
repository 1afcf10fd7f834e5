"""Every passage store counts steps as the definition in `central.interception.steps` does."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from central.interception import step_counts
from central.ports import PassageStore, StepCount
from proto.identity import uuid7
from proto.passage import Passage
from tests.contract.passage_stores import ENGINES
from tests.passages import START, passage

HORIZON = timedelta(minutes=30)


@pytest.fixture(params=sorted(ENGINES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PassageStore]:
    store = ENGINES[request.param](tmp_path)
    yield store
    store.close()


def seen(plate: str, checkpoint_id: str, minutes: float, direction: str = "inbound") -> Passage:
    at = START + timedelta(minutes=minutes)
    whole = passage(1)
    assert whole.plate is not None
    return replace(
        whole,
        passage_id=uuid7(at, seed=f"{plate}/{checkpoint_id}"),
        plate=replace(whole.plate, text=plate),
        checkpoint_id=checkpoint_id,
        direction=direction,
        captured_at=at,
    )


def added_up(counts: tuple[StepCount, ...]) -> Counter[tuple[object, ...]]:
    total: Counter[tuple[object, ...]] = Counter()
    for c in counts:
        total[c.before, c.here, c.direction, c.then, c.hour, c.bucket] += c.count
    return total


def test_a_step_is_what_came_next_and_how_long_it_took(store: PassageStore) -> None:
    store.insert([seen("川C1", "a", 0), seen("川C1", "b", 8, ""), seen("川C2", "b", 9), seen("川C1", "c", 70)])
    found = added_up(store.steps(since=START, until=START + timedelta(hours=2), horizon=HORIZON))
    eight_minutes = 53  # 2^(53/6) = 456 s, 2^(54/6) = 512 s
    assert found == {
        ("", "a", "inbound", "b", START, eight_minutes): 1,
        ("a", "b", "", "", START, None): 1,
        ("", "b", "inbound", "", START, None): 1,
        ("", "c", "inbound", "", START + timedelta(hours=1), None): 1,
    }


def test_an_outcome_counts_once_it_has_come(store: PassageStore) -> None:
    store.insert([seen("川C1", "a", 0), seen("川C1", "b", 20)])

    def counted(since: float, until: float) -> int:
        begin, end = START + timedelta(minutes=since), START + timedelta(minutes=until)
        return sum(c.count for c in store.steps(since=begin, until=end, horizon=HORIZON))

    assert [counted(0, 20), counted(20, 21), counted(21, 50), counted(50, 51)] == [0, 1, 0, 1]


def test_a_second_camera_at_the_same_checkpoint_is_no_step(store: PassageStore) -> None:
    store.insert([seen("川C1", "a", 0), seen("川C1", "a", 0.5), seen("川C1", "a", 10)])
    found = store.steps(since=START, until=START + timedelta(minutes=30), horizon=HORIZON)
    assert [(c.here, c.then, c.count) for c in found] == [("a", "a", 1)]


def test_what_could_not_be_read_is_nobody(store: PassageStore) -> None:
    store.insert([replace(seen("x", c, n), plate=None, unread_reason="glare") for n, c in enumerate("ab")])
    assert store.steps(since=START, until=START + timedelta(days=1), horizon=HORIZON) == ()


@pytest.mark.parametrize("seed", range(4))
def test_stretch_by_stretch_it_is_the_definition(store: PassageStore, seed: int) -> None:
    rng = random.Random(seed)
    tracks = {
        f"川C{n:05d}": sorted(
            (
                seen(
                    f"川C{n:05d}",
                    rng.choice("abcd"),
                    round(rng.uniform(0, 600), rng.choice((0, 3))),
                    rng.choice("io"),
                )
                for _ in range(rng.randint(1, 40))
            ),
            key=lambda p: (p.captured_at, p.passage_id),
        )
        for n in range(12)
    }
    store.insert([p for track in tracks.values() for p in track])
    end = START + timedelta(minutes=700)
    expected: Counter[tuple[object, ...]] = Counter()
    for track in tracks.values():
        expected += added_up(step_counts(list(dict.fromkeys(track)), since=START, until=end, horizon=HORIZON))
    found: Counter[tuple[object, ...]] = Counter()
    cut = [START, *(START + timedelta(minutes=m) for m in sorted(rng.sample(range(1, 700), 5))), end]
    for begin, finish in pairwise(cut):
        found += added_up(store.steps(since=begin, until=finish, horizon=HORIZON))
    assert found == expected
