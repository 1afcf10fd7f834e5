"""Voting over a tracklet: one plate read from many looks at one plate. Pure.

Not a majority of whole texts: every look's distribution over characters counts, weighted by how good the
look was, and the plate grammar says which combinations can be. One clear look outweighs many poor ones,
and characters that were never all legible in one frame still come together.

0. Looks at one plate share the reader's expectations: several hold them once, not once each (see
   `edge.leaning`), and each position of a look counts by how sure the look is of it.
1. Candidates: each look's own text; the best text of each grammar pattern under each look; and under all
   looks of one length fused.
2. Each candidate is scored by the weighted sum of its log-likelihoods under all looks, aligned where the
   lengths differ, plus a prior for fitting the grammar.
3. All looks are aligned to the winner and fused per position; if that spells a better text, it wins.
4. Looks at one plate repeat each other's errors, so their joint weight is tempered: ten looks count for
   less than ten independent ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

from edge.frame import PlateReading
from edge.lattice import align, best_under, fuse, log_likelihood, sureness, unnamed
from edge.leaning import levelled
from proto.passage import Lattice, PlateRead, Position
from proto.plate import PlateColour, classes_of, classify, patterns

#: Looks kept, the weightiest: bounds memory and time, and more of them add next to nothing.
MAX_LOOKS = 12
#: Log-prior of a text that fits no class: foreign plates exist, misreads are far more common.
FITS_NOTHING = math.log(0.001)
#: Characters kept a position in the result.
ALTERNATIVES = 5
#: Least weight of a look: even the worst one counts a little.
LEAST_WEIGHT = 0.02
#: Probability of a character that only the alignment of lengths put there.
UNSEEN = 0.5
#: `support`: how much rarer a difference is between two looks at one plate than between two plates, how
#: many characters another plate may show, and the log-price of a character too many or too few.
_SURPRISE, _OTHERS, _ODD_LENGTH = 0.1, 34.0, 2.0
#: Probability of meaning the same character under which two looks are sure of different ones.
_CLASH = 0.004

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Look:
    """What one frame contributed. The order makes the sum, and so the result, independent of arrival."""

    rank: float  #: minus the weight
    text: str
    lattice: Lattice
    colour: PlateColour
    rows: int

    @property
    def weight(self) -> float:
        return -self.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """The state of a vote; `fold` gives the next one."""

    looks: tuple[Look, ...] = ()  #: weightiest first, at most `MAX_LOOKS`
    frames: int = 0  #: looks folded in so far, those no longer kept included
    read: PlateRead | None = None  #: the result so far

    def fold(self, reading: PlateReading, weight: float) -> Vote:
        """Add a look. The same looks in any order give the same result.

        Args:
            reading: a reading without a lattice has nothing to add and changes nothing.
            weight: 0 (worthless) to 1 (sharp, large and whole), see `edge.quality`; other values are
                brought into that range.
        """
        if not reading.lattice:
            return self
        bounded = min(1.0, max(LEAST_WEIGHT, weight)) if math.isfinite(weight) else LEAST_WEIGHT
        look = Look(
            rank=-bounded,
            text=reading.text,
            lattice=reading.lattice,
            colour=reading.colour,
            rows=reading.rows,
        )
        looks = tuple(sorted([*self.looks, look])[:MAX_LOOKS])
        frames = self.frames + 1
        if looks == self.looks and self.read is not None:
            return replace(self, frames=frames, read=replace(self.read, frames=frames))
        return Vote(looks=looks, frames=frames, read=_result(looks, frames))

    @property
    def confidence(self) -> float:
        """Of the result so far; 0 where there is none."""
        return self.read.confidence if self.read else 0.0

    @property
    def agreement(self) -> float:
        """Weighted share of the looks whose own text is the voted one, 0 to 1."""
        total = sum(look.weight for look in self.looks)
        if not self.read or not total:
            return 0.0
        return sum(look.weight for look in self.looks if look.text == self.read.text) / total


def _result(looks: Sequence[Look], frames: int) -> PlateRead | None:
    """Steps 0 to 4 of the module's docstring."""
    # Weights compare looks with each other. How unsure a look is, its own distributions say: a lone poor
    # look is not to be doubted twice.
    looks = [replace(look, rank=-look.weight / looks[0].weight) for look in looks]
    # 0
    if len(looks) > 1:
        repeated = 1 - 1 / sum(look.weight for look in looks)
        looks = [replace(look, lattice=levelled(look.lattice, repeated)) for look in looks]
    # 1, 2
    scores = {text: _score(text, looks) for text in _candidates(looks)}
    if not scores:
        return None
    # Ties go to the smaller text, for any order that is the same every time.
    text = min(scores, key=lambda t: (-scores[t], t))
    # 3
    power = _tempered(sum(look.weight for look in looks))
    fused = _per_position(text, looks, power)
    for better in _grammatical(fused):
        if better not in scores:
            scores[better] = _score(better, looks)
            if scores[better] > scores[text]:
                text = better
                fused = _per_position(text, looks, power)
    # 4
    rival = max((s for t, s in scores.items() if len(t) != len(text)), default=-math.inf)
    right_length = 1 / (1 + math.exp(min(50.0, (rival - scores[text]) * power)))
    sure = math.prod(f.get(c, 0.0) for f, c in zip(fused, text, strict=True))
    colours = [(look.colour, look.weight) for look in looks if look.colour is not PlateColour.UNKNOWN]
    colour: PlateColour = _by_weight(colours) or PlateColour.UNKNOWN
    rows = _by_weight([(look.rows, look.weight) for look in looks]) or 1
    return PlateRead(
        text=text,
        plate_class=classify(text, colour, rows),
        colour=colour,
        confidence=min(1.0, sure * right_length),
        lattice=tuple(_named(f, c) for f, c in zip(fused, text, strict=True)),
        rows=rows,
        frames=frames,
    )


