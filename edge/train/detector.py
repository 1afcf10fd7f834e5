"""Training of a detector: an ONNX file of the kind that `edge.detect.onnx` runs, taught on rendered scenes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from edge.detect.onnx import OUTPUTS
from edge.models.error import ModelError
from edge.train.graph import load
from edge.train.network import multibox
from edge.train.scene_batches import RenderersLost, scene_batches
from edge.train.scenes import Scenes
from edge.train.settings import SETTINGS, DetectorSettings, settings_in
from edge.train.training import Progress, Training, new_folder


class DetectorRun(Training):
    """A detector's training. Batch `n` is made of the scenes from `n` times the batch's size on."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Go on with a training that `begin` made.

        Raises:
            ModelError: there is none, or its files don't go together.
        """
        settings = settings_in(folder, DetectorSettings, "a detector's training")
        warm_up = min(100, settings.steps // 10)
        super().__init__(folder, settings, loss=multibox, live_norms=False, warm_up=warm_up, threads=threads)

    @classmethod
    def begin(cls, folder: Path, settings: DetectorSettings, start: Path, *, threads: int = 1) -> DetectorRun:
        """A new training from the weights of such a detector.

        Raises:
            ModelError: the folder holds a training already, or the file is no such detector.
        """
        graph = load(start)
        if set(graph.outputs) != OUTPUTS:
            raise ModelError(f"{start}: expected outputs {sorted(OUTPUTS)}, got {sorted(graph.outputs)}")
        new_folder(folder, graph, settings)
        return cls(folder, threads=threads)

    @staticmethod
    def lies_in(folder: Path) -> bool:
        """True where the training in a folder is a detector's."""
        try:
            return bool(json.loads((folder / SETTINGS).read_text("utf-8")).get("detector"))
        except (OSError, ValueError, AttributeError):
            return False

    def restore(self, state: Mapping[str, Any]) -> None:
        """Nothing: what comes next follows from the step."""

    def state(self) -> Mapping[str, Any]:
        """Nothing, see `restore`."""
        return {}

    def go(
        self,
        source: Scenes,
        *,
        workers: int,
        seconds: float,
        save_every: float,
        told: Callable[[Progress], None],
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train on scenes: the same whenever this training goes on. See `Training.train`.

        Args:
            workers: processes that render beside this one; with 0 it renders for itself.

        Raises:
            RenderersLost: one of them died; a checkpoint is left.
        """
        stream = scene_batches(source, self.settings.batch, first=self.trainer.step, workers=workers)
        with closing(stream):
            try:
                self.train(stream, seconds=seconds, save_every=save_every, told=told, stopped=stopped)
            except RenderersLost:
                self.save()
                raise

    def exported(self, *, share: float = 1.0, **metadata: str) -> bytes:
        """The averaged weights as an ONNX file that `edge.detect.onnx.OnnxDetector` takes.

        Args:
            share: of what was learnt; the rest is what it began with. See `Training.between`.
            metadata: what the file says of itself.
        """
        return self.graph.bytes_with(self.between(share), **metadata)
