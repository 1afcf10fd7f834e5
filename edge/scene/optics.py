"""What lens, sensor, weather and coder add to a picture."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.frame import Image
from edge.scene.light import Conditions

#: Noise is drawn once a strength and then only shifted about: drawing it anew costs more than the scene.
_TILE = 512


@lru_cache(maxsize=8)
def _noise(deviation: float) -> tuple[Image, Image]:
    """A tile of noise, split in what it adds and what it takes away."""
    rng = np.random.default_rng(7)
    # Coarser than a pixel, as after a camera's own denoising and demosaicing.
    noise = rng.normal(0, 1, (_TILE, _TILE, 3)).astype(np.float32)
    # Mostly alike in the three colours; the weights keep the deviation at 1.
    noise = 0.6 * noise + 0.525 * np.float32(np.sqrt(3)) * noise.mean(axis=2, keepdims=True)
    noise *= np.float32(deviation)
    return np.clip(noise, 0, 255).astype(np.uint8), np.clip(-noise, 0, 255).astype(np.uint8)


def add_grain(picture: Image, conditions: Conditions, rng: np.random.Generator) -> None:
    """Sensor noise, in place."""
    if conditions.grain <= 0:
        return
    plus, minus = _noise(conditions.grain)
    height, width = picture.shape[:2]
    half = _TILE // 2
    for top in range(0, height, half):
        for left in range(0, width, half):
            part = picture[top : top + half, left : left + half]
            row, column = (int(n) for n in rng.integers(0, half, 2))
            window = np.s_[row : row + part.shape[0], column : column + part.shape[1]]
            cv2.add(part, plus[window], part)
            cv2.subtract(part, minus[window], part)


@lru_cache(maxsize=4)
def _streaks(height: int, width: int) -> Image:
    """A layer of rain a good deal larger than the picture, to be shifted about."""
    rng = np.random.default_rng(11)
    layer = np.zeros((height * 2, width * 2), np.uint8)
    for _ in range(width * height // 900):
        x, y = rng.integers(0, width * 2), rng.integers(0, height * 2)
        length = int(rng.integers(height // 60, height // 18))
        slant = int(length * rng.uniform(0.05, 0.18))
        cv2.line(layer, (int(x), int(y)), (int(x) - slant, int(y) + length), int(rng.integers(14, 46)), 1)
    return cv2.cvtColor(cv2.blur(layer, (2, 3)), cv2.COLOR_GRAY2BGR).astype(np.uint8)


def add_rain(picture: Image, rng: np.random.Generator) -> None:
    """Falling drops, in place."""
    height, width = picture.shape[:2]
    top, left = int(rng.integers(0, height)), int(rng.integers(0, width))
    cv2.add(picture, _streaks(height, width)[top : top + height, left : left + width], picture)


def compressed(picture: Image, quality: int) -> Image:
    """The picture after a lossy coder at quality 1 to 100."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


@lru_cache(maxsize=256)
def streak(length: float, dx: float, dy: float) -> NDArray[np.float32]:
    """The kernel that smears a picture along (dx, dy), a unit vector, over `length` pixels."""
    size = int(np.ceil(length)) | 1
    scale = 8
    kernel = np.zeros((size * scale, size * scale), np.float32)
    middle = size * scale / 2
    reach = length * scale / 2
    start = (round(middle - dx * reach), round(middle - dy * reach))
    end = (round(middle + dx * reach), round(middle + dy * reach))
    cv2.line(kernel, start, end, 1.0, scale)
    small = np.asarray(cv2.resize(kernel, (size, size), interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(small / small.sum(), np.float32)


@lru_cache(maxsize=256)
def _glow(colour: tuple[int, int, int], radius: int, power: float, core: float, squash: float) -> Image:
    columns = np.arange(-radius, radius + 1, dtype=np.float32)[None, :] / radius
    half = max(1, round(radius * squash))
    rows = np.arange(-half, half + 1, dtype=np.float32)[:, None] / half
    distance = np.hypot(rows, columns)
    edge = np.clip(1 - distance, 0, 1)
    glow = (core * np.exp(-((distance / 0.16) ** 2)) + 0.3 * np.exp(-((distance / 0.45) ** 2))) * edge * power
    return np.asarray(np.clip(glow[:, :, None] * np.array(colour, np.float32), 0, 255), np.uint8)


def halo(
    colour: tuple[int, int, int], radius: float, power: float, *, core: float = 1.0, squash: float = 1.0
) -> Image:
    """Light round a lamp, to be added to a picture: a core (of that share) and a wide glow.

    `radius` in pixels is rounded to steps of a tenth, so that an approaching lamp meets the cache;
    `squash` flattens the light to that share of its width.
    """
    step = round(np.log(max(2.0, radius)) / np.log(1.1))
    return _glow(colour, round(1.1**step), power, core, squash)


def add_light(picture: Image, light: Image, u: float, v: float) -> None:
    """Add a halo round a point of the picture, in place; what falls outside is cut off."""
    half_h, half_w = light.shape[0] // 2, light.shape[1] // 2
    top, left = round(v) - half_h, round(u) - half_w
    cut_top, cut_left = max(0, -top), max(0, -left)
    part = picture[max(0, top) : max(0, top + light.shape[0]), max(0, left) : max(0, left + light.shape[1])]
    if part.shape[0] and part.shape[1]:
        window = light[cut_top : cut_top + part.shape[0], cut_left : cut_left + part.shape[1]]
        cv2.add(part, window, part)
