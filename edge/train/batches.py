"""Crops gathered into batches of one shape, by number alone: a training that stopped can go on just as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.train.crops import Crop
from proto.plate import ALPHABET

#: What a trained reader knows, in the order of its classes after the blank. `O` is printed as `0`.
CHARACTERS = tuple(c for c in ALPHABET if c != "O")
_CLASS_OF: Mapping[str, int] = {c: i for i, c in enumerate(CHARACTERS, start=1)} | {
    "O": 1 + CHARACTERS.index("0")
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Crops of one shape."""

    pictures: NDArray[np.float32]  #: (n, 3, h, w) scaled to ±1
    targets: tuple[tuple[int, ...], ...]  #: classes of the texts


@dataclass(slots=True, kw_only=True)
class Place:
    """How far a stream of crops has been used: the next number, and what waits for company of its shape."""

    next: int = 0
    waiting: dict[int, list[int]] = field(default_factory=dict)  #: rows → numbers


def batches(crop: Callable[[int], Crop], size: int, place: Place) -> Iterator[Batch]:
    """Batches without end; `place` is always where to go on after the last one that was given out.

    Args:
        crop: of a number.
        size: crops a batch.
        place: where to begin; kept up to date.
    """
    held: dict[int, list[Crop]] = {rows: [crop(i) for i in numbers] for rows, numbers in place.waiting.items()}
    while True:
        one = crop(place.next)
        held.setdefault(one.rows, []).append(one)
        place.waiting.setdefault(one.rows, []).append(place.next)
        place.next += 1
        if len(held[one.rows]) == size:
            full = held.pop(one.rows)
            del place.waiting[one.rows]
            yield batch_of(full)


def batch_of(crops: Sequence[Crop]) -> Batch:
    """Crops of one shape as a network wants them."""
    stacked = np.stack([crop.picture for crop in crops]).transpose(0, 3, 1, 2)
    pictures = np.ascontiguousarray(stacked, np.float32) / np.float32(127.5) - np.float32(1)
    return Batch(pictures=pictures, targets=tuple(tuple(_CLASS_OF[c] for c in crop.text) for crop in crops))
