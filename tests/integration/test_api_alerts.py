"""Alerts over HTTP."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from central.people import Role
from tests.centre import START, Centre, active_order, hit, order_request, passage
from tests.integration.api_requests import SHA, problem_of


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
