"""Decoding CTC posteriors under the plate grammar. Pure numpy.

A *view* is one look of one recogniser at a plate: (steps, COLUMNS) log-probabilities, column 0 the blank.
A text's probability is summed over all paths that spell it (connectionist temporal classification,
Graves et al. 2006).

- `best_paths`: for every pattern of the grammar, the text of its most probable path (Viterbi);
- `log_likelihoods`: the exact probability of texts;
- `substitutions`: the exact probability of every text that differs from a given one in one character.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from edge.read.alphabet import BLANK, COLUMN_OF
from proto.plate import ALPHABET, Pattern

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

_NEVER = -1e30
#: How an arc was come by: from itself, from the blank before it, from another arc before it.
_STAY, _AFTER_BLANK, _AFTER_ARC = 0, 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class _Arcs:
    """All characters of all patterns as one flat list of *arcs*, grouped by (pattern, position)."""

    column: Integers  #: (arcs,) the column that an arc's character is read from
    group: Integers  #: (arcs,) which (pattern, position) an arc belongs to
    start: Integers  #: (groups,) a group's first arc
    stop: Integers  #: (groups,) and the one after its last
    before: Integers  #: (groups,) the group of the position before; `groups` at a pattern's head
    twin: Integers  #: (arcs,) the arc of the same character one position before; `arcs` where there is none
    last: Integers  #: (patterns,) a pattern's last group


@cache
def _arcs_of(patterns: tuple[Pattern, ...]) -> _Arcs:
    column: list[int] = []
    group: list[int] = []
    start: list[int] = []
    before: list[int] = []
    twin: list[int] = []
    last: list[int] = []
    groups, arcs = sum(map(len, patterns)), sum(len(alphabet) for p in patterns for alphabet in p)
    for pattern in patterns:
        previous: dict[str, int] = {}
        for position, alphabet in enumerate(pattern):
            before.append(groups if position == 0 else len(start) - 1)
            start.append(len(column))
            here = {character: len(column) + i for i, character in enumerate(alphabet)}
            twin.extend(previous.get(character, arcs) for character in alphabet)
            group.extend([len(start) - 1] * len(alphabet))
            column.extend(COLUMN_OF[character] for character in alphabet)
            previous = here
        last.append(len(start) - 1)
    stop = [*start[1:], arcs]
    return _Arcs(*(np.array(x, np.intp) for x in (column, group, start, stop, before, twin, last)))


@dataclass(frozen=True, slots=True, eq=False)
class _Trellis:
    """What the forward pass leaves behind for walking paths back."""

    arcs: _Arcs
    values: Floats  #: (steps + 1, arcs + 1) log-probability of the best path into an arc, before each step
    moves: NDArray[np.int8]  #: (steps, arcs) how each arc was come by
    stays: NDArray[np.bool_]  #: (steps, groups + 1) whether a group's blank came from itself, not from an arc

    def best_arc(self, step: int, group: int, barred: int = -1) -> int:
        """The best arc of a group before a step, but for one that is barred."""
        start, stop = int(self.arcs.start[group]), int(self.arcs.stop[group])
        here = self.values[step, start:stop]
        if start <= barred < stop:
            here = here.copy()
            here[barred - start] = _NEVER
        return start + int(here.argmax())

    def text(self, group: int, *, in_blank: bool) -> str:
        """The text of the best path that ends in a group."""
        spelled: list[str] = []
        step, heads = len(self.moves), len(self.arcs.start)
        arc = -1 if in_blank else self.best_arc(step, group)
        while True:
            step -= 1
            if arc < 0:
                if not self.stays[step, group]:
                    arc = self.best_arc(step, group)
            elif (move := self.moves[step, arc]) != _STAY:
                spelled.append(ALPHABET[self.arcs.column[arc] - 1])
                group = int(self.arcs.before[group])
                if group == heads:
                    return "".join(reversed(spelled))
                arc = -1 if move == _AFTER_BLANK else self.best_arc(step, group, int(self.arcs.twin[arc]))


def best_paths(view: Floats, patterns: tuple[Pattern, ...], *, within: float) -> set[str]:
    """The best text of every pattern whose best path is within so many nats of the best one of all."""
    a = _arcs_of(patterns)
    steps, arcs, groups = len(view), len(a.column), len(a.start)
    source = a.before[a.group]
    emissions = view[:, a.column]
    # One arc more that is never taken, and one group more: the empty prefix, which is all blank.
    values = np.full((steps + 1, arcs + 1), _NEVER)
    blank = np.full(groups + 1, _NEVER)
    blank[groups] = 0.0
    top = np.full(groups + 1, _NEVER)
    second = np.full(groups + 1, _NEVER)
    moves = np.zeros((steps, arcs), np.int8)
    stays = np.zeros((steps, groups + 1), bool)
    for t in range(steps):
        old = values[t, :arcs]
        top[:groups] = np.maximum.reduceat(old, a.start)
        second[:groups] = np.maximum.reduceat(np.where(old == top[a.group], _NEVER, old), a.start)
        # A character after itself needs a blank between: its twin is no origin.
        after_arc = np.where(values[t, a.twin] == top[source], second[source], top[source])
        after_blank = blank[source]
        best = np.maximum(np.maximum(old, after_blank), after_arc)
        moves[t] = np.where(best == old, _STAY, np.where(best == after_blank, _AFTER_BLANK, _AFTER_ARC))
        stays[t] = blank >= top
        blank = np.maximum(blank, top) + view[t, BLANK]
        values[t + 1, :arcs] = best + emissions[t]
    top[:groups] = np.maximum.reduceat(values[steps, :arcs], a.start)
    trellis = _Trellis(a, values, moves, stays)
    ends = np.maximum(blank, top)[a.last]
    return {
        trellis.text(int(group), in_blank=bool(blank[group] >= top[group]))
        for group in a.last[ends >= ends.max() - within]
    }


def log_likelihoods(view: Floats, texts: Sequence[str]) -> Floats:
    """log P(text | view) of each text; of hopeless ones about -690."""
    length = max(map(len, texts))
    symbols = np.full((len(texts), 2 * length + 1), BLANK, np.intp)
    for row, text in enumerate(texts):
        symbols[row, 1 : 2 * len(text) : 2] = [COLUMN_OF[c] for c in text]
    alpha = _forward(np.exp(view), symbols)[-1]
    ends = 2 * np.array([len(t) for t in texts])
    rows = np.arange(len(texts))
    # A path ends in the last blank or in the last character; the empty text has but the one.
    return _log(alpha[rows, ends] + np.where(ends > 0, alpha[rows, np.maximum(ends - 1, 0)], 0.0))


def substitutions(view: Floats, text: str) -> Floats:
    """log P of the text with one character replaced: (positions, COLUMNS).

    What comes before and after the replaced character is summed once, forwards and backwards; between them
    every column takes the character's place.
    """
    emissions = np.exp(view)
    steps, columns = emissions.shape
    own = np.array([COLUMN_OF[c] for c in text], np.intp)
    symbols = np.full((1, 2 * len(own) + 1), BLANK, np.intp)
    symbols[0, 1::2] = own
    # What stands before each step, and what is to come after it; outside stand the first and the last blank.
    before = np.zeros((steps, symbols.shape[1]))
    before[0, 0] = 1.0
    before[1:] = _forward(emissions, symbols)[:-1, 0]
    after = np.zeros_like(before)
    after[-1, -1] = 1.0
    after[:-1] = _forward(emissions[::-1], symbols[:, ::-1])[::-1, 0, ::-1][1:]
    # A replacement equal to its neighbour may not touch it.
    from_left = np.ones((len(own), columns))
    from_left[0] = 0.0
    from_left[np.arange(1, len(own)), own[:-1]] = 0.0
    to_right = np.ones((len(own), columns))
    to_right[-1] = 0.0
    to_right[np.arange(len(own) - 1), own[1:]] = 0.0
    no_neighbour = np.zeros((steps, 1))
    left = np.concatenate([no_neighbour, before[:, 1:-2:2]], axis=1)
    right = np.concatenate([after[:, 3::2], no_neighbour], axis=1)
    held = np.zeros((len(own), columns))
    total = np.zeros_like(held)
    for t in range(steps):
        entering = before[t, 0:-1:2, None] + left[t, :, None] * from_left
        held = (held + entering) * emissions[t]
        total += held * (after[t, 2::2, None] + right[t, :, None] * to_right)
    return _log(total)


def _forward(emissions: Floats, symbols: Integers) -> Floats:
    """Forward variables (steps, texts, symbols) of texts with blanks around their characters.

    They are plain probabilities: a plate has so few steps that only hopeless texts underflow.
    """
    may_skip = np.zeros(symbols.shape)
    may_skip[:, 3::2] = symbols[:, 3::2] != symbols[:, 1:-2:2]
    seen = emissions[:, symbols]
    alpha = np.zeros_like(seen)
    alpha[0, :, :2] = seen[0, :, :2]
    for t in range(1, len(seen)):
        now = alpha[t - 1].copy()
        now[:, 1:] += alpha[t - 1, :, :-1]
        now[:, 2:] += alpha[t - 1, :, :-2] * may_skip[:, 2:]
        alpha[t] = now * seen[t]
    return alpha


def _log(probability: Floats) -> Floats:
    return np.log(np.maximum(probability, 1e-300))
