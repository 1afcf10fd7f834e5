"""A reader of one's own: it looks first."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import VisionSettings
from edge.models import ModelError
from edge.read.profile import ACCURATE, FAST, HEIGHTS, Engine, Profile, with_own
from edge.wiring import open_vision


@pytest.mark.parametrize("profile", [FAST, ACCURATE])
def test_our_own_reader_looks_first_and_the_others_after_it(profile: Profile) -> None:
    both = with_own(profile)
    assert both.looks[0].engine is Engine.OURS
    assert both.looks[1:] == profile.looks
    assert both.decisive == profile.decisive
    assert HEIGHTS[both.looks[0].engine] == 48


def test_weights_of_ones_own_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"mine\.onnx|bukong models get"):
        open_vision(VisionSettings(reader_weights=tmp_path / "mine.onnx"))
