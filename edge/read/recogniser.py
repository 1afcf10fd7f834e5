"""Text-line recognisers that give CTC posteriors, brought to one alphabet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.frame import Image
from edge.onnx import ModelError, OnnxModel
from edge.read.alphabet import BLANK, COLUMNS, OTHER, column_of
from proto.passage import ModelVersion


class Recogniser:
    """A CTC recogniser; safe to call from several threads."""

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
        self.model = ModelVersion(purpose="read", name=name or path.stem, sha256=self._net.sha256)
        # Paddle's convention: class 0 is the blank, and a space may follow the list as the last class.
        folded = [column_of(c) for c in [*self._characters(path, characters), " "]]
        classes = self._net.last_dimensions[0]
        if not isinstance(classes, int) or not len(folded) <= classes <= len(folded) + 1:
            raise ModelError(
                f"{path}: {len(folded) - 1} characters are listed, its output has {classes} classes"
            )
        del folded[classes - 1 :]
        wanted = [(i, column) for i, column in enumerate(folded, start=1) if column != OTHER]
        self._classes = np.array([BLANK, *(i for i, _ in wanted)])
        self._fold = np.zeros((len(self._classes), COLUMNS), np.float32)
        self._fold[np.arange(len(self._classes)), [BLANK, *(column for _, column in wanted)]] = 1.0

    def _characters(self, path: Path, listed: Path | None) -> list[str]:
        if listed is None:
            text = self._net.metadata.get("character", "")
        else:
            try:
                text = listed.read_text(encoding="utf-8")
            except OSError as error:
                raise ModelError(f"expected a character list at {listed}: {error.strerror}") from error
        if not text.strip():
            raise ModelError(f"{path}: no character list in its metadata, and none was given")
        return text.rstrip("\n").split("\n")

    def posteriors(self, pictures: Sequence[Image], *, width: int) -> NDArray[np.float32]:
        """What stands on pictures of one size.

        Args:
            pictures: one row of text each, BGR, as high as the model's input.
            width: of the input; what the pictures leave on the right is filled with grey. Text needs that
                space to be read well up to its end.

        Returns:
            Probabilities (n, steps, COLUMNS), see `edge.read.alphabet`; each step sums to one.
        """
        height, filled = pictures[0].shape[:2]
        batch = np.zeros((len(pictures), 3, height, max(width, filled)), np.float32)
        for place, picture in zip(batch, pictures, strict=True):
            place[:, :, :filled] = picture.transpose(2, 0, 1)
        batch[..., :filled] /= 127.5
        batch[..., :filled] -= 1
        (found,) = self._net.run(batch)
        folded: NDArray[np.float32] = found[:, :, self._classes] @ self._fold
        folded[:, :, OTHER] = np.maximum(1 - folded.sum(axis=2), 0)
        return folded
