"""Hotlists: handed in with errors, previewed by line, confirmed, decided on by a second person, taken along."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from central.people import Role
from tests.e2e.conftest import SiteDesks
from tests.e2e.site import Site

pytestmark = pytest.mark.browser

LIST = {
    "name": "盗抢车辆",
    "department": "刑侦支队",
    "purpose": "追查盗抢车辆",
    "case_number": "川公刑[2026]0007号",
    "legal_basis": "公安机关办理刑事案件程序规定",
    "contact": "王磊 110",
}
HEAD = "号牌号码,布控原因,优先级,车身颜色\n"


def hand_in(page: Page, rows: list[str], name: str = "盗抢.csv") -> None:
    data = (HEAD + "\n".join(rows) + "\n").encode("gb18030")
    page.set_input_files("#hotlist-file", {"name": name, "mimeType": "text/csv", "buffer": data})


def move(page: Page, name: str, reason: str = "") -> None:
    page.click(f".import [data-move={name}]")
    if reason:
        page.fill("#import-reason", reason)
    page.click(".import .step-form [type=submit]")


def figure(page: Page, name: str) -> str:
    return page.locator(f"[data-figure={name}] dd").inner_text()


def test_from_a_file_with_errors_to_a_live_alert(site: Site, desks: SiteDesks, tmp_path: Path) -> None:
    applicant = desks.sign_in("chen.yu", Role.APPLICANT)
    approver = desks.sign_in("zhou.ping", Role.APPROVER)
    operator = desks.sign_in("li.jing", Role.OPERATOR)
    applicant.click("nav >> text=名单")
    applicant.click("text=新建名单")
    for field, value in LIST.items():
        applicant.fill(f"#field-{field}", value)
    applicant.click("form.form [type=submit]")
    expect(applicant.locator(".hotlist-detail h2")).to_have_text("盗抢车辆")

    plates = [f"川M1000{n}" for n in range(1, 7)]
    hand_in(applicant, [*(f"{plate},在逃,2,红" for plate in plates), "川M1,,,", "川M10001,再列,,", ",,9,白"])
    expect(applicant.locator(".import .tag").first).to_have_text("待确认")
    assert [figure(applicant, name) for name in ("lines", "added", "duplicates", "refused")] == [
        "9",
        "6",
        "1",
        "2",
    ]
    lines = applicant.locator(".errors tbody tr")
    assert [row.get_attribute("data-line") for row in lines.all()] == ["8", "9", "10"]
    expect(applicant.locator(".errors")).to_contain_text("川M1")
    expect(applicant.locator(".import")).to_contain_text("车身颜色")
    applicant.click("[data-action=changes]")
    expect(applicant.locator("tr[data-change=added]")).to_have_count(6)
    move(applicant, "confirm")
    expect(applicant.locator(".import .tag").first).to_have_text("待审批")
    expect(applicant.locator("[data-move=approve]")).to_have_count(0)

    approver.click("nav >> text=名单")
    approver.locator("table.hotlists tr", has_text=LIST["case_number"]).click()
    expect(approver.locator(".import")).to_contain_text("chen.yu 同志")
    move(approver, "approve")
    expect(approver.locator(".hotlist-detail .case-head")).to_contain_text("6 条生效中")
    expect(approver.locator("tr[data-import='1']")).to_contain_text("生效中")
    expect(approver.locator("tr[data-import='1']")).to_contain_text("增 6 · 改 0 · 减 0")
    site.pass_by("川M10003")
    expect(operator.locator('.queue-item:has([data-plate="川M10003"])')).to_be_visible()

    # The next file changes one, adds one, and loses over a fifth: that takes a word more.
    hand_in(
        applicant, [f"{plates[0]},在逃,1,红", *(f"{plate},在逃,2,红" for plate in plates[1:3]), "川M20001,新,,"]
    )
    expect(applicant.locator(".import .tag").first).to_have_text("待确认")
    assert [figure(applicant, name) for name in ("added", "changed", "removed", "kept")] == ["1", "1", "3", "2"]
    expect(applicant.locator(".import .notice", has_text="超过五分之一")).to_be_visible()
    applicant.click("[data-action=changes]")
    changed = applicant.locator("tr[data-change=changed]")
    expect(changed.locator(".plate")).to_have_attribute("data-plate", plates[0])
    expect(changed.locator("s")).to_have_text("2 级")
    expect(applicant.locator("tr[data-change=removed]")).to_have_count(3)
    move(applicant, "confirm")
    expect(applicant.locator(".import .complaint")).to_contain_text("须勾选确认")
    applicant.check("input[name=shrink]")
    applicant.click(".import .step-form [type=submit]")
    expect(applicant.locator(".import .tag").first).to_have_text("待审批")
    expect(approver.locator(".import .tag").first).to_have_text("待审批")
    move(approver, "reject", "文件不完整")
    expect(applicant.locator("tr[data-import='2']")).to_contain_text("已驳回")
    expect(applicant.locator("tr[data-import='2']")).to_contain_text("文件不完整")
    expect(applicant.locator(".hotlist-detail .case-head")).to_contain_text("6 条生效中")

    with applicant.expect_download() as waiting:
        applicant.click(".case-head [data-export=csv]")
    waiting.value.save_as(tmp_path / "list.csv")
    assert (tmp_path / "list.csv").read_text(encoding="utf-8-sig").count("川M1000") == 6


def test_a_file_that_is_none_says_so_and_one_can_be_taken_back(desks: SiteDesks) -> None:
    page = desks.sign_in("sun.li", Role.APPLICANT)
    page.click("nav >> text=名单")
    page.click("text=新建名单")
    for field, value in (LIST | {"name": "试验名单"}).items():
        page.fill(f"#field-{field}", value)
    page.click("form.form [type=submit]")
    page.set_input_files(
        "#hotlist-file", {"name": "坏.xlsx", "mimeType": "application/octet-stream", "buffer": b"no workbook"}
    )
    expect(page.locator(".hotlist-detail .complaint")).to_contain_text("坏.xlsx 无法读取")
    hand_in(page, ["川M30001,,,"])
    expect(page.locator(".import .tag").first).to_have_text("待确认")
    move(page, "drop")
    expect(page.locator("tr[data-import='2']")).to_contain_text("已撤回")
    expect(page.locator("#hotlist-file")).to_have_count(1)
