"""What a doubtful read may have been, whatever the lattice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto.background import UNKNOWN, Background, learn
from proto.differences import differences, in_words
from proto.passage import Lattice, PlateRead
from proto.plate import ALNUM, LETTERS, PROVINCES, PlateClass, PlateColour
from proto.variants import LEAST, MOST, SURE, variants

plates = st.builds(
    lambda p, c, tail: p + c + tail,
    st.sampled_from(PROVINCES),
    st.sampled_from(LETTERS),
    st.text(ALNUM, min_size=4, max_size=6),
)
backgrounds = st.just(UNKNOWN) | st.dictionaries(
    st.sampled_from(["川C", "川A", "皖A"]), st.integers(1, 10**6), max_size=3
).map(learn)


@st.composite
def reads(draw: st.DrawFn) -> PlateRead:
    text = draw(plates)
    lattice: list[tuple[tuple[str, float], ...]] = []
    confidence = 1.0
    for character in text:
        top = draw(st.sampled_from([1.0, 1.0, 0.95, 0.6]))
        others = draw(st.lists(st.sampled_from(ALNUM + PROVINCES), max_size=3, unique=True))
        left = [c for c in others if c != character]
        each = (1 - top) / max(1, len(left))
        lattice.append(((character, top), *((c, each) for c in left)))
        confidence *= top
    found: Lattice = tuple(lattice)
    return PlateRead(
        text=text,
        plate_class=PlateClass.UNKNOWN,
        colour=PlateColour.UNKNOWN,
        confidence=confidence * draw(st.sampled_from([1.0, 0.8])),
        lattice=found,
    )


@given(reads(), backgrounds)
def test_they_are_probabilities_of_different_plates_the_likeliest_first(
    read: PlateRead, background: Background
) -> None:
    found = variants(read, background)
    texts = [text for text, _ in found]
    shares = [share for _, share in found]
    assert len(set(texts)) == len(texts) <= MOST
    assert shares == sorted(shares, reverse=True)
    assert all(LEAST * 0.999 <= share <= 1 for share in shares)
    assert sum(shares) <= 1 + 1e-9
    assert variants(read, background) == found


@given(reads(), backgrounds)
def test_a_sure_read_is_only_itself_and_a_doubtful_one_is_itself_too(
    read: PlateRead, background: Background
) -> None:
    found = variants(read, background)
    if read.confidence >= SURE:
        assert found == ((read.text, 1.0),)
    elif background is UNKNOWN:
        assert read.text in dict(found)


@given(reads(), plates)
def test_differences_lead_from_the_read_to_the_plate(read: PlateRead, plate: str) -> None:
    found = differences(read, plate)
    assert bool(found) is (read.text != plate)
    assert sum(len(d.ordered) - len(d.read) for d in found) == len(plate) - len(read.text)
    assert bool(in_words(found, 0.5)) is bool(found)


def test_a_read_without_text_may_be_nothing() -> None:
    read = PlateRead(
        text="", plate_class=PlateClass.UNKNOWN, colour=PlateColour.UNKNOWN, confidence=0.0, lattice=()
    )
    assert variants(read, UNKNOWN) == ()


@pytest.mark.parametrize("count", [0, 10, 10**7])
def test_shares_are_those_of_what_passed_once_enough_did(count: int) -> None:
    background = learn({"川C": count} if count else {})
    assert background.share("川C") == pytest.approx(1.0 if count > 10**6 else background.share("川C"), abs=0.01)
    assert 0 < background.share("京A") <= background.share("川C")
