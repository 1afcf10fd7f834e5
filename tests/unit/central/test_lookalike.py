"""From a plate to the texts that readers make of it, and how likely each read is."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from central.lookalike import Candidate, likelihoods, ranked, texts_like
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
