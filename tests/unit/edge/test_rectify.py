"""Rectification: where the plate's corners go."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.frame import Corners, Image
from edge.read.rows import joined_rows
from edge.rectify import aspect, rectify, whole

SLANTED: Corners = ((60, 50), (180, 70), (184, 120), (56, 96))


def drawn(corners: Corners, size: tuple[int, int] = (240, 180)) -> Image:
    """A picture in which the plate's left half is red, the right half green, and all around is grey."""
    colours = np.zeros((40, 120, 3), np.uint8)
    colours[:, :60, 2] = colours[:, 60:, 1] = 255
    matrix = cv2.getPerspectiveTransform(
        np.array([(0, 0), (120, 0), (120, 40), (0, 40)], np.float32), np.array(corners, np.float32)
    )
    picture = cv2.warpPerspective(
        colours, matrix, size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=(128,) * 3
    )
    return np.asarray(picture, np.uint8)


@pytest.mark.parametrize("scale", [1, 4], ids=["enlarged", "shrunk"])
def test_a_slanted_plate_comes_upright(scale: int) -> None:
    corners: Corners = tuple((x * scale, y * scale) for x, y in SLANTED)  # type: ignore[assignment]
    upright = rectify(drawn(corners, (240 * scale, 180 * scale)), corners, width=100, height=32)
    assert upright.shape == (32, 100, 3)
    assert upright[4:28, 5:45].mean(axis=(0, 1)) == pytest.approx([0, 0, 255], abs=12)
    assert upright[4:28, 55:95].mean(axis=(0, 1)) == pytest.approx([0, 255, 0], abs=12)


def test_a_margin_shows_the_surroundings() -> None:
    upright = rectify(drawn(SLANTED), SLANTED, width=120, height=40, margin=(1.5, 2.0))
    assert upright[3, 60] == pytest.approx([128] * 3, abs=4)
    assert upright[20, 5] == pytest.approx([128] * 3, abs=4)
    assert upright[20, 40] == pytest.approx([0, 0, 255], abs=12)


def test_corners_outside_the_picture_repeat_its_border() -> None:
    image = np.full((20, 60, 3), 77, np.uint8)
    upright = rectify(image, ((-10, -5), (70, -5), (70, 25), (-10, 25)), width=80, height=30)
    assert (upright == 77).all()


def test_aspect() -> None:
    assert aspect(((0, 0), (440, 0), (440, 140), (0, 140))) == pytest.approx(440 / 140)


def test_whole_picture_is_itself() -> None:
    image = np.random.default_rng(0).integers(0, 255, (48, 160, 3), np.uint8)
    assert np.abs(rectify(image, whole(image), width=160, height=48).astype(int) - image).max() <= 1


def test_two_rows_are_joined_upper_first() -> None:
    plate = np.zeros((220, 440, 3), np.uint8)
    plate[:90, :, 2] = 255  # the upper row red
    plate[90:, :, 1] = 255  # the lower one green
    joined = joined_rows(plate, whole(plate), height=48, margin=(1.0, 1.0))
    assert joined.shape == (48, 272, 3)
    assert joined[10:38, 10:100].mean(axis=(0, 1)) == pytest.approx([0, 0, 255], abs=10)
    assert joined[10:38, 120:].mean(axis=(0, 1)) == pytest.approx([0, 255, 0], abs=10)
