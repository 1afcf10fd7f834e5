"""The columns that every recogniser's output is brought to."""

from __future__ import annotations

import unicodedata

from proto.plate import ALPHABET, SEPARATORS

#: Column of the CTC blank, and of all characters no plate carries; between them `ALPHABET` in its order.
BLANK, OTHER = 0, len(ALPHABET) + 1
COLUMNS = len(ALPHABET) + 2
#: Column of a plate character.
COLUMN_OF = {character: 1 + i for i, character in enumerate(ALPHABET)}


def column_of(character: str) -> int:
    """Column of any character: separators are blank, `I` is `1`, width and case don't count."""
    if not character.strip() or character in SEPARATORS:
        return BLANK
    folded = unicodedata.normalize("NFKC", character).upper()
    return COLUMN_OF.get("1" if folded == "I" else folded, OTHER)
