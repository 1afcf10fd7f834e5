"""A rendered view's lanes and lines, as an installer would draw them into the picture."""

from __future__ import annotations

from edge.lane import Lane, Layout, Line
from edge.scene.view import PLATE_HEIGHT, RoadView

#: How far the measuring line lies beyond the trigger line, metres: plates are legible there already.
MEASURE_METRES = 6.0


def layout_of(view: RoadView) -> Layout:
    """Lanes, trigger line and measuring line of a view, `MEASURE_METRES` apart on the road."""
    near, far = view.reach
    lanes = []
    for i, lane in enumerate(view.lanes):
        middle, half = view.lane_centre(i), view.lane_width / 2
        corners = [(middle - half, far), (middle + half, far), (middle + half, near), (middle - half, near)]
        # From below the picture's foot to above its top, so that no plate in the lane is outside.
        points = view.project([(x, y, PLATE_HEIGHT) for x, y in corners])
        lanes.append(
            Lane(
                number=lane.number,
                polygon=tuple((float(u) / view.width, float(v) / view.height) for u, v in points),
                towards=lane.direction if lane.approaching else "",
                away="" if lane.approaching else lane.direction,
            )
        )
    return Layout(
        lanes=tuple(lanes),
        trigger=_across(view, view.trigger),
        measure=_across(view, view.trigger + MEASURE_METRES),
    )


def _across(view: RoadView, y: float) -> Line:
    """The line across the whole picture where plates at distance y are."""
    v = float(view.project([(0.0, y, PLATE_HEIGHT)])[0, 1]) / view.height
    return Line(start=(0.0, v), end=(1.0, v))
