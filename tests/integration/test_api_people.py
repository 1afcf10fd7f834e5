"""People, sessions and tokens over the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from central.api.middleware import SECURITY_HEADERS
from central.api.services import ApiSettings
from central.area import Area
from central.people import Role, TokenScope
from tests.centre import PASSWORD, Centre, new_clock, running_centre
from tests.integration.api_requests import problem_of

LI = {"username": "li.jing", "name": "李静", "roles": ["operator"], "areas": ["east"]}
OTHER = "another password for tests"


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with running_centre(tmp_path, new_clock()) as running:
        running.records.checkpoints.put_areas([Area(area_id="east", name="东区")])
        yield running


def signed_in(centre: Centre, username: str, password: str) -> httpx.Client:
    client = centre.client()
    answer = client.post("/api/session", json={"username": username, "password": password})
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


def test_a_new_colleague_from_the_first_password_to_the_last_day(centre: Centre) -> None:
    admin = centre.client(Role.ADMINISTRATOR)
    made = admin.post("/api/users", json=LI)
    assert made.status_code == 201
    password = made.json()["password"]
    assert made.json()["user"]["must_change_password"]

    li = signed_in(centre, "li.jing", password)
    session = li.get("/api/session").json()["user"]
    assert (session["areas"], session["must_change_password"]) == (["east"], True)
    assert "expected the password to be changed first" in problem_of(li.get("/api/alerts"), 403)
    problem_of(li.post("/api/session/password", json={"old": "wrong", "new": OTHER}), 401)
    weak = problem_of(li.post("/api/session/password", json={"old": password, "new": "password123"}), 422)
    assert "password123" not in weak
    assert li.post("/api/session/password", json={"old": password, "new": OTHER}).status_code == 204
    assert li.get("/api/alerts").status_code == 200

    changed = admin.patch("/api/users/li.jing", json={"roles": ["auditor"], "areas": []})
    assert (changed.json()["roles"], changed.json()["areas"]) == (["auditor"], [])
    assert li.get("/api/alerts").status_code == 403
    assert li.get("/api/audit").status_code == 200

    reset = admin.post("/api/users/li.jing/password").json()
    assert li.get("/api/session").status_code == 401
    assert signed_in(centre, "li.jing", reset["password"]).get("/api/session").status_code == 200
    assert admin.post("/api/users/li.jing/disable").json()["disabled"]
    again = centre.client().post("/api/session", json={"username": "li.jing", "password": reset["password"]})
    problem_of(again, 401)
    listed = {user["username"]: user for user in admin.get("/api/users").json()["users"]}
    assert listed["li.jing"]["disabled"]
    assert not admin.post("/api/users/li.jing/enable").json()["disabled"]
    actions = [entry.record.action for entry in centre.records.audit.page(limit=99)]
    assert {"user.create", "user.change", "password.change", "password.reset", "user.disable"} <= set(actions)
    told = "".join(entry.record.detail for entry in centre.records.audit.page(limit=99))
    for secret in (password, OTHER, reset["password"]):
        assert secret not in told


def test_an_administrator_alone_can_do_less_than_two(centre: Centre) -> None:
    admin = centre.client(Role.ADMINISTRATOR)
    answer = admin.patch("/api/users/administrator", json={"roles": ["administrator", "investigator"]})
    assert "expected another administrator" in problem_of(answer, 403)
    problem_of(admin.post("/api/users/administrator/disable"), 403)
    centre.records.accounts.change("auditor", by="tests", roles=[Role.ADMINISTRATOR])
    second = centre.client(Role.AUDITOR)
    assert second.post("/api/users/administrator/disable").status_code == 200
    centre.records.accounts.enable("administrator", by="tests")
    centre.records.accounts.disable("auditor", by="tests")
    centre.records.accounts.change("operator", by="tests", roles=[Role.ADMINISTRATOR], areas=["east"])
    with pytest.raises(Exception, match="expected an administrator of the whole network besides"):
        centre.records.accounts.disable("administrator", by="tests")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"username": "Li"}, "body.username"),
        ({"roles": []}, "body.roles"),
        ({"roles": ["king"]}, "body.roles"),
        ({"areas": ["nowhere"]}, "expected areas that there are"),
        ({"username": "operator"}, "expected a username that is free"),
        ({"username": "system"}, "what the audit trail calls the machine"),
        ({"language": "x"}, "body.language"),
    ],
)
def test_a_user_that_cannot_be(centre: Centre, change: dict[str, object], message: str) -> None:
    answer = centre.client(Role.ADMINISTRATOR).post("/api/users", json=LI | change)
    assert message in problem_of(answer, 422)


def test_ones_own_sessions(centre: Centre) -> None:
    here, there = centre.client(Role.OPERATOR), centre.client(Role.OPERATOR)
    others = centre.client(Role.AUDITOR).get("/api/sessions").json()["sessions"]
    listed = here.get("/api/sessions").json()["sessions"]
    assert sorted(s["current"] for s in listed) == [False, True]
    problem_of(here.delete(f"/api/sessions/{others[0]['session_id']}"), 404)
    other = next(s["session_id"] for s in listed if not s["current"])
    assert here.delete(f"/api/sessions/{other}").status_code == 204
    assert there.get("/api/session").status_code == 401
    assert here.get("/api/session").status_code == 200
    assert centre.client(Role.ADMINISTRATOR).delete("/api/users/operator/sessions").json() == {"ended": 1}
    assert here.get("/api/session").status_code == 401


def test_a_machines_token_is_told_once_and_does_what_it_is_for(centre: Centre) -> None:
    admin = centre.client(Role.ADMINISTRATOR)
    made = admin.post(
        "/api/machine-tokens",
        json={"name": "platform", "scopes": ["read"], "areas": ["east"], "expires_at": "2026-03-02T00:00:00Z"},
    ).json()
    (listed,) = admin.get("/api/machine-tokens").json()["machine_tokens"]
    assert (listed["scopes"], listed["areas"], listed["expires_at"]) == (
        ["read"],
        ["east"],
        "2026-03-02T00:00:00Z",
    )
    assert made["token"] not in str(listed)
    platform = centre.client(Authorization=f"Bearer {made['token']}")
    assert platform.get("/api/checkpoints").json() == []  # the one there is lies in no area
    refused = problem_of(platform.put(f"/api/images/{'0' * 64}", content=b"x"), 403)
    assert "expected a token for images to PUT /api/images/{sha256}, got one for read" in refused
    everything = centre.records.people.create_machine_token("m", by="tests", scopes=[TokenScope.READ])
    assert len(centre.client(Authorization=f"Bearer {everything}").get("/api/checkpoints").json()) == 1


class TestSecurityHeaders:
    PATHS = ("/", "/favicon.svg", "/healthz", "/api/session", "/api/nothing", "/openapi.json", "/nothing")

    @pytest.mark.parametrize("path", PATHS)
    def test_every_answer_has_them(self, centre: Centre, path: str) -> None:
        headers = centre.client().get(path).headers
        for name, value in SECURITY_HEADERS.items():
            assert headers[name] == value
        policy = dict(
            part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";")
        )
        assert policy == {
            "default-src": "'self'",
            "base-uri": "'none'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
            "object-src": "'none'",
        }
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "camera=()" in headers["permissions-policy"]
        assert "strict-transport-security" not in headers  # said over plain HTTP it is ignored at best

    def test_where_people_come_by_https_browsers_are_held_to_it(self, tmp_path: Path) -> None:
        settings = ApiSettings(secure_cookies=True)
        with running_centre(tmp_path, new_clock(), settings) as centre:
            for path in self.PATHS:
                assert centre.client().get(path).headers["strict-transport-security"] == (
                    "max-age=31536000; includeSubDomains"
                )
            answer = centre.client().post("/api/session", json={"username": "operator", "password": PASSWORD})
            cookie = answer.headers["set-cookie"]
            assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
