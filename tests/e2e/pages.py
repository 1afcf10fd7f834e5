"""Every page of the console with something on it, for the tests that hold all of them to a rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from central.people import Role
from tests.e2e.conftest import SiteDesks
from tests.e2e.site import GONGJING, HUIDONG, YANTAN, Site


def probe(name: str) -> str:
    """A function to be run in a page, from the folder of probes."""
    return (Path(__file__).parent / "probes" / f"{name}.js").read_text(encoding="utf-8")


def choose(page: Page, field: str, text: str) -> None:
    """Choose the option of this text in the field of this id."""
    page.click(f"#{field}")
    page.locator(".ant-select-dropdown:visible .ant-select-item-option", has_text=text).first.click()
    page.keyboard.press("Escape")


def furnish(site: Site) -> None:
    """Something to see on each page; once a site."""
    if any(node.beat.node_id == f"edge-{HUIDONG.id}" for node in site.records.fleet.nodes()):
        return
    site.order("川L10001", priority=1, danger_note="可能持刀，勿单独接近")
    site.order("川L1000A", priority=3)
    site.pass_by("川L10001", checkpoint=GONGJING, ago=timedelta(minutes=9))
    site.pass_by("川L1000A", checkpoint=YANTAN, unsure=(3, "8"))
    site.pass_by("川LAD1234", checkpoint=YANTAN, unread_reason="blurred")
    site.pass_by("川L10001", checkpoint=HUIDONG)
    site.beat(YANTAN, error="RTSP: connection refused")
    site.beat(HUIDONG)
    site.wait_stored(4)


def all_pages(site: Site, desks: SiteDesks, *, prepare: str = "", **options: Any) -> Iterator[tuple[str, Page]]:
    """(name, page) of each, one after another. `prepare` is run in the page before anybody signs in."""
    furnish(site)
    login = desks.open(**options)
    if prepare:
        login.evaluate(prepare)
        login.reload()
    expect(login.locator("#username")).to_be_visible()
    yield "login", login

    for username, role, visits in _VISITS:
        page = desks.sign_in(username, role, prepare=prepare, **options)
        for name, address, ready in visits:
            page.goto(f"{site.url}/#/{address}")
            if name == "track":
                page.fill("#field-plate", "川L10001")
                page.fill("#field-reason", "追查")
                page.fill("#field-case_number", "川公交[2026]0002号")
                page.click("form.track-form [type=submit]")
            expect(page.locator(ready).first).to_be_visible()
            yield name, page
        if role is Role.OPERATOR:
            yield from _watch_closer(page)


def _watch_closer(page: Page) -> Iterator[tuple[str, Page]]:
    page.goto(page.url.split("#")[0] + "#/watch")
    page.locator(".queue-row").first.click()
    expect(page.locator(".alert-detail")).to_be_visible()
    yield "alert", page
    page.click("[data-action=misread]")
    expect(page.locator("#step-field")).to_be_visible()
    yield "step form", page
    page.keyboard.press("Escape")
    page.click("[data-action=keys]")
    expect(page.locator("dialog[open]")).to_be_visible()
    yield "keys", page
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('table.passages button').click()")
    expect(page.locator("dialog[open]")).to_be_visible()
    yield "passage", page
    page.keyboard.press("Escape")


_VISITS = (
    (
        "li.jing",
        Role.OPERATOR,
        (
            ("nodes", "nodes", ".card"),
            ("denied", "track", ".state-denied"),
            ("watch", "watch", ".queue-row"),
        ),
    ),
    (
        "chen.yu",
        Role.APPLICANT,
        (("orders", "orders", "table.orders"), ("order form", "orders/new", "form.form")),
    ),
    ("chen.gang", Role.INVESTIGATOR, (("track", "track", ".track-table"),)),
    ("liu.yang", Role.AUDITOR, (("audit", "audit", "table.audit"),)),
)
