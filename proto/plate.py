"""The grammar of Chinese number plates (GA 36): normalise, parse, classify, validate.

A plate's *text* is kept without the separator dot, in upper case, half-width. Each class is one or
more *patterns*: a sequence of alphabets, one per position. The same patterns are the states of the
reader's decoding automaton, so there is one definition of what a plate may look like.

Text that fits no class is a plate all the same (foreign, damaged, misread): it is kept as read and
classified `PlateClass.UNKNOWN`, never dropped.
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
DIGITS = "0123456789"
#: Letters on plates: I and O would be taken for 1 and 0.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
ALNUM = DIGITS + LETTERS
#: Marks of new-energy vehicles; pure electric A-E, other F-K without I.
ELECTRIC_MARKS = "ABCDE"
NEW_ENERGY_MARKS = "ABCDEFGHJK"
#: Characters that end a plate and name its use.
SUFFIXES = "挂学警港澳使领应急"
#: Every character that may stand on a plate of a known class. `O` only as the old 公安 second letter.
ALPHABET = DIGITS + LETTERS + "O" + PROVINCES + SUFFIXES
#: Printed between the second and third character, never part of the text; readers report any of these.
SEPARATORS = "·•・.‧∙⋅●-—_ 　:"


class PlateColour(enum.StrEnum):
    """Ground colour of a plate."""

    BLUE = "blue"
    YELLOW = "yellow"
    GREEN = "green"  #: small new-energy: white to green gradient; also farm vehicles' solid green
    YELLOW_GREEN = "yellow_green"  #: large new-energy: yellow field, then green
    WHITE = "white"
    BLACK = "black"
    UNKNOWN = "unknown"


class PlateClass(enum.StrEnum):
    """Kind of plate. `type_code` gives its 号牌种类."""

    SMALL_CAR = "small_car"
    LARGE_VEHICLE = "large_vehicle"
    SMALL_NEW_ENERGY = "small_new_energy"
    LARGE_NEW_ENERGY = "large_new_energy"
    TRAILER = "trailer"
    TRAINING = "training"
    POLICE = "police"
    HONG_KONG = "hong_kong"
    MACAO = "macao"
    EMBASSY = "embassy"
    CONSULATE = "consulate"
    MOTORCYCLE = "motorcycle"
    MOPED = "moped"
    ARMED_POLICE = "armed_police"
    ARMY = "army"
    EMERGENCY = "emergency"
    TRACTOR = "tractor"
    UNKNOWN = "unknown"  #: fits no pattern: foreign, damaged or misread


#: One alphabet a position.
Pattern = tuple[str, ...]

_ORDINARY: Pattern = (PROVINCES, LETTERS + "O", *[ALNUM] * 5)


def _ending(suffix: str) -> Pattern:
    return (PROVINCES, LETTERS + "O", *[ALNUM] * 4, suffix)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRule:
    """What the standard says of one class."""

    plate_class: PlateClass
    patterns: tuple[Pattern, ...]
    colours: tuple[PlateColour, ...]  #: ground colours the class may have, the usual one first
    type_code: str  #: 号牌种类, two digits; 99 = other
    rows: tuple[int, ...] = (1,)  #: rows of text the plate may have, the usual one first


_C = PlateColour
RULES: tuple[ClassRule, ...] = (
    ClassRule(plate_class=PlateClass.SMALL_CAR, patterns=(_ORDINARY,), colours=(_C.BLUE,), type_code="02"),
    ClassRule(
        plate_class=PlateClass.LARGE_VEHICLE,
        patterns=(_ORDINARY,),
        colours=(_C.YELLOW,),
        type_code="01",
        rows=(1, 2),
    ),
    ClassRule(
        plate_class=PlateClass.SMALL_NEW_ENERGY,
        patterns=((PROVINCES, LETTERS, NEW_ENERGY_MARKS, ALNUM, *[DIGITS] * 4),),
        colours=(_C.GREEN,),
        type_code="52",
    ),
    ClassRule(
        plate_class=PlateClass.LARGE_NEW_ENERGY,
        patterns=((PROVINCES, LETTERS, *[DIGITS] * 5, NEW_ENERGY_MARKS),),
        colours=(_C.YELLOW_GREEN, _C.GREEN),
        type_code="51",
    ),
    ClassRule(
        plate_class=PlateClass.TRAILER,
        patterns=(_ending("挂"),),
        colours=(_C.YELLOW,),
        type_code="15",
        rows=(2, 1),
    ),
    ClassRule(plate_class=PlateClass.TRAINING, patterns=(_ending("学"),), colours=(_C.YELLOW,), type_code="16"),
    ClassRule(plate_class=PlateClass.POLICE, patterns=(_ending("警"),), colours=(_C.WHITE,), type_code="23"),
    ClassRule(
        plate_class=PlateClass.HONG_KONG,
        patterns=(("粤", "Z", *[ALNUM] * 4, "港"),),
        colours=(_C.BLACK,),
        type_code="26",
    ),
    ClassRule(
        plate_class=PlateClass.MACAO,
        patterns=(("粤", "Z", *[ALNUM] * 4, "澳"),),
        colours=(_C.BLACK,),
        type_code="27",
    ),
    ClassRule(
        plate_class=PlateClass.EMBASSY,
        # Today the character ends the plate; the issue before it began with 使.
        patterns=((*[DIGITS] * 6, "使"), ("使", *[DIGITS] * 6)),
        colours=(_C.BLACK,),
        type_code="03",
    ),
    ClassRule(
        plate_class=PlateClass.CONSULATE,
        # Consulates outside the province's capital carry the city's letter (沪A1707领).
        patterns=((PROVINCES, LETTERS + DIGITS, *[DIGITS] * 4, "领"),),
        colours=(_C.BLACK,),
        type_code="04",
    ),
    ClassRule(
        plate_class=PlateClass.MOTORCYCLE,
        patterns=(_ORDINARY,),
        colours=(_C.YELLOW,),
        type_code="07",
        rows=(2,),
    ),
    ClassRule(
        plate_class=PlateClass.MOPED, patterns=(_ORDINARY,), colours=(_C.BLUE,), type_code="08", rows=(2,)
    ),
    ClassRule(
        plate_class=PlateClass.ARMED_POLICE,
        patterns=(
            ("W", "J", PROVINCES, *[DIGITS] * 4, ALNUM),
            ("W", "J", *[DIGITS] * 4, ALNUM),
            ("W", "J", *[DIGITS] * 7),  # the issue before 2013: two-digit province number
        ),
        colours=(_C.WHITE,),
        type_code="31",
    ),
    ClassRule(
        plate_class=PlateClass.ARMY,
        patterns=((LETTERS, LETTERS, *[DIGITS] * 5),),
        colours=(_C.WHITE,),
        type_code="32",
    ),
    ClassRule(
        plate_class=PlateClass.EMERGENCY,
        patterns=((PROVINCES, LETTERS, "X", *[DIGITS] * 3, "应", "急"),),
        colours=(_C.WHITE,),
        type_code="33",
    ),
    ClassRule(
        plate_class=PlateClass.TRACTOR,
        patterns=((PROVINCES, *[DIGITS] * 7),),
        colours=(_C.GREEN,),
        type_code="14",
        rows=(2,),
    ),
)

_RULE_OF: dict[PlateClass, ClassRule] = {rule.plate_class: rule for rule in RULES}

#: Groups of characters that are taken for each other, by people and by readers.
CONFUSABLES: tuple[str, ...] = ("0ODQ", "1ILT", "2Z", "5S", "6G", "8B", "38", "UV", "HKMN", "EF", "4A", "7TY")

#: Letters the standard doesn't use, and what they were on the plate.
_READ_AS = {"O": "0", "I": "1"}


class PlateError(ValueError):
    """Text that cannot be a plate at all; says what was expected and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """A normalised plate text and the class it was given."""

    text: str
    plate_class: PlateClass
    colour: PlateColour = PlateColour.UNKNOWN

    @property
    def type_code(self) -> str:
        """号牌种类, two digits; `99` where the class is unknown."""
        return type_code(self.plate_class)

    def __str__(self) -> str:
        return display(self.text)


