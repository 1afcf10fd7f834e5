"""How a picture goes into a YOLO network and boxes come out of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.detect.yolo import STRIDE, Fit, corners_of, decode, letterbox
from proto.passage import Box


@given(width=st.integers(1, 900), height=st.integers(1, 900), side=st.integers(3, 20).map(lambda n: n * STRIDE))
def test_a_point_of_the_picture_is_found_again_in_the_input(width: int, height: int, side: int) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    batch, fit = letterbox(image, side)
    rows, columns = batch.shape[2:]
    assert rows % STRIDE == columns % STRIDE == 0
    assert max(rows, columns) == side
    # The picture's own extent, as the network would say it, comes back as the picture's size.
    x2, y2 = fit.left + width * fit.scale, fit.top + height * fit.scale
    assert x2 <= columns + 1
    assert y2 <= rows + 1
    row = np.array([(fit.left + x2) / 2, (fit.top + y2) / 2, x2 - fit.left, y2 - fit.top, 0.9], np.float32)
    boxes, scores = decode(row[None, :, None], fit, size=(width, height), threshold=0.5)
    assert boxes[0] == pytest.approx([0, 0, width, height], abs=0.02)
    assert scores.tolist() == pytest.approx([0.9])


def test_the_picture_lies_in_the_middle_of_the_grey_in_rgb() -> None:
    image = np.zeros((50, 320, 3), np.uint8)
    image[..., 0] = 255  # blue
    batch, fit = letterbox(image, 320)
    assert batch.shape == (1, 3, 64, 320)
    assert (fit.left, fit.top, fit.scale) == (0, 7, 1.0)
    assert batch[0, :, 30, 100].tolist() == [0, 0, 1]
    assert batch[0, :, 0, 0].tolist() == pytest.approx([114 / 255] * 3)


def test_what_is_unlikely_or_outside_is_cut() -> None:
    output = np.array([[(50, 50, 40, 20, 0.2), (0, 90, 40, 40, 0.8)]], np.float32).transpose(0, 2, 1)
    boxes, scores = decode(output, Fit(scale=1.0, left=0, top=0), size=(100, 100), threshold=0.5)
    assert boxes.tolist() == [[0, 70, 20, 100]]
    assert scores.tolist() == pytest.approx([0.8])


def test_a_boxs_corners_go_clockwise_from_the_left_top() -> None:
    assert corners_of(Box(x1=1, y1=2, x2=5, y2=4)) == ((1, 2), (5, 2), (5, 4), (1, 4))
