"""How sharp a rectified plate is. Pure."""

from __future__ import annotations

import cv2
import numpy as np

from edge.frame import Image

#: Share of the picture's variation that a slight blur takes away: of a smear, and of a crisp plate, both
#: measured on plates 48 pixels high.
_SMEAR, _CRISP = 0.06, 0.36
#: Variation (standard deviation in grey levels) below which there is nothing to see.
_FAINT = 18.0


def sharpness(plate: Image) -> float:
    """0 (a smear, or nothing) to 1 (crisp characters), for a plate scaled to a height of 48 pixels.

    It compares with the plate's own contrast, so that a dim plate may be sharp and a bright one blurred; a
    plate that was enlarged a lot is blurred by definition.
    """
    grey = cv2.cvtColor(plate, cv2.COLOR_BGR2GRAY).astype(np.float32)
    contrast = float(grey.std())
    if contrast < 1e-3:
        return 0.0
    lost = float((grey - cv2.GaussianBlur(grey, (0, 0), 1.2)).std()) / contrast
    crisp = (lost - _SMEAR) / (_CRISP - _SMEAR)
    return float(np.clip(crisp, 0.0, 1.0)) * min(1.0, contrast / _FAINT)
