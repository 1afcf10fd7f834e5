"""Scenes for detectors: the same for the same number, and plates where they are said to be."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.detect.retina import decode_boxes, decode_points, priors
from edge.train.backdrop import add_lettering
from edge.train.glyphs import FolderGlyphs
from edge.train.matching import ANYTHING, NOTHING, PLATE, SOMEWHERE, match, targets_of
from edge.train.real import RealPlate
from edge.train.scene_batches import RenderersLost, scene_batch, scene_batches
from edge.train.scenes import SIDE, Scene, ScenePlate, Scenes

PRIOR = priors(SIDE, SIDE)


@pytest.fixture(scope="module", autouse=True)
def few_roads() -> Iterator[None]:
    """Painting a road takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("edge.train.scenes._ROADS_KEPT", 2)
        yield


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    source = Scenes(seed=3)
    return [source.scene(i) for i in range(40)]


def plate(x: float, y: float, wide: float, high: float, *, clear: bool = True) -> ScenePlate:
    corners = np.array([(x, y), (x + wide, y + 1), (x + wide - 1, y + high), (x + 1, y + high - 1)], np.float32)
    return ScenePlate(corners=corners, clear=clear)


def test_a_scene_depends_on_seed_and_number_alone(scenes: list[Scene]) -> None:
    for number in (0, 7, 31):
        again = Scenes(seed=3).scene(number)
        assert np.array_equal(again.picture, scenes[number].picture)
        assert all(
            np.array_equal(a.corners, b.corners)
            for a, b in zip(again.plates, scenes[number].plates, strict=True)
        )
    assert not np.array_equal(Scenes(seed=4).scene(0).picture, scenes[0].picture)


def test_scenes_have_none_to_many_plates_of_all_sizes(scenes: list[Scene]) -> None:
    assert all(s.picture.shape == (SIDE, SIDE, 3) and s.picture.dtype == np.uint8 for s in scenes)
    counts = {sum(p.clear for p in s.plates) for s in scenes}
    assert 0 in counts
    assert max(counts) >= 3
    widths = [np.ptp(p.corners[:, 0]) for s in scenes for p in s.plates if p.clear]
    assert min(widths) < 25
    assert max(widths) > 90
    tall = [
        np.ptp(p.corners[:, 1]) > 0.45 * np.ptp(p.corners[:, 0]) for s in scenes for p in s.plates if p.clear
    ]
    assert 0.1 < np.mean(tall) < 0.9  # two rows, or turned


def test_corners_are_named_from_the_left_top_on(scenes: list[Scene]) -> None:
    for found in (p.corners for s in scenes for p in s.plates):
        left_top, right_top, right_foot, left_foot = found
        assert left_top[0] < right_top[0]
        assert left_foot[0] < right_foot[0]
        assert left_top[1] < left_foot[1]
        assert right_top[1] < right_foot[1]


def test_a_plate_lies_within_its_corners() -> None:
    """A plate of one colour that nothing else has: where that colour is, the corners are."""
    magenta = RealPlate(image=np.full((30, 94, 3), (255, 0, 255), np.uint8), text="川A12345")
    source = Scenes(seed=5, real=(magenta,), real_share=1.0)
    overlaps = []
    for number in range(40):
        scene = source.scene(number)
        for found in scene.plates:
            wide, high = np.ptp(found.corners, axis=0)
            if not found.clear or wide < 40 or high > 0.45 * wide:
                continue
            inside = np.zeros((SIDE, SIDE), np.uint8)
            cv2.fillConvexPoly(inside, np.round(found.corners).astype(np.int32), 1)
            blue, green, red = scene.picture.astype(int).transpose(2, 0, 1)
            coloured = (np.minimum(blue, red) - green > 40).astype(np.uint8)
            near = cv2.dilate(inside, np.ones((9, 9), np.uint8))
            both = int((coloured & inside).sum())
            if both > 0.3 * inside.sum():  # not in infrared, nor in the dark
                overlaps.append(both / int(((coloured & near) | inside).sum()))
    assert len(overlaps) >= 5
    assert float(np.median(overlaps)) > 0.75


def test_lettering_leaves_plates_alone() -> None:
    rng = np.random.default_rng(1)
    corners = plate(40, 150, 240, 60).corners
    for _ in range(60):
        picture = np.zeros((SIDE, SIDE, 3), np.uint8)
        add_lettering(picture, rng, [corners])
        assert not picture[152:208, 44:276].any()


