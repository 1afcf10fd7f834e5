"""The empty road as the camera sees it: asphalt, markings, kerbs, verges, signs. Painted once a scene."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.frame import Image
from edge.scene.glyph import glyph
from edge.scene.light import Conditions, Light
from edge.scene.view import RoadView

_ACROSS = 72  #: pixels a metre across the painted ground
_ALONG = 24  #: pixels a metre along it
_SIDE = 8.0  #: metres of ground beyond the outer lanes

Plane = NDArray[np.float32]


def _cloud(rng: np.random.Generator, height: int, width: int, metres: float) -> Plane:
    """Smooth noise around 0 with patches of about that size."""
    down, across = max(1, round(metres * _ALONG)), max(1, round(metres * _ACROSS))
    small = rng.normal(0, 1, (height // down + 2, width // across + 2)).astype(np.float32)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)


class _Ground:
    """The ground from above: columns across, rows along, far end on top."""

    def __init__(self, view: RoadView, rng: np.random.Generator) -> None:
        near, far = view.reach
        self.y0, self.y1 = near - 2.0, far + 4.0
        self.half = view.lane_width * len(view.lanes) / 2
        self.x0 = -self.half - _SIDE
        width, height = round(-self.x0 * 2 * _ACROSS), round((self.y1 - self.y0) * _ALONG)
        height = min(height, 3000)
        self.along = height / (self.y1 - self.y0)
        tone = 98 + 3 * _cloud(rng, height, width, 3.0) + 3 * _cloud(rng, height, width, 0.35)
        tone += rng.normal(0, 9, (height, width)).astype(np.float32)
        self.paint = np.repeat(tone[:, :, None], 3, axis=2) * np.array((1.03, 1.0, 0.97), np.float32)

    def _columns(self, x1: float, x2: float) -> slice:
        return slice(max(0, round((x1 - self.x0) * _ACROSS)), max(0, round((x2 - self.x0) * _ACROSS)))

    def _rows(self, y1: float, y2: float) -> slice:
        return slice(max(0, round((self.y1 - y2) * self.along)), max(0, round((self.y1 - y1) * self.along)))

    def strip(
        self, x1: float, x2: float, y1: float, y2: float, colour: tuple[int, int, int], cover: float
    ) -> None:
        """A rectangle of paint that lets the asphalt's grain through."""
        part = self.paint[self._rows(y1, y2), self._columns(x1, x2)]
        part += cover * (np.array(colour, np.float32) - part)

    def wear(self, x: float, width: float, amount: float) -> None:
        """A darker band along a wheel's or the oil's way."""
        columns = (np.arange(self.paint.shape[1]) / _ACROSS + self.x0 - x) / width
        self.paint -= (amount * np.exp(-(columns**2)).astype(np.float32))[None, :, None]


def _mark(ground: _Ground, view: RoadView) -> None:
    """Lane lines, edge lines, arrows' stems and a stop-free road's usual wear."""
    white, yellow = (216, 218, 218), (62, 176, 222)
    for i in range(len(view.lanes)):
        x = view.lane_centre(i)
        for wheel in (-0.75, 0.75):
            ground.wear(x + wheel, 0.28, 7.0)
        ground.wear(x, 0.3, 5.0)
    for i in range(1, len(view.lanes)):
        x = view.lane_centre(i) - view.lane_width / 2
        opposed = view.lanes[i - 1].direction != view.lanes[i].direction
        if opposed:
            for side in (-0.13, 0.13):
                ground.strip(x + side - 0.06, x + side + 0.06, ground.y0, ground.y1, yellow, 0.85)
            continue
        start = ground.y0
        while start < ground.y1:
            ground.strip(x - 0.075, x + 0.075, start, start + 4.0, white, 0.85)
            start += 8.0
    for side in (-1, 1):
        x = side * (ground.half + 0.12)
        ground.strip(x - 0.075, x + 0.075, ground.y0, ground.y1, white, 0.85)


def _border(ground: _Ground, rng: np.random.Generator) -> None:
    """Kerb stones, pavement on the one side and a planted verge on the other."""
    edge = ground.half + 0.5
    height, width = ground.paint.shape[:2]
    for side in (-1, 1):
        near, far = sorted((side * edge, side * (edge + 0.22)))
        ground.strip(near, far, ground.y0, ground.y1, (176, 180, 182), 0.9)
        y = ground.y0
        while y < ground.y1:
            ground.strip(near, far, y, y + 0.03, (110, 112, 114), 0.9)
            y += 0.8
    grass = np.array((46, 104, 74), np.float32) * (1 + 0.16 * _cloud(rng, height, width, 0.1)[:, :, None])
    grass *= 1 + 0.14 * _cloud(rng, height, width, 0.6)[:, :, None]
    columns = np.arange(width) / _ACROSS + ground.x0
    ground.paint[:, columns > edge + 0.22] = grass[:, columns > edge + 0.22]
    ground.strip(ground.x0, -edge - 0.22, ground.y0, ground.y1, (142, 150, 158), 0.8)
    y = ground.y0
    while y < ground.y1:
        ground.strip(ground.x0, -edge - 0.22, y, y + 0.05, (108, 114, 120), 0.7)
        y += 0.6


