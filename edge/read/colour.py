"""The ground colour of a rectified plate, as evidence for its class. Pure.

Not a verdict: a distribution over colours, in which "cannot tell" has its share. By night, under sodium light
or behind an infrared filter that share is most of it, and the class is then decided by the text alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.frame import Image
from proto.plate import PlateColour, colours_of

_C = PlateColour
#: Hue ranges of the coloured grounds, in OpenCV's half degrees; white balance moves them about.
_HUES = {_C.YELLOW: (9, 35), _C.GREEN: (36, 82), _C.BLUE: (83, 138)}
#: Saturation at which a hue begins to count and at which it counts in full; characters and borders have none,
#: so it is that of the more saturated part of the plate.
_PALE, _SATURATED = 22, 55
#: Brightness at which colours can begin to be told and at which they can be told well.
_DARK, _LIGHT = 40, 100
#: No colour is believed more than this: paint fades, light lies.
_MOST = 0.97
#: Belief in white or black: a blue plate in a grey picture looks black, a yellow one white.
_COLOURLESS = 0.6
#: Weight of a text whose classes never have the colour that was seen. Not zero: the estimate may be wrong.
_CONTRADICTED = 0.004

Plane = NDArray[np.uint8]
Colours = Mapping[PlateColour, float]


def estimate(plate: Image) -> Colours:
    """Probabilities of ground colours, `UNKNOWN` among them; they sum to one."""
    # Borders and what lies around the plate are left out; a small picture averages noise and characters' edges.
    small = cv2.resize(plate, (48, 16), interpolation=cv2.INTER_AREA)[2:14, 2:46]
    hsv = cv2.cvtColor(small, cv2.COLOR_BGR2HSV)
    hue, brightness = hsv[..., 0].astype(np.uint8), hsv[..., 2].astype(np.uint8)
    light = max(1.0, float(np.percentile(brightness, 80)))
    # Against the plate's light, not each pixel's own: black paint has a hue, but hardly any colour.
    saturation = np.clip(np.ptp(small, axis=2) * (255 / light), 0, 255).astype(np.uint8)
    believed = _MOST * _ramp(light, _DARK, _LIGHT)
    ground = saturation >= np.percentile(saturation, 60)
    coloured = believed * _ramp(float(np.median(saturation[ground])), _PALE, _SATURATED)
    found = {_tone(brightness): (believed - coloured) * _COLOURLESS}
    middle = float(np.median(hue[ground]))
    for colour, (low, high) in _HUES.items():
        if low <= middle <= high:
            if colour is not _C.BLUE and _is_yellow_then_green(hue, saturation):
                colour = _C.YELLOW_GREEN
            found[colour] = coloured
    return {**found, _C.UNKNOWN: 1 - sum(found.values())}


def reported(colours: Colours, text: str) -> PlateColour:
    """The colour to report of a plate that reads so: `UNKNOWN` unless one is more likely than not.

    What the text's classes never have counts for little.
    """
    possible = _possible(text) or set(colours)
    weighed = {c: p if c is _C.UNKNOWN or c in possible else p / 100 for c, p in colours.items()}
    colour = max(weighed, key=lambda c: weighed[c])
    return colour if weighed[colour] > 0.5 * sum(weighed.values()) else _C.UNKNOWN


def log_prior(text: str, colours: Colours) -> float:
    """How well a text's classes go with the colour seen: a log-probability, 0 for no objection."""
    possible = _possible(text)
    if not possible:
        return 0.0
    agreeing = sum(p for c, p in colours.items() if c is _C.UNKNOWN or c in possible)
    return float(np.log(max(agreeing, _CONTRADICTED)))


@lru_cache(maxsize=4096)
def _possible(text: str) -> frozenset[PlateColour]:
    """Colours a text's classes may have, as a small picture shows them: the greens pass for each other."""
    greens = {_C.GREEN, _C.YELLOW_GREEN}
    possible = frozenset(colours_of(text))
    return possible | greens if possible & greens else possible


def _ramp(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))


def _tone(brightness: Plane) -> PlateColour:
    """White with dark characters, or black with light ones: the ground is the larger part."""
    level, _ = cv2.threshold(brightness, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return _C.WHITE if float((brightness > level).mean()) > 0.5 else _C.BLACK


def _is_yellow_then_green(hue: Plane, saturation: Plane) -> bool:
    """A yellow field on the left, green from there on: the large new-energy plate."""
    yellow = (saturation > _SATURATED) & (hue >= 18) & (hue <= 36)
    green = (saturation > _SATURATED) & (hue >= 40) & (hue <= 92)
    left, right = slice(0, 10), slice(14, None)
    return bool(yellow[:, left].mean() > 0.3 and green[:, right].mean() > 0.3)
