"""Plates drawn as text: on the ground that their class has."""

from __future__ import annotations

import pytest

from proto.plate import RULES, PlateColour, display
from tests.e2e.conftest import SiteDesks

pytestmark = pytest.mark.browser

DRAW = """async ({ text, plate_class, colour }) => {
  const { plateChip } = await import("/js/parts/plate.js");
  const chip = plateChip({ text, plate_class, colour }, "huge");
  document.body.replaceChildren(chip);
  const style = getComputedStyle(chip);
  return { words: chip.textContent, classes: [...chip.classList], ink: style.color, width: chip.offsetWidth };
}"""
EXAMPLES = {
    "small_car": "川C12345",
    "small_new_energy": "川CAD1234",
    "large_new_energy": "川C12345D",
    "trailer": "川C1234挂",
    "hong_kong": "粤ZAB12港",
    "embassy": "123456使",
    "armed_police": "WJ川1234A",
    "army": "VA12345",
    "emergency": "川CX123应急",
}


def test_each_class_has_its_ground_where_no_colour_was_read(desks: SiteDesks) -> None:
    page = desks.open()
    for rule in RULES:
        text = EXAMPLES.get(rule.plate_class, "川C12345")
        drawn = page.evaluate(DRAW, {"text": text, "plate_class": rule.plate_class, "colour": "unknown"})
        grounds = {f"plate-{colour}" for colour in rule.colours}
        assert grounds & set(drawn["classes"]), rule.plate_class


def test_the_colour_that_was_read_goes_before(desks: SiteDesks) -> None:
    page = desks.open()
    for colour in (c for c in PlateColour if c is not PlateColour.UNKNOWN):
        drawn = page.evaluate(DRAW, {"text": "川C12345", "plate_class": "small_car", "colour": colour})
        assert f"plate-{colour}" in drawn["classes"]
        dark = colour in (PlateColour.BLUE, PlateColour.BLACK)
        assert (drawn["ink"] == "rgb(255, 255, 255)") == dark, colour


def test_the_dot_stands_where_it_is_printed(desks: SiteDesks) -> None:
    page = desks.open()
    for text in EXAMPLES.values():
        drawn = page.evaluate(DRAW, {"text": text, "plate_class": "unknown", "colour": "unknown"})
        assert drawn["words"] == display(text)
