"""What a detector learns from: streets with plates in them, and where these are. Seeded, streamed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

from edge.frame import Image
from edge.scene.plate import PlateFace, print_plate
from edge.train.backdrop import Quad, backdrop, touch
from edge.train.bodywork import add_bodywork
from edge.train.friends import add_friend
from edge.train.ingredients import Ingredients
from edge.train.misery import photographed
from edge.train.photo import seen
from edge.train.roads import Road, paint_road
from edge.train.surroundings import add_holder, lay
from edge.train.text import draw_face
from edge.train.wear import worn

#: Width and height of a scene.
SIDE = 320
#: Plates of a scene that is no road, by share: none to eight.
_COUNTS = (0.08, 0.36, 0.22, 0.12, 0.08, 0.05, 0.04, 0.03, 0.02)
#: Scenes that are roads of the simulator.
_ROADS = 0.4
#: Faces of one row that are drawn anew: two rows are rare on roads, and what is rare is missed.
_AGAIN = 0.6
#: Widths of plates in pixels, evenly over their logarithm; the second look shows them at 107.
_NARROWEST, _WIDEST = 11.0, 170.0
#: Of the plates that are alone, those that fill the picture: somebody photographed nothing else.
_FILLING = 0.25
#: A plate this small, or with less of it in the picture, is neither to be found nor to be left out.
_LEAST_WIDTH, _LEAST_HEIGHT, _LEAST_SHOWN = 11.0, 4.0, 0.75
#: Pixels that blur is measured by: a plate of the middling sort.
_FELT = 90.0
_MILD = 0.5
#: Contrast, grey levels, below which a plate is lost in the dark or in the light.
_CONTRAST = 5.0
#: Scales, pixels a millimetre, that plates are printed at.
_SCALES = (0.17, 0.34, 0.68)
#: Roads that are kept: painting one takes longer than a scene.
_ROADS_KEPT = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScenePlate:
    """One plate of a scene."""

    corners: Quad  #: (4, 2) in pixels: left-top, right-top, right-foot, left-foot
    clear: bool  #: otherwise too small, or covered: whether it is found does not matter
    exact: bool = True  #: otherwise a real plate, whose picture shows some of what was round it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """A picture for the detector and the plates in it."""

    picture: Image  #: (SIDE, SIDE, 3)
    plates: tuple[ScenePlate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenes(Ingredients):
    """Where scenes come from."""

    def scene(self, index: int) -> Scene:
        """The scene of a number, from 0 on."""
        rng = np.random.default_rng((self.seed, index, 2))
        picture, plates = self._road(rng) if rng.random() < _ROADS else self._street(rng)
        taken = [plate.corners for plate in plates]
        for _ in range(int(rng.integers(0, 9)) if rng.random() < 0.8 else 0):
            add_friend(picture, rng, taken)
        photo = photographed(picture, rng, mild=_MILD, felt=_FELT)
        return Scene(
            picture=photo,
            plates=tuple(
                replace(plate, clear=plate.clear and _tells(photo, plate.corners)) for plate in plates
            ),
        )

    def _street(self, rng: np.random.Generator) -> tuple[Image, list[ScenePlate]]:
        """Plates in perspective on invented bodywork, or on nothing."""
        picture = backdrop(SIDE, rng)
        boxes: list[tuple[Quad, PlateFace]] = []
        count = int(np.searchsorted(np.cumsum(_COUNTS), rng.random() * sum(_COUNTS)))
        for _ in range(count * 3):
            face = self._face(rng)
            width_mm, height_mm = face.size
            wide = float(np.exp(rng.uniform(np.log(_NARROWEST), np.log(_WIDEST / max(1.0, count / 2)))))
            if count == 1 and rng.random() < _FILLING:
                wide = rng.uniform(0.4, 0.97) * SIDE
            wide *= width_mm / 440
            quad = seen(wide, height_mm / width_mm, rng)
            # Large ones lie within the picture: there is no road on which half a plate fills it.
            room = np.minimum(np.ptp(quad, axis=0) / 2, SIDE / 2) if wide > _WIDEST / 2 else np.zeros(2)
            quad += rng.uniform(room, SIDE - room).astype(np.float32)
            if len(boxes) < count and not any(_near(quad, other) for other, _ in boxes):
                boxes.append((quad, face))
        # Far ones are small, and first: what stands before them may cover them.
        boxes.sort(key=lambda item: float(np.ptp(item[0][:, 0])))
        for quad, face in boxes:
            if rng.random() < 0.75:
                add_bodywork(picture, quad, face.size[1] / face.size[0], rng)
        exact = [self._hang(picture, quad, face, rng) for quad, face in boxes]
        return picture, [
            ScenePlate(corners=quad, clear=_clear(quad), exact=known)
            for (quad, _), known in zip(boxes, exact, strict=True)
        ]

    def _road(self, rng: np.random.Generator) -> tuple[Image, list[ScenePlate]]:
        """The simulator's vehicles on one of its roads, seen from a camera that somebody hung up askew."""
        road = _kept_road(int(rng.integers(_ROADS_KEPT)))
        picture, placed = paint_road(road, rng, self._face, self._hang)
        to_scene = _askew(picture.shape[1], rng)
        warped = cv2.warpPerspective(
            picture, to_scene, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        plates = []
        for quad, shown, exact in placed:
            moved = cv2.perspectiveTransform(quad[None], to_scene)[0].astype(np.float32)
            middle = moved.mean(axis=0)
            if (middle > -SIDE / 4).all() and (middle < SIDE * 1.25).all():
                plates.append(ScenePlate(corners=moved, clear=shown and _clear(moved), exact=exact))
        return np.asarray(warped, np.uint8), plates

    def _face(self, rng: np.random.Generator) -> PlateFace:
        face = draw_face(rng)
        while face.row_count == 1 and rng.random() < _AGAIN:
            face = draw_face(rng)
        return face

    def _hang(self, picture: Image, quad: Quad, face: PlateFace, rng: np.random.Generator) -> bool:
        """Put a plate of a face's size at four corners, in place; whether these are exactly its own.

        Pictures of real plates were cut out by upright boxes: slanted plates have other things in the corners.
        """
        if rng.random() < 0.35:
            add_holder(picture, quad, rng)
        wide = max(float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[2] - quad[3])), 6.0)
        real = bool(self.real) and face.row_count == 1 and rng.random() < self.real_share
        if real:
            plate = self.real[int(rng.integers(len(self.real)))].image
        else:
            scale = next((s for s in _SCALES if s * face.size[0] >= wide), _SCALES[-1])
            plate = worn(print_plate(face, scale, self.glyphs), rng)
        # Made small first: warping a large picture small would alias.
        share = wide / plate.shape[1]
        if share < 0.7:
            size = max(4, round(wide)), max(3, round(plate.shape[0] * share))
            plate = np.asarray(cv2.resize(plate, size, interpolation=cv2.INTER_AREA), np.uint8)
        light = float(np.clip(rng.normal(1, 0.22), 0.35, 1.6))
        plate = np.asarray(cv2.convertScaleAbs(plate, alpha=light), np.uint8)
        lay(picture, plate, quad, shift=-0.5)
        return not real


