"""`python -m tests.e2e.measure`: how quick the console is in a real browser on this machine.

1. The first view: a browser that was never here opens the watch with a session, until the queue is painted.
2. An alert: from the live event's arrival in the page, and from the vehicle's capture, until it is painted.
3. A thousand alerts within a minute: how long the page was held up, and how many frames a second it drew.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from central.people import Role
from proto.identity import uuid7
from tests.e2e.conftest import ARGUMENTS, browser_program
from tests.e2e.pages import furnish
from tests.e2e.site import PASSWORD, Site, running_site

FIRST_VIEW_MS, PAINTED_MS = 1500, 100
VIEW: ViewportSize = {"width": 1920, "height": 1080}
_WATCHED = """
window.painted = null;
new MutationObserver((_, observer) => {
  if (!document.querySelector('.queue-row')) return;
  observer.disconnect();
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { window.painted = performance.now(); };
    channel.port2.postMessage(null);
  });
}).observe(document, { childList: true, subtree: true });
"""
_HELD_UP = """() => {
  window.held = [];
  new PerformanceObserver((list) => { for (const e of list.getEntries()) window.held.push(e.duration); })
    .observe({ type: 'longtask' });
  window.frames = 0;
  const count = () => { window.frames += 1; requestAnimationFrame(count); };
  requestAnimationFrame(count);
}"""


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def wait_for(page: Page, what: str, *, seconds: float) -> Any:
    """What this comes to in the page, once it is true. Asked from outside: the policy allows no eval."""
    until = time.monotonic() + seconds
    while not (found := page.evaluate(what)):
        if time.monotonic() > until:
            raise TimeoutError(f"expected {what} within {seconds:.0f} s")
        page.wait_for_timeout(5)
    return found


def sign_in(browser: Browser, site: Site) -> Page:
    page = browser.new_context(viewport=VIEW, locale="zh-CN", timezone_id="Asia/Shanghai").new_page()
    page.goto(site.url)
    page.fill("#username", "li.jing")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator(".link[data-state=live]")).to_be_visible(timeout=15_000)
    return page


def first_views(browser: Browser, site: Site, times: int) -> list[float]:
    """Milliseconds, each in a browser context that has nothing in its cache."""
    page = sign_in(browser, site)
    state = page.context.storage_state()
    page.context.close()
    found = []
    for _ in range(times):
        context = browser.new_context(
            viewport=VIEW, locale="zh-CN", timezone_id="Asia/Shanghai", storage_state=state
        )
        context.add_init_script(_WATCHED)
        page = context.new_page()
        page.goto(f"{site.url}/#/watch")
        found.append(float(wait_for(page, "window.painted", seconds=30)))
        context.close()
    return found


def latencies(page: Page, count: int) -> list[dict[str, Any]]:
    """What the page measured of its own, once it has so many."""
    wait_for(page, f"window.bukong.latencies.length >= {count}", seconds=30)
    found: list[dict[str, Any]] = page.evaluate("window.bukong.latencies")
    return found


def one_by_one(page: Page, site: Site, times: int) -> list[dict[str, Any]]:
    plates = [f"川M{10_000 + n}" for n in range(times)]
    for plate in plates:
        site.order(plate)
    for number, plate in enumerate(plates, start=1):
        site.pass_by(plate)
        latencies(page, number)
    return latencies(page, times)


def a_minutes_thousand(page: Page, site: Site, count: int, seconds: float) -> tuple[list[float], float]:
    """How long the page was held up each time (over 50 ms), in milliseconds, and frames a second meanwhile."""
    site.order("川M30000", priority=3, retro=timedelta(days=60))
    first = site.pass_by("川M30000")
    page.evaluate(_HELD_UP)
    began, now = time.monotonic(), site.clock.now()
    for number in range(1, count):
        # So long one after the other that none joins another's alert.
        at = now - number * timedelta(minutes=31)
        site.publish(replace(first, passage_id=uuid7(at), captured_at=at))
        page.wait_for_timeout(max(0.0, 1000 * (began + number * seconds / count - time.monotonic())))
    spent = time.monotonic() - began
    return page.evaluate("window.held"), page.evaluate("window.frames") / spent


def machine() -> str:
    """Processor, cores, system."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), platform.machine())
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def main() -> int:
    parser = argparse.ArgumentParser(description="How quick the console is in a browser.")
    parser.add_argument("--views", type=int, default=7)
    parser.add_argument("--alerts", type=int, default=20)
    parser.add_argument("--flood", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    program = browser_program()
    if program is None:
        print("no browser: expected chromium on PATH, or BUKONG_CHROMIUM", file=sys.stderr)
        return 2
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    busy = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory() as folder,
        running_site(Path(folder)) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=list(ARGUMENTS))
        site.user("li.jing", Role.OPERATOR)
        furnish(site)
        views = first_views(browser, site, asked.views)
        page = sign_in(browser, site)
        painted = one_by_one(page, site, asked.alerts)
        event = [each["event_to_painted_ms"] for each in painted]
        captured = [each["captured_to_painted_ms"] for each in painted]
        held, frames = a_minutes_thousand(page, site, asked.flood, asked.seconds)
        version = browser.version
        browser.close()
    print(f"machine: {machine()}; Chromium {version}, headless, 1920×1080")
    print(f"other work at the start: load {busy:.1f}" + (", too much for these figures" if busy > 1 else ""))
    print(
        f"first view, empty cache ({asked.views}): median {statistics.median(views):.0f} ms, "
        f"slowest {max(views):.0f} ms (wanted: {FIRST_VIEW_MS})"
    )
    print(
        f"live event → painted ({asked.alerts}): median {statistics.median(event):.0f} ms, "
        f"95 % {percentile(event, 0.95):.0f} ms (wanted: {PAINTED_MS})"
    )
    print(
        f"capture → painted ({asked.alerts}): median {statistics.median(captured):.0f} ms, "
        f"95 % {percentile(captured, 0.95):.0f} ms"
    )
    print(
        f"{asked.flood} alerts in {asked.seconds:.0f} s: held up {len(held)} times, the longest "
        f"{max(held, default=0):.0f} ms; {frames:.0f} frames a second"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
