"""Decoding CTC posteriors under the plate grammar. Pure numpy.

A posterior is (steps, columns) of log-probabilities, column 0 the blank (Graves et al. 2006). Everything
here works on a stack of *views* of one plate that share the number of steps: (views, steps, columns).

- `best_paths`: for every pattern of the grammar, the text of its most probable path (Viterbi), per view;
- `log_likelihoods`: the exact probability of a text, summed over all its paths;
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


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """All characters of all patterns as one flat list of *arcs*, grouped by (pattern, position)."""

    column: Integers  #: (arcs,) the column that an arc's character is read from
    group: Integers  #: (arcs,) which (pattern, position) an arc belongs to
    start: Integers  #: (groups,) a group's first arc
    before: (
        Integers  #: (groups,) the group of the position before; the extra group `groups` at a pattern's head
    )
    twin: Integers  #: (arcs,) the arc of the same character one position before; `arcs` where there is none
    last: Integers  #: (patterns,) a pattern's last group


@cache
def lattice_of(patterns: tuple[Pattern, ...]) -> Lattice:
    """The arcs of some patterns."""
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
            here: dict[str, int] = {}
            for character in alphabet:
                here[character] = len(column)
                twin.append(previous.get(character, arcs))
                group.append(len(start) - 1)
                column.append(COLUMN_OF[character])
            previous = here
        last.append(len(start) - 1)
    return Lattice(*(np.array(x, np.intp) for x in (column, group, start, before, twin, last)))


def best_paths(views: Floats, patterns: tuple[Pattern, ...], *, within: float) -> set[str]:
    """Each view's best text of every pattern whose best path is within so many nats of the best one."""
    lattice = lattice_of(patterns)
    count, steps, _ = views.shape
    arcs, groups = len(lattice.column), len(lattice.start)
    source = lattice.before[lattice.group]
    # One more arc that is never taken, and one more group: the empty prefix.
    arc = np.full((count, arcs + 1), _NEVER)
    blank = np.full((count, groups + 1), _NEVER)
    blank[:, groups] = 0.0
    top = np.full((count, groups + 1), _NEVER)
    second = np.full((count, groups + 1), _NEVER)
    #: how an arc was come by: 0 stay, 1 from the blank before it, 2 from the best other arc before it
    moves = np.zeros((steps, count, arcs), np.int8)
    kept = np.empty((steps, count, arcs + 1))  # arcs' values before each step, to find a move's origin again
    blank_stays = np.zeros((steps, count, groups + 1), bool)
    for t in range(steps):
        kept[t] = arc
        old = arc[:, :arcs]
        top[:, :groups] = np.maximum.reduceat(old, lattice.start, axis=1)
        others = np.where(old == top[:, lattice.group], _NEVER, old)
        second[:, :groups] = np.maximum.reduceat(others, lattice.start, axis=1)
        # A character after itself needs a blank between: its twin is no origin.
        other = np.where(arc[:, lattice.twin] == top[:, source], second[:, source], top[:, source])
        rest = blank[:, source]
        best = np.maximum(np.maximum(old, rest), other)
        moves[t] = np.where(best == old, 0, np.where(best == rest, 1, 2))
        blank_stays[t] = blank >= top
        blank = np.maximum(blank, top) + views[:, t, BLANK, None]
        arc[:, :arcs] = best + views[:, t, lattice.column]
    kept_end = np.concatenate([kept, arc[None]])
    top[:, :groups] = np.maximum.reduceat(arc[:, :arcs], lattice.start, axis=1)
    ends = np.maximum(blank, top)[:, lattice.last]
    found: set[str] = set()
    for view, pattern in np.argwhere(ends >= ends.max(axis=1, keepdims=True) - within):
        group = int(lattice.last[pattern])
        found.add(
            _trace(
                lattice,
                kept_end[:, view],
                moves[:, view],
                blank_stays[:, view],
                group,
                bool(blank[view, group] >= top[view, group]),
            )
        )
    return found


def _trace(
    lattice: Lattice,
    values: Floats,
    moves: NDArray[np.int8],
    stays: NDArray[np.bool_],
    group: int,
    in_blank: bool,
) -> str:
    """Walk one path back from its last group; `values[t]` are the arcs' values before step t."""
    stops = [*lattice.start[1:], len(lattice.column)]
    text: list[str] = []
    t = len(moves)
    arc = -1 if in_blank else _best_arc(values[t], lattice.start[group], stops[group], -1)
    while True:
        if arc >= 0:
            t -= 1
            move = moves[t, arc]
            if move == 0:
                continue
            text.append(ALPHABET[lattice.column[arc] - 1])
            group = int(lattice.before[group])
            if group == len(lattice.start):
                break
            arc = (
                -1
                if move == 1
                else _best_arc(values[t], lattice.start[group], stops[group], int(lattice.twin[arc]))
            )
        else:
            t -= 1
            if not stays[t, group]:
                arc = _best_arc(values[t], lattice.start[group], stops[group], -1)
    return "".join(reversed(text))


