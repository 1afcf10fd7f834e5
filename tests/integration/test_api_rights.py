"""Every route of the OpenAPI document, called by everybody: the table of rights holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from fastapi import APIRouter

from central.api.app import MODULES, create_app, openapi_document, routes
from central.api.document import operations_of
from central.api.rights import LIVE_KINDS, RIGHTS, Right, kinds_for
from central.area import Area
from central.people import Role, TokenScope
from tests.centre import PASSWORD, Centre, new_clock, running_centre

SHA = "0" * 64
ROUTES = sorted(RIGHTS)
#: Who may, once more and in short, by route: a change of the table must be meant.
EXPECTED: dict[str, str] = {
    "POST /api/session": "public",
    "GET /api/sign-on": "public",
    "GET /api/sign-on/start": "public",
    "GET /api/sign-on/callback": "public",
    "GET /api/session": "everybody",
    "DELETE /api/session": "everybody",
    "POST /api/session/password": "everybody",
    "GET /api/sessions": "everybody",
    "DELETE /api/sessions/{session_id}": "everybody",
    "GET /api/users": "administrator of the whole network",
    "POST /api/users": "administrator of the whole network",
    "GET /api/users/{username}": "administrator of the whole network",
    "PATCH /api/users/{username}": "administrator of the whole network",
    "POST /api/users/{username}/disable": "administrator of the whole network",
    "POST /api/users/{username}/enable": "administrator of the whole network",
    "POST /api/users/{username}/confirm": "administrator of the whole network",
    "POST /api/users/{username}/password": "administrator of the whole network",
    "DELETE /api/users/{username}/sessions": "administrator of the whole network",
    "GET /api/live/events": "everybody",
    "GET /api/checkpoints": "everybody read",
    "GET /api/map": "everybody",
    "GET /api/map/layers/{name}": "everybody",
    "GET /api/map/tiles/{z}/{x}/{y}": "everybody",
    "GET /api/areas": "desks read",
    "GET /api/passages": "operator read supervisor",
    "POST /api/tracks": "investigator",
    "GET /api/analyses": "investigator",
    "POST /api/analyses/{kind}": "investigator",
    "GET /api/jobs": "investigator",
    "POST /api/jobs": "investigator",
    "GET /api/jobs/{job_id}": "investigator",
    "DELETE /api/jobs/{job_id}": "investigator",
    "POST /api/jobs/{job_id}/cancel": "investigator",
    "GET /api/jobs/{job_id}/findings": "investigator",
    "POST /api/jobs/{job_id}/export": "investigator",
    "POST /api/searches": "investigator",
    "POST /api/searches/way": "investigator",
    "POST /api/searches/export": "investigator",
    "GET /api/cases": "investigator supervisor",
    "POST /api/cases": "investigator",
    "GET /api/cases/{case_id}": "investigator supervisor",
    "DELETE /api/cases/{case_id}": "investigator",
    "POST /api/cases/{case_id}/questions": "investigator",
    "DELETE /api/cases/{case_id}/questions/{number}": "investigator",
    "GET /api/search-grants": "investigator supervisor",
    "POST /api/search-grants": "investigator",
    "POST /api/search-grants/{grant_id}/grant": "supervisor",
    "POST /api/search-grants/{grant_id}/refuse": "supervisor",
    "POST /api/search-grants/{grant_id}/revoke": "supervisor",
    "GET /api/orders": "applicant approver auditor operator supervisor",
    "POST /api/orders": "applicant",
    "POST /api/orders/{order_id}/submit": "applicant",
    "POST /api/orders/{order_id}/approve": "approver",
    "POST /api/orders/{order_id}/reject": "approver",
    "POST /api/orders/{order_id}/withdraw": "applicant approver supervisor",
    "POST /api/orders/{order_id}/retro": "applicant approver supervisor",
    "POST /api/orders/estimate": "applicant",
    "GET /api/orders/quality": "approver auditor supervisor of the whole network",
    "GET /api/orders/{order_id}": "applicant approver auditor operator supervisor",
    "GET /api/orders/{order_id}/estimate": "applicant approver supervisor",
    "POST /api/orders/{order_id}/emergency": "emergency",
    "GET /api/orders/{order_id}/revisions": "applicant approver auditor operator supervisor",
    "POST /api/orders/{order_id}/revisions": "applicant",
    "POST /api/orders/{order_id}/renewals": "applicant",
    "POST /api/orders/{order_id}/revisions/{number}/accept": "approver",
    "POST /api/orders/{order_id}/revisions/{number}/refuse": "approver",
    "POST /api/orders/{order_id}/revisions/{number}/call-back": "applicant",
    "GET /api/hotlists": "applicant approver auditor operator supervisor",
    "POST /api/hotlists": "applicant",
    "GET /api/hotlists/{hotlist_id}/imports": "applicant approver auditor supervisor",
    "POST /api/hotlists/{hotlist_id}/imports": "applicant",
    "GET /api/hotlists/{hotlist_id}/imports/{number}": "applicant approver auditor supervisor",
    "GET /api/hotlists/{hotlist_id}/imports/{number}/changes": "applicant approver",
    "POST /api/hotlists/{hotlist_id}/imports/{number}/confirm": "applicant",
    "POST /api/hotlists/{hotlist_id}/imports/{number}/drop": "applicant",
    "POST /api/hotlists/{hotlist_id}/imports/{number}/approve": "approver",
    "POST /api/hotlists/{hotlist_id}/imports/{number}/reject": "approver",
    "GET /api/hotlists/{hotlist_id}/rows": "applicant approver of the whole network",
    "GET /api/alerts": "operator supervisor",
    "GET /api/alerts/{alert_id}": "operator supervisor",
    "POST /api/alerts/{alert_id}/steps": "operator",
    "POST /api/alerts/hand-over": "operator",
    "POST /api/alerts/accept": "operator",
    "GET /api/roster": "administrator operator supervisor",
    "GET /api/roster/duty": "administrator operator supervisor",
    "POST /api/roster/shifts": "supervisor",
    "DELETE /api/roster/shifts/{shift_id}": "supervisor",
    "POST /api/roster/import": "supervisor",
    "GET /api/alerts/{alert_id}/interception": "operator supervisor",
    "POST /api/alerts/{alert_id}/interception": "operator supervisor",
    "GET /api/federation/peers": "investigator",
    "POST /api/federation/tracks": "investigator",
    "POST /api/federation/peers/{peer}/images/{reference}": "investigator",
    "POST /api/federation/answers/tracks": "peers",
    "POST /api/federation/answers/images": "peers",
    "GET /api/flow/sections": "operator supervisor",
    "GET /api/flow/today": "operator supervisor",
    "GET /api/flow/forecast": "operator supervisor",
    "GET /api/flow/placement": "operator supervisor",
    "GET /api/units": "operator supervisor",
    "PUT /api/units/{unit_id}": "administrator supervisor of the whole network",
    "DELETE /api/units/{unit_id}": "administrator supervisor of the whole network",
    "POST /api/units/{unit_id}/status": "operator patrol supervisor",
    "POST /api/units/{unit_id}/position": "patrol positions",
    "GET /api/units/{unit_id}/positions": "supervisor",
    "GET /api/patrol": "patrol",
    "GET /api/patrol/dispatches/{alert_id}/interception": "patrol",
    "POST /api/patrol/dispatches/{alert_id}/steps": "patrol",
    "POST /api/patrol/dispatches/{alert_id}/photos": "patrol",
    "GET /api/assessment": "supervisor",
    "GET /api/assessment/csv": "supervisor",
    "GET /api/targets": "administrator of the whole network",
    "POST /api/targets": "administrator of the whole network",
    "PUT /api/targets/{target_id}": "administrator of the whole network",
    "POST /api/targets/{target_id}/secret": "administrator of the whole network",
    "GET /api/deliveries": "administrator supervisor of the whole network",
    "POST /api/deliveries/{delivery_id}/resend": "administrator of the whole network",
    "GET /api/nodes": "administrator operator read supervisor",
    "GET /api/statistics": "desks read",
    "GET /api/statistics/sources": "operator supervisor",
    "GET /api/watchlist": "auditor supervisor",
    "GET /api/watchlist/key": "watchlist",
    "GET /api/watchlist/versions/{version}": "auditor supervisor",
    "GET /api/watchlist/versions/{version}/orders/{order_id}": "auditor of the whole network",
    "GET /api/holds": "auditor supervisor of the whole network",
    "POST /api/holds": "auditor supervisor of the whole network",
    "POST /api/holds/{hold_id}/lift": "auditor supervisor of the whole network",
    "GET /api/retention": "administrator auditor supervisor",
    "GET /api/audit": "auditor of the whole network",
    "POST /api/audit/verification": "auditor of the whole network",
    "GET /api/audit/digests": "auditor of the whole network",
    "GET /api/images/{sha256}": "investigator operator patrol supervisor",
    "HEAD /api/images/{sha256}": "images investigator operator patrol supervisor",
    "PUT /api/images/{sha256}": "images",
    "HEAD /api/images/{sha256}/upload": "images",
    "PATCH /api/images/{sha256}/upload": "images",
    "GET /api/machine-tokens": "administrator of the whole network",
    "POST /api/machine-tokens": "administrator of the whole network",
    "DELETE /api/machine-tokens/{token_id}": "administrator of the whole network",
    "GET /healthz": "public",
    "GET /readyz": "public",
    "GET /metrics": "public",
}


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with running_centre(tmp_path_factory.mktemp("centre"), new_clock()) as running:
        running.records.checkpoints.put_areas([Area(area_id="one", name="甲区")])
        running.records.people.create_user(
            username="everything-of-one-area",
            name="某",
            password=PASSWORD,
            roles=list(Role),
            areas=["one"],
            by="tests",
        )
        yield running


def path_of(route: str) -> str:
    """The path of something that there isn't: of any route, also of one that comes yet."""
    return re.sub(r"{(\w+)}", lambda part: SHA if part[1] == "sha256" else "none", route)


