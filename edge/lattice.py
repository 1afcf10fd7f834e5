"""How well a text fits what one look at a plate saw. Pure.

A reader's lattice says, per position, which characters it may have been. Two looks at one plate often
differ in length (a character lost in the glare, a screw head read as a `1`), so a text is compared with a
lattice by alignment: each position of the one answers to a position of the other, or to none at a price.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from proto.passage import Lattice, Position
from proto.plate import ALPHABET, Pattern

#: No look is so sure that a character it did not name is impossible: readers are over-confident.
FLOOR = 0.004
#: Log-price of a lattice position that the text has no character for, and of a character that the look has
#: no position for: readers lose characters, at the tail above all, more often than they add some.
EXTRA = math.log(0.005)
MISSING = math.log(0.02)
#: Which lattice position each character of a text answers to; None where the look missed the character.
Alignment = tuple[int | None, ...]


def probability(position: Position, character: str) -> float:
    """That `character` stands here, as one look saw it; at least `FLOOR`.

    Probability the position does not name is shared by all the characters it does not name.
    """
    for candidate, p in position:
        if candidate == character:
            return max(p, FLOOR)
    return max(unnamed(position) / max(1, len(ALPHABET) - len(position)), FLOOR)


def unnamed(position: Position) -> float:
    """Probability that it is none of the characters named."""
    return max(0.0, 1.0 - sum(p for _, p in position))


def sureness(position: Position) -> float:
    """What the position gives to its likeliest character, 0 to 1."""
    return min(1.0, max((p for _, p in position), default=0.0))


def log_likelihood(text: str, lattice: Lattice, *, modest: bool = False) -> float:
    """Log-probability of the look given that the plate reads `text`, up to a constant; at most 0."""
    return align(text, lattice, modest=modest)[0]


def align(text: str, lattice: Lattice, *, modest: bool = False) -> tuple[float, Alignment]:
    """The likeliest alignment: its log-likelihood, and the lattice position of each character of `text`.

    `modest`: every position counts by its `sureness`.
    """
    powers = [sureness(position) if modest else 1.0 for position in lattice]
    if len(text) == len(lattice):
        straight = sum(
            power * math.log(probability(p, c)) for power, p, c in zip(powers, lattice, text, strict=True)
        )
        # Any other alignment of equal lengths pays for one character too many and one too few.
        if straight >= EXTRA + MISSING:
            return straight, tuple(range(len(text)))
    return _align_freely(text, lattice, powers)


def _align_freely(text: str, lattice: Lattice, powers: Sequence[float]) -> tuple[float, Alignment]:
    # best[i][j]: log-likelihood of the first j positions under the first i characters.
    rows, columns = len(text) + 1, len(lattice) + 1
    skip = [_log_of_nothing(p) for p in lattice]
    best = [[0.0] * columns for _ in range(rows)]
    came = [["extra"] * columns for _ in range(rows)]
    for j in range(1, columns):
        best[0][j] = best[0][j - 1] + skip[j - 1]
    for i in range(1, rows):
        best[i][0], came[i][0] = best[i - 1][0] + MISSING, "missing"
        for j in range(1, columns):
            best[i][j], came[i][j] = max(
                (
                    best[i - 1][j - 1] + powers[j - 1] * math.log(probability(lattice[j - 1], text[i - 1])),
                    "both",
                ),
                (best[i][j - 1] + skip[j - 1], "extra"),
                (best[i - 1][j] + MISSING, "missing"),
            )
    answers: list[int | None] = [None] * len(text)
    i, j = rows - 1, columns - 1
    while i or j:
        step = came[i][j]
        if step == "both":
            i, j = i - 1, j - 1
            answers[i] = j
        elif step == "extra":
            j -= 1
        else:
            i -= 1
    return best[-1][-1], tuple(answers)


def _log_of_nothing(position: Position) -> float:
    """Log-price of a position that no character answers to: what the look itself gave to the empty string."""
    return max(EXTRA, max((math.log(p) for c, p in position if c == "" and p > 0), default=EXTRA))


def fuse(positions: Sequence[tuple[float, Position]]) -> dict[str, float]:
    """Product of several looks' distributions over one character, each to the power of its weight.

    Returns every character that any look named, with normalised probabilities; what no look named shares
    the rest. Empty where no look named any.
    """
    characters = sorted({c for _, position in positions for c, _ in position if c})
    if not characters:
        return {}
    logs = {c: sum(w * math.log(probability(position, c)) for w, position in positions) for c in characters}
    # The unnamed count as one alternative: a power below one would make a crowd of them, each all but
    # impossible, outweigh what was seen. Looks that all named nothing agree on one of them only by chance.
    weight = sum(w for w, _ in positions)
    crowd = max(1, len(ALPHABET) - len(characters))
    log_unnamed = sum(w * math.log(max(unnamed(position), 1e-4)) for w, position in positions)
    log_unnamed -= max(0.0, weight - 1) * math.log(crowd)
    top = max(log_unnamed, *logs.values())
    mass = {c: math.exp(value - top) for c, value in logs.items()}
    total = sum(mass.values()) + math.exp(log_unnamed - top)
    return {c: value / total for c, value in mass.items()}


def best_under(pattern: Pattern, distributions: Sequence[dict[str, float]]) -> str | None:
    """The likeliest text of a pattern of the same length; None where a position names no allowed character."""
    text = ""
    for alphabet, distribution in zip(pattern, distributions, strict=True):
        allowed = [(p, c) for c, p in distribution.items() if c in alphabet]
        if not allowed:
            return None
        text += max(allowed)[1]
    return text
