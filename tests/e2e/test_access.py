"""What everybody must be able to use: one language, names for all controls, contrast, focus, small screens."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from central.people import Role
from tests.e2e.conftest import WEB, SiteDesks
from tests.e2e.pages import all_pages, furnish, probe
from tests.e2e.site import YANTAN, Site

#: Each goes through every page: minutes where the machine is busy.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

FLAWS, CONTRAST, FOCUS, TEXTS = probe("flaws"), probe("contrast"), probe("focus"), probe("texts")
#: What is in none of a language's texts; and a text that names a key is one that no dictionary has.
FOREIGN = {"en": r"\p{Script=Han}|[，。；：（）]", "zh-CN": r"[A-Za-z]{3,}"}
KEY = r"^[a-z_]+(\.[a-z_0-9]+)+$"
PHONE, DESK = (390, 844), (1440, 900)


@pytest.fixture(scope="module")
def axe() -> str:
    """The checker's own script, as npm has it."""
    found = WEB / "node_modules" / "axe-core" / "axe.min.js"
    if not found.is_file():
        message = "no axe-core: expected `npm ci` to have been run in central/console/web"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_page_is_fit_for_everybody(
    site: Site, desks: SiteDesks, axe: str, theme: str, language: str
) -> None:
    """In its language alone, with names and contrast for all, on a screen of every width."""
    choice = (
        f"localStorage.setItem('bukong.theme', '\"{theme}\"');"
        f"localStorage.setItem('bukong.language', '\"{language}\"')"
    )
    found: list[str] = []
    for name, page in all_pages(site, desks, prepare=choice):
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator("html").get_attribute("data-theme") == theme
        found += [
            f"{name}: {flaw}" for flaw in [*left_in(page, language), *unfit(page), *violations(page, axe)]
        ]
    assert found == [], "\n".join(found)


def left_in(page: Page, language: str) -> list[str]:
    """Texts of this page that are not in its language."""
    texts = page.evaluate(TEXTS)
    assert len(texts) > 5, f"hardly a text on {page.url}; is the page there?"
    left = page.evaluate(
        f"(texts) => texts.map(t => t.replace(/UTC[+-][0-9:]+|bukong|JavaScript/g, ''))"
        f".filter(t => /{FOREIGN[language]}/u.test(t) || /{KEY}/.test(t))",
        texts,
    )
    return [f"not in {language}: {text}" for text in left]


def unfit(page: Page) -> list[str]:
    """Controls without a name and the like, poor contrast, and what is wider than its screen."""
    contrast = page.evaluate(CONTRAST)
    assert contrast["measured"] > 5, page.url
    found = [str(flaw) for flaw in page.evaluate(FLAWS)] + [f"contrast {poor}" for poor in contrast["poor"]]
    for width, height in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{wide} px on a screen of {width}")
    return found


def violations(page: Page, axe: str) -> list[str]:
    """What axe finds."""
    page.evaluate(axe)
    result = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert len(result["passes"]) > 5, page.url
    return [
        f"{flaw['id']} ({flaw['impact']}): {flaw['help']} {[node['html'][:160] for node in flaw['nodes'][:3]]}"
        for flaw in result["violations"]
    ]


def test_on_a_small_screen_one_thing_at_a_time(site: Site, desks: SiteDesks) -> None:
    furnish(site)
    site.pass_by("川LAD1234", checkpoint=YANTAN)  # what is older than the live window isn't listed
    page = desks.sign_in("li.jing", Role.OPERATOR, viewport={"width": 390, "height": 844})
    page.click("[data-pane-tab=queue]")
    expect(page.locator(".alert-detail")).to_be_hidden()
    page.locator(".queue-row").first.click()
    expect(page.locator(".alert-detail")).to_be_visible()
    expect(page.locator(".queue")).to_be_hidden()
    page.click("[data-pane-tab=passages]")
    expect(page.locator("table.passages")).to_be_visible()


def test_whoever_has_ten_pages_sees_them_all(site: Site, desks: SiteDesks) -> None:
    """On a desk's usual screen, in the longer language; on a phone at least the one that is open."""
    page = desks.sign_in(
        "zhao.hong",
        Role.SUPERVISOR,
        prepare="localStorage.setItem('bukong.language', '\"en\"')",
        viewport={"width": 1366, "height": 768},
    )
    furnish(site)  # the watch bears the number of open alerts
    links = page.locator("header nav a")
    expect(links).to_have_count(10)
    assert page.locator("header nav").evaluate("(nav) => nav.scrollWidth <= nav.clientWidth")
    expect(page.get_by_role("link", name="bukong", exact=True)).to_be_visible()
    expect(page.locator(".brand span")).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 844})
    for at in (9, 0):
        links.nth(at).evaluate("(link) => { location.hash = link.hash; }")
        expect(links.nth(at)).to_have_attribute("aria-current", "page")
        expect(links.nth(at)).to_be_in_viewport(ratio=0.99)


def test_the_keyboard_alone_gets_everywhere(site: Site, desks: SiteDesks) -> None:
    furnish(site)
    for plate in ("川LAD1234", "川LAD1235"):
        site.pass_by(plate, checkpoint=YANTAN)
    page = desks.sign_in("li.jing", Role.OPERATOR)
    expect(page.locator(".queue-row").first).to_be_visible()
    expect(page.locator("[data-passage]").nth(1)).to_be_visible()
    stops: list[tuple[str, bool]] = []
    while not stops or stops[-1][0] != "BODY":  # where a lap ends
        page.keyboard.press("Tab")
        stops.append(tuple(page.evaluate(FOCUS)))
        assert len(stops) < 60, f"no end of stops: {stops}"
    names = [name for name, _ in stops]
    assert names[0] == "skip"
    assert names.count("queue-row") == 1, "one stop for the queue; arrows go on from there"
    assert sum(name.startswith("plain") for name in names) == 1, "and one for the passages"
    assert any("step " in name for name in names), "the steps are reached"
    unseen = [name for name, seen in stops if not seen and name != "BODY"]
    assert not unseen, f"focus is not seen on {unseen}"

    page.locator(".queue-row[tabindex='0']").focus()
    before = page.locator(".alert-detail").get_attribute("data-alert")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".alert-detail")).not_to_have_attribute("data-alert", str(before))
    expect(page.locator(".queue-row:focus")).to_have_attribute("aria-current", "true")

    rows = page.locator("[data-passage] button")
    page.locator("[data-passage] button[tabindex='0']").focus()
    page.keyboard.press("End")
    expect(rows.last).to_be_focused()
    expect(rows.last).to_have_attribute("tabindex", "0")
    page.keyboard.press("ArrowUp")
    expect(rows.nth(-2)).to_be_focused()
    page.keyboard.press("Home")
    expect(rows.first).to_be_focused()
