"""`python -m tests.e2e.gallery`: every page of the console, by day and by night, into docs/pictures.

The pages are those that the tests walk through (`tests.e2e.pages`), on the tests' centre: plates and people are
made up. A page that the console has and that nobody walks to is an error, so that none is forgotten.
"""

from __future__ import annotations

import logging
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import structlog
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from central.people import Role
from tests.e2e.conftest import ARGUMENTS, ROOT, WEB, SiteDesks, browser_program
from tests.e2e.pages import RIDER, all_pages
from tests.e2e.site import Site, running_site

OUT = ROOT / "docs" / "pictures"
LIMIT = 200_000  #: bytes of a picture
DESK: ViewportSize = {"width": 1440, "height": 900}
WALL: ViewportSize = {"width": 1920, "height": 1080}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "geolocation": {"latitude": 29.341, "longitude": 104.771, "accuracy": 8},
    "permissions": ["geolocation"],
}
THEMES = {"night": "dark", "day": "light"}
#: Steps on the way that are no pages of their own.
_SKIPPED = frozenset({"denied", "step form"})


def pages_there_are() -> set[str]:
    """Names of the console's pages, as its sources list them."""
    text = (WEB / "src" / "pages.ts").read_text(encoding="utf-8")
    return set(re.findall(r'^\s*(?:\{ )?name: "(\w+)"', text, re.MULTILINE))


def keep(page: Page, name: str, *, whole: bool = False) -> Path:
    """A picture of the page as WebP, as good as the limit allows."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(700)  # maps and charts come to rest
    data = np.frombuffer(page.screenshot(full_page=whole, animations="disabled"), np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert image is not None, "the browser made no picture"
    path = OUT / f"{name.replace(' ', '-')}.webp"
    for quality in (92, 85, 75, 60, 45):
        ok, packed = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, quality])
        assert ok
        if len(packed) <= LIMIT:
            break
    path.write_bytes(packed.tobytes())
    return path


@contextmanager
def desks_at(site: Site, browser: Browser) -> Iterator[SiteDesks]:
    desks = SiteDesks(site, browser)
    try:
        yield desks
        desks.check()
    finally:
        for context in desks.contexts:
            context.close()


def photograph(site: Site, browser: Browser) -> set[str]:
    """Returns the names of what was photographed, and of the pages it stands on."""
    taken: set[str] = set()
    for when, theme in THEMES.items():
        choice = f"localStorage.setItem('bukong.theme', '\"{theme}\"')"
        with desks_at(site, browser) as desks:
            for name, page in all_pages(site, desks, prepare=choice, viewport=DESK):
                if name in _SKIPPED or name == "patrol":
                    continue
                page.set_viewport_size(WALL if name == "wall" else DESK)
                print(keep(page, f"{name}-{when}").relative_to(ROOT))
                taken |= {name, *re.findall(r"#/(\w+)", page.url)}
            phone = desks.sign_in(RIDER, Role.PATROL, prepare=choice, **PHONE)
            expect(phone.locator(".dispatch .evidence-scene img")).to_be_visible()
            print(keep(phone, f"patrol-{when}").relative_to(ROOT))
            taken.add("patrol")
    return taken


def main() -> int:
    program = browser_program()
    if program is None:
        print("no browser: expected chromium on PATH, or BUKONG_CHROMIUM", file=sys.stderr)
        return 2
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    OUT.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_site(Path(folder)) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=list(ARGUMENTS))
        taken = photograph(site, browser)
        browser.close()
    forgotten = pages_there_are() - taken
    if forgotten:
        print(f"no picture of {', '.join(sorted(forgotten))}: add it to tests/e2e/pages.py", file=sys.stderr)
    large = [path.name for path in OUT.glob("*.webp") if path.stat().st_size > LIMIT]
    if large:
        print(f"over {LIMIT} bytes: {', '.join(large)}", file=sys.stderr)
    return 1 if forgotten or large else 0


if __name__ == "__main__":
    sys.exit(main())
