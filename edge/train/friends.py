"""False friends of plates: lamps, badges, captions, display panels, gravel. Invented, never the same twice."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.frame import Image
from edge.train.backdrop import Quad, add_lettering, shade, touch

#: Tints (BGR, of 255) of lamps.
_TINTS = ((255, 255, 255), (255, 245, 225), (150, 205, 255), (60, 60, 235), (40, 140, 250))
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX)
Mask = NDArray[np.uint8]


def add_friend(picture: Image, rng: np.random.Generator, taken: list[Quad]) -> None:
    """One of them, in place.

    Args:
        taken: what it must not cover.
    """
    kind = rng.random()
    if kind < 0.4:
        add_lettering(picture, rng, taken)
    elif kind < 0.55:
        _caption(picture, rng, taken)
    else:
        side = picture.shape[1]
        wide = float(np.exp(rng.uniform(np.log(8), np.log(side * 0.35))))
        box = ((rng.uniform(0, side), rng.uniform(0, side)), (wide, wide * rng.uniform(0.25, 1.1)))
        left_foot, left, right, right_foot = cv2.boxPoints((*box, float(rng.normal(0, 10))))
        quad = np.stack([left, right, right_foot, left_foot]).astype(np.float32)
        if not any(touch(quad, other) for other in taken):
            add_object(picture, quad, rng)


def add_object(picture: Image, quad: Quad, rng: np.random.Generator, *, lamp: bool = False) -> None:
    """Something detailed at four corners, in place: a lamp, a badge, a panel of lights, a patch of gravel."""
    wide = int(np.clip(np.linalg.norm(quad[1] - quad[0]), 6, 400))
    high = int(np.clip(np.linalg.norm(quad[3] - quad[0]), 5, 400))
    kind = 0.0 if lamp else rng.random()
    if kind < 0.45:
        patch = _lamp(high, wide, rng)
    elif kind < 0.65:
        patch = _badge(high, wide, rng)
    elif kind < 0.8:
        patch = _panel(high, wide, rng)
    else:
        patch = _gravel(high, wide, rng)
    patch = np.dstack([patch, _outline(high, wide, rng)])
    flat = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    low = np.maximum(np.floor(quad.min(axis=0)).astype(int), 0)
    far = np.maximum(np.ceil(quad.max(axis=0)).astype(int) + 1, 0)
    part = picture[low[1] : far[1], low[0] : far[0]]
    if not part.size:
        return
    homography = cv2.getPerspectiveTransform(flat, (quad - low).astype(np.float32))
    warped = cv2.warpPerspective(patch, homography, (part.shape[1], part.shape[0]), flags=cv2.INTER_LINEAR)
    cover = warped[..., 3:].astype(np.float32) / 255
    part[:] = (part + cover * (warped[..., :3] - part.astype(np.float32))).astype(np.uint8)


def _outline(high: int, wide: int, rng: np.random.Generator) -> Mask:
    """What shows of a patch: an ellipse, something with corners, or all of it."""
    mask = np.zeros((high, wide), np.uint8)
    kind = rng.random()
    if kind < 0.45:
        cv2.ellipse(mask, (wide // 2, high // 2), (max(1, wide // 2), max(1, high // 2)), 0, 0, 360, 255, -1)
    elif kind < 0.8:
        turn = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(4, 8))))
        points = (
            np.stack([np.cos(turn) * wide, np.sin(turn) * high], axis=1) * 0.6 + (wide / 2, high / 2)
        ).round()
        cv2.fillConvexPoly(mask, points.astype(np.int32), 255)
    else:
        mask[:] = 255
    return mask


def _lamp(high: int, wide: int, rng: np.random.Generator) -> Image:
    """A reflector in pieces, with bulbs, behind glass."""
    pieces = rng.uniform(20, 255, (int(rng.integers(2, 7)), int(rng.integers(2, 12)))).astype(np.float32)
    how = cv2.INTER_LINEAR if rng.random() < 0.6 else cv2.INTER_NEAREST
    grey = np.asarray(cv2.resize(pieces, (wide, high), interpolation=how), np.float32)
    tint = np.array(_TINTS[int(rng.integers(len(_TINTS)))], np.float32) / 255
    lamp = np.clip(grey[..., None] * tint * rng.uniform(0.6, 1.2), 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 4))):
        at = int(rng.integers(0, wide)), int(rng.integers(0, high))
        radius = max(1, round(min(high, wide) * rng.uniform(0.1, 0.4)))
        cv2.circle(lamp, at, radius, shade(rng), -1, cv2.LINE_AA)
        cv2.circle(lamp, at, max(1, radius // 2), (250, 250, 250), -1, cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 6)) if rng.random() < 0.4 else 0):  # ribs of the glass
        x = int(rng.integers(0, wide))
        cv2.line(lamp, (x, 0), (x, high), shade(rng), 1)
    if rng.random() < 0.5:
        cv2.rectangle(lamp, (0, 0), (wide - 1, high - 1), shade(rng), max(1, high // 12))
    return lamp


def _badge(high: int, wide: int, rng: np.random.Generator) -> Image:
    badge = np.full((high, wide, 3), shade(rng), np.uint8)
    middle = wide // 2, high // 2
    chrome = (225, 225, 228) if rng.random() < 0.6 else shade(rng)
    thick = max(1, round(min(high, wide) * rng.uniform(0.05, 0.16)))
    for share in (0.46, 0.3)[: int(rng.integers(1, 3))]:
        axes = max(1, round(wide * share)), max(1, round(high * share))
        cv2.ellipse(badge, middle, axes, 0, 0, 360, chrome, thick, cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 5))):
        (x1, x2), (y1, y2) = rng.integers(0, wide, 2).tolist(), rng.integers(0, high, 2).tolist()
        cv2.line(badge, (x1, y1), (x2, y2), chrome, thick, cv2.LINE_AA)
    return badge


def _panel(high: int, wide: int, rng: np.random.Generator) -> Image:
    """Lamps in rows, some of them lit: a bus's destination, a brake light, a reflector."""
    rows, columns = int(rng.integers(1, 12)), int(rng.integers(4, 30))
    lit = (rng.random((rows, columns, 1)) < rng.uniform(0.3, 0.9)).astype(np.float32)
    colour = np.array(_TINTS[int(rng.integers(len(_TINTS)))], np.float32)
    small = np.clip(lit * colour + rng.uniform(0, 40), 0, 255).astype(np.uint8)
    how = cv2.INTER_NEAREST if rng.random() < 0.5 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(small, (wide, high), interpolation=how), np.uint8)


