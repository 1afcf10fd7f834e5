"""A supervisor's round: traffic, assessment, fleet."""

from __future__ import annotations

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from central.people import Role
from tests.e2e.conftest import SiteDesks
from tests.e2e.site import GONGJING, HUIDONG, YANTAN, Site
from tests.e2e.town import duty, traffic

pytestmark = pytest.mark.browser

#: How many pixels of a canvas are not empty.
INKED = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let inked = 0;
  for (let at = 3; at < data.length; at += 4) inked += data[at] > 0;
  return inked;
}"""


def test_where_it_is_jammed_what_comes_and_where_to_stand(site: Site, desks: SiteDesks) -> None:
    traffic(site)
    page = desks.sign_in("zhao.hong", Role.SUPERVISOR, path="/#/flow")
    rows = page.locator("table.flow-sections tbody tr")
    expect(rows).to_have_count(4)
    # The most congested first, with the usual beside it.
    expect(rows.first).to_have_attribute("data-section", f"{HUIDONG.id}|{YANTAN.id}")
    expect(rows.first).to_contain_text("拥堵")
    expect(rows.first).to_contain_text("往常")
    expect(rows.first).to_have_attribute("aria-current", "true")
    expect(page.locator(".map-flow")).to_have_count(4)
    expect(page.locator(".map-flow-chosen.map-flow-jammed")).to_have_count(1)

    canvas = page.locator(".chart canvas").first
    expect(canvas).to_be_visible()
    page.wait_for_function("document.querySelector('.chart canvas') !== null")
    assert canvas.evaluate(INKED) > 5000
    ahead = page.locator(".flow-ahead tbody tr")
    expect(ahead).to_have_count(8)
    expect(ahead.first).to_contain_text("±")  # its back-tested error
    page.click("[data-measure=seconds]")
    page.click("text=今日数据表")
    expect(page.locator(".flow-day tbody tr")).not_to_have_count(0)
    expect(page.locator(".flow-day thead")).to_contain_text("行程时间")

    # Another section, by the keyboard.
    page.locator(f'[data-section="{HUIDONG.id}|{GONGJING.id}"] button').focus()
    page.keyboard.press("Enter")
    expect(page.locator(".flow-section h2")).to_have_text(f"{HUIDONG.name} → {GONGJING.name}")

    posts = page.locator(".posts .post")
    expect(posts.first).to_contain_text(YANTAN.name)
    expect(posts.first).to_contain_text("第 1 组")
    expect(posts.first.locator(".post-why")).to_contain_text(re.compile("往常|延误"))


def test_the_assessment_is_honest_about_few_cases_and_false_alerts(site: Site, desks: SiteDesks) -> None:
    duty(site)
    page = desks.sign_in("zhao.hong", Role.SUPERVISOR, path="/#/assessment")
    everybody = page.locator("dl.assessment-all")
    expect(everybody).to_contain_text("26")
    expect(everybody.locator("[data-figure=false_alerts]")).to_contain_text("2 / 26 例")
    first = page.locator('tr[data-name="指挥中心一班"]').first
    second = page.locator('tr[data-name="指挥中心二班"]').first
    expect(first).to_contain_text("2 / 23 例")
    expect(second).to_contain_text("0 / 3 例")
    expect(second).to_contain_text("样本少")
    expect(second.locator("[data-standing=above], [data-standing=below]")).to_have_count(0)
    expect(page.locator(".definitions")).to_contain_text("误报如实计数")
    page.click("[data-group=camera]")
    expect(page.locator(".assessment-table").first).to_contain_text(f"{HUIDONG.name} cam-1")
    with page.expect_download() as download:
        page.click("[data-action=csv]")
    text = download.value.path().read_text(encoding="utf-8-sig")
    lines = [line for line in csv.DictReader(io.StringIO(text)) if line["figure"] == "false_alerts"]
    assert {(line["group"], line["name"]): (line["count"], line["of"]) for line in lines}[
        "team", "指挥中心一班"
    ] == ("2", "23")


def test_a_camera_that_reads_less_than_it_used_to_is_flagged(site: Site, desks: SiteDesks) -> None:
    traffic(site)
    site.beat(HUIDONG)
    site.beat(YANTAN)
    page = desks.sign_in("zhao.hong", Role.SUPERVISOR, path="/#/nodes")
    fogged = page.locator(f"[data-node=edge-{YANTAN.id}]")
    expect(fogged.locator("[data-fell=true]")).to_contain_text("下降")
    expect(fogged.locator("[data-fell=true]")).to_contain_text("往常 100.0%")
    expect(fogged).to_have_class(re.compile("card-troubled"))
    expect(page.locator(f"[data-node=edge-{HUIDONG.id}] [data-fell=true]")).to_have_count(0)
    page.check("text=只看有问题的")
    expect(page.locator(".card")).to_have_count(1)
