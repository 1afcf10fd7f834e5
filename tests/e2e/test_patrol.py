"""From the dispatch to the unit's phone and back: touch, a link that breaks in between, feedback with photo."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from central.alert import AlertMove, AlertState
from central.interception import UnitStatus
from central.people import Role
from proto.plate import PlateClass
from tests.e2e.conftest import SiteDesks
from tests.e2e.pages import dispatch
from tests.e2e.pictures import pictures
from tests.e2e.site import GONGJING, HUIDONG, Site

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "geolocation": {"latitude": 29.341, "longitude": 104.771, "accuracy": 8},
    "permissions": ["geolocation"],
}
UNIT = "patrol-1"
LIVE = ".link[data-state=live]"


def crew(site: Site, username: str = "zhao.qiang", unit_id: str = UNIT) -> str:
    """Somebody who rides with the unit, and is off duty."""
    site.user(username, Role.PATROL)
    site.records.units.put(unit_id, name="巡逻一号车", team="一中队", area_id=None, by="tests", crew=[username])
    site.records.units.set_status(unit_id, UnitStatus.OFF_DUTY, by="tests")
    return username


def dispatched(site: Site, plate: str, *, unit: str = UNIT) -> str:
    """An alert that the unit was sent to, by an operator at a desk."""
    site.order(plate, priority=1, danger_note="可能持刀，勿单独接近", reason="盗抢机动车")
    site.pass_by(plate, checkpoint=GONGJING)
    return dispatch(site, plate, unit)


def photo(folder: Path) -> Path:
    """What the phone's camera took."""
    path = folder / "scene.jpg"
    path.write_bytes(pictures("川E10001", PlateClass.SMALL_CAR).scene)
    return path


