"""Holds the engines to what `make accuracy` has measured, on a part of the photos."""

from __future__ import annotations

import pytest

from edge.models import ModelError
from edge.read.photo import read_plate_picture, read_scene
from tests.accuracy import photos
from tests.accuracy.__main__ import measure

pytestmark = [
    pytest.mark.accuracy,
    pytest.mark.slow,
    pytest.mark.skipif(not photos.present(), reason="the labelled photos are not here (BUKONG_PLATES)"),
]


def test_scenes() -> None:
    """Every third photo; all of them: found 0.99, exact 0.968."""
    try:
        score = measure(read_scene, list(photos.scenes())[::3], "accurate")
    except ModelError as error:
        pytest.skip(f"needs the models: {error}")
    assert score.total.plates > 60
    assert score.total.found / score.total.plates >= 0.95
    assert score.total.exact / score.total.plates >= 0.90
    assert score.extra <= 5


def test_plate_pictures() -> None:
    """Every sixth picture; all of them: exact 0.989."""
    try:
        score = measure(read_plate_picture, list(photos.plate_pictures())[::6], "accurate")
    except ModelError as error:
        pytest.skip(f"needs the models: {error}")
    assert score.total.plates > 190
    assert score.total.exact / score.total.plates >= 0.97
    certain = [right for confidence, right in score.believed if confidence >= 0.99]
    assert sum(certain) / len(certain) >= 0.99