def _best_arc(values: Floats, start: int, stop: int, barred: int) -> int:
    here = values[start:stop]
    if start <= barred < stop:
        here = here.copy()
        here[barred - start] = _NEVER
    return int(start + here.argmax())


def log_likelihoods(views: Floats, texts: Sequence[str]) -> Floats:
    """log P(text | view), summed over all paths: (views, texts). Hopeless texts come out as about -690."""
    length = max(map(len, texts))
    symbols = np.full((len(texts), 2 * length + 1), BLANK, np.intp)
    for row, text in enumerate(texts):
        symbols[row, 1 : 2 * len(text) : 2] = [COLUMN_OF[c] for c in text]
    skips = np.zeros(symbols.shape)
    skips[:, 3::2] = symbols[:, 3::2] != symbols[:, 1:-2:2]
    alpha = _forward(np.exp(views), symbols, skips)[:, -1]
    ends = 2 * np.array([len(t) for t in texts])
    rows = np.arange(len(texts))
    return _log(alpha[:, rows, ends] + alpha[:, rows, np.maximum(ends - 1, 0)])


def substitutions(views: Floats, text: str) -> Floats:
    """log P of the text with one character replaced: (views, positions, COLUMNS)."""
    emissions = np.exp(views)
    count, steps, columns = emissions.shape
    own = np.array([COLUMN_OF[c] for c in text], np.intp)
    symbols = np.full((1, 2 * len(own) + 1), BLANK, np.intp)
    symbols[0, 1::2] = own
    skips = np.zeros(symbols.shape)
    skips[:, 3::2] = symbols[:, 3::2] != symbols[:, 1:-2:2]
    ahead = _forward(emissions, symbols, skips)[:, :, 0]
    # The mirrored text on mirrored time: `behind[t]` holds what is still to come, step t included.
    mirrored = np.zeros(symbols.shape)
    mirrored[:, 3::2] = skips[:, 3::2][:, ::-1]
    behind = _forward(emissions[:, ::-1], symbols[:, ::-1], mirrored)[:, ::-1, 0, ::-1]
    # Before the first step stands the first blank, after the last one the last blank.
    before = np.zeros((count, steps, symbols.shape[1]))
    before[:, 1:] = ahead[:, :-1]
    before[:, 0, 0] = 1.0
    after = np.zeros_like(before)
    after[:, :-1] = behind[:, 1:]
    after[:, -1, -1] = 1.0
    places = np.arange(columns)
    # A replacement equal to its neighbour may not follow it directly.
    from_left = np.ones((len(own), columns))
    from_left[0] = 0.0
    from_left[1:][places == own[:-1, None]] = 0.0
    to_right = np.ones((len(own), columns))
    to_right[-1] = 0.0
    to_right[:-1][places == own[1:, None]] = 0.0
    held = np.zeros((count, len(own), columns))
    total = np.zeros_like(held)
    left = np.concatenate([np.zeros((count, steps, 1)), before[:, :, 1:-2:2]], axis=2)
    right = np.concatenate([after[:, :, 3::2], np.zeros((count, steps, 1))], axis=2)
    for t in range(steps):
        entering = before[:, t, 0:-1:2, None] + left[:, t, :, None] * from_left
        held = (held + entering) * emissions[:, t, None, :]
        total += held * (after[:, t, 2::2, None] + right[:, t, :, None] * to_right)
    return _log(total)


def _forward(emissions: Floats, symbols: Integers, skips: Floats) -> Floats:
    """Forward variables (views, steps, texts, symbols) of texts with blanks between their characters."""
    seen = emissions[:, :, symbols]
    alpha = np.zeros_like(seen)
    alpha[:, 0, :, :2] = seen[:, 0, :, :2]
    for t in range(1, seen.shape[1]):
        before = alpha[:, t - 1]
        now = before.copy()
        now[..., 1:] += before[..., :-1]
        now[..., 2:] += before[..., :-2] * skips[:, 2:]
        alpha[:, t] = now * seen[:, t]
    return alpha


def _log(probability: Floats) -> Floats:
    return np.log(np.maximum(probability, 1e-300))
