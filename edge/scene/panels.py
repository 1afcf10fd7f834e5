"""The paintings on bodies: fronts, rears, bonnets, windows, roofs, each painted once and then only warped."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from edge.frame import Image
from edge.scene.body import Body, Panel, body_of
from edge.scene.glyph import glyph
from edge.scene.plate import Colour
from edge.scene.traffic import Paint, VehicleKind

#: Pixels a metre of the painted panels.
PX = 240

PAINTS: dict[Paint, Colour] = {
    Paint.WHITE: (226, 228, 228),
    Paint.SILVER: (176, 178, 178),
    Paint.GREY: (108, 106, 104),
    Paint.BLACK: (40, 38, 38),
    Paint.RED: (44, 36, 160),
    Paint.BLUE: (142, 84, 40),
    Paint.YELLOW: (40, 168, 222),
    Paint.GREEN: (84, 122, 52),
    Paint.BROWN: (62, 84, 112),
}
_GLASS: Colour = (58, 50, 44)
_DARK: Colour = (34, 32, 31)
_CHROME: Colour = (188, 190, 190)
_TAIL: Colour = (38, 28, 168)
_HEAD: Colour = (236, 236, 230)


def _shade(colour: Colour, factor: float) -> Colour:
    b, g, r = (max(0, min(255, round(c * factor))) for c in colour)
    return b, g, r


class _Canvas:
    """A face seen square-on, drawn in metres: x from the middle, z up from the asphalt."""

    def __init__(self, body: Body, top: float) -> None:
        self.width, self.top = body.width, top
        self.image = np.zeros((round(top * PX), round(body.width * PX), 4), np.uint8)

    def _at(self, x: float, z: float) -> tuple[int, int]:
        return round((x + self.width / 2) * PX), round((self.top - z) * PX)

    def polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        """A filled polygon; mirrored parts are the caller's affair."""
        pixels = np.array([self._at(x, z) for x, z in points], np.int32)
        cv2.fillPoly(self.image, [pixels], (*colour, 255), cv2.LINE_AA)

    def box(self, x: float, z: float, width: float, height: float, colour: Colour) -> None:
        """A filled rectangle round a middle."""
        w, h = width / 2, height / 2
        self.polygon([(x - w, z + h), (x + w, z + h), (x + w, z - h), (x - w, z - h)], colour)

    def both(self, points: list[tuple[float, float]], colour: Colour) -> None:
        """A polygon and its mirror image."""
        self.polygon(points, colour)
        self.polygon([(-x, z) for x, z in points], colour)

    def disc(self, x: float, z: float, rx: float, rz: float, colour: Colour) -> None:
        """A filled ellipse."""
        axes = (max(1, round(rx * PX)), max(1, round(rz * PX)))
        cv2.ellipse(self.image, self._at(x, z), axes, 0, 0, 360, (*colour, 255), -1, cv2.LINE_AA)

    def text(self, text: str, x: float, z: float, height: float, colour: Colour) -> None:
        """Characters of the plates, centred."""
        h, w = round(height * PX), round(height * PX * 0.5)
        left, top = self._at(x, z + height / 2)
        left -= round(len(text) * w * 1.25 / 2)
        for i, character in enumerate(text):
            mask = glyph(character, w, h)
            part = self.image[top : top + h, left + round(i * w * 1.25) :][:, :w, :3]
            cover = mask[:, : part.shape[1], None].astype(np.float32) / 255
            part[:] = part + cover * (np.array(colour, np.float32) - part)

    def lit(self) -> Image:
        """The drawing with light from above: the higher, the brighter."""
        ramp = np.linspace(1.1, 0.8, self.image.shape[0], dtype=np.float32)[:, None, None]
        self.image[:, :, :3] = np.clip(self.image[:, :, :3] * ramp, 0, 255)
        return self.image


