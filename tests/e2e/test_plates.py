"""Plates drawn as text: on the ground that their class has, with the dot where it is printed."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from playwright.sync_api import Page, expect

from central.people import Role
from proto.plate import RULES, PlateColour, display
from tests.e2e.conftest import SiteDesks
from tests.e2e.pages import choose

EXAMPLES = (
    "川C12345",
    "川CAD1234",
    "川C12345D",
    "川C1234挂",
    "粤ZAB12港",
    "123456使",
    "WJ川1234A",
    "VA12345",
    "川CX123应急",
)
#: What the order form offers, by its Chinese name.
COLOURS = {
    PlateColour.BLUE: "蓝牌",
    PlateColour.YELLOW: "黄牌",
    PlateColour.GREEN: "绿牌",
    PlateColour.YELLOW_GREEN: "黄绿牌",
    PlateColour.WHITE: "白牌",
    PlateColour.BLACK: "黑牌",
}


def test_each_class_has_its_ground_where_no_colour_was_read() -> None:
    console = files("central") / "console" / "web" / "src"
    grounds = json.loads((console / "parts" / "plateGrounds.json").read_text(encoding="utf-8"))
    for rule in RULES:
        assert grounds[rule.plate_class] in set(rule.colours), rule.plate_class


@pytest.fixture
def form(desks: SiteDesks) -> Page:
    """The form for an order, which draws what is typed."""
    return desks.sign_in("chen.yu", Role.APPLICANT, path="/#/orders/new")


@pytest.mark.browser
def test_the_colour_that_was_chosen_is_drawn(form: Page) -> None:
    form.fill("#field-plate", "川C12345")
    for colour, name in COLOURS.items():
        choose(form, "field-colour", name)
        chip = form.locator(f".plate-preview .plate-{colour}")
        expect(chip).to_be_visible()
        dark = colour in (PlateColour.BLUE, PlateColour.BLACK)
        ink = chip.evaluate("chip => getComputedStyle(chip).color")
        assert (ink == "rgb(255, 255, 255)") == dark, colour


@pytest.mark.browser
def test_the_dot_stands_where_it_is_printed(form: Page) -> None:
    for text in EXAMPLES:
        form.fill("#field-plate", text)
        expect(form.locator(".plate-preview .plate")).to_have_text(display(text))
