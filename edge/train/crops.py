"""What a reader learns from: plates cut out as at run time, and what stands on them. Seeded, streamed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.frame import Corners, Image
from edge.read.rows import joined_rows, single_row
from edge.train.ingredients import Ingredients
from edge.train.misery import photographed
from edge.train.photo import PlatePhoto, photograph
from edge.train.real import RealPlate
from edge.train.text import draw_face

#: Height and width that a one-row plate's picture has; a two-row plate's is 5⅔ heights wide (`joined_rows`).
HEIGHT, WIDTH = 48, 160
#: Pictures of nothing that can be read, to which the answer is nothing.
_EMPTY = 0.01
#: Pictures cut by the upright box instead of the corners: a picture of one plate, handed in as it is.
_BOXED = 0.22


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crop:
    """A picture for the reader and what it should say."""

    picture: Image  #: (HEIGHT, width, 3)
    text: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Ingredients):
    """Where crops come from."""

    def crop(self, index: int) -> Crop:
        """The crop of a number, from 0 on."""
        rng = np.random.default_rng((self.seed, index))
        if self.real and rng.random() < self.real_share:
            return _of_real(self.real[int(rng.integers(len(self.real)))], rng)
        face = draw_face(rng)
        photo = photograph(face, rng, self.glyphs)
        if rng.random() < _EMPTY:
            return Crop(picture=_beside(photo, rng), text="", rows=1)
        return Crop(
            picture=cut(photo.image, _corners_found(photo, rng, rows=face.row_count), face.row_count, rng),
            text=face.text,
            rows=face.row_count,
        )


def cut(image: Image, corners: Corners, rows: int, rng: np.random.Generator) -> Image:
    """The plate as the reader is shown it, with more or less round it than it should have."""
    margin = (
        float(np.clip(rng.normal(1.04, 0.045), 0.95, 1.25)),
        float(np.clip(rng.normal(1.1, 0.1), 0.92, 1.5)),
    )
    if rows == 2:
        return joined_rows(image, corners, height=HEIGHT, margin=(min(margin[0], 1.1), min(margin[1], 1.16)))
    return single_row(image, corners, height=HEIGHT, width=WIDTH, margin=margin)


def _corners_found(photo: PlatePhoto, rng: np.random.Generator, *, rows: int) -> Corners:
    """Corners as a detector would give them: not quite."""
    true = np.array(photo.corners, np.float64)
    if rows == 1 and rng.random() < _BOXED:
        (x0, y0), (x1, y1) = true.min(axis=0), true.max(axis=0)
        true = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    along = np.linalg.norm(true[1] - true[0])
    down = np.linalg.norm(true[3] - true[0])
    # A shift of the whole, and an error of each corner on its own.
    size = np.array([along, down])
    loose = float(rng.gamma(2.0, 0.5))
    moved = true + size * rng.normal(0, (0.008 * loose, 0.02 * loose))
    moved += size * rng.normal(0, 1, (4, 2)) * (0.007 * loose, 0.022 * loose)
    a, b, c, d = ((float(x), float(y)) for x, y in moved)
    return a, b, c, d


def _beside(photo: PlatePhoto, rng: np.random.Generator) -> Image:
    """A piece of the picture without a legible character."""
    height, width = photo.image.shape[:2]
    high = height * rng.uniform(0.08, 0.16)
    left, wide = width * rng.uniform(0, 0.4), width * rng.uniform(0.4, 0.6)
    corners = ((left, 0.0), (left + wide, 0.0), (left + wide, high), (left, high))
    return single_row(photo.image, corners, height=HEIGHT, width=WIDTH, margin=(1.0, 1.0))


def _of_real(plate: RealPlate, rng: np.random.Generator) -> Crop:
    height, width = plate.image.shape[:2]
    spoilt = photographed(plate.image, rng, mild=0.35)
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    corners += rng.normal(0, 1, (4, 2)) * (0.012 * width, 0.03 * height)
    a, b, c, d = ((float(x), float(y)) for x, y in corners)
    margin = (float(rng.uniform(0.98, 1.06)), float(rng.uniform(0.92, 1.15)))
    return Crop(
        picture=single_row(spoilt, (a, b, c, d), height=HEIGHT, width=WIDTH, margin=margin),
        text=plate.text,
        rows=1,
    )
