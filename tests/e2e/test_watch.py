"""The watch: an alert from passage to the end of its life, as an operator sees it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from central.alert import AlertState
from central.people import Role
from tests.e2e.conftest import SiteDesks
from tests.e2e.site import PASSWORD, YANTAN, Site

pytestmark = pytest.mark.browser

LIVE = ".link[data-state=live]"
COUNT_TONES = """() => {
  window.tones = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...times) {
    window.tones += 1;
    return start.apply(this, times);
  };
}"""


def row(plate: str) -> str:
    return f'.queue-item:has([data-plate="{plate}"])'


def figure(page: Page, name: str) -> int:
    """A figure of the statistics bar; it is fetched every few seconds."""
    cell = page.locator(f"[data-figure={name}]")
    expect(cell).not_to_have_text("—")
    return int(cell.inner_text().replace(",", ""))


def test_an_alert_shows_all_an_operator_needs(site: Site, operator: Page) -> None:
    site.order("川C12345", priority=1, danger_note="可能持刀，勿单独接近", reason="盗抢机动车")
    site.pass_by("川C12345", lane=3, unsure=(4, "8"))

    operator.click(row("川C12345") + " button")
    detail = operator.locator(".alert-detail")
    expect(detail.locator(".danger")).to_contain_text("可能持刀，勿单独接近")
    chip = detail.locator(".plate-huge")
    expect(chip).to_have_attribute("data-plate", "川C12345")
    expect(chip).to_have_class(re.compile("plate-blue"))
    for said in (
        "1 级",
        "待核实",
        "精确比中",
        "汇东路口卡口",
        "3 车道",
        "进城",
        "97.2%",
        "盗抢机动车",
        "川公交[2026]0001号",
    ):
        expect(detail).to_contain_text(said)
    expect(detail).to_contain_text(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC\+8"))
    expect(detail.locator(".lattice-unsure")).to_contain_text("8 21%")


def test_the_plates_place_is_drawn_where_it_is_in_the_scene(site: Site, operator: Page) -> None:
    site.order("川C22222", priority=1)
    passage = site.pass_by("川C22222")
    operator.click(row("川C22222") + " button")
    expect(operator.locator(".alert-pictures .box-plate")).to_be_visible()
    drawn = operator.locator(".alert-pictures .box-plate").bounding_box()
    image = operator.locator(".alert-pictures .evidence-scene img").bounding_box()
    assert passage.plate_box is not None
    assert drawn is not None
    assert image is not None
    scale = image["width"] / 1280
    x, y = passage.plate_box.centre
    assert drawn["x"] + drawn["width"] / 2 == pytest.approx(image["x"] + x * scale, abs=2)
    assert drawn["y"] + drawn["height"] / 2 == pytest.approx(image["y"] + y * scale, abs=2)
    assert drawn["width"] >= passage.plate_box.width * scale


def test_a_picture_that_comes_later_takes_its_place(site: Site, operator: Page) -> None:
    site.order("川C33333", priority=1)
    site.pass_by("川C33333", upload=False)
    operator.click(row("川C33333") + " button")
    crop = operator.locator(".comparison-picture .evidence")
    expect(crop).to_contain_text("图片尚未送达")
    site.upload("川C33333")
    expect(crop.locator("img")).to_be_visible()
    # There, and then drawn: its bytes come a moment later.
    operator.wait_for_function(
        "() => document.querySelector('.comparison-picture .evidence img')?.naturalWidth > 0"
    )
    expect(operator.locator(".alert-pictures .evidence-scene img")).to_be_visible()


def test_the_life_of_an_alert_by_keyboard(site: Site, operator: Page) -> None:
    site.order("川C44444", priority=1)
    site.pass_by("川C44444")
    operator.click(row("川C44444") + " button")
    state = operator.locator(".alert-head .tag").first

    def press(key: str) -> None:
        operator.keyboard.press(key)

    def confirm(words: str = "") -> None:
        operator.locator("#step-field").fill(words)
        press("Enter")

    expect(operator.locator(".steps-buttons button")).to_have_count(3)
    press("c")
    expect(state).to_have_text("已核实")
    press("s")
    expect(state).to_have_text("已签收")
    press("d")
    press("Enter")  # a dispatch without a unit goes nowhere
    expect(state).to_have_text("已签收")
    confirm("巡逻一中队 3 号车")
    expect(state).to_have_text("已派警")
    press("i")
    confirm("高速出口拦停")
    expect(state).to_have_text("已拦截")
    press("f")
    confirm("驾驶人已控制")
    expect(state).to_have_text("已反馈")
    press("e")
    confirm()
    expect(state).to_have_text("已办结")

    expect(operator.locator(".steps-buttons")).to_contain_text("该预警已结束")
    history = operator.locator(".alert-detail .history li")
    expect(history).to_have_count(7)
    expect(history.nth(3)).to_contain_text("巡逻一中队 3 号车")
    expect(history.nth(3)).to_contain_text("li.jing")
    expect(operator.locator(row("川C44444"))).to_have_count(0)
    operator.click("[data-filter=ended]")
    expect(operator.locator(row("川C44444"))).to_contain_text("已办结")


def test_a_misread_ends_as_a_false_alert_and_is_counted(site: Site, operator: Page) -> None:
    site.order("川C55555", priority=1)
    site.pass_by("川C55555")
    operator.click(row("川C55555") + " button")
    false_alerts = figure(operator, "false_alerts_today")
    operator.click("[data-action=misread]")
    expect(operator.locator(".alert-head .tag").first).to_have_text("待核实")  # it asks first
    operator.fill("#step-field", "实为川C55556")
    operator.click(".step-form [type=submit]")
    expect(operator.locator(".alert-head .tag").first).to_have_text("误报")
    expect(operator.locator("[data-figure=false_alerts_today]")).to_have_text(str(false_alerts + 1))
    found = [
        a for a in site.records.alerts.page(only_open=False, limit=50) if a.order.request.plate == "川C55555"
    ]
    assert [a.alert.state for a in found] == [AlertState.FALSE_ALERT]
    assert found[0].alert.steps[-1].note == "实为川C55556"


def test_after_sign_off_only_a_misread_is_left_of_the_verification(site: Site, operator: Page) -> None:
    site.order("川C66660", priority=1)
    site.pass_by("川C66660")
    operator.click(row("川C66660") + " button")
    operator.keyboard.press("c")
    expect(operator.locator("[data-action=sign_off]")).to_be_visible()
    operator.keyboard.press("s")
    expect(operator.locator("[data-action=dispatch]")).to_be_visible()
    shown = operator.locator(".steps-buttons [data-action]").evaluate_all(
        "all => all.map(b => b.dataset.action)"
    )
    assert shown == ["dispatch", "not_needed", "misread"]


def test_a_key_right_after_a_choice_is_for_what_was_chosen(site: Site, operator: Page) -> None:
    for plate in ("川C67001", "川C67002"):
        site.order(plate, priority=1)
        site.pass_by(plate)
        expect(operator.locator(row(plate))).to_be_visible()
    operator.click(row("川C67001") + " button")
    operator.locator(row("川C67002") + " button").evaluate(
        """(button) => {
          button.click();
          document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "c", bubbles: true }));
        }"""
    )
    expect(operator.locator(row("川C67002"))).to_contain_text("已核实")
    expect(operator.locator(row("川C67001"))).to_contain_text("待核实")


def test_the_most_urgent_stands_first_and_the_selection_stays(site: Site, operator: Page) -> None:
    site.order("川C70001", priority=4)
    site.order("川C70002", priority=1)
    site.order("川C70003", priority=1)
    site.pass_by("川C70001")
    operator.click(row("川C70001") + " button")
    site.pass_by("川C70002")
    site.pass_by("川C70003")
    expect(operator.locator(row("川C70003"))).to_be_visible()
    order = operator.locator(".queue-item .plate").evaluate_all("all => all.map(p => p.dataset.plate)")
    assert order.index("川C70003") < order.index("川C70002") < order.index("川C70001")
    expect(operator.locator(".plate-huge")).to_have_attribute("data-plate", "川C70001")


def test_what_a_colleague_does_shows_at_once(site: Site, operator: Page, desks: SiteDesks) -> None:
    site.order("川C80001", priority=1)
    site.pass_by("川C80001")
    colleague = desks.sign_in("he.fang", Role.OPERATOR)
    for page in (operator, colleague):
        page.click(row("川C80001") + " button")
    operator.keyboard.press("c")
    expect(colleague.locator(".alert-head .tag").first).to_have_text("已核实")
    expect(colleague.locator("[data-action=sign_off]")).to_be_visible()
    expect(colleague.locator(".alert-detail .history")).to_contain_text("li.jing")


def test_a_supervisor_looks_on_without_steps(site: Site, desks: SiteDesks) -> None:
    site.order("川C80002", priority=1)
    site.pass_by("川C80002")
    page = desks.sign_in("zhao.hong", Role.SUPERVISOR)
    page.click(row("川C80002") + " button")
    expect(page.locator(".steps-buttons")).to_contain_text("当前没有您可以执行的操作")
    expect(page.locator(".steps-buttons button")).to_have_count(0)


def test_passages_run_beside_with_their_crops(site: Site, operator: Page) -> None:
    site.pass_by("川CAD1234", checkpoint=YANTAN)
    site.pass_by("渝D5G678", unread_reason="blurred")
    table = operator.locator("table.passages")
    read = table.locator('tr:has([data-plate="川CAD1234"])')
    expect(read.locator(".plate-green")).to_be_visible()
    expect(read).to_contain_text("沿滩大道卡口")
    expect(read.locator("img")).to_be_visible()
    unread = table.locator("tr", has_text="未识读").first
    expect(unread).to_contain_text("模糊")
    unread.locator("button").click()
    expect(operator.locator("dialog")).to_contain_text("模糊")
    operator.keyboard.press("Escape")
    expect(operator.locator("dialog")).to_have_count(0)


def test_a_late_passage_stands_where_it_belongs(site: Site, operator: Page) -> None:
    site.pass_by("川C90001", ago=timedelta(minutes=5))
    site.pass_by("川C90002")
    site.pass_by("川C90003", ago=timedelta(minutes=2))
    expect(operator.locator('tr [data-plate="川C90003"]')).to_be_visible()
    order = operator.locator("table.passages .plate").evaluate_all("all => all.map(p => p.dataset.plate)")
    assert order.index("川C90002") < order.index("川C90003") < order.index("川C90001")


def test_sound_only_when_switched_on(site: Site, desks: SiteDesks) -> None:
    page = desks.sign_in("sun.lei", Role.OPERATOR)
    page.evaluate(COUNT_TONES)
    site.order("川C91001", priority=2)
    site.pass_by("川C91001")
    expect(page.locator(row("川C91001"))).to_be_visible()
    assert page.evaluate("window.tones") == 0
    page.click("[data-switch=sound]")
    expect(page.locator("[data-switch=sound]")).to_have_attribute("aria-pressed", "true")
    site.order("川C91002", priority=1)
    site.pass_by("川C91002")
    expect(page.locator(row("川C91002"))).to_be_visible()
    assert page.evaluate("window.tones") == 3


def test_single_keys_can_be_switched_off(site: Site, operator: Page) -> None:
    site.order("川C92001", priority=1)
    site.pass_by("川C92001")
    operator.click(row("川C92001") + " button")
    operator.keyboard.press("?")
    expect(operator.locator("dialog")).to_contain_text("签收")
    operator.locator("dialog input[type=checkbox]").uncheck()
    operator.keyboard.press("Escape")
    operator.keyboard.press("m")
    expect(operator.locator(".step-form")).to_have_count(0)


def test_a_lane_that_nobody_knows_is_not_called_nought(site: Site, operator: Page) -> None:
    site.pass_by("川C93001", lane=0)
    passage = operator.locator('tr:has([data-plate="川C93001"])')
    expect(passage).to_contain_text("车道不明")


def test_a_slow_answer_drops_no_alert_raised_meanwhile(site: Site, desks: SiteDesks) -> None:
    site.user("slow.line", Role.OPERATOR)
    page = desks.open()
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/api/alerts?open=true*", lambda route: held.append((route, route.fetch())))
    page.fill("#username", "slow.line")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator(LIVE)).to_be_visible()
    for _ in range(150):  # until the answer, made before the alert, is on its way
        if held:
            break
        page.wait_for_timeout(100)
    assert held
    site.order("川C94001", priority=1)
    site.pass_by("川C94001")
    expect(page.locator(row("川C94001"))).to_be_visible()
    for route, answer in held:
        route.fulfill(response=answer)
    page.wait_for_timeout(500)
    expect(page.locator(row("川C94001"))).to_be_visible()
