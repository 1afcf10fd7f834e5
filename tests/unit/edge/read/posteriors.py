"""Posteriors as a recogniser would give them, made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from edge.read.alphabet import BLANK, COLUMN_OF, COLUMNS

#: What is seen at one character's step: characters with probabilities; the rest is blank.
Seen = Mapping[str, float]


def posterior(steps: Sequence[Seen | str]) -> NDArray[np.float32]:
    """(steps, COLUMNS): each character for one step, a blank after it. A bare character is seen with 0.995."""
    found = np.zeros((2 * len(steps) + 1, COLUMNS), np.float32)
    found[:, BLANK] = 1.0
    for i, step in enumerate(steps):
        seen = {step: 0.995} if isinstance(step, str) else step
        row = found[2 * i + 1]
        row[BLANK] = max(0.0, 1 - sum(seen.values()))
        for character, probability in seen.items():
            row[COLUMN_OF[character]] = probability
    return found
