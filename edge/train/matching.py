"""Which prior boxes of a detector should say "plate" on a scene, and what they should say. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.detect.retina import CENTRE_VARIANCE, SIZE_VARIANCE, Floats, priors
from edge.train.scenes import Scene, ScenePlate

#: Overlap (IoU) with a plate from which a prior stands for it, and from which it may say what it likes.
_STANDS, _DOUBTFUL = 0.35, 0.22
#: Priors of the suiting size that a plate gets.
_NEAREST = 3
#: What a prior should say.
NOTHING, PLATE, ANYTHING = 0, 1, -1
#: A plate, of whose place it is known only that it is about there.
SOMEWHERE = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """What the priors of a batch of pictures should say, in the order of `edge.detect.retina.priors`."""

    kinds: NDArray[np.int8]  #: (n, priors): NOTHING, PLATE, SOMEWHERE or ANYTHING
    boxes: Floats  #: (n, priors, 4) offsets, where PLATE
    corners: Floats  #: (n, priors, 8) offsets, where PLATE


def targets_of(scenes: Sequence[Scene]) -> Targets:
    """The targets of scenes of one size."""
    height, width = scenes[0].picture.shape[:2]
    prior = priors(height, width)
    each = [match(prior, scene.plates) for scene in scenes]
    return Targets(
        kinds=np.stack([kinds for kinds, _, _ in each]),
        boxes=np.stack([boxes for _, boxes, _ in each]),
        corners=np.stack([corners for _, _, corners in each]),
    )


def match(prior: Floats, plates: Sequence[ScenePlate]) -> tuple[NDArray[np.int8], Floats, Floats]:
    """Kinds (n,), box offsets (n, 4) and corner offsets (n, 8) of priors (n, 3).

    A prior stands for the plate that it overlaps by enough. Small plates overlap no prior by enough: they get
    the nearest of the size that suits them best, and the next two if these lie on the plate.
    """
    kinds = np.full(len(prior), NOTHING, np.int8)
    boxes, corners = np.zeros((len(prior), 4), np.float32), np.zeros((len(prior), 8), np.float32)
    best = np.zeros(len(prior), np.float32)
    for plate in sorted(plates, key=lambda p: p.clear):  # those that may be missed come first, and give way
        low, high = plate.corners.min(axis=0), plate.corners.max(axis=0)
        overlap = _overlap(prior, low, high)
        size = _suiting_size(prior, low, high)
        suiting = prior[:, 2] == size
        inside = ((prior[:, :2] > low) & (prior[:, :2] < high)).all(axis=1)
        inside &= np.abs(np.log2(prior[:, 2] / size)) < 1.5
        doubtful = (overlap >= _DOUBTFUL) | inside
        if not plate.clear:
            # Between a plate that is too small to be learnt and nothing there is no border.
            kinds[doubtful] = ANYTHING
            continue
        kinds[doubtful & (kinds == NOTHING)] = ANYTHING
        away = np.abs(prior[:, :2] - (low + high) / 2).max(axis=1) + np.where(suiting, 0, 1e6)
        nearest = np.argsort(away, kind="stable")[:_NEAREST]
        stands = overlap >= _STANDS
        stands[nearest] |= inside[nearest]
        stands[nearest[0]] = True
        # The plate that is overlapped more has it.
        stands &= (overlap > best) | ((kinds != PLATE) & (kinds != SOMEWHERE))
        best[stands] = overlap[stands]
        kinds[stands] = PLATE if plate.exact else SOMEWHERE
        boxes[stands] = encode_box(low, high, prior[stands])
        corners[stands] = encode_corners(plate.corners, prior[stands])
    return kinds, boxes, corners


def encode_box(low: Floats, high: Floats, prior: Floats) -> Floats:
    """Offsets (n, 4) that `edge.detect.retina.decode_boxes` makes a box of."""
    size = prior[:, 2:]
    centre = ((low + high) / 2 - prior[:, :2]) / (CENTRE_VARIANCE * size)
    return np.concatenate([centre, np.log((high - low) / size) / SIZE_VARIANCE], axis=1).astype(np.float32)


def encode_corners(corners: Floats, prior: Floats) -> Floats:
    """Offsets (n, 8) that `edge.detect.retina.decode_points` makes four corners of.

    The network names them from the right foot on, clockwise: as the borrowed weights do.
    """
    named = corners[[2, 3, 0, 1]]
    offsets = (named[None] - prior[:, None, :2]) / (CENTRE_VARIANCE * prior[:, None, 2:])
    return offsets.reshape(len(prior), 8).astype(np.float32)


def _overlap(prior: Floats, low: Floats, high: Floats) -> Floats:
    half = prior[:, 2:] / 2
    sides = np.minimum(prior[:, :2] + half, high) - np.maximum(prior[:, :2] - half, low)
    shared = np.prod(np.maximum(sides, 0), axis=1)
    union = prior[:, 2] ** 2 + np.prod(high - low) - shared
    return np.asarray(shared / union, np.float32)


def _suiting_size(prior: Floats, low: Floats, high: Floats) -> float:
    """The size among the priors that is nearest to a plate's, as areas go."""
    sizes = np.unique(prior[:, 2])
    wanted = np.sqrt(np.prod(high - low))
    return float(sizes[np.argmin(np.abs(np.log(sizes / wanted)))])
