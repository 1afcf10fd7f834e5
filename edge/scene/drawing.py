"""One vehicle drawn into one frame: shadow, flank, panels, plate, blur and lamps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.frame import Image
from edge.scene.body import Body, Panel, body_of
from edge.scene.light import Conditions, Light
from edge.scene.optics import add_light, halo, streak
from edge.scene.panels import paint_panels
from edge.scene.plate import Colour, render_plate
from edge.scene.traffic import Paint, Vehicle, VehicleKind
from edge.scene.view import Matrix, RoadView

#: Sizes plates are rendered in, pixels a millimetre; the next larger one is warped.
_PLATE_SCALES = (0.16, 0.26, 0.42, 0.7, 1.1)

#: A painting and its halvings, largest first: warping a large picture small would alias.
Pyramid = tuple[Image, ...]
Quad = NDArray[np.float32]  #: four points: left-top, right-top, right-foot, left-foot


@lru_cache(maxsize=512)
def _lit_panels(
    kind: VehicleKind, paint: Paint, approaching: bool, make: int, gain: float, light: Light
) -> tuple[Pyramid, ...]:
    """The panels' paintings in the scene's light."""
    lit = []
    for panel in paint_panels(kind, paint, approaching, make):
        colour = cv2.convertScaleAbs(np.ascontiguousarray(panel[:, :, :3]), alpha=gain)
        if light is Light.INFRARED:
            colour = cv2.cvtColor(cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        level = np.dstack([colour, panel[:, :, 3]]) if panel.shape[2] == 4 else colour
        levels = [level.astype(np.uint8)]
        while min(levels[-1].shape[:2]) > 48:
            half = (levels[-1].shape[1] // 2, levels[-1].shape[0] // 2)
            levels.append(cv2.resize(levels[-1], half, interpolation=cv2.INTER_AREA).astype(np.uint8))
        lit.append(tuple(levels))
    return tuple(lit)


class Drawing:
    """One vehicle in one frame; `draw` paints it over what is there."""

    def __init__(
        self, view: RoadView, conditions: Conditions, picture: Image, vehicle: Vehicle, y: float
    ) -> None:
        self.view, self.conditions, self.picture = view, conditions, picture
        self.vehicle, self.y = vehicle, y
        self.lane = view.lanes[vehicle.lane]
        self.body: Body = body_of(vehicle.kind, approaching=self.lane.approaching)
        # A vehicle keeps its own place in the lane, from its plate: no two drive alike.
        self.make = sum(map(ord, vehicle.face.text)) % 8
        self.x = view.lane_centre(vehicle.lane) + (self.make - 3.5) * 0.05

    def draw(self) -> bool:
        """Draw it, in place; False where it is outside the picture."""
        outline = self._outline()
        u0, v0 = np.floor(outline.min(axis=0)).astype(int) - 12
        u1, v1 = np.ceil(outline.max(axis=0)).astype(int) + 12
        u0, v0 = max(0, u0), max(0, v0)
        u1, v1 = min(self.view.width, u1), min(self.view.height, v1)
        if u1 - u0 < 4 or v1 - v0 < 4:
            return False
        self.origin = np.array([u0, v0], np.float64)
        part = self.picture[v0:v1, u0:u1]
        self.mask = np.zeros(part.shape[:2], np.uint8)
        self._shadow(part)
        self._side(part)
        self._mirrors(part)
        self._panels(part)
        self._plate(part)
        self._blur(part)
        if self.conditions.lamps:
            self._glare()
        return True

    def _outline(self) -> Matrix:
        half, y = self.body.width / 2 + 0.9, self.y  # with room for the shadow
        tallest = max(z for _, z, _ in self.body.points)
        corners = [
            (self.x + side * half, y + depth, z)
            for side in (-1, 1)
            for depth in (-0.9, self.body.length)
            for z in (0.0, tallest)
        ]
        return self.view.project(corners)

    def _quad(self, points: Sequence[tuple[float, float, float]]) -> Quad:
        """Road points as points of the picture's part."""
        return (self.view.project(points) - self.origin).astype(np.float32)

    def _fill(self, part: Image, quad: Quad, colour: tuple[float, ...]) -> None:
        points = np.round(quad * 16).astype(np.int32)
        cv2.fillConvexPoly(part, points, colour, cv2.LINE_AA, 4)
        cv2.fillConvexPoly(self.mask, points, 255, cv2.LINE_8, 4)

    def _shadow(self, part: Image) -> None:
        """Darkness under the body, and its soft shadow beside it by day."""
        half, length = self.body.width / 2, self.body.length
        reach = 0.5 if self.conditions.light is Light.DAY and not self.conditions.rain else 0.12
        ground = self._quad(
            [
                (self.x - half - reach, self.y - 0.25, 0),
                (self.x + half + 0.06, self.y - 0.25, 0),
                (self.x + half + 0.06, self.y + length, 0),
                (self.x - half - reach, self.y + length, 0),
            ]
        )
        dark: Image = np.zeros(part.shape[:2], np.uint8)
        cv2.fillConvexPoly(dark, np.round(ground * 16).astype(np.int32), 150, cv2.LINE_AA, 4)
        soft = round(self.view.scale_at(self.y) * 0.16) | 1
        dark = np.asarray(cv2.blur(cv2.blur(dark, (soft, soft)), (soft, soft)), np.uint8)
        shade = cv2.cvtColor(255 - dark, cv2.COLOR_GRAY2BGR)
        cv2.multiply(part, shade, part, 1 / 255)

    def _side(self, part: Image) -> None:
        """The flank that is turned to the camera."""
        if len(self.body.points) < 3:
            return
        turn = -1 if self.x > 0 else 1
        half = self.body.width / 2
        if abs(self.x) <= half * 0.7:
            return
        profile = [
            (self.x + turn * half * share, self.y + depth, max(z, 0.22)) for depth, z, share in self.body.points
        ]
        last = profile[-1]
        back = (self.x + turn * half, self.y + self.body.length, 0.22)
        tail = (
            self.x + turn * half,
            self.y + self.body.length,
            min(last[2], 1.0) if last[2] < 1.8 else last[2],
        )
        panels = paint_panels(self.vehicle.kind, self.vehicle.paint, self.lane.approaching, self.make)
        sample = panels[-1][-1, panels[-1].shape[1] // 2, :3].astype(np.float64)
        tint = sample * 0.62 * self.conditions.ambient * self._lamp_gain()
        flank = np.round(self._quad([*profile, tail, back]) * 16).astype(np.int32)
        cv2.fillPoly(part, [flank], self._tint(tint), cv2.LINE_AA, 4)
        cv2.fillPoly(self.mask, [flank], 255, cv2.LINE_8, 4)
        for depth in (0.75, self.body.length - 0.95):
            wheel = self._quad(
                [
                    (self.x + turn * half, self.y + depth + 0.33 * np.cos(a), 0.33 + 0.33 * np.sin(a))
                    for a in np.linspace(0, 2 * np.pi, 13)[:-1]
                ]
            )
            self._fill(part, wheel, self._tint(np.full(3, 26.0) * self.conditions.ambient))

    def _mirrors(self, part: Image) -> None:
        """Wing mirrors, where the windscreen's foot meets the doors."""
        if Panel.BONNET not in self.body.panels or not self.lane.approaching:
            return
        depth, z, share = self.body.points[2]
        panels = paint_panels(self.vehicle.kind, self.vehicle.paint, True, self.make)
        colour = panels[1][60, 96].astype(np.float64) * 0.8 * self.conditions.ambient * self._lamp_gain()
        for side in (-1, 1):
            inner, outer = (self.x + side * self.body.width / 2 * s for s in (share + 0.02, share + 0.17))
            y, low, high = self.y + depth + 0.15, z + 0.03, z + 0.13
            self._fill(
                part,
                self._quad([(inner, y, high), (outer, y, high), (outer, y, low), (inner, y, low)]),
                self._tint(colour),
            )

    def _tint(self, colour: NDArray[np.float64]) -> tuple[float, ...]:
        if self.conditions.light is Light.INFRARED:
            colour = np.full(3, colour.mean())
        return tuple(float(c) for c in np.clip(colour, 0, 255))

    def _lamp_gain(self) -> float:
        """How much more light the checkpoint's lamp gives close by than far off."""
        if not self.conditions.lamps:
            return 1.0
        return 0.7 + 0.9 * float(np.exp(-(((self.y - self.view.trigger) / 9.0) ** 2)))

    def _panels(self, part: Image) -> None:
        gain = self.conditions.ambient * self._lamp_gain()
        vehicle = self.vehicle
        panels = _lit_panels(
            vehicle.kind,
            vehicle.paint,
            self.lane.approaching,
            self.make,
            round(gain / 0.04) * 0.04,
            self.conditions.light,
        )
        half = self.body.width / 2
        points = self.body.points
        order = list(enumerate(zip(points[:-1], points[1:], self.body.panels, strict=True)))
        for i, (low, high, panel) in reversed(order):
            quad = self._quad(
                [
                    (self.x - half * high[2], self.y + high[0], high[1]),
                    (self.x + half * high[2], self.y + high[0], high[1]),
                    (self.x + half * low[2], self.y + low[0], low[1]),
                    (self.x - half * low[2], self.y + low[0], low[1]),
                ]
            )
            if quad[3, 1] - quad[0, 1] < 1.0:
                continue  # seen edge-on or from behind
            if panel is Panel.FACE:
                # The face is painted square: its corners are in the painting.
                left, right = self.x - half, self.x + half
                corners = [(left, high[1]), (right, high[1]), (right, low[1]), (left, low[1])]
                quad = self._quad([(x, self.y, z) for x, z in corners])
            self._paste(part, panels[i], quad)

    def _paste(self, part: Image, levels: Pyramid, quad: Quad) -> None:
        """Warp a painting onto four points; an alpha channel cuts it out."""
        wide = float(quad[2, 0] - quad[3, 0])
        texture = next((level for level in reversed(levels) if level.shape[1] >= wide), levels[0])
        height, width = texture.shape[:2]
        source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
        left, top = np.maximum(np.floor(quad.min(axis=0)).astype(int) - 1, 0)
        right, foot = np.maximum(np.ceil(quad.max(axis=0)).astype(int) + 2, 0)
        target = part[top:foot, left:right]
        if target.shape[0] < 2 or target.shape[1] < 2:
            return
        shift = np.array([left, top], np.float32)
        homography = cv2.getPerspectiveTransform(source - 0.5, quad - shift - 0.5)
        size = (target.shape[1], target.shape[0])
        mask = self.mask[top:foot, left:right]
        if texture.shape[2] == 4:
            warped = cv2.warpPerspective(texture, homography, size, flags=cv2.INTER_LINEAR)
            alpha = np.ascontiguousarray(warped[:, :, 3])
            solid = np.ascontiguousarray(warped[:, :, :3])
            cv2.copyTo(solid, (alpha > 127).astype(np.uint8), target)
            np.maximum(mask, alpha, out=mask)
        else:
            cv2.warpPerspective(texture, homography, size, target, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT)
            points = np.round((quad - shift) * 16).astype(np.int32)
            cv2.fillConvexPoly(mask, points, 255, cv2.LINE_8, 4)

    def _plate(self, part: Image) -> None:
        width, height = (mm / 1000 for mm in self.vehicle.face.size)
        z, y = self.body.plate_z, self.y - 0.02
        quad = self._quad(
            [
                (self.x - width / 2, y, z + height / 2),
                (self.x + width / 2, y, z + height / 2),
                (self.x + width / 2, y, z - height / 2),
                (self.x - width / 2, y, z - height / 2),
            ]
        )
        wanted = float(np.hypot(*(quad[1] - quad[0]))) / self.vehicle.face.size[0]
        scale = next((s for s in _PLATE_SCALES if s >= wanted), _PLATE_SCALES[-1])
        gain = self.conditions.on_plate * (0.75 + 0.25 * self._lamp_gain() if self.conditions.lamps else 1.0)
        plate = render_plate(self.vehicle.face, scale)
        lit = cv2.convertScaleAbs(plate, alpha=min(gain, 1.08))
        if self.conditions.light is Light.INFRARED:
            lit = cv2.cvtColor(cv2.cvtColor(lit, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        self._paste(part, (lit.astype(np.uint8),), quad)

    def _blur(self, part: Image) -> None:
        """Lens and motion blur over the body; it also smooths the edges of what was pasted."""
        way = self.vehicle.speed_kmh / 3.6 * self.conditions.shutter * (-1 if self.lane.approaching else 1)
        opened, shut = self.view.project([(self.x, self.y, 0.5), (self.x, self.y + way, 0.5)])
        moved = float(np.hypot(*(shut - opened)))
        if self.conditions.defocus:
            blurred = cv2.GaussianBlur(part, (0, 0), float(np.hypot(0.55, self.conditions.defocus)))
        else:
            blurred = cv2.GaussianBlur(part, (3, 3), 0.55)
        if moved > 1.0:
            # Rounded, so that the next frames find the kernel in the cache.
            dx, dy = ((shut - opened) / moved).round(1)
            blurred = cv2.filter2D(blurred, -1, streak(round(moved * 2) / 2, float(dx), float(dy)))
        cv2.copyTo(blurred, cv2.dilate(self.mask, np.ones((3, 3), np.uint8)), part)

    def _glare(self) -> None:
        """Head or tail lamps: a bright core, a halo, and by night light on the road ahead."""
        half, z, power = self.body.width / 2, self.body.lamp_z, self.conditions.lamps
        metre = self.view.scale_at(self.y)
        if self.lane.approaching:
            lamp = halo(self._seen((210, 240, 255)), metre * 0.5, power)
        else:
            lamp = halo(self._seen((30, 20, 200)), metre * 0.22, power)
        for side in (-1, 1) if self.body.lamp_x else (0,):
            u, v = self.view.project([(self.x + side * half * self.body.lamp_x, self.y, z)])[0]
            add_light(self.picture, lamp, u, v)
        if self.lane.approaching:
            u, v = self.view.project([(self.x, self.y - 3.5, 0)])[0]
            pool = halo(self._seen((92, 112, 122)), metre * 2.2, power, core=0.0, squash=0.5)
            add_light(self.picture, pool, u, v)

    def _seen(self, colour: Colour) -> Colour:
        """A light's colour as this camera sees it."""
        if self.conditions.light is not Light.INFRARED:
            return colour
        grey = round(sum(colour) / 3)
        return grey, grey, grey
