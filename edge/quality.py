"""Whether a look at a plate, and in the end a vote, is good enough; and if not, why not. Pure.

Every look or read that is dropped is dropped for a named reason: it is counted, and a vehicle whose plate
could not be read is reported with it (`Passage.unread_reason`).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edge.frame import Image, PlateDetection, PlateReading
from edge.vote import Vote


class Flaw(enum.StrEnum):
    """Why a look or a read was dropped."""

    TOO_SMALL = "too_small"  #: too few pixels high to read
    CUT_OFF_AT_EDGE = "cut_off_at_edge"  #: partly outside the picture
    TOO_DARK = "too_dark"
    BLURRED = "blurred"
    ILLEGIBLE = "illegible"  #: the reader found nothing it could call text
    LOW_CONFIDENCE = "low_confidence"  #: read, but too uncertain
    READS_DISAGREE = "reads_disagree"  #: the looks at one plate contradict each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Thresholds of the quality gate."""

    least_height: float = 9.0  #: of the plate, in pixels of the frame
    edge_margin: float = 1.0  #: pixels a corner must keep from the picture's border
    least_brightness: float = 24.0  #: of the brightest twentieth of the plate, 0 to 255
    least_sharpness: float = 0.03  #: see `PlateReading.sharpness`
    least_confidence: float = 0.4  #: of a whole read

    def before_reading(self, image: Image, plate: PlateDetection) -> Flaw | None:
        """What makes a plate not worth reading; None where nothing does."""
        height, width = image.shape[:2]
        if plate_height(plate) < self.least_height:
            return Flaw.TOO_SMALL
        m = self.edge_margin
        if not all(m <= x <= width - m and m <= y <= height - m for x, y in plate.corners):
            return Flaw.CUT_OFF_AT_EDGE
        box = plate.box
        # Every second pixel tells as much.
        patch = image[max(0, int(box.y1)) : int(box.y2) + 1 : 2, max(0, int(box.x1)) : int(box.x2) + 1 : 2]
        if not patch.size or float(np.percentile(patch, 95)) < self.least_brightness:
            return Flaw.TOO_DARK
        return None

    def after_reading(self, reading: PlateReading | None) -> Flaw | None:
        """What makes a reading not worth a vote; None where nothing does."""
        if reading is None or not reading.lattice:
            return Flaw.ILLEGIBLE
        if reading.sharpness < self.least_sharpness:
            return Flaw.BLURRED
        return None

    def verdict(self, vote: Vote, flaws: Mapping[Flaw, int]) -> Flaw | None:
        """Why a tracklet's vote is no plate read; None where it is one.

        Args:
            vote: over all looks.
            flaws: how often each flaw kept a look out of the vote.
        """
        if vote.read is None:
            # Every plate was small once and will be cut off: that is the reason only where there is no other.
            order = list(Flaw)
            tried = [f for f in flaws if f not in (Flaw.TOO_SMALL, Flaw.CUT_OFF_AT_EDGE)]
            return max(tried or flaws, key=lambda f: (flaws[f], -order.index(f)), default=Flaw.ILLEGIBLE)
        if vote.confidence >= self.least_confidence:
            return None
        return Flaw.READS_DISAGREE if vote.agreement < 0.5 else Flaw.LOW_CONFIDENCE


def plate_height(plate: PlateDetection) -> float:
    """Mean of the plate's left and right edges, in pixels."""
    (_, ay), (_, by), (_, cy), (_, dy) = plate.corners
    return (abs(dy - ay) + abs(cy - by)) / 2


def weight(plate: PlateDetection, reading: PlateReading) -> float:
    """How much a look counts in the vote, 0 to 1: 1 for a plate found for sure, sharp, and of good size.

    A plate of 30 pixels' height holds all that a reader can use; at 10 it counts a third. A look that
    passed the gate is never worth nothing: its own distributions already say how unsure it is.
    """
    size = min(1.0, plate_height(plate) / 30.0)
    sharp = 0.4 + 0.6 * min(1.0, reading.sharpness / 0.5)
    return size * sharp * (0.5 + 0.5 * min(1.0, max(0.0, plate.confidence)))
