"""The ultralytics engine against the same weights on onnxruntime.

Tolerance: every plate that one finds with a confidence of 0.3 or more is found by the other, its box off by a
pixel at most and its confidence by 0.005; what is read from it is the same text on every picture.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edge.config import VisionSettings
from edge.detect.onnx_yolo import OnnxYoloDetector
from edge.frame import PlateDetection
from edge.models import ModelError, ModelFolder, registry
from edge.models.cli import models
from edge.wiring import open_vision
from tests.engines.pictures import pictures

pytest.importorskip("ultralytics", reason="needs an environment of its own: make engines")
from edge.detect.ultralytics import UltralyticsDetector

# ultralytics exports the way that torch calls its legacy one, and torch warns of it at every step.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

#: A plate at the threshold may fall on either side of it.
_AT, _SURELY = 0.25, 0.3
_PIXELS, _CONFIDENCE = 1.0, 0.005


@pytest.fixture(scope="module")
def weights() -> Path:
    return ModelFolder().require(registry().asset("yolov8n_plates"))


@pytest.fixture(scope="module")
def exported(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("exported") / "plates.onnx"
    result = CliRunner().invoke(models, ["export", str(weights), str(to)])
    assert result.exit_code == 0, result.output
    return to


def difference(one: PlateDetection, other: PlateDetection) -> tuple[float, float]:
    """Of the boxes' sides in pixels, and of the confidences."""
    a, b = one.box, other.box
    sides = (a.x1 - b.x1, a.y1 - b.y1, a.x2 - b.x2, a.y2 - b.y2)
    return max(map(abs, sides)), abs(one.confidence - other.confidence)


def test_both_find_the_same_plates(weights: Path, exported: Path) -> None:
    theirs = UltralyticsDetector(weights, threshold=_AT)
    ours = OnnxYoloDetector(exported, threshold=_AT)
    compared = 0
    for number, image in enumerate(pictures(40)):
        found = theirs.detect(image), ours.detect(image)
        for these, those in (found, found[::-1]):
            for plate in these:
                if plate.confidence < _SURELY:
                    continue
                nearest = max(those, key=lambda other: other.box.iou(plate.box), default=None)
                assert nearest is not None, f"picture {number}: {plate} was found by one only"
                pixels, confidence = difference(plate, nearest)
                assert pixels <= _PIXELS, f"picture {number}: {plate} against {nearest}"
                assert confidence <= _CONFIDENCE, f"picture {number}: {plate} against {nearest}"
                compared += 1
    assert compared >= 40


def test_both_are_read_alike(exported: Path) -> None:
    theirs = open_vision(VisionSettings(detector="ultralytics"))
    ours = open_vision(VisionSettings(detector="yolo", detector_weights=exported))
    read = 0
    for number, image in enumerate(pictures(25)):
        texts = []
        for vision in (theirs, ours):
            plates = [p for p in vision.detector.detect(image) if p.confidence >= _SURELY]
            texts.append({reading.text for reading in vision.reader.read(image, plates) if reading})
        assert texts[0] == texts[1], f"picture {number}"
        read += len(texts[0])
    assert read >= 10


def test_nothing_is_found_where_nothing_is(weights: Path) -> None:
    assert UltralyticsDetector(weights).detect(np.zeros((1, 1, 3), np.uint8)) == ()
    assert UltralyticsDetector(weights).detect(np.full((480, 640, 3), 90, np.uint8)) == ()


def test_the_device_is_passed_through(weights: Path) -> None:
    with pytest.raises(ModelError, match="cuda:7"):
        UltralyticsDetector(weights, device="cuda:7")


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="found none"):
        UltralyticsDetector(tmp_path / "none.pt")
    (tmp_path / "bad.pt").write_bytes(b"no weights")
    with pytest.raises(ModelError, match=r"bad\.pt"):
        UltralyticsDetector(tmp_path / "bad.pt")
    result = CliRunner().invoke(models, ["export", str(tmp_path / "bad.pt"), str(tmp_path / "out.onnx")])
    assert result.exit_code == 3
    assert "bad.pt" in result.output
    assert not (tmp_path / "out.onnx").exists()


def test_passages_will_name_both_models(exported: Path) -> None:
    model = open_vision(VisionSettings(detector="yolo", detector_weights=exported)).detector.model
    assert model.name == "plates+clp_det"
    assert len(model.sha256) == 64
