"""The ground colour of a rectified plate, as evidence for its class. Pure.

Not a verdict: a distribution over colours, in which "cannot tell" has its share. By night, under sodium light
or behind an infrared filter that share is most of it, and the class is then decided by the text alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.frame import Image
from proto.plate import PlateColour, colours_of

_C = PlateColour
#: Hue ranges of the coloured grounds, in OpenCV's half degrees; white balance moves them about.
_HUES = {_C.YELLOW: (10, 34), _C.GREEN: (35, 92), _C.BLUE: (93, 135)}
#: Saturation from which a pixel has a hue at all, and brightness below which it has none worth naming.
_SATURATED, _DARK = 55, 40
#: Saturated pixels that make a coloured ground, as a share of the plate. Green plates are half white.
_COLOURED = 0.22
#: No colour is believed more than this: paint fades, light lies.
_MOST = 0.97
#: Weight of a text whose classes never have the colour that was seen. Not zero: the estimate may be wrong.
_CONTRADICTED = 0.004

Plane = NDArray[np.uint8]
Colours = Mapping[PlateColour, float]


def estimate(plate: Image) -> Colours:
    """Probabilities of ground colours, `UNKNOWN` among them; they sum to one."""
    # Borders and what lies around the plate are left out; a small picture averages noise and characters' edges.
    small = cv2.resize(plate, (48, 16), interpolation=cv2.INTER_AREA)[2:14, 2:46]
    hsv = cv2.cvtColor(small, cv2.COLOR_BGR2HSV)
    hue, saturation, brightness = (hsv[..., i].astype(np.uint8) for i in range(3))
    light = float(np.percentile(brightness, 80))
    if light < _DARK:
        return {_C.UNKNOWN: 1.0}
    # By night little light is left to tell by: belief grows with it.
    belief = _MOST * min(1.0, (light - _DARK) / 60)
    coloured = (saturation > _SATURATED) & (brightness > _DARK)
    share = float(coloured.mean())
    if share < _COLOURED:
        return _colourless(brightness, belief * 0.6)
    counts = {c: float((coloured & (hue >= low) & (hue <= high)).mean()) for c, (low, high) in _HUES.items()}
    colour = max(counts, key=lambda c: counts[c])
    belief *= counts[colour] / share
    if colour is not _C.BLUE and _is_yellow_then_green(hue, coloured):
        colour = _C.YELLOW_GREEN
    return {colour: belief, _C.UNKNOWN: 1 - belief}


def most_likely(colours: Colours) -> PlateColour:
    """The colour to report: `UNKNOWN` unless one is more likely than not."""
    colour = max(colours, key=lambda c: colours[c])
    return colour if colours[colour] > 0.5 else _C.UNKNOWN


def log_prior(text: str, colours: Colours) -> float:
    """How well a text's classes go with the colour seen: a log-probability, 0 for no objection."""
    possible = set(colours_of(text))
    if not possible:
        return 0.0
    # Both greens of new-energy plates pass for each other in small pictures.
    if possible & {_C.GREEN, _C.YELLOW_GREEN}:
        possible |= {_C.GREEN, _C.YELLOW_GREEN}
    agreeing = sum(p for c, p in colours.items() if c is _C.UNKNOWN or c in possible)
    return float(np.log(max(agreeing, _CONTRADICTED)))


def _colourless(brightness: Plane, belief: float) -> Colours:
    """White with dark characters, or black with light ones: the ground is the larger part."""
    level, _ = cv2.threshold(brightness, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    is_light = float((brightness > level).mean())
    # A grey picture of a blue plate looks black, one of a yellow plate white: hardly more than a hint.
    colour = _C.WHITE if is_light > 0.5 else _C.BLACK
    return {colour: belief, _C.UNKNOWN: 1 - belief}


def _is_yellow_then_green(hue: Plane, coloured: NDArray[np.bool_]) -> bool:
    yellow = coloured & (hue >= 18) & (hue <= 36)
    green = coloured & (hue >= 40) & (hue <= 92)
    left, right = slice(0, 10), slice(14, 44)
    return bool(yellow[:, left].mean() > 0.3 and green[:, right].mean() > 0.3)