def _gravel(high: int, wide: int, rng: np.random.Generator) -> Image:
    grain = rng.uniform(1, 5)
    shape = (max(2, round(high / grain)), max(2, round(wide / grain)))
    stones = np.array(shade(rng), np.float32) + rng.normal(0, rng.uniform(15, 60), shape)[..., None]
    stones = np.clip(stones, 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(stones, (wide, high), interpolation=cv2.INTER_LINEAR), np.uint8)


def _caption(picture: Image, rng: np.random.Generator, taken: list[Quad]) -> None:
    """What a camera or a web page writes over its pictures."""
    side = picture.shape[1]
    digits = [f"{int(n):02d}" for n in rng.integers(0, 99, 6)]
    text = (
        f"20{digits[0]}-{digits[1]}-{digits[2]} {digits[3]}:{digits[4]}:{digits[5]}",
        f"{digits[3]}:{digits[4]}:{digits[5]}",
        f"20{digits[0]}/{digits[1]}/{digits[2]}",
        f"CAM{digits[0]} {digits[1]}km/h",
        f"www.{'abcdefgh'[: int(digits[0]) % 6 + 2]}.com",
    )[int(rng.integers(5))]
    font = _FONTS[int(rng.integers(len(_FONTS)))]
    high = round(float(np.exp(rng.uniform(np.log(5), np.log(24)))))
    size = cv2.getFontScaleFromHeight(font, high, 1)
    thick = max(1, high // 9)
    wide = cv2.getTextSize(text, font, size, thick)[0][0]
    x, y = int(rng.integers(-wide // 3, side)), int(rng.integers(high, side + high // 2))
    quad = np.array([(x, y - high), (x + wide, y - high), (x + wide, y + 3), (x, y + 3)], np.float32)
    if any(touch(quad, other) for other in taken):
        return
    colour = ((255, 255, 255), (60, 170, 250), (30, 220, 240), (40, 40, 230), shade(rng))[int(rng.integers(5))]
    if rng.random() < 0.5:
        cv2.putText(picture, text, (x, y), font, size, (0, 0, 0), thick + 2, cv2.LINE_AA)
    cv2.putText(picture, text, (x, y), font, size, colour, thick, cv2.LINE_AA)
