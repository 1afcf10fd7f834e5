"""A training from start to a stop: checkpoints, progress with the time left, and going on where it stopped."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from edge.models.error import ModelError
from edge.train.graph import Graph, load
from edge.train.network import Loss, Network, Trainer
from edge.train.settings import SETTINGS, Settings
from edge.whole import write_whole

#: Names in a training's folder.
STATE, START = "state.pt", "start.onnx"
#: Steps, or seconds, between two lines of progress.
_REPORT_EVERY, _REPORT_AFTER = 50, 60.0


class Batch(Protocol):
    """What one step learns from."""

    @property
    def pictures(self) -> NDArray[Any]:
        """(n, 3, h, w) float32, as the network wants them."""
        ...

    @property
    def targets(self) -> object:
        """As the loss wants them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One line of it."""

    step: int
    steps: int
    loss: float  #: mean of the steps since the last line
    pictures_per_s: float
    left_s: float  #: until the end of the schedule, at this pace


class Training(ABC):
    """One training in a folder of its own: settings, the network it began with, and the last checkpoint.

    Attributes:
        folder: where it lies.
        settings: what it is.
        graph: the network it began with.
        trainer: what has been learnt.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        *,
        loss: Loss,
        live_norms: bool,
        warm_up: int = 200,
        threads: int = 1,
    ) -> None:
        """
        Args:
            folder: holds the network to begin with, and a checkpoint perhaps.
            settings: what lies beside them.
            loss, live_norms, warm_up, threads: see `Trainer`.

        Raises:
            ModelError: there is no training, or its files don't go together.
        """
        self.folder, self.settings = folder, settings
        self.graph = load(folder / START)
        self.trainer = Trainer(
            self.graph,
            loss=loss,
            live_norms=live_norms,
            rate=settings.rate,
            steps=settings.steps,
            warm_up=warm_up,
            average=settings.average,
            frozen=self.graph.settled(settings.frozen) if settings.frozen else (),
            threads=threads,
        )
        if (folder / STATE).is_file():
            self.restore(self.trainer.load(str(folder / STATE)))

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave when the checkpoint was saved."""

    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """What a checkpoint holds beside the trainer's state: tensors, numbers, lists."""

    def train(
        self,
        batches: Iterator[Batch],
        *,
        seconds: float,
        save_every: float,
        told: Callable[[Progress], None],
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train until the schedule's end, the time's, or until told to stop; a checkpoint is left in any case.

        Args:
            batches: without end, from where this training stands.
            seconds: of this go.
            save_every: seconds between checkpoints.
            told: about progress.
            stopped: asked after every step.
        """
        if self.trainer.step >= self.settings.steps:
            return
        begun = saved = lined = time.monotonic()
        losses: list[float] = []
        for batch in batches:
            losses.append(self.trainer.learn(batch.pictures, batch.targets))
            now = time.monotonic()
            done = self.trainer.step >= self.settings.steps
            leave = done or stopped() or now - begun >= seconds
            if len(losses) == _REPORT_EVERY or now - lined >= _REPORT_AFTER or leave:
                pace = len(losses) / max(1e-9, now - lined)
                told(
                    Progress(
                        step=self.trainer.step,
                        steps=self.settings.steps,
                        loss=sum(losses) / len(losses),
                        pictures_per_s=pace * len(batch.pictures),
                        left_s=(self.settings.steps - self.trainer.step) / pace,
                    )
                )
                losses, lined = [], now
            if leave or now - saved >= save_every:
                self.save()
                saved = now
            if leave:
                return

    def between(self, share: float) -> dict[str, NDArray[np.float32]]:
        """Weights between what it began with (0) and what was learnt (1), averaged weights that is.

        What lies between the two often knows more of real photos than either: what is rendered is not all that
        there is.
        """
        began, learnt = self.graph.weights, self.trainer.weights()
        return {name: began[name] + np.float32(share) * (learnt[name] - began[name]) for name in learnt}

    def save(self) -> None:
        """Leave a checkpoint that appears whole or not at all."""
        write_whole(self.folder / STATE, self.trainer.saved(**self.state()))


def new_folder(folder: Path, graph: Graph, settings: Settings) -> None:
    """Lay down what a training begins with.

    Raises:
        ModelError: the folder holds a training already, or the network has operators that can't be trained.
    """
    if (folder / SETTINGS).exists():
        raise ModelError(f"{folder} holds a training already: go on with it, or take another folder")
    Network(graph, live_norms=False)  # what can't be trained is not laid down
    folder.mkdir(parents=True, exist_ok=True)
    # The settings come last: what died before them can begin anew.
    write_whole(folder / START, graph.bytes_with({}))
    write_whole(folder / SETTINGS, json.dumps(asdict(settings), indent=1).encode())