@lru_cache(maxsize=_ROADS_KEPT)
def _kept_road(number: int) -> Road:
    return Road.of(number)


def _near(a: Quad, b: Quad) -> bool:
    """True where two plates would touch, with some room between them."""
    return touch(a, b, room=0.15 * float(np.ptp(a[:, 0]) + np.ptp(b[:, 0])))


def _clear(quad: Quad) -> bool:
    low, high = quad.min(axis=0), quad.max(axis=0)
    size = high - low
    shown = np.clip(np.minimum(high, SIDE) - np.maximum(low, 0), 0, None)
    return bool(
        size[0] >= _LEAST_WIDTH and size[1] >= _LEAST_HEIGHT and shown.prod() >= _LEAST_SHOWN * size.prod()
    )


def _tells(picture: Image, quad: Quad) -> bool:
    """Whether light and camera have left anything of a plate that lies in the picture."""
    low = np.clip(np.floor(quad.min(axis=0)).astype(int), 0, SIDE - 1)
    high = np.clip(np.ceil(quad.max(axis=0)).astype(int), low + 1, SIDE)
    grey = cv2.cvtColor(picture[low[1] : high[1], low[0] : high[0]], cv2.COLOR_BGR2GRAY)
    # A few patches instead of pixels: noise is no contrast.
    return float(cv2.resize(grey, (12, 5), interpolation=cv2.INTER_AREA).std()) >= _CONTRAST


def _askew(side: int, rng: np.random.Generator) -> Quad:
    """Homography (3, 3) from a square picture of a road to a scene."""
    turn = np.radians(rng.normal(0, 4) if rng.random() < 0.8 else rng.uniform(-25, 25))
    reach = side / 2 * float(np.exp(rng.uniform(np.log(0.5), np.log(1.1))))
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float64) * reach
    corners[:, 0] += corners[:, 1] * rng.normal(0, 0.12)
    corners *= 1 + rng.normal(0, 0.07, (4, 2))
    spin = np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
    slack = max(0.0, side / 2 - reach)
    middle = side / 2 + rng.uniform(-slack, slack, 2)
    source = (corners @ spin + middle).astype(np.float32)
    target = np.array([(0, 0), (SIDE, 0), (SIDE, SIDE), (0, SIDE)], np.float32)
    if rng.random() < 0.15:  # wide pictures, squeezed by whoever stored them
        source[:, 1] = middle[1] + (source[:, 1] - middle[1]) * rng.uniform(0.75, 1.3)
    return np.asarray(cv2.getPerspectiveTransform(source, target), np.float32)
