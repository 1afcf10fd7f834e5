"""Text-line recognisers that give CTC posteriors: the port, and how their classes become one alphabet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge.frame import Image
from edge.models.error import ModelError
from edge.read.alphabet import BLANK, COLUMNS, OTHER, column_of
from proto.passage import ModelVersion


class Recogniser(Protocol):
    """A CTC recogniser; safe to call from several threads."""

    @property
    def model(self) -> ModelVersion: ...

    def posteriors(self, pictures: Sequence[Image], *, width: int) -> NDArray[np.float32]:
        """What stands on pictures of one size.

        Args:
            pictures: one row of text each, BGR, as high as the model's input.
            width: of the input; what the pictures leave on the right is filled with grey. Text needs that
                space to be read well up to its end.

        Returns:
            Probabilities (n, steps, COLUMNS), see `edge.read.alphabet`; each step sums to one.
        """
        ...


class Folding:
    """Brings a model's classes to the plate alphabet.

    Paddle's convention: class 0 is the blank, then the listed characters, and a space may follow as the last.
    """

    def __init__(self, characters: Sequence[str], *, classes: object, source: str) -> None:
        """
        Args:
            characters: as listed, without the blank and the space.
            classes: of the model's output, as it declares them; anything but a fitting number is refused.
            source: names the model in an error.

        Raises:
            ModelError: the list and the output don't go together.
        """
        folded = [column_of(c) for c in [*characters, " "]]
        if not isinstance(classes, int) or not len(folded) <= classes <= len(folded) + 1:
            raise ModelError(
                f"{source}: {len(characters)} characters are listed, its output has {classes} classes"
            )
        del folded[classes - 1 :]
        wanted = [(i, column) for i, column in enumerate(folded, start=1) if column != OTHER]
        self._classes = np.array([BLANK, *(i for i, _ in wanted)])
        self._fold = np.zeros((len(self._classes), COLUMNS), np.float32)
        self._fold[np.arange(len(self._classes)), [BLANK, *(column for _, column in wanted)]] = 1.0

    def __call__(self, posteriors: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, steps, classes) → (n, steps, COLUMNS)."""
        folded: NDArray[np.float32] = posteriors[:, :, self._classes] @ self._fold
        folded[:, :, OTHER] = np.maximum(1 - folded.sum(axis=2), 0)
        return folded


def listed_characters(file: Path) -> list[str]:
    """One character a line.

    Raises:
        ModelError: no such file, or nothing in it.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ModelError(f"expected a character list at {file}: {error.strerror}") from error
    if not text.strip():
        raise ModelError(f"expected a character a line in {file}, found none")
    return text.rstrip("\n").split("\n")
