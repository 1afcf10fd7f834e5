"""A text-line recogniser's ONNX graph as something to train: its nodes, its numbers, its list of characters.

The one door to the onnx package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.version_converter
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from edge.models.error import ModelError

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One operation."""

    kind: str
    inputs: tuple[str, ...]
    output: str
    attributes: Mapping[str, Any]


class Graph:
    """A recogniser's graph.

    Attributes:
        nodes: in the order they run; the last is the softmax over classes.
        input: name of the one input.
        outputs: names of what comes out.
        weights: what is trained, or gathered while training, by name.
        statistics: of `weights`, those that batch normalisation gathers.
        constants: the other numbers, by name: a tensor's list, or one number.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        """
        Raises:
            ModelError: it has no input, or does not end in a softmax.
        """
        self._model = model
        graph = model.graph
        arrays = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
        inputs = [i.name for i in graph.input if i.name not in arrays]
        if not inputs:
            raise ModelError("expected a graph with an input, got none")
        self.input: str = inputs[0]
        self.outputs: list[str] = [o.name for o in graph.output]
        nodes = []
        for node in graph.node:
            attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
            if node.op_type == "Constant":
                arrays[node.output[0]] = numpy_helper.to_array(attributes["value"])
                continue
            nodes.append(
                Node(kind=node.op_type, inputs=tuple(node.input), output=node.output[0], attributes=attributes)
            )
        while nodes and nodes[-1].kind == "Identity":
            nodes.pop()
        if not nodes or nodes[-1].kind != "Softmax":
            raise ModelError("expected a graph that ends in a softmax over classes")
        self.weights: dict[str, Floats] = {
            n: np.asarray(a, np.float32) for n, a in arrays.items() if a.dtype == np.float32 and a.size > 1
        }
        self.constants: dict[str, Any] = {
            n: float(a.reshape(-1)[0]) if a.dtype == np.float32 and a.size else a.tolist()
            for n, a in arrays.items()
            if n not in self.weights
        }
        self.nodes = _fused(nodes, self.constants)
        self.statistics = frozenset(
            name for node in nodes if node.kind == "BatchNormalization" for name in node.inputs[3:]
        )

    @property
    def characters(self) -> list[str]:
        """What the classes stand for, from the second on (the first is the blank)."""
        metadata = {p.key: p.value for p in self._model.metadata_props}
        listed: str = metadata.get("character", "")
        return listed.rstrip("\n").split("\n")

    def settled(self, first: int) -> list[str]:
        """Weights that one can well leave as they are in a network that has been trained before.

        Those of the first convolutions, with their normalisation, which see edges and no characters; and those
        of depthwise convolutions, whose gradients take as long as all the others' together.

        Args:
            first: convolutions that count as the first.
        """
        names: list[str] = []
        seen = 0
        for node in self.nodes:
            if node.kind == "Conv":
                seen += 1
                if seen > first:
                    names += node.inputs[1:2] if node.attributes.get("group", 1) > 1 else ()
            if seen <= first:
                names += [n for n in node.inputs if n in self.weights and n not in self.statistics]
        return names

    def cooled(self, weights: Mapping[str, Floats], temperature: float) -> dict[str, Floats]:
        """The weights with which the classes' scores are divided by a temperature.

        Raises:
            ModelError: the graph does not end in matrix, bias and softmax.
        """
        return {**weights, **{name: weights[name] / np.float32(temperature) for name in self.head()}}

    def head(self) -> tuple[str, str]:
        """Names of the last matrix and its bias.

        Raises:
            ModelError: the graph does not end in matrix, bias and softmax.
        """
        tail = self.nodes[-3:]
        if [node.kind for node in tail] != ["MatMul", "Add", "Softmax"]:
            raise ModelError("expected a graph that ends in MatMul, Add and Softmax")
        return (
            next(name for name in tail[0].inputs if name in self.weights),
            next(name for name in tail[1].inputs if name in self.weights),
        )

    def bytes_with(self, weights: Mapping[str, Floats], **metadata: str) -> bytes:
        """The model with other numbers, and with more said of itself."""
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        for initialiser in model.graph.initializer:
            if initialiser.name in weights:
                initialiser.CopyFrom(numpy_helper.from_array(weights[initialiser.name], initialiser.name))
        for node in model.graph.node:
            if node.op_type == "Constant" and node.output[0] in weights:
                node.attribute[0].t.CopyFrom(numpy_helper.from_array(weights[node.output[0]]))
        said = {p.key: p.value for p in model.metadata_props} | metadata
        del model.metadata_props[:]
        helper.set_model_props(model, said)
        content: bytes = model.SerializeToString()
        return content


class Builder:
    """Draws a graph, layer by layer, with weights at random."""

    def __init__(self, *, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def weight(self, array: Floats, name: str = "weight") -> str:
        """Numbers to train; their name."""
        named = f"{name}_{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.asarray(array, np.float32), named))
        return named

    def random(self, *shape: int, deviation: float) -> str:
        """Normally distributed numbers to train."""
        return self.weight(self._rng.normal(0, deviation, shape).astype(np.float32))

    def add(self, kind: str, *inputs: str, **attributes: object) -> str:
        """One operation; the name of what comes out."""
        output = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def shape(self, *numbers: int) -> str:
        """Whole numbers that stay."""
        named = f"shape_{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.array(numbers, np.int64), named))
        return named

    def recogniser(self, steps: str, characters: Sequence[str]) -> Graph:
        """The graph, from `picture` (n, 3, h, w) to the softmax over `steps` (n, steps, classes)."""
        self._nodes.append(helper.make_node("Softmax", [steps], ["classes"], name="classes", axis=2))
        picture = helper.make_tensor_value_info("picture", onnx.TensorProto.FLOAT, ["n", 3, "h", "w"])
        classes = helper.make_tensor_value_info(
            "classes", onnx.TensorProto.FLOAT, ["n", "steps", len(characters) + 1]
        )
        drawn = helper.make_graph(self._nodes, "reader", [picture], [classes], self._weights)
        model = helper.make_model(drawn, opset_imports=[helper.make_opsetid("", 17)], producer_name="bukong")
        model.ir_version = 9
        helper.set_model_props(model, {"character": "\n".join(characters)})
        onnx.checker.check_model(model)
        return Graph(model)


def load(path: Path) -> Graph:
    """A graph of a file.

    Raises:
        ModelError: no such file, or nothing that can be trained.
    """
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except OSError as error:
        raise ModelError(f"expected a model at {path}: {error.strerror}") from error
    except Exception as error:
        raise ModelError(f"{path} is no ONNX model: {error}") from error
    try:
        return Graph(model)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def names_of(content: bytes, kind: str) -> list[str]:
    """What a model's nodes of a kind are called, in their order."""
    return [node.name for node in onnx.load_model_from_string(content).graph.node if node.op_type == kind]


