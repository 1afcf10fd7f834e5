"""Reads of real photos with what really stands on the plates: the raw material of `bukong bench hits`.

The photos aren't part of this repository: `labels.csv` in each of the folders crops, scenes, scenes_easypr
names the files and what is on them. Real plates: what is made of them stays on this machine.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from pydantic import TypeAdapter
from tqdm import tqdm

from edge import wiring
from edge.camera.images import PhotoError, read_photo
from edge.config import VisionSettings
from edge.frame import Image, PlateReading
from edge.read.photo import PhotoReading, read_plate_picture, read_scene
from edge.vote import Vote
from proto.passage import Box, PlateRead
from proto.plate import clean

#: Overlap (IoU) from which a plate that was found is the labelled one.
_FOUND = 0.3
#: Mainland plates know neither letter: labels and reads may have either.
_ALIKE = str.maketrans({"O": "0", "I": "1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RealRead:
    """What was read of a plate, and what it is."""

    truth: str
    read: PlateRead
    worsened: bool  #: the picture was made smaller, darker and noisier before it was read

    @property
    def right(self) -> bool:
        return self.truth == self.read.text


_READS: TypeAdapter[list[RealRead]] = TypeAdapter(list[RealRead])


@dataclass(frozen=True, slots=True)
class _Label:
    text: str
    box: Box | None


def there(folder: Path | None) -> bool:
    """Whether there are labelled photos."""
    return folder is not None and (folder / "crops" / "labels.csv").is_file()


def real_reads(folder: Path, cache: Path | None) -> list[RealRead]:
    """Reads by the reader as a node sets it up, of every photo and of a worsened copy of each plate picture.

    Args:
        folder: of the labelled photos.
        cache: where they are kept between two runs; None: nowhere.
    """
    if cache is not None and cache.is_file():
        return _READS.validate_json(cache.read_bytes())
    vision = wiring.open_vision(VisionSettings(), refine=True)
    cv2.setNumThreads(1)
    rng = np.random.default_rng(1)
    found: list[RealRead] = []
    for path, labels in tqdm(list(_photos(folder)), desc="photos", unit="photo", disable=None):
        try:
            image = read_photo(path)
        except PhotoError:
            continue
        if labels[0].box is not None:
            found += _reads(read_scene(image, vision.detector, vision.reader), labels, worsened=False)
            continue
        for worsened in (False, True):
            picture = _worse(image, rng) if worsened else image
            reading = read_plate_picture(picture, vision.detector, vision.reader)
            found += _reads(reading, labels, worsened=worsened)
    if cache is not None:
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_bytes(_READS.dump_json(found))
    return found


def _photos(folder: Path) -> Iterator[tuple[Path, list[_Label]]]:
    for name in ("crops", "scenes", "scenes_easypr"):
        labels: dict[str, list[_Label]] = {}
        with (folder / name / "labels.csv").open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                if row["plate_kind"] == "ignore" or "?" in row["plate_text"]:
                    continue
                sides = [row.get(side) for side in ("x1", "y1", "x2", "y2")]
                box = None
                if all(sides):
                    x1, y1, x2, y2 = (float(side or 0) for side in sides)
                    box = Box(x1=x1, y1=y1, x2=x2, y2=y2)
                labels.setdefault(row["file"], []).append(_Label(_same(row["plate_text"]), box))
        for file, here in labels.items():
            yield folder / name / file, here


def _same(text: str) -> str:
    return clean(text).translate(_ALIKE)


def _worse(image: Image, rng: np.random.Generator) -> Image:
    """A plate seen from twice as far, at dusk."""
    height, width = image.shape[:2]
    small = cv2.resize(
        image, (max(20, int(width * 0.55)), max(8, int(height * 0.55))), interpolation=cv2.INTER_AREA
    )
    noisy = np.clip(small * 0.8 + rng.normal(0, 6, small.shape), 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(noisy, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _reads(found: PhotoReading, labels: list[_Label], *, worsened: bool) -> Iterator[RealRead]:
    for label in labels:
        reading = _at(label, found)
        voted = Vote().fold(reading, 1.0).read if reading is not None else None
        if voted is not None:
            yield RealRead(truth=label.text, read=_folded(voted), worsened=worsened)


def _folded(read: PlateRead) -> PlateRead:
    return PlateRead(
        text=_same(read.text),
        plate_class=read.plate_class,
        colour=read.colour,
        confidence=read.confidence,
        lattice=tuple(tuple((c.translate(_ALIKE), p) for c, p in position) for position in read.lattice),
        rows=read.rows,
    )


def _at(label: _Label, found: PhotoReading) -> PlateReading | None:
    if label.box is None:
        return found.plates[0][1] if found.plates else None
    box = label.box
    best = max(found.plates, key=lambda p: p[0].box.iou(box), default=None)
    return best[1] if best is not None and best[0].box.iou(box) >= _FOUND else None
