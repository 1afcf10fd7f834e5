"""Every page of the console with something on it, for the tests that hold all of them to a rule."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from central.alert import AlertMove, Verdict
from central.delivery.target import Happening, TargetKind, TargetRequest
from central.hold import HoldRequest
from central.hotlist import HotlistRequest, Row
from central.interception import UnitStatus
from central.investigation import GrantRequest
from central.investigation.case import Question, QuestionKind
from central.people import Role
from tests.e2e.conftest import SiteDesks
from tests.e2e.site import GONGJING, HUIDONG, YANTAN, Site
from tests.e2e.town import duty, traffic


def probe(name: str) -> str:
    """A function to be run in a page, from the folder of probes."""
    return (Path(__file__).parent / "probes" / f"{name}.js").read_text(encoding="utf-8")


def choose(page: Page, field: str, text: str) -> None:
    """Choose the option of this text in the field of this id."""
    page.click(f"#{field}")
    page.locator(".ant-select-dropdown:visible .ant-select-item-option", has_text=text).first.click()
    page.keyboard.press("Escape")


def furnish(site: Site) -> None:
    """Something to see on each page; once a site."""
    if any(node.beat.node_id == f"edge-{HUIDONG.id}" for node in site.records.fleet.nodes()):
        return
    site.order("川L10001", priority=1, danger_note="可能持刀，勿单独接近")
    site.order("川L1000A", priority=3)
    site.pass_by("川L10001", checkpoint=GONGJING, ago=timedelta(minutes=9))
    site.pass_by("川L1000A", checkpoint=YANTAN, unsure=(3, "8"))
    site.pass_by("川LAD1234", checkpoint=YANTAN, unread_reason="blurred")
    site.pass_by("川L10001", checkpoint=HUIDONG)
    _send_a_unit(site)
    site.beat(YANTAN, error="RTSP: connection refused")
    site.beat(HUIDONG)
    site.wait_stored(5)
    _furnish_desks(site)


def _send_a_unit(site: Site) -> None:
    """A unit that was sent, and somebody who rides with it."""
    site.user(RIDER, Role.PATROL)
    site.records.units.put("patrol-1", name="巡逻一号车", team="一中队", area_id=None, by="tests", crew=[RIDER])
    site.records.units.set_status("patrol-1", UnitStatus.FREE, by="tests")
    site.order("川L10003", priority=2, danger_note="车上可能有管制刀具", reason="盗抢机动车")
    site.pass_by("川L10003", checkpoint=GONGJING)
    dispatch(site, "川L10003", "patrol-1")


def furnish_the_office(site: Site) -> None:
    """What a supervisor and an administrator look at; once a site."""
    if site.records.holds.all():
        return
    traffic(site)
    duty(site)
    target = TargetRequest(
        name="指挥中心大屏",
        kind=TargetKind.WEBHOOK,
        address="https://example.com/alerts",
        events=frozenset({Happening.RAISED}),
        enabled=False,
    )
    site.records.deliveries.add_target(target, secret="a secret for tests", by="tests")
    site.records.holds.place(HoldRequest(plate="川CH9000", reason="行政复议"), by="tests")


def dispatch(site: Site, plate: str, unit: str) -> str:
    """The alert of this plate, once it is there: verified, signed off, and the unit sent to it."""
    by = site.user("li.jing", Role.OPERATOR)
    deadline = site.clock.monotonic() + 20
    found = ""
    while not found:
        assert site.clock.monotonic() < deadline, f"no alert of {plate}"
        alerts = site.records.alerts.page(only_open=True, limit=500)
        found = next((f.alert.alert_id for f in alerts if f.order.request.plate == plate), "")
        site.clock.sleep(0.02)
    site.records.alerts.step(found, AlertMove.VERIFY, by=by, verdict=Verdict.CORRECT)
    site.records.alerts.step(found, AlertMove.SIGN_OFF, by=by)
    site.records.alerts.step(found, AlertMove.DISPATCH, by=by, unit=unit)
    return found


def _furnish_desks(site: Site) -> None:
    """A saved case, a request to look further back, a hotlist with an import that waits for its decision."""
    investigator, applicant = site.user("chen.gang", Role.INVESTIGATOR), site.user("chen.yu", Role.APPLICANT)
    now = site.clock.now()
    case = site.records.cases.open(case_number="川公交[2026]0002号", reason="追查", by=investigator)
    asked = {
        "plate": "川L10001",
        "how": "exact",
        "since": (now - timedelta(days=1)).isoformat(),
        "until": now.isoformat(),
    }
    question = Question(kind=QuestionKind.SEARCH, name="案发当晚", subject="川L10001", asked=asked)
    site.records.cases.keep(case.case_id, question, by=investigator)
    wanted = GrantRequest(
        case_number="川公交[2026]0002号",
        reason="追查",
        since=now - timedelta(days=200),
        lasts=timedelta(days=3),
    )
    site.records.grants.ask(wanted, by=investigator)
    request = HotlistRequest(
        name="盗抢车辆",
        department="刑侦支队",
        purpose="追查盗抢车辆",
        legal_basis="程序规定",
        contact="王磊 110",
        case_number="川公刑[2026]0003号",
        valid_until=now + timedelta(days=30),
    )
    book = site.records.hotlists
    hotlist = book.create(request, by=applicant)
    data = "号牌号码,布控原因\n川C00001,在逃\n川C1,\n".encode()
    found = book.receive(
        hotlist.hotlist_id,
        file_name="名单.csv",
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        by=applicant,
    )
    lines: list[tuple[int, Row | str]] = [(2, Row(plate="川C00001")), (3, "expected a plate, got 川C1")]
    book.read(hotlist.hotlist_id, found.number, lines, progress=lambda: 1.0, ignored_columns=())


def all_pages(site: Site, desks: SiteDesks, *, prepare: str = "", **options: Any) -> Iterator[tuple[str, Page]]:
    """(name, page) of each, one after another. `prepare` is run in the page before anybody signs in."""
    furnish(site)
    furnish_the_office(site)
    login = desks.open(**options)
    if prepare:
        login.evaluate(prepare)
        login.reload()
    expect(login.locator("#username")).to_be_visible()
    yield "login", login

    for username, role, visits in _VISITS:
        page = desks.sign_in(username, role, prepare=prepare, **options)
        for name, address, ready in visits:
            page.goto(f"{site.url}/#/{address}")
            if name == "track":
                page.fill("#field-plate", "川L10001")
                page.fill("#field-reason", "追查")
                page.fill("#field-case_number", "川公交[2026]0002号")
                page.click("form.track-form [type=submit]")
            if name in ("case", "hotlist"):
                page.locator("tr.row-link").first.click()
            expect(page.locator(ready).first).to_be_visible()
            yield name, page
        if role is Role.OPERATOR:
            yield from _watch_closer(page)


def _watch_closer(page: Page) -> Iterator[tuple[str, Page]]:
    page.goto(page.url.split("#")[0] + "#/watch")
    page.locator(".queue-row").first.click()
    expect(page.locator(".alert-detail")).to_be_visible()
    yield "alert", page
    page.click("[data-action=misread]")
    expect(page.locator("#step-field")).to_be_visible()
    yield "step form", page
    page.keyboard.press("Escape")
    page.click("[data-action=keys]")
    expect(page.locator("dialog[open]")).to_be_visible()
    yield "keys", page
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('table.passages button').click()")
    expect(page.locator("dialog[open]")).to_be_visible()
    yield "passage", page
    page.keyboard.press("Escape")


RIDER = "qian.feng"
_VISITS = (
    (
        "li.jing",
        Role.OPERATOR,
        (
            ("nodes", "nodes", ".card"),
            ("denied", "track", ".state-denied"),
            ("wall", "wall", ".wall-row"),
            ("watch", "watch", ".queue-row"),
        ),
    ),
    (
        "chen.yu",
        Role.APPLICANT,
        (
            ("orders", "orders", "table.orders"),
            ("order form", "orders/new", "form.form"),
            ("hotlist", "hotlists", ".import .diff"),
            ("hotlist form", "hotlists/new", "form.form"),
        ),
    ),
    (RIDER, Role.PATROL, (("patrol", "patrol", ".dispatch"),)),
    (
        "chen.gang",
        Role.INVESTIGATOR,
        (
            ("track", "track", ".track-table"),
            ("analysis", "analyses/convoy", ".analysis-form"),
            ("collision", "analyses/collision", ".area"),
            ("jobs", "analyses/jobs", ".state-empty"),
            ("case", "cases", ".saved-one"),
            ("grants", "grants", ".grant"),
        ),
    ),
    ("zhao.hong", Role.SUPERVISOR, (("decide grants", "grants", ".grant [data-move=grant]"),)),
    ("liu.yang", Role.AUDITOR, (("audit", "audit", "table.audit"),)),
    (
        "zhao.hong",
        Role.SUPERVISOR,
        (
            ("flow", "flow", ".flow-ahead"),
            ("assessment", "assessment", ".assessment-table"),
            ("roster", "roster", "table.shifts"),
            ("holds", "admin/retention", "li.hold"),
            ("deliveries", "admin/targets", ".state-empty, [data-delivery]"),
        ),
    ),
    (
        "zhou.ping",
        Role.ADMINISTRATOR,
        (
            ("users", "admin/users", "table.users"),
            ("tokens", "admin/tokens", "[data-token]"),
            ("targets", "admin/targets", "[data-target]"),
            ("areas", "admin/areas", ".state-empty, table"),
            ("account", "account", ".account table"),
        ),
    ),
)