def _warp(ground: _Ground, view: RoadView) -> Plane:
    height, width = ground.paint.shape[:2]
    x1 = ground.x0 + width / _ACROSS
    corners = [(ground.x0, ground.y1, 0), (x1, ground.y1, 0), (x1, ground.y0, 0), (ground.x0, ground.y0, 0)]
    target = view.project(corners).astype(np.float32)
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    homography = cv2.getPerspectiveTransform(source, target)
    size = (view.width, view.height)
    sky = (206.0, 190.0, 170.0)
    warped = cv2.warpPerspective(
        ground.paint, homography, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_CONSTANT, borderValue=sky
    )
    return np.asarray(warped, np.float32)


def _board(
    picture: Plane, view: RoadView, x: float, y: float, z: float, text: str, ground: tuple[int, int, int]
) -> None:
    """A sign on a post beside the road: text that is no plate."""
    (u, v), (foot_u, foot_v), (side_u, _) = view.project([(x, y, z), (x, y, 0), (x + 1, y, z)])
    scale = side_u - u
    height = round(0.42 * scale)
    glyph_height, glyph_width = round(height * 0.62), round(height * 0.3)
    width = round(len(text) * glyph_width * 1.3 + height * 0.4)
    left, top = round(u - width / 2), round(v - height / 2)
    cv2.line(
        picture,
        (round(u), round(v)),
        (round(foot_u), round(foot_v)),
        (128, 128, 126),
        max(2, round(0.08 * scale)),
    )
    cv2.rectangle(picture, (left, top), (left + width, top + height), ground, -1)
    cv2.rectangle(picture, (left + 2, top + 2), (left + width - 2, top + height - 2), (228, 228, 228), 1)
    for i, character in enumerate(text):
        x0 = left + round(height * 0.2 + i * glyph_width * 1.3)
        y0 = top + round(height * 0.19)
        part = picture[max(0, y0) : y0 + glyph_height, max(0, x0) : x0 + glyph_width]
        if part.shape[:2] != (glyph_height, glyph_width):
            continue  # partly outside the picture: the board shows, its text does not
        cover = glyph(character, glyph_width, glyph_height)[:, :, None].astype(np.float32) / 255
        part += cover * (np.float32(232) - part)


def _bushes(picture: Plane, view: RoadView, ground: _Ground, rng: np.random.Generator) -> None:
    """A clipped hedge along the verge, far ones first."""
    x = ground.half + 2.3
    for y in np.arange(ground.y1, ground.y0, -0.7):
        (u, v), (side, _) = view.project([(x, y, 0.45), (x + 0.55, y, 0.45)])
        radius = side - u
        if u - radius > view.width or v + radius < 0 or v - radius > view.height:
            continue
        for _ in range(14):
            du, dv = rng.normal(0, radius * 0.42, 2)
            shade = float(rng.uniform(0.55, 1.15)) * (1.0 - 0.35 * dv / max(radius, 1.0))
            colour = tuple(float(c * shade) for c in (40, 92, 58))
            axes = (max(1, round(radius * 0.34)), max(1, round(radius * 0.3)))
            cv2.ellipse(picture, (round(u + du), round(v + dv * 0.8)), axes, 0, 0, 360, colour, -1, cv2.LINE_AA)


def paint_background(view: RoadView, conditions: Conditions, seed: int) -> Image:
    """The scene without vehicles, in its light and weather, without noise."""
    rng = np.random.default_rng([seed, 1])
    ground = _Ground(view, rng)
    _mark(ground, view)
    _border(ground, rng)
    picture = _warp(ground, view)
    near, far = view.reach
    edge = -ground.half - 0.75
    _board(picture, view, edge, near + (far - near) * 0.62, 0.75, "G85", (118, 86, 30))
    _board(picture, view, edge, near + (far - near) * 0.36, 0.62, "P120", (150, 92, 26))
    _bushes(picture, view, ground, rng)
    return light_up(picture, view, conditions)


def light_up(picture: Plane, view: RoadView, conditions: Conditions) -> Image:
    """A daylight picture of the road in the scene's light and weather."""
    rows = np.linspace(0, 1, view.height, dtype=np.float32)[:, None, None]
    columns = np.linspace(-1, 1, view.width, dtype=np.float32)[None, :, None]
    lit = picture * conditions.ambient
    if conditions.lamps:
        # A pool of lamp light about the trigger line; the far end and the edges fall away.
        pool = np.exp(-(((rows - view.trigger_at) / 0.42) ** 2) - (columns / 1.05) ** 2)
        lit *= 0.55 + 0.75 * pool
    if conditions.light is Light.DUSK:
        lit *= np.array((1.12, 0.98, 0.92), np.float32)
    elif conditions.light is Light.NIGHT:
        lit *= np.array((0.86, 0.98, 1.1), np.float32)
    if conditions.rain:
        # Wet asphalt: darker, and the sky in it.
        lit = lit * 0.86 + 18 * conditions.ambient * (1 - rows)
    if conditions.light is Light.INFRARED:
        lit = np.repeat(lit.mean(axis=2, keepdims=True), 3, axis=2)
    if conditions.defocus:
        lit = np.asarray(cv2.GaussianBlur(lit, (0, 0), conditions.defocus), np.float32)
    return np.asarray(np.clip(lit, 0, 255), np.uint8)
