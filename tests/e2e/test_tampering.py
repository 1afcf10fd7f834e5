"""An audit trail that was altered. On its own: the centre it leaves behind is of no use to others."""

from __future__ import annotations

import sqlite3

import pytest
from playwright.sync_api import expect

from central.people import Role
from tests.e2e.conftest import SiteDesks
from tests.e2e.site import Site

pytestmark = pytest.mark.browser


def test_an_altered_trail_is_shown_as_such(site: Site, desks: SiteDesks) -> None:
    site.order("川K20001")
    with sqlite3.connect(site.folder / "records" / "records.db") as database:
        database.execute("DROP TRIGGER audit_no_update")
        database.execute("UPDATE audit SET reason = 'another' WHERE action = 'order.approve'")
    database.close()
    page = desks.sign_in("liu.yang", Role.AUDITOR)
    expect(page.locator("[data-verified=false]")).to_contain_text("链式校验不通过")
    expect(page.locator(".pane-head .bad")).to_contain_text("#")
