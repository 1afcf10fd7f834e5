"""Scores: what counts as right, and how far confidence is from truth."""

from __future__ import annotations

import pytest

from edge.train.labelled import Label
from edge.train.score import calibration_error


@pytest.mark.parametrize(
    ("label", "read", "right", "but_for_the_province"),
    [
        ("川A12345", "川A12345", True, True),
        ("川A12345", "渝A12345", False, True),
        ("川AO2345", "川A·02345", True, True),
        ("川A1?345", "川A1Z345", True, True),
        ("川A12345", "川A1234", False, False),
        ("川A12345", "", False, False),
    ],
)
def test_a_read_is_right(label: str, read: str, right: bool, but_for_the_province: bool) -> None:
    plate = Label(text=label, colour="blue", rows=1, box=None)
    assert plate.says(read) is right
    assert plate.says_but_for_the_province(read) is but_for_the_province


def test_calibration_error_is_the_mean_distance_of_confidence_and_truth() -> None:
    assert calibration_error([(1.0, True)] * 4) == 0
    assert calibration_error([(1.0, False)] * 4) == 1
    assert calibration_error([(0.5, True), (0.5, False)]) == 0
    assert calibration_error([(0.9, True)] * 3 + [(0.9, False)]) == pytest.approx(0.15)
