"""Priors, decoding and suppression of the detector's head."""

from __future__ import annotations

import numpy as np
import pytest

from edge.detect.retina import decode_boxes, decode_points, priors, suppress


def test_priors_cover_all_three_maps_in_order() -> None:
    found = priors(64, 96)
    assert len(found) == 2 * (8 * 12 + 4 * 6 + 2 * 3)
    assert found[0].tolist() == [4, 4, 24]
    assert found[1].tolist() == [4, 4, 48]
    assert found[2].tolist() == [12, 4, 24]  # x runs before y
    assert found[-1].tolist() == [80, 48, 768]


def test_no_offset_is_the_prior_itself() -> None:
    prior = np.array([[100, 60, 48]], np.float32)
    assert decode_boxes(np.zeros((1, 4), np.float32), prior).tolist() == [[76, 36, 124, 84]]
    assert decode_points(np.zeros((1, 8), np.float32), prior).tolist() == [[[100, 60]] * 4]


def test_offsets_are_scaled_by_the_prior() -> None:
    prior = np.array([[100, 60, 50]], np.float32)
    offsets = np.array([[1, -1, np.log(2) / 0.2, 0]], np.float32)
    assert decode_boxes(offsets, prior)[0] == pytest.approx([55, 30, 155, 80], abs=1e-3)
    points = np.array([[1, 0, 0, 1, -1, 0, 0, -1]], np.float32)
    assert decode_points(points, prior)[0] == pytest.approx(
        np.array([[105, 60], [100, 65], [95, 60], [100, 55]]), abs=1e-3
    )


@pytest.mark.parametrize(
    ("boxes", "scores", "kept"),
    [
        ([[0, 0, 10, 10], [1, 1, 11, 11]], [0.5, 0.9], [1]),
        ([[0, 0, 10, 10], [20, 0, 30, 10]], [0.5, 0.9], [1, 0]),
        ([[0, 0, 10, 10], [6, 0, 16, 10]], [0.9, 0.5], [0, 1]),
        ([], [], []),
    ],
    ids=["same plate", "apart", "little overlap", "none"],
)
def test_suppression(boxes: list[list[float]], scores: list[float], kept: list[int]) -> None:
    found = suppress(np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32), 0.4)
    assert found == kept
