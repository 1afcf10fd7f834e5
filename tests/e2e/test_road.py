"""The whole road: a simulated camera, real detection and reading, bus, centre, and the alert on the page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from deploy.demo.show import Opening, Plan, Show
from edge.models import ModelError, ModelFolder, registry
from proto.clock import SystemClock
from tests.e2e.conftest import Desks, checked

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

#: Until the first listed vehicle has come by, on a machine that is busy with other things.
FIRST_ALERT_MS = 120_000


@pytest.fixture
def opening(tmp_path: Path) -> Iterator[Opening]:
    """The demo, on the air."""
    try:
        for asset in registry().needed:
            ModelFolder().require(asset)
    except ModelError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no models: {error}")
    show = Show(Plan(seconds=300, folder=tmp_path, port=0, seed=1, fps=5), SystemClock())
    try:
        yield show.open()
    finally:
        show.abandon()


def test_a_listed_vehicle_comes_by_and_is_on_the_page(
    opening: Opening, browser: Browser, request: pytest.FixtureRequest
) -> None:
    user = next(u for u in opening.users if "operator" in u.roles)
    wanted = {w.plate: w for w in opening.wanted}
    with checked(Desks(opening.address, browser), request) as desks:
        page = desks.enter(user.username, user.password)
        item = page.locator(".queue-item").first
        expect(item).to_be_visible(timeout=FIRST_ALERT_MS)
        plate = item.locator(".plate").get_attribute("data-plate")
        assert plate in wanted
        expect(item).to_contain_text(wanted[plate].reason)
        page.locator(".queue-row").first.click()
        detail = page.locator(".alert-detail")
        expect(detail.locator(".plate-huge")).to_have_attribute("data-plate", plate)
        expect(detail.locator(".comparison-picture img")).to_be_visible()
        expect(detail.locator(".evidence-scene img")).to_be_visible()
        expect(detail.locator(".box-plate")).to_be_visible()
        expect(page.locator("table.passages tbody tr").first).to_be_visible()
        page.keyboard.press("c")
        expect(detail.locator(".alert-head .tag").first).to_have_text("已核实")
