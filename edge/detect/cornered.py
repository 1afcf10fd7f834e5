"""A detector that finds boxes, and one that finds their corners."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

from edge.frame import Image, PlateDetection
from edge.ports import Detector
from proto.passage import ModelVersion


class CornerFinder(Protocol):
    """Looks at found plates again."""

    @property
    def model(self) -> ModelVersion: ...

    def refine(self, image: Image, plates: Sequence[PlateDetection]) -> tuple[PlateDetection, ...]:
        """The same plates in the same order, each with the corners of a closer look."""
        ...


class CorneredDetector:
    """Implements `edge.ports.Detector` with the boxes of one and the corners of another: reading lives on
    corners, and boxes alone give less than half of the plates (measured: 39 % against 83 %)."""

    def __init__(self, boxes: Detector, corners: CornerFinder) -> None:
        self._boxes, self._corners = boxes, corners
        parts = boxes.model, corners.model
        digest = hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest()
        self._model = ModelVersion(purpose="detect", name="+".join(part.name for part in parts), sha256=digest)

    @property
    def model(self) -> ModelVersion:
        """Named after both; the digest is of their two digests."""
        return self._model

    def detect(self, image: Image) -> tuple[PlateDetection, ...]:
        """All plates, most confident first; box and corners are the closer look's, where it found the plate."""
        found = self._boxes.detect(image)
        closer = self._corners.refine(image, found)
        return tuple(
            PlateDetection(box=plate.box, corners=plate.corners, confidence=box.confidence)
            for box, plate in zip(found, closer, strict=True)
        )
