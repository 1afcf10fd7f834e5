"""Reading whole photos: detection and reading of one picture, timed, and a picture that is one plate only."""

from __future__ import annotations

import time
from dataclasses import dataclass

import cv2
import numpy as np

from edge.frame import Corners, Image, PlateDetection, PlateReading
from edge.ports import Detector, Reader
from edge.rectify import whole
from proto.passage import Box

#: A plate picture read this surely needs no detection.
_SURE = 0.95
#: Border that a plate picture gets before detection, as a share of its size: the detector wants surroundings.
_SURROUNDINGS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoReading:
    """All plates of a photo, surest first; a reading is None where nothing legible is there."""

    plates: tuple[tuple[PlateDetection, PlateReading | None], ...]
    detect_ms: float
    read_ms: float


def read_scene(image: Image, detector: Detector, reader: Reader) -> PhotoReading:
    """Find and read all plates of a photo."""
    begun = time.perf_counter()
    plates = detector.detect(image)
    detected = time.perf_counter()
    readings = reader.read(image, plates)
    done = time.perf_counter()
    return PhotoReading(
        plates=tuple(zip(plates, readings, strict=True)),
        detect_ms=(detected - begun) * 1e3,
        read_ms=(done - detected) * 1e3,
    )


def read_plate_picture(image: Image, detector: Detector, reader: Reader) -> PhotoReading:
    """Read a picture of one plate and little else: as it is, and, in doubt, by the corners found in it."""
    begun = time.perf_counter()
    all_of_it = _whole_picture(image)
    tried = [(all_of_it, reader.read(image, [all_of_it])[0])]
    read = time.perf_counter()
    detected = read
    if _confidence(tried[0][1]) < _SURE:
        plates = _found_within(image, detector)
        detected = time.perf_counter()
        tried += zip(plates, reader.read(image, plates), strict=True)
    done = time.perf_counter()
    best = max(tried, key=lambda t: _confidence(t[1]))
    return PhotoReading(
        plates=(best,), detect_ms=(detected - read) * 1e3, read_ms=(read - begun + done - detected) * 1e3
    )


def _whole_picture(image: Image) -> PlateDetection:
    height, width = image.shape[:2]
    return PlateDetection(box=Box(x1=0, y1=0, x2=width, y2=height), corners=whole(image), confidence=1.0)


def _found_within(image: Image, detector: Detector) -> tuple[PlateDetection, ...]:
    height, width = image.shape[:2]
    x, y = round(width * _SURROUNDINGS), round(height * _SURROUNDINGS)
    padded = cv2.copyMakeBorder(image, y, y, x, x, cv2.BORDER_REPLICATE).astype(np.uint8, copy=False)
    return tuple(_moved(plate, -x, -y, width, height) for plate in detector.detect(padded))


def _moved(plate: PlateDetection, x: int, y: int, width: int, height: int) -> PlateDetection:
    box = plate.box
    corners: Corners = tuple((px + x, py + y) for px, py in plate.corners)  # type: ignore[assignment]
    return PlateDetection(
        box=Box(
            x1=max(0.0, box.x1 + x),
            y1=max(0.0, box.y1 + y),
            x2=min(float(width), box.x2 + x),
            y2=min(float(height), box.y2 + y),
        ),
        corners=corners,
        confidence=plate.confidence,
    )


def _confidence(reading: PlateReading | None) -> float:
    return reading.confidence if reading else 0.0
