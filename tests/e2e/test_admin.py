"""An administrator's day: somebody new, a second person's confirmation, a token; the roster; a legal hold."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from central.digest import DayCount, Signer, read
from central.people import Role
from tests.e2e.conftest import SiteDesks
from tests.e2e.site import PASSWORD, Site

pytestmark = pytest.mark.browser


def make_user(page: Page, username: str, name: str) -> str:
    """By the form; their first password."""
    page.click("[data-action=new-user]")
    page.fill("#field-username", username)
    page.fill("#field-name", name)
    page.check("label:has-text('审批人') input")
    page.click("form.form [type=submit]")
    expect(page.locator(f"[data-user-detail='{username}']")).to_be_visible()
    return page.locator(".secret-value").inner_text().strip()


def test_one_makes_an_account_another_confirms_it_and_its_person_signs_in(site: Site, desks: SiteDesks) -> None:
    page = desks.sign_in("zhou.ping", Role.ADMINISTRATOR, path="/#/admin")
    expect(page.locator(".admin [aria-current=page]")).to_have_text("用户")
    password = make_user(page, "wu.xia", "吴霞")
    detail = page.locator("[data-user-detail='wu.xia']")
    expect(detail).to_contain_text("待确认")
    expect(detail).to_contain_text("这是您的操作，须由另一名管理员确认")
    expect(detail.locator("[data-action=confirm]")).to_have_count(0)
    page.click("[data-action=secret-noted]")
    expect(page.locator(".secret")).to_have_count(0)

    other = desks.sign_in("feng.tao", Role.ADMINISTRATOR, path="/#/admin/users")
    other.click("[data-user='wu.xia'] button")
    other.click("[data-action=confirm]")
    other.click("[data-ask] [type=submit]")
    expect(other.locator("[data-user='wu.xia']")).not_to_contain_text("待确认")
    assert site.records.accounts.get("wu.xia").hands == ()

    theirs = desks.open()
    theirs.fill("#username", "wu.xia")
    theirs.fill("#password", password)
    theirs.click("button[type=submit]")
    expect(theirs.locator("main.login")).to_contain_text("请设置自己的口令")

    other.click("[data-action=disable]")
    other.click("[data-ask] [type=submit]")
    expect(other.locator("[data-user='wu.xia']")).to_contain_text("已停用")
    assert site.records.accounts.get("wu.xia").disabled


def test_what_can_be_no_user_is_said_at_its_field(desks: SiteDesks) -> None:
    page = desks.sign_in("zhou.ping", Role.ADMINISTRATOR, path="/#/admin/users")
    make_user(page, "he.qiang", "何强")
    page.click("[data-action=new-user]")
    page.fill("#field-username", "he.qiang")
    page.fill("#field-name", "另一个何强")
    page.click("form.form [type=submit]")
    expect(page.locator("form.form .complaint")).to_contain_text("he.qiang")


def test_a_token_is_made_shown_once_and_revoked(site: Site, desks: SiteDesks) -> None:
    page = desks.sign_in("zhou.ping", Role.ADMINISTRATOR, path="/#/admin/tokens")
    page.fill("#field-name", "edge-new")
    page.click("form.form [type=submit]")
    token = page.locator(".secret-value").inner_text().strip()
    assert len(token) > 20
    row = page.locator("[data-token='edge-new']")
    row.get_by_role("button", name="吊销 edge-new").click()
    row.locator("[data-ask] [type=submit]").click()
    expect(row).to_contain_text("已吊销")
    (kept,) = [t for t in site.records.people.machine_tokens() if t.name == "edge-new"]
    assert kept.revoked_at is not None


def test_a_roster_with_errors_is_not_entered_and_once_mended_it_is(
    site: Site, desks: SiteDesks, tmp_path: Path
) -> None:
    site.user("li.jing", Role.OPERATOR)
    page = desks.sign_in("zhao.hong", Role.SUPERVISOR, path="/#/roster")
    expect(page.locator(".duty")).to_contain_text("当前无人值班")
    today = (site.clock.now() + timedelta(hours=8)).date()
    head = "班组,人员,开始时间,结束时间,梯次\n"
    good = f"一班,li.jing,{today} 00:00,{today} 23:59,1\n"
    file = tmp_path / "roster.csv"
    file.write_text(
        head + good + f"二班,nobody,{today} 08:00,{today} 16:00,2\n三班,li.jing,昨天,今天,1\n", "gb18030"
    )
    page.set_input_files("#roster-file", file)
    errors = page.locator(".roster-errors tbody tr")
    expect(errors).to_have_count(2)
    expect(errors.nth(0)).to_contain_text("3")
    expect(errors.nth(0)).to_contain_text("nobody")
    expect(errors.nth(1)).to_contain_text("昨天")
    assert site.records.roster.duty(checkpoint_id=None) == ()

    file.write_text(head + good, "utf-8")
    page.set_input_files("#roster-file", file)
    page.click("[data-action=import]")
    expect(page.locator("table.shifts")).to_contain_text("一班")
    expect(page.locator("[role=status]", has_text="已导入 1 个班次")).to_be_visible()
    (shift,) = site.records.roster.duty(checkpoint_id=None)
    assert shift.request.people == ("li.jing",)
    page.reload()
    expect(page.locator(".duty")).to_contain_text("li.jing 同志")
    page.locator("[data-shift='一班']").get_by_role("button").click()
    page.locator("[data-shift='一班'] [data-ask] [type=submit]").click()
    expect(page.locator("main")).to_contain_text("本周尚未排班")


def test_a_hold_is_placed_by_one_and_lifted_by_another(site: Site, desks: SiteDesks) -> None:
    page = desks.sign_in("zhao.hong", Role.SUPERVISOR, path="/#/admin/retention")
    expect(page.locator("[data-kind=passages]")).to_contain_text("365 天")
    page.fill("#field-plate", "川c·h9000")
    page.fill("#field-reason", "行政复议，须保全证据")
    page.click("form.form [type=submit]")
    hold = page.locator("li.hold").first
    expect(hold).to_contain_text("川CH9000")
    expect(hold).to_contain_text("须由另一人解除")
    expect(hold.locator("[data-action=lift]")).to_have_count(0)

    auditor = desks.sign_in("liu.yang", Role.AUDITOR, path="/#/admin/retention")
    theirs = auditor.locator("li.hold").first
    theirs.locator("[data-action=lift]").click()
    theirs.locator("#ask-reason").fill("复议已结")
    theirs.locator("[data-ask] [type=submit]").click()
    expect(theirs).to_contain_text("已解除")
    expect(theirs).to_contain_text("复议已结")
    (kept,) = site.records.holds.all()
    assert (kept.placed_by, kept.lifted_by) == ("zhao.hong", "liu.yang")


def test_a_target_is_added_and_changed_without_its_address_being_known(site: Site, desks: SiteDesks) -> None:
    page = desks.sign_in("zhou.ping", Role.ADMINISTRATOR, path="/#/admin/targets")
    page.click("text=新增目标")
    page.fill("#field-name", "指挥中心大屏")
    page.fill("#field-address", "https://example.com/alerts?key=hidden")
    page.click("form.form [type=submit]")
    expect(page.locator(".secret")).to_contain_text("指挥中心大屏")
    row = page.locator("[data-target='指挥中心大屏']")
    expect(row).to_contain_text("example.com")
    row.locator("button").click()
    page.uncheck("form.form label.row input")
    page.click("form.form [type=submit]")
    expect(row).to_contain_text("已停用")
    (target,) = site.records.deliveries.targets()
    assert target.request.address == "https://example.com/alerts?key=hidden"
    assert not target.request.enabled


def test_ones_own_password_and_sessions(site: Site, desks: SiteDesks) -> None:
    page = desks.sign_in("gao.fei", Role.OPERATOR)
    elsewhere = desks.sign_in("gao.fei", Role.OPERATOR)
    page.click("a.who")
    expect(page.locator("h1")).to_have_text("我的账号")
    rows = page.locator(".account table tbody tr")
    expect(rows).to_have_count(2)

    def change(old: str, new: str) -> None:
        page.fill("#password-old", old)
        page.fill("#password-fresh", new)
        page.fill("#password-again", new)
        page.click(".account form [type=submit]")

    change("not my password", "a much better password")
    expect(page.locator(".account .complaint")).to_contain_text("口令不正确")
    change(PASSWORD, "a much better password")
    expect(page.locator(".account [role=status]")).to_contain_text("口令已修改")
    expect(rows).to_have_count(1)
    elsewhere.reload()
    expect(elsewhere.locator("#username")).to_be_visible()


def test_the_daily_digest_can_be_saved_and_checked(site: Site, desks: SiteDesks, tmp_path: Path) -> None:
    signer = Signer(tmp_path / "key")
    yesterday = (site.clock.now() + timedelta(hours=8)).date() - timedelta(days=1)
    count = DayCount(
        day=yesterday, first=1, last=7, head="ab" * 32, entries=7, actions={"session.open": 4, "hold.place": 3}
    )
    site.records.digests.put(signer.sign(count, made_at=site.clock.now()), made_at=site.clock.now())
    page = desks.sign_in("liu.yang", Role.AUDITOR, path="/#/audit")
    page.click("[data-action=digests]")
    window = page.locator("dialog[open]")
    expect(window).to_contain_text("verify-digest")
    row = window.locator("tbody tr").first
    expect(row).to_contain_text("1–7")
    with page.expect_download() as download:
        row.locator("button").click()
    assert read(download.value.path().read_text(encoding="utf-8"), public_key=signer.public_key) == count
