"""Plates: sizes, layout and colours of every class."""

from __future__ import annotations

import random

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.frame import Image
from edge.scene.plate import PlateFace, UnprintablePlate, render_plate
from proto.plate import RULES, ClassRule, PlateClass, PlateColour

C, G = PlateClass, PlateColour


def ink(plate: Image, ground: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Where something is printed: pixels far from the ground's colour."""
    return np.asarray(np.abs(plate.astype(int) - np.array(ground)).max(axis=2) > 80)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.plate_class.value)
def test_every_pattern_colour_and_row_count_of_a_class_can_be_printed(rule: ClassRule) -> None:
    rng = random.Random(3)
    for pattern in rule.patterns:
        for colour in rule.colours:
            for rows in rule.rows:
                text = "".join(rng.choice(alphabet) for alphabet in pattern)
                face = PlateFace(text=text, plate_class=rule.plate_class, colour=colour, rows=rows)
                width, height = face.size
                assert render_plate(face, 0.5).shape == (round(height / 2), round(width / 2), 3)


@pytest.mark.parametrize(
    ("plate_class", "text", "rows", "size"),
    [
        (C.SMALL_CAR, "川C12345", 1, (440, 140)),
        (C.SMALL_NEW_ENERGY, "川CD12345", 1, (480, 140)),
        (C.LARGE_NEW_ENERGY, "川C12345D", 1, (480, 140)),
        (C.LARGE_VEHICLE, "川C12345", 2, (440, 220)),
        (C.TRAILER, "川C1234挂", None, (440, 220)),
        (C.MOTORCYCLE, "川C12345", None, (220, 140)),
        (C.TRACTOR, "川1234567", None, (300, 165)),
    ],
)
def test_sizes_are_the_standards(
    plate_class: PlateClass, text: str, rows: int | None, size: tuple[int, int]
) -> None:
    assert PlateFace(text=text, plate_class=plate_class, rows=rows).size == size


@pytest.mark.parametrize(
    ("plate_class", "text", "hue"),
    [
        (C.SMALL_CAR, "川C12345", (100, 125)),
        (C.LARGE_VEHICLE, "川C12345", (15, 30)),
        (C.TRAINING, "川C1234学", (15, 30)),
        (C.MOPED, "川C12345", (100, 125)),
        (C.SMALL_NEW_ENERGY, "川CD12345", (45, 85)),
        (C.TRACTOR, "川1234567", (60, 90)),
    ],
)
def test_the_ground_has_the_classs_colour(plate_class: PlateClass, text: str, hue: tuple[int, int]) -> None:
    plate = render_plate(PlateFace(text=text, plate_class=plate_class), 1.0)
    low = cv2.cvtColor(plate[-16:-12, 20:60], cv2.COLOR_BGR2HSV).reshape(-1, 3)
    assert hue[0] <= np.median(low[:, 0]) <= hue[1]
    assert np.median(low[:, 1]) > 80


@pytest.mark.parametrize(
    ("plate_class", "text", "bright"),
    [(C.POLICE, "川C1234警", True), (C.ARMY, "VA12345", True), (C.EMBASSY, "224123使", False)],
)
def test_white_and_black_grounds_have_no_hue(plate_class: PlateClass, text: str, bright: bool) -> None:
    plate = render_plate(PlateFace(text=text, plate_class=plate_class), 1.0)
    patch = plate[-16:-12, 20:60].reshape(-1, 3).astype(int)
    assert (patch.max(axis=1) - patch.min(axis=1)).max() < 12
    assert bool(patch.mean() > 200) is bright


def test_the_new_energy_ground_runs_from_white_to_green_and_the_large_one_starts_yellow() -> None:
    small = render_plate(PlateFace(text="川CD12345", plate_class=C.SMALL_NEW_ENERGY), 1.0).astype(int)
    saturation = [small[row, 8].max() - small[row, 8].min() for row in (5, 70, 135)]
    assert saturation[0] < 20 < saturation[1] < saturation[2]
    large = render_plate(PlateFace(text="川C12345D", plate_class=C.LARGE_NEW_ENERGY), 1.0)
    hue = cv2.cvtColor(large[130:136], cv2.COLOR_BGR2HSV)[:, :, 0]
    left, right = (hue[:, x : x + 6].mean() for x in (20, 450))
    assert 15 < left < 30
    assert 45 < right < 85


def test_characters_stand_where_the_standard_puts_them() -> None:
    plate = render_plate(PlateFace(text="川C88888", plate_class=C.SMALL_CAR), 1.0)
    printed = np.asarray(ink(plate, (158, 74, 18))[40:100].any(axis=0))
    # 45 wide, 12 apart; 34 between the second and the third, where the dot is 10 wide in the middle.
    for start in (15.5, 72.5, 151.5, 208.5, 265.5, 322.5, 379.5):
        middle = round(start + 22.5)
        assert printed[middle - 20 : middle + 20].mean() > 0.4
        assert not printed[int(start) + 48 : int(start) + 53].any()
    dot = ink(plate, (158, 74, 18))[66:75, 131:139]
    assert dot.mean() > 0.8


def test_the_use_character_is_red_on_white_plates_and_embassies() -> None:
    for text, plate_class in (("川C1234警", C.POLICE), ("224123使", C.EMBASSY), ("沪A1707领", C.CONSULATE)):
        last = render_plate(PlateFace(text=text, plate_class=plate_class), 1.0)[25:115, 380:425].astype(int)
        red = (last[:, :, 2] > 150) & (last[:, :, 0] < 90) & (last[:, :, 1] < 90)
        assert red.mean() > 0.1


@pytest.mark.parametrize(
    ("plate_class", "text", "message"),
    [
        (C.SMALL_CAR, "川C1234", "expected 7 characters"),
        (C.SMALL_NEW_ENERGY, "川CD1234", "expected 8 characters"),
        (C.UNKNOWN, "ABC123", "expected a class with a rule"),
    ],
)
def test_what_no_workshop_makes_is_refused(plate_class: PlateClass, text: str, message: str) -> None:
    with pytest.raises(UnprintablePlate, match=message):
        render_plate(PlateFace(text=text, plate_class=plate_class), 1.0)
