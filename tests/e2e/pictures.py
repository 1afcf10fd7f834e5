"""Evidence images for the tests: a rendered plate, and a plain scene with it. No photo of anyone's car."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.scene.plate import PlateFace, render_plate
from proto.passage import Box
from proto.plate import PlateClass

_WIDTH, _HEIGHT = 1280, 720


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """JPEG files of one passage, and where things are in the scene."""

    plate: bytes
    scene: bytes
    vehicle: bytes
    plate_box: Box
    vehicle_box: Box


def pictures(text: str, plate_class: PlateClass) -> Pictures:
    """A vehicle with this plate on a road, seen from behind."""
    plate = render_plate(PlateFace(text=text, plate_class=plate_class), px_per_mm=0.5)
    height, width = 40, 130
    scene = np.full((_HEIGHT, _WIDTH, 3), (74, 78, 80), np.uint8)
    cv2.rectangle(scene, (0, 0), (_WIDTH, 250), (150, 130, 112), -1)
    for x in (250, 640, 1030):
        cv2.line(scene, (640 + (x - 640) // 3, 250), (x, _HEIGHT), (220, 220, 220), 5)
    cv2.rectangle(scene, (560, 330), (860, 570), (58, 44, 40), -1)
    cv2.rectangle(scene, (600, 350), (820, 425), (120, 104, 92), -1)
    for x in (570, 800):
        cv2.rectangle(scene, (x, 440), (x + 50, 470), (60, 60, 200), -1)
        cv2.rectangle(scene, (x, 560), (x + 50, 610), (20, 20, 20), -1)
    x, y = 645, 490
    scene[y : y + height, x : x + width] = cv2.resize(plate, (width, height), interpolation=cv2.INTER_AREA)
    return Pictures(
        plate=_jpeg(plate),
        scene=_jpeg(scene),
        vehicle=_jpeg(scene[310:630, 540:880]),
        plate_box=Box(x1=x, y1=y, x2=x + width, y2=y + height),
        vehicle_box=Box(x1=555, y1=325, x2=865, y2=615),
    )


def _jpeg(image: NDArray[np.uint8]) -> bytes:
    ok, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 88])
    assert ok
    return bytes(data)
