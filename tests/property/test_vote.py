"""Laws of the vote."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.frame import PlateReading
from edge.vote import Vote, support
from proto.plate import ALNUM, ALPHABET, LETTERS, PROVINCES, PlateClass, PlateColour
from tests.unit.edge.readings import Weather, noisy, reading

characters = st.sampled_from(ALPHABET + "?é")
positions = st.lists(
    st.tuples(characters | st.just(""), st.floats(0.0, 1.0)), min_size=1, max_size=4, unique_by=lambda p: p[0]
).map(tuple)
#: Anything a reader might hand in, honest or not.
readings = st.builds(
    PlateReading,
    text=st.text(characters, max_size=10),
    plate_class=st.sampled_from(PlateClass),
    colour=st.sampled_from(PlateColour),
    rows=st.integers(1, 2),
    confidence=st.floats(0, 1),
    lattice=st.lists(positions, max_size=9).map(tuple),
    sharpness=st.floats(0, 1),
)
weights = st.floats(allow_nan=True, allow_infinity=True) | st.floats(0, 1)
plates = st.builds(
    lambda province, letter, rest: province + letter + rest,
    st.sampled_from(PROVINCES),
    st.sampled_from(LETTERS),
    st.text(st.sampled_from(ALNUM), min_size=5, max_size=5),
)


@given(st.lists(st.tuples(readings, weights), max_size=8))
@settings(max_examples=150, deadline=None)
def test_never_raises_and_what_comes_out_is_well_formed(looks: list[tuple[PlateReading, float]]) -> None:
    vote = Vote()
    for look, weight in looks:
        vote = vote.fold(look, weight)
        support(look.lattice, vote.read)
    assert vote.frames == sum(bool(look.lattice) for look, _ in looks)
    if vote.read is None:
        return
    assert 0 <= vote.read.confidence <= 1
    assert len(vote.read.lattice) == len(vote.read.text)
    for character, position in zip(vote.read.text, vote.read.lattice, strict=True):
        assert character in dict(position)
        assert sum(p for _, p in position) <= 1 + 1e-9
        assert [p for _, p in position] == sorted((p for _, p in position), reverse=True)


@given(
    st.lists(st.tuples(readings, st.floats(0, 1)), min_size=1, max_size=16), st.randoms(use_true_random=False)
)
@settings(max_examples=100, deadline=None)
def test_the_order_of_the_looks_changes_nothing(
    looks: list[tuple[PlateReading, float]], rng: random.Random
) -> None:
    shuffled = looks[:]
    rng.shuffle(shuffled)
    one, other = Vote(), Vote()
    for look, weight in looks:
        one = one.fold(look, weight)
    for look, weight in shuffled:
        other = other.fold(look, weight)
    assert one == other


@given(plates, st.integers(0, 2**32), st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_one_clear_frame_outweighs_any_number_of_poor_ones(text: str, seed: int, poor: int) -> None:
    """No majority is needed: the poor looks may all be wrong."""
    rng = random.Random(seed)
    vote = Vote().fold(reading(text, certainty=0.99), 1.0)
    for _ in range(poor):
        vote = vote.fold(noisy(text, Weather(blur=0.95, lost=0.3, doubled=0.3), rng), 0.1)
    assert vote.read is not None
    assert vote.read.text == text


@given(plates, st.lists(st.integers(0, 6), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_short_looks_do_not_shorten_the_plate(text: str, missing: list[int]) -> None:
    vote = Vote().fold(reading(text), 0.9).fold(reading(text), 0.9)
    for at in missing:
        vote = vote.fold(reading(text[:at] + text[at + 1 :]), 0.6)
    assert vote.read is not None
    assert vote.read.text == text


@given(plates)
def test_looks_at_a_plate_support_it(text: str) -> None:
    vote = Vote().fold(reading(text), 0.9)
    assert support(reading(text).lattice, vote.read) > 5
