"""The real detector and reader, and `bukong edge read`, on rendered plates."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from edge import wiring
from edge.cli import edge
from edge.config import VisionSettings
from edge.detect.onnx import OnnxDetector
from edge.frame import Image, PlateDetection
from edge.models import ModelError, ModelFolder, registry
from edge.read.photo import read_plate_picture
from edge.rectify import whole
from edge.scene import PlateFace
from edge.scene.plate import render_plate
from edge.wiring import Vision
from proto.passage import Box
from proto.plate import PlateClass, PlateColour

#: On rendered plates: which class each is read as, and how many rows it has.
PLATES = [
    ("川C8K52M", PlateClass.SMALL_CAR, PlateColour.BLUE, 1),
    ("渝AD12345", PlateClass.SMALL_NEW_ENERGY, PlateColour.GREEN, 1),
    ("京B73M58", PlateClass.LARGE_VEHICLE, PlateColour.YELLOW, 2),
]


@pytest.fixture(scope="module")
def vision() -> Vision:
    try:
        return wiring.open_vision(VisionSettings(), refine=True)
    except ModelError as error:
        pytest.skip(f"needs the models: {error}")


def scene(*plates: tuple[PlateFace, tuple[float, float]]) -> tuple[Image, list[Box]]:
    """A dim noisy background with plates on it, slightly turned, as a lens would blur them."""
    rng = np.random.default_rng(3)
    picture = cv2.GaussianBlur(rng.integers(40, 110, (540, 960, 3), np.uint8), (0, 0), 3)
    boxes = []
    for face, (x, y) in plates:
        plate = render_plate(face, 0.4)
        height, width = plate.shape[:2]
        turn = np.array([[0.995, 0.05, x], [-0.03, 0.995, y]])
        body = np.array([[1, 0, x - 90], [0, 1, y - 60]], float)
        panel = np.full((height + 110, width + 180, 3), 70, np.uint8)
        for part, how in ((panel, body), (plate, turn)):
            mask = cv2.warpAffine(np.full(part.shape[:2], 255, np.uint8), how, (960, 540)) > 127
            picture[mask] = cv2.warpAffine(part, how, (960, 540), borderMode=cv2.BORDER_REPLICATE)[mask]
        corners = np.array([(0, 0, 1), (width, 0, 1), (width, height, 1), (0, height, 1)]) @ turn.T
        (x1, y1), (x2, y2) = corners.min(axis=0), corners.max(axis=0)
        boxes.append(Box(x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2)))
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.7), np.uint8), boxes


def detector_weights() -> Path:
    try:
        return ModelFolder().require(registry().asset("clp_det"))
    except ModelError as error:
        pytest.skip(f"needs the models: {error}")


def face(text: str, plate_class: PlateClass, rows: int = 1) -> PlateFace:
    return PlateFace(text=text, plate_class=plate_class, rows=rows)


@pytest.fixture(scope="module")
def street() -> tuple[Image, list[Box]]:
    return scene(
        (face("川C8K52M", PlateClass.SMALL_CAR), (150, 120)),
        (face("渝AD12345", PlateClass.SMALL_NEW_ENERGY), (560, 330)),
    )


def test_plates_are_found_with_their_corners(vision: Vision, street: tuple[Image, list[Box]]) -> None:
    image, boxes = street
    found = vision.detector.detect(image)
    assert len(found) == 2
    for box in boxes:
        nearest = max(found, key=lambda plate: plate.box.iou(box))
        assert nearest.box.iou(box) > 0.6
        left_top, right_top, right_bottom, left_bottom = nearest.corners
        assert left_top[0] < right_top[0]
        assert left_bottom[0] < right_bottom[0]
        assert left_top[1] < left_bottom[1]
        assert right_top[1] < right_bottom[1]


def test_nothing_is_found_where_nothing_is(vision: Vision) -> None:
    assert vision.detector.detect(scene()[0]) == ()
    assert vision.detector.detect(np.zeros((1, 1, 3), np.uint8)) == ()


def test_a_photo_in_which_nothing_was_found_is_looked_at_again_larger(street: tuple[Image, list[Box]]) -> None:
    weights = detector_weights()
    near, boxes = street
    high, wide = near.shape[:2]
    image = np.full((2 * high, 3 * wide, 3), 118, np.uint8)  # the same from further away
    image[high:, wide : 2 * wide] = near

    def found(long_side: int, again_side: int) -> int:
        detector = OnnxDetector(weights, long_side=long_side, refine=True, again_side=again_side)
        return len(detector.detect(image))

    assert found(160, 0) == 0
    assert found(160, 1280) == len(boxes)
    assert found(160, 96) == 0  # no smaller


def test_a_photo_with_small_plates_is_looked_at_again_for_smaller_ones(street: tuple[Image, list[Box]]) -> None:
    weights = detector_weights()
    near, boxes = street
    high, wide = near.shape[:2]
    image = np.full((2 * high, 3 * wide, 3), 118, np.uint8)
    image[:high, :wide] = near
    image[-(high // 2) :, -(wide // 2) :] = cv2.resize(near, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)

    def found(again_side: int) -> list[PlateDetection]:
        detector = OnnxDetector(weights, long_side=576, refine=True, again_side=again_side)
        return list(detector.detect(image))

    assert len(found(0)) == len(boxes)
    again = found(1280)
    assert len(again) == 2 * len(boxes)  # the near ones are not told twice
    assert [p.confidence for p in again] == sorted((p.confidence for p in again), reverse=True)


def test_our_own_reader_reads_them_by_itself() -> None:
    try:
        own = wiring.open_vision(VisionSettings(readers="own"))
    except ModelError as error:
        pytest.skip(f"needs the models: {error}")
    assert [model.name for model in own.reader.models] == ["bukong_rec"]
    for text, plate_class, _, rows in PLATES:
        picture = cv2.GaussianBlur(render_plate(face(text, plate_class, rows), 0.5), (0, 0), 0.8)
        reading = read_plate_picture(np.asarray(picture, np.uint8), own.detector, own.reader).plates[0][1]
        assert reading is not None
        assert (reading.text, reading.rows) == (text, rows)


@pytest.mark.parametrize(("text", "plate_class", "colour", "rows"), PLATES)
def test_plates_are_read(
    vision: Vision, text: str, plate_class: PlateClass, colour: PlateColour, rows: int
) -> None:
    picture = cv2.GaussianBlur(render_plate(face(text, plate_class, rows), 0.5), (0, 0), 0.8)
    image = np.asarray(picture, np.uint8)
    height, width = image.shape[:2]
    plate = PlateDetection(box=Box(x1=0, y1=0, x2=width, y2=height), corners=whole(image), confidence=1.0)
    (reading,) = vision.reader.read(image, [plate])
    assert reading is not None
    assert (reading.text, reading.colour, reading.rows) == (text, colour, rows)
    assert reading.plate_class is plate_class
    assert reading.confidence > 0.5
    assert [position[0][0] for position in reading.lattice] == list(text)
    assert 0 < reading.sharpness <= 1


def test_an_empty_plate_is_not_read(vision: Vision) -> None:
    image = np.full((48, 160, 3), (158, 74, 18), np.uint8)
    plate = PlateDetection(box=Box(x1=0, y1=0, x2=160, y2=48), corners=whole(image), confidence=1.0)
    assert vision.reader.read(image, [plate]) == (None,)
    assert vision.reader.read(image, []) == ()


def test_passages_will_name_the_models(vision: Vision) -> None:
    assert vision.detector.model.purpose == "detect"
    assert {model.purpose for model in vision.reader.models} == {"read"}
    assert all(len(m.sha256) == 64 for m in (vision.detector.model, *vision.reader.models))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(edge, ["read", *map(str, arguments)])


def save(path: Path, image: Image) -> Path:
    cv2.imencode(".png", image)[1].tofile(path)
    return path


@pytest.mark.usefixtures("vision")
def test_read_prints_a_line_a_file_and_goes_on_past_a_broken_one(
    tmp_path: Path, street: tuple[Image, list[Box]]
) -> None:
    broken = tmp_path / "坏的.jpg"
    broken.write_bytes(b"no picture")
    good = save(tmp_path / "街上.png", street[0])
    result = run(broken, good, tmp_path / "missing.jpg", "--format", "jsonl")
    assert result.exit_code == 1
    first, second, third = (json.loads(line) for line in result.stdout.splitlines())
    assert first.keys() == third.keys() == {"file", "error"}
    assert first["file"] == str(broken)
    assert second["file"] == str(good)
    assert second["ms"].keys() == {"detect", "read"}
    assert {plate["text"] for plate in second["plates"]} == {"川C8K52M", "渝AD12345"}
    for plate in second["plates"]:
        assert plate.keys() == {"text", "class", "colour", "confidence", "box", "corners", "alternatives"}
        assert len(plate["box"]) == 4
        assert [len(corner) for corner in plate["corners"]] == [2] * 4
        assert "".join(position[0][0] for position in plate["alternatives"]) == plate["text"]


@pytest.mark.usefixtures("vision")
def test_read_takes_pictures_of_one_plate(tmp_path: Path) -> None:
    image = np.asarray(render_plate(face("川C8K52M", PlateClass.SMALL_CAR), 0.4), np.uint8)
    result = run(save(tmp_path / "plate.png", image).parent, "--crops")
    assert result.exit_code == 0
    assert "川C·8K52M\tsmall_car\tblue" in result.stdout


def test_read_without_models_says_what_to_do(tmp_path: Path) -> None:
    result = run(tmp_path, "--models", tmp_path / "none")
    assert result.exit_code == 3
    assert "bukong models get" in result.output


def test_help_needs_no_engine() -> None:
    result = CliRunner().invoke(edge, ["--help"])
    assert result.exit_code == 0
    assert "read" in result.output