def modernised(content: bytes) -> bytes:
    """A model in the operators' version 17, which scales a channel need."""
    model = onnx.version_converter.convert_version(onnx.load_model_from_string(content), 17)
    converted: bytes = model.SerializeToString()
    return converted


def with_head(graph: Graph, characters: Sequence[str], *, seed: int) -> Graph:
    """The same network with classes for other characters.

    What the old head knew of a character goes into the new one; characters it did not know begin small and
    at random.

    Raises:
        ModelError: the graph does not end in matrix, bias and softmax.
    """
    matrix, bias = graph.head()
    known = {character: i for i, character in enumerate(graph.characters, start=1)}
    rng = np.random.default_rng(seed)
    old, old_bias = graph.weights[matrix], graph.weights[bias]
    new = rng.normal(0, 0.02, (old.shape[0], len(characters) + 1)).astype(np.float32)
    new_bias = np.full(len(characters) + 1, old_bias.mean(), np.float32)
    new[:, 0], new_bias[0] = old[:, 0], old_bias[0]
    for column, character in enumerate(characters, start=1):
        if character in known:
            new[:, column], new_bias[column] = old[:, known[character]], old_bias[known[character]]
    content = graph.bytes_with({matrix: new, bias: new_bias}, character="\n".join(characters))
    model = onnx.load_model_from_string(content)
    model.graph.output[0].type.tensor_type.shape.dim[-1].dim_value = len(characters) + 1
    del model.graph.value_info[:]
    return Graph(model)


def _fused(nodes: Sequence[Node], constants: Mapping[str, Any]) -> list[Node]:
    """Activations and scalings that are spelled out in several nodes, as one: half of a step's time."""
    for rewrite in (_without_ones, _hard_swishes, _swishes, _scalings):
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


def _hard_swishes(nodes: Sequence[Node], constants: Mapping[str, Any]) -> list[Node]:
    """x · clip(x + 3) / 6."""
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
        if clip and product and quotient and x in product.inputs and chains.number(quotient) == 6.0:
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
