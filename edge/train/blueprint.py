"""Our own reader's network, from nothing: a plain residual network that keeps the plate's width.

Dense 3 × 3 convolutions, for that is what a processor's vector units are busiest with: a training step on a
core is what limits the result. A fourth of the width remains as steps, so a plate of eight characters has five
steps for each.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge.train.graph import Builder, Graph

#: Channels from the stem on; the height is halved at each.
_STEM, _FINE, _MIDDLE, _COARSE, _COLUMN = 24, 48, 96, 144, 192


def plain_reader(characters: Sequence[str], *, seed: int) -> Graph:
    """A reader of 1.1 million numbers for pictures 48 high, with random weights.

    Args:
        characters: classes after the blank.
        seed: of the weights.
    """
    b = Builder(seed=seed)
    x = _layer(b, "picture", 3, _STEM, strides=(2, 2))
    x = _layer(b, x, _STEM, _FINE, strides=(2, 2))
    x = _residual(b, x, _FINE)
    x = _layer(b, x, _FINE, _MIDDLE, strides=(2, 1))
    x = _residual(b, _residual(b, x, _MIDDLE), _MIDDLE)
    x = _layer(b, x, _MIDDLE, _COARSE, strides=(2, 1))
    x = _residual(b, x, _COARSE)
    x = _layer(b, x, _COARSE, _COLUMN, kernel=(3, 1), pads=(0, 0, 0, 0))
    for _ in range(2):
        x = _context(b, x, _COLUMN)
    flat = b.add("Squeeze", x, b.shape(2))
    steps = b.add("Transpose", flat, perm=[0, 2, 1])
    classes = len(characters) + 1
    scores = b.add("MatMul", steps, b.random(_COLUMN, classes, deviation=_COLUMN**-0.5))
    # The blank is what most steps are: it need not be learnt.
    bias = np.zeros(classes, np.float32)
    bias[0] = 2.0
    return b.recogniser(b.add("Add", scores, b.weight(bias)), characters)


def _convolution(
    b: Builder,
    x: str,
    inputs: int,
    outputs: int,
    *,
    kernel: tuple[int, int],
    strides: tuple[int, int],
    pads: tuple[int, int, int, int],
    group: int = 1,
) -> str:
    reach = inputs // group * kernel[0] * kernel[1]
    weight = b.random(outputs, inputs // group, *kernel, deviation=(2 / reach) ** 0.5)
    return b.add(
        "Conv", x, weight, kernel_shape=list(kernel), strides=list(strides), pads=list(pads), group=group
    )


def _norm(b: Builder, x: str, channels: int, *, scale: float = 1.0) -> str:
    ones, zeros = np.ones(channels, np.float32), np.zeros(channels, np.float32)
    return b.add(
        "BatchNormalization",
        x,
        b.weight(ones * scale),
        b.weight(zeros),
        b.weight(zeros),
        b.weight(ones),
        momentum=0.97,
    )


def _layer(
    b: Builder,
    x: str,
    inputs: int,
    outputs: int,
    *,
    kernel: tuple[int, int] = (3, 3),
    strides: tuple[int, int] = (1, 1),
    pads: tuple[int, int, int, int] = (1, 1, 1, 1),
) -> str:
    x = _convolution(b, x, inputs, outputs, kernel=kernel, strides=strides, pads=pads)
    return b.add("Relu", _norm(b, x, outputs))


def _residual(b: Builder, x: str, channels: int) -> str:
    inner = _layer(b, x, channels, channels)
    inner = _convolution(b, inner, channels, channels, kernel=(3, 3), strides=(1, 1), pads=(1, 1, 1, 1))
    return b.add("Relu", b.add("Add", x, _norm(b, inner, channels, scale=0.3)))


def _context(b: Builder, x: str, channels: int) -> str:
    """What stands to the left and right, nine steps wide."""
    wide = _convolution(
        b, x, channels, channels, kernel=(1, 9), strides=(1, 1), pads=(0, 4, 0, 4), group=channels
    )
    mixed = _layer(b, wide, channels, channels, kernel=(1, 1), pads=(0, 0, 0, 0))
    return b.add("Add", x, mixed)
