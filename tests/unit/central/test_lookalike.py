"""From a plate to the texts that readers make of it, and how likely each read is."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from central.investigation import Reach
from central.lookalike import Candidate, likelihoods, plans_of_reads, ranked, texts_like
from central.store.columns import microseconds
from proto.passage import PlateRead, Position
from proto.plate import ALNUM, PlateClass, PlateColour, confusable_with
from tests.centre import START


def read(text: str, *, confidence: float, beside: dict[int, tuple[str, float]] | None = None) -> PlateRead:
    """A read whose named positions could also be another character."""
    lattice: list[Position] = []
    for at, character in enumerate(text):
        other = (beside or {}).get(at)
        if other is None:
            lattice.append(((character, 0.999),))
        else:
            lattice.append(((character, 1 - other[1]), other))
    return PlateRead(
        text=text,
        plate_class=PlateClass.SMALL_CAR,
        colour=PlateColour.BLUE,
        confidence=confidence,
        lattice=tuple(lattice),
    )


@given(st.text(ALNUM, min_size=5, max_size=6).map(lambda rest: f"川C{rest}"), st.data())
def test_every_single_mistake_is_among_the_texts(plate: str, data: st.DataObject) -> None:
    texts = texts_like(plate)
    assert plate in texts
    at = data.draw(st.integers(0, len(plate) - 1))
    assert plate[:at] + plate[at + 1 :] in texts
    for other in confusable_with(plate[at]):
        assert plate[:at] + other + plate[at + 1 :] in texts
    assert len(texts) < 2000


def test_two_confusable_characters_are_among_them() -> None:
    assert "川CB01B5" in texts_like("川C80185")
    assert "川CB018S" in texts_like("川C80185")


def test_a_read_counts_as_far_as_its_lattice_names_the_plate() -> None:
    plate = "川C12345"
    scores = likelihoods(
        plate,
        [
            read("川C12346", confidence=0.6, beside={6: ("5", 0.38)}),
            read("川C12349", confidence=0.6, beside={6: ("0", 0.38)}),
            read("川C12348", confidence=0.995),
        ],
    )
    assert scores[plate] == 1
    assert scores["川C12346"] > 0.2
    assert scores["川C12349"] < 0.01
    assert scores["川C12348"] == 0


def test_the_likeliest_comes_first_and_the_unlikely_not_at_all() -> None:
    found = [
        Candidate(text=text, passages=n, likelihood=p, first_at=START, last_at=START + timedelta(days=1))
        for text, n, p in (("a", 1, 0.2), ("b", 9, 0.2), ("c", 3, 1.0), ("d", 99, 0.0))
    ]
    assert [c.text for c in ranked(found)] == ["c", "b", "a"]


def test_texts_read_lately_are_asked_about_that_time_only_and_the_others_about_all_of_it() -> None:
    day = timedelta(days=1)
    reach = Reach(checkpoints=None, since=START - 90 * day, until=START)
    last = {
        "川C80185": START,
        "川CB0185": START - day,
        "川C8018S": START - 14 * day,
        "川C8O185": START - 15 * day,
    }
    counts = pa.table(
        {
            "plate": list(last),
            "passages": [1] * len(last),
            "first_us": [microseconds(reach.since)] * len(last),
            "last_us": [microseconds(at) for at in last.values()],
        }
    )
    asked = {
        tuple(plan.parameters["texts"]): plan.parameters["near"]  # type: ignore[arg-type]
        for plan in plans_of_reads("川C80185", counts, reach)
    }
    assert asked == {
        ("川C8018S", "川CB0185"): microseconds(START - 14 * day),
        ("川C8O185",): microseconds(reach.since),
    }
    assert plans_of_reads("川C80185", counts.slice(0, 1), reach) == ()
