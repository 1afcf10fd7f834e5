"""The paddleocr engine against the same weights on onnxruntime.

Tolerance: probabilities of every step differ by 1e-4 at most, and every plate is read as the same text.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import NoReturn

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from edge.config import VisionSettings
from edge.frame import Image
from edge.models import ModelError, ModelFolder, registry
from edge.models.cli import models
from edge.read.onnx import OnnxRecogniser
from edge.read.profile import ACCURATE, BORROWED, FAST, READERS, Engine
from edge.wiring import open_vision
from tests.engines.pictures import pictures

pytest.importorskip("paddleocr", reason="needs an environment of its own: make engines")
from edge.read.paddle import PaddleRecogniser

_TOLERANCE = 1e-4


@pytest.fixture(scope="module", autouse=True)
def made() -> None:
    result = CliRunner().invoke(models, ["paddleocr"])
    assert result.exit_code == 0, result.output


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> NoReturn:
        raise AssertionError("something asked for the network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


def both(engine: Engine) -> tuple[PaddleRecogniser, OnnxRecogniser]:
    weights, folder = READERS[engine], ModelFolder()
    characters = folder.require(registry().asset(weights.characters)) if weights.characters else None
    return (
        PaddleRecogniser(folder.paddleocr(weights.asset)),
        OnnxRecogniser(folder.require(registry().asset(weights.asset)), characters=characters),
    )


@pytest.mark.parametrize("engine", BORROWED)
@pytest.mark.usefixtures("no_network")
def test_both_see_the_same_and_neither_asks_for_a_network(engine: Engine) -> None:
    theirs, ours = both(engine)
    looks = [look for look in (*FAST.looks, *ACCURATE.looks) if look.engine is engine]
    for look in looks:
        for image in pictures(12):
            height = READERS[engine].height
            row: Image = np.asarray(
                cv2.resize(image, (look.plate, height), interpolation=cv2.INTER_AREA), np.uint8
            )
            a = theirs.posteriors([row, row[:, ::-1]], width=look.width)
            b = ours.posteriors([row, row[:, ::-1]], width=look.width)
            assert a.shape == b.shape
            assert float(np.abs(a - b).max()) <= _TOLERANCE


def test_widths_that_paddle_would_round_stay_whole() -> None:
    theirs, ours = both(Engine.GENERAL)
    rng = np.random.default_rng(5)
    for filled in range(150, 330, 7):
        row = rng.integers(0, 255, (48, filled, 3)).astype(np.uint8)
        a, b = theirs.posteriors([row], width=208), ours.posteriors([row], width=208)
        steps = min(a.shape[1], b.shape[1])
        assert float(np.abs(a[:, : steps - 2] - b[:, : steps - 2]).max()) <= 0.02


def test_plates_are_read_alike() -> None:
    theirs = open_vision(VisionSettings(reader="paddleocr", readers="borrowed", profile="accurate"))
    ours = open_vision(VisionSettings(readers="borrowed", profile="accurate"))
    read = 0
    for number, image in enumerate(pictures(40)):
        plates = ours.detector.detect(image)
        texts = [[reading and reading.text for reading in v.reader.read(image, plates)] for v in (theirs, ours)]
        assert texts[0] == texts[1], f"picture {number}"
        read += len(texts[0])
    assert read >= 20


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="bukong models paddleocr"):
        PaddleRecogniser(tmp_path)
    (tmp_path / "inference.yml").write_text("Global: {}\n")
    with pytest.raises(ModelError, match="does not take"):
        PaddleRecogniser(tmp_path)
    good = ModelFolder().paddleocr(READERS[Engine.GENERAL].asset)
    with pytest.raises(ModelError, match="abacus"):
        PaddleRecogniser(good, engine="abacus")


def test_passages_will_name_the_models() -> None:
    names = [m.name for m in open_vision(VisionSettings(reader="paddleocr")).reader.models]
    assert names == [READERS[engine].asset for engine in (Engine.OURS, Engine.PLATES)]
