"""CTC decoding against counting every path by hand."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from edge.read.alphabet import BLANK, COLUMN_OF, COLUMNS
from edge.read.ctc import Floats, best_paths, log_likelihoods, substitutions

CHARACTERS = "012"
STEPS = 5


def random_view(seed: int) -> Floats:
    """Five steps on which only the blank and three characters are likely at all."""
    rng = np.random.default_rng(seed)
    view = np.full((STEPS, COLUMNS), 1e-12)
    view[:, [BLANK, *(COLUMN_OF[c] for c in CHARACTERS)]] = rng.dirichlet([0.6] * 4, size=STEPS)
    logs: Floats = np.log(view)
    return logs


def spelled(path: tuple[str, ...]) -> str:
    return "".join(c for c, _ in itertools.groupby(path) if c != "-")


def paths(view: Floats) -> list[tuple[str, float]]:
    """Every path of the likely columns: what it spells, and its log-probability."""
    columns = {"-": BLANK} | {c: COLUMN_OF[c] for c in CHARACTERS}
    return [
        (spelled(path), float(sum(view[t, columns[c]] for t, c in enumerate(path))))
        for path in itertools.product("-" + CHARACTERS, repeat=STEPS)
    ]


def counted(view: Floats, text: str) -> float:
    return math.log(sum(math.exp(value) for spells, value in paths(view) if spells == text) or 1e-300)


@pytest.mark.parametrize("seed", range(5))
def test_a_texts_probability_is_that_of_all_its_paths(seed: int) -> None:
    view = random_view(seed)
    texts = ["", "0", "00", "01", "012", "101", "0011", "210"]
    assert log_likelihoods(view, texts) == pytest.approx([counted(view, t) for t in texts], abs=1e-5)


@pytest.mark.parametrize("text", ["0", "01", "00", "010", "121"])
def test_substitutions_are_the_probabilities_of_the_changed_texts(text: str) -> None:
    view = random_view(7)
    found = substitutions(view, text)
    assert found.shape == (len(text), COLUMNS)
    for position, character in itertools.product(range(len(text)), CHARACTERS):
        changed = text[:position] + character + text[position + 1 :]
        assert found[position, COLUMN_OF[character]] == pytest.approx(counted(view, changed), abs=1e-4)


@pytest.mark.parametrize("seed", range(20))
def test_best_paths_are_the_best_of_each_pattern(seed: int) -> None:
    view = random_view(seed)
    patterns = (("012", "012"), ("01", "012", "2"))
    expected = set()
    for pattern in patterns:
        fitting = [
            (value, spells)
            for spells, value in paths(view)
            if len(spells) == len(pattern) and all(c in a for c, a in zip(spells, pattern, strict=True))
        ]
        expected.add(max(fitting)[1])
    assert best_paths(view, patterns, within=1e9) == expected


def test_a_pattern_far_behind_is_left_out() -> None:
    view = np.log(np.full((3, COLUMNS), 1e-6))
    view[:, BLANK] = view[1, COLUMN_OF["7"]] = 0.0
    view[1, BLANK] = -20.0
    assert best_paths(view, (("7",), ("8",)), within=5.0) == {"7"}


def test_a_doubled_character_needs_a_blank_between() -> None:
    view = np.log(np.full((3, COLUMNS), 1e-6))
    view[:, COLUMN_OF["1"]] = math.log(0.99)
    single, double = log_likelihoods(view, ["1", "11"])
    assert single > -0.1
    assert double < -10
