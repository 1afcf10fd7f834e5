"""Assessment over the API: figures from the records, as JSON and as CSV, within one's areas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from central.alert import AlertMove, Verdict
from central.area import Area
from central.people import Role
from central.roster import ShiftRequest
from proto.clock import ManualClock
from tests.centre import PASSWORD, START, Centre, active_order, hit, order_request, passage, running_centre
from tests.integration.api_requests import problem_of

PERIOD = {"since": (START - timedelta(days=1)).isoformat(), "until": (START + timedelta(days=1)).isoformat()}


@pytest.fixture
def centre(tmp_path: Path, clock: ManualClock) -> Iterator[Centre]:
    with running_centre(tmp_path, clock) as running:
        records, operator = running.records, running.staff[Role.OPERATOR]
        shift = ShiftRequest(
            team="=一班",  # what a spreadsheet would take for a formula
            people=("operator",),
            starts_at=START - timedelta(hours=4),
            ends_at=START + timedelta(hours=4),
        )
        records.roster.put([shift], by="supervisor")
        for number in range(2):
            plate = f"川C1234{number}"
            made = active_order(records, running.staff, order_request(plate))
            records.alerts.raise_alerts([hit(made, passage(plate, seed=str(number)))])
        alert_ids = [found.alert.alert_id for found in records.alerts.page(only_open=True, limit=9)]
        clock.advance(30)
        records.alerts.step(alert_ids[0], AlertMove.VERIFY, by=operator, verdict=Verdict.CORRECT)
        clock.advance(30)
        records.alerts.step(alert_ids[0], AlertMove.SIGN_OFF, by=operator)
        records.alerts.step(alert_ids[1], AlertMove.VERIFY, by=operator, verdict=Verdict.MISREAD)
        yield running


def read(centre: Centre) -> dict[str, Any]:
    answer = centre.client(Role.SUPERVISOR).get("/api/assessment", params=PERIOD)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_figures_come_from_the_records(centre: Centre) -> None:
    found = read(centre)
    alerts = found["alerts"]
    assert alerts["alerts"] == 2
    assert alerts["sign_off"] == {"count": 1, "p50": 60.0, "p90": 60.0, "waiting": 0}
    assert alerts["false_alerts"]["value"] == 0.5
    assert alerts["false_alerts"]["low"] < 0.1
    assert alerts["false_alerts"]["high"] > 0.9
    assert list(found["by_team"]) == ["=一班"]
    assert list(found["by_shift"]) == ["08:00-16:00"]
    assert found["by_camera"]["cp-1/cam-1"]["alerts"] == 2
    assert found["orders"]["orders"] == 2
    assert found["orders"]["with_alerts"] | {"low": 0, "high": 0} == {
        "value": 1.0,
        "count": 2,
        "of": 2,
        "low": 0,
        "high": 0,
    }
    assert centre.records.audit.page(limit=1)[0].record.action == "assessment.read"


def test_the_same_as_csv(centre: Centre) -> None:
    answer = centre.client(Role.SUPERVISOR).get("/api/assessment/csv", params=PERIOD)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    by_figure = {(r["group"], r["name"], r["figure"]): r for r in rows}
    assert by_figure["all", "", "sign_off"]["p50_s"] == "60.0"
    assert by_figure["all", "", "false_alerts"]["count"] == "1"
    assert by_figure["team", "'=一班", "false_alerts"]["of"] == "2"
    assert by_figure["orders", "", "with_alerts"]["value"] == "1.0"


def test_people_of_an_area_see_their_own_alerts_and_no_orders(centre: Centre) -> None:
    centre.records.checkpoints.put_areas([Area(area_id="far", name="远")])
    centre.records.people.create_user(
        username="far", name="远", password=PASSWORD, roles=[Role.SUPERVISOR], areas=["far"], by="tests"
    )
    client = centre.client()
    assert client.post("/api/session", json={"username": "far", "password": PASSWORD}).status_code == 200
    found = client.get("/api/assessment", params=PERIOD).json()
    assert found["alerts"]["alerts"] == 0
    assert found["by_team"] == {}
    assert (found["orders"], found["orders_by_team"]) == (None, {})


def test_a_period_that_cannot_be_is_refused(centre: Centre) -> None:
    client = centre.client(Role.SUPERVISOR)
    for since, until in ((START, START), (START - timedelta(days=400), START)):
        query = {"since": since.isoformat(), "until": until.isoformat()}
        assert "366 days" in problem_of(client.get("/api/assessment", params=query), 422)


def test_what_was_raised_outside_the_period_is_not_counted(centre: Centre) -> None:
    query = {
        "since": (START + timedelta(seconds=1)).isoformat(),
        "until": (START + timedelta(days=1)).isoformat(),
    }
    found = centre.client(Role.SUPERVISOR).get("/api/assessment", params=query).json()
    assert found["alerts"]["alerts"] == 0
    assert found["orders"]["orders"] == 0
