"""Training of a reader."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge.models.error import ModelError
from edge.train.batches import CHARACTERS, Place, batches
from edge.train.blueprint import plain_reader
from edge.train.crops import Source
from edge.train.graph import Graph, load, with_head
from edge.train.network import Trainer
from edge.train.training import SETTINGS, Progress, Training, new_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a training is; fixed when it begins, but for the length of its schedule."""

    steps: int = 20_000
    batch: int = 32
    rate: float = 3e-4
    average: float = 0.999
    seed: int = 1
    frozen: int = 0  #: see `edge.train.graph.Graph.settled`; 0: everything is trained
    live_norms: bool = False  #: see `edge.train.network.Network`
    real_share: float = 0.12


class Run(Training):
    """A reader's training."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Go on with a training that `begin` made.

        Raises:
            ModelError: there is none, or its files don't go together.
        """
        try:
            settings = Settings(**json.loads((folder / SETTINGS).read_text("utf-8")))
        except (OSError, TypeError, ValueError) as error:
            raise ModelError(f"expected a training in {folder}: {error}") from error
        self.settings = settings
        self.place = Place()

        def trainer_of(graph: Graph) -> Trainer:
            return Trainer(
                graph,
                live_norms=settings.live_norms,
                rate=settings.rate,
                steps=settings.steps,
                average=settings.average,
                frozen=graph.settled(settings.frozen) if settings.frozen else (),
                threads=threads,
            )

        super().__init__(folder, trainer_of, steps=settings.steps)

    @classmethod
    def begin(cls, folder: Path, settings: Settings, start: Path | None, *, threads: int = 1) -> Run:
        """A new training from the weights of an ONNX recogniser, with a head for the plates' characters.

        Without `start` it is our own network, from nothing.

        Raises:
            ModelError: the folder holds a training already, or the file can't be trained.
        """
        if start is None:
            graph = plain_reader(CHARACTERS, seed=settings.seed)
        else:
            graph = with_head(load(start), CHARACTERS, seed=settings.seed)
        new_folder(folder, graph, json.dumps(asdict(settings), indent=1))
        return cls(folder, threads=threads)

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Training`."""
        self.place = Place(next=state["next"], waiting=state["waiting"])

    def state(self) -> Mapping[str, Any]:
        """See `Training`."""
        return {"next": self.place.next, "waiting": dict(self.place.waiting)}

    def go(
        self,
        source: Source,
        *,
        seconds: float,
        save_every: float,
        told: Callable[[Progress], None],
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train on the crops of a source: the same whenever this training goes on. See `Training.train`."""
        stream = batches(source.crop, self.settings.batch, self.place)
        self.train(stream, seconds=seconds, save_every=save_every, told=told, stopped=stopped)

    def exported(self, *, temperature: float = 1.0, **metadata: str) -> bytes:
        """The averaged weights as an ONNX file that `edge.read.onnx.OnnxRecogniser` takes.

        Args:
            temperature: above 1 it says less surely what it reads.
            metadata: what the file says of itself beside its characters.
        """
        weights = self.graph.cooled(self.trainer.weights(), temperature)
        return self.graph.bytes_with(weights, **metadata)
