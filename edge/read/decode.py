"""From several views' posteriors to one text, with what else it could have been. Pure.

The text is the one that maximises the mean over the views of its exact CTC log-likelihood, plus a prior.
Candidates are the best path of every pattern in every view; from the best of them, single characters are
exchanged as long as that makes it likelier.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from edge.read.alphabet import BLANK, COLUMN_OF, OTHER
from edge.read.ctc import Floats, best_paths, log_likelihoods, substitutions
from proto.passage import Lattice
from proto.plate import ALPHABET, Pattern, fits, patterns

#: Least probability of a character at a step: bounds what one bad view can do to the right text.
_FLOOR = 1e-5
#: Probability of the blank above which a step shows that nothing is there.
_SURELY_BLANK = 0.9999
#: Nats by which a pattern's best path may fall short of the best one's and still be a candidate.
_WITHIN = 12.0
#: Log-likelihoods, which are means over looks, are divided by this before they become
#: probabilities. On degraded training crops (`tests/accuracy/calibration.py`) 1.2 fits one look best and 0.9
#: two; between them the figures hardly move.
TEMPERATURE = 1.0
#: Alternatives a position keeps, and the least probability of one that is kept.
_KEPT, _LEAST = 6, 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A text under the grammar."""

    text: str
    score: float  #: mean log-likelihood a view, prior included: 0 is certainty, -10 a character missing
    confidence: float  #: probability that all of the text is right
    lattice: Lattice


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconstrained:
    """A text as the recogniser alone would have it."""

    text: str
    score: float  #: mean log-likelihood a view


@cache
def grammar() -> tuple[Pattern, ...]:
    """All patterns of all classes."""
    return tuple(pattern for pattern, _ in patterns())


def view_of(posterior: NDArray[np.float32]) -> Floats:
    """Log-probabilities given that only plate characters occur, from a recogniser's (steps, COLUMNS).

    `0` and `O` have both the sum of the two: plates print them alike, and the grammar knows which is meant.
    Of successive steps that are surely blank one is kept, for it says as much as all of them.
    """
    known = posterior.astype(np.float64)
    known[:, OTHER] = 0.0
    known /= np.maximum(known.sum(axis=1, keepdims=True), _FLOOR)
    zero, letter = COLUMN_OF["0"], COLUMN_OF["O"]
    known[:, zero] = known[:, letter] = known[:, zero] + known[:, letter]
    blank = known[:, BLANK] > _SURELY_BLANK
    repeated = np.append(False, blank[1:] & blank[:-1])
    view: Floats = np.log(np.maximum(known[~repeated], _FLOOR))
    return view


def decode(
    views: Sequence[Floats], prior: Callable[[str], float], *, temperature: float = TEMPERATURE
) -> Decoded:
    """The most likely text of the grammar.

    Args:
        views: at least one.
        prior: log-probability of a text before anything is read, e.g. by the plate's colour; it must not
            differ between texts that fit the same patterns.
        temperature: divides log-likelihoods before they become probabilities; the text does not depend on it.
    """
    scores: dict[str, float] = {}
    fresh: set[str] = set().union(*(best_paths(v, grammar(), within=_WITHIN) for v in views))
    while fresh:
        texts = sorted(fresh)
        likelihoods = np.mean([log_likelihoods(v, texts) for v in views], axis=0)
        scores |= {t: float(s) + prior(t) for t, s in zip(texts, likelihoods, strict=True)}
        best = max(scores, key=lambda t: scores[t])
        swaps = np.mean([substitutions(v, best) for v in views], axis=0) + prior(best)
        swaps[~_may_stand(best)] = -np.inf
        position, column = np.unravel_index(int(swaps.argmax()), swaps.shape)
        better = best[: int(position)] + ALPHABET[int(column) - 1] + best[int(position) + 1 :]
        fresh = {better} - scores.keys()
    return _weighed(best, scores, swaps, temperature)


def unconstrained(views: Sequence[Floats]) -> Unconstrained:
    """The likeliest of the views' own readings, grammar or not; empty text where no view saw characters."""
    texts: set[str] = set()
    for view in views:
        best = view.argmax(axis=1)
        runs = best[np.flatnonzero(np.diff(best, prepend=-1))]
        texts.add("".join(ALPHABET[c - 1] for c in runs if c not in (BLANK, OTHER)))
    listed = sorted(texts)
    scores = np.mean([log_likelihoods(v, listed) for v in views], axis=0)
    return Unconstrained(text=listed[int(scores.argmax())], score=float(scores.max()))


def _weighed(best: str, scores: dict[str, float], swaps: Floats, temperature: float) -> Decoded:
    """Probabilities of the text and of its alternatives, character by character."""
    base = scores[best]
    weights = [
        defaultdict(
            float, {ALPHABET[c - 1]: float(np.exp((row[c] - base) / temperature)) for c in _finite(row)}
        )
        for row in swaps
    ]
    for own, weight in zip(best, weights, strict=True):
        weight[own] = 1.0
    against = sum(sum(w.values()) - 1.0 for w in weights)
    for text, score in scores.items():
        differing = [i for i, (a, b) in enumerate(zip(text, best, strict=False)) if a != b]
        if len(text) == len(best) and len(differing) <= 1 and all(text[i] in weights[i] for i in differing):
            continue  # the best text itself, or one of its swaps: counted already
        mass = float(np.exp((score - base) / temperature))
        against += mass
        if len(text) == len(best):
            for i in differing:
                weights[i][text[i]] += mass
    lattice = tuple(
        tuple(
            (character, mass / total)
            for character, mass in sorted(weight.items(), key=lambda item: -item[1])[:_KEPT]
            if mass / total >= _LEAST
        )
        for weight, total in ((w, sum(w.values())) for w in weights)
    )
    return Decoded(text=best, score=base, confidence=1 / (1 + against), lattice=lattice)


def _finite(row: Floats) -> list[int]:
    return [int(c) for c in np.flatnonzero(np.isfinite(row))]


@lru_cache(maxsize=4096)
def _may_stand(text: str) -> NDArray[np.bool_]:
    """(positions, columns): characters that may replace the text's own, by the patterns that it fits."""
    allowed = np.zeros((len(text), OTHER + 1), bool)
    for pattern in grammar():
        if fits(text, pattern):
            for position, alphabet in enumerate(pattern):
                allowed[position, [COLUMN_OF[c] for c in alphabet]] = True
    return allowed
