"""A recogniser on onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.frame import Image
from edge.onnx import ModelError, OnnxModel
from edge.read.recogniser import Folding, listed_characters
from proto.passage import ModelVersion


class OnnxRecogniser:
    """Implements `edge.read.recogniser.Recogniser`."""

    def __init__(
        self,
        path: Path,
        *,
        characters: Path | None = None,
        threads: int = 1,
        name: str | None = None,
    ) -> None:
        """Load a model and its character list.

        Args:
            path: the `.onnx` file: input (n, 3, h, w) scaled to ±1, output (n, steps, classes), blank first.
            characters: text file with one character a line; None where the model's metadata carries them.
            threads: see `OnnxModel`.
            name: the model's name in passages; the file's stem where not given.

        Raises:
            ModelError: no such file, or it has no characters.
        """
        self._net = OnnxModel(path, threads=threads)
        self._model = ModelVersion(purpose="read", name=name or path.stem, sha256=self._net.sha256)
        listed = (
            self.characters_inside(self._net, path) if characters is None else listed_characters(characters)
        )
        self._folding = Folding(listed, classes=self._net.last_dimensions[0], source=str(path))

    @property
    def model(self) -> ModelVersion:
        return self._model

    @staticmethod
    def characters_inside(net: OnnxModel, path: Path) -> list[str]:
        """The list that a model's metadata carries.

        Raises:
            ModelError: it carries none.
        """
        text = net.metadata.get("character", "")
        if not text.strip():
            raise ModelError(f"{path}: no character list in its metadata, and none was given")
        return text.rstrip("\n").split("\n")

    def posteriors(self, pictures: Sequence[Image], *, width: int) -> NDArray[np.float32]:
        height, filled = pictures[0].shape[:2]
        batch = np.zeros((len(pictures), 3, height, max(width, filled)), np.float32)
        for place, picture in zip(batch, pictures, strict=True):
            place[:, :, :filled] = picture.transpose(2, 0, 1)
        batch[..., :filled] /= 127.5
        batch[..., :filled] -= 1
        (found,) = self._net.run(batch)
        return self._folding(found)
