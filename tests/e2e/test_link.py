"""The live link breaks and comes back: what was missed is caught up, and the page says so."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from central.alert import AlertMove, Verdict
from central.people import Role
from central.records import open_records
from tests.e2e.site import Site

pytestmark = pytest.mark.browser

LIVE = ".link[data-state=live]"
LOST = ".link[data-state=lost]"


def raise_alert(site: Site, plate: str) -> None:
    """While nobody can look on: the matcher takes it up once the site is back."""
    site.order(plate, priority=1)
    site.pass_by(plate)


def test_a_restart_of_the_server_is_caught_up_and_marked(site: Site, operator: Page) -> None:
    raise_alert(site, "川D10001")
    expect(operator.locator('.queue-item [data-plate="川D10001"]')).to_be_visible()
    site.stop()
    expect(operator.locator(LOST)).to_be_visible()
    expect(operator.locator(".gap-bar[role=alert]")).to_contain_text("实时连接已断开")
    site.start()
    raise_alert(site, "川D10002")
    expect(operator.locator(LIVE)).to_be_visible()
    expect(operator.locator('.queue-item [data-plate="川D10002"]')).to_be_visible()
    expect(operator.locator('.queue-item [data-plate="川D10001"]')).to_be_visible()
    expect(operator.locator(".gap-bar-caught-up")).to_contain_text("无遗漏")
    expect(operator.locator(".gap-bar-caught-up")).to_contain_text("UTC+8")

    rows = operator.locator("table.passages tbody tr")
    mark = operator.locator("table.passages tr.gap")
    expect(mark).to_have_count(1)
    texts = rows.evaluate_all(
        "all => all.map(row => row.className || row.querySelector('.plate').dataset.plate)"
    )
    assert texts[:3] == ["川D10002", "gap gap-caught-up", "川D10001"]

    operator.click(".gap-bar-caught-up button")
    expect(operator.locator(".gap-bar")).to_have_count(0)
    expect(mark).to_have_count(1)


def test_what_can_not_be_caught_up_is_said_and_the_alerts_are_fetched(site: Site, operator: Page) -> None:
    raise_alert(site, "川D20001")
    expect(operator.locator('.queue-item [data-plate="川D20001"]')).to_be_visible()
    site.stop()
    expect(operator.locator(LOST)).to_be_visible()
    site.forget_events()
    site.start()
    expect(operator.locator(LIVE)).to_be_visible()
    expect(operator.locator(".gap-bar-lost[role=status]")).to_contain_text("部分事件无法补收")
    expect(operator.locator("table.passages tr.gap-lost")).to_have_count(1)
    raise_alert(site, "川D20002")
    expect(operator.locator('.queue-item [data-plate="川D20002"]')).to_be_visible()
    expect(operator.locator('.queue-item [data-plate="川D20001"]')).to_be_visible()


def test_an_alert_ended_while_the_link_was_down_leaves_the_queue(site: Site, operator: Page) -> None:
    raise_alert(site, "川D30001")
    item = operator.locator('.queue-item:has([data-plate="川D30001"])')
    expect(item).to_be_visible()
    by = site.user("he.fang", Role.OPERATOR)
    site.stop()
    expect(operator.locator(LOST)).to_be_visible()
    records = open_records(site.folder / "records", clock=site.clock)
    alerts = records.alerts.page(only_open=True, limit=50)
    found = next(a.alert for a in alerts if a.order.request.plate == "川D30001")
    records.alerts.step(found.alert_id, AlertMove.VERIFY, by=by, verdict=Verdict.MISREAD)
    records.close()
    site.start()
    expect(item).to_have_count(0)
    operator.click("[data-filter=ended]")
    expect(item).to_contain_text("误报")


def test_a_step_without_a_server_says_so_and_can_be_taken_again(site: Site, operator: Page) -> None:
    raise_alert(site, "川D40001")
    operator.click('.queue-item:has([data-plate="川D40001"]) button')
    expect(operator.locator(".plate-huge")).to_have_attribute("data-plate", "川D40001")
    site.stop()
    operator.click("[data-action=correct]")
    expect(operator.locator(".steps .complaint")).to_contain_text("无法连接服务器")
    site.start()
    expect(operator.locator(LIVE)).to_be_visible()
    operator.click("[data-action=correct]")
    expect(operator.locator(".alert-head .tag").first).to_have_text("已核实")
    expect(operator.locator(".steps .complaint")).to_have_count(0)
