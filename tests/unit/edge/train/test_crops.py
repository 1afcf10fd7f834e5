"""Crops: the same for the same number, of the right shape, in batches that can go on where they stopped."""

from __future__ import annotations

import copy
from itertools import islice

import numpy as np

from edge.read.rows import joined_rows
from edge.rectify import whole
from edge.train.batches import CHARACTERS, Place, batches
from edge.train.crops import HEIGHT, WIDTH, Crop, Source
from edge.train.real import RealPlate


def same(a: Crop, b: Crop) -> bool:
    return a.text == b.text and np.array_equal(a.picture, b.picture)


def test_a_crop_depends_on_seed_and_number_alone() -> None:
    once, again, other = Source(seed=7), Source(seed=7), Source(seed=8)
    forth = [once.crop(i) for i in range(12)]
    back = [again.crop(i) for i in reversed(range(12))][::-1]
    assert all(same(a, b) for a, b in zip(forth, back, strict=True))
    assert not any(same(a, other.crop(i)) for i, a in enumerate(forth))


def test_pictures_have_the_shape_that_the_reader_cuts() -> None:
    two = joined_rows(
        np.zeros((50, 100, 3), np.uint8), whole(np.zeros((50, 100, 3), np.uint8)), height=HEIGHT, margin=(1, 1)
    )
    seen = set()
    for crop in (Source(seed=3).crop(i) for i in range(60)):
        assert crop.picture.dtype == np.uint8
        assert crop.picture.shape == ((HEIGHT, WIDTH, 3) if crop.rows == 1 else two.shape)
        seen.add(crop.rows)
    assert seen == {1, 2}


def test_a_plates_picture_is_neither_empty_nor_all_alike() -> None:
    crops = [Source(seed=5).crop(i) for i in range(40)]
    assert all(c.picture.std() > 2 for c in crops if c.text)


def test_real_plates_come_in_their_share() -> None:
    real = RealPlate(image=np.full((30, 90, 3), 200, np.uint8), text="川A12345")
    texts = [Source(seed=1, real=(real,), real_share=0.5).crop(i).text for i in range(60)]
    assert 15 < texts.count("川A12345") < 45


def test_batches_go_on_where_they_stopped() -> None:
    source = Source(seed=4)
    through = list(islice(batches(source.crop, 4, Place()), 8))
    place = Place()
    stream = batches(source.crop, 4, place)
    first = [next(stream) for _ in range(3)]
    kept = copy.deepcopy(place)
    rest = list(islice(batches(source.crop, 4, kept), 5))
    for a, b in zip(through, first + rest, strict=True):
        assert a.targets == b.targets
        assert np.array_equal(a.pictures, b.pictures)


def test_targets_are_the_texts() -> None:
    source = Source(seed=4)
    place = Place()
    batch = next(batches(source.crop, 6, place))
    told = {"".join(CHARACTERS[c - 1] for c in target) for target in batch.targets}
    assert told <= {source.crop(i).text for i in range(place.next)}
    assert batch.pictures.min() >= -1
    assert batch.pictures.max() <= 1
