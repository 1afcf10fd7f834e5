"""The investigator's day: search, replay, export, an analysis as a job, a saved case; looking further back."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from central.people import Role
from tests.e2e.conftest import SiteDesks
from tests.e2e.pages import choose
from tests.e2e.site import GONGJING, HUIDONG, YANTAN, Site

pytestmark = pytest.mark.browser

WHY = {"reason": "盗抢机动车追查", "case_number": "川公刑立字[2026]0011号"}
MINUTE = timedelta(minutes=1)


def drive(site: Site, plate: str, *, at: timedelta) -> None:
    """From Gongjing by Huidong to Yantan, twenty minutes each."""
    for place, later in ((GONGJING, 0), (HUIDONG, 20), (YANTAN, 40)):
        site.pass_by(plate, checkpoint=place, ago=at - later * MINUTE)


def ask(page: Page, plate: str, *, how: str = "", why: dict[str, str] = WHY) -> None:
    if how:
        page.locator(".track-form .ant-segmented-item", has_text=how).click()
    page.fill("#field-plate", plate)
    for name, value in why.items():
        page.fill(f"#field-{name}", value)
    page.click("form.track-form [type=submit]")


def actions(site: Site, user: str) -> list[str]:
    """What the trail tells of them, the newest first, pictures left out."""
    found = [e.record for e in site.records.audit.page(limit=200) if e.record.user == user]
    return [record.action for record in found if not record.action.startswith(("image.", "session.", "live."))]


def test_from_a_wildcard_to_a_vehicle_its_replay_its_segments_and_files(
    site: Site, desks: SiteDesks, tmp_path: Path
) -> None:
    drive(site, "川D10001", at=90 * MINUTE)
    site.pass_by("川D10002", checkpoint=HUIDONG, ago=15 * MINUTE)
    site.wait_stored(3, plate="川D10001")
    site.wait_stored(1, plate="川D10002")
    page = desks.sign_in("he.jing", Role.INVESTIGATOR)
    ask(page, "川D1000?", how="通配")
    rows = page.locator(".track-table tbody tr")
    expect(rows).to_have_count(4)
    # Two vehicles, the one that passed most first; no way is drawn of two vehicles at once.
    vehicles = page.locator(".vehicles-table tbody tr")
    expect(vehicles).to_have_count(2)
    expect(vehicles.first).to_have_attribute("data-vehicle", "川D10001")
    expect(page.locator(".replay")).to_have_count(0)
    vehicles.first.get_by_text("只看此车").click()
    expect(rows).to_have_count(3)
    expect(page.locator(".replay")).to_be_visible()
    vehicles.first.locator("[data-action=follow]").click()
    expect(page.locator(".track-head .plate")).to_have_attribute("data-plate", "川D10001")
    expect(page.locator("#field-plate")).to_have_value("川D10001")
    expect(page.locator(".map-visited")).to_have_count(3)

    # The replay by keyboard alone: back to the first, then on at eight times the speed.
    slider = page.locator(".replay-slider")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator(".replay-at")).to_contain_text("贡井长土卡口")
    expect(page.locator(".map-visited")).to_have_count(1)
    page.locator("[data-speed='8']").focus()
    page.keyboard.press("Space")
    page.locator("[data-action=play]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".replay-at")).to_contain_text("沿滩大道卡口")
    expect(page.locator("[data-action=play]")).to_have_attribute("aria-label", "播放")

    page.locator(".track-views .ant-segmented-item", has_text="路段与速度").click()
    legs = page.locator(".legs-table tbody tr")
    expect(legs).to_have_count(2)
    expect(legs.first).to_contain_text("贡井长土卡口")
    expect(legs.first).to_contain_text("20:0")
    expect(legs.first).to_contain_text("公里/时")

    for form in ("csv", "xlsx", "geojson", "pdf"):
        with page.expect_download() as waiting:
            page.click(f".exports [data-export={form}]")
        waiting.value.save_as(tmp_path / f"found.{form}")
        assert waiting.value.suggested_filename.endswith(f".{form}")
        expect(page.locator(".exports [role=status]")).to_contain_text(waiting.value.suggested_filename)
    table = list(csv.reader(io.StringIO((tmp_path / "found.csv").read_text(encoding="utf-8-sig"))))
    assert sum("川D·10001" in row for row in table) == 3
    sheet = CalamineWorkbook.from_path(str(tmp_path / "found.xlsx")).get_sheet_by_index(0).to_python()
    assert sum("川D·10001" in row for row in sheet) == 3
    assert (tmp_path / "found.pdf").read_bytes().startswith(b"%PDF")
    asked = ["passage.search", "passage.search", "way.search", *["passage.export"] * 4]
    assert [a for a in actions(site, "he.jing") if not a.endswith(".answered")][::-1] == asked


def test_what_it_may_have_been_read_as_is_ranked_and_other_conditions_narrow(
    site: Site, desks: SiteDesks
) -> None:
    site.pass_by("川D20008", checkpoint=HUIDONG, ago=9 * MINUTE)
    site.pass_by("川D2000B", checkpoint=YANTAN, lane=1, ago=8 * MINUTE, unsure=(6, "8"))
    site.wait_stored(1, plate="川D20008")
    site.wait_stored(1, plate="川D2000B")
    page = desks.sign_in("he.jing", Role.INVESTIGATOR)
    ask(page, "川D20008", how="相近")
    vehicles = page.locator(".vehicles-table tbody tr")
    expect(vehicles).to_have_count(2)
    expect(vehicles.nth(0)).to_have_attribute("data-vehicle", "川D20008")
    expect(vehicles.nth(0)).to_contain_text("100")
    expect(vehicles.nth(1)).to_have_attribute("data-vehicle", "川D2000B")
    page.click(".more-fields summary")
    choose(page, "field-checkpoints", YANTAN.name)
    choose(page, "field-lanes", "1 车道")
    page.click("form.track-form [type=submit]")
    expect(page.locator(".track-table tbody tr")).to_have_count(1)
    expect(page.locator(".track-table tbody")).to_contain_text("沿滩大道卡口")


def test_an_analysis_as_a_job_its_findings_and_the_way_of_a_companion(
    site: Site, desks: SiteDesks, tmp_path: Path
) -> None:
    for days in (1, 2, 3):
        at = timedelta(days=days)
        drive(site, "川D30001", at=at)
        drive(site, "川D30002", at=at - timedelta(seconds=20))
        for number in range(6):  # others on the road, apart from them
            drive(site, f"川D39{days}{number}0", at=at - timedelta(minutes=2 + number))
    site.wait_stored(9, plate="川D30002")
    site.wait_stored(3, plate="川D39350")
    page = desks.sign_in("he.jing", Role.INVESTIGATOR)
    page.click("nav >> text=研判")
    page.click("[data-kind=convoy]")
    page.fill("#field-wish-plate", "川D30001")
    page.fill("#field-wish-strength", "0")
    for name, value in WHY.items():
        page.fill(f"#field-{name}", value)
    page.click("[data-action=run]")
    finding = page.locator(".findings [data-finding='0']")
    expect(finding.locator(".plate")).to_have_attribute("data-plate", "川D30002")
    expect(page.locator(".findings thead")).to_contain_text("把握程度")
    expect(finding).to_contain_text("晚 0:2")  # some twenty seconds

    page.click("[data-action=run-job]")
    expect(page.locator(".job-detail .tag").first).to_have_text("已完成")
    expect(finding.locator(".plate")).to_have_attribute("data-plate", "川D30002")
    with page.expect_download() as waiting:
        page.click(".job-detail [data-export=csv]")
    waiting.value.save_as(tmp_path / "convoy.csv")
    assert "川D30002" in (tmp_path / "convoy.csv").read_text(encoding="utf-8-sig")

    # Into the case, by its number; then on from the companion's plate, with the same reason and case.
    page.click(".job-detail [data-action=save]")
    page.fill("#field-saved-name", "谁与它同行")
    page.click("dialog [type=submit]")
    expect(page.locator(".save [role=status]")).to_contain_text(WHY["case_number"])
    finding.locator("button.plain").click()
    expect(page.locator(".track-head .plate")).to_have_attribute("data-plate", "川D30002")
    expect(page.locator("#field-case_number")).to_have_value(WHY["case_number"])
    expect(page.locator(".track-table tbody tr")).to_have_count(9)

    page.click("nav >> text=研判")
    page.click("[data-kind=jobs]")
    row = page.locator(".jobs tbody tr").first
    expect(row).to_contain_text("已完成")
    row.locator("[data-action=discard]").click()
    expect(page.locator(".jobs tbody tr")).to_have_count(0)
    page.click("nav >> text=案件")
    page.locator(".cases-table tbody tr", has_text=WHY["case_number"]).click()
    saved = page.locator(".saved-one", has_text="谁与它同行")
    expect(saved).to_contain_text("伴随车分析")
    saved.locator("[data-action=again]").click()
    expect(page.locator("#field-wish-plate")).to_have_value("川D30001")
    expect(page.locator("#field-reason")).to_have_value(WHY["reason"])


def test_a_saved_search_is_asked_again_as_a_new_one_and_a_supervisor_reads_the_case(
    site: Site, desks: SiteDesks
) -> None:
    why = WHY | {"case_number": "川公刑立字[2026]0012号"}
    site.pass_by("川D40001", checkpoint=HUIDONG, ago=5 * MINUTE)
    site.wait_stored(1, plate="川D40001")
    page = desks.sign_in("he.jing", Role.INVESTIGATOR)
    ask(page, "川D40001", why=why)
    expect(page.locator(".track-table tbody tr")).to_have_count(1)
    page.click(".track-head [data-action=save]")
    page.fill("#field-saved-name", "案发当晚")
    page.click("dialog [type=submit]")
    page.click(".save a")
    saved = page.locator(".saved-one")
    expect(saved).to_contain_text("案发当晚")
    expect(saved.locator(".plate")).to_have_attribute("data-plate", "川D40001")
    before = actions(site, "he.jing").count("passage.search")
    saved.locator("[data-action=again]").click()
    expect(page.locator(".track-table tbody tr")).to_have_count(1)
    expect(page.locator("#field-case_number")).to_have_value(why["case_number"])
    assert actions(site, "he.jing").count("passage.search") == before + 1

    head = desks.sign_in("zhao.hong", Role.SUPERVISOR)
    head.click("nav >> text=案件")
    head.locator(".cases-table tbody tr", has_text=why["case_number"]).click()
    expect(head.locator(".case-detail .notice")).to_contain_text("只供查阅")
    expect(head.locator(".saved-one")).to_contain_text("案发当晚")
    expect(head.locator("[data-action=again], [data-action=discard]")).to_have_count(0)
    assert actions(site, "zhao.hong")[0] == "case.read"


def test_looking_further_back_is_asked_for_and_granted(site: Site, desks: SiteDesks) -> None:
    why = {"reason": "积案追查", "case_number": "川公刑立字[2025]0099号"}
    site.pass_by("川D50001", checkpoint=GONGJING, ago=timedelta(days=120))
    site.pass_by("川D50001", checkpoint=HUIDONG, ago=timedelta(days=2))
    site.wait_stored(2, plate="川D50001")
    page = desks.sign_in("he.jing", Role.INVESTIGATOR)
    moment = page.locator("#field-since")
    moment.click()
    moment.fill((site.clock.now() - timedelta(days=200)).strftime("%Y-%m-%d 00:00"))
    moment.press("Enter")
    expect(page.locator(".ant-picker-dropdown:visible")).to_have_count(0)  # what was typed is taken
    ask(page, "川D50001", why=why)
    expect(page.locator(".track-table tbody tr")).to_have_count(1)
    expect(page.locator(".track-results .notice")).to_contain_text("需值班领导授权")
    page.click("[data-action=ask-grant]")
    expect(page.locator("#field-case_number")).to_have_value(why["case_number"])
    page.click("form.track-form [type=submit]")
    mine = page.locator(".grant", has_text=why["case_number"])
    expect(mine.locator(".tag")).to_have_text("待审批")
    expect(mine.locator("[data-move]")).to_have_count(0)

    head = desks.sign_in("zhao.hong", Role.SUPERVISOR)
    head.click("nav >> text=调阅授权")
    asked = head.locator(".grant", has_text=why["case_number"])
    expect(asked).to_contain_text("he.jing 同志")
    asked.locator("[data-move=grant]").click()
    head.fill("#grant-note", "同意，限本案")
    head.click(".step-form [type=submit]")
    expect(asked.locator(".tag")).to_have_text("已授权")
    expect(mine.locator(".tag")).to_have_text("已授权")
    expect(mine).to_contain_text("同意，限本案")

    page.click("nav >> text=轨迹")
    page.click("form.track-form [type=submit]")
    expect(page.locator(".track-table tbody tr")).to_have_count(2)
    expect(page.locator(".track-results .notice")).to_have_count(0)
    asked.locator("[data-move=revoke]").click()
    head.fill("#grant-note", "案件已结")
    head.click(".step-form [type=submit]")
    expect(asked.locator(".tag")).to_have_text("已收回")
    page.click("form.track-form [type=submit]")
    expect(page.locator(".track-table tbody tr")).to_have_count(1)
