"""A training from start to a stop: checkpoints, progress with the time left, and going on where it stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.models.error import ModelError
from edge.train.batches import CHARACTERS, Place, batches
from edge.train.blueprint import plain_reader
from edge.train.crops import Source
from edge.train.graph import load, with_head
from edge.train.network import Trainer

#: Names in a training's folder.
_SETTINGS, _STATE, _START = "settings.json", "state.pt", "start.onnx"
#: Steps between two lines of progress.
_REPORT_EVERY = 50


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One line of it."""

    step: int
    steps: int
    loss: float  #: mean of the steps since the last line
    plates_per_s: float
    left_s: float  #: until the end of the schedule, at this pace


class Run:
    """One training in a folder of its own: settings, the network it began with, and the last checkpoint."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Go on with a training that `begin` made.

        Raises:
            ModelError: there is none, or its files don't go together.
        """
        self.folder = folder
        try:
            self.settings = Settings(**json.loads((folder / _SETTINGS).read_text("utf-8")))
        except (OSError, TypeError, ValueError) as error:
            raise ModelError(f"expected a training in {folder}: {error}") from error
        self.graph = load(folder / _START)
        self.trainer = Trainer(
            self.graph,
            live_norms=self.settings.live_norms,
            rate=self.settings.rate,
            steps=self.settings.steps,
            average=self.settings.average,
            frozen=self.graph.settled(self.settings.frozen) if self.settings.frozen else (),
            threads=threads,
        )
        self.place = Place()
        if (folder / _STATE).is_file():
            more = self.trainer.load(str(folder / _STATE))
            self.place = Place(next=more["next"], waiting=more["waiting"])

    @classmethod
    def begin(cls, folder: Path, settings: Settings, start: Path | None, *, threads: int = 1) -> Run:
        """A new training from the weights of an ONNX recogniser, with a head for the plates' characters.

        Without `start` it is our own network, from nothing.

        Raises:
            ModelError: the folder holds a training already, or the file can't be trained.
        """
        if (folder / _SETTINGS).exists():
            raise ModelError(f"{folder} holds a training already: go on with it, or take another folder")
        if start is None:
            graph = plain_reader(CHARACTERS, seed=settings.seed)
        else:
            graph = with_head(load(start), CHARACTERS, seed=settings.seed)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _START).write_bytes(graph.bytes_with({}))
        (folder / _SETTINGS).write_text(json.dumps(asdict(settings), indent=1), encoding="utf-8")
        return cls(folder, threads=threads)

    def go(
        self,
        source: Source,
        *,
        seconds: float,
        save_every: float,
        told: Callable[[Progress], None],
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train until the schedule's end, the time's, or until told to stop; a checkpoint is left in any case.

        Args:
            source: of the crops; the same whenever this training goes on.
            seconds: of this go.
            save_every: seconds between checkpoints.
            told: about progress.
            stopped: asked after every step.
        """
        begun = saved = lined = time.monotonic()
        losses: list[float] = []
        for batch in batches(source.crop, self.settings.batch, self.place):
            losses.append(self.trainer.learn(batch.pictures, batch.targets))
            now = time.monotonic()
            done = self.trainer.step >= self.settings.steps
            leave = done or stopped() or now - begun >= seconds
            if len(losses) == _REPORT_EVERY or leave:
                pace = len(losses) / max(1e-9, now - lined)
                told(
                    Progress(
                        step=self.trainer.step,
                        steps=self.settings.steps,
                        loss=sum(losses) / len(losses),
                        plates_per_s=pace * self.settings.batch,
                        left_s=(self.settings.steps - self.trainer.step) / pace,
                    )
                )
                losses, lined = [], now
            if leave or now - saved >= save_every:
                self.save()
                saved = now
            if leave:
                return

    def save(self) -> None:
        """Leave a checkpoint that appears whole or not at all."""
        part = self.folder / f".{_STATE}.part"
        self.trainer.save(str(part), next=self.place.next, waiting=dict(self.place.waiting))
        part.replace(self.folder / _STATE)

    def exported(self, *, temperature: float = 1.0, **metadata: str) -> bytes:
        """The averaged weights as an ONNX file that `edge.read.onnx.OnnxRecogniser` takes.

        Args:
            temperature: above 1 it says less surely what it reads.
            metadata: what the file says of itself beside its characters.
        """
        weights = self.graph.cooled(self.trainer.weights(), temperature)
        return self.graph.bytes_with(weights, **metadata)
