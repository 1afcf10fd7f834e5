"""Digits and letters of the plates, drawn by us after the shapes that GA 36 describes.

Their peculiarities matter to a reader: `1` is a bare bar, `3` and `7` have flat tops, `6` and `9` a
straight tail, every diagonal is cut off level with the top or the foot.
"""

from __future__ import annotations

from edge.scene.stroke import Arc, Curve, Line, Stroke, ring

_TOP_BOWL = Arc(22.5, 22.5, 17.5, 17.5, 180, 360)
_FOOT_BOWL = Arc(22.5, 67.5, 17.5, 17.5, 0, 180)
_STEM = Line(5, 0, 5, 90)

DRAWINGS: dict[str, tuple[Stroke, ...]] = {
    "0": (_TOP_BOWL, Line(5, 22, 5, 68), Line(40, 22, 40, 68), _FOOT_BOWL),
    "1": (Line(22.5, 0, 22.5, 90),),
    "2": (Arc(22.5, 22.5, 17.5, 17.5, 180, 392), Line(37.6, 31.3, 1.5, 91), Line(0, 85, 45, 85)),
    "3": (Line(2, 5, 44, 5), Line(42, 1, 19.5, 43), Arc(22.5, 61, 17.5, 24, -98, 165)),
    "4": (Line(29, -4, 4, 72), Line(1, 70, 45, 70), Line(33, 36, 33, 90)),
    "5": (Line(5, 5, 42, 5), Line(9, 0, 7, 50), Arc(22.5, 61, 17.5, 24, 210, 525)),
    "6": (*ring(22.5, 62.5, 17.5, 22.5), Line(31, -3, 6.5, 58)),
    "7": (Line(1, 5, 44, 5), Curve(41, 1, 22, 48, 22, 91)),
    "8": (*ring(22.5, 23, 14.5, 18), *ring(22.5, 63, 17.5, 22)),
    "9": (*ring(22.5, 27.5, 17.5, 22.5), Line(14, 93, 38.5, 32)),
    "A": (Line(20, -3, 3.5, 93), Line(25, -3, 41.5, 93), Line(9, 68, 36, 68)),
    "B": (
        _STEM,
        Line(4, 5, 26, 5),
        Line(4, 43, 27, 43),
        Line(4, 85, 26, 85),
        Arc(25, 24, 14, 19, -90, 90),
        Arc(25, 64, 15, 21, -90, 90),
    ),
    "C": (
        Arc(22.5, 23, 17.5, 18, 180, 362),
        Line(5, 22, 5, 68),
        Arc(22.5, 67, 17.5, 18, -2, 180),
        Line(40, 22, 40, 28),
        Line(40, 62, 40, 68),
    ),
    "D": (
        _STEM,
        Line(4, 5, 24, 5),
        Line(4, 85, 24, 85),
        Arc(23, 25, 17, 20, -90, 0),
        Line(40, 24, 40, 66),
        Arc(23, 65, 17, 20, 0, 90),
    ),
    "E": (_STEM, Line(4, 5, 43, 5), Line(4, 44, 38, 44), Line(4, 85, 43, 85)),
    "F": (_STEM, Line(4, 5, 43, 5), Line(4, 44, 38, 44)),
    "G": (
        Arc(22.5, 23, 17.5, 18, 180, 362),
        Line(5, 22, 5, 68),
        Arc(22.5, 67, 17.5, 18, 0, 180),
        Line(40, 22, 40, 28),
        Line(40, 68, 40, 46),
        Line(45, 50, 22, 50),
    ),
    "H": (_STEM, Line(40, 0, 40, 90), Line(4, 45, 41, 45)),
    "J": (Line(37, 0, 37, 68), Arc(21, 67, 16, 18, 0, 180), Line(5, 68, 5, 60)),
    "K": (_STEM, Line(41.5, -3, 4, 62), Line(17, 34, 42, 93)),
    "L": (_STEM, Line(4, 85, 45, 85)),
    "M": (
        Line(5, 0, 5, 90),
        Line(40, 0, 40, 90),
        Line(4, -4, 22.5, 45),
        Line(41, -4, 22.5, 45),
        Line(22.5, 38, 22.5, 46),
    ),
    "N": (_STEM, Line(40, 0, 40, 90), Line(5, -4, 40, 94)),
    "O": (_TOP_BOWL, Line(5, 22, 5, 68), Line(40, 22, 40, 68), _FOOT_BOWL),
    "P": (_STEM, Line(4, 5, 25, 5), Line(4, 49, 25, 49), Arc(24, 27, 16, 22, -90, 90)),
    "Q": (_TOP_BOWL, Line(5, 22, 5, 68), Line(40, 22, 40, 68), _FOOT_BOWL, Line(22, 58, 44, 93)),
    "R": (
        _STEM,
        Line(4, 5, 25, 5),
        Line(4, 48, 25, 48),
        Arc(24, 26.5, 16, 21.5, -90, 90),
        Line(21, 46, 41, 93),
    ),
    "S": (
        Arc(22.5, 24, 17, 19, 90, 345),
        Arc(22.5, 64, 17.5, 21, -90, 168),
    ),
    "T": (Line(1, 5, 44, 5), Line(22.5, 0, 22.5, 90)),
    "U": (Line(5, 0, 5, 68), Line(40, 0, 40, 68), _FOOT_BOWL),
    "V": (Line(4, -3, 21, 93), Line(41, -3, 24, 93)),
    "W": (Line(3.5, -3, 11.5, 93), Line(41.5, -3, 33.5, 93), Line(21.5, 8, 12.5, 93), Line(23.5, 8, 32.5, 93)),
    "X": (Line(5, -3, 40, 93), Line(40, -3, 5, 93)),
    "Y": (Line(4, -3, 22.5, 48), Line(41, -3, 22.5, 48), Line(22.5, 44, 22.5, 90)),
    "Z": (Line(2, 5, 43, 5), Line(39, 2, 5, 88), Line(1, 85, 45, 85)),
}

#: Strokes so close together that the usual pen would fill the gaps.
PENS = {"W": 7.5, "M": 9.0, "8": 9.5, "B": 9.5}
