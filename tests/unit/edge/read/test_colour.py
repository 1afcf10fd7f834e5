"""Plate colours, on rendered plates."""

from __future__ import annotations

import numpy as np
import pytest

from edge.frame import Image
from edge.read.colour import estimate, log_prior, reported
from edge.scene import PlateFace
from edge.scene.plate import render_plate
from proto.plate import PlateClass, PlateColour

C = PlateColour


def plate(text: str, plate_class: PlateClass, light: float = 1.0) -> Image:
    picture = render_plate(PlateFace(text=text, plate_class=plate_class), 0.4).astype(np.float32) * light
    dimmed: Image = picture.astype(np.uint8)
    return dimmed


@pytest.mark.parametrize(
    ("text", "plate_class", "colour"),
    [
        ("川C8K52M", PlateClass.SMALL_CAR, C.BLUE),
        ("川C8K52M", PlateClass.LARGE_VEHICLE, C.YELLOW),
        ("渝AD12345", PlateClass.SMALL_NEW_ENERGY, C.GREEN),
        ("渝A12345D", PlateClass.LARGE_NEW_ENERGY, C.YELLOW_GREEN),
        ("川A1234警", PlateClass.POLICE, C.WHITE),
        ("粤Z1234港", PlateClass.HONG_KONG, C.BLACK),
    ],
)
@pytest.mark.parametrize("light", [1.0, 0.6])
def test_the_ground_of_every_class(
    text: str, plate_class: PlateClass, colour: PlateColour, light: float
) -> None:
    colours = estimate(plate(text, plate_class, light))
    assert sum(colours.values()) == pytest.approx(1.0)
    assert reported(colours, text) is colour


def test_by_night_nothing_is_claimed() -> None:
    colours = estimate(plate("川C8K52M", PlateClass.SMALL_CAR, 0.12))
    assert reported(colours, "川C8K52M") is C.UNKNOWN
    assert log_prior("渝AD12345", colours) == pytest.approx(0.0, abs=0.05)


def test_a_grey_picture_is_no_evidence_against_a_coloured_plate() -> None:
    grey = plate("川C8K52M", PlateClass.SMALL_CAR)
    grey[:] = grey.mean(axis=2, keepdims=True).astype(np.uint8)
    assert reported(estimate(grey), "川C8K52M") is C.UNKNOWN


def test_colour_weighs_the_classes() -> None:
    blue, green = {C.BLUE: 0.97, C.UNKNOWN: 0.03}, {C.GREEN: 0.97, C.UNKNOWN: 0.03}
    assert log_prior("川C8K52M", blue) == pytest.approx(0.0)
    assert log_prior("渝AD12345", blue) < -3
    assert log_prior("渝A12345D", green) == pytest.approx(0.0)
    assert log_prior("AB12CD", blue) == 0.0


def test_a_colour_the_text_never_has_is_not_reported() -> None:
    assert reported({C.BLACK: 0.6, C.UNKNOWN: 0.4}, "川C8K52M") is C.UNKNOWN
    assert reported({C.BLACK: 0.6, C.UNKNOWN: 0.4}, "粤Z1234港") is C.BLACK
