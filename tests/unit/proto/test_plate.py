"""The plate grammar case by case: one line of the standard each."""

from __future__ import annotations

import pytest

from proto import plate
from proto.plate import PlateClass, PlateColour, PlateError

C, K = PlateColour, PlateClass


@pytest.mark.parametrize(
    ("text", "colour", "rows", "expected", "code"),
    [
        ("川C12345", C.BLUE, 1, K.SMALL_CAR, "02"),
        ("川C12345", C.UNKNOWN, None, K.SMALL_CAR, "02"),
        ("川C12345", C.YELLOW, 1, K.LARGE_VEHICLE, "01"),
        ("川C12345", C.YELLOW, 2, K.LARGE_VEHICLE, "01"),
        ("川C12345", C.BLUE, 2, K.MOPED, "08"),
        ("京AD12345", C.GREEN, 1, K.SMALL_NEW_ENERGY, "52"),
        ("京AF1234A", C.GREEN, 1, K.UNKNOWN, "99"),
        ("京AKA1234", C.GREEN, 1, K.SMALL_NEW_ENERGY, "52"),
        ("粤B12345D", C.YELLOW_GREEN, 1, K.LARGE_NEW_ENERGY, "51"),
        ("粤B12345K", C.UNKNOWN, None, K.LARGE_NEW_ENERGY, "51"),
        ("鲁B1234挂", C.YELLOW, 2, K.TRAILER, "15"),
        ("沪A1234学", C.YELLOW, 1, K.TRAINING, "16"),
        ("川C1234警", C.WHITE, 1, K.POLICE, "23"),
        ("川O1234警", C.WHITE, 1, K.POLICE, "23"),
        ("粤Z1234港", C.BLACK, 1, K.HONG_KONG, "26"),
        ("粤ZAB12澳", C.BLACK, 1, K.MACAO, "27"),
        ("123456使", C.BLACK, 1, K.EMBASSY, "03"),
        ("使123456", C.BLACK, 1, K.EMBASSY, "03"),
        ("沪A1707领", C.BLACK, 1, K.CONSULATE, "04"),
        ("沪12345领", C.BLACK, 1, K.CONSULATE, "04"),
        ("WJ川12345", C.WHITE, 1, K.ARMED_POLICE, "31"),
        ("WJ1234X", C.WHITE, 1, K.ARMED_POLICE, "31"),
        ("VA12345", C.WHITE, 1, K.ARMY, "32"),
        ("川CX123应急", C.WHITE, 1, K.EMERGENCY, "33"),
        ("川0112345", C.GREEN, 2, K.TRACTOR, "14"),
        ("ABC1234", C.UNKNOWN, None, K.UNKNOWN, "99"),
        ("川C1234", C.BLUE, 1, K.UNKNOWN, "99"),
    ],
)
def test_each_class_of_the_standard(
    text: str, colour: PlateColour, rows: int | None, expected: PlateClass, code: str
) -> None:
    found = plate.parse(text, colour, rows)
    assert found.plate_class is expected
    assert found.type_code == code


def test_a_motorcycles_plate_differs_from_a_large_vehicles_by_nothing_that_is_printed() -> None:
    # Both yellow in two rows: the large vehicle is the likelier on a road, so it is taken.
    assert plate.classify("川C12345", C.YELLOW, 2) is K.LARGE_VEHICLE
    assert K.MOTORCYCLE in plate.classes_of("川C12345")


def test_a_colour_that_contradicts_every_class_does_not_overrule_the_text() -> None:
    assert plate.classify("川CD12345", C.BLACK, 1) is K.SMALL_NEW_ENERGY


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("川C·12345", "川C12345"),
        ("川c-12345", "川C12345"),
        ("川Ｃ１２３４５", "川C12345"),
        (" 川 C 1 2 3 4 5 ", "川C12345"),
        ("川C1O3I5", "川C10315"),
        ("川C1O34", "川C1O34"),  # no class has six characters: kept as read
        ("川C1O3I56", "川C1O3I56"),  # no class of eight has a digit third and a digit last
        ("R¸", "Ŗ"),  # the space that the cedilla is written with goes, and leaves the mark to the letter
        ("京AD1234O", "京AD12340"),
        ("川O1234警", "川O1234警"),  # the one letter O the standard knew
        ("OO12345", "OO12345"),
        ("I23456使", "123456使"),
        ("hello", "HELLO"),
        ("", ""),
    ],
)
def test_normalising(written: str, expected: str) -> None:
    assert plate.normalise(written) == expected


@pytest.mark.parametrize("text", ["", " · ", "川C" + "1" * 15])
def test_what_cannot_be_a_plate_at_all_is_refused(text: str) -> None:
    with pytest.raises(PlateError, match="expected a plate of 1 to 16 characters, got"):
        plate.parse(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("川C123", "expected a plate of 7 to 9 characters, got 5"),
        ("川C12345678", "expected a plate of 7 to 9 characters, got 10"),
        ("川C1234#", "as small_car position 7 expects one of .* got '#'"),
        ("川112345", "as small_car position 2 expects one of .*, got '1'"),
        ("川C12345挂", "as large_new_energy position 8 expects one of ABCDEFGHJK, got '挂'"),
        ("京AD1234Z", "as small_new_energy position 8 expects one of 0123456789, got 'Z'"),
    ],
)
def test_validation_says_what_was_expected_and_what_came(text: str, why: str) -> None:
    with pytest.raises(PlateError, match=why):
        plate.validate(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("川C12345", "川C·12345"),
        ("京AD12345", "京A·D12345"),
        ("川O1234警", "川O·1234警"),
        ("123456使", "123456使"),
        ("WJ川12345", "WJ川12345"),
        ("VA12345", "VA12345"),
        ("HELLO", "HELLO"),
        ("川0112345", "川0112345"),
    ],
)
def test_people_are_shown_the_dot_where_one_is_printed(text: str, shown: str) -> None:
    assert plate.display(text) == shown
    assert str(plate.Plate(text=text, plate_class=K.UNKNOWN)) == shown


@pytest.mark.parametrize(("one", "other"), [("0ODQ", "QQQQ"), ("川C8B3", "川C338"), ("1ILT7Y", "YYYYYY")])
def test_look_alikes_fold_into_their_family(one: str, other: str) -> None:
    assert plate.fold(one) == plate.fold(other)


def test_the_families_are_those_of_the_field() -> None:
    assert set(plate.confusable_with("8")) == set("B3")
    assert set(plate.confusable_with("1")) == set("ILT")
    assert set(plate.confusable_with("T")) == set("1IL7Y")
    assert plate.confusable_with("川") == ""


def test_the_colours_a_text_may_have_come_without_repeats() -> None:
    assert list(plate.colours_of("川C12345")) == [C.BLUE, C.YELLOW]
    assert list(plate.colours_of("京AD12345")) == [C.GREEN]
    assert list(plate.colours_of("HELLO")) == []


def test_every_class_but_unknown_has_one_rule() -> None:
    assert [r.plate_class for r in plate.RULES] == [c for c in K if c is not K.UNKNOWN]
    assert plate.rule_of(K.UNKNOWN) is None
    rule = plate.rule_of(K.TRAILER)
    assert rule is not None
    assert rule.rows == (2, 1)
    assert len({r.type_code for r in plate.RULES}) == len(plate.RULES)


def test_the_provinces_are_all_31() -> None:
    assert len(set(plate.PROVINCES)) == 31
    assert set("IO").isdisjoint(plate.LETTERS)
    assert len(plate.LETTERS) == 24
