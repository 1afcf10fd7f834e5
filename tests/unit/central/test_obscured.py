"""Hidden plates planted on a road are found again, and neither bad cameras nor chance are taken for any."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from central.analysis import ObscuredWishes
from central.investigation import Reach
from central.store.chdb import open_chdb_store
from central.store.clickhouse import ClickHousePassages
from proto.identity import uuid7
from proto.passage import Passage
from tests.analyses import analysed
from tests.passages import START, passage

DAYS = 3
ROAD = [f"cp-{n}" for n in range(8)]
#: Reads four in ten not at all; and one that is in doubt of three in ten.
BAD, DOUBTFUL = "cp-3", "cp-5"
HIDDEN = [START + timedelta(hours=h, minutes=7) for h in (3, 30, 53)]
REACH = Reach(checkpoints=None, since=START, until=START + timedelta(days=DAYS))
WISHES = ObscuredWishes()


class Road:
    """Vehicles that drive from its beginning to its end, two minutes from checkpoint to checkpoint."""

    def __init__(self) -> None:
        self.rng = random.Random(6)
        self.passages: list[Passage] = []

    def see(self, at: datetime, place: str, text: str | None, *, doubt: int | None = None) -> None:
        """`doubt`: the position of a character that the reader is not sure of."""
        number = len(self.passages)
        base = passage(number)
        assert base.plate is not None
        read = None
        if text is not None:
            lattice = [((character, 1.0),) for character in text]
            if doubt is not None:
                lattice[doubt] = ((text[doubt], 0.5), ("X", 0.3))  # type: ignore[assignment]
            confidence = 0.99 if doubt is None else 0.5
            read = replace(base.plate, text=text, lattice=tuple(lattice), confidence=confidence)
        self.passages.append(
            replace(
                base,
                passage_id=uuid7(at, seed=str(number)),
                captured_at=at,
                checkpoint_id=place,
                plate=read,
                unread_reason="" if read else "illegible",
            )
        )

    def drive(self, at: datetime, text: str | None) -> None:
        for place in ROAD:
            at += timedelta(seconds=self.rng.gauss(120, 10))
            unread = self.rng.random() < (0.4 if place == BAD else 0.01)
            unsure = self.rng.random() < (0.3 if place == DOUBTFUL else 0.02)
            doubt = self.rng.randrange(1, 7) if unsure else None
            self.see(at, place, None if unread else text, doubt=doubt)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHousePassages]:
    road = Road()
    for hour in range(24 * DAYS - 1):
        for _ in range(15):
            at = START + timedelta(hours=hour, seconds=road.rng.uniform(0, 3600))
            road.drive(at, f"川C{road.rng.randrange(3000):05}")
    for at in HIDDEN:
        road.drive(at, None)
    # As many unread, and nothing that drives so fast.
    for n, place in enumerate(ROAD):
        road.see(START + timedelta(hours=20, seconds=15 * n), place, None)
    for n, place in enumerate(("cp-0", "cp-2", "cp-6", "cp-7")):
        road.see(START + timedelta(hours=9 * n), place, "川C5555" + "5S8B"[n], doubt=6)
        # The same doubt as often, of a plate that is read well otherwise.
        road.drive(START + timedelta(hours=9 * n + 4), "川C00007")
        road.see(START + timedelta(hours=9 * n, minutes=5), place, "川C00007", doubt=4)
    opened = open_chdb_store(tmp_path_factory.mktemp("road"))
    opened.insert(road.passages)
    yield opened
    opened.close()


def test_vehicles_that_hide_their_plate_are_found_and_nothing_else(store: ClickHousePassages) -> None:
    found = analysed(store, WISHES, REACH)
    unread = [f for f in found if f["why"] == "unread"]
    begun = sorted(datetime.fromisoformat(f["first_at"]) for f in unread)
    assert len(begun) == len(HIDDEN)
    for at, planted in zip(begun, HIDDEN, strict=True):
        assert at - planted < timedelta(minutes=5)
    for each in unread:
        places = [step["checkpoint"] for step in each["steps"]]
        assert places == sorted(places)
        assert BAD not in places
        assert len(places) == each["passages"] >= 5
        assert all(step["unread_share"] < 0.1 for step in each["steps"])


def test_characters_that_are_in_doubt_again_and_again_are_told(store: ClickHousePassages) -> None:
    partial = [f for f in analysed(store, WISHES, REACH) if f["why"] == "partial"]
    assert [(f["text"], f["passages"], f["checkpoints"], f["sure"]) for f in partial] == [("川C5555?", 4, 4, 0)]


def test_a_camera_that_reads_badly_is_evidence_of_nothing(store: ClickHousePassages) -> None:
    # Even where its passages count, they are too many to tell of anybody.
    lax = replace(WISHES, bad=1.0)
    told = [f for f in analysed(store, lax, REACH) if f["why"] == "unread"]
    begun = {datetime.fromisoformat(f["first_at"]).replace(minute=0, second=0, microsecond=0) for f in told}
    assert begun == {at.replace(minute=0) for at in HIDDEN}


def test_what_may_not_be_seen_is_no_step(store: ClickHousePassages) -> None:
    few = replace(REACH, checkpoints=frozenset(ROAD[:2]))
    assert analysed(store, WISHES, few) == []
