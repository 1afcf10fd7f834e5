"""A text-line recogniser's ONNX graph as something to train: its nodes, its numbers, its list of characters.

The one door to the onnx package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.version_converter
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from edge.models.error import ModelError
from edge.train.fold import folded
from edge.train.nodes import Node, fused

Floats = NDArray[np.float32]


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
        nodes, arrays = _parts(graph)
        inputs = [i.name for i in graph.input if i.name not in arrays]
        if not inputs:
            raise ModelError("expected a graph with an input, got none")
        self.input: str = inputs[0]
        self.outputs: list[str] = [o.name for o in graph.output]
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
        self.nodes = fused(nodes, self.constants)
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


def slimmed(content: bytes) -> bytes:
    """A model that computes the same in fewer operations, for running; see `edge.train.fold`."""
    model = onnx.load_model_from_string(content)
    graph = model.graph
    nodes, arrays = folded(*_parts(graph), [output.name for output in graph.output])
    for field in ("node", "initializer", "value_info"):
        graph.ClearField(field)
    graph.node.extend(
        helper.make_node(node.kind, list(node.inputs), [node.output], name=node.output, **node.attributes)
        for node in nodes
    )
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in arrays.items())
    onnx.checker.check_model(model)
    slim: bytes = model.SerializeToString()
    return slim


def _parts(graph: onnx.GraphProto) -> tuple[list[Node], dict[str, NDArray[Any]]]:
    """Its operations in the order they run, and its numbers by name."""
    arrays = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    nodes = []
    for node in graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Constant":
            arrays[node.output[0]] = numpy_helper.to_array(attributes["value"])
            continue
        nodes.append(
            Node(kind=node.op_type, inputs=tuple(node.input), output=node.output[0], attributes=attributes)
        )
    return nodes, arrays


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
