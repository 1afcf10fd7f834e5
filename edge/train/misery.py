"""What light, lens, sensor and coder do to a picture of a plate; rendered or real."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.frame import Image
from edge.scene.optics import compressed, streak

_TILE = 768
Floats = NDArray[np.float32]


@cache
def _noise() -> Floats:
    """Noise of deviation 1, drawn once and shifted about: white, and the coarser sort that denoisers leave."""
    rng = np.random.default_rng(5)
    white = rng.standard_normal((_TILE, _TILE, 3), np.float32)
    grey = white.mean(axis=2, keepdims=True) * np.float32(np.sqrt(3))
    mixed = 0.6 * white + 0.8 * grey
    coarse = cv2.GaussianBlur(mixed, (0, 0), 0.8)
    return np.stack([mixed, coarse / coarse.std()])


def photographed(
    picture: Image, rng: np.random.Generator, *, mild: float = 0.0, felt: float | None = None
) -> Image:
    """The picture as some camera under some light would have it, of the same size.

    Args:
        picture: BGR, at the size at which the camera sees it.
        mild: share of pictures that come through nearly unharmed.
        felt: pixels that defocus and movement are measured by: the picture's width, where it shows one plate.
    """
    if rng.random() < mild:
        return _sensed(picture.astype(np.float32), rng, noise=float(rng.uniform(0, 3)))
    lit = _lit(picture, rng)
    seen = _through_the_lens(lit, rng, size=felt or picture.shape[1])
    picture = _sensed(seen, rng, noise=_grain(rng))
    if rng.random() < 0.04:
        picture = _combed(picture, rng)
    if rng.random() < 0.6:
        picture = compressed(picture, int(rng.integers(12, 96)))
    if rng.random() < 0.25:
        picture = _rescaled(picture, rng)
    return picture


def _lit(picture: Image, rng: np.random.Generator) -> Floats:
    """Exposure, colour of the light, shadows, glare; night and infrared are kinds of it."""
    lit = picture.astype(np.float32)
    kind = rng.random()
    if kind < 0.12:  # infrared, or a camera in its black-and-white mode
        weights = rng.dirichlet((2, 2, 2)).astype(np.float32)
        lit = np.repeat((lit @ weights)[..., None], 3, axis=2)
        lit = np.float32(128) + (lit - np.float32(128)) * np.float32(rng.uniform(0.35, 1.1))
    else:
        lit *= rng.normal(1, 0.09, 3).astype(np.float32)
    height, width = lit.shape[:2]
    if rng.random() < 0.35:
        _shade(lit, rng)
    if rng.random() < 0.1:
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        radius = width * rng.uniform(0.08, 0.5)
        rows, columns = np.ogrid[0:height, 0:width]
        glow = np.exp(-(((columns - x) / radius) ** 2) - ((rows - y) / radius) ** 2).astype(np.float32)
        lit += (glow * np.float32(rng.uniform(40, 190)))[..., None]
    # Exposure: mostly well, sometimes far under (night) or over (its own lamp on a reflecting plate).
    gain = float(np.exp(rng.normal(-0.05, 0.36)))
    lift = float(rng.uniform(-15, 35))
    gamma = float(np.exp(rng.normal(0, 0.25)))
    lit *= np.float32(gain / 255)
    lit += np.float32(lift / 255)
    np.clip(lit, 0, 1.25, out=lit)
    lit = np.asarray(cv2.pow(lit, gamma), np.float32)
    lit *= np.float32(255)
    return lit


def _shade(lit: Floats, rng: np.random.Generator) -> None:
    """A slope of brightness, or the edge of a shadow."""
    height, width = lit.shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.ogrid[0:height, 0:width]
    along = np.cos(angle) * (columns / width - rng.uniform(0.2, 0.8)) + np.sin(angle) * (
        rows / height - rng.uniform(0.2, 0.8)
    )
    steep = rng.uniform(0.4, 1.5) if rng.random() < 0.6 else 40.0
    depth = rng.uniform(0.2, 0.65)
    lit *= (1 - depth * np.clip(0.5 + along * steep, 0, 1)).astype(np.float32)[..., None]


def _through_the_lens(lit: Floats, rng: np.random.Generator, *, size: float) -> Floats:
    """Defocus and movement; their size goes with a plate's: they are felt on characters, not on pixels."""
    kind = rng.random()
    if kind < 0.5:
        sigma = float(rng.gamma(1.5, 0.003)) * size
        if sigma > 0.25:
            lit = np.asarray(cv2.GaussianBlur(lit, (0, 0), min(sigma, 0.015 * size)), np.float32)
    if 0.35 < kind < 0.6:
        length = round(float(rng.uniform(1.5, max(2.0, 0.028 * size))) * 2) / 2
        turn = round(rng.uniform(0, np.pi) * 8 / np.pi) * np.pi / 8 if rng.random() < 0.5 else 0.0
        lit = np.asarray(
            cv2.filter2D(lit, -1, streak(length, float(np.cos(turn)), float(np.sin(turn)))), np.float32
        )
    if rng.random() < 0.06:
        _rain(lit, rng)
    if rng.random() < 0.25:  # a camera's own sharpening, halos and all
        soft = cv2.GaussianBlur(lit, (0, 0), float(rng.uniform(0.7, 1.8)))
        lit = np.asarray(lit + np.float32(rng.uniform(0.3, 1.6)) * (lit - soft), np.float32)
    return lit


def _rain(lit: Floats, rng: np.random.Generator) -> None:
    height, width = lit.shape[:2]
    layer = np.zeros((height, width), np.uint8)
    for _ in range(int(rng.integers(4, 25))):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        long = int(height * rng.uniform(0.1, 0.5))
        cv2.line(layer, (x, y), (x - long // 6, y + long), int(rng.integers(30, 120)), 1, cv2.LINE_AA)
    lit += cv2.blur(layer, (2, 3))[..., None]


def _grain(rng: np.random.Generator) -> float:
    return float(rng.gamma(1.2, 4.0)) if rng.random() < 0.85 else float(rng.uniform(8, 26))


def _sensed(seen: Floats, rng: np.random.Generator, *, noise: float) -> Image:
    height, width = seen.shape[:2]
    if noise > 0.4 and height < _TILE and width < _TILE:
        y, x = int(rng.integers(_TILE - height)), int(rng.integers(_TILE - width))
        seen = seen + _noise()[int(rng.random() < 0.5), y : y + height, x : x + width] * np.float32(noise)
    return np.asarray(np.clip(seen, 0, 255), np.uint8)


def _combed(picture: Image, rng: np.random.Generator) -> Image:
    """Two fields of an interlaced picture, taken one after the other, put together as if they were one."""
    combed = picture.copy()
    combed[1::2] = np.roll(picture[1::2], int(rng.integers(1, 4)), axis=1)
    return combed


def _rescaled(picture: Image, rng: np.random.Generator) -> Image:
    """Made smaller by someone, and larger again."""
    height, width = picture.shape[:2]
    share = rng.uniform(0.4, 0.95)
    hows = (cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_NEAREST)
    small = cv2.resize(
        picture,
        (max(24, round(width * share)), max(8, round(height * share))),
        interpolation=hows[int(rng.integers(3))],
    )
    return np.asarray(cv2.resize(small, (width, height), interpolation=hows[int(rng.integers(4))]), np.uint8)
