"""Operations of a network's graph, and the rewriting of those that are spelled out in several. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One operation."""

    kind: str
    inputs: tuple[str, ...]
    output: str
    attributes: Mapping[str, Any]


def fused(nodes: Sequence[Node], constants: Mapping[str, Any]) -> list[Node]:
    """Activations and scalings that are spelled out in several nodes, as one: half of a step's time."""
    for rewrite in (_without_ones, hard_swishes, _swishes, _scalings):
        nodes = rewrite(nodes, constants)
    return list(nodes)


class _Chains:
    """Who uses what, for finding nodes that follow each other and nothing else."""

    def __init__(self, nodes: Sequence[Node], constants: Mapping[str, Any]) -> None:
        self._users: dict[str, list[Node]] = {}
        for node in nodes:
            for name in node.inputs:
                self._users.setdefault(name, []).append(node)
        self._constants = constants

    def after(self, node: Node | None, kind: str) -> Node | None:
        """The one node that uses what comes out of a node, if it is of a kind."""
        found = self._users.get(node.output, []) if node else []
        return found[0] if len(found) == 1 and found[0].kind == kind else None

    def number(self, node: Node | None) -> float | None:
        """The constant number among a node's inputs."""
        for name in node.inputs if node else ():
            if isinstance(self._constants.get(name), float):
                return float(self._constants[name])
        return None


def _replaced(nodes: Sequence[Node], gone: set[str], instead: Mapping[str, Node]) -> list[Node]:
    return [instead.get(node.output, node) for node in nodes if node.output not in gone]


def _without_ones(nodes: Sequence[Node], constants: Mapping[str, Any]) -> list[Node]:
    """Products with 1 left out."""
    chains = _Chains(nodes, constants)
    same = {
        node.output: next(n for n in node.inputs if n not in constants)
        for node in nodes
        if node.kind == "Mul" and chains.number(node) == 1.0
    }
    return [
        Node(
            kind=node.kind,
            inputs=tuple(same.get(name, name) for name in node.inputs),
            output=node.output,
            attributes=node.attributes,
        )
        for node in nodes
        if node.output not in same
    ]


def hard_swishes(nodes: Sequence[Node], constants: Mapping[str, Any]) -> list[Node]:
    """x · clip(x + 3, 0, 6) / 6."""
    chains = _Chains(nodes, constants)
    gone: set[str] = set()
    instead: dict[str, Node] = {}
    for node in nodes:
        if node.kind != "Add" or chains.number(node) != 3.0:
            continue
        x = next(n for n in node.inputs if n not in constants)
        clip = chains.after(node, "Clip")
        product = chains.after(clip, "Mul")
        quotient = chains.after(product, "Div")
        if not (clip and product and quotient and x in product.inputs):
            continue
        limits = [constants.get(name) for name in clip.inputs[1:]]
        if limits == [0.0, 6.0] and quotient.inputs[0] == product.output and chains.number(quotient) == 6.0:
            gone |= {node.output, clip.output, product.output}
            instead[quotient.output] = Node(
                kind="HardSwish", inputs=(x,), output=quotient.output, attributes={}
            )
    return _replaced(nodes, gone, instead)


def _swishes(nodes: Sequence[Node], constants: Mapping[str, Any]) -> list[Node]:
    """x · sigmoid(x)."""
    chains = _Chains(nodes, constants)
    gone: set[str] = set()
    instead: dict[str, Node] = {}
    for node in nodes:
        product = chains.after(node, "Mul") if node.kind == "Sigmoid" else None
        if product and node.inputs[0] in product.inputs:
            gone.add(node.output)
            instead[product.output] = Node(
                kind="SiLU", inputs=node.inputs[:1], output=product.output, attributes={}
            )
    return _replaced(nodes, gone, instead)


def _scalings(nodes: Sequence[Node], constants: Mapping[str, Any]) -> list[Node]:
    """a · x + b with numbers a and b; after a convolution it is done to its weights."""
    chains = _Chains(nodes, constants)
    gone: set[str] = set()
    instead: dict[str, Node] = {}
    by_output = {node.output: node for node in nodes}
    for node in nodes:
        factor = chains.number(node) if node.kind == "Mul" else None
        total = chains.after(node, "Add")
        shift = chains.number(total)
        if factor is None or total is None or shift is None:
            continue
        x = next(n for n in node.inputs if n not in constants)
        before = by_output.get(x)
        gone.add(node.output)
        scaling = {"factor": factor, "shift": shift}
        if before and before.kind == "Conv" and len(before.inputs) == 3 and chains.after(before, "Mul"):
            gone.add(before.output)
            instead[total.output] = Node(
                kind="Conv",
                inputs=before.inputs,
                output=total.output,
                attributes={**before.attributes, **scaling},
            )
        else:
            instead[total.output] = Node(kind="Scaling", inputs=(x,), output=total.output, attributes=scaling)
    return _replaced(nodes, gone, instead)
