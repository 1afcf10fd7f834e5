"""Training of a reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edge.train.batches import CHARACTERS, Place, batches
from edge.train.blueprint import plain_reader
from edge.train.crops import Source
from edge.train.graph import load, slimmed, with_head
from edge.train.network import ctc
from edge.train.settings import ReaderSettings, settings_in
from edge.train.training import Progress, Training, new_folder


class Run(Training):
    """A reader's training."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Go on with a training that `begin` made.

        Raises:
            ModelError: there is none, or its files don't go together.
        """
        settings = settings_in(folder, ReaderSettings, "a training")
        self.place = Place()
        super().__init__(folder, settings, loss=ctc, live_norms=settings.live_norms, threads=threads)

    @classmethod
    def begin(cls, folder: Path, settings: ReaderSettings, start: Path | None, *, threads: int = 1) -> Run:
        """A new training from the weights of an ONNX recogniser, with a head for the plates' characters.

        Without `start` it is our own network, from nothing.

        Raises:
            ModelError: the folder holds a training already, or the file can't be trained.
        """
        if start is None:
            graph = plain_reader(CHARACTERS, seed=settings.seed)
        else:
            graph = with_head(load(start), CHARACTERS, seed=settings.seed)
        new_folder(folder, graph, settings)
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

    def exported(self, *, temperature: float = 1.0, share: float = 1.0, **metadata: str) -> bytes:
        """The averaged weights as an ONNX file that `edge.read.onnx.OnnxRecogniser` takes, in as few operations
        as give the same.

        Args:
            temperature: above 1 it says less surely what it reads.
            share: of what was learnt; the rest is what it began with. See `Training.between`.
            metadata: what the file says of itself beside its characters.
        """
        weights = self.graph.cooled(self.between(share), temperature)
        return slimmed(self.graph.bytes_with(weights, **metadata))
