"""A vehicle's track: with a reason, audited, and shown as table, map and timeline."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from central.people import Role
from tests.e2e.conftest import SiteDesks
from tests.e2e.site import GONGJING, HUIDONG, YANTAN, Site

pytestmark = pytest.mark.browser


@pytest.fixture
def investigator(desks: SiteDesks) -> Page:
    return desks.sign_in("chen.gang", Role.INVESTIGATOR)


def ask(page: Page, plate: str, **fields: str) -> None:
    page.fill("#field-plate", plate)
    for name, value in fields.items():
        page.fill(f"#field-{name}", value)
    page.click("form.track-form [type=submit]")


def searches(site: Site) -> int:
    """How many the trail tells of; what else people do leaves its own entries."""
    return sum(e.record.action.startswith("passage.") for e in site.records.audit.page(limit=500))


def test_it_needs_a_reason_and_a_case_number(site: Site, investigator: Page) -> None:
    before = searches(site)
    ask(investigator, "川F10001")
    assert investigator.locator("#field-reason").evaluate("field => field.validity.valueMissing")
    ask(investigator, "川F10001", reason="肇事逃逸追查")
    assert investigator.locator("#field-case_number").evaluate("field => field.validity.valueMissing")
    # What the browser takes for a text, the server does not.
    ask(investigator, "川F10001", reason="肇事逃逸追查", case_number="   ")
    expect(investigator.locator(".field:has(#field-case_number) .complaint")).to_be_visible()
    expect(investigator.locator(".track-results")).to_contain_text("尚未查询")
    assert searches(site) == before


def test_the_way_is_shown_in_order_and_written_down(site: Site, investigator: Page) -> None:
    site.pass_by("川F20001", checkpoint=GONGJING, ago=timedelta(minutes=50))
    site.pass_by("川F20001", checkpoint=HUIDONG, ago=timedelta(minutes=31))
    site.pass_by("川F20001", checkpoint=YANTAN, ago=timedelta(minutes=12))
    site.pass_by("川F20002", checkpoint=YANTAN, ago=timedelta(minutes=11))
    site.wait_stored(4)
    ask(investigator, "川f·2ooo1", reason="肇事逃逸追查", case_number="川公交[2026]7号")
    rows = investigator.locator(".track-table tbody tr")
    expect(rows).to_have_count(3)
    for row, name in zip(rows.all(), ("贡井长土卡口", "汇东路口卡口", "沿滩大道卡口"), strict=True):
        expect(row).to_contain_text(name)
        expect(row.locator('[data-plate="川F20001"]')).to_be_visible()
        expect(row.locator("img")).to_be_visible()
    expect(investigator.locator(".map-visited")).to_have_count(3)
    expect(investigator.locator(".map-leg")).to_have_count(2)
    for number, name in enumerate(("贡井长土卡口", "汇东路口卡口", "沿滩大道卡口"), start=1):
        spot = investigator.locator(".map-spot", has_text=name)
        expect(spot.locator(".map-numbers")).to_have_text(str(number))
    slider = investigator.locator(".replay-slider")
    slider.focus()
    investigator.keyboard.press("ArrowLeft")  # the replay goes back by one
    expect(investigator.locator(".map-visited")).to_have_count(2)
    expect(investigator.locator(".map-leg")).to_have_count(1)
    expect(investigator.locator(".replay-at")).to_contain_text("汇东路口卡口")
    investigator.click("text=时间线")
    expect(investigator.locator(".timeline-dot")).to_have_count(3)
    expect(investigator.locator(".timeline-later")).to_have_count(1)
    # The pictures that were shown have their own entries.
    trail = [e for e in site.records.audit.page(limit=50) if e.record.action.startswith("passage.")]
    answered, entry = trail[:2]
    assert answered.record.action == "passage.search.answered"
    assert entry.record.action == "passage.search"
    assert entry.record.user == "chen.gang"
    assert entry.record.subject == "川F20001"
    assert entry.record.reason == "肇事逃逸追查"
    assert entry.record.case_number == "川公交[2026]7号"
    expect(investigator.locator(".track-head")).to_contain_text(str(entry.audit_id))

    rows.first.locator("button").click()
    expect(investigator.locator("dialog .evidence-scene img")).to_be_visible()


def test_nothing_found_is_said(site: Site, investigator: Page) -> None:
    ask(investigator, "川F30001", reason="肇事逃逸追查", case_number="川公交[2026]8号")
    expect(investigator.locator(".track-results")).to_contain_text("该时段内没有过车")


def test_times_are_asked_and_shown_in_the_users_zone(site: Site, desks: SiteDesks) -> None:
    site.pass_by("川F40001", ago=timedelta(minutes=5))
    page = desks.sign_in("chen.gang", Role.INVESTIGATOR, timezone_id="America/St_Johns")
    hint = page.locator(".field:has(#field-since) .hint").inner_text()
    label = next(zone for zone in ("UTC-3:30", "UTC-2:30") if zone in hint)
    site.wait_stored(1, plate="川F40001")
    ask(page, "川F40001", reason="肇事逃逸追查", case_number="川公交[2026]9号")
    expect(page.locator(".track-table thead")).to_contain_text(label)
    moment = page.locator(".track-table tbody time")
    shown, iso = moment.inner_text(), moment.get_attribute("datetime")
    assert iso is not None
    hours, minutes = (int(part) for part in label.removeprefix("UTC-").split(":"))
    utc = datetime.fromisoformat(iso)
    assert shown == (utc - timedelta(hours=hours, minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S")
