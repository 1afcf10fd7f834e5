"""Every page of the console with something on it, for the tests that hold all of them to a rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from central.alert import AlertMove, Verdict
from central.interception import UnitStatus
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
    _send_a_unit(site)
    site.beat(YANTAN, error="RTSP: connection refused")
    site.beat(HUIDONG)
    site.wait_stored(5)


def _send_a_unit(site: Site) -> None:
    """A unit that was sent, and somebody who rides with it."""
    site.user(RIDER, Role.PATROL)
    site.records.units.put("patrol-1", name="巡逻一号车", team="一中队", area_id=None, by="tests", crew=[RIDER])
    site.records.units.set_status("patrol-1", UnitStatus.FREE, by="tests")
    site.order("川L10003", priority=2, danger_note="车上可能有管制刀具", reason="盗抢机动车")
    site.pass_by("川L10003", checkpoint=GONGJING)
    dispatch(site, "川L10003", "patrol-1")


def dispatch(site: Site, plate: str, unit: str) -> str:
    """The alert of this plate, once it is there: verified, signed off, and the unit sent to it."""
    by = site.user("li.jing", Role.OPERATOR)
    deadline = site.clock.monotonic() + 20
    found = ""
    while not found:
        assert site.clock.monotonic() < deadline, f"no alert of {plate}"
        alerts = site.records.alerts.page(only_open=True, limit=500)
        found = next((f.alert.alert_id for f in alerts if f.order.request.plate == plate), "")
        site.clock.sleep(0.02)
    site.records.alerts.step(found, AlertMove.VERIFY, by=by, verdict=Verdict.CORRECT)
    site.records.alerts.step(found, AlertMove.SIGN_OFF, by=by)
    site.records.alerts.step(found, AlertMove.DISPATCH, by=by, unit=unit)
    return found


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


RIDER = "qian.feng"
_VISITS = (
    (
        "li.jing",
        Role.OPERATOR,
        (
            ("nodes", "nodes", ".card"),
            ("denied", "track", ".state-denied"),
            ("wall", "wall", ".wall-row"),
            ("watch", "watch", ".queue-row"),
        ),
    ),
    (
        "chen.yu",
        Role.APPLICANT,
        (("orders", "orders", "table.orders"), ("order form", "orders/new", "form.form")),
    ),
    ("chen.gang", Role.INVESTIGATOR, (("track", "track", ".track-table"),)),
    (RIDER, Role.PATROL, (("patrol", "patrol", ".dispatch"),)),
    ("liu.yang", Role.AUDITOR, (("audit", "audit", "table.audit"),)),
)
