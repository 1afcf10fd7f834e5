"""What holds for the API as a whole: its health, its accidents, and what is there to be asked for."""

from __future__ import annotations

import logging

import pytest
import structlog

from central.api import Check
from central.people import Role
from proto.logs import configure_logging
from tests.centre import PASSWORD, Centre
from tests.integration.api_requests import SEARCH, problem_of


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
