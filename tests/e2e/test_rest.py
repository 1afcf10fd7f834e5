"""Nodes and audit."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from central.people import Role
from tests.e2e.conftest import SiteDesks
from tests.e2e.site import HUIDONG, YANTAN, Site

pytestmark = pytest.mark.browser


def test_nodes_alive_and_silent(site: Site, desks: SiteDesks) -> None:
    site.beat(HUIDONG)
    site.beat(YANTAN, ago=timedelta(hours=2), error="RTSP: connection refused")
    page = desks.sign_in("zhou.ping", Role.ADMINISTRATOR)
    expect(page.locator("h1")).to_have_text("设备")
    expect(page.locator(f"[data-node=edge-{HUIDONG.id}]")).to_contain_text("在线")
    expect(page.locator(f"[data-node=edge-{HUIDONG.id}]")).to_contain_text("汇东路口卡口")
    expect(page.locator(f"[data-node=edge-{HUIDONG.id}]")).to_contain_text(re.compile(r"4 条，48 kB"))
    expect(page.locator(f"[data-node=edge-{YANTAN.id}]")).to_contain_text("RTSP: connection refused")


def test_no_nodes_yet_is_said(site: Site, desks: SiteDesks) -> None:
    page = desks.sign_in("zhao.hong", Role.SUPERVISOR, path="/#/nodes")
    expect(page.locator("main .card, main .state-empty").first).to_be_visible()


def test_the_audit_trail_with_its_mark(site: Site, desks: SiteDesks) -> None:
    site.order("川K10001")
    page = desks.sign_in("liu.yang", Role.AUDITOR)
    expect(page.locator("[data-verified=true]")).to_have_text("链式校验通过")
    rows = page.locator("table.audit tbody tr")
    expect(rows.first).to_contain_text("查阅审计")
    expect(page.locator("table.audit")).to_contain_text("批准布控")
    expect(page.locator("table.audit")).to_contain_text("川公交[2026]0001号")
