"""Lanes, the trigger line and directions, in the picture. Pure geometry.

Coordinates are shares of the picture's width and height (0 left and top, 1 right and bottom), so that a
layout survives a change of resolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line across the road. For someone walking from `start` to `end`, traffic *towards* the camera crosses
    from the left hand to the right hand: drawn from left to right in the picture, that is downwards."""

    start: Point
    end: Point

    def side(self, point: Point) -> float:
        """Positive on the right hand of the line (drawn left to right: below it), negative on the left."""
        (x1, y1), (x2, y2) = self.start, self.end
        return (x2 - x1) * (point[1] - y1) - (y2 - y1) * (point[0] - x1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A step across a line."""

    share: float  #: of the step done when it crossed, 0 to 1
    at: Point
    towards: bool  #: towards the camera, see `Line`


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One lane: where it lies in the picture and how its directions are called."""

    number: int  #: 1 = nearest the centre line
    polygon: tuple[Point, ...]
    towards: str = ""  #: name of the direction of a vehicle that comes towards the camera
    away: str = ""  #: and of one that goes away from it


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a camera looks at. Without lanes every vehicle is in lane 0, 'not known'."""

    lanes: tuple[Lane, ...] = ()
    trigger: Line | None = None  #: a passage happens where the plate crosses it
    measure: Line | None = None  #: a second line, for speed: see `edge.speed`
    towards: str = ""  #: names of the directions outside any lane, and of lanes that don't name theirs
    away: str = ""

    def lane_at(self, point: Point) -> Lane | None:
        """The first lane whose polygon holds the point."""
        return next((lane for lane in self.lanes if contains(lane.polygon, point)), None)

    def direction(self, lane: Lane | None, towards: bool | None) -> str:
        """The configured name; empty where the direction isn't known or has no name."""
        if towards is None:
            return ""
        own = (lane.towards if towards else lane.away) if lane else ""
        return own or (self.towards if towards else self.away)


def contains(polygon: Sequence[Point], point: Point) -> bool:
    """Whether a simple polygon holds a point (even-odd rule).

    Of two lanes that share an edge exactly one holds a point on it: the one to its left.
    """
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (y1 > y) != (y2 > y) and x <= x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside


def crossing(line: Line, before: Point, after: Point) -> Crossing | None:
    """Where a step from one point to another crosses a line; None where it does not, or passes its ends.

    A point on the line counts as not yet across (left hand), so a plate that stops on it crosses it once.
    """
    s0, s1 = line.side(before), line.side(after)
    if (s0 > 0) == (s1 > 0):
        return None
    share = s0 / (s0 - s1)
    at = before[0] + share * (after[0] - before[0]), before[1] + share * (after[1] - before[1])
    dx, dy = line.end[0] - line.start[0], line.end[1] - line.start[1]
    along = ((at[0] - line.start[0]) * dx + (at[1] - line.start[1]) * dy) / (dx * dx + dy * dy)
    return Crossing(share=share, at=at, towards=s1 > 0) if 0 <= along <= 1 else None