def rule_of(plate_class: PlateClass) -> ClassRule | None:
    """The rule of a class; None for `UNKNOWN`."""
    return _RULE_OF.get(plate_class)


def type_code(plate_class: PlateClass) -> str:
    """号牌种类 of a class, two digits; `99` for `UNKNOWN`."""
    rule = _RULE_OF.get(plate_class)
    return rule.type_code if rule else "99"


def fits(text: str, pattern: Pattern) -> bool:
    """True where every character stands in its position's alphabet."""
    return len(text) == len(pattern) and all(c in alphabet for c, alphabet in zip(text, pattern, strict=True))


@cache
def patterns() -> tuple[tuple[Pattern, tuple[PlateClass, ...]], ...]:
    """Every distinct pattern with the classes that share it, in the order of `RULES`."""
    found: dict[Pattern, list[PlateClass]] = {}
    for rule in RULES:
        for pattern in rule.patterns:
            found.setdefault(pattern, []).append(rule.plate_class)
    return tuple((pattern, tuple(classes)) for pattern, classes in found.items())


def clean(text: str) -> str:
    """Full-width to half-width, upper case, separators and spaces dropped; letters stay as they are.

    Idempotent.
    """
    while True:
        folded = unicodedata.normalize("NFKC", text).upper()
        cleaned = "".join(c for c in folded if c not in SEPARATORS and not c.isspace())
        if cleaned == text:
            return cleaned
        text = cleaned  # upper case, or marks a separator kept apart, may fold once more


