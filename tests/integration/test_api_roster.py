"""The roster over HTTP, and handing alerts over by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central.people import Role
from tests.centre import (
    PASSWORD,
    Centre,
    active_order,
    hit,
    new_clock,
    order_request,
    passage,
    running_centre,
)
from tests.integration.api_requests import problem_of

SHIFT: dict[str, Any] = {
    "team": "一班",
    "people": ["operator"],
    "starts_at": "2026-03-01T00:00:00Z",
    "ends_at": "2026-03-01T12:00:00Z",
}


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with running_centre(tmp_path, new_clock()) as running:
        yield running


def test_a_shift_is_entered_seen_and_taken_out(centre: Centre) -> None:
    client = centre.client(Role.SUPERVISOR)
    entered = client.post("/api/roster/shifts", json=SHIFT)
    assert entered.status_code == 201
    shift = entered.json()
    assert shift == {**SHIFT, "shift_id": shift["shift_id"], "names": ["operator 某"], "areas": [], "line": 1}
    for path in ("/api/roster", "/api/roster/duty"):
        assert centre.client(Role.OPERATOR).get(path).json() == {"shifts": [shift]}
    assert "auditor" in problem_of(
        client.post("/api/roster/shifts", json={**SHIFT, "people": ["auditor"]}), 422
    )
    assert client.delete(f"/api/roster/shifts/{shift['shift_id']}").status_code == 204
    problem_of(client.delete(f"/api/roster/shifts/{shift['shift_id']}"), 404)
    assert client.get("/api/roster/duty").json() == {"shifts": []}


def test_a_file_is_looked_at_first_and_entered_whole(centre: Centre) -> None:
    client = centre.client(Role.SUPERVISOR)
    header = "班组,人员,开始时间,结束时间\n"
    good = "一班,operator,2026-03-01 08:00,2026-03-01 20:00\n"
    bad = "二班,nobody,2026-03-01 08:00,2026-03-01 20:00\n三班,operator,never,2026-03-01 20:00\n"

    def send(text: str, **query: bool) -> Any:
        return client.post(
            "/api/roster/import", content=text.encode(), params=query, headers={"Content-Type": "text/csv"}
        ).json()

    answer = send(header + good + bad)
    assert (answer["entered"], [error["line"] for error in answer["errors"]]) == (0, [3, 4])
    assert send(header + good, preview=True) == {"entered": 1, "errors": []}
    assert client.get("/api/roster/duty").json() == {"shifts": []}
    assert send(header + good) == {"entered": 1, "errors": []}
    (shift,) = client.get("/api/roster/duty").json()["shifts"]
    assert (shift["team"], shift["starts_at"]) == ("一班", "2026-03-01T00:00:00Z")


def test_handing_over_and_accepting(centre: Centre) -> None:
    operator = centre.client(Role.OPERATOR)
    order = active_order(centre.records, centre.staff, order_request())
    centre.records.alerts.raise_alerts([hit(order, passage())])
    (alert,) = operator.get("/api/alerts").json()["alerts"]
    path = f"/api/alerts/{alert['alert_id']}/steps"
    operator.post(path, json={"step": "verify", "verdict": "correct"})
    operator.post(path, json={"step": "sign_off"})
    problem_of(operator.post("/api/alerts/hand-over", json={}), 422)
    assert "one of to_user and to_shift" in problem_of(operator.post(path, json={"step": "hand_over"}), 422)
    problem_of(operator.post("/api/alerts/hand-over", json={"to_user": "nobody"}), 404)
    # Supervisors see alerts, and can't take them over.
    problem_of(operator.post("/api/alerts/hand-over", json={"to_user": "supervisor"}), 404)
    centre.records.people.create_user(
        username="relief", name="某", password=PASSWORD, roles=[Role.OPERATOR], by="tests"
    )
    (handed,) = operator.post("/api/alerts/hand-over", json={"to_user": "relief"}).json()["alerts"]
    assert (handed["owner"], handed["offer"]["people"]) == ("operator", ["relief"])
    assert operator.get("/api/alerts", params={"offered": True}).json()["alerts"] == []
    assert "accept it; got operator" in problem_of(operator.post(path, json={"step": "accept"}), 403)
    assert operator.post("/api/alerts/accept", json={}).json() == {"alerts": []}
