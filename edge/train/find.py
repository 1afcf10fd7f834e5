"""How well a given detector finds the plates of labelled photos, beside the one that is shipped. No torch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
from tqdm import tqdm

from edge import wiring
from edge.camera.images import read_photo
from edge.config import VisionSettings
from edge.detect.onnx import OUTPUTS, OnnxDetector
from edge.frame import PlateDetection
from edge.models import ModelFolder, registry
from edge.onnx import OnnxModel
from edge.ports import Detector
from edge.train.evaluate import read_all
from edge.train.labelled import LabelledPhoto, scenes
from edge.train.score import FOUND, table

#: Overlap (IoU) from which a box is found well enough to be cut out.
_CLOSE = 0.7


@dataclass(slots=True)
class Finds:
    """What came of a set of photos."""

    plates: int = 0
    found: int = 0
    close: int = 0
    extra: int = 0  #: touch no label; some photos show plates that nobody labelled
    photos: int = 0
    cpu_s: float = 0.0
    missed: list[str] = field(default_factory=list)

    def add(self, photo: LabelledPhoto, plates: Sequence[PlateDetection]) -> None:
        """Count one photo."""
        self.photos += 1
        self.extra += photo.unlabelled(plate.box for plate in plates)
        for label in photo.labels:
            if not label.text or label.box is None:
                continue
            best = max((plate.box.iou(label.box) for plate in plates), default=0.0)
            self.plates += 1
            self.found += best >= FOUND
            self.close += best >= _CLOSE
            if best < FOUND:
                self.missed.append(f"{photo.path.name} ({label.kind}, {label.box.width:.0f} px)")

    def line(self, name: str) -> str:
        """The figures, for people."""
        plates, photos = max(1, self.plates), max(1, self.photos)
        return (
            f"{name:44s}{self.plates:7d}{self.found:7d}{self.found / plates:8.3f}{self.close / plates:10.3f}"
            f"{self.extra:7d}{self.cpu_s / photos * 1e3:8.1f}"
        )


HEAD = f"{'':44s}{'plates':>7s}{'found':>7s}{'share':>8s}{'IoU ≥ .7':>10s}{'extra':>7s}{'ms':>8s}"


def is_detector(weights: Path) -> bool:
    """True where an ONNX file is such a detector.

    Raises:
        ModelError: it is no model.
    """
    return set(OnnxModel(weights).outputs) == OUTPUTS


def evaluate_detector(
    weights: Path, plates: Path, *, sides: Sequence[int], read: bool, beside: bool, threads: int
) -> Iterator[str]:
    """A line a detector, long side and number of looks; with `read`, a table of what was read on its corners.

    Args:
        weights: ONNX of a detector.
        plates: see `edge.train.labelled.scenes`.
        sides: what the photos' longer sides become, pixels.
        read: also read the plates, with the shipped readers.
        beside: the shipped detector as well.
        threads: a model's call.

    Raises:
        ModelError: weights are missing or no detector.
        LabelsError: the labelled photos are not there, or their tables can't be used.
        PhotoError: a photo is missing or damaged.
    """
    cv2.setNumThreads(threads)
    photos = list(scenes(plates))
    yield HEAD
    for name, detector in _detectors(weights, sides, beside=beside, threads=threads).items():
        finds = find_all(photos, detector, name)
        yield finds.line(name)
        yield from (f"    missed: {missed}" for missed in finds.missed)
        if read:
            settings = VisionSettings.model_validate({"profile": "accurate", "threads": threads})
            reader = wiring.open_vision(settings).reader
            yield table(name, read_all(photos, detector, reader, whole=False, name=name)) + "\n"


def find_all(photos: Sequence[LabelledPhoto], detector: Detector, name: str) -> Finds:
    """Look at photos one by one; `name` is for the progress bar."""
    finds = Finds()
    for photo in tqdm(photos, desc=name, unit="photo", disable=None):
        image = read_photo(photo.path)
        begun = time.process_time()
        plates = detector.detect(image)
        finds.cpu_s += time.process_time() - begun
        finds.add(photo, plates)
    return finds


def _detectors(weights: Path, sides: Sequence[int], *, beside: bool, threads: int) -> Mapping[str, Detector]:
    paths = {weights.stem: weights}
    if beside:
        paths["shipped"] = ModelFolder().require(registry().asset("bukong_det"))
    return {
        f"{name} at {side}{', and again a plate' * refine}": OnnxDetector(
            path, long_side=side, refine=refine, threads=threads
        )
        for side in sides
        for refine in (False, True)
        for name, path in paths.items()
    }
