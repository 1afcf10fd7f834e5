"""Video clips whose pictures say which one they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge.camera.stream import VideoWriter
from edge.frame import Image

BITS = 8
WIDTH, HEIGHT = 32 * BITS, 64


def numbered(number: int) -> Image:
    """A picture with the number as a row of black and white squares, the lowest bit left."""
    bits = np.array([255 * (number >> b & 1) for b in range(BITS)], np.uint8)
    row = np.repeat(bits, WIDTH // BITS)
    return np.ascontiguousarray(np.broadcast_to(row[None, :, None], (HEIGHT, WIDTH, 3)))


def number_in(image: Image) -> int:
    """The number a picture of `numbered` shows, after any coder."""
    cell = WIDTH // BITS
    return sum(int(image[HEIGHT // 2, cell * b + cell // 2, 0] > 127) << b for b in range(BITS))


def write_clip(path: Path, count: int, *, fps: float = 10.0) -> Path:
    """A clip of the numbers 0 to count - 1."""
    with VideoWriter(path, fps=fps, width=WIDTH, height=HEIGHT) as writer:
        for number in range(count):
            writer.write(numbered(number))
    return path