def _wheels(canvas: _Canvas, half: float) -> None:
    canvas.polygon(
        [(-half * 0.96, 0.3), (half * 0.96, 0.3), (half * 0.92, 0.12), (-half * 0.92, 0.12)], (20, 20, 20)
    )
    tyre = [(half * 0.96, 0.32), (half * 0.7, 0.32), (half * 0.7, 0.02), (half * 0.74, 0), (half * 0.93, 0)]
    canvas.both([*tyre, (half * 0.96, 0.04)], (26, 26, 26))


def _shell(canvas: _Canvas, half: float, low: float, top: float, share: float, colour: Colour) -> None:
    """The painted outline of a face, with its lower corners taken off."""
    up = half * share
    canvas.polygon(
        [
            (-up, top),
            (up, top),
            (half, (low + top) / 2),
            (half * 0.97, low + 0.06),
            (half * 0.9, low),
            (-half * 0.9, low),
            (-half * 0.97, low + 0.06),
            (-half, (low + top) / 2),
        ],
        colour,
    )


def _car_front(canvas: _Canvas, body: Body, colour: Colour, seed: int) -> None:
    half, top, plate = body.width / 2, canvas.top, body.plate_z
    _wheels(canvas, half)
    _shell(canvas, half, 0.2, top, 0.97, colour)
    canvas.polygon([(-half * 0.94, 0.3), (half * 0.94, 0.3), (half * 0.88, 0.19), (-half * 0.88, 0.19)], _DARK)
    # Upper grille between the lamps, lower intake under the plate.
    z, deep = body.lamp_z, 0.07 + 0.02 * (seed % 3)
    grille = half * (0.46 + 0.06 * (seed % 2))
    canvas.polygon(
        [(-grille, z + deep), (grille, z + deep), (grille * 0.86, z - deep), (-grille * 0.86, z - deep)], _DARK
    )
    for k in range(3):
        canvas.box(0, z + deep * (0.6 - 0.6 * k), grille * 1.7, 0.012, _CHROME if seed % 2 else (72, 72, 72))
    canvas.disc(0, z + 0.01, 0.055, 0.055, _CHROME)
    intake = half * 0.6
    low = plate - 0.17
    canvas.polygon(
        [
            (-intake, low + 0.05),
            (intake, low + 0.05),
            (intake * 0.85, low - 0.05),
            (-intake * 0.85, low - 0.05),
        ],
        _DARK,
    )
    lamp = [(half * 0.97, z + 0.09), (half * 0.56, z + 0.05), (half * 0.6, z - 0.05), (half * 0.95, z - 0.04)]
    canvas.both(lamp, (96, 94, 92))
    for side in (-1, 1):
        canvas.disc(side * half * 0.85, z + 0.015, 0.06, 0.045, _HEAD)
        canvas.disc(side * half * 0.68, z + 0.005, 0.045, 0.035, (200, 202, 200))
        canvas.disc(side * half * 0.8, low + 0.02, 0.05, 0.04, (120, 120, 118))
    canvas.box(0, plate, 0.5, 0.17, _shade(colour, 0.62))


def _car_rear(canvas: _Canvas, body: Body, colour: Colour, seed: int) -> None:
    half, top, plate = body.width / 2, canvas.top, body.plate_z
    _wheels(canvas, half)
    _shell(canvas, half, 0.22, top, 0.96, colour)
    canvas.polygon(
        [(-half * 0.94, 0.36), (half * 0.94, 0.36), (half * 0.88, 0.21), (-half * 0.88, 0.21)], _DARK
    )
    z = body.lamp_z
    canvas.box(0, 0.52, half * 1.9, 0.012, _shade(colour, 0.6))
    canvas.polygon(
        [(-0.42, plate + 0.13), (0.42, plate + 0.13), (0.36, plate - 0.12), (-0.36, plate - 0.12)],
        _shade(colour, 0.7),
    )
    canvas.box(0, plate + 0.135, 0.7, 0.02, _CHROME)
    wide = 0.3 if seed % 2 else 0.4
    canvas.both(
        [
            (half * 0.98, z + 0.1),
            (half * (1 - wide), z + 0.08),
            (half * (1.04 - wide), z - 0.06),
            (half * 0.98, z - 0.1),
        ],
        _TAIL,
    )
    canvas.both(
        [(half * 0.95, z + 0.02), (half * 0.8, z + 0.02), (half * 0.8, z - 0.03), (half * 0.95, z - 0.03)],
        (150, 160, 220),
    )
    for side in (-1, 1):
        canvas.box(side * half * 0.78, 0.42, 0.2, 0.03, (30, 26, 120))
    canvas.disc(0, min(top - 0.06, plate + 0.2), 0.05, 0.04, _CHROME)


