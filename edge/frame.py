"""What a camera yields and what the vision ports return, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from proto.clock import ClockQuality
from proto.passage import Box, Lattice
from proto.plate import PlateClass, PlateColour

#: An image: (height, width, 3), uint8, BGR. Never written to once it is in a `Frame`.
Image = NDArray[np.uint8]
#: Four points in pixels, x to the right and y down: left-top, right-top, right-bottom, left-bottom of the
#: plate as it is read, not of the picture.
Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One picture of one camera."""

    camera_id: str
    index: int  #: counts the camera's frames from 0, dropped ones included
    captured_at: datetime  #: UTC
    seconds: float  #: from the camera's first frame, on the stream's own time base
    image: Image
    clock: ClockQuality = ClockQuality.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateDetection:
    """A plate found in an image."""

    box: Box
    corners: Corners
    confidence: float  #: 0 to 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateReading:
    """What one look at one plate gave."""

    text: str  #: normalised
    plate_class: PlateClass
    colour: PlateColour
    rows: int
    confidence: float  #: probability that the whole text is right, 0 to 1
    lattice: Lattice
    sharpness: float  #: of the rectified plate, 0 (nothing to see) to 1