def normalise(text: str) -> str:
    """The text as the grammar writes it.

    Cleans as `clean`; then `O`→`0` and `I`→`1` at just those positions where a pattern of this
    length allows the digit and not the letter. Text no pattern fits even so comes back cleaned only.
    Idempotent.
    """
    cleaned = clean(text)
    for pattern, _ in patterns():
        if len(pattern) != len(cleaned):
            continue
        repaired = "".join(
            c if c in alphabet else _READ_AS.get(c, c) for c, alphabet in zip(cleaned, pattern, strict=True)
        )
        if fits(repaired, pattern):
            return repaired
    return cleaned


def classes_of(text: str) -> tuple[PlateClass, ...]:
    """Every class whose grammar the (normalised) text fits, in the order of `RULES`; may be empty."""
    return tuple(rule.plate_class for rule in RULES if any(fits(text, pattern) for pattern in rule.patterns))


def classify(text: str, colour: PlateColour = PlateColour.UNKNOWN, rows: int | None = None) -> PlateClass:
    """The one class that text, colour and number of rows speak for.

    The text must fit; among classes that share a pattern (small car, large vehicle, motorcycle,
    moped) colour decides, then rows. Without them the first of `RULES` is taken. A colour that
    contradicts every class that the text fits does not: colour is the weaker evidence.
    """
    candidates = classes_of(text)
    if not candidates:
        return PlateClass.UNKNOWN
    rules = [_RULE_OF[c] for c in candidates]

    def rank(rule: ClassRule) -> tuple[bool, bool]:
        wrong_colour = colour is not PlateColour.UNKNOWN and colour not in rule.colours
        wrong_rows = rows is not None and rows not in rule.rows
        return wrong_colour, wrong_rows

    return min(rules, key=rank).plate_class  # min is stable: the order of RULES breaks ties


def parse(text: str, colour: PlateColour = PlateColour.UNKNOWN, rows: int | None = None) -> Plate:
    """Normalise and classify.

    Raises:
        PlateError: nothing is left after cleaning, or the text is longer than any plate could be.
    """
    normal = normalise(text)
    if not 1 <= len(normal) <= 16:
        raise PlateError(f"expected a plate of 1 to 16 characters, got {len(normal)} in {text[:40]!r}")
    return Plate(text=normal, plate_class=classify(normal, colour, rows), colour=colour)


def validate(text: str) -> Plate:
    """As `parse`, and the text must fit a known class.

    Raises:
        PlateError: it fits none; the message names the nearest class and the first wrong position.
    """
    plate = parse(text)
    if plate.plate_class is not PlateClass.UNKNOWN:
        return plate
    raise PlateError(_why_not(plate.text))


def _why_not(text: str) -> str:
    same_length = [(p, c) for p, c in patterns() if len(p) == len(text)]
    if not same_length:
        lengths = sorted({len(p) for p, _ in patterns()})
        return f"expected a plate of {lengths[0]} to {lengths[-1]} characters, got {len(text)}: {text!r}"

    def wrong(pattern: Pattern) -> list[int]:
        return [i for i, (c, a) in enumerate(zip(text, pattern, strict=True)) if c not in a]

    pattern, classes = min(same_length, key=lambda item: len(wrong(item[0])))  # the commonest class wins a tie
    at = wrong(pattern)[0]
    return (
        f"{text!r} is no plate: as {classes[0].value} position {at + 1} expects one of "
        f"{pattern[at]}, got {text[at]!r}"
    )


def display(text: str) -> str:
    """The text as a person expects it, with the dot after the second character where one is printed."""
    if len(text) >= 6 and text[0] in PROVINCES and text[1] in LETTERS + "O":
        return f"{text[:2]}·{text[2:]}"
    return text


@cache
def confusable_with(character: str) -> str:
    """Characters easily taken for this one, itself excluded."""
    found: list[str] = []
    for group in CONFUSABLES:
        if character in group:
            found.extend(c for c in group if c != character and c not in found)
    return "".join(found)


def fold(text: str) -> str:
    """Every character replaced by the first of its confusable family: equal folds look alike."""
    return "".join(_FOLD.get(c, c) for c in text)


def _fold_table() -> dict[str, str]:
    # Groups overlap (8B and 38; 1ILT and 7TY): a family is their transitive union.
    table: dict[str, str] = {}
    for start in (c for group in CONFUSABLES for c in group):
        seen = [start]
        for c in seen:  # grows while it is walked
            seen.extend(x for x in confusable_with(c) if x not in seen)
        table[start] = min(seen)
    return table


_FOLD = _fold_table()


def colours_of(text: str) -> Iterator[PlateColour]:
    """Ground colours that the classes fitting this text may have, without repeats."""
    seen: set[PlateColour] = set()
    for plate_class in classes_of(text):
        for colour in _RULE_OF[plate_class].colours:
            if colour not in seen:
                seen.add(colour)
                yield colour