def _van_rear(canvas: _Canvas, body: Body, colour: Colour, seed: int) -> None:
    half, top = body.width / 2, canvas.top
    _wheels(canvas, half)
    _shell(canvas, half, 0.25, top, 0.86, colour)
    canvas.polygon(
        [(-half * 0.78, top - 0.12), (half * 0.78, top - 0.12), (half * 0.86, 1.18), (-half * 0.86, 1.18)],
        _GLASS,
    )
    canvas.polygon(
        [(-half * 0.7, top - 0.16), (-half * 0.2, top - 0.16), (-half * 0.5, 1.25), (-half * 0.8, 1.25)],
        _shade(_GLASS, 1.5),
    )
    z = body.lamp_z
    canvas.both(
        [(half * 0.98, z + 0.2), (half * 0.86, z + 0.2), (half * 0.86, z - 0.2), (half, z - 0.2)], _TAIL
    )
    canvas.box(0, body.plate_z, 0.6, 0.2, _shade(colour, 0.68))
    canvas.box(0, 0.38, half * 1.9, 0.14, _DARK)


def _bus_front(canvas: _Canvas, body: Body, colour: Colour, seed: int) -> None:
    half, top = body.width / 2, canvas.top
    _wheels(canvas, half)
    _shell(canvas, half, 0.26, top, 0.96, colour)
    canvas.polygon(
        [(-half * 0.9, top - 0.42), (half * 0.9, top - 0.42), (half * 0.94, 1.25), (-half * 0.94, 1.25)], _GLASS
    )
    canvas.polygon(
        [(-half * 0.8, top - 0.5), (-half * 0.35, top - 0.5), (-half * 0.6, 1.4), (-half * 0.9, 1.4)],
        _shade(_GLASS, 1.45),
    )
    canvas.box(0, (top - 0.42 + 1.25) / 2, 0.05, top - 1.67, _DARK)
    canvas.box(0, top - 0.21, half * 1.3, 0.26, (22, 22, 22))
    # Route number on the display: a text that is no plate.
    canvas.text(f"{seed % 89 + 10}", 0, top - 0.21, 0.2, (40, 150, 250))
    z = body.lamp_z
    for side in (-1, 1):
        canvas.disc(side * half * 0.84, z, 0.11, 0.11, (96, 96, 96))
        canvas.disc(side * half * 0.84, z, 0.085, 0.085, _HEAD)
        canvas.disc(side * half * 0.62, z, 0.07, 0.07, (190, 190, 190))
        canvas.box(side * half * 0.96, 1.9, 0.1, 0.36, _DARK)
    canvas.box(0, body.plate_z - 0.22, half * 1.84, 0.16, _DARK)
    canvas.box(0, 1.08, half * 1.94, 0.05, _shade(colour, 0.6))


def _bus_rear(canvas: _Canvas, body: Body, colour: Colour, seed: int) -> None:
    half, top = body.width / 2, canvas.top
    _wheels(canvas, half)
    _shell(canvas, half, 0.28, top, 0.96, colour)
    window = [(-half * 0.8, top - 0.35), (half * 0.8, top - 0.35), (half * 0.84, 1.95), (-half * 0.84, 1.95)]
    canvas.polygon(window, _GLASS)
    gleam = [(-half * 0.7, top - 0.4), (-half * 0.3, top - 0.4), (-half * 0.5, 2.0), (-half * 0.78, 2.0)]
    canvas.polygon(gleam, _shade(_GLASS, 1.45))
    # The engine's doors with their louvres, and the line's number: no plate.
    canvas.box(0, 1.4, half * 1.5, 0.8, _shade(colour, 0.92))
    for k in range(5):
        canvas.box(0, 1.64 - 0.1 * k, half * 1.1, 0.035, _shade(colour, 0.55))
    canvas.text(f"{seed % 89 + 10}", 0, top - 0.18, 0.2, _shade(colour, 0.35))
    canvas.box(0, body.plate_z, 0.6, 0.32, _shade(colour, 0.4))
    z = body.lamp_z + 0.3
    canvas.both(
        [(half * 0.98, z + 0.3), (half * 0.84, z + 0.3), (half * 0.84, z - 0.2), (half * 0.99, z - 0.2)], _TAIL
    )
    canvas.box(0, 0.36, half * 1.9, 0.14, _DARK)


