"""Both languages, everywhere: nothing is left in the other one."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import SiteDesks
from tests.e2e.pages import all_pages, probe
from tests.e2e.site import Site

#: Each goes through every page: minutes where the machine is busy.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

TEXTS = probe("texts")
#: A text that names a key is one that no dictionary has.
KEY = r"^[a-z_]+(\.[a-z_0-9]+)+$"


@pytest.mark.parametrize(
    ("language", "foreign"),
    [("en", r"\p{Script=Han}|[，。；：（）]"), ("zh-CN", r"[A-Za-z]{3,}")],
    ids=["english", "chinese"],
)
def test_every_page_speaks_one_language(site: Site, desks: SiteDesks, language: str, foreign: str) -> None:
    choose = f"localStorage.setItem('bukong.language', JSON.stringify('{language}'))"
    for name, page in all_pages(site, desks, prepare=choose):
        assert page.locator("html").get_attribute("lang") == language
        texts = page.evaluate(TEXTS)
        assert len(texts) > 5, f"{name}: hardly a text; is the page there?"
        left = page.evaluate(
            f"(texts) => texts.map(t => t.replace(/UTC[+-][0-9:]+|bukong|JavaScript/g, ''))"
            f".filter(t => /{foreign}/u.test(t) || /{KEY}/.test(t))",
            texts,
        )
        assert not left, f"{name}: not in {language}: {left}"
