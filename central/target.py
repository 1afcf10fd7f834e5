"""What an order watches for: a plate, a pattern of plates, or the part of a plate that somebody remembers.

Pure. Class and colour narrow each of them. What can be on no plate at all is refused here, by the grammar; what
could be on too many is refused where an order is submitted, by what it would have hit (`central.estimate`).
"""

from __future__ import annotations

import enum
from functools import cache, lru_cache

from central.watchlist import MANY, ONE, is_pattern
from proto.plate import PROVINCES, RULES, Pattern, PlateClass, PlateError, clean, fits, validate

#: Characters that a pattern or part must name; fewer are on every other plate.
MIN_NAMED = 3
MAX_LENGTH = 16


class TargetKind(enum.StrEnum):
    """How an order names what it watches for."""

    PLATE = "plate"  #: the whole text, e.g. 川C12345
    PATTERN = "pattern"  #: ? is one character, * any number: 川C?12*
    PARTIAL = "partial"  #: characters that follow one another somewhere on the plate: 12A


class InvalidTarget(PlateError):
    """Can be on no plate, or on far too many; says what was expected and what came."""


def target_text(kind: TargetKind, text: str, *, plate_class: PlateClass | None = None) -> str:
    """The text as it is kept: cleaned, with 0 and 1 for the O and I that plates don't have.

    Raises:
        InvalidTarget: no plate of the class (None: of any) can be so, or it names too few characters.
        PlateError: a whole plate that fits no class.
    """
    if kind is TargetKind.PLATE:
        if is_pattern(text):
            raise InvalidTarget(f"expected a plate without wildcards, got {text!r}: name it a pattern")
        found = validate(text).text
    else:
        found = _wildcards(kind, text)
    classes = classes_of_pattern(wanted_text(kind, found))
    if not classes:
        raise InvalidTarget(f"expected characters as on some plate, got {found!r}: no class has such a plate")
    if plate_class not in (None, PlateClass.UNKNOWN, *classes):
        raise InvalidTarget(f"expected {found} as one of {', '.join(classes)}, got {plate_class}")
    return found


def wanted_text(kind: TargetKind, text: str) -> str:
    """What the watchlist compiles: the plate, or a pattern with wildcards."""
    return f"{MANY}{text}{MANY}" if kind is TargetKind.PARTIAL else text


def named_characters(text: str) -> int:
    """Characters that are no wildcards."""
    return sum(c not in (ONE, MANY) for c in text)


@lru_cache(maxsize=4096)
def classes_of_pattern(pattern: str) -> tuple[PlateClass, ...]:
    """Every class of which some plate fits the pattern (or is the plate), in the order of the rules."""
    return tuple(r.plate_class for r in RULES if any(_meets(pattern, alphabets) for alphabets in r.patterns))


def overlap(first: str, second: str) -> bool:
    """Is there a text that fits both? Each is as `wanted_text` writes it."""

    @cache
    def fit(i: int, j: int) -> bool:
        a, b = first[i : i + 1], second[j : j + 1]
        if a == MANY and (fit(i + 1, j) or (b != "" and fit(i, j + 1))):
            return True
        if b == MANY and (fit(i, j + 1) or (a != "" and fit(i + 1, j))):
            return True
        if a == "" or b == "":
            return a == b
        return MANY not in (a, b) and (a == b or ONE in (a, b)) and fit(i + 1, j + 1)

    return fit(0, 0)


def covers(wide: str, narrow: str) -> bool:
    """Does every text that fits `narrow` fit `wide`? Each is as `wanted_text` writes it."""

    @cache
    def fit(i: int, j: int) -> bool:
        a, b = wide[i : i + 1], narrow[j : j + 1]
        if a == MANY and (fit(i + 1, j) or (b != "" and fit(i, j + 1))):
            return True
        if a == "" or b == "":
            return a == b
        return b != MANY and (a in (b, ONE)) and fit(i + 1, j + 1)

    return fit(0, 0)


def _wildcards(kind: TargetKind, text: str) -> str:
    found = clean(text)
    if kind is TargetKind.PARTIAL and is_pattern(found):
        raise InvalidTarget(f"expected characters that follow one another, got {found!r}: name it a pattern")
    if kind is TargetKind.PATTERN and not is_pattern(found):
        raise InvalidTarget(f"expected a pattern with {ONE} or {MANY}, got {found!r}: name it a plate")
    if not 1 <= len(found) <= MAX_LENGTH:
        raise InvalidTarget(f"expected 1 to {MAX_LENGTH} characters, got {len(found)}")
    named = named_characters(found)
    if named < MIN_NAMED:
        raise InvalidTarget(f"expected at least {MIN_NAMED} characters that are no wildcards, got {named}")
    # O is only ever the letter after the province.
    return "".join(
        "1" if c == "I" else "0" if c == "O" and not (at == 1 and found[0] in PROVINCES + ONE) else c
        for at, c in enumerate(found)
    )


def _meets(pattern: str, alphabets: Pattern) -> bool:
    """Is there a text of these alphabets that fits the pattern?"""
    if not is_pattern(pattern):
        return fits(pattern, alphabets)
    # Positions of the alphabets that may be reached once so much of the pattern is used up.
    reached = {0}
    for c in pattern:
        if c == MANY:
            reached = set(range(min(reached), len(alphabets) + 1)) if reached else reached
        else:
            reached = {at + 1 for at in reached if at < len(alphabets) and (c == ONE or c in alphabets[at])}
    return len(alphabets) in reached
