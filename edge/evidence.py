"""Evidence of a passage: the scene, the vehicle cut out of it, the plate. Pure but for the JPEG codec.

A `Shot` remembers the frame a picture would be made of. Its three pictures depend on nothing but that frame
and the plate's place in it, so they are the same bytes whenever they are encoded: at the passage, or before,
when an open tracklet is saved to disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import cv2
import numpy as np

from edge.frame import Corners, Image, PlateDetection
from edge.rectify import rectify
from proto.passage import Box, Evidence, EvidenceKind

#: Vehicle round its plate, in plate widths: to each side, above, below. A car is some 1.8 m wide and carries
#: the plate half a metre above the road.
_BESIDE, _ABOVE, _BELOW = 2.2, 3.0, 1.2
#: Size of the rectified plate in pixels, with a little of what surrounds it; two-row plates keep their shape.
_PLATE_SIZE, _TWO_ROW_SIZE, _PLATE_MARGIN = (280, 90), (280, 140), (1.06, 1.12)
#: A plate seen less wide than this in relation to its height has two rows.
_TWO_ROW_ASPECT = 2.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """The three pictures of a shot, as JPEG."""

    scene: bytes
    vehicle: bytes
    plate: bytes

    def named(self) -> Iterator[tuple[Evidence, bytes]]:
        """Each picture under its address."""
        kinds = (EvidenceKind.SCENE, EvidenceKind.VEHICLE, EvidenceKind.PLATE)
        for kind, data in zip(kinds, (self.scene, self.vehicle, self.plate), strict=True):
            yield Evidence(kind=kind, sha256=hashlib.sha256(data).hexdigest(), size=len(data)), data


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shot:
    """A frame that may become the evidence of a tracklet."""

    text: str  #: what the plate read in this very frame; empty: nothing legible
    merit: float  #: higher is better evidence, see `merit`
    captured_at: datetime
    plate: PlateDetection
    size: tuple[int, int]  #: of the frame: width, height
    image: Image | None  #: the frame, until its pictures are made
    pictures: Pictures | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Darkroom:
    """How pictures are made."""

    scene_long_side: int = 1280  #: the scene is scaled down to this
    vehicle_long_side: int = 640
    jpeg_quality: int = 82

    def scale(self, shot: Shot) -> float:
        """Scene pixels a frame pixel."""
        return min(1.0, self.scene_long_side / max(shot.size))

    def develop(self, shot: Shot) -> Shot:
        """The shot with its pictures made and the frame let go."""
        if shot.pictures or shot.image is None:
            return shot
        box = vehicle_box(shot.plate, shot.size)
        left, top = int(box.x1), int(box.y1)
        cut = shot.image[top : max(top + 1, round(box.y2)), left : max(left + 1, round(box.x2))]
        width, height = _TWO_ROW_SIZE if _looks_two_row(shot.plate.corners) else _PLATE_SIZE
        pictures = Pictures(
            scene=self._jpeg(_within(shot.image, self.scene_long_side)),
            vehicle=self._jpeg(_within(cut, self.vehicle_long_side)),
            plate=self._jpeg(
                rectify(shot.image, shot.plate.corners, width=width, height=height, margin=_PLATE_MARGIN)
            ),
        )
        return replace(shot, image=None, pictures=pictures)

    def _jpeg(self, image: Image) -> bytes:
        done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, self.jpeg_quality])
        assert done, "JPEG encoding of an 8-bit image can't fail"
        return data.tobytes()


def merit(plate: PlateDetection, sharpness: float, size: tuple[int, int]) -> float:
    """How good a picture of the vehicle a frame gives: large and sharp, and the vehicle not cut off.

    A plate wider than a twelfth of the picture gains nothing more: the vehicle then leaves the frame.
    """
    full = size[0] / 12
    large = min(plate.box.width, full) / full
    free = vehicle_share_inside(plate, size)
    return (0.2 + min(1.0, sharpness)) * large * free * free


def vehicle_box(plate: PlateDetection, size: tuple[int, int]) -> Box:
    """Where the vehicle should be, judged by its plate, in pixels; within the frame."""
    box = _whole_vehicle(plate)
    return Box(
        x1=min(max(0.0, box.x1), size[0] - 1.0),
        y1=min(max(0.0, box.y1), size[1] - 1.0),
        x2=max(1.0, min(float(size[0]), box.x2)),
        y2=max(1.0, min(float(size[1]), box.y2)),
    )


def vehicle_share_inside(plate: PlateDetection, size: tuple[int, int]) -> float:
    """Share of the vehicle's estimated box that lies in the frame, 0 to 1."""
    whole, inside = _whole_vehicle(plate), vehicle_box(plate, size)
    return min(1.0, inside.width * inside.height / (whole.width * whole.height))


def scaled(box: Box, scale: float) -> Box:
    """A box in a picture of another size."""
    return Box(x1=box.x1 * scale, y1=box.y1 * scale, x2=box.x2 * scale, y2=box.y2 * scale)


def _whole_vehicle(plate: PlateDetection) -> Box:
    x, _ = plate.box.centre
    unit = max(1.0, plate.box.width)
    return Box(
        x1=x - _BESIDE * unit,
        y1=plate.box.y1 - _ABOVE * unit,
        x2=x + _BESIDE * unit,
        y2=plate.box.y2 + _BELOW * unit,
    )


def _looks_two_row(corners: Corners) -> bool:
    a, b, c, d = (np.asarray(p) for p in corners)
    across = np.linalg.norm(b - a) + np.linalg.norm(c - d)
    down = np.linalg.norm(d - a) + np.linalg.norm(c - b)
    return bool(across < _TWO_ROW_ASPECT * down)


def _within(image: Image, long_side: int) -> Image:
    """The image, scaled down where its longer side exceeds the limit."""
    height, width = image.shape[:2]
    scale = long_side / max(height, width)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
