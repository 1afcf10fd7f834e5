"""Road scenes: what a checkpoint's camera sees at any moment, drawn.

A frame is a pure function of the scene and the moment, so a scene can be replayed, sought and rendered by
several processes. The order of work is a real picture's: the road, shadows, bodies far to near, the plate,
motion and lens blur, glare, rain, noise, compression.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from edge.frame import Image
from edge.scene.body import body_of
from edge.scene.drawing import Drawing
from edge.scene.ground import paint_background
from edge.scene.light import DAY, Conditions
from edge.scene.optics import add_grain, add_rain, compressed
from edge.scene.traffic import PassageTruth, Traffic, Vehicle
from edge.scene.view import RoadView

#: Metres beyond the farthest road in the picture at which a tall body still shows.
_BEYOND = 25.0


@dataclass(frozen=True, kw_only=True)
class RoadScene:
    """A view of a road, its light, and who drives through it."""

    view: RoadView
    traffic: Traffic
    conditions: Conditions = DAY
    seed: int = 0

    def truth(self) -> tuple[PassageTruth, ...]:
        """What a perfect reader would report, in the order of crossing."""
        found = []
        for vehicle in self.traffic.vehicles:
            lane = self.view.lanes[vehicle.lane]
            found.append(
                PassageTruth(
                    text=vehicle.face.text,
                    plate_class=vehicle.face.plate_class,
                    lane=lane.number,
                    direction=lane.direction,
                    speed_kmh=vehicle.speed_kmh,
                    crosses_at=vehicle.crosses_at,
                )
            )
        return tuple(found)

    def frame(self, seconds: float) -> Image:
        """The picture at a moment: BGR of the view's size, a new array each time."""
        picture = self._background.copy()
        reach = self.view.reach[1] + _BEYOND
        near = self.traffic.near(seconds, reach)
        present = [(y, v) for v in near if (y := self._distance(v, seconds)) is not None]
        for y, vehicle in sorted(present, key=lambda item: -item[0]):
            Drawing(self.view, self.conditions, picture, vehicle, y).draw()
        rng = np.random.default_rng([self.seed, round(seconds * 1e6) & 0x7FFFFFFF])
        if self.conditions.rain:
            add_rain(picture, rng)
        add_grain(picture, self.conditions, rng)
        if self.conditions.jpeg_quality is not None:
            return compressed(picture, self.conditions.jpeg_quality)
        return picture

    def _distance(self, vehicle: Vehicle, seconds: float) -> float | None:
        """y of the vehicle's near face; None where it is out of sight."""
        lane = self.view.lanes[vehicle.lane]
        way = vehicle.speed_kmh / 3.6 * (seconds - vehicle.crosses_at)
        y = self.view.trigger + (-way if lane.approaching else way)
        near, far = self.view.reach
        # Tall bodies show above the road's far end; long ones while their near face is below the picture.
        length = body_of(vehicle.kind, approaching=lane.approaching).length
        return y if near - length < y < far + _BEYOND and y > self.view.camera_height * 0.6 else None

    @cached_property
    def _background(self) -> Image:
        return paint_background(self.view, self.conditions, self.seed)