def test_every_clear_plate_has_a_prior_that_stands_for_it(scenes: list[Scene]) -> None:
    for scene in scenes:
        kinds, boxes, corners = match(PRIOR, scene.plates)
        at = np.flatnonzero(kinds == PLATE)
        decoded = decode_points(corners[at], PRIOR[at])
        clear = [p.corners for p in scene.plates if p.clear]
        for wanted in clear:
            assert any(np.allclose(points[[2, 3, 0, 1]], wanted, atol=1e-2) for points in decoded)
        assert bool(len(at)) == bool(clear)
        low, high = (getattr(decoded, f)(axis=1) for f in ("min", "max"))
        assert np.allclose(decode_boxes(boxes[at], PRIOR[at]), np.concatenate([low, high], axis=1), atol=1e-2)


@pytest.mark.parametrize("wide", [12, 20, 40, 90, 170])
def test_few_priors_stand_for_a_plate(wide: int) -> None:
    kinds, _, _ = match(PRIOR, [plate(100, 100, wide, wide / 3)])
    standing = PRIOR[kinds == PLATE]
    assert 1 <= len(standing) <= 24
    assert (kinds == NOTHING).sum() > 0.9 * len(kinds)
    away = np.abs(standing[:, :2] - (100 + wide / 2, 100 + wide / 6))
    assert (away <= np.maximum(standing[:, 2:], wide)).all()


def test_a_plate_that_may_be_missed_is_neither_learnt_nor_denied() -> None:
    kinds, _, _ = match(PRIOR, [plate(100, 100, 60, 20, clear=False)])
    assert PLATE not in kinds
    centre = (np.abs(PRIOR[:, :2] - (130, 110)).max(axis=1) < 8) & (PRIOR[:, 2] < 100)
    assert (kinds[centre] == ANYTHING).all()


def test_of_a_real_plate_the_place_is_not_learnt() -> None:
    exact = plate(100, 100, 60, 20)
    about = ScenePlate(corners=exact.corners, clear=True, exact=False)
    wanted = match(PRIOR, [exact])[0] == PLATE
    kinds = match(PRIOR, [about])[0]
    assert np.array_equal(kinds == SOMEWHERE, wanted)
    assert PLATE not in kinds
    white = RealPlate(image=np.full((24, 94, 3), 255, np.uint8), text="川A12345")
    source = Scenes(seed=5, real=(white,), real_share=1.0)
    shapes = {p.exact for i in range(12) for p in source.scene(i).plates}
    assert shapes == {True, False}  # those of two rows are rendered


def test_nothing_to_find_is_nothing_everywhere() -> None:
    kinds, boxes, corners = match(PRIOR, [])
    assert (kinds == NOTHING).all()
    assert not boxes.any()
    assert not corners.any()


def test_batches_are_the_same_whoever_renders_them(tmp_path: Path) -> None:
    picture: NDArray[np.uint8] = np.full((60, 30, 3), 255, np.uint8)
    picture[5:50, 5:20] = 0
    cv2.imwrite(str(tmp_path / "140_A.png"), picture)
    source = Scenes(seed=6, glyphs=FolderGlyphs(tmp_path))  # whatever a source has must reach the renderers
    wanted = [scene_batch(source, 2, n) for n in (3, 4)]
    assert wanted[0].pictures.shape == (2, 3, SIDE, SIDE)
    assert wanted[0].targets.kinds.shape == (2, len(PRIOR))
    for workers in (0, 1):
        stream = scene_batches(source, 2, first=3, workers=workers)
        for ours, theirs in zip(wanted, islice(stream, 2), strict=True):
            assert np.array_equal(ours.pictures, theirs.pictures)
            assert np.array_equal(ours.targets.corners, theirs.targets.corners)
        stream.close()


def test_a_renderer_that_is_killed_is_said_and_not_waited_for() -> None:
    before = set(multiprocessing.active_children())
    stream = scene_batches(Scenes(seed=6), 1, first=0, workers=1)
    next(stream)
    (renderer,) = set(multiprocessing.active_children()) - before
    renderer.kill()
    with pytest.raises(RenderersLost, match="was killed"):
        list(islice(stream, 10))  # some are ready
    assert not renderer.is_alive()


def test_targets_are_a_batchs(scenes: list[Scene]) -> None:
    targets = targets_of(scenes[:3])
    kinds: NDArray[np.int8] = np.stack([match(PRIOR, s.plates)[0] for s in scenes[:3]])
    assert np.array_equal(targets.kinds, kinds)
