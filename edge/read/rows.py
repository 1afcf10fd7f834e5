"""Pictures of a plate as a recogniser wants them: one row of text, whichever the plate has. Pure."""

from __future__ import annotations

import cv2
import numpy as np

from edge.frame import Corners, Image
from edge.rectify import rectify

#: Plate widths and plate heights that a picture shows.
Margin = tuple[float, float]
#: Width over height below which a plate may have two rows: 440×220 mm seen square on is 2.0, a single row 3.1;
#: a plate seen from the side is narrowed.
MAY_HAVE_TWO_ROWS = 2.7
#: Of a two-row plate's height, where the upper row ends and the lower begins; they overlap since corners err.
_UPPER_END, _LOWER_START = 0.42, 0.36
#: Of its width, where the upper row's two characters lie.
_UPPER_SIDES = (0.12, 0.88)
#: Widths of the rows in the joined picture, in heights of it; both rows' characters come out alike.
_UPPER_WIDTH, _LOWER_WIDTH = 7 / 3, 10 / 3


def single_row(image: Image, corners: Corners, *, height: int, width: int, margin: Margin) -> Image:
    """The plate as it is, (height, width, 3)."""
    return rectify(image, corners, width=width, height=height, margin=margin)


def joined_rows(image: Image, corners: Corners, *, height: int, margin: Margin) -> Image:
    """The upper row and then the lower one, side by side, (height, 5⅔ heights, 3)."""
    plate = rectify(image, corners, width=320, height=160, margin=margin)
    rows, columns = plate.shape[:2]
    left, right = (round(side * columns) for side in _UPPER_SIDES)
    upper = plate[: round(_UPPER_END * rows), left:right]
    lower = plate[round(_LOWER_START * rows) :]
    return np.hstack([_scaled(upper, _UPPER_WIDTH, height), _scaled(lower, _LOWER_WIDTH, height)])


def _scaled(row: Image, widths: float, height: int) -> Image:
    scaled = cv2.resize(row, (round(widths * height), height), interpolation=cv2.INTER_AREA)
    return scaled.astype(np.uint8, copy=False)
