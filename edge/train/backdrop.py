"""What a street looks like to a detector that has to leave it alone: invented, cheap, never the same twice."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.frame import Image
from edge.scene.glyph import glyph
from edge.train.surroundings import lay, surroundings
from proto.plate import DIGITS, LETTERS, PROVINCES

Quad = NDArray[np.float32]  #: four points (4, 2): left-top, right-top, right-foot, left-foot

#: Grounds and letterings (BGR) of signs, shop fronts and posters; those of plates are among them.
_BOARDS = (
    ((150, 80, 20), (240, 240, 240)),
    ((70, 110, 20), (240, 240, 240)),
    ((30, 30, 200), (240, 240, 240)),
    ((40, 190, 240), (20, 20, 20)),
    ((240, 240, 240), (30, 30, 180)),
    ((245, 245, 245), (25, 25, 25)),
    ((25, 25, 25), (60, 190, 235)),
)
_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
)


def backdrop(side: int, rng: np.random.Generator) -> Image:
    """A square picture of walls, foliage, sky and asphalt, with things in front of them, and no plate."""
    picture = _material(side, side, rng)
    for _ in range(int(rng.integers(0, 4))):
        if rng.random() < 0.6:
            cut = int(rng.integers(1, side))
            picture[cut:] = _material(side - cut, side, rng)
        else:
            cut = int(rng.integers(1, side))
            picture[:, cut:] = _material(side, side - cut, rng)
    for _ in range(int(rng.integers(0, 22))):
        _thing(picture, rng)
    return picture


def shade(rng: np.random.Generator) -> tuple[int, int, int]:
    """A colour (BGR), mostly a grey one."""
    level = rng.uniform(10, 245)
    tint = rng.normal(0, 12 if rng.random() < 0.7 else 60, 3)
    b, g, r = (int(c) for c in np.clip(level + tint, 0, 255))
    return b, g, r


def _material(height: int, width: int, rng: np.random.Generator) -> Image:
    kind = rng.random()
    if kind < 0.3:
        return surroundings(height, width, rng)
    base = np.array(shade(rng), np.float32)
    if kind < 0.75:  # noise of several sizes: foliage, asphalt, plaster, clouds
        layer = np.zeros((height, width), np.float32)
        rough = rng.uniform(0.3, 1.0)
        cells = 2.0
        while cells < width:
            shape = (max(2, round(cells * height / width)), max(2, round(cells)))
            coarse = rng.standard_normal(shape, np.float32) * np.float32(rough ** np.log2(cells))
            layer += np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR))
            cells *= 2
        layer *= np.float32(rng.uniform(4, 60) / max(1e-3, float(layer.std())))
        return np.asarray(np.clip(base + layer[..., None] * rng.normal(1, 0.15, 3), 0, 255), np.uint8)
    # A pattern that repeats: windows, bricks, tiles, railings, a grille.
    picture = np.full((height, width, 3), base, np.uint8)
    step_x, step_y = (int(n) for n in rng.integers(5, 70, 2))
    line, colour = int(rng.integers(1, 5)), shade(rng)
    if rng.random() < 0.5:  # windows
        share = rng.uniform(0.4, 0.85)
        for y in range(0, height, step_y):
            for x in range(0, width, step_x):
                low = (x + round(step_x * share), y + round(step_y * share))
                varied = tuple(int(c * f) for c, f in zip(colour, rng.uniform(0.5, 1.1, 3), strict=True))
                cv2.rectangle(picture, (x, y), low, varied, -1)
        return picture
    if rng.random() < 0.7:
        for y in range(0, height, step_y):
            cv2.line(picture, (0, y), (width, y), colour, line)
    if rng.random() < 0.7:
        for x in range(0, width, step_x):
            cv2.line(picture, (x, 0), (x, height), colour, line)
    return picture


def _thing(picture: Image, rng: np.random.Generator) -> None:
    """A box, a post, a disc, a slanted slab: anything with an edge."""
    side = picture.shape[1]
    x, y = (int(n) for n in rng.integers(0, side, 2))
    wide, high = (max(2, int(n)) for n in np.exp(rng.uniform(np.log(4), np.log(side * 0.6), 2)))
    colour = shade(rng)
    kind = rng.random()
    if kind < 0.45:
        box = cv2.boxPoints(((x, y), (wide, high), float(rng.normal(0, 12))))
        cv2.fillConvexPoly(picture, np.round(box * 16).astype(np.int32), colour, cv2.LINE_AA, 4)
        if rng.random() < 0.3:
            cv2.polylines(picture, [np.round(box).astype(np.int32)], True, shade(rng), 1, cv2.LINE_AA)
    elif kind < 0.7:
        cv2.ellipse(
            picture, (x, y), (wide // 2, high // 2), float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA
        )
    else:
        dx, dy = (int(n) for n in rng.normal(0, wide, 2))
        cv2.line(picture, (x, y), (x + dx, y + dy), colour, int(rng.integers(1, 9)), cv2.LINE_AA)


def add_lettering(picture: Image, rng: np.random.Generator, taken: list[Quad]) -> None:
    """False friends, in place: a sign, a shop front, a telephone number, a sticker, the camera's own caption.

    Args:
        taken: what they must not cover.
    """
    side = picture.shape[1]
    lines = 1 if rng.random() < 0.6 else int(rng.integers(2, 5))
    high = float(np.exp(rng.uniform(np.log(5), np.log(side * 0.12))))
    texts = [_text(rng) for _ in range(lines)]
    board = _board(texts, high, rng)
    turn = rng.normal(0, 4) if rng.random() < 0.8 else rng.uniform(-30, 30)
    height, width = board.shape[:2]
    box = (rng.uniform(0, side), rng.uniform(0, side)), (width, height), float(turn)
    foot_left, left, right, foot_right = cv2.boxPoints(box)  # clockwise, from the left foot on
    quad = np.stack([left, right, foot_right, foot_left]).astype(np.float32)
    if any(touch(quad, other) for other in taken):
        return
    lay(picture, board, quad)


def touch(a: Quad, b: Quad, *, room: float = 0.0) -> bool:
    """Whether the upright boxes round two shapes overlap, or have less than so many pixels between them."""
    return bool((a.min(axis=0) < b.max(axis=0) + room).all() and (b.min(axis=0) < a.max(axis=0) + room).all())


def _text(rng: np.random.Generator) -> str:
    """Nothing that a plate could say."""
    kind = rng.random()
    if kind < 0.3:
        alphabet, length = DIGITS, int(rng.integers(8, 13))
    elif kind < 0.6:
        alphabet, length = LETTERS, int(rng.integers(2, 6) if rng.random() < 0.5 else rng.integers(9, 14))
    else:
        alphabet, length = PROVINCES, int(rng.integers(2, 9))
    return "".join(alphabet[int(i)] for i in rng.integers(0, len(alphabet), length))


def _board(texts: list[str], high: float, rng: np.random.Generator) -> Image:
    ground, ink = _BOARDS[int(rng.integers(len(_BOARDS)))] if rng.random() < 0.7 else (shade(rng), shade(rng))
    drawn = rng.random() < 0.6 or texts[0][0] in PROVINCES
    line, wide = round(high * 1.5), round(high * float(rng.uniform(0.55, 1.0)))
    pitch = round(wide * 1.25)
    width = max(len(t) for t in texts) * pitch + round(high)
    board = np.full((line * len(texts) + round(high * 0.5), max(8, width), 3), ground, np.uint8)
    font = _FONTS[int(rng.integers(len(_FONTS)))]
    for row, text in enumerate(texts):
        y = round(high * 0.5) + row * line
        if not drawn:
            size = cv2.getFontScaleFromHeight(font, max(4, round(high)), 1)
            at = (round(high * 0.4), y + round(high))
            cv2.putText(board, text, at, font, size, ink, max(1, round(high / 9)), cv2.LINE_AA)
            continue
        for i, character in enumerate(text):
            mask = glyph(character, max(3, wide), max(4, round(high)))[..., None].astype(np.float32) / 255
            x = round(high * 0.5) + i * pitch
            part = board[y : y + mask.shape[0], x : x + mask.shape[1]]
            mask = mask[: part.shape[0], : part.shape[1]]
            part[:] = (part + mask * (np.array(ink, np.float32) - part)).astype(np.uint8)
    return board
