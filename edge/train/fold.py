"""A trained graph that computes the same in fewer operations, for running only. Pure.

What a number is added to or multiplied with before or after a convolution goes into the convolution's own
numbers, and activations that are spelled out in four operations become two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edge.train.nodes import Node, hard_swishes

Array = NDArray[np.generic]


def folded(
    nodes: Sequence[Node], arrays: Mapping[str, Array], outputs: Sequence[str]
) -> tuple[list[Node], dict[str, Array]]:
    """The same network in fewer operations; equal to within the rounding of single precision.

    Args:
        nodes: in the order they run, each with one output.
        arrays: numbers that do not change, by name.
        outputs: names of what comes out.

    Returns:
        The nodes that are left, in the order they run, and the numbers that they use.
    """
    work = _Work(_spelled(nodes, arrays, outputs), dict(arrays), frozenset(outputs))
    while any(step(work) for step in (_into_before, _factor_last, _into_after)):
        pass
    used = {name for node in work.nodes for name in node.inputs}
    return work.nodes, {name: array for name, array in work.arrays.items() if name in used}


@dataclass(slots=True)
class _Work:
    nodes: list[Node]
    arrays: dict[str, Array]
    outputs: frozenset[str]
    made: int = 0

    def number(self, node: Node) -> float | None:
        """The one number that this node adds or multiplies with."""
        return next((n for n in map(self.value, node.inputs) if n is not None), None)

    def value(self, name: str) -> float | None:
        array = self.arrays.get(name)
        return float(array.reshape(-1)[0]) if array is not None and array.size == 1 else None

    def other(self, node: Node) -> str:
        """What this node adds its number to, or multiplies with it."""
        return next(name for name in node.inputs if self.value(name) is None)

    def users(self, name: str) -> list[Node]:
        return [node for node in self.nodes if name in node.inputs]

    def maker(self, name: str) -> Node | None:
        return next((node for node in self.nodes if node.output == name), None)

    def only_for(self, name: str, user: Node) -> bool:
        return name not in self.outputs and self.users(name) == [user]

    def put(self, array: Array) -> str:
        self.made += 1
        name = f"folded_{self.made}"
        self.arrays[name] = np.asarray(array, np.float32)
        return name

    def swap(self, old: Node, *new: Node) -> None:
        at = self.nodes.index(old)
        self.nodes[at : at + 1] = new

    def scalings(self, kind: str) -> Iterator[tuple[Node, str, float]]:
        """Nodes of a kind that add or multiply one number; to what; which."""
        for node in list(self.nodes):
            if node.kind == kind and node in self.nodes and len(node.inputs) == 2:
                number = self.number(node)
                if number is not None and any(self.value(name) is None for name in node.inputs):
                    yield node, self.other(node), number


def _spelled(nodes: Sequence[Node], arrays: Mapping[str, Array], outputs: Sequence[str]) -> list[Node]:
    """x · clip(x + 3, 0, 6) / 6 as x · hard_sigmoid(x)."""
    numbers = {name: float(array.reshape(-1)[0]) for name, array in arrays.items() if array.size == 1}
    asked_for = Node(kind="Outputs", inputs=tuple(outputs), output="", attributes={})
    spelled: list[Node] = []
    for node in hard_swishes([*nodes, asked_for], numbers)[:-1]:
        if node.kind != "HardSwish":
            spelled.append(node)
            continue
        (x,) = node.inputs
        gate = f"{node.output}_gate"
        slope = {"alpha": 1 / 6, "beta": 0.5}
        spelled.append(Node(kind="HardSigmoid", inputs=(x,), output=gate, attributes=slope))
        spelled.append(Node(kind="Mul", inputs=(x, gate), output=node.output, attributes={}))
    return spelled


def _into_before(work: _Work) -> bool:
    """A number after a convolution."""
    changed = False
    for kind in ("Mul", "Add"):
        for node, x, number in work.scalings(kind):
            conv = work.maker(x)
            if conv is None or conv.kind != "Conv" or not work.only_for(x, node):
                continue
            weights, bias = _numbers(work, conv)
            weights, bias = (weights * number, bias * number) if kind == "Mul" else (weights, bias + number)
            inputs = (conv.inputs[0], work.put(weights), work.put(bias))
            work.swap(conv, replace(conv, inputs=inputs, output=node.output))
            work.nodes.remove(node)
            changed = True
    return changed


def _factor_last(work: _Work) -> bool:
    """a · x + b as a · (x + b / a), where only convolutions use it: these take the factor."""
    changed = False
    for total, product_name, shift in work.scalings("Add"):
        product = work.maker(product_name)
        factor = work.number(product) if product and product.kind == "Mul" else None
        if not product or not factor or not work.only_for(product_name, total):
            continue
        if not _convolutions(work, total.output):
            continue
        x = work.other(product)
        inside = f"{total.output}_inside"
        work.nodes.remove(product)
        work.swap(
            total,
            Node(kind="Add", inputs=(x, work.put(np.array([shift / factor]))), output=inside, attributes={}),
            Node(kind="Mul", inputs=(inside, work.put(np.array([factor]))), output=total.output, attributes={}),
        )
        changed = True
    return changed


def _into_after(work: _Work) -> bool:
    """A factor before convolutions; what is added before them where no border of noughts is added too."""
    changed = False
    for kind in ("Mul", "Add"):
        for node, x, number in work.scalings(kind):
            convs = _convolutions(work, node.output)
            if not convs or (kind == "Add" and any(_has_border(conv) for conv in convs)):
                continue
            for conv in convs:
                weights, bias = _numbers(work, conv)
                if kind == "Mul":
                    weights = weights * number
                else:
                    bias = bias + number * weights.sum(axis=(1, 2, 3))
                inputs = (x, work.put(weights), work.put(bias))
                work.swap(conv, replace(conv, inputs=inputs))
            work.nodes.remove(node)
            changed = True
    return changed


def _numbers(work: _Work, conv: Node) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    weights = work.arrays[conv.inputs[1]].astype(np.float64)
    if len(conv.inputs) < 3:
        return weights, np.zeros(len(weights))
    return weights, work.arrays[conv.inputs[2]].astype(np.float64)


def _convolutions(work: _Work, name: str) -> list[Node]:
    """Who uses this, if all of them are convolutions with numbers of their own; else none."""
    users = work.users(name)
    fit = name not in work.outputs and all(
        user.kind == "Conv" and user.inputs[0] == name and user.inputs[1] in work.arrays for user in users
    )
    return users if fit else []


def _has_border(conv: Node) -> bool:
    return any(conv.attributes.get("pads", ())) or conv.attributes.get("auto_pad", b"NOTSET") != b"NOTSET"
