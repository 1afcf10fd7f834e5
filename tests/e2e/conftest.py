"""Chromium, a centre to look at, and pages that fail the test when they misbehave."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
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


@pytest.fixture(scope="module")
def chromium() -> str:
    """The browser's program."""
    found = os.environ.get("BUKONG_CHROMIUM") or next((p for n in NAMES if (p := shutil.which(n))), None)
    if found is None:
        message = f"no browser: expected one of {', '.join(NAMES)} on PATH, or BUKONG_CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


# Module scope for both: an open Playwright keeps an event loop in the main thread, and an open chDB keeps the
# process's one engine; other modules want either.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@dataclass  # no slots: Playwright leaves attributes on whose methods listen
class Watched:
    """Pages opened for one test, and what must not happen on them."""

    site: Site
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def open(self, path: str = "/", **options: Any) -> Page:
        """A page in a browser context of its own: another person at another desk."""
        settings: dict[str, Any] = {
            "viewport": {"width": 1440, "height": 900},
            "timezone_id": "Asia/Shanghai",
            "locale": "zh-CN",
        }
        context = self.browser.new_context(**(settings | options))
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        page = context.new_page()
        page.on("request", self._requested)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.messages.append(f"page error: {error}"))
        page.goto(self.site.url + path)
        return page

    def sign_in(self, username: str, *roles: Role, path: str = "/", prepare: str = "", **options: Any) -> Page:
        """A page with this user (made where there is none) signed in; `prepare` is run in it before."""
        self.site.user(username, *roles)
        page = self.open(path, **options)
        if prepare:
            page.evaluate(prepare)
            page.reload()
        page.fill("#username", username)
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        expect(page.locator("header.bar")).to_be_visible()
        return page

    def check(self) -> None:
        host = urlsplit(self.site.url).netloc
        elsewhere = [url for url in self.requests if urlsplit(url).netloc not in ("", host)]
        assert not elsewhere, f"requests to other hosts: {elsewhere}"
        assert not self.messages, "the page complained:\n" + "\n".join(self.messages)

    def _requested(self, request: Request) -> None:
        self.requests.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED_MESSAGES):
            self.messages.append(f"{message.type}: {message.text}")


@pytest.fixture
def desks(site: Site, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """Opens pages; afterwards none may have asked another host, thrown, or broken the content policy."""
    watched = Watched(site, browser)
    failed = True
    try:
        yield watched
        failed = request.node.stash.get(FAILED, False)
        watched.check()
    finally:
        for number, context in enumerate(watched.contexts):
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
def operator(desks: Watched) -> Page:
    """The watch, with an operator signed in and the live link up."""
    page = desks.sign_in("li.jing", Role.OPERATOR)
    expect(page.locator(".link[data-state=live]")).to_be_visible()
    return page