def _truck_front(canvas: _Canvas, body: Body, colour: Colour, seed: int) -> None:
    half, top = body.width / 2, canvas.top
    _wheels(canvas, half)
    _shell(canvas, half, 0.3, top, 0.93, colour)
    canvas.polygon(
        [(-half * 0.86, top - 0.16), (half * 0.86, top - 0.16), (half * 0.92, 1.5), (-half * 0.92, 1.5)], _GLASS
    )
    canvas.polygon(
        [(-half * 0.7, top - 0.2), (-half * 0.2, top - 0.2), (-half * 0.5, 1.58), (-half * 0.86, 1.58)],
        _shade(_GLASS, 1.5),
    )
    canvas.both([(half * 1.0, 2.2), (half * 0.93, 2.2), (half * 0.93, 1.6), (half * 1.0, 1.6)], _DARK)
    for k in range(4):
        canvas.box(0, 1.34 - 0.12 * k, half * 1.3, 0.06, _DARK)
    canvas.box(0, 1.16, 0.3, 0.1, _CHROME)
    canvas.box(0, 0.6, half * 1.94, 0.5, _shade(_DARK, 1.6) if seed % 2 else _shade(colour, 0.8))
    z = body.lamp_z
    canvas.both(
        [(half * 0.96, z + 0.1), (half * 0.66, z + 0.1), (half * 0.68, z - 0.1), (half * 0.94, z - 0.1)],
        (104, 104, 102),
    )
    for side in (-1, 1):
        canvas.disc(side * half * 0.84, z, 0.08, 0.08, _HEAD)
        canvas.disc(side * half * 0.72, z, 0.055, 0.055, (40, 130, 230))


def _truck_rear(canvas: _Canvas, body: Body, colour: Colour, seed: int) -> None:
    half, top = body.width / 2, canvas.top
    _wheels(canvas, half)
    canvas.polygon([(-half, top), (half, top), (half, 1.0), (-half, 1.0)], colour)
    canvas.box(0, (top + 1.0) / 2, 0.03, top - 1.0, _shade(colour, 0.5))
    for x in (-0.5, -0.25, 0.25, 0.5):
        canvas.box(x, (top + 1.0) / 2, 0.035, top - 1.15, _shade(colour, 0.75))
        canvas.box(x, 1.6, 0.09, 0.12, _CHROME)
    canvas.box(0, 0.8, half * 1.96, 0.42, _shade(_DARK, 1.2))
    # Red and white marking under the doors, and the number every truck has painted large: no plate either.
    for k in range(12):
        canvas.box(
            -half + (k + 0.5) * half / 6, 1.06, half / 6, 0.05, (38, 30, 190) if k % 2 else (230, 230, 230)
        )
    canvas.text(f"{seed * 7919 % 90000 + 10000}", 0, 2.3, 0.3, _shade(colour, 0.35))
    z = body.lamp_z
    canvas.both(
        [(half * 0.98, z + 0.08), (half * 0.7, z + 0.08), (half * 0.7, z - 0.08), (half * 0.98, z - 0.08)],
        _TAIL,
    )


