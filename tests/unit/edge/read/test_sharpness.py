"""Sharpness, on a rendered plate made worse."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.frame import Image
from edge.read.sharpness import sharpness
from edge.scene import PlateFace
from edge.scene.plate import render_plate
from proto.plate import PlateClass


def plate() -> Image:
    rendered = render_plate(PlateFace(text="川C8K52M", plate_class=PlateClass.SMALL_CAR), 1.0)
    return np.asarray(cv2.resize(rendered, (160, 48), interpolation=cv2.INTER_AREA), np.uint8)


def test_it_falls_with_blur() -> None:
    found = [sharpness(plate())]
    found += [sharpness(np.asarray(cv2.GaussianBlur(plate(), (0, 0), s), np.uint8)) for s in (1, 2, 4, 8)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.5
    assert found[-1] < 0.05


def test_dim_is_not_blurred() -> None:
    assert sharpness((plate() * 0.5).astype(np.uint8)) == pytest.approx(sharpness(plate()), abs=0.1)


def test_an_empty_picture_shows_nothing() -> None:
    assert sharpness(np.full((48, 160, 3), 128, np.uint8)) == 0.0
