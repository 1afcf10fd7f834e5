"""Which readers look at a plate, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import VisionSettings
from edge.models import ModelError
from edge.read.profile import ACCURATE, FAST, READERS, Engine, Profile, profile_of
from edge.wiring import open_vision

EFFORTS = [("fast", FAST), ("accurate", ACCURATE)]


@pytest.mark.parametrize(("effort", "borrowed"), EFFORTS)
def test_our_own_reader_looks_first_and_one_that_knows_plates_in_doubt(effort: str, borrowed: Profile) -> None:
    both = profile_of(effort, "both")
    *first, last = both.looks
    assert {look.engine for look in first} == {Engine.OURS}
    assert last.engine is Engine.PLATES
    assert last in borrowed.looks
    assert both.decisive == borrowed.decisive


@pytest.mark.parametrize(("effort", "borrowed"), EFFORTS)
def test_each_can_be_had_alone(effort: str, borrowed: Profile) -> None:
    assert profile_of(effort, "borrowed") == borrowed
    own = profile_of(effort, "own")
    assert own.engines == (Engine.OURS,)
    assert len(set(own.looks)) == len(own.looks) == 2


def test_our_own_reader_needs_no_other_weights(tmp_path: Path) -> None:
    """An empty models folder: missing is the detector, and the borrowed readers where they are wanted."""
    with pytest.raises(ModelError) as missing:
        open_vision(VisionSettings(models=tmp_path, readers="own", detector_weights=tmp_path / "mine.onnx"))
    assert "mine.onnx" in str(missing.value)
    with pytest.raises(ModelError, match=READERS[Engine.PLATES].asset):
        open_vision(VisionSettings(models=tmp_path))


def test_weights_of_ones_own_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"mine\.onnx"):
        open_vision(VisionSettings(reader_weights=tmp_path / "mine.onnx"))
