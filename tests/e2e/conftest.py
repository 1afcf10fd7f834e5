"""Chromium, a centre to look at, and pages that fail the test when they misbehave."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from central.people import Role
from tests.e2e.site import PASSWORD, Site, running_site

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome")
#: Slow machines are no failures; a page that never shows it is.
PATIENCE_MS = 15_000
#: What a browser says by itself of an answer that isn't 2xx, and of a server that is away: expected in places.
EXPECTED_MESSAGES = ("Failed to load resource", "WebSocket connection to")
D = TypeVar("D", bound="Desks")


def browser_program() -> str | None:
    """Where the browser is; None: nowhere."""
    return os.environ.get("BUKONG_CHROMIUM") or next((p for n in NAMES if (p := shutil.which(n))), None)


@pytest.fixture(scope="module")
def chromium() -> str:
    """The browser's program."""
    found = browser_program()
    if found is None:
        message = f"no browser: expected one of {', '.join(NAMES)} on PATH, or BUKONG_CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


ROOT = Path(__file__).parents[2]
WEB = ROOT / "central" / "console" / "web"


@pytest.fixture(scope="session")
def built_console() -> None:
    """The console as its sources are now; built where it is not."""
    page = WEB.parent / "built" / "index.html"
    sources = (path for path in (WEB / "src").rglob("*") if path.is_file() and path.name != "schema.d.ts")
    if page.exists() and page.stat().st_mtime >= max(path.stat().st_mtime for path in sources):
        return
    done = subprocess.run(["make", "console"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"no console: {done.stderr.strip()[-500:]}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


# Module scope for both: an open Playwright keeps an event loop in the main thread, and an open chDB keeps the
# process's one engine; other modules want either.
@pytest.fixture(scope="module")
def browser(chromium: str, built_console: None) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site


class Desks:
    """Pages opened for one test, each at a desk of its own, and what must not happen on them."""

    def __init__(self, url: str, browser: Browser) -> None:
        self.url = url
        self.contexts: list[BrowserContext] = []
        self._browser = browser
        self._requests: list[str] = []
        self._complaints: list[str] = []

    def open(self, path: str = "/", **options: Any) -> Page:
        """A page in a browser context of its own; `options` are the context's."""
        settings: dict[str, Any] = {
            "viewport": {"width": 1440, "height": 900},
            "timezone_id": "Asia/Shanghai",
            "locale": "zh-CN",
        }
        context = self._browser.new_context(**(settings | options))
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        page = context.new_page()
        page.on("request", self._requested)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._complaints.append(f"page error: {error}"))
        page.goto(self.url + path)
        return page

    def enter(
        self, username: str, password: str, *, path: str = "/", prepare: str = "", **options: Any
    ) -> Page:
        """A page with this user signed in; `prepare` is run in it before."""
        page = self.open(path, **options)
        if prepare:
            page.evaluate(prepare)
            page.reload()
        page.fill("#username", username)
        page.fill("#password", password)
        page.click("button[type=submit]")
        expect(page.locator("header.bar")).to_be_visible()
        return page

    def check(self) -> None:
        """None of the pages asked another host, threw, or broke the content policy."""
        host = urlsplit(self.url).netloc
        elsewhere = [url for url in self._requests if urlsplit(url).netloc not in ("", host)]
        assert not elsewhere, f"requests to other hosts: {elsewhere}"
        assert not self._complaints, "the page complained:\n" + "\n".join(self._complaints)

    def _requested(self, request: Request) -> None:
        self._requests.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED_MESSAGES):
            self._complaints.append(f"{message.type}: {message.text}")


class SiteDesks(Desks):
    """Desks at a site, whose users are made as they are wanted."""

    def __init__(self, site: Site, browser: Browser) -> None:
        super().__init__(site.url, browser)
        self._site = site

    def sign_in(self, username: str, *roles: Role, **options: Any) -> Page:
        """As `enter`; the user is made where there is none."""
        self._site.user(username, *roles)
        return self.enter(username, PASSWORD, **options)


@pytest.fixture
def desks(site: Site, browser: Browser, request: pytest.FixtureRequest) -> Iterator[SiteDesks]:
    """Opens pages; what they did is checked afterwards."""
    with checked(SiteDesks(site, browser), request) as desks:
        yield desks


@contextmanager
def checked(desks: D, request: pytest.FixtureRequest) -> Iterator[D]:
    """Check the desks at the end, photograph them if the test failed, close them."""
    failed = True
    try:
        yield desks
        failed = request.node.stash.get(FAILED, False)
        desks.check()
    finally:
        for number, context in enumerate(desks.contexts):
            if failed:
                _photograph(context, request.node.name, number)
            context.close()


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


def _photograph(context: BrowserContext, name: str, number: int) -> None:
    """Where BUKONG_E2E_SHOTS names a folder, a failed test leaves its pages there."""
    folder = os.environ.get("BUKONG_E2E_SHOTS")
    if folder and context.pages:
        path = Path(folder) / f"{name}-{number}.png"
        context.pages[0].screenshot(path=path, full_page=True)


@pytest.fixture
def operator(desks: SiteDesks) -> Page:
    """The watch, with an operator signed in and the live link up."""
    page = desks.sign_in("li.jing", Role.OPERATOR)
    expect(page.locator(".link[data-state=live]")).to_be_visible()
    return page
