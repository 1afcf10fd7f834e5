"""Orders over HTTP beyond the plain way: emergencies, changes, what an order would have hit, areas."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from central.area import Area
from central.people import Role
from central.retro import RetroSearch
from proto.clock import ManualClock
from tests.centre import CHECKPOINT, PASSWORD, START, Centre, new_clock, passage, running_centre
from tests.integration.api_requests import DRAFT, problem_of


def test_an_emergency_is_active_at_once_and_owes_the_approval(centre: Centre) -> None:
    centre.records.people.create_user(
        username="both", name="两职", password=PASSWORD, roles=[Role.APPLICANT, Role.EMERGENCY], by="tests"
    )
    client = centre.client()
    signed_in = client.post("/api/session", json={"username": "both", "password": PASSWORD})
    client.headers["X-CSRF-Token"] = signed_in.json()["csrf"]
    order = client.post("/api/orders", json=DRAFT).json()
    path = f"/api/orders/{order['order_id']}"
    assert order["may"] == ["submit", "emergency", "withdraw"]
    active = client.post(f"{path}/emergency", json={"reason": "正在逃逸"}).json()
    assert (active["state"], active["emergency_until"]) == ("emergency", "2026-03-01T06:00:00Z")
    approver = centre.client(Role.APPROVER)
    assert approver.get("/api/orders/quality").json()["owing"] == 1
    assert approver.post(f"{path}/approve").json()["state"] == "active"


def test_a_change_holds_once_a_second_person_accepts_it(centre: Centre) -> None:
    applicant, approver = centre.client(Role.APPLICANT), centre.client(Role.APPROVER)
    path = f"/api/orders/{applicant.post('/api/orders', json=DRAFT).json()['order_id']}"
    assert applicant.post(f"{path}/revisions", json=DRAFT | {"priority": 2}).json()["state"] == "current"
    applicant.post(f"{path}/submit")
    approver.post(f"{path}/approve")
    asked = applicant.post(f"{path}/revisions", json=DRAFT | {"priority": 4, "why": "轻了"})
    assert (asked.status_code, asked.json()["number"], asked.json()["state"]) == (201, 3, "proposed")
    assert approver.get(path).json()["priority"] == 2
    assert approver.post(f"{path}/revisions/3/accept").json()["state"] == "current"
    assert approver.get(path).json()["priority"] == 4
    renewal = {"valid_until": "2026-04-08T00:00:00Z", "why": "未找到"}
    assert applicant.post(f"{path}/renewals", json=renewal).json()["kind"] == "renewal"
    assert approver.post(f"{path}/revisions/4/refuse", json={"reason": "依据不足"}).json()["state"] == "refused"
    assert applicant.post(f"{path}/renewals", json=renewal).status_code == 201
    assert applicant.post(f"{path}/revisions/5/call-back").json()["state"] == "called_back"
    seen = approver.get(f"{path}/revisions").json()["revisions"]
    assert [(r["state"], r["request"]["priority"]) for r in seen] == [
        ("superseded", 1), ("superseded", 2), ("current", 4), ("refused", 4), ("called_back", 4),
    ]  # fmt: skip


def test_what_it_would_have_hit_is_counted_once_and_shown(centre: Centre, clock: ManualClock) -> None:
    centre.services.store.insert(
        [passage(at=START - timedelta(hours=hours), seed=str(hours)) for hours in (1, 2, 30, 24 * 8)]
    )
    applicant, approver = centre.client(Role.APPLICANT), centre.client(Role.APPROVER)
    path = f"/api/orders/{applicant.post('/api/orders', json=DRAFT).json()['order_id']}"
    assert approver.get(path).json()["estimate"] is None
    applicant.post(f"{path}/submit")
    found = approver.get(path).json()["estimate"]
    assert (found["passages"], found["days"], found["complete"]) == (3, [2, 1, 0, 0, 0, 0, 0], True)
    centre.services.store.insert([passage(at=START - timedelta(hours=3), seed="new")])
    assert approver.get(f"{path}/estimate").json() == found
    asked = applicant.post("/api/orders/estimate", json=DRAFT).json()
    assert asked["passages"] == 4
    actions = [e.record.action for e in centre.records.audit.page(limit=20)]
    assert actions.count("order.estimate") == 2


def test_a_pattern_that_is_too_wide_is_refused_with_what_it_would_have_hit(tmp_path: Path) -> None:
    with running_centre(tmp_path, new_clock()) as centre:
        centre.services.store.insert(
            [passage(f"川C{n:05d}", at=START - timedelta(minutes=n + 1)) for n in range(1401)]
        )
        applicant = centre.client(Role.APPLICANT)
        wide = DRAFT | {"kind": "pattern", "plate": "川C0*"}
        path = f"/api/orders/{applicant.post('/api/orders', json=wide).json()['order_id']}"
        refused = problem_of(applicant.post(f"{path}/submit"), 422)
        assert "at most 200 passages a day, got 川C0*: it would have hit 1401 in the last 7 days" in refused
        assert centre.records.orders.page(limit=1)[0].state == "draft"
        narrow = DRAFT | {"kind": "partial", "plate": "0012"}
        path = f"/api/orders/{applicant.post('/api/orders', json=narrow).json()['order_id']}"
        assert applicant.post(f"{path}/submit").json()["state"] == "submitted"


def test_windows_of_the_week(centre: Centre) -> None:
    applicant = centre.client(Role.APPLICANT)
    schedule = {"zone": "Asia/Shanghai", "windows": [{"days": [1, 5], "start": "22:00", "end": "06:00"}]}
    order = applicant.post("/api/orders", json=DRAFT | {"schedule": schedule})
    assert order.json()["schedule"] == schedule
    for zone, start, message in (("Mars", "22:00", "a time zone"), ("UTC", "24:00", "a start of")):
        bad = {"zone": zone, "windows": [{"days": [1], "start": start, "end": "06:00"}]}
        assert message in problem_of(applicant.post("/api/orders", json=DRAFT | {"schedule": bad}), 422)


def test_who_has_an_area_keeps_to_it(centre: Centre) -> None:
    book = centre.records.checkpoints
    book.put_areas([Area(area_id="north", name="北"), Area(area_id="south", name="南")])
    book.put([replace(CHECKPOINT, area_id="north"), replace(CHECKPOINT, checkpoint_id="cp-2", area_id="south")])
    for role in (Role.APPLICANT, Role.APPROVER):
        centre.records.people.create_user(
            username=f"north-{role}", name="北", password=PASSWORD, roles=[role], areas=["north"], by="tests"
        )

    def north(role: Role):  # type: ignore[no-untyped-def]
        client = centre.client()
        answer = client.post("/api/session", json={"username": f"north-{role}", "password": PASSWORD})
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    applicant, approver = north(Role.APPLICANT), north(Role.APPROVER)
    assert "everywhere" in problem_of(applicant.post("/api/orders", json=DRAFT), 403)
    beyond = DRAFT | {"checkpoints": ["cp-1", "cp-2"]}
    assert "cp-2" in problem_of(applicant.post("/api/orders", json=beyond), 403)
    order = applicant.post("/api/orders", json=DRAFT | {"areas": ["north"]})
    assert order.status_code == 201
    path = f"/api/orders/{order.json()['order_id']}"
    applicant.post(f"{path}/submit")
    assert approver.post(f"{path}/approve").json()["state"] == "active"
    whole = centre.client(Role.APPLICANT).post("/api/orders", json=DRAFT).json()
    centre.client(Role.APPLICANT).post(f"/api/orders/{whole['order_id']}/submit")
    assert "everywhere" in problem_of(approver.post(f"/api/orders/{whole['order_id']}/approve"), 403)
    # Nor does somebody of one area have a say in what the others lose.
    everywhere = f"/api/orders/{whole['order_id']}"
    centre.client(Role.APPROVER).post(f"{everywhere}/approve")
    narrower = DRAFT | {"areas": ["north"], "why": "只在这里"}
    asked = centre.client(Role.APPLICANT).post(f"{everywhere}/revisions", json=narrower)
    assert asked.json()["state"] == "proposed"
    assert "everywhere" in problem_of(approver.post(f"{everywhere}/revisions/2/accept"), 403)
    assert "areas that there are" in problem_of(
        centre.client(Role.APPLICANT).post("/api/orders", json=DRAFT | {"areas": ["east"]}), 422
    )


def test_an_order_is_given_its_past_once_and_marked(centre: Centre, clock: ManualClock) -> None:
    hours = (1, 20, 30)
    centre.services.store.insert([passage(at=START - timedelta(hours=h), seed=str(h)) for h in hours])
    applicant, approver = centre.client(Role.APPLICANT), centre.client(Role.APPROVER)
    order = applicant.post("/api/orders", json=DRAFT | {"retro_hours": 24}).json()
    path = f"/api/orders/{order['order_id']}"
    search = RetroSearch(centre.records.orders, centre.records.alerts, centre.services.store, clock=clock)
    assert search.run() == 0
    applicant.post(f"{path}/submit")
    approver.post(f"{path}/approve")
    stopped = RetroSearch(
        centre.records.orders,
        centre.records.alerts,
        centre.services.store,
        clock=clock,
        stopping=lambda: True,
    )
    assert stopped.run() == 0  # left for the next start
    assert search.run() == 1
    found = centre.client(Role.OPERATOR).get("/api/alerts").json()["alerts"]
    assert all(alert["retro"] for alert in found)
    assert sum(alert["passage_count"] for alert in found) == 2
    trail = [entry.record for entry in centre.records.audit.page(limit=20)]
    (entry,) = (record for record in trail if record.action == "order.retro")
    assert json.loads(entry.detail) == {"plate": "川C12345", "found": 2, "raised": 2}
    assert search.run() == 0

    # A node delivers late what it saw then: the past is looked through once more, and only that is alerted of.
    centre.services.store.insert([passage(at=START - timedelta(hours=5), seed="late")])
    supervisor = centre.client(Role.SUPERVISOR)
    problem_of(supervisor.post(f"{path}/retro", json={"reason": " "}), 422)
    assert supervisor.post(f"{path}/retro", json={"reason": "节点补传"}).status_code == 202
    assert "is waiting for it" in problem_of(supervisor.post(f"{path}/retro", json={"reason": "再"}), 409)
    assert search.run() == 1
    again = centre.client(Role.OPERATOR).get("/api/alerts").json()["alerts"]
    assert {alert["alert_id"] for alert in found} < {alert["alert_id"] for alert in again}
    assert sum(alert["passage_count"] for alert in again) == 3
    plain = applicant.post("/api/orders", json=DRAFT).json()["order_id"]
    problem_of(supervisor.post(f"/api/orders/{plain}/retro", json={"reason": "无"}), 409)


def test_an_orders_history_names_people(centre: Centre) -> None:
    applicant, approver = centre.client(Role.APPLICANT), centre.client(Role.APPROVER)
    path = f"/api/orders/{applicant.post('/api/orders', json=DRAFT).json()['order_id']}"
    applicant.post(f"{path}/submit")
    order = approver.post(f"{path}/approve").json()
    assert (order["applicant_name"], order["approver_name"]) == ("applicant 某", "approver 某")
    assert [(step["user"], step["name"]) for step in order["history"]] == [
        ("applicant", "applicant 某"),
        ("approver", "approver 某"),
        ("(clock)", "(clock)"),
    ]
    listed = approver.get("/api/orders").json()["orders"]
    assert listed[0]["history"] == order["history"] == approver.get(path).json()["history"]
    (version,) = approver.get(f"{path}/revisions").json()["revisions"]
    assert version["request"]["applicant_name"] == "applicant 某"


class TestOrders:
    def test_from_draft_to_withdrawn(self, centre: Centre) -> None:
        applicant, approver = centre.client(Role.APPLICANT), centre.client(Role.APPROVER)
        order = applicant.post("/api/orders", json=DRAFT).json()
        assert (order["state"], order["plate"], order["plate_display"]) == ("draft", "川C12345", "川C·12345")
        assert order["may"] == ["submit", "withdraw"]
        path = f"/api/orders/{order['order_id']}"
        assert "allows submit" in problem_of(approver.post(f"{path}/approve"), 409)
        assert applicant.post(f"{path}/submit").json()["may"] == ["withdraw"]
        (seen,) = approver.get("/api/orders", params={"state": "submitted"}).json()["orders"]
        assert seen["may"] == ["approve", "reject", "withdraw"]
        order = approver.post(f"{path}/approve").json()
        assert (order["state"], order["approver"]) == ("active", "approver")
        assert [(step["from"], step["to"], step["user"]) for step in order["history"]] == [
            ("draft", "submitted", "applicant"),
            ("submitted", "approved", "approver"),
            ("approved", "active", "(clock)"),
        ]
        assert order["valid_until"] == "2026-03-08T00:00:00Z"
        problem_of(applicant.post(f"{path}/withdraw", json={"reason": "  "}), 422)
        order = applicant.post(f"{path}/withdraw", json={"reason": "车辆已找到"}).json()
        assert (order["state"], order["history"][-1]["reason"]) == ("withdrawn", "车辆已找到")
        assert "nothing any more" in problem_of(approver.post(f"{path}/approve"), 409)

    def test_rejecting(self, centre: Centre) -> None:
        applicant, approver = centre.client(Role.APPLICANT), centre.client(Role.APPROVER)
        path = f"/api/orders/{applicant.post('/api/orders', json=DRAFT).json()['order_id']}"
        applicant.post(f"{path}/submit")
        assert approver.post(f"{path}/reject", json={"reason": "依据不足"}).json()["state"] == "rejected"

    def test_one_who_may_both_does_not_approve_their_own(self, centre: Centre) -> None:
        centre.records.people.create_user(
            username="both", name="两职", password=PASSWORD, roles=[Role.APPLICANT, Role.APPROVER], by="tests"
        )
        client = centre.client()
        answer = client.post("/api/session", json={"username": "both", "password": PASSWORD})
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        path = f"/api/orders/{client.post('/api/orders', json=DRAFT).json()['order_id']}"
        assert client.post(f"{path}/submit").json()["may"] == ["withdraw"]
        assert "somebody who may approve" in problem_of(client.post(f"{path}/approve"), 403)
