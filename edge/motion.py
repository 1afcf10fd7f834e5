"""Motion gate: which parts of a frame changed, so that the detector looks only when something moves.

Meant for fixed cameras. Photos have no before and after: they bypass the gate.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.frame import Image
from proto.passage import Box

#: Width in pixels of the picture the gate works on: a plate of 60 pixels in full HD is two of these.
_WIDTH = 160
#: Seconds the background takes to follow the picture where nothing moves, and where something does: a
#: vehicle that stops stays a motion for as long.
_SETTLE, _SETTLE_MOVING = 2.0, 20.0


class MotionGate:
    """Compares each frame of one camera with a background that follows slowly.

    Deterministic: the answer depends on the frames and their times alone. Not for several threads.

    Args:
        threshold: grey levels a part must differ by at least; noise raises it by itself.
        least: share of the picture that must move at least, 0 to 1; less is noise, rain, a bird.
    """

    def __init__(self, *, threshold: float = 12.0, least: float = 0.0015) -> None:
        self._threshold, self._least = threshold, least
        self._background: NDArray[np.float32] | None = None
        self._deviation: NDArray[np.float32] = np.zeros((0, 0), np.float32)
        self._at = 0.0

    def regions(self, image: Image, seconds: float) -> tuple[Box, ...] | None:
        """Where the frame moves, in pixels of the image, largest first; None where nothing does.

        The first frame, and one of another size than the last, is one region: the whole of it.

        Args:
            seconds: the frame's time, growing.
        """
        small = _shrink(image)
        passed, self._at = max(0.0, seconds - self._at), seconds
        if self._background is None or self._background.shape != small.shape:
            # Suspect much noise until it has been seen.
            self._background, self._deviation = small, np.full_like(small, 6.0)
            return (Box(x1=0, y1=0, x2=float(image.shape[1]), y2=float(image.shape[0])),)
        difference = small - self._background
        # A lamp switched on or a cloud lifts everything alike: that is no motion.
        difference -= np.float32(np.median(difference))
        moved = np.abs(difference)
        mask = (moved > np.maximum(self._threshold, 4.0 * self._deviation)).astype(np.uint8)
        mask = np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)), np.uint8)
        self._follow(small, moved, mask, passed)
        return self._boxes(mask, image)

    def _follow(
        self, small: NDArray[np.float32], moved: NDArray[np.float32], mask: NDArray[np.uint8], passed: float
    ) -> None:
        assert self._background is not None
        still = 1 - math.exp(-passed / _SETTLE)
        moving = 1 - math.exp(-passed / _SETTLE_MOVING)
        rate = np.where(mask > 0, np.float32(moving), np.float32(still))
        self._background += rate * (small - self._background)
        # Mean absolute deviation × 1.25 is a normal distribution's standard deviation.
        quiet = np.where(mask > 0, self._deviation, 1.25 * moved)
        self._deviation += np.float32(still) * (quiet - self._deviation)

    def _boxes(self, mask: NDArray[np.uint8], image: Image) -> tuple[Box, ...] | None:
        count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        least = self._least * mask.size
        height, width = image.shape[:2]
        sx, sy = width / mask.shape[1], height / mask.shape[0]
        found = sorted(
            (s for s in stats[1:count] if s[cv2.CC_STAT_AREA] >= least), key=lambda s: -s[cv2.CC_STAT_AREA]
        )
        if not found:
            return None
        return tuple(
            Box(x1=float(x * sx), y1=float(y * sy), x2=float((x + w) * sx), y2=float((y + h) * sy))
            for x, y, w, h, _ in found
        )


def _shrink(image: Image) -> NDArray[np.float32]:
    """The image in grey, some `_WIDTH` pixels wide."""
    height, width = image.shape[:2]
    size = (min(width, _WIDTH), max(1, round(height * min(width, _WIDTH) / width)))
    # Every fourth pixel of a large picture is plenty to average over, and reading all costs a millisecond.
    step = max(1, width // (_WIDTH * 3))
    sparse = np.ascontiguousarray(image[::step, ::step])
    small = cv2.resize(cv2.cvtColor(sparse, cv2.COLOR_BGR2GRAY), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)
