"""What an installer would enter for a camera of the city: lanes, trigger line, a second line for speed."""

from __future__ import annotations

from deploy.city import CityCamera
from edge.config import CameraSettings, LaneSettings
from edge.scene.view import PLATE_HEIGHT, RoadView

#: Metres between the line for speed and the trigger line.
_MEASURED = 5.0
#: How far a lane's polygon reaches beyond the trigger line, metres towards and away from the camera.
_NEARER, _FARTHER = 6.0, 40.0

Point = tuple[float, float]


def camera_settings(camera: CityCamera) -> CameraSettings:
    """A camera's settings as its view has them; the source is the city, handed in opened."""
    view = camera.view
    approaching = view.lanes[0].approaching
    # A vehicle crosses the line for speed before the trigger line, whichever way it goes.
    before = view.trigger + (_MEASURED if approaching else -_MEASURED)
    return CameraSettings(
        id=camera.camera_id,
        source=f"simulated:{camera.camera_id}",
        lanes=tuple(
            LaneSettings(
                number=lane.number,
                polygon=_polygon(view, index),
                towards=lane.direction if lane.approaching else "",
                away="" if lane.approaching else lane.direction,
            )
            for index, lane in enumerate(view.lanes)
        ),
        trigger=_across(view, view.trigger),
        measure=_across(view, before),
        measure_metres=_MEASURED,
    )


def _share(view: RoadView, x: float, y: float) -> Point:
    """A road point at plate height as shares of the picture, within what settings accept."""
    u, v = view.project([(x, y, PLATE_HEIGHT)])[0]
    return (min(1.5, max(-0.5, float(u) / view.width)), min(1.5, max(-0.5, float(v) / view.height)))


def _across(view: RoadView, y: float) -> tuple[Point, Point]:
    height = _share(view, 0.0, y)[1]
    return (0.0, height), (1.0, height)


def _polygon(view: RoadView, lane: int) -> tuple[Point, ...]:
    middle, half = view.lane_centre(lane), view.lane_width / 2
    near, far = view.trigger - _NEARER, view.trigger + _FARTHER
    return (
        _share(view, middle - half, far),
        _share(view, middle + half, far),
        _share(view, middle + half, near),
        _share(view, middle - half, near),
    )