def test_from_the_desk_to_the_phone_and_back(
    site: Site, desks: SiteDesks, operator: Page, tmp_path: Path
) -> None:
    who = crew(site)
    phone = desks.sign_in(who, Role.PATROL, **PHONE)
    expect(phone.locator(".state-empty")).to_contain_text("暂无派警任务")
    expect(phone.locator("[data-sharing=off]")).to_contain_text("不共享位置")
    phone.locator("[data-status=free]").tap()
    expect(phone.locator("[data-sharing=on]")).to_contain_text("正在与指挥中心共享位置")

    # The operator: verified by one key, signed off and dispatched by two.
    site.order("川E10001", priority=1, danger_note="可能持刀，勿单独接近", reason="盗抢机动车")
    site.pass_by("川E10001", checkpoint=HUIDONG)
    operator.click('.queue-item:has([data-plate="川E10001"]) button')
    state = operator.locator(".alert-head .tag").first
    operator.keyboard.press("c")
    expect(state).to_have_text("已核实")
    operator.keyboard.press("s")
    expect(state).to_have_text("已签收")
    expect(operator.locator(".candidate").first).to_have_attribute("data-unit", UNIT)
    operator.keyboard.press("1")
    expect(state).to_have_text("已派警")

    # The phone: all at once, without being asked.
    card = phone.locator(".dispatch")
    expect(card.locator(".plate-huge")).to_have_attribute("data-plate", "川E10001")
    for said in ("可能持刀，勿单独接近", "盗抢机动车", "汇东路口卡口", "拦停后核验车架号", "li.jing 同志"):
        expect(card).to_contain_text(said)
    expect(card).not_to_contain_text("川公交[2026]0001号")  # the case is not the unit's
    expect(card.locator(".evidence-scene img")).to_be_visible()
    phone.locator("[data-say=under_way]").tap()
    expect(operator.locator(".alert-detail .history")).to_contain_text("收到出发")
    expect(phone.locator(".unsent")).to_have_count(0)

    # The link is cut: what is said meanwhile is kept, and plainly marked.
    phone.context.set_offline(True)
    phone.locator("[data-say=on_scene]").tap()
    expect(phone.locator("[data-unsent=on_scene]")).to_contain_text("未发出")
    phone.locator("[data-say=intercepted]").tap()
    phone.locator("#say-note").fill("汇东路口东侧拦停")
    phone.locator("[data-say=intercepted-sure]").tap()
    expect(phone.locator("[data-unsent=intercepted]")).to_contain_text("汇东路口东侧拦停")
    phone.locator("[data-say=feedback]").tap()
    phone.locator("#say-note").fill("驾驶人已控制，车架号相符")
    phone.locator("[data-say=feedback-sure]").tap()
    expect(phone.locator(".say-form .complaint")).to_contain_text("身份")  # it has to be said
    phone.locator(".identity-choice", has_text="身份已核实").tap()
    phone.set_input_files("[data-photo=add]", photo(tmp_path))
    expect(phone.locator(".photo canvas")).to_be_visible()
    phone.locator("[data-say=feedback-sure]").tap()
    expect(phone.locator(".unsent")).to_have_count(3)
    expect(phone.locator(".patrol-link")).to_contain_text("3 步尚未发出")
    expect(state).to_have_text("已派警")  # nothing of it has come

    # It is back: all of it is sent, in order, once.
    phone.context.set_offline(False)
    expect(state).to_have_text("已反馈")
    expect(phone.locator(".unsent")).to_have_count(0)
    expect(phone.locator(".patrol-link")).to_have_count(0)
    history = operator.locator(".alert-detail .history li")
    expect(history.last).to_contain_text("身份已核实")
    expect(history.last.locator("img")).to_be_visible()
    (found,) = (
        f for f in site.records.alerts.page(only_open=True, limit=200) if f.order.request.plate == "川E10001"
    )
    steps = [step for step in found.alert.steps if step.user == who]
    assert [step.move.value for step in steps] == ["under_way", "on_scene", "intercepted", "feedback"]
    assert all(step.made_at is not None and step.made_at <= step.at for step in steps)
    made = [step.made_at for step in steps]
    assert made == sorted(made, key=str), "in the order and at the times they were made"
    assert len(steps[-1].photos) == 1

    operator.keyboard.press("e")
    operator.locator("#step-field").fill("")
    operator.keyboard.press("Enter")
    expect(state).to_have_text("已办结")
    expect(phone.locator(".say-over")).to_contain_text("任务已结束")

    phone.locator("[data-status=off_duty]").tap()
    expect(phone.locator("[data-sharing=off]")).to_be_visible()
    shared = site.records.units.get(UNIT)
    assert shared.position is not None
    assert shared.position.latitude == pytest.approx(29.341)


def test_a_step_that_was_overtaken_is_shown_with_the_reason_and_kept(site: Site, desks: SiteDesks) -> None:
    who = crew(site)
    alert_id = dispatched(site, "川E20001")
    phone = desks.sign_in(who, Role.PATROL, **PHONE)
    expect(phone.locator(f'.dispatch[data-alert="{alert_id}"]')).to_be_visible()
    phone.context.set_offline(True)
    phone.locator("[data-say=missed]").tap()
    phone.locator("#say-note").fill("向沿滩方向逃逸")
    phone.locator("[data-say=missed-sure]").tap()
    expect(phone.locator("[data-unsent=missed]")).to_be_visible()
    by = site.user("li.jing", Role.OPERATOR)
    site.records.alerts.step(alert_id, AlertMove.NOT_NEEDED, by=by, note="车主已到案")
    phone.context.set_offline(False)
    refused = phone.locator(".refused-one")
    expect(refused).to_contain_text("向沿滩方向逃逸")
    expect(refused).to_contain_text("状态已变化")
    expect(refused).to_contain_text("not_needed")  # who did what meanwhile, in the server's words
    refused.get_by_role("button", name="知道了").tap()
    expect(refused).to_have_count(0)
    assert site.records.alerts.get(alert_id).alert.state is AlertState.NOT_NEEDED


