"""Signing in and out."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from central.people import Role
from tests.e2e.conftest import SiteDesks
from tests.e2e.site import PASSWORD, Site

pytestmark = pytest.mark.browser


def test_a_wrong_password_is_told_in_the_language_of_the_page(site: Site, desks: SiteDesks) -> None:
    site.user("li.jing", Role.OPERATOR)
    page = desks.open()
    expect(page.locator("#username")).to_be_focused()
    page.fill("#username", "li.jing")
    page.fill("#password", "not this one")
    page.click("button[type=submit]")
    expect(page.locator(".complaint")).to_have_text("用户名或口令不正确。")
    expect(page.locator("#password")).to_have_value("")
    expect(page.locator("#password")).to_be_focused()
    page.click("[data-switch=language]")
    expect(page.locator("button[type=submit]")).to_have_text("Sign in")
    expect(page.locator("#username")).to_have_value("li.jing")
    page.fill("#username", "nobody")
    page.fill("#password", "not this one")
    page.click("button[type=submit]")
    expect(page.locator(".complaint")).to_have_text("The user name or the password is wrong.")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_guessing_is_stopped_and_said(site: Site, desks: SiteDesks) -> None:
    site.user("guessed", Role.OPERATOR)
    page = desks.open()
    for attempt in range(6):
        page.fill("#username", "guessed")
        page.fill("#password", f"guess number {attempt}")
        with page.expect_response("**/api/session"):
            page.click("button[type=submit]")
        expect(page.locator("#password")).to_have_value("")  # emptied once the answer is shown
    expect(page.locator(".complaint")).to_contain_text("账号已暂时锁定")


def test_signing_out_ends_the_session(site: Site, desks: SiteDesks) -> None:
    page = desks.sign_in("li.jing", Role.OPERATOR)
    page.click("[data-action=leave]")
    expect(page.locator("#username")).to_be_visible()
    page.reload()
    expect(page.locator("#username")).to_be_visible()


def test_a_reload_keeps_the_session_and_the_choices(desks: SiteDesks) -> None:
    page = desks.sign_in("li.jing", Role.OPERATOR)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.click("[data-switch=theme]")
    page.click("[data-switch=language]")
    page.reload()
    expect(page.locator("nav a").first).to_contain_text("Watch")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_a_session_that_ended_leads_to_the_login(site: Site, desks: SiteDesks) -> None:
    page = desks.sign_in("wu.tao", Role.OPERATOR)
    site.records.accounts.disable("wu.tao", by="tests")
    expect(page.locator(".notice")).to_have_text("会话已结束，请重新登录。")
    expect(page.locator("#username")).to_be_visible()


def test_what_the_last_user_typed_is_gone(site: Site, desks: SiteDesks) -> None:
    page = desks.sign_in("chen.yu", Role.APPLICANT, path="/#/orders/new")
    page.fill("#field-plate", "川CG1000")
    page.click("[data-action=leave]")
    site.user("tang.wei", Role.APPLICANT)
    page.fill("#username", "tang.wei")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator("#field-plate")).to_have_value("")


def test_a_first_password_is_changed_before_anything_else(site: Site, desks: SiteDesks) -> None:
    _, first = site.records.accounts.create(
        username="xu.min", name="徐敏", roles=[Role.OPERATOR], areas=[], language="zh-CN", by="tests"
    )
    page = desks.open()
    page.fill("#username", "xu.min")
    page.fill("#password", first)
    page.click("button[type=submit]")
    page.fill("#new-password", "xu.min2026")
    page.click("button[type=submit]")
    expect(page.locator(".complaint")).to_be_visible()
    page.fill("#new-password", "a password of one's own")
    page.click("button[type=submit]")
    expect(page.locator("nav a").first).to_be_visible()
    assert not site.records.accounts.get("xu.min").user.must_change_password
