"""Which plates a doubtful read may have been, and how probably. Pure; the centre and every node share it.

The reader's lattice says per position what else it could have been. That is not yet the probability of a plate:

- Readers are over-confident and name few alternatives: a part of what a position leaves in doubt goes to the
  characters that are easily taken for the one read, and to the provinces that are common here.
- A missing tail or a stray character gives another length, which no position speaks of: what a read's
  confidence lacks beyond its positions' doubts is shared by those lengths.
- How common a plate is weighs in, see `proto.background`.
"""

from __future__ import annotations

import heapq
from functools import cache

from proto.background import Background, length_weight
from proto.passage import PlateRead, Position
from proto.plate import ALPHABET, PROVINCES, Pattern, classes_of, confusable_with, fits, patterns

#: A read this confident is taken at its word: it costs one look-up.
SURE = 0.99
#: Least probability of a plate that is handed out.
LEAST = 2e-4
#: Plates that a read may be taken for, at most: bounds the time it costs.
MOST = 200
#: Of a position's doubt, what goes to characters that look like the one read; and the least such doubt.
_LOOKS_ALIKE, _NEVER_SURER = 0.15, 0.0005
#: And of that, the share of the confusable characters; the rest is any other's.
_CONFUSABLE = 0.7
#: Of readings with another number of characters: a missing last one, a missing other one, one too many.
_TAIL, _MIDDLE, _EXTRA = 0.6, 0.25, 0.15
#: Least probability that the number of characters is wrong, for a read in the grammar and for one outside.
_LENGTH, _LENGTH_OUTSIDE = 0.002, 0.5
#: The commonest provinces, which are tried in the place of any.
_PROVINCES_TRIED = 6

#: (plate, probability)
Variant = tuple[str, float]


def is_sure(read: PlateRead) -> bool:
    """Whether only the very text that was read comes into question."""
    return read.confidence >= SURE


def variants(
    read: PlateRead, background: Background, *, least: float = LEAST, most: int = MOST
) -> tuple[Variant, ...]:
    """The plates that the vehicle may have, with their probabilities, the most probable first.

    The text that was read is mostly among them. Probabilities sum to at most 1. A sure read is only itself.
    """
    if not read.text:
        return ()
    if is_sure(read) or len(read.lattice) != len(read.text):
        return ((read.text, 1.0),)
    text = read.text
    fits_grammar = bool(classes_of(text))
    other_length = _wrong_length(read, fits_grammar)
    weighed = _of_this_length(read, fits_grammar, background, most)
    # Every plate of this length has the prefix's share in it already; lengths are weighed against each other.
    here, whole = length_weight(len(text)), sum(weighed.values())
    weighed = {t: w * here * (1 - other_length) for t, w in weighed.items()}
    if other_length > _LENGTH:
        seen = whole / background.share(text[:2])  # how well the text as read stands for its like
        for other, share in _of_other_lengths(text, fits_grammar).items():
            weighed[other] = weighed.get(other, 0.0) + share * other_length * seen * background.weight(other)
    whole = sum(weighed.values())
    floor = least * whole
    best = heapq.nsmallest(most, ((-w, t) for t, w in weighed.items() if w >= floor))
    return tuple((text, -w / whole) for w, text in best)


def _of_this_length(read: PlateRead, fits_grammar: bool, background: Background, most: int) -> dict[str, float]:
    """Plates by how well they agree with the picture, times how common their first two characters are."""
    text = read.text
    allowed = _allowed(len(text)) if fits_grammar else (ALPHABET,) * len(text)
    choices = [
        _choices(character, position, alphabet)
        for character, position, alphabet in zip(text, read.lattice, allowed, strict=True)
    ]
    if len(text) == 1:
        return {t: p * background.share(t) for t, p in choices[0].items()}
    if text[0] in PROVINCES:
        _add_common_provinces(choices[0], text, background)
    first, second, *others = choices
    beam = {a + b: p * q * background.share(a + b) for a, p in first.items() for b, q in second.items()}
    beam = _likely(beam, most)
    for here in others:
        if len(here) == 1:
            ((c, q),) = here.items()
            beam = {t + c: w * q for t, w in beam.items()}
            continue
        beam = _likely({t + c: w * q for t, w in beam.items() for c, q in here.items()}, most)
    return beam


def _likely(beam: dict[str, float], most: int) -> dict[str, float]:
    floor = max(beam.values()) * LEAST
    kept = {t: w for t, w in beam.items() if w >= floor}
    if len(kept) <= most:
        return kept
    return {t: kept[t] for t in heapq.nlargest(most, kept, key=kept.__getitem__)}


def _choices(character: str, position: Position, alphabet: str) -> dict[str, float]:
    named = {c: p for c, p in position if c and c in alphabet}
    top = named.get(character, 0.0)
    doubt = max(_LOOKS_ALIKE * (1 - top), _NEVER_SURER)
    alike = [c for c in confusable_with(character) if c in alphabet]
    if not alike:
        return named or {character: 1.0}
    chosen = {c: p * (1 - doubt) for c, p in named.items()}
    chosen.setdefault(character, _NEVER_SURER)
    each = doubt * _CONFUSABLE / len(alike)
    for c in alike:
        chosen[c] = chosen.get(c, 0.0) + each
    return chosen


def _add_common_provinces(choices: dict[str, float], text: str, background: Background) -> None:
    """The province is the weakest character, and the network knows which ones are common here."""
    top = choices.get(text[0], 0.0)
    each = max(_LOOKS_ALIKE * (1 - top), _NEVER_SURER) / len(PROVINCES)
    common = heapq.nlargest(_PROVINCES_TRIED, PROVINCES, key=lambda p: background.share(p + text[1]))
    for province in common:
        choices[province] = max(choices.get(province, 0.0), each)


def _wrong_length(read: PlateRead, fits_grammar: bool) -> float:
    """Probability that characters are missing or too many."""
    together = 1.0
    for character, position in zip(read.text, read.lattice, strict=True):
        together *= dict(position).get(character, 0.0)
    unexplained = 1 - read.confidence / together if together > read.confidence else 0.0
    return min(0.9, max(_LENGTH if fits_grammar else _LENGTH_OUTSIDE, unexplained))


def _of_other_lengths(text: str, fits_grammar: bool) -> dict[str, float]:
    """Plates of another length that this text may be what is left of, or more than; shares sum to at most 1."""
    found: dict[str, float] = {}
    length = len(text)
    for pattern in _patterns(length + 1):
        wrong = [i for i in range(length) if text[i] not in pattern[i]]
        if not wrong:
            for c in pattern[-1]:
                found[text + c] = _TAIL / len(pattern[-1])
        if fits_grammar:
            continue
        for at in range(length):
            if all(text[i] in pattern[i + (i >= at)] for i in range(length)):
                for c in pattern[at]:
                    _add(found, text[:at] + c + text[at:], _MIDDLE / length / len(pattern[at]))
    for at in range(length):
        shorter = text[:at] + text[at + 1 :]
        if any(fits(shorter, pattern) for pattern in _patterns(length - 1)):
            _add(found, shorter, _EXTRA / length)
    return found


def _add(found: dict[str, float], text: str, share: float) -> None:
    found[text] = found.get(text, 0.0) + share


@cache
def _patterns(length: int) -> tuple[Pattern, ...]:
    return tuple(pattern for pattern, _ in patterns() if len(pattern) == length)


@cache
def _allowed(length: int) -> tuple[str, ...]:
    """What the patterns of a length, taken together, allow at each position."""
    return tuple("".join(sorted(set("".join(here)))) for here in zip(*_patterns(length), strict=True))