def _tempered(weight: float) -> float:
    """What each unit of weight counts for, so that looks which repeat each other are not taken for proof."""
    return 1.0 if weight <= 1 else (1 + math.log(weight)) / weight


def _candidates(looks: Sequence[Look]) -> set[str]:
    by_length: dict[int, list[Look]] = {}
    for look in looks:
        by_length.setdefault(len(look.lattice), []).append(look)
    found = {look.text for look in looks if look.text}
    for look in looks:
        found.update(_grammatical([dict(p) for p in look.lattice]))
    for length, group in by_length.items():
        fused = [fuse([(look.weight, look.lattice[i]) for look in group]) for i in range(length)]
        found.update(_grammatical(fused))
    return found


def _grammatical(distributions: Sequence[dict[str, float]]) -> set[str]:
    """The likeliest text of every pattern of this length."""
    same_length = (pattern for pattern, _ in patterns() if len(pattern) == len(distributions))
    return {text for pattern in same_length if (text := best_under(pattern, distributions))}


def _score(text: str, looks: Sequence[Look]) -> float:
    prior = 0.0 if classes_of(text) else FITS_NOTHING
    several = len(looks) > 1
    return prior + sum(look.weight * log_likelihood(text, look.lattice, modest=several) for look in looks)


def _per_position(text: str, looks: Sequence[Look], power: float) -> list[dict[str, float]]:
    """For each character of `text`, the looks' distributions there, fused; never without that character.

    Where the text fits the grammar, so must what else could stand there.
    """
    several = len(looks) > 1
    aligned = [(look, align(text, look.lattice, modest=several)[1]) for look in looks]
    allowed = _allowed(len(text)) if classes_of(text) else None
    fused = []
    for i, character in enumerate(text):
        positions = [(look.weight * power, look.lattice[j]) for look, at in aligned if (j := at[i]) is not None]
        seen = [(weight * sureness(p), p) if several else (weight, p) for weight, p in positions]
        here = fuse(seen) or {character: UNSEEN}
        if allowed:
            excluded = sum(p for c, p in here.items() if c not in allowed[i])
            here = {c: p / max(1 - excluded, 1e-6) for c, p in here.items() if c in allowed[i]}
        here.setdefault(character, 1e-6)
        total = max(1.0, sum(here.values()))
        fused.append({c: p / total for c, p in here.items()})
    return fused


@cache
def _allowed(length: int) -> tuple[frozenset[str], ...]:
    """What the patterns of a length, taken together, allow at each position."""
    same_length = [pattern for pattern, _ in patterns() if len(pattern) == length]
    return tuple(frozenset("".join(alphabets)) for alphabets in zip(*same_length, strict=True))


def _named(distribution: dict[str, float], text_character: str) -> Position:
    """The likeliest characters, the voted one always among them."""
    ranked = sorted(distribution.items(), key=lambda item: (-item[1], item[0]))
    kept = ranked[:ALTERNATIVES]
    if text_character not in dict(kept):
        kept[-1] = (text_character, distribution[text_character])
    return tuple((c, p) for c, p in kept if p >= 1e-4 or c == text_character)


def _by_weight(votes: Sequence[tuple[Value, float]]) -> Value | None:
    """The value with most weight behind it; ties go to the one whose text sorts first."""
    totals: dict[Value, float] = {}
    for value, weight in votes:
        totals[value] = totals.get(value, 0.0) + weight
    return min(totals, key=lambda value: (-totals[value], str(value)), default=None)


def support(lattice: Lattice, read: PlateRead | None) -> float:
    """Log-likelihood ratio that a look is at the plate that was voted, against its being at any other.

    Positive speaks for the same plate; about -3 and below, for another one. The first two characters can
    only speak against: in one town most plates share them. Where the two are sure of different characters
    it is at most 0, however much else agrees: neighbouring numbers drive in one fleet. 0 where either has
    nothing to say.
    """
    if read is None or not lattice:
        return 0.0
    _, answers = align(read.text, lattice)
    ratio, clash = 0.0, False
    for i, at in enumerate(answers):
        if at is None:
            ratio -= _ODD_LENGTH
            continue
        same = _overlap(read.lattice[i], lattice[at])
        clash |= same < _CLASH
        # Another plate shows any of some thirty characters here, but mostly the same first two.
        told = math.log(max(same * _OTHERS, _SURPRISE))
        ratio += told if i >= 2 else min(told, 0.0)
    ratio -= _ODD_LENGTH * (len(lattice) - sum(at is not None for at in answers))
    return min(ratio, 0.0) if clash else ratio


def _overlap(one: Position, other: Position) -> float:
    """Probability that both distributions mean the same character, both being right about themselves."""
    ours, theirs = dict(one), dict(other)
    named = ours.keys() | theirs.keys()
    our_rest, their_rest = unnamed(one) / _OTHERS, unnamed(other) / _OTHERS
    both = sum(ours.get(c, our_rest) * theirs.get(c, their_rest) for c in named)
    return both + max(0.0, _OTHERS - len(named)) * our_rest * their_rest
