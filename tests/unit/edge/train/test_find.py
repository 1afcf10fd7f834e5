"""What counts as found, and the command that counts it."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner

from edge.config import VisionSettings
from edge.frame import PlateDetection
from edge.models import ModelError, ModelFolder, registry
from edge.models.cli import models
from edge.train.find import Finds
from edge.train.labelled import Label, LabelledPhoto
from edge.train.scenes import Scenes
from edge.wiring import open_vision
from proto.passage import Box

HEAD = "file,plate_text,plate_colour,plate_kind,lines,x1,y1,x2,y2\n"


def found_at(box: Box) -> PlateDetection:
    corners = (box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2)
    return PlateDetection(box=box, corners=corners, confidence=0.9)


def test_what_is_found_close_missed_and_extra() -> None:
    def label(x: float, text: str = "川A12345") -> Label:
        return Label(text=text, colour="yellow", rows=2, box=Box(x1=x, y1=0, x2=x + 40, y2=20))

    photo = LabelledPhoto(path=Path("a.jpg"), labels=(label(0), label(100), label(200), label(300, text="")))
    finds = Finds()
    finds.add(
        photo,
        [
            found_at(Box(x1=1, y1=0, x2=40, y2=20)),
            found_at(Box(x1=110, y1=0, x2=150, y2=20)),
            found_at(Box(x1=300, y1=0, x2=340, y2=20)),  # nobody could read it: neither a hit nor extra
            found_at(Box(x1=500, y1=0, x2=540, y2=20)),
        ],
    )
    assert (finds.plates, finds.found, finds.close, finds.extra, finds.photos) == (3, 2, 1, 1, 1)
    assert finds.missed == ["a.jpg (two rows, 40 px)"]


def test_a_detectors_weights_are_tried_on_photos(tmp_path: Path) -> None:
    try:
        weights = ModelFolder().require(registry().asset("clp_det"))
    except ModelError as error:
        pytest.skip(f"needs the models: {error}")
    for folder in ("scenes", "scenes_easypr"):
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / "a.png"), Scenes(seed=1).scene(1).picture)
        (tmp_path / folder / "labels.csv").write_text(f"{HEAD}a.png,川A12345,blue,normal,1,1,1,9,4\n", "utf-8")
    arguments = ["evaluate", str(weights), "--plates", str(tmp_path), "--alone", "--long-side", "320"]
    result = CliRunner().invoke(models, arguments)
    assert result.exit_code == 0, result.output
    lines = [line for line in result.output.splitlines() if line.startswith("clp_det at 320")]
    assert len(lines) == 2  # one look, and two
    assert all(line.split()[-6] == "2" for line in lines)  # plates


def test_weights_of_ones_own_take_the_place_of_the_shipped(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"mine\.onnx"):
        open_vision(VisionSettings(detector_weights=tmp_path / "mine.onnx"))
    try:
        weights = ModelFolder().require(registry().asset("clp_det"))
        (tmp_path / "mine.onnx").write_bytes(weights.read_bytes())
        vision = open_vision(VisionSettings(detector_weights=tmp_path / "mine.onnx"))
    except ModelError as error:
        pytest.skip(f"needs the models: {error}")
    assert vision.detector.model.name == "mine"
