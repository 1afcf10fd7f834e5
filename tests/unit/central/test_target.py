"""What an order may watch for."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.target import (
    InvalidTarget,
    TargetKind,
    classes_of_pattern,
    covers,
    overlap,
    target_text,
    wanted_text,
)
from proto.plate import RULES, PlateClass, PlateError

PLATE, PATTERN, PARTIAL = TargetKind.PLATE, TargetKind.PATTERN, TargetKind.PARTIAL


@pytest.mark.parametrize(
    ("kind", "text", "expected", "wanted"),
    [
        (PLATE, "川c·1234o", "川C12340", "川C12340"),
        (PATTERN, "川c·?12*", "川C?12*", "川C?12*"),
        (PATTERN, "川C？１２＊", "川C?12*", "川C?12*"),
        (PATTERN, "川CO1I??", "川C011??", "川C011??"),
        (PATTERN, "川O12??警", "川O12??警", "川O12??警"),
        (PATTERN, "*12345", "*12345", "*12345"),
        (PARTIAL, "12a", "12A", "*12A*"),
        (PARTIAL, "C·123", "C123", "*C123*"),
        (PARTIAL, "45学", "45学", "*45学*"),
    ],
)
def test_what_is_kept_and_what_is_looked_for(kind: TargetKind, text: str, expected: str, wanted: str) -> None:
    found = target_text(kind, text)
    assert found == expected
    assert wanted_text(kind, found) == wanted


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (PLATE, "川C12?45", "expected a plate without wildcards"),
        (PATTERN, "川C12345", r"expected a pattern with \? or \*"),
        (PATTERN, "川C*", "expected at least 3 characters that are no wildcards, got 2"),
        (PATTERN, "*?*", "expected at least 3 characters that are no wildcards, got 0"),
        (PATTERN, "12川C??", "no class has such a plate"),
        (PATTERN, "川C123456789*", "no class has such a plate"),
        (PATTERN, "川?ABC??????*", "no class has such a plate"),
        (PATTERN, "?" * 14 + "123", "expected 1 to 16 characters, got 17"),
        (PARTIAL, "12", "expected at least 3 characters"),
        (PARTIAL, "1?2", "expected characters that follow one another"),
        (PARTIAL, "学123", "no class has such a plate"),
        (PARTIAL, "12~4", "no class has such a plate"),
    ],
)
def test_what_can_be_on_no_plate_or_on_too_many(kind: TargetKind, text: str, message: str) -> None:
    with pytest.raises(InvalidTarget, match=message):
        target_text(kind, text)


def test_a_plate_is_held_against_the_grammar() -> None:
    with pytest.raises(PlateError, match="is no plate"):
        target_text(PLATE, "川C1234~")


def test_the_class_must_be_one_that_such_plates_have() -> None:
    assert target_text(PATTERN, "川C??34学", plate_class=PlateClass.TRAINING) == "川C??34学"
    with pytest.raises(InvalidTarget, match="as one of training, got police"):
        target_text(PATTERN, "川C??34学", plate_class=PlateClass.POLICE)


@st.composite
def plates_with_patterns(draw: st.DrawFn) -> tuple[PlateClass, str, str]:
    """A plate, its class, and a pattern that it fits."""
    rule = draw(st.sampled_from(RULES))
    plate = "".join(draw(st.sampled_from(alphabet)) for alphabet in draw(st.sampled_from(rule.patterns)))
    pattern = "".join(draw(st.sampled_from((c, "?"))) for c in plate)
    start = draw(st.integers(0, len(plate)))
    end = draw(st.integers(start, len(plate)))
    return rule.plate_class, plate, draw(st.sampled_from((pattern, pattern[:start] + "*" + pattern[end:])))


@given(plates_with_patterns())
def test_a_pattern_made_from_a_plate_has_its_class(made: tuple[PlateClass, str, str]) -> None:
    plate_class, _, pattern = made
    assert plate_class in classes_of_pattern(pattern)


@given(st.text("川C1?*学", max_size=7))
def test_a_pattern_of_no_class_fits_no_plate_that_can_be_made_of_its_characters(pattern: str) -> None:
    """Held against the definition: a plate of the class that the regular expression accepts."""
    regex = re.compile("".join({"?": ".", "*": ".*"}.get(c, re.escape(c)) for c in pattern))
    for rule in RULES:
        for alphabets in rule.patterns:
            # Enough of each alphabet for this pattern: what it names, and one more.
            possible = [[*(c for c in "川C1学" if c in alphabet), alphabet[0]] for alphabet in alphabets]
            texts = [""]
            for characters in possible:
                texts = [text + c for text in texts for c in dict.fromkeys(characters)]
            if any(map(regex.fullmatch, texts)):
                assert rule.plate_class in classes_of_pattern(pattern)
                break
        else:
            assert rule.plate_class not in classes_of_pattern(pattern)


@given(st.text("ab?*", max_size=5), st.text("ab?*", max_size=5))
def test_two_patterns_held_against_all_short_texts(first: str, second: str) -> None:
    """ "c" stands for every character that neither names."""
    texts = ["".join(each) for n in range(8) for each in itertools.product("abc", repeat=n)]
    one, two = (
        {text for text in texts if re.fullmatch(pattern.replace("?", ".").replace("*", ".*"), text)}
        for pattern in (first, second)
    )
    assert overlap(first, second) == bool(one & two)
    if covers(first, second):
        assert two <= one


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("川C12345", "川C12345", True),
        ("川C1234?", "川C12345", True),
        ("*C123*", "川C1234?", True),
        ("*C123*", "*C1234*", True),
        ("川C12345", "川C1234?", False),
        ("川C1234?", "川C123?5", False),
        ("*12A*", "*B77*", False),
    ],
)
def test_one_target_within_another(wide: str, narrow: str, expected: bool) -> None:
    assert covers(wide, narrow) is expected
