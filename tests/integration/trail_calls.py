"""A call of every route that leaves something in the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import httpx

from central.people import Role, TokenScope
from tests.centre import PASSWORD, active_order, order_request
from tests.integration.api_requests import DRAFT, SEARCH, SHA
from tests.integration.test_api_hotlists import FILE, LIST, hand_in, read_all
from tests.integration.test_api_targets import DRAFT as TARGET
from tests.integration.trail_stage import JOB, RENEWAL, SHIFT, R, Stage, kept

ROSTER = "班组,人员,开始时间,结束时间\n一班,operator,2026-03-01 08:00,2026-03-01 20:00\n"
DAY = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-02T00:00:00Z"}
HOLD = {"plate": "川C·12345", "reason": "行政复议"}
ASK = {"case_number": "A-1", "reason": "盗抢车辆追查", "since": "2025-06-01T00:00:00Z", "hours": 8}
Call = Callable[[Stage], httpx.Response]


def _token(s: Stage) -> str:
    s.as_(R.ADMINISTRATOR).post("/api/machine-tokens", json={"name": "node-9"})
    return s.centre.records.people.machine_tokens()[0].token_id


def _own_session(s: Stage) -> httpx.Response:
    client = s.as_(R.OPERATOR)
    sessions = client.get("/api/sessions").json()["sessions"]
    return client.delete(f"/api/sessions/{sessions[-1]['session_id']}")


def _password(s: Stage) -> httpx.Response:
    new = "another password for tests"
    client = s.as_(R.APPROVER)
    answer = client.post("/api/session/password", json={"old": PASSWORD, "new": new})
    client.post("/api/session/password", json={"old": new, "new": PASSWORD})
    return answer


def _decide(s: Stage, role: Role, what: str) -> httpx.Response:
    order_id = s.order("submit", "approve")
    number = s.revision(order_id)
    return s.as_(role).post(f"/api/orders/{order_id}/revisions/{number}/{what}", json={"reason": "因为"})


def _key(s: Stage) -> httpx.Response:
    token = s.centre.records.people.create_machine_token("node-1", by="tests", scopes=[TokenScope.WATCHLIST])
    return s.centre.client(Authorization=f"Bearer {token}").get("/api/watchlist/key")


def _retro(s: Stage) -> httpx.Response:
    s.count += 1
    request = replace(order_request(f"川A{s.count:05}"), retro=timedelta(hours=1))
    order = active_order(s.centre.records, s.centre.staff, request)
    s.centre.records.orders.retro_done(order, found=0, raised=0)
    return s.as_(R.SUPERVISOR).post(f"/api/orders/{order.order_id}/retro", json={"reason": "节点补传"})


def _listen(s: Stage) -> httpx.Response:
    headers = {"Accept": "text/event-stream"}
    with s.as_(R.OPERATOR).stream("GET", "/api/live/events", headers=headers) as answer:
        return answer


def _confirm(s: Stage, path: str) -> httpx.Response:
    applicant = s.as_(R.APPLICANT)
    sha256 = hand_in(applicant, path, FILE)["sha256"]
    read_all(s.centre)
    return applicant.post(f"{path}/imports/1/confirm", json={"sha256": sha256})


def _look(s: Stage, path: str) -> httpx.Response:
    _confirm(s, path)
    return s.as_(R.APPROVER).get(f"{path}/imports/1/changes")


def _approve(s: Stage, path: str) -> httpx.Response:
    _confirm(s, path)
    return s.as_(R.APPROVER).post(f"{path}/imports/1/approve")


def _reject(s: Stage) -> httpx.Response:
    path = s.hotlist()
    _confirm(s, path)
    return s.as_(R.APPROVER).post(f"{path}/imports/1/reject", json={"reason": "不完整"})


def _drop(s: Stage) -> httpx.Response:
    path = s.hotlist()
    _confirm(s, path)
    return s.as_(R.APPLICANT).post(f"{path}/imports/1/drop", json={"reason": "重复"})


def _export(s: Stage) -> httpx.Response:
    path = s.hotlist()
    _approve(s, path)
    return s.as_(R.APPROVER).get(f"{path}/rows", params={"form": "csv"})


def _lift(s: Stage) -> httpx.Response:
    hold_id = s.as_(R.SUPERVISOR).post("/api/holds", json=HOLD).json()["hold_id"]
    return s.as_(R.AUDITOR).post(f"/api/holds/{hold_id}/lift", json={"reason": "案件已结"})


def _granted(s: Stage, *moves: str) -> httpx.Response:
    asked = s.as_(R.INVESTIGATOR).post("/api/search-grants", json=ASK)
    path = f"/api/search-grants/{asked.json()['grant_id']}"
    answers = [s.as_(R.SUPERVISOR).post(f"{path}/{move}", json={"note": "同意"}) for move in moves]
    return answers[-1]


def _amend(s: Stage) -> httpx.Response:
    order_id = s.order("submit", "approve")
    changed = {**DRAFT, "plate": f"川C{s.count:05}", "priority": 2, "why": "降级"}
    return s.as_(R.APPLICANT).post(f"/api/orders/{order_id}/revisions", json=changed)


def _emergency(s: Stage) -> httpx.Response:
    client = s.centre.client()
    who = {"username": "on.duty", "password": PASSWORD}
    client.headers["X-CSRF-Token"] = client.post("/api/session", json=who).json()["csrf"]
    order_id = client.post("/api/orders", json={**DRAFT, "plate": "川C99999"}).json()["order_id"]
    return client.post(f"/api/orders/{order_id}/emergency", json={"reason": "持刀逃窜"})


def _hand_over(s: Stage) -> httpx.Response:
    s.owned_alert()
    return s.as_(R.OPERATOR).post("/api/alerts/hand-over", json={"to_user": "colleague"})


def _accept(s: Stage) -> httpx.Response:
    _hand_over(s)
    colleague = s.centre.client()
    signed_in = colleague.post("/api/session", json={"username": "colleague", "password": PASSWORD})
    colleague.headers["X-CSRF-Token"] = signed_in.json()["csrf"]
    return colleague.post("/api/alerts/accept", json={})


#: How each route is called so that it answers well.
CALLS: dict[tuple[str, str], Call] = {
    ("POST", "/api/session"): lambda s: s.centre.client().post(
        "/api/session", json={"username": "operator", "password": PASSWORD}
    ),
    ("DELETE", "/api/session"): lambda s: s.as_(R.OPERATOR).delete("/api/session"),
    ("POST", "/api/session/password"): _password,
    ("DELETE", "/api/sessions/{session_id}"): _own_session,
    ("POST", "/api/users"): lambda s: s.as_(R.ADMINISTRATOR).post(
        "/api/users", json={"username": "li.jing", "name": "李静", "roles": ["operator"]}
    ),
    ("PATCH", "/api/users/{username}"): lambda s: s.as_(R.ADMINISTRATOR).patch(
        f"/api/users/{s.user()}", json={"roles": ["auditor"]}
    ),
    ("POST", "/api/users/{username}/disable"): lambda s: s.as_(R.ADMINISTRATOR).post(
        f"/api/users/{s.user()}/disable"
    ),
    ("POST", "/api/users/{username}/enable"): lambda s: s.as_(R.ADMINISTRATOR).post(
        f"/api/users/{_disabled(s)}/enable"
    ),
    ("POST", "/api/users/{username}/confirm"): lambda s: s.centre.client(username="other.admin").post(
        f"/api/users/{s.user()}/confirm"
    ),
    ("POST", "/api/users/{username}/password"): lambda s: s.as_(R.ADMINISTRATOR).post(
        f"/api/users/{s.user()}/password"
    ),
    ("DELETE", "/api/users/{username}/sessions"): lambda s: s.as_(R.ADMINISTRATOR).delete(
        "/api/users/operator/sessions"
    ),
    ("GET", "/api/passages"): lambda s: s.as_(R.OPERATOR).get("/api/passages"),
    ("POST", "/api/tracks"): lambda s: s.as_(R.INVESTIGATOR).post("/api/tracks", json=SEARCH),
    ("POST", "/api/searches"): lambda s: s.as_(R.INVESTIGATOR).post("/api/searches", json=SEARCH),
    ("POST", "/api/searches/way"): lambda s: s.as_(R.INVESTIGATOR).post("/api/searches/way", json=SEARCH),
    ("POST", "/api/searches/export"): lambda s: s.as_(R.INVESTIGATOR).post(
        "/api/searches/export", json=SEARCH | {"form": "csv"}
    ),
    ("POST", "/api/analyses/{kind}"): lambda s: s.as_(R.INVESTIGATOR).post(
        "/api/analyses/base",
        json={k: v for k, v in SEARCH.items() if k != "plate"} | {"wishes": {"plate": SEARCH["plate"]}},
    ),
    ("POST", "/api/jobs"): lambda s: s.as_(R.INVESTIGATOR).post("/api/jobs", json=JOB),
    ("POST", "/api/jobs/{job_id}/cancel"): lambda s: s.as_(R.INVESTIGATOR).post(
        f"/api/jobs/{s.job(done=False)}/cancel"
    ),
    ("DELETE", "/api/jobs/{job_id}"): lambda s: s.as_(R.INVESTIGATOR).delete(f"/api/jobs/{s.job()}"),
    ("GET", "/api/jobs/{job_id}/findings"): lambda s: s.as_(R.INVESTIGATOR).get(
        f"/api/jobs/{s.job()}/findings"
    ),
    ("POST", "/api/jobs/{job_id}/export"): lambda s: s.as_(R.INVESTIGATOR).post(
        f"/api/jobs/{s.job()}/export", json={"form": "xlsx"}
    ),
    ("POST", "/api/cases"): lambda s: s.as_(R.INVESTIGATOR).post(
        "/api/cases", json={"case_number": s.name(), "reason": "盗抢"}
    ),
    ("GET", "/api/cases/{case_id}"): lambda s: s.as_(R.SUPERVISOR).get(s.case(filled=True)),
    ("DELETE", "/api/cases/{case_id}"): lambda s: s.as_(R.INVESTIGATOR).delete(s.case()),
    ("POST", "/api/cases/{case_id}/questions"): lambda s: kept(s, s.case()),
    ("DELETE", "/api/cases/{case_id}/questions/{number}"): lambda s: s.as_(R.INVESTIGATOR).delete(
        f"{s.case(filled=True)}/questions/1"
    ),
    ("POST", "/api/search-grants"): lambda s: s.as_(R.INVESTIGATOR).post("/api/search-grants", json=ASK),
    ("POST", "/api/search-grants/{grant_id}/grant"): lambda s: _granted(s, "grant"),
    ("POST", "/api/search-grants/{grant_id}/refuse"): lambda s: _granted(s, "refuse"),
    ("POST", "/api/search-grants/{grant_id}/revoke"): lambda s: _granted(s, "grant", "revoke"),
    ("POST", "/api/orders"): lambda s: s.as_(R.APPLICANT).post("/api/orders", json=DRAFT),
    ("POST", "/api/orders/{order_id}/submit"): lambda s: s.as_(R.APPLICANT).post(
        f"/api/orders/{s.order()}/submit"
    ),
    ("POST", "/api/orders/{order_id}/approve"): lambda s: s.as_(R.APPROVER).post(
        f"/api/orders/{s.order('submit')}/approve", json={"reason": "核实"}
    ),
    ("POST", "/api/orders/{order_id}/reject"): lambda s: s.as_(R.APPROVER).post(
        f"/api/orders/{s.order('submit')}/reject", json={"reason": "依据不足"}
    ),
    ("POST", "/api/orders/{order_id}/withdraw"): lambda s: s.as_(R.APPROVER).post(
        f"/api/orders/{s.order('submit', 'approve')}/withdraw", json={"reason": "车辆已找到"}
    ),
    ("POST", "/api/orders/estimate"): lambda s: s.as_(R.APPLICANT).post("/api/orders/estimate", json=DRAFT),
    ("GET", "/api/orders/{order_id}/estimate"): lambda s: s.as_(R.APPROVER).get(
        f"/api/orders/{s.order()}/estimate"
    ),
    ("POST", "/api/orders/{order_id}/emergency"): _emergency,
    ("POST", "/api/orders/{order_id}/revisions"): _amend,
    ("POST", "/api/orders/{order_id}/renewals"): lambda s: s.as_(R.APPLICANT).post(
        f"/api/orders/{s.order('submit', 'approve')}/renewals", json=RENEWAL
    ),
    ("POST", "/api/orders/{order_id}/revisions/{number}/accept"): lambda s: _decide(s, R.APPROVER, "accept"),
    ("POST", "/api/orders/{order_id}/revisions/{number}/refuse"): lambda s: _decide(s, R.APPROVER, "refuse"),
    ("POST", "/api/orders/{order_id}/revisions/{number}/call-back"): lambda s: _decide(
        s, R.APPLICANT, "call-back"
    ),
    ("GET", "/api/alerts/{alert_id}"): lambda s: s.as_(R.OPERATOR).get(f"/api/alerts/{s.alert()}"),
    ("POST", "/api/alerts/{alert_id}/steps"): lambda s: s.as_(R.OPERATOR).post(
        f"/api/alerts/{s.alert()}/steps", json={"step": "verify", "verdict": "correct"}
    ),
    ("POST", "/api/alerts/hand-over"): _hand_over,
    ("POST", "/api/alerts/accept"): _accept,
    ("GET", "/api/alerts/{alert_id}/interception"): lambda s: s.as_(R.OPERATOR).get(
        f"/api/alerts/{s.alert()}/interception"
    ),
    ("POST", "/api/alerts/{alert_id}/interception"): lambda s: s.as_(R.OPERATOR).post(
        f"/api/alerts/{s.alert()}/interception"
    ),
    ("POST", "/api/roster/shifts"): lambda s: s.as_(R.SUPERVISOR).post("/api/roster/shifts", json=SHIFT),
    ("DELETE", "/api/roster/shifts/{shift_id}"): lambda s: s.as_(R.SUPERVISOR).delete(
        f"/api/roster/shifts/{s.shift()}"
    ),
    ("POST", "/api/roster/import"): lambda s: s.as_(R.SUPERVISOR).post(
        "/api/roster/import", content=ROSTER.encode(), headers={"Content-Type": "text/csv"}
    ),
    ("PUT", "/api/units/{unit_id}"): lambda s: s.as_(R.SUPERVISOR).put(
        "/api/units/u-new", json={"name": "巡逻", "team": "一中队"}
    ),
    ("DELETE", "/api/units/{unit_id}"): lambda s: s.as_(R.SUPERVISOR).delete(f"/api/units/{s.unit()}"),
    ("POST", "/api/units/{unit_id}/status"): lambda s: s.as_(R.OPERATOR).post(
        f"/api/units/{s.unit()}/status", json={"status": "busy"}
    ),
    ("GET", "/api/patrol/dispatches/{alert_id}/interception"): lambda s: s.as_(R.PATROL).get(
        f"/api/patrol/dispatches/{s.dispatch()}/interception"
    ),
    ("POST", "/api/patrol/dispatches/{alert_id}/steps"): lambda s: s.as_(R.PATROL).post(
        f"/api/patrol/dispatches/{s.dispatch()}/steps", json={"step": "under_way"}
    ),
    ("POST", "/api/patrol/dispatches/{alert_id}/photos"): lambda s: s.as_(R.PATROL).post(
        f"/api/patrol/dispatches/{s.dispatch()}/photos", content=b"\xff\xd8\xff photo"
    ),
    ("GET", "/api/units/{unit_id}/positions"): lambda s: s.as_(R.SUPERVISOR).get(
        f"/api/units/{s.unit()}/positions", params={"since": "2026-03-01T00:00:00Z"}
    ),
    ("GET", "/api/live/events"): _listen,
    ("POST", "/api/hotlists"): lambda s: s.as_(R.APPLICANT).post(
        "/api/hotlists", json={**LIST, "name": s.name()}
    ),
    ("POST", "/api/hotlists/{hotlist_id}/imports"): lambda s: s.as_(R.APPLICANT).post(
        f"{s.hotlist()}/imports", params={"name": "list.csv"}, content=FILE
    ),
    ("GET", "/api/hotlists/{hotlist_id}/imports/{number}/changes"): lambda s: _look(s, s.hotlist()),
    ("POST", "/api/hotlists/{hotlist_id}/imports/{number}/confirm"): lambda s: _confirm(s, s.hotlist()),
    ("POST", "/api/hotlists/{hotlist_id}/imports/{number}/approve"): lambda s: _approve(s, s.hotlist()),
    ("POST", "/api/hotlists/{hotlist_id}/imports/{number}/reject"): _reject,
    ("POST", "/api/hotlists/{hotlist_id}/imports/{number}/drop"): _drop,
    ("GET", "/api/hotlists/{hotlist_id}/rows"): _export,
    ("POST", "/api/targets"): lambda s: s.as_(R.ADMINISTRATOR).post("/api/targets", json=TARGET),
    ("PUT", "/api/targets/{target_id}"): lambda s: s.as_(R.ADMINISTRATOR).put(
        s.target(), json={**TARGET, "enabled": False}
    ),
    ("POST", "/api/targets/{target_id}/secret"): lambda s: s.as_(R.ADMINISTRATOR).post(
        f"{s.target()}/secret", json={}
    ),
    ("POST", "/api/orders/{order_id}/retro"): _retro,
    ("GET", "/api/watchlist/key"): _key,
    ("GET", "/api/watchlist/versions/{version}/orders/{order_id}"): lambda s: s.as_(R.AUDITOR).get(
        f"/api/watchlist/versions/1/orders/{s.order()}"
    ),
    ("GET", "/api/assessment"): lambda s: s.as_(R.SUPERVISOR).get("/api/assessment", params=DAY),
    ("GET", "/api/assessment/csv"): lambda s: s.as_(R.SUPERVISOR).get("/api/assessment/csv", params=DAY),
    ("POST", "/api/holds"): lambda s: s.as_(R.SUPERVISOR).post("/api/holds", json=HOLD),
    ("POST", "/api/holds/{hold_id}/lift"): _lift,
    ("GET", "/api/audit"): lambda s: s.as_(R.AUDITOR).get("/api/audit"),
    ("POST", "/api/audit/verification"): lambda s: s.as_(R.AUDITOR).post("/api/audit/verification"),
    ("GET", "/api/audit/digests"): lambda s: s.as_(R.AUDITOR).get("/api/audit/digests"),
    ("GET", "/api/images/{sha256}"): lambda s: s.as_(R.OPERATOR).get(s.centre.picture(SHA)),
    ("POST", "/api/machine-tokens"): lambda s: s.as_(R.ADMINISTRATOR).post(
        "/api/machine-tokens", json={"name": "node-9"}
    ),
    ("DELETE", "/api/machine-tokens/{token_id}"): lambda s: s.as_(R.ADMINISTRATOR).delete(
        f"/api/machine-tokens/{_token(s)}"
    ),
}
#: Those that need more than a centre, and where they are called.
ELSEWHERE = {
    ("GET", "/api/sign-on/callback"): "test_oidc.py",
    ("POST", "/api/federation/tracks"): "test_federation.py",
    ("POST", "/api/federation/peers/{peer}/images/{reference}"): "test_federation.py",
    ("POST", "/api/federation/answers/tracks"): "test_federation.py",
    ("POST", "/api/federation/answers/images"): "test_federation.py",
    ("POST", "/api/deliveries/{delivery_id}/resend"): "test_api_targets.py",
}


def _disabled(s: Stage) -> str:
    name = s.user()
    s.as_(R.ADMINISTRATOR).post(f"/api/users/{name}/disable")
    return name
