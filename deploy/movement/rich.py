"""What makes a passage heavy: alternatives of the read, boxes, pictures' addresses. As columns."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from central.store.columns import COST_STEPS
from deploy.movement.batch import Batch

_WIDTH = 8  #: characters of the longest plate
_PICTURES = ("scene", "plate")


def rich_columns(batch: Batch, *, seed: int, pictures: bool = True) -> dict[str, pa.Array]:
    """By name, one list a passage; without `pictures` those of the read alone."""
    rng = np.random.default_rng([seed, 6])
    found = _lattice(batch, rng)
    return found | _boxes(len(batch), rng) | _evidence(len(batch), rng) if pictures else found


def _lattice(batch: Batch, rng: np.random.Generator) -> dict[str, pa.Array]:
    """Each character, the doubt at one place; then what the reader named beside, where it did."""
    texts = np.ascontiguousarray(batch.plates.astype(f"<U{_WIDTH}")).view(np.uint32).reshape(-1, _WIDTH)
    length = (texts != 0).sum(axis=1).astype(np.int64)[batch.plate]
    beside = batch.second != batch.plate
    count = length + beside
    start = np.cumsum(count) - count
    row = np.repeat(np.arange(len(batch)), count)
    place = np.arange(row.size) - np.repeat(start, count)
    position = place.astype(np.uint8)
    point = texts[batch.plate[row], np.minimum(place, _WIDTH - 1)]
    sure = np.maximum(np.asarray(batch.confidence, dtype=np.float64) / 10_000, 1e-4)
    cost = np.zeros(row.size, dtype=np.uint8)
    doubtful = (rng.random(len(batch)) * np.maximum(length, 1)).astype(np.int64)
    last = (start + count - 1)[beside]
    if last.size:
        which = np.argmax(texts[batch.plate[beside]] != texts[batch.second[beside]], axis=1)
        doubtful[beside] = which
        position[last] = which
        point[last] = texts[batch.second[beside], which]
        cost[last] = _cost(1 - sure[beside])
    read = length > 0
    cost[(start + doubtful)[read]] = _cost(sure[read])
    letters = np.unique(texts)
    names = pa.array([chr(code) if code else "" for code in letters.tolist()])
    of_point = np.zeros(int(letters.max()) + 1, dtype=np.int32)
    of_point[letters] = np.arange(letters.size)
    offsets = _offsets(count)
    return {
        "lattice.position": pa.ListArray.from_arrays(offsets, pa.array(position)),
        "lattice.character": pa.ListArray.from_arrays(offsets, names.take(pa.array(of_point[point]))),
        "lattice.cost": pa.ListArray.from_arrays(offsets, pa.array(cost)),
    }


def _cost(probability: NDArray[np.float64]) -> NDArray[np.uint8]:
    costs: NDArray[np.uint8] = np.clip(
        np.rint(-np.log(np.maximum(probability, 1e-5)) * COST_STEPS), 0, 255
    ).astype(np.uint8)
    return costs


def _boxes(count: int, rng: np.random.Generator) -> dict[str, pa.Array]:
    """In a picture of 2560 by 1440: vehicles anywhere along the line, plates low on them."""
    x, y = rng.integers(0, 1900, count), rng.integers(300, 900, count)
    wide, high = rng.integers(250, 600, count), rng.integers(200, 500, count)
    plate_x, plate_y = (
        x + wide // 2 - rng.integers(40, 90, count),
        y + high * 3 // 4 + rng.integers(-20, 20, count),
    )
    plate_wide, plate_high = rng.integers(90, 180, count), rng.integers(28, 60, count)
    vehicle = np.stack([x, y, x + wide, y + high], axis=1)
    plate = np.stack([plate_x, plate_y, plate_x + plate_wide, plate_y + plate_high], axis=1)
    offsets = _offsets(np.full(count, 4))
    return {
        name: pa.ListArray.from_arrays(offsets, pa.array(box.astype(np.int32).reshape(-1)))
        for name, box in (("vehicle_box", vehicle), ("plate_box", plate))
    }


def _evidence(count: int, rng: np.random.Generator) -> dict[str, pa.Array]:
    pictures = len(_PICTURES)
    offsets = _offsets(np.full(count, pictures))
    total = count * pictures
    hashes = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(32), total, [None, pa.py_buffer(rng.bytes(32 * total))]
    )
    sizes = np.stack([rng.integers(150_000, 260_000, count), rng.integers(2_000, 5_000, count)], axis=1)
    kinds = pa.array(_PICTURES).take(pa.array(np.tile(np.arange(pictures, dtype=np.int32), count)))
    media = pa.array(["image/jpeg"]).take(pa.array(np.zeros(total, dtype=np.int32)))
    return {
        "evidence.kind": pa.ListArray.from_arrays(offsets, kinds),
        "evidence.sha256": pa.ListArray.from_arrays(offsets, hashes),
        "evidence.size": pa.ListArray.from_arrays(offsets, pa.array(sizes.reshape(-1).astype(np.uint64))),
        "evidence.media_type": pa.ListArray.from_arrays(offsets, media),
    }


def _offsets(count: NDArray[np.integer]) -> pa.Array:
    return pa.array(np.concatenate([[0], np.cumsum(count)]).astype(np.int32))
