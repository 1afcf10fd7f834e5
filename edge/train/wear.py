"""What use does to a plate: dirt, fading, dents, things in front of it. On the flat plate, before a camera."""

from __future__ import annotations

import cv2
import numpy as np

from edge.frame import Image

_MUD = np.array((70, 90, 110), np.float32)


def worn(plate: Image, rng: np.random.Generator) -> Image:
    """The plate as the road has left it; the shape stays, and so do its characters' meanings."""
    if rng.random() < 0.3:
        plate = _embossed(plate, rng)
    if rng.random() < 0.25:
        plate = _dirty(plate, rng)
    if rng.random() < 0.15:
        plate = _faded(plate, rng)
    if rng.random() < 0.1:
        plate = _bent(plate, rng)
    if rng.random() < 0.08:
        plate = _behind_something(plate, rng)
    return plate


def _embossed(plate: Image, rng: np.random.Generator) -> Image:
    """Pressed characters catch the light on one side."""
    strength = float(rng.uniform(0.1, 0.45)) * (1 if rng.random() < 0.5 else -1)
    shifted = np.roll(plate, 1, axis=int(rng.integers(0, 2)))
    return np.asarray(cv2.addWeighted(plate, 1 + strength, shifted, -strength, 0), np.uint8)


def _dirty(plate: Image, rng: np.random.Generator) -> Image:
    height, width = plate.shape[:2]
    coarse = rng.random((int(rng.integers(3, 8)), int(rng.integers(5, 16)))).astype(np.float32)
    cover = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    share = np.clip(cover - rng.uniform(0.45, 0.85), 0, 1)[..., None] * np.float32(rng.uniform(0.8, 2.0))
    mud = _MUD * rng.uniform(0.5, 1.7)
    return np.asarray(np.clip(plate + np.minimum(share, 0.8) * (mud - plate), 0, 255), np.uint8)


def _faded(plate: Image, rng: np.random.Generator) -> Image:
    """Paint bleaches: everything comes nearer to a grey."""
    share = float(rng.uniform(0.15, 0.5))
    grey = float(rng.uniform(90, 210))
    return np.asarray(cv2.addWeighted(plate, 1 - share, np.full_like(plate, grey), share, 0), np.uint8)


def _bent(plate: Image, rng: np.random.Generator) -> Image:
    height, width = plate.shape[:2]
    columns = np.arange(width, dtype=np.float32)
    rows = np.arange(height, dtype=np.float32)
    wave = np.sin(columns / width * np.pi * rng.uniform(0.7, 2.5) + rng.uniform(0, np.pi))
    sag = (height * rng.uniform(0.02, 0.08) * wave).astype(np.float32)
    squeeze = (width * rng.uniform(0, 0.02) * np.sin(columns / width * 2 * np.pi)).astype(np.float32)
    map_x = np.broadcast_to(columns + squeeze, (height, width)).astype(np.float32)
    map_y = (rows[:, None] + sag[None, :]).astype(np.float32)
    return np.asarray(
        cv2.remap(plate, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _behind_something(plate: Image, rng: np.random.Generator) -> Image:
    """A tow bar, a leaf, a cable: narrow enough that every character can still be told."""
    covered = plate.copy()
    height, width = plate.shape[:2]
    shade = tuple(int(c) for c in rng.integers(0, 200, 3))
    if rng.random() < 0.5:
        y0, y1 = (int(y) for y in rng.integers(-height // 4, height + height // 4, 2))
        cv2.line(
            covered, (0, y0), (width, y1), shade, max(1, round(height * rng.uniform(0.02, 0.07))), cv2.LINE_AA
        )
    else:
        low = rng.random() < 0.7
        centre = (int(rng.integers(0, width)), height if low else 0)
        axes = (round(width * rng.uniform(0.03, 0.12)), round(height * rng.uniform(0.1, 0.3)))
        cv2.ellipse(covered, centre, axes, 0, 0, 360, shade, -1, cv2.LINE_AA)
    return covered