def in_short(right: Right) -> str:
    if right.public:
        return "public"
    if right.peers:
        return "peers"
    everybody = frozenset(Role)
    called = {everybody: ["everybody"], everybody - {Role.PATROL}: ["desks"]}
    people = called.get(right.roles, right.roles)
    network = " of the whole network" if right.whole_network else ""
    return " ".join(sorted([*people, *right.machines])) + network


def test_the_table_is_as_it_was_meant() -> None:
    assert {f"{method} {path}": in_short(right) for (method, path), right in RIGHTS.items()} == EXPECTED


def test_every_route_is_in_the_table_and_in_the_document() -> None:
    assert routes().keys() == RIGHTS.keys()
    assert operations_of(openapi_document()).keys() == RIGHTS.keys()


def test_a_route_that_is_not_in_the_table_stops_the_start(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Forgotten:
        router = APIRouter()

    @Forgotten.router.get("/api/forgotten")
    def forgotten() -> None: ...

    monkeypatch.setattr("central.api.app.MODULES", (*MODULES, Forgotten))
    with pytest.raises(RuntimeError, match="/api/forgotten"):
        create_app(centre.services)


def test_two_routes_of_one_name_stop_the_start(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    class Second:
        router = APIRouter()

    @Second.router.get("/api/again")
    def list_alerts() -> None:
        """Named as another one is."""

    monkeypatch.setattr("central.api.app.MODULES", (*MODULES, Second))
    monkeypatch.setitem(RIGHTS, ("GET", "/api/again"), Right(public=True))
    with pytest.raises(RuntimeError, match="got twice list_alerts"):
        create_app(centre.services)


@pytest.mark.parametrize("role", Role)
def test_every_route_with_every_role(centre: Centre, role: Role) -> None:
    client = centre.client(role)
    ends_the_session = ("DELETE", "/api/session")
    for method, route in [*(r for r in ROUTES if r != ends_the_session), ends_the_session]:
        right = RIGHTS[method, route]
        answer = client.request(method, path_of(route))
        refused = answer.status_code in (401, 403)
        assert refused == (not right.public and role not in right.roles), (
            f"{method} {route}: {answer.status_code}"
        )
        if refused:
            assert answer.status_code == (401 if right.peers else 403)


def test_every_route_with_every_role_of_one_area(centre: Centre) -> None:
    """What can't be told apart by area is closed to them; the rest is open, and shows their area only."""
    client = centre.client(username="everything-of-one-area")
    for method, route in ROUTES:
        right = RIGHTS[method, route]
        if (method, route) == ("DELETE", "/api/session"):
            continue
        answer = client.request(method, path_of(route))
        open_to_some = right.public or right.peers or right.roles
        assert (answer.status_code == 403) == (right.whole_network or not open_to_some), (
            f"{method} {route}: {answer.status_code}"
        )


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=[f"{m} {p}" for m, p in ROUTES])
def test_every_route_without_a_session(centre: Centre, method: str, route: str) -> None:
    right = RIGHTS[method, route]
    for client in (centre.client(), centre.client(Cookie="bukong_session=made-up")):
        answer = client.request(method, path_of(route))
        assert (answer.status_code == 401) == (not right.public)


@pytest.mark.parametrize("scope", TokenScope)
def test_every_route_with_a_machines_token_of_every_scope(centre: Centre, scope: TokenScope) -> None:
    people = centre.records.people
    machine = centre.client(
        Authorization=f"Bearer {people.create_machine_token('m', by='tests', scopes=[scope])}"
    )
    made_up = centre.client(Authorization="Bearer made-up")
    late = centre.services.clock.now() + timedelta(hours=1)
    token = people.create_machine_token("m", by="tests", scopes=list(TokenScope), expires_at=late)
    (expiring,) = (t for t in people.machine_tokens() if t.expires_at == late and t.revoked_at is None)
    people.revoke_machine_token(expiring.token_id, by="tests")
    revoked = centre.client(Authorization=f"Bearer {token}")
    for method, route in ROUTES:
        right = RIGHTS[method, route]
        answer = machine.request(method, path_of(route))
        closed = not (right.public or right.peers) and scope not in right.machines
        assert (answer.status_code == 403) == closed, f"{method} {route}: {answer.status_code}"
        if not right.public:
            assert made_up.request(method, path_of(route)).status_code == 401
            assert revoked.request(method, path_of(route)).status_code == 401


def test_every_route_before_the_password_is_changed(centre: Centre) -> None:
    centre.records.people.create_user(
        username="new", name="新", password=PASSWORD, roles=list(Role), must_change_password=True, by="tests"
    )
    client = centre.client(username="new")
    for method, route in ROUTES:
        right = RIGHTS[method, route]
        if (method, route) == ("DELETE", "/api/session"):
            continue
        allowed = right.public or right.peers or right.before_password_change
        assert (client.request(method, path_of(route)).status_code == 403) == (not allowed), f"{method} {route}"


@pytest.mark.parametrize(
    ("method", "route"),
    [(m, p) for m, p in ROUTES if m not in ("GET", "HEAD") and RIGHTS[m, p].roles],
    ids=str,
)
def test_every_change_needs_the_csrf_token(centre: Centre, method: str, route: str) -> None:
    role = sorted(RIGHTS[method, route].roles)[0]
    client = centre.client(role)
    token = client.headers.pop("X-CSRF-Token")
    for wrong in (b"", token[:-1].encode() + b"z", "é".encode()):
        answer = client.request(method, path_of(route), headers=httpx.Headers([(b"X-CSRF-Token", wrong)]))
        assert answer.status_code == 403
        assert "CSRF" in answer.json()["detail"]


def test_events_follow_the_routes_that_show_the_same() -> None:
    for kind, route in LIVE_KINDS.items():
        for role in Role:
            assert (kind in kinds_for([role])) == (role in RIGHTS[route].roles)
    assert kinds_for([Role.INVESTIGATOR]) == frozenset()
