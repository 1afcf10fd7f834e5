"""The plate grammar over everything that it describes, and over everything else."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from proto import plate
from proto.plate import RULES, SEPARATORS, ClassRule, Pattern, PlateClass, PlateColour

any_text = st.text(max_size=20)


def of_pattern(pattern: Pattern) -> st.SearchStrategy[str]:
    return st.tuples(*map(st.sampled_from, pattern)).map("".join)


rules = st.sampled_from(RULES)


@st.composite
def ruled_texts(draw: st.DrawFn) -> tuple[ClassRule, str]:
    """A class and a text that one of its patterns generates."""
    rule = draw(rules)
    return rule, draw(of_pattern(draw(st.sampled_from(rule.patterns))))


plate_texts = ruled_texts().map(lambda drawn: drawn[1])


@given(ruled_texts())
def test_generated_text_classifies_to_its_class(drawn: tuple[ClassRule, str]) -> None:
    rule, text = drawn
    assert rule.plate_class in plate.classes_of(text)
    # Text, its usual colour and its usual rows name the class wherever the three tell it at all.
    found = plate.classify(text, rule.colours[0], rule.rows[0])
    rivals = [
        other
        for other in RULES
        if other.plate_class in plate.classes_of(text)
        and rule.colours[0] in other.colours
        and rule.rows[0] in other.rows
    ]
    assert found is rivals[0].plate_class
    assert rule in rivals


@given(ruled_texts())
def test_generated_text_is_valid_as_it_stands(drawn: tuple[ClassRule, str]) -> None:
    _, text = drawn
    assert plate.normalise(text) == text
    assert plate.validate(text).text == text
    assert set(text) <= set(plate.ALPHABET)


@given(any_text)
def test_normalising_is_idempotent(text: str) -> None:
    once = plate.normalise(text)
    assert plate.normalise(once) == once
    assert plate.clean(plate.clean(text)) == plate.clean(text)


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if c.isascii() and not c.isspace() else c for c in text)


@given(plate_texts, st.data())
def test_every_way_of_writing_a_plate_is_one_text(text: str, data: st.DataObject) -> None:
    written = text
    for change in data.draw(st.lists(st.sampled_from([str.lower, full_width]), max_size=2, unique=True)):
        written = change(written)
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(written)))
        written = written[:at] + data.draw(st.sampled_from(SEPARATORS)) + written[at:]
    assert plate.normalise(written) == text


@given(plate_texts, st.data())
def test_letters_never_printed_are_the_digits_they_look_like(text: str, data: st.DataObject) -> None:
    digits = [i for i, c in enumerate(text) if c in "01" and i != 1]
    changed = set(data.draw(st.lists(st.sampled_from(digits), unique=True))) if digits else set()
    misread = "".join({"0": "O", "1": "I"}[c] if i in changed else c for i, c in enumerate(text))
    assert plate.normalise(misread) == text


@given(any_text)
def test_whatever_it_is_it_is_never_dropped(text: str) -> None:
    normal = plate.normalise(text)
    if not 1 <= len(normal) <= 16:
        return
    parsed = plate.parse(text)
    assert parsed.text == normal
    if parsed.plate_class is PlateClass.UNKNOWN:
        assert parsed.text == plate.clean(text)  # kept as read: nothing is repaired into no plate
        assert parsed.type_code == "99"


@given(any_text, st.sampled_from(PlateColour), st.none() | st.integers(1, 2))
def test_colour_and_rows_choose_among_the_classes_that_fit(
    text: str, colour: PlateColour, rows: int | None
) -> None:
    found = plate.classify(text, colour, rows)
    fitting = plate.classes_of(text)
    assert found in fitting or (not fitting and found is PlateClass.UNKNOWN)


@given(plate_texts)
def test_what_people_are_shown_is_read_back(text: str) -> None:
    assert plate.normalise(plate.display(text)) == text


@given(any_text)
def test_folding_is_idempotent_and_keeps_the_length(text: str) -> None:
    folded = plate.fold(text)
    assert plate.fold(folded) == folded
    assert len(folded) == len(text)


@given(st.sampled_from(sorted(set("".join(plate.CONFUSABLES)))), plate_texts)
def test_confusable_characters_fold_alike(character: str, text: str) -> None:
    for other in plate.confusable_with(character):
        assert character in plate.confusable_with(other)
        assert plate.fold(text + character) == plate.fold(text + other)


@given(st.characters())
def test_characters_of_no_group_stand_alone(character: str) -> None:
    if not any(character in group for group in plate.CONFUSABLES):
        assert plate.fold(character) == character
        assert plate.confusable_with(character) == ""


@given(any_text)
def test_cleaning_leaves_no_separator_and_nothing_to_fold(text: str) -> None:
    cleaned = plate.clean(text)
    assert not set(cleaned) & set(SEPARATORS)
    assert not any(c.isspace() for c in cleaned)
    assert unicodedata.normalize("NFKC", cleaned) == cleaned
