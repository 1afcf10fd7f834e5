"""A detector of boxes and one of corners, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from edge.detect.cornered import CorneredDetector
from edge.detect.yolo import corners_of
from edge.frame import Image, PlateDetection
from proto.passage import Box, ModelVersion


def plate(x: float, confidence: float) -> PlateDetection:
    box = Box(x1=x, y1=10, x2=x + 40, y2=22)
    return PlateDetection(box=box, corners=corners_of(box), confidence=confidence)


class Boxes:
    model = ModelVersion(purpose="detect", name="boxes", sha256="a" * 64)

    def detect(self, image: Image) -> tuple[PlateDetection, ...]:
        return plate(0, 0.9), plate(60, 0.4)


class Corners:
    model = ModelVersion(purpose="detect", name="corners", sha256="b" * 64)

    def refine(self, image: Image, plates: Sequence[PlateDetection]) -> tuple[PlateDetection, ...]:
        first, *others = plates
        return replace(first, corners=((1, 11), (39, 10), (39, 21), (1, 22)), confidence=0.1), *others


def test_corners_are_the_closer_looks_and_confidence_is_the_first_ones() -> None:
    detector = CorneredDetector(Boxes(), Corners())
    near, far = detector.detect(np.zeros((40, 120, 3), np.uint8))
    assert list(near.corners) == [(1, 11), (39, 10), (39, 21), (1, 22)]
    assert [p.confidence for p in (near, far)] == [0.9, 0.4]
    assert far.corners == corners_of(far.box)


def test_its_version_is_that_of_both() -> None:
    model = CorneredDetector(Boxes(), Corners()).model
    assert model.name == "boxes+corners"
    assert model.sha256 not in (Boxes.model.sha256, Corners.model.sha256)
