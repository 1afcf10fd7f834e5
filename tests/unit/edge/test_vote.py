"""The vote: what it must get right, and that it beats the simpler ways on simulated noise."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import pytest

from edge.frame import PlateReading
from edge.lattice import align
from edge.vote import MAX_LOOKS, Vote, support
from proto.plate import ALNUM, LETTERS, PROVINCES, PlateClass, PlateColour
from tests.unit.edge.readings import Weather, noisy, reading


def voted(looks: Sequence[PlateReading], weight: float | None = None) -> Vote:
    vote = Vote()
    for look in looks:
        vote = vote.fold(look, look.sharpness if weight is None else weight)
    return vote


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(["川C12345"], "川C12345", id="one look is enough"),
        pytest.param(["川C12345", "川C1234"], "川C12345", id="a lost tail"),
        pytest.param(["川C12345", "C12345", "C12345"], "川C12345", id="the province seen once"),
        pytest.param(["川C12345", "川C123345", "川C12345"], "川C12345", id="a doubled character"),
        pytest.param(["川AD12345", "川A12345", "川AD1234"], "川AD12345", id="new energy, two short looks"),
        pytest.param(["1C12345", "川C12345"], "川C12345", id="the grammar has a say"),
        pytest.param(["沪A1707领", "沪A1707"], "沪A1707领", id="a consulate's suffix"),
        pytest.param(["WJ川1234A"] * 2, "WJ川1234A", id="armed police"),
    ],
)
def test_reads_of_different_length_are_brought_together(texts: list[str], expected: str) -> None:
    read = voted([reading(text) for text in texts], 0.8).read
    assert read is not None
    assert read.text == expected
    assert read.frames == len(texts)


def test_characters_that_were_never_all_legible_in_one_frame_come_together() -> None:
    text = "川C7K2M9"
    sure = reading(text, certainty=0.98)
    looks = []
    for hidden in range(len(text)):
        lattice = list(sure.lattice)
        lattice[hidden] = (("8" if hidden > 1 else "B", 0.3), (text[hidden], 0.25))
        looks.append(
            PlateReading(
                text="".join(p[0][0] for p in lattice),
                plate_class=PlateClass.UNKNOWN,
                colour=PlateColour.BLUE,
                rows=1,
                confidence=0.2,
                lattice=tuple(lattice),
                sharpness=0.5,
            )
        )
    assert all(look.text != text for look in looks)
    read = voted(looks).read
    assert read is not None
    assert read.text == text


def test_foreign_text_is_kept_as_read() -> None:
    read = voted([reading("ABC1234XYZ")] * 2, 0.9).read
    assert read is not None
    assert (read.text, read.plate_class) == ("ABC1234XYZ", PlateClass.UNKNOWN)


def test_colour_and_rows_are_voted_and_decide_the_class() -> None:
    looks = [reading("川C12345", colour=PlateColour.YELLOW, rows=2)] * 3
    looks.append(reading("川C12345", colour=PlateColour.UNKNOWN))
    read = voted(looks, 0.5).read
    assert read is not None
    assert (read.plate_class, read.colour, read.rows) == (PlateClass.LARGE_VEHICLE, PlateColour.YELLOW, 2)


def test_confidence_grows_with_agreement_and_falls_with_contradiction() -> None:
    one = voted([reading("川C12345", certainty=0.9)], 1.0)
    agreed = voted([reading("川C12345", certainty=0.9)] * 4, 1.0)
    torn = voted([reading("川C12345", certainty=0.9), reading("川C12395", certainty=0.9)], 1.0)
    assert torn.confidence < one.confidence < agreed.confidence
    assert agreed.confidence > 0.95


def test_the_alternatives_name_what_some_looks_saw() -> None:
    read = voted([reading("川C12345"), reading("川C12345"), reading("川C12845")], 0.8).read
    assert read is not None
    third = dict(read.lattice[4])
    assert read.text == "川C12345"
    assert third["3"] > third["8"] > 0.001


def test_memory_is_bounded_and_the_best_looks_are_kept() -> None:
    vote = voted([reading("川C12345")] * 100, 0.3).fold(reading("川C99999"), 1.0)
    assert len(vote.looks) == MAX_LOOKS
    assert vote.looks[0].text == "川C99999"
    assert vote.frames == 101


@pytest.mark.parametrize(
    ("other", "certainty", "least", "most"),
    [
        pytest.param("川C12345", 0.95, 12, 20, id="the same"),
        pytest.param("川C12345", 0.5, 8, 16, id="the same, hardly legible"),
        pytest.param("川C12346", 0.5, 5, 12, id="one misread, hardly legible"),
        pytest.param("川C12346", 0.97, -3, 0, id="the next number, sure"),
        pytest.param("川C1234", 0.95, 8, 14, id="a lost tail"),
        pytest.param("川C98760", 0.95, -30, -3, id="another car of the same town"),
        pytest.param("川CX8U45", 0.6, -3, 4, id="another car with the same tail, hardly legible"),
        pytest.param("京N98760", 0.95, -30, -3, id="another car"),
    ],
)
def test_support_tells_the_same_plate_from_another(
    other: str, certainty: float, least: float, most: float
) -> None:
    vote = voted([reading("川C12345")] * 3, 0.8)
    found = support(reading(other, certainty=certainty).lattice, vote.read)
    assert least <= found <= most


def test_support_of_nothing_is_nothing() -> None:
    assert support(reading("川C12345").lattice, None) == 0.0
    assert support((), voted([reading("川C12345")]).read) == 0.0


def test_alignment_names_the_position_each_character_came_from() -> None:
    score, answers = align("川C12345", reading("川C1345").lattice)
    assert answers == (0, 1, 2, None, 3, 4, 5)
    assert score < 0


def best_single_frame(looks: Sequence[PlateReading]) -> str:
    return max(looks, key=lambda look: look.confidence).text


def majority(looks: Sequence[PlateReading]) -> str:
    return Counter(look.text for look in looks).most_common(1)[0][0]


@pytest.mark.parametrize(
    ("weather", "least"),
    [
        pytest.param(Weather(blur=0.25), 0.97, id="blur"),
        pytest.param(Weather(blur=0.4), 0.85, id="strong blur"),
        pytest.param(Weather(blur=0.25, lost=0.4, doubled=0.2), 0.9, id="lost and doubled characters"),
    ],
)
def test_voting_beats_the_best_frame_and_the_majority(weather: Weather, least: float) -> None:
    rng = random.Random(20260101)
    right: Counter[str] = Counter()
    plates = 100
    for _ in range(plates):
        text = rng.choice(PROVINCES) + rng.choice(LETTERS) + "".join(rng.choices(ALNUM, k=5))
        looks = [noisy(text, weather, rng) for _ in range(7)]
        read = voted(looks, 0.7).read
        right["vote"] += read is not None and read.text == text
        right["best frame"] += best_single_frame(looks) == text
        right["majority"] += majority(looks) == text
    assert right["vote"] >= least * plates, right
    assert right["vote"] > right["best frame"], right
    assert right["vote"] > right["majority"], right


def test_confidence_never_claims_more_than_it_delivers() -> None:
    """Of the reads given a confidence near p, at least about p are right (as far as 500 votes can tell)."""
    rng = random.Random(7)
    votes = []
    for _ in range(500):
        text = rng.choice(PROVINCES) + rng.choice(LETTERS) + "".join(rng.choices(ALNUM, k=5))
        weather = Weather(blur=rng.uniform(0.2, 0.8))
        vote = voted([noisy(text, weather, rng) for _ in range(rng.randint(1, 6))], 1.0)
        assert vote.read is not None
        votes.append((vote.confidence, vote.read.text == text))
    for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 0.95), (0.95, 1.01)):
        inside = [(claimed, right) for claimed, right in votes if low <= claimed < high]
        claimed = sum(p for p, _ in inside) / len(inside)
        delivered = sum(right for _, right in inside) / len(inside)
        assert len(inside) > 15
        assert delivered > claimed - 0.1, (low, high, claimed, delivered)
