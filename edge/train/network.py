"""The one door to torch: an ONNX graph whose numbers can be trained, and written back into it.

A network is its ONNX file, before training as after: `Network` runs the graph's nodes with torch, so that
gradients reach its initialisers, and `Network.onnx` puts their values back. Nothing is traced or converted, and
what was trained is what runs on the road.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (its name everywhere)
from numpy.typing import NDArray

from edge.models.error import ModelError
from edge.train.graph import Graph
from edge.train.matching import NOTHING, PLATE, SOMEWHERE, Targets
from edge.train.nodes import Node

#: Priors without a plate that count, to each with one, and in a picture at least.
_NOTHING_A_PLATE, _LEAST_NOTHING = 7, 24
#: What answers weigh beside places; rendered places are exact, answers have to hold on roads never rendered.
_ANSWERS = 2.0
Value = Any  #: a tensor, or where shapes are reckoned with, a number or a list of numbers
Apply = Callable[["Network", Node, list[Value]], Value]


def _ints(value: Value) -> list[int]:
    if isinstance(value, torch.Tensor):
        return [int(n) for n in value.reshape(-1).tolist()]
    return [int(n) for n in value] if isinstance(value, list | tuple) else [int(value)]


def _axes(node: Node, inputs: list[Value]) -> list[int]:
    return _ints(inputs[1]) if len(inputs) > 1 else list(node.attributes["axes"])


def _conv(net: Network, node: Node, inputs: list[Value]) -> Value:
    x, weight, *rest = inputs
    strides = list(node.attributes.get("strides", (1, 1)))
    top, left, bottom, right = node.attributes.get("pads", (0, 0, 0, 0))
    if (top, left) != (bottom, right):
        x, top, left = F.pad(x, (left, right, top, bottom)), 0, 0
    bias = rest[0] if rest else None
    if "factor" in node.attributes:  # see `edge.train.nodes`: there is a bias then
        weight = weight * node.attributes["factor"]
        bias = rest[0] * node.attributes["factor"] + node.attributes["shift"]
    return F.conv2d(x, weight, bias, strides, (top, left), groups=node.attributes.get("group", 1))


def _batch_norm(net: Network, node: Node, inputs: list[Value]) -> Value:
    x, scale, bias, mean, variance = inputs
    training = net.training and net.live_norms
    return F.batch_norm(
        x,
        mean,
        variance,
        scale,
        bias,
        training,
        1 - node.attributes.get("momentum", 0.9),
        node.attributes.get("epsilon", 1e-5),
    )


def _pool(pooling: Callable[..., Value], **more: object) -> Apply:
    def apply(net: Network, node: Node, inputs: list[Value]) -> Value:
        kernel = list(node.attributes["kernel_shape"])
        strides = list(node.attributes.get("strides", kernel))
        top, left, bottom, right = node.attributes.get("pads", (0, 0, 0, 0))
        if (top, left) != (bottom, right):
            raise ModelError(f"expected {node.kind} with pads alike on both sides, got them uneven")
        ceil = bool(node.attributes.get("ceil_mode", 0))
        return pooling(inputs[0], kernel, strides, (top, left), ceil_mode=ceil, **more)

    return apply


def _clip(net: Network, node: Node, inputs: list[Value]) -> Value:
    if len(inputs) > 1:
        low, high = (float(v) if v is not None else None for v in (*inputs[1:], None)[:2])
    else:
        low, high = node.attributes.get("min"), node.attributes.get("max")
    return torch.clamp(inputs[0], low, high)


def _slice(net: Network, node: Node, inputs: list[Value]) -> Value:
    if len(inputs) > 1:
        starts, ends = _ints(inputs[1]), _ints(inputs[2])
        axes = _ints(inputs[3]) if len(inputs) > 3 else list(range(len(starts)))
    else:
        starts, ends = list(node.attributes["starts"]), list(node.attributes["ends"])
        axes = list(node.attributes.get("axes", range(len(starts))))
    x = inputs[0]
    if isinstance(x, list):
        return x[starts[0] : ends[0]]
    for axis, start, end in zip(axes, starts, ends, strict=True):
        index = [slice(None)] * x.dim()
        index[axis] = slice(start, None if end > x.shape[axis] else end)
        x = x[tuple(index)]
    return x


def _concat(net: Network, node: Node, inputs: list[Value]) -> Value:
    if all(isinstance(v, torch.Tensor) and v.is_floating_point() for v in inputs):
        return torch.cat(inputs, dim=node.attributes["axis"])
    return [n for v in inputs for n in _ints(v)]


def _reshape(net: Network, node: Node, inputs: list[Value]) -> Value:
    x, wanted = inputs[0], _ints(inputs[1])
    return x.reshape([x.shape[i] if n == 0 else n for i, n in enumerate(wanted)])


def _squeeze(net: Network, node: Node, inputs: list[Value]) -> Value:
    x = inputs[0]
    if isinstance(x, list):
        return x[0] if len(x) == 1 else x
    for axis in sorted((a % x.dim() for a in _axes(node, inputs)), reverse=True):
        x = x.squeeze(axis)
    return x


def _unsqueeze(net: Network, node: Node, inputs: list[Value]) -> Value:
    x = inputs[0]
    if not isinstance(x, torch.Tensor):
        return _ints(x)
    for axis in sorted(_axes(node, inputs)):
        x = x.unsqueeze(axis)
    return x


def _gather(net: Network, node: Node, inputs: list[Value]) -> Value:
    x, index = inputs
    if isinstance(x, list):
        chosen = [x[i] for i in _ints(index)]
        return chosen[0] if not isinstance(index, list) else chosen
    return x.select(node.attributes.get("axis", 0), _ints(index)[0])


def _mean(net: Network, node: Node, inputs: list[Value]) -> Value:
    return inputs[0].mean(dim=_axes(node, inputs), keepdim=bool(node.attributes.get("keepdims", 1)))


def _pad(net: Network, node: Node, inputs: list[Value]) -> Value:
    pads = _ints(inputs[1]) if len(inputs) > 1 else list(node.attributes["pads"])
    half = len(pads) // 2
    pairs = [n for axis in reversed(range(half)) for n in (pads[axis], pads[half + axis])]
    return F.pad(inputs[0], pairs) if any(pairs) else inputs[0]


def _hard_sigmoid(net: Network, node: Node, inputs: list[Value]) -> Value:
    alpha, beta = node.attributes.get("alpha", 0.2), node.attributes.get("beta", 0.5)
    return torch.clamp(inputs[0] * alpha + beta, 0, 1)


def _scaling(net: Network, node: Node, inputs: list[Value]) -> Value:
    # One pass over memory, where a product and a sum are two.
    return torch.add(torch.tensor(node.attributes["shift"]), inputs[0], alpha=node.attributes["factor"])


def _simple(function: Callable[..., Value]) -> Apply:
    return lambda net, node, inputs: function(*inputs)


def _resize(net: Network, node: Node, inputs: list[Value]) -> Value:
    if node.attributes.get("mode", b"nearest") != b"nearest" or len(inputs) < 4:
        raise ModelError("expected a Resize to given sizes that takes the nearest pixel")
    return F.interpolate(inputs[0], size=_ints(inputs[3])[2:], mode="nearest")


_OPERATORS: Mapping[str, Apply] = {
    "Add": _simple(lambda a, b: a + b),
    "AveragePool": _pool(F.avg_pool2d, count_include_pad=False),
    "BatchNormalization": _batch_norm,
    "Cast": _simple(lambda a: a),
    "Clip": _clip,
    "Concat": _concat,
    "Conv": _conv,
    "Div": _simple(lambda a, b: a / b),
    "Erf": _simple(torch.erf),
    "Gather": _gather,
    "GlobalAveragePool": _simple(lambda a: a.mean(dim=(2, 3), keepdim=True)),
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _simple(F.hardswish),
    "Identity": _simple(lambda a: a),
    "LeakyRelu": lambda net, node, inputs: F.leaky_relu(inputs[0], node.attributes.get("alpha", 0.01)),
    "MatMul": _simple(torch.matmul),
    "MaxPool": _pool(F.max_pool2d),
    "Mul": _simple(lambda a, b: a * b),
    "Pad": _pad,
    "Pow": _simple(lambda a, b: torch.pow(a, float(b))),
    "ReduceMean": _mean,
    "Relu": _simple(F.relu),
    "Reshape": _reshape,
    "Resize": _resize,
    "Scaling": _scaling,
    "Shape": _simple(lambda a: [int(n) for n in a.shape]),
    "Sigmoid": _simple(torch.sigmoid),
    "SiLU": _simple(F.silu),
    "Slice": _slice,
    "Softmax": lambda net, node, inputs: torch.softmax(inputs[0], dim=node.attributes.get("axis", -1)),
    "Sqrt": _simple(torch.sqrt),
    "Squeeze": _squeeze,
    "Sub": _simple(lambda a, b: a - b),
    "Transpose": lambda net, node, inputs: inputs[0].permute(node.attributes["perm"]),
    "Unsqueeze": _unsqueeze,
}


class Network(torch.nn.Module):  # type: ignore[misc]
    """A graph with trainable numbers; call it with (n, 3, h, w) for the logits of its classes."""

    def __init__(self, graph: Graph, *, live_norms: bool) -> None:
        """
        Args:
            graph: whose last node is the softmax over classes.
            live_norms: batch normalisation reckons with the batch while training (a network from nothing
                needs that; one already trained keeps its own).

        Raises:
            ModelError: it has an operator that is not known here.
        """
        super().__init__()
        unknown = sorted({node.kind for node in graph.nodes} - _OPERATORS.keys())
        if unknown:
            raise ModelError(f"operators not known here: {', '.join(unknown)}")
        self._graph = graph
        self.live_norms = live_norms
        self._names = {name: f"t{i}" for i, name in enumerate(sorted(graph.weights))}
        for name, array in graph.weights.items():
            tensor = torch.from_numpy(np.array(array, np.float32))
            if name in graph.statistics:
                self.register_buffer(self._names[name], tensor)
            else:
                self.register_parameter(self._names[name], torch.nn.Parameter(tensor))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.logits(self.values(x))

    def logits(self, values: Mapping[str, Value]) -> torch.Tensor:
        """What the last node, a softmax, is given."""
        return values[self._graph.nodes[-1].inputs[0]]

    def values(self, x: torch.Tensor) -> dict[str, Value]:
        """Everything that comes out of a node but the last, and all numbers, by name."""
        values: dict[str, Value] = {self._graph.input: x, "": None, **self._graph.constants}
        for name, attribute in self._names.items():
            values[name] = getattr(self, attribute)
        for node in self._graph.nodes[:-1]:
            inputs = [values[name] for name in node.inputs]
            values[node.output] = _OPERATORS[node.kind](self, node, inputs)
        return values

    def weights(self, averaged: Mapping[str, torch.Tensor] | None = None) -> dict[str, NDArray[np.float32]]:
        """The numbers by the graph's names; of `averaged` (by torch's names) where it has them."""
        state = {**self.state_dict(), **(averaged or {})}
        return {
            name: state[attribute].detach().to(torch.float32).cpu().numpy()
            for name, attribute in self._names.items()
        }


#: What a step is to make small: of the network, its pictures (n, 3, h, w), and what it should say of them.
Loss = Callable[[Network, torch.Tensor, Any], torch.Tensor]


def ctc(network: Network, pictures: torch.Tensor, targets: Sequence[Sequence[int]]) -> torch.Tensor:
    """A reader's loss; `targets` are the classes of each picture's text."""
    steps = torch.log_softmax(network(pictures), dim=2).transpose(0, 1).cpu()
    return F.ctc_loss(
        steps,
        torch.tensor([c for text in targets for c in text], dtype=torch.long),
        torch.full((len(targets),), steps.shape[0], dtype=torch.long),
        torch.tensor([len(text) for text in targets], dtype=torch.long),
        zero_infinity=True,
    )


def multibox(network: Network, pictures: torch.Tensor, targets: Targets) -> torch.Tensor:
    """A detector's loss: of its priors' answers, of the boxes, of the corners.

    Of the priors that should say nothing only those count that come nearest to saying something, seven to a
    plate: nearly all the others are right already.
    """
    values = network.values(pictures)
    said = torch.log_softmax(network.logits(values), dim=2)
    kinds = torch.from_numpy(targets.kinds).to(said.device)
    placed, nothing = kinds == PLATE, kinds == NOTHING
    plates = placed | (kinds == SOMEWHERE)
    missed = -said[..., 1]
    wrong = -said[..., 0]
    counted = torch.zeros_like(nothing)
    for picture in range(len(kinds)):
        most = max(_LEAST_NOTHING, _NOTHING_A_PLATE * int(plates[picture].sum()))
        hard = (
            wrong[picture].detach().masked_fill(~nothing[picture], -1).topk(min(most, kinds.shape[1])).indices
        )
        counted[picture, hard] = True
    counted &= nothing
    number = max(1, int(plates.sum()))
    answers = (missed[plates].sum() + wrong[counted].sum()) / number
    places, number = torch.zeros((), device=said.device), max(1, int(placed.sum()))
    for name, weight, wanted in (("loc", 2.0, targets.boxes), ("landms", 1.0, targets.corners)):
        away = values[name][placed] - torch.from_numpy(wanted).to(said.device)[placed]
        places = places + weight * F.smooth_l1_loss(away, torch.zeros_like(away), reduction="sum") / number
    return _ANSWERS * answers + places


class Trainer:
    """Steps of training, and everything that a step leaves behind.

    AdamW under a cosine schedule with a warm-up; an exponential average of the weights is what gets exported.
    Deterministic: the state after a step depends on the state before, the batch and the thread count. A GPU is
    used where torch finds one, and not needed.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        loss: Loss = ctc,
        live_norms: bool,
        rate: float,
        steps: int,
        warm_up: int = 200,
        average: float = 0.999,
        frozen: Sequence[str] = (),
        threads: int = 1,
    ) -> None:
        """
        Args:
            graph: the network's.
            loss: what a step makes smaller.
            live_norms: see `Network`.
            rate: of learning, at its highest.
            steps: of the schedule; at its end the rate is a fiftieth.
            warm_up: steps in which the rate rises.
            average: share of the averaged weights that stays at a step.
            frozen: names of the graph's weights that stay as they are.
            threads: that a step may use.
        """
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self.network = Network(graph, live_norms=live_norms).to(self._device, memory_format=torch.channels_last)
        for name in frozen:
            getattr(self.network, self.network._names[name]).requires_grad_(False)
        self.rate, self.steps, self._warm_up, self._average = rate, steps, warm_up, average
        self._loss = loss
        trained = [p for p in self.network.parameters() if p.requires_grad]
        matrices = [p for p in trained if p.dim() > 1]
        others = [p for p in trained if p.dim() <= 1]
        self._optimiser = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}],
            lr=rate,
            betas=(0.9, 0.99),
        )
        self.averaged = {n: p.detach().clone() for n, p in self.network.named_parameters() if p.requires_grad}
        self.step = 0
        self.parameters = sum(p.numel() for p in self.network.parameters())

    def learn(self, pictures: NDArray[np.float32], targets: object) -> float:
        """One step on a batch; the loss before it.

        Args:
            pictures: (n, 3, h, w) as the network wants them.
            targets: as the loss wants them.
        """
        for group in self._optimiser.param_groups:
            group["lr"] = self._rate()
        self.network.train()
        batch = torch.from_numpy(pictures).contiguous(memory_format=torch.channels_last)
        loss = self._loss(self.network, batch.to(self._device), targets)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self._optimiser.step()
        self.step += 1
        # Young averages forget faster, or the start would linger in them.
        keep = min(self._average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, parameter in self.network.named_parameters():
                if name in self.averaged:
                    self.averaged[name].lerp_(parameter, 1 - keep)
        return float(loss.detach())

    def _rate(self) -> float:
        if self.step < self._warm_up:
            return self.rate * (self.step + 1) / self._warm_up
        gone = min(1.0, (self.step - self._warm_up) / max(1, self.steps - self._warm_up))
        return self.rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * gone)))

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """The averaged weights, by the graph's names."""
        weights: dict[str, NDArray[np.float32]] = self.network.weights(self.averaged)
        return weights

    def saved(self, **more: object) -> bytes:
        """Everything that `load` needs."""
        content = io.BytesIO()
        torch.save(
            {
                "network": self.network.state_dict(),
                "averaged": self.averaged,
                "optimiser": self._optimiser.state_dict(),
                "step": self.step,
                **more,
            },
            content,
        )
        return content.getvalue()

    def load(self, path: str) -> dict[str, Any]:
        """Go on from a file of what `saved` gave; its further contents.

        Raises:
            ModelError: it is no such file, or another network's.
        """
        try:
            state: dict[str, Any] = torch.load(path, weights_only=True, map_location=self._device)
            self.network.load_state_dict(state.pop("network"))
            self.averaged = state.pop("averaged")
            self._optimiser.load_state_dict(state.pop("optimiser"))
            self.step = int(state.pop("step"))
        except Exception as error:  # torch says of damaged files whatever it comes upon
            raise ModelError(f"{path} is no checkpoint of this network: {error}") from error
        return state