def test_a_phone_that_is_reloaded_without_a_link_has_lost_nothing(site: Site, desks: SiteDesks) -> None:
    who = crew(site)
    alert_id = dispatched(site, "川E30001")
    phone = desks.sign_in(who, Role.PATROL, **PHONE)
    expect(phone.locator(f'.dispatch[data-alert="{alert_id}"]')).to_be_visible()
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.context.set_offline(True)
    phone.locator("[data-say=under_way]").tap()
    expect(phone.locator("[data-unsent=under_way]")).to_be_visible()
    phone.reload()
    expect(phone.locator(".notice")).to_contain_text("1 步尚未发出")
    expect(phone.locator(".login")).to_contain_text("无法连接服务器")
    phone.context.set_offline(False)
    expect(phone.locator(f'.dispatch[data-alert="{alert_id}"]')).to_be_visible()
    expect(phone.locator(".history")).to_contain_text("收到出发")
    expect(phone.locator(".unsent")).to_have_count(0)
    moves = [step.move for step in site.records.alerts.get(alert_id).alert.steps]
    assert moves.count(AlertMove.UNDER_WAY) == 1


def test_the_shell_is_kept_and_nothing_of_the_police(site: Site, desks: SiteDesks) -> None:
    who = crew(site)
    alert_id = dispatched(site, "川E40001")
    phone = desks.sign_in(who, Role.PATROL, **PHONE)
    expect(phone.locator(f'.dispatch[data-alert="{alert_id}"] .evidence-scene img')).to_be_visible()
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
    kept = phone.evaluate(
        """async () => {
          const found = [];
          for (const name of await caches.keys()) {
            for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname);
          }
          return found;
        }"""
    )
    assert "/" in kept
    assert len(kept) > 5
    shell = re.compile(r"/|/assets/[\w.-]+|/[\w.-]+\.(svg|png|webmanifest)")
    assert [path for path in kept if not shell.fullmatch(path)] == []
    assert phone.evaluate("Object.keys(localStorage).every((key) => key.startsWith('bukong.'))")
    manifest = phone.evaluate("fetch('manifest.webmanifest').then((answer) => answer.json())")
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        assert phone.evaluate("(src) => fetch(src).then((answer) => answer.ok)", icon["src"])


def test_another_units_dispatch_never_comes(site: Site, desks: SiteDesks) -> None:
    who = crew(site)
    crew(site, "qian.wei", "patrol-2")
    phone = desks.sign_in(who, Role.PATROL, **PHONE)
    expect(phone.locator(LIVE)).to_be_visible()
    other = dispatched(site, "川E50001", unit="patrol-2")
    mine = dispatched(site, "川E50002")
    expect(phone.locator(f'.dispatch[data-alert="{mine}"]')).to_be_visible()
    expect(phone.locator("body")).not_to_contain_text("川E·50001")
    assert other not in phone.content()
    phone.goto(f"{site.url}/#/watch")
    expect(phone.locator(".state-denied")).to_be_visible()


def test_fingers_find_what_they_press(site: Site, desks: SiteDesks) -> None:
    who = crew(site)
    dispatched(site, "川E60001")
    phone = desks.sign_in(who, Role.PATROL, **PHONE)
    expect(phone.locator("[data-say=missed]")).to_be_visible()
    for number in range(2, 8):  # a day's dispatches are no wider than the phone
        dispatched(site, f"川E6000{number}")
    expect(phone.locator('.patrol-pick:has([data-plate="川E60007"])')).to_have_count(1)
    assert phone.evaluate("document.documentElement.scrollWidth") == phone.viewport_size["width"]  # type: ignore[index]
    phone.locator("[data-say=missed]").tap()
    expect(phone.locator("#say-note")).to_be_visible()
    small = phone.locator("button:visible, textarea:visible, .identity-choice:visible").evaluate_all(
        """(all) => all.map((each) => [each.className, each.getBoundingClientRect()])
          .filter(([, { width, height }]) => Math.min(width, height) < 44)
          .map(([name, { width, height }]) => `${name} ${Math.round(width)}×${Math.round(height)}`)"""
    )
    assert small == []


def test_who_has_no_unit_is_told_what_to_do(site: Site, desks: SiteDesks, browser: Browser) -> None:
    assert browser.is_connected()
    phone = desks.sign_in("sun.li", Role.PATROL, **PHONE)
    expect(phone.locator(".state-empty")).to_contain_text("请值班领导把您编入车组")
