"""Signing in and out, and the tokens of machines."""

from __future__ import annotations

from central.people import Role
from proto.clock import ManualClock
from tests.centre import PASSWORD, Centre
from tests.integration.api_requests import DRAFT, IMAGE, SHA, problem_of


class TestSessions:
    def test_sign_in_read_and_sign_out(self, centre: Centre) -> None:
        client = centre.client()
        assert "sign in" in problem_of(client.get("/api/session"), 401)
        answer = client.post("/api/session", json={"username": "operator", "password": PASSWORD})
        assert answer.status_code == 200
        assert answer.json()["user"] == {
            "username": "operator",
            "name": "operator 某",
            "roles": ["operator"],
            "language": "zh-CN",
            "areas": [],
            "must_change_password": False,
        }
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert client.get("/api/session").json() == answer.json()
        assert answer.json()["csrf"] not in answer.headers["set-cookie"]
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        taken = client.cookies["bukong_session"]
        assert client.delete("/api/session").status_code == 204
        assert client.get("/api/session").status_code == 401
        # The server forgot it, not just the browser.
        assert centre.client(Cookie=f"bukong_session={taken}").get("/api/session").status_code == 401

    def test_signing_in_again_ends_the_session_before(self, centre: Centre) -> None:
        client = centre.client(Role.OPERATOR)
        before = client.cookies["bukong_session"]
        client.post("/api/session", json={"username": "operator", "password": PASSWORD})
        assert client.cookies["bukong_session"] != before
        assert centre.client(Cookie=f"bukong_session={before}").get("/api/session").status_code == 401

    def test_wrong_passwords_lock_out_for_a_while(self, centre: Centre, clock: ManualClock) -> None:
        client = centre.client()
        wrong = {"username": "operator", "password": "wrong password"}
        for _ in range(5):
            problem_of(client.post("/api/session", json=wrong), 401)
        right = {"username": "operator", "password": PASSWORD}
        answer = client.post("/api/session", json=right)
        assert "try again after 2026-03-01T04:15:00" in problem_of(answer, 429)
        assert answer.headers["retry-after"] == "900"
        clock.advance(900)
        assert client.post("/api/session", json=right).status_code == 200

    def test_another_sites_page_cannot_change_anything(self, centre: Centre) -> None:
        client = centre.client(Role.APPLICANT)
        for origin in ("http://evil.example", "null", "http://127.0.0.1"):
            answer = client.post("/api/orders", json=DRAFT, headers={"Origin": origin})
            assert "from elsewhere" in problem_of(answer, 403)
            login = centre.client().post(
                "/api/session", json={"username": "x", "password": "y"}, headers={"Origin": origin}
            )
            assert login.status_code == 403
        assert client.post("/api/orders", json=DRAFT, headers={"Origin": centre.url}).status_code == 201


class TestMachineTokens:
    def test_made_listed_and_revoked(self, centre: Centre) -> None:
        client = centre.client(Role.ADMINISTRATOR)
        made = client.post("/api/machine-tokens", json={"name": "node-7"})
        assert made.status_code == 201
        node = centre.client(Authorization=f"Bearer {made.json()['token']}")
        assert node.put(f"/api/images/{SHA}", content=IMAGE).status_code == 201
        answer = client.get("/api/machine-tokens")
        assert made.json()["token"] not in answer.text
        (listed,) = answer.json()["machine_tokens"]
        assert (listed["name"], listed["created_by"], listed["revoked_at"]) == ("node-7", "administrator", None)
        assert client.delete(f"/api/machine-tokens/{listed['token_id']}").status_code == 204
        problem_of(node.put(f"/api/images/{SHA}", content=IMAGE), 401)
        problem_of(client.delete("/api/machine-tokens/x"), 404)
