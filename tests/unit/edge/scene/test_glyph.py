"""Glyphs: every character is there, fills its box, and looks like no other."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from edge.scene.glyph import UnknownGlyph, glyph
from proto.plate import ALPHABET

CHARACTERS = sorted(set(ALPHABET))


@pytest.mark.parametrize("character", CHARACTERS)
def test_every_character_of_the_plates_is_drawn_and_fills_its_box(character: str) -> None:
    mask = glyph(character, 45, 90)
    assert mask.shape == (90, 45)
    rows, columns = np.flatnonzero(mask.max(axis=1) > 60), np.flatnonzero(mask.max(axis=0) > 60)
    assert rows[0] <= 2
    assert rows[-1] >= 87
    if character != "1":  # a bare bar
        assert columns[0] <= 4
        assert columns[-1] >= 40
    assert 0.12 < (mask > 127).mean() < 0.72


def test_no_two_characters_look_alike() -> None:
    masks = {c: glyph(c, 45, 90) > 127 for c in CHARACTERS if c != "O"}  # `O` is drawn as `0`, as on plates
    for (a, one), (b, other) in itertools.combinations(masks.items(), 2):
        overlap = (one & other).sum() / (one | other).sum()
        assert overlap < 0.9, f"{a} and {b} share {overlap:.0%}"


def test_a_mask_is_shared_and_can_not_be_written_to() -> None:
    assert glyph("川", 20, 40) is glyph("川", 20, 40)
    with pytest.raises(ValueError, match="read-only"):
        glyph("川", 20, 40)[0, 0] = 1


@pytest.mark.parametrize("character", ["龙", "a", "·", ""])
def test_other_characters_are_refused(character: str) -> None:
    with pytest.raises(UnknownGlyph, match="expected a character of the plates"):
        glyph(character, 45, 90)
