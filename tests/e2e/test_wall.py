"""The big screen: what a room may see, how large, and by which keys."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from central.people import Role
from tests.e2e.conftest import SiteDesks
from tests.e2e.measure import wait_for
from tests.e2e.site import GONGJING, HUIDONG, Site

pytestmark = pytest.mark.browser


def raise_some(site: Site) -> None:
    site.order("川F10001", priority=1, danger_note="可能持刀，勿单独接近", reason="盗抢机动车")
    site.order("川F10002", priority=3, reason="逾期未检")
    site.pass_by("川F10001", checkpoint=HUIDONG)
    site.pass_by("川F10002", checkpoint=GONGJING)


def test_a_room_sees_where_and_how_many_and_nothing_personal(site: Site, operator: Page) -> None:
    raise_some(site)
    expect(operator.locator('.queue-item [data-plate="川F10002"]')).to_be_visible()
    operator.keyboard.press("w")
    wall = operator.locator(".wall")
    expect(wall.locator('.wall-row [data-plate="川F10001"]')).to_be_visible()
    expect(wall.locator(".wall-row").first).to_have_class("wall-row priority-1")
    expect(wall.locator("[data-wall-figure=open]")).not_to_have_text("—")
    expect(wall.locator(".map-alert")).to_have_count(2)
    expect(operator.locator("header.bar")).to_be_hidden()
    for kept in ("可能持刀", "盗抢机动车", "川公交", "王磊", "li.jing"):
        expect(wall).not_to_contain_text(kept)
    assert wall.locator("img").count() == 0

    operator.keyboard.press("p")
    expect(wall.locator(".wall-row .plate").first).to_contain_text("•••••")
    expect(wall).not_to_contain_text("10001")
    operator.keyboard.press("w")
    expect(operator.locator(".watch")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (3840, 2160)])
def test_it_is_read_from_five_metres(site: Site, desks: SiteDesks, width: int, height: int) -> None:
    """A screen of 65 inches is 1.43 m wide. What is read at a distance d should be d/200 high: 25 mm."""
    raise_some(site)
    page = desks.sign_in("li.jing", Role.OPERATOR, viewport={"width": width, "height": height})
    page.goto(f"{site.url}/#/wall")
    expect(page.locator(".wall-row").first).to_be_visible()
    millimetres = 1430 / width
    for what in (".wall-figure dd", ".wall-row .plate", ".wall-priority"):
        size = page.locator(what).first.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")
        assert size * 0.72 * millimetres >= 24, f"{what}: {size * 0.72 * millimetres:.0f} mm"
    assert page.evaluate("document.documentElement.scrollHeight") <= height
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beyond = page.locator(".wall-row").evaluate_all(
        "(rows) => rows.filter((row) => row.scrollWidth > row.clientWidth + 1).length"
    )
    assert beyond == 0


def test_full_screen_by_a_key(site: Site, desks: SiteDesks) -> None:
    page = desks.sign_in("li.jing", Role.OPERATOR)
    page.goto(f"{site.url}/#/wall")
    expect(page.locator(".wall")).to_be_visible()
    page.keyboard.press("f")
    wait_for(page, "document.fullscreenElement !== null", seconds=10)
    expect(page.locator(".wall-buttons")).to_be_hidden()
    page.keyboard.press("f")
    wait_for(page, "document.fullscreenElement === null", seconds=10)


def test_only_who_watches(site: Site, desks: SiteDesks) -> None:
    page = desks.sign_in("chen.gang", Role.INVESTIGATOR, path="/#/wall")
    expect(page.locator(".state-denied")).to_be_visible()
