"""Graphs in fewer operations: the same numbers come out, by a small interpreter of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.train.fold import Array, folded
from edge.train.nodes import Node

Floats = NDArray[np.float64]


def node(kind: str, output: str, *inputs: str, **attributes: object) -> Node:
    return Node(kind=kind, inputs=inputs, output=output, attributes=attributes)


def conv(output: str, *inputs: str, border: int = 0, group: int = 1) -> Node:
    return node("Conv", output, *inputs, pads=[border] * 4, group=group, kernel_shape=[1 + 2 * border] * 2)


def number(value: float) -> Array:
    return np.array([value], np.float32)


def convolved(x: Floats, weights: Floats, bias: Floats, border: int, group: int) -> Floats:
    """Stride 1, square kernels, (channels, h, w)."""
    x = np.pad(x, ((0, 0), (border, border), (border, border)))
    high, wide = (n - weights.shape[2] + 1 for n in x.shape[1:])
    out = np.zeros((len(weights), high, wide))
    each_in, each_out = len(x) // group, len(weights) // group
    for o, kernel in enumerate(weights):
        first = o // each_out * each_in
        for i, taps in enumerate(kernel):
            for dy, dx in np.ndindex(*taps.shape):
                out[o] += taps[dy, dx] * x[first + i, dy : dy + high, dx : dx + wide]
    return out + bias[:, None, None]


def run(nodes: Sequence[Node], arrays: Mapping[str, Array], x: Floats, output: str) -> Floats:
    known = {name: np.asarray(array, np.float64) for name, array in arrays.items()} | {"x": x}
    for each in nodes:
        a = [known[name] for name in each.inputs]
        match each.kind:
            case "Conv":
                bias = a[2] if len(a) > 2 else np.zeros(len(a[1]))
                found = convolved(a[0], a[1], bias, each.attributes["pads"][0], each.attributes["group"])
            case "Add":
                found = a[0] + a[1]
            case "Mul":
                found = a[0] * a[1]
            case "Div":
                found = a[0] / a[1]
            case "Clip":
                found = np.clip(a[0], a[1], a[2])
            case "HardSigmoid":
                found = np.clip(each.attributes["alpha"] * a[0] + each.attributes["beta"], 0, 1)
            case kind:
                raise AssertionError(kind)
        known[each.output] = found
    return known[output]


def block(at: str, border: int, group: int) -> list[Node]:
    """A convolution as PP-OCRv4 has them: scaled, a hard swish in four operations, scaled again."""
    return [
        conv(f"{at}c", at, f"{at}w", f"{at}b", border=border, group=group),
        node("Mul", f"{at}1", f"{at}p", f"{at}c"),
        node("Add", f"{at}2", f"{at}1", f"{at}q"),
        node("Add", f"{at}3", f"{at}2", "three"),
        node("Clip", f"{at}4", f"{at}3", "nought", "six"),
        node("Mul", f"{at}5", f"{at}2", f"{at}4"),
        node("Div", f"{at}6", f"{at}5", "six"),
        node("Mul", f"{at}7", f"{at}r", f"{at}6"),
        node("Add", f"{at}x", f"{at}7", f"{at}s"),
    ]


@given(seed=st.integers(0, 10_000), border=st.integers(0, 1), depthwise=st.booleans())
def test_what_comes_out_is_the_same(seed: int, border: int, depthwise: bool) -> None:
    rng = np.random.default_rng(seed)
    group = 3 if depthwise else 1
    arrays: dict[str, Array] = {"three": number(3), "nought": number(0), "six": number(6)}
    for at in ("x", "xx", "xxx"):
        size = 1 + 2 * border
        arrays[f"{at}w"] = rng.normal(0, 1, (3, 3 // group, size, size)).astype(np.float32)
        arrays[f"{at}b"] = rng.normal(0, 1, 3).astype(np.float32)
        arrays |= {f"{at}{name}": number(rng.normal(0, 2)) for name in "pqrs"}
    nodes = [*block("x", border, group), *block("xx", border, group)]
    nodes.append(conv("out", "xxx", "xxxw", "xxxb", border=border, group=group))
    fewer, numbers = folded(nodes, arrays, ["out"])
    x = rng.normal(0, 1, (3, 6, 7))
    before, after = run(nodes, arrays, x, "out"), run(fewer, numbers, x, "out")
    assert np.allclose(before, after, rtol=1e-4, atol=1e-4 * max(1.0, float(np.abs(before).max())))
    # What is added before a convolution with a border of noughts stays: the border has none of it.
    assert [n.kind for n in fewer] == (["Conv", "HardSigmoid", "Mul"] + ["Add"] * bool(border)) * 2 + ["Conv"]


def test_what_else_is_asked_for_stays() -> None:
    arrays: dict[str, Array] = {"w": np.ones((1, 1, 1, 1), np.float32), "two": number(2)}
    scaled = [conv("c", "x", "w"), node("Mul", "m", "c", "two"), conv("out", "m", "w")]
    assert len(folded(scaled, arrays, ["out"])[0]) == 2
    assert folded(scaled, arrays, ["out", "c", "m"])[0] == scaled
    both = [*scaled, node("Add", "sum", "m", "c")]
    assert [n.kind for n in folded(both, arrays, ["out", "sum"])[0]] == ["Conv", "Mul", "Conv", "Add"]


def test_six_divided_by_something_is_no_hard_swish() -> None:
    arrays: dict[str, Array] = {"three": number(3), "nought": number(0), "six": number(6)}
    nodes = [
        node("Add", "a", "x", "three"),
        node("Clip", "c", "a", "nought", "six"),
        node("Mul", "m", "x", "c"),
        node("Div", "out", "six", "m"),
    ]
    assert folded(nodes, arrays, ["out"])[0] == nodes