def _motorcycle(canvas: _Canvas, body: Body, colour: Colour, seed: int) -> None:
    canvas.polygon([(-0.07, 0.6), (0.07, 0.6), (0.06, 0.0), (-0.06, 0.0)], (24, 24, 24))
    canvas.polygon([(-0.2, 0.95), (0.2, 0.95), (0.16, 0.5), (-0.16, 0.5)], colour)
    canvas.both([(0.2, 0.95), (0.32, 0.7), (0.28, 0.3), (0.2, 0.3), (0.22, 0.68), (0.14, 0.85)], (70, 56, 44))
    jacket = ((70, 60, 52), (40, 40, 110), (96, 86, 40))[seed % 3]
    canvas.polygon([(-0.2, 0.9), (0.2, 0.9), (0.25, 1.35), (0.12, 1.46), (-0.12, 1.46), (-0.25, 1.35)], jacket)
    canvas.both([(0.25, 1.36), (0.4, 1.08), (0.34, 1.02), (0.2, 1.2)], jacket)
    canvas.disc(0, 1.57, 0.13, 0.14, ((40, 40, 170), (210, 210, 210), (30, 30, 30))[seed % 3])
    canvas.box(0, 0.83, 0.14, 0.05, _TAIL)


def _face(body: Body, kind: VehicleKind, paint: Paint, approaching: bool, seed: int) -> Image:
    canvas = _Canvas(body, body.points[1][1])
    colour = PAINTS[paint]
    if kind is VehicleKind.MOTORCYCLE:
        _motorcycle(canvas, body, colour, seed)
    elif kind is VehicleKind.BUS:
        (_bus_front if approaching else _bus_rear)(canvas, body, colour, seed)
    elif kind is VehicleKind.TRUCK:
        (_truck_front if approaching else _truck_rear)(canvas, body, colour, seed)
    elif kind is VehicleKind.VAN and not approaching:
        _van_rear(canvas, body, colour, seed)
    else:
        (_car_front if approaching else _car_rear)(canvas, body, colour, seed)
    return canvas.lit()


def _flat(panel: Panel, colour: Colour, seed: int) -> Image:
    """A bonnet, window, roof or box front; far edge on top. Soft things: a small picture is enough."""
    height, width = 96, 192
    v = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]  # 0 far, 1 near
    u = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None]
    base = np.array(_GLASS if panel is Panel.GLASS else colour, np.float32)
    if panel is Panel.BONNET:
        # Sky in the middle, darker towards the wings, two creases.
        light = 1.14 - 0.16 * u**2 - 0.1 * v + 0.06 * (np.abs(np.abs(u) - 0.62 + 0.14 * v) < 0.02)
        picture = base * light + 14 * (1 - v)
    elif panel is Panel.GLASS:
        sky = np.clip(1.15 - v * 1.5 + 0.25 * np.sin(u * 3 + seed), 0, 1)
        picture = base + np.array((70, 62, 52), np.float32) * sky
        seats = (np.abs(np.abs(u) - 0.42) < 0.17) & (v > 0.35) & (v < 0.8)
        picture = np.where(seats, picture * 0.72, picture)
        pillar = (np.abs(u) > 0.94) | (v < 0.05)
        picture = np.where(pillar, np.array(colour, np.float32) * 0.8, picture)
        picture = np.where(v > 0.95, np.float32(30), picture)
    else:
        picture = base * (1.08 - 0.08 * u**2 - (0.1 * v if panel is Panel.ROOF else 0.25))
        picture = np.broadcast_to(picture, (height, width, 3))
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


@lru_cache(maxsize=256)
def paint_panels(kind: VehicleKind, paint: Paint, approaching: bool, seed: int) -> tuple[Image, ...]:
    """The panels' paintings in daylight, near first: the face BGRA, the others BGR. Do not write to them.

    `seed` picks between the makes of a kind (0 to 7 are told apart).
    """
    body = body_of(kind, approaching=approaching)
    colour = PAINTS[paint]
    painted = []
    for panel in body.panels:
        if panel is Panel.FACE:
            painted.append(_face(body, kind, paint, approaching, seed))
        else:
            load = panel is Panel.BOX or (kind is VehicleKind.TRUCK and len(painted) > 1)
            painted.append(_flat(panel, (150, 148, 140) if load else colour, seed))
    return tuple(painted)
