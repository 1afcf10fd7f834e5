"""Orders: drafted, submitted, decided by a second person, and then an alert."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from central.order import OrderState
from central.people import Role
from tests.e2e.conftest import SiteDesks
from tests.e2e.pages import choose
from tests.e2e.site import YANTAN, Site

pytestmark = pytest.mark.browser

FIELDS = {
    "plate": "川c·e100o",
    "reason": "盗抢机动车",
    "case_number": "川公刑立字[2026]0001号",
    "legal_basis": "公安机关办理刑事案件程序规定",
    "contact": "王磊 110",
    "danger_note": "可能持刀",
    "instructions": "拦停后核验车架号",
}


def draft(page: Page, **changes: str) -> None:
    """Fill in the form and save it."""
    page.click("text=新建布控")
    for name, value in (FIELDS | changes).items():
        page.fill(f"#field-{name}", value)
    choose(page, "field-priority", "1 级（特急）")
    page.click("form.form [type=submit]")


def move(page: Page, name: str, reason: str = "") -> None:
    page.click(f"[data-move={name}]")
    if reason:
        page.fill("#move-reason", reason)
    page.click(".step-form [type=submit]")


def state(page: Page) -> str:
    return page.locator(".order-head .tag").inner_text()


def test_from_a_draft_to_a_live_alert(site: Site, desks: SiteDesks) -> None:
    operator = desks.sign_in("li.jing", Role.OPERATOR)
    applicant = desks.sign_in("chen.yu", Role.APPLICANT)
    approver = desks.sign_in("zhou.ping", Role.APPROVER)
    expect(approver.locator("h1")).to_have_text("布控")

    draft(applicant, plate="川c·e100o")
    expect(applicant.locator(".order-head .plate")).to_have_attribute("data-plate", "川CE1000")
    assert state(applicant) == "草稿"
    expect(applicant.locator(".order-detail .danger")).to_contain_text("可能持刀")
    move(applicant, "submit")
    expect(applicant.locator(".order-head .tag")).to_have_text("待审批")

    # The approver's list learns it by itself.
    approver.click('table.orders a:has([data-plate="川CE1000"])')
    move(approver, "approve")
    expect(approver.locator(".order-head .tag")).to_have_text("布控中")
    expect(approver.locator(".order-detail .history")).to_contain_text("zhou.ping")
    expect(applicant.locator(".order-head .tag")).to_have_text("布控中")

    site.pass_by("川CE1000")
    alert = operator.locator('.queue-item:has([data-plate="川CE1000"])')
    expect(alert).to_contain_text("盗抢机动车")
    expect(alert).to_contain_text("1 级")
    expect(alert.locator(".danger-mark")).to_be_visible()


def test_a_plate_that_is_none_is_refused_at_its_field(desks: SiteDesks) -> None:
    page = desks.sign_in("chen.yu", Role.APPLICANT)
    draft(page, plate="川C1234")
    plate = page.locator(".field:has(#field-plate)")
    expect(plate.locator(".complaint")).to_contain_text("号牌不符合号牌规则")
    expect(plate.locator(".complaint")).to_contain_text("川C1234")
    expect(page.locator("#field-plate")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#field-plate")).to_be_focused()
    expect(page.locator("#field-reason")).to_have_value(FIELDS["reason"])
    page.fill("#field-plate", "川CE2000")
    page.click("form.form [type=submit]")
    expect(page.locator(".order-head .plate")).to_have_attribute("data-plate", "川CE2000")


def test_who_applies_can_not_approve(site: Site, desks: SiteDesks) -> None:
    page = desks.sign_in("both", Role.APPLICANT, Role.APPROVER)
    draft(page, plate="川CE3000")
    move(page, "submit")
    expect(page.locator(".order-head .tag")).to_have_text("待审批")
    expect(page.locator("[data-move=approve]")).to_have_count(0)
    # Nor by going around the page.
    order = next(o for o in site.records.orders.page(limit=10) if o.request.plate == "川CE3000")
    answer = page.evaluate(
        """async (id) => {
          const { csrf } = await (await fetch("/api/session")).json();
          const headers = { "X-CSRF-Token": csrf };
          return (await fetch(`/api/orders/${id}/approve`, { method: "POST", headers })).status;
        }""",
        order.order_id,
    )
    assert answer == 403
    assert site.records.orders.get(order.order_id).state is OrderState.SUBMITTED


def test_a_rejection_says_why(site: Site, desks: SiteDesks) -> None:
    applicant = desks.sign_in("chen.yu", Role.APPLICANT)
    draft(applicant, plate="川CE4000")
    move(applicant, "submit")
    expect(applicant.locator(".order-head .tag")).to_have_text("待审批")
    approver = desks.sign_in("zhou.ping", Role.APPROVER)
    choose(approver, "order-state", "待审批")
    approver.click('table.orders a:has([data-plate="川CE4000"])')
    approver.click("[data-move=reject]")
    approver.click(".step-form [type=submit]")  # without a reason it goes nowhere
    expect(approver.locator(".order-head .tag")).to_have_text("待审批")
    approver.fill("#move-reason", "依据不足")
    approver.click(".step-form [type=submit]")
    expect(applicant.locator(".order-head .tag")).to_have_text("已驳回")
    expect(applicant.locator(".order-detail .history")).to_contain_text("依据不足")


def test_a_withdrawn_order_raises_nothing_more(site: Site, desks: SiteDesks) -> None:
    operator = desks.sign_in("li.jing", Role.OPERATOR)
    site.order("川CE5000")
    site.order("川CE5001")
    approver = desks.sign_in("zhou.ping", Role.APPROVER)
    approver.click('table.orders a:has([data-plate="川CE5000"])')
    move(approver, "withdraw", "车辆已找到")
    expect(approver.locator(".order-head .tag")).to_have_text("已撤控")
    expect(approver.locator(".order-detail .history")).to_contain_text("车辆已找到")
    site.pass_by("川CE5000")
    site.pass_by(
        "川CE5001"
    )  # the matcher keeps their order: when this one's alert is there, the other's never comes
    expect(operator.locator('.queue-item [data-plate="川CE5001"]')).to_be_visible()
    expect(operator.locator('.queue-item [data-plate="川CE5000"]')).to_have_count(0)


def test_scope_colour_and_validity_are_what_was_asked(site: Site, desks: SiteDesks) -> None:
    page = desks.sign_in("chen.yu", Role.APPLICANT)
    page.click("text=新建布控")
    for name, value in (FIELDS | {"plate": "川CE6000"}).items():
        page.fill(f"#field-{name}", value)
    choose(page, "field-colour", "蓝牌")
    choose(page, "field-checkpoints", YANTAN.name)
    page.check("input[name=directions][value=outbound]")
    page.fill("#field-valid_until", "2036-05-01 08:30")
    page.keyboard.press("Enter")
    page.click("form.form [type=submit]")
    expect(page.locator(".order-detail")).to_contain_text("沿滩大道卡口")
    expect(page.locator(".order-detail")).to_contain_text("2036-05-01 08:30:00 UTC+8")
    order = next(o for o in site.records.orders.page(limit=10) if o.request.plate == "川CE6000")
    assert order.request.checkpoints == {YANTAN.id}
    assert order.request.directions == {"outbound"}
    assert order.request.colour == "blue"
    assert order.request.valid_until.isoformat() == "2036-05-01T00:30:00+00:00"


def test_switching_the_language_keeps_what_was_typed(desks: SiteDesks) -> None:
    page = desks.sign_in("chen.yu", Role.APPLICANT)
    page.click("text=新建布控")
    page.fill("#field-plate", "川CE7000")
    page.fill("#field-reason", "盗抢机动车")
    choose(page, "field-checkpoints", YANTAN.name)
    page.click("[data-switch=language]")
    expect(page.locator("form.form h2")).to_have_text("Draft an order")
    expect(page.locator("#field-plate")).to_have_value("川CE7000")
    expect(page.locator("#field-reason")).to_have_value("盗抢机动车")
    expect(page.locator(".field:has(#field-checkpoints)")).to_contain_text(YANTAN.name)


def test_a_user_without_the_right_sees_why_there_is_nothing(desks: SiteDesks) -> None:
    page = desks.sign_in("liu.yang", Role.INVESTIGATOR)
    expect(page.locator("nav a")).to_have_text(["轨迹", "研判", "案件", "调阅授权"])
    page.goto(page.url.split("#")[0] + "#/orders")
    expect(page.locator("main")).to_contain_text("无权查看")
