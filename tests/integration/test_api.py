"""The API over HTTP, on real records and real stores."""

from __future__ import annotations

import logging
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import structlog

from central.api import Check
from central.people import Role
from proto.clock import ManualClock
from proto.logs import configure_logging
from tests.centre import (
    PASSWORD,
    START,
    Centre,
    active_order,
    hit,
    new_clock,
    order_request,
    passage,
    running_centre,
)
from tests.integration.api_requests import DRAFT, IMAGE, SEARCH, SHA, problem_of


@pytest.fixture
def clock() -> ManualClock:
    return new_clock()


@pytest.fixture
def centre(tmp_path: Path, clock: ManualClock) -> Iterator[Centre]:
    with running_centre(tmp_path, clock) as running:
        yield running


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


class TestProblems:
    def test_an_accident_is_answered_without_its_insides_and_logged_without_secrets(
        self, centre: Centre, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        configured = structlog.get_config()
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        configure_logging()
        try:
            client = centre.client(Role.INVESTIGATOR)
            monkeypatch.setattr(centre.services.store, "search", lambda _: 1 / 0)
            detail = problem_of(client.post("/api/tracks", json=SEARCH), 500)
        finally:
            root.handlers[:], root.level = handlers, level
            structlog.configure(**configured)
        assert detail == "the centre failed to answer; its log says why"
        log = capsys.readouterr().err
        assert "ZeroDivisionError" in log
        for secret in (client.cookies["bukong_session"], client.headers["X-CSRF-Token"], PASSWORD, "川C"):
            assert secret not in log


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


class TestAlerts:
    @pytest.fixture
    def alert_id(self, centre: Centre) -> str:
        order = active_order(centre.records, centre.staff, order_request())
        centre.records.alerts.raise_alerts([hit(order, passage(scene=SHA))])
        return centre.records.alerts.page(only_open=True, limit=1)[0].alert.alert_id

    def test_what_an_operator_sees(self, centre: Centre, alert_id: str) -> None:
        client = centre.client(Role.OPERATOR)
        (alert,) = client.get("/api/alerts", params={"open": True}).json()["alerts"]
        assert alert == client.get(f"/api/alerts/{alert_id}").json()
        assert (alert["state"], alert["tier"], alert["may"]) == ("raised", "exact", ["verify", "hand_over"])
        assert alert["may_verdicts"] == ["correct", "cannot_tell", "misread"]
        assert (alert["order"]["plate_class"], alert["order"]["colour"]) == ("small_car", None)
        assert alert["order"]["danger_note"] == "持刀"
        seen = alert["passage"]
        assert seen["plate"]["display"] == "川C·12345"
        assert seen["plate"]["alternatives"][0] == [["川", 1.0]]
        assert seen["checkpoint"] == {"checkpoint_id": "cp-1", "name": "汇东卡口"}
        assert (seen["captured_at"], seen["lane"], seen["direction"]) == ("2026-03-01T04:00:00Z", 1, "inbound")
        scene = centre.picture(SHA, passage_id=seen["passage_id"])
        assert seen["evidence"] == {"scene": scene, "vehicle": None, "plate": None}
        assert centre.client(Role.SUPERVISOR).get(f"/api/alerts/{alert_id}").json()["may"] == []

    def test_steps(self, centre: Centre, alert_id: str) -> None:
        client = centre.client(Role.OPERATOR)

        def step(name: str, **more: str) -> httpx.Response:
            return client.post(f"/api/alerts/{alert_id}/steps", json={"step": name, **more})

        assert "allows verify, hand_over; got sign_off" in problem_of(step("sign_off"), 409)
        assert "as verdict, got none" in problem_of(step("verify"), 422)
        assert step("verify", verdict="correct").json()["may"] == ["verify", "sign_off", "hand_over"]
        assert step("sign_off").json()["state"] == "signed_off"
        assert "unit" in problem_of(step("dispatch"), 422)
        alert = step("dispatch", unit="3 号车", note="北出口").json()
        assert alert["steps"][-1] == {
            "at": "2026-03-01T04:00:00Z",
            "user": "operator",
            "name": "operator 某",
            "step": "dispatch",
            "verdict": None,
            "addressee": "",
            "unit": "3 号车",
            "unit_id": "",
            "note": "北出口",
            "made_at": None,
            "identity_checked": None,
            "photos": [],
            "from": "signed_off",
            "to": "dispatched",
        }
        assert "only be verified as misread" in problem_of(step("verify", verdict="correct"), 409)
        assert alert["may_verdicts"] == ["misread"]
        assert (alert["owner"], alert["owner_name"]) == ("operator", "operator 某")

    def test_the_second_of_two_is_told_who_was_first(self, centre: Centre, alert_id: str) -> None:
        client, path = centre.client(Role.OPERATOR), f"/api/alerts/{alert_id}/steps"
        body = {"step": "verify", "verdict": "correct", "seen_steps": 0}
        assert client.post(path, json=body).status_code == 200
        answer = client.post(path, json=body)
        assert "operator made the step verify (correct) at 2026-03-01T04:00:00Z" in problem_of(answer, 409)
        assert answer.json()["type"] == "urn:bukong:problem:alert-changed"

    def test_a_vehicle_that_comes_by_again(self, centre: Centre, alert_id: str) -> None:
        (order,) = centre.records.orders.page(limit=1)
        again = passage(at=START + timedelta(minutes=5), checkpoint_id="cp-2", seed="again")
        centre.records.alerts.raise_alerts([hit(order, again)])
        client = centre.client(Role.OPERATOR)
        (alert,) = client.get("/api/alerts", params={"owned": False}).json()["alerts"]
        assert (alert["alert_id"], alert["passage_count"], alert["version"]) == (alert_id, 2, 2)
        assert alert["passage"]["passage_id"] == str(again.passage_id)
        assert [(p["captured_at"], p["checkpoint"]["name"]) for p in alert["passages"]] == [
            ("2026-03-01T04:05:00Z", "cp-2"),
            ("2026-03-01T04:00:00Z", "汇东卡口"),
        ]
        assert client.get("/api/alerts", params={"owned": True}).json()["alerts"] == []

    def test_false_alerts_by_camera_and_tier(self, centre: Centre, alert_id: str) -> None:
        client = centre.client(Role.OPERATOR)
        client.post(f"/api/alerts/{alert_id}/steps", json={"step": "verify", "verdict": "misread"})
        assert client.get("/api/statistics/sources").json()["sources"] == [
            {
                "checkpoint_id": "cp-1",
                "checkpoint_name": "汇东卡口",
                "camera_id": "cam-1",
                "tier": "exact",
                "alerts": 1,
                "false_alerts": 1,
            }
        ]

    def test_false_alerts_are_counted_and_shown(self, centre: Centre, alert_id: str) -> None:
        client = centre.client(Role.OPERATOR)
        before = client.get("/api/statistics").json()
        assert (before["alerts_today"], before["false_alerts_today"], before["open_alerts"]) == (1, 0, 1)
        client.post(f"/api/alerts/{alert_id}/steps", json={"step": "verify", "verdict": "misread"})
        after = client.get("/api/statistics").json()
        assert (after["alerts_today"], after["false_alerts_today"], after["open_alerts"]) == (1, 1, 0)
        assert client.get("/api/alerts", params={"open": True}).json()["alerts"] == []
        assert len(client.get("/api/alerts").json()["alerts"]) == 1


class TestPassages:
    def test_the_live_view_is_the_last_minutes_in_pages(self, centre: Centre) -> None:
        recent = [passage(at=START - timedelta(minutes=m), seed=str(m)) for m in range(5)]
        old = passage(at=START - timedelta(minutes=15, seconds=1))
        elsewhere = passage(checkpoint_id="cp-2")
        centre.services.store.insert([*recent, old, elsewhere])
        client = centre.client(Role.OPERATOR)
        seen: list[str] = []
        cursor: str | None = None
        while True:
            answer = client.get(
                "/api/passages",
                params={"limit": 2, "checkpoint": "cp-1", **({"before": cursor} if cursor else {})},
            )
            page = answer.json()
            seen += [p["passage_id"] for p in page["passages"]]
            assert len(page["passages"]) <= 2
            cursor = page["next"]
            if cursor is None:
                break
        assert seen == [str(p.passage_id) for p in recent]
        assert len(client.get("/api/passages").json()["passages"]) == 6

    def test_no_plate_can_be_asked_for(self, centre: Centre) -> None:
        centre.services.store.insert([passage(), passage("川C99999")])
        answer = centre.client(Role.OPERATOR).get("/api/passages", params={"plate": "川C12345"})
        assert len(answer.json()["passages"]) == 2

    def test_unread_ones_say_why(self, centre: Centre) -> None:
        centre.services.store.insert([passage(None), passage()])
        client = centre.client(Role.OPERATOR)
        unread = [p for p in client.get("/api/passages").json()["passages"] if p["plate"] is None]
        assert [p["unread_reason"] for p in unread] == ["too small"]
        figures = client.get("/api/statistics").json()
        assert (figures["passages_today"], figures["unread_today"]) == (2, 1)

    def test_today_begins_at_local_midnight(self, centre: Centre) -> None:
        midnight = START - timedelta(hours=12)  # it is noon there
        centre.services.store.insert([passage(at=midnight), passage(at=midnight - timedelta(seconds=1))])
        assert centre.client(Role.OPERATOR).get("/api/statistics").json()["passages_today"] == 1


class TestTracks:
    def test_a_search_is_answered_and_written_down(self, centre: Centre) -> None:
        mine = [passage(at=START - timedelta(days=d), seed=str(d)) for d in range(1, 4)]
        too_late = passage(at=START + timedelta(days=2))
        centre.services.store.insert([*mine, too_late, passage("川C99999")])
        client = centre.client(Role.INVESTIGATOR)
        first = client.post("/api/tracks", json={**SEARCH, "limit": 2}).json()
        assert first["plate"] == {"text": "川C12345", "display": "川C·12345", "plate_class": "small_car"}
        assert [p["passage_id"] for p in first["passages"]] == [str(p.passage_id) for p in mine[:2]]
        assert first["total"] == 3
        rest = client.post("/api/tracks", json={**SEARCH, "cursor": first["next"]}).json()
        assert ([p["passage_id"] for p in rest["passages"]], rest["next"]) == ([str(mine[2].passage_id)], None)
        entries = {e["audit_id"]: e for e in centre.client(Role.AUDITOR).get("/api/audit").json()["entries"]}
        entry = entries[first["audit_id"]]
        assert (entry["user"], entry["action"], entry["subject"]) == (
            "investigator",
            "track.search",
            "川C12345",
        )
        assert (entry["reason"], entry["case_number"]) == ("盗抢车辆追查", "A-1")
        assert entry["detail"]["since"] == "2026-02-01T00:00:00+00:00"
        told = {e["detail"]["asked"]: e for e in entries.values() if e["action"] == "track.search.answered"}
        assert told[first["audit_id"]]["detail"] == {"asked": first["audit_id"], "rows": 2, "total": 3}
        assert told[rest["audit_id"]]["detail"]["rows"] == 1

    def test_what_cannot_be_written_down_is_not_answered(
        self, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("central.records.database.BUSY_TIMEOUT_S", 0.05)
        with running_centre(tmp_path, clock) as centre:
            centre.services.store.insert([passage(at=START - timedelta(days=1))])
            client = centre.client(Role.INVESTIGATOR)
            with closing(sqlite3.connect(tmp_path / "records" / "records.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                answer = client.post("/api/tracks", json=SEARCH)
                assert "can't be read or written: database is locked" in problem_of(answer, 503)
                assert answer.headers["retry-after"] == "2"
                assert "passages" not in answer.json()
                other.execute("ROLLBACK")
            assert client.post("/api/tracks", json=SEARCH).json()["total"] == 1

    def test_a_plate_of_no_known_class_can_be_searched(self, centre: Centre) -> None:
        centre.services.store.insert([passage("AB1234", at=START - timedelta(days=1))])
        answer = centre.client(Role.INVESTIGATOR).post("/api/tracks", json={**SEARCH, "plate": "ab 1234"})
        assert (answer.json()["plate"]["plate_class"], answer.json()["total"]) == ("unknown", 1)


class TestAudit:
    def test_it_is_read_in_pages_and_reading_is_in_it(self, centre: Centre) -> None:
        client = centre.client(Role.AUDITOR)
        page = client.get("/api/audit", params={"limit": 2}).json()
        assert (page["verified"], page["first_bad"], page["why"]) == (True, None, "")
        assert [e["action"] for e in page["entries"]] == ["audit.read", "session.open"]
        assert page["entries"][0]["previous_sha256"] == page["entries"][1]["sha256"]
        older = client.get("/api/audit", params={"limit": 1, "before": page["entries"][-1]["audit_id"]}).json()
        assert older["entries"][0]["audit_id"] == page["entries"][-1]["audit_id"] - 1

    def test_an_edit_is_shown(self, centre: Centre, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / "records" / "records.db", isolation_level=None)) as intruder:
            intruder.execute("DROP TRIGGER audit_no_update")
            intruder.execute("UPDATE audit SET detail = 'not json' WHERE audit_id = 2")
        page = centre.client(Role.AUDITOR).get("/api/audit").json()
        assert (page["verified"], page["first_bad"]) == (False, 2)
        assert "edited" in page["why"]
        assert next(e for e in page["entries"] if e["audit_id"] == 2)["detail"] == {"unreadable": "not json"}


class TestImages:
    def test_put_whole(self, centre: Centre) -> None:
        node, operator = centre.machine(), centre.client(Role.OPERATOR)
        path = f"/api/images/{SHA}"
        assert operator.get(centre.picture(SHA)).status_code == 404
        assert node.head(path).status_code == 404
        assert node.put(path, content=IMAGE).status_code == 201
        assert node.put(path, content=IMAGE).status_code == 200
        assert node.head(path).status_code == 200
        assert operator.get(path).status_code == 404  # a hash alone opens nothing
        answer = operator.get(centre.picture(SHA))
        assert (answer.content, answer.headers["content-type"]) == (IMAGE, "image/jpeg")
        assert "private" in answer.headers["cache-control"]

    def test_bytes_that_are_something_else(self, centre: Centre) -> None:
        answer = centre.machine().put(f"/api/images/{SHA}", content=IMAGE[:-1])
        assert "hash to" in problem_of(answer, 422)
        assert centre.client(Role.OPERATOR).get(centre.picture(SHA)).status_code == 404

    def test_an_image_over_the_limit(self, centre: Centre) -> None:
        answer = centre.machine().put(f"/api/images/{SHA}", content=b"x" * ((1 << 20) + 1))
        problem_of(answer, 413)
        answer = centre.machine().patch(
            f"/api/images/{SHA}/upload",
            content=b"x",
            headers={"Upload-Offset": "0", "Upload-Length": str((1 << 20) + 1)},
        )
        problem_of(answer, 413)

    def patch(self, node: httpx.Client, offset: int, data: bytes, length: int = len(IMAGE)) -> httpx.Response:
        headers = {"Upload-Offset": str(offset), "Upload-Length": str(length)}
        return node.patch(f"/api/images/{SHA}/upload", content=data, headers=headers)

    def offset(self, node: httpx.Client) -> int:
        return int(node.head(f"/api/images/{SHA}/upload").headers["upload-offset"])

    def test_in_pieces(self, centre: Centre) -> None:
        node = centre.machine()
        assert self.offset(node) == 0
        first = self.patch(node, 0, IMAGE[:4000])
        assert (first.status_code, first.headers["upload-offset"]) == (204, "4000")
        assert self.offset(node) == 4000
        for wrong in (0, 3999, 4001):
            answer = self.patch(node, wrong, IMAGE[wrong:])
            assert "from offset 4000 on" in problem_of(answer, 409)
            assert answer.headers["upload-offset"] == "4000"
        assert centre.client(Role.OPERATOR).get(centre.picture(SHA)).status_code == 404
        assert self.patch(node, 4000, IMAGE[4000:]).headers["upload-offset"] == str(len(IMAGE))
        assert centre.client(Role.OPERATOR).get(centre.picture(SHA)).content == IMAGE
        assert self.offset(node) == len(IMAGE)
        # An answer that got lost: sending the last piece again is harmless.
        assert self.patch(node, 4000, IMAGE[4000:]).status_code == 204

    def test_a_connection_that_breaks_keeps_what_came(self, centre: Centre) -> None:
        node = centre.machine()
        url = httpx.URL(centre.url)
        with socket.create_connection((url.host, url.port or 80)) as connection:
            connection.sendall(
                (
                    f"PATCH /api/images/{SHA}/upload HTTP/1.1\r\nHost: x\r\n"
                    f"Authorization: {node.headers['authorization']}\r\n"
                    f"Upload-Offset: 0\r\nUpload-Length: {len(IMAGE)}\r\nContent-Length: {len(IMAGE)}\r\n\r\n"
                ).encode()
                + IMAGE[:5000]
            )
            # Until it has been written, as another connection sees it.
            while self.offset(node) < 5000:
                time.sleep(0.01)
        while (answer := self.patch(node, 5000, IMAGE[5000:])).status_code == 409:
            time.sleep(0.01)  # the server has not noticed yet that the first connection is gone
        assert answer.status_code == 204
        assert centre.client(Role.OPERATOR).get(centre.picture(SHA)).content == IMAGE

    def test_pieces_that_make_something_else_begin_anew(self, centre: Centre) -> None:
        node = centre.machine()
        self.patch(node, 0, b"x" * 4000)
        problem_of(self.patch(node, 4000, IMAGE[4000:]), 422)
        assert self.offset(node) == 0
        assert self.patch(node, 0, IMAGE).status_code == 204

    def test_more_than_was_announced(self, centre: Centre) -> None:
        problem_of(self.patch(centre.machine(), 0, IMAGE, length=len(IMAGE) - 1), 413)


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


class TestHealth:
    def test_alive_and_ready(self, centre: Centre) -> None:
        client = centre.client()
        assert client.get("/healthz").json() == {"alive": True}
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()) == (
            200,
            {"checks": {"records": {"ok": True, "detail": "open", "degraded": False}}, "degraded": []},
        )
        centre.checks["bus"] = Check(ok=False, detail="can't be reached")
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["checks"]["bus"] == {
            "ok": False,
            "detail": "can't be reached",
            "degraded": False,
        }
        assert client.get("/healthz").status_code == 200

    def test_metrics(self, centre: Centre) -> None:
        answer = centre.client().get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")


def test_checkpoints_and_nodes(centre: Centre) -> None:
    client = centre.client(Role.OPERATOR)
    assert client.get("/api/checkpoints").json() == [
        {
            "checkpoint_id": "cp-1",
            "name": "汇东卡口",
            "latitude": 29.34,
            "longitude": 104.77,
            "directions": ["inbound", "outbound"],
            "lanes": 3,
            "area_id": None,
        }
    ]
    assert client.get("/api/nodes").json() == {"nodes": []}
