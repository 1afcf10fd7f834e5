"""A plan of interception over the API: from sightings to posts, written down, within one's areas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from central.area import Area
from central.checkpoint import Checkpoint
from central.interception.travel_time import bucket_of
from central.people import Role, TokenScope
from central.ports import StepCount
from proto.clock import ManualClock
from tests.centre import PASSWORD, START, Centre, active_order, hit, order_request, passage, running_centre
from tests.integration.api_requests import problem_of

CHECKPOINTS = [
    Checkpoint(
        checkpoint_id=f"cp-{n}",
        name=f"{n} 号卡口",
        latitude=29.34 + 0.02 * (n - 1),
        longitude=104.77,
        directions=("inbound",),
        area_id="north" if n > 2 else "south",
    )
    for n in range(1, 5)
]


@pytest.fixture
def centre(tmp_path: Path, clock: ManualClock) -> Iterator[Centre]:
    with running_centre(tmp_path, clock) as running:
        records = running.records
        records.checkpoints.put_areas([Area(area_id="north", name="北"), Area(area_id="south", name="南")])
        records.checkpoints.put(CHECKPOINTS)

        def learn() -> None:
            model = running.services.movement._model
            assert model is not None
            counts = [
                StepCount(
                    before="",
                    here=here,
                    direction="inbound",
                    then=then,
                    hour=START,
                    bucket=bucket_of(300),
                    count=100,
                )
                for here, then in (("cp-1", "cp-2"), ("cp-2", "cp-3"))
            ]
            model.learn(counts, until=START)

        running.services.movement.change(learn)
        yield running


def alert(centre: Centre) -> str:
    order = active_order(centre.records, centre.staff, order_request())
    seen = passage(at=START)
    centre.services.store.insert([seen])
    centre.records.alerts.raise_alerts([hit(order, seen)])
    return centre.records.alerts.page(only_open=True, limit=1)[0].alert.alert_id


def unit(centre: Centre, unit_id: str = "u1", *, north: float = 29.36) -> None:
    supervisor = centre.client(Role.SUPERVISOR)
    made = supervisor.put(f"/api/units/{unit_id}", json={"name": "巡逻 3 号车", "team": "一中队"})
    assert made.status_code == 200, made.text
    token = centre.records.people.create_machine_token(unit_id, by="tests", scopes=[TokenScope.POSITIONS])
    device = centre.client(Authorization=f"Bearer {token}")
    where = {"at": START.isoformat(), "latitude": north, "longitude": 104.77, "status": "free"}
    answer = device.post(f"/api/units/{unit_id}/position", json=where)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "free"


def test_the_next_checkpoints_and_who_can_be_there(centre: Centre) -> None:
    alert_id = alert(centre)
    unit(centre)
    operator = centre.client(Role.OPERATOR)
    answer = operator.get(f"/api/alerts/{alert_id}/interception")
    assert answer.status_code == 200, answer.text
    plan = answer.json()
    first = plan["posts"][0]
    assert (first["ring"], first["checkpoint"]["name"], first["hops"]) == ("inner", "2 号卡口", 1)
    assert first["probability"] > 0.9
    assert first["p50"] < first["p90"]
    assert first["proposed"]["unit_id"] == "u1"
    assert plan["caught"] > 0.5
    assert plan["network_steps"] == 100
    outer = [p for p in plan["posts"] if p["ring"] == "outer"]
    assert outer[0]["checkpoint"]["checkpoint_id"] == "cp-3"
    # The unit that is proposed is the unit of the dispatch, and is engaged from then on.
    for step in (
        {"step": "verify", "verdict": "correct"},
        {"step": "sign_off"},
        {"step": "dispatch", "unit": "u1"},
    ):
        assert operator.post(f"/api/alerts/{alert_id}/steps", json=step).status_code == 200
    (there,) = operator.get("/api/units").json()["units"]
    assert there["engaged"] == alert_id
    again = operator.get(f"/api/alerts/{alert_id}/interception").json()
    assert again["posts"][0]["proposed"] is None
    assert again["units_left_out"] == 1


def test_that_the_vehicles_history_was_used_is_written_down(centre: Centre, clock: ManualClock) -> None:
    alert_id = alert(centre)
    habit = [
        passage(at=START - timedelta(days=n, minutes=m), checkpoint_id=c)
        for n in range(1, 9)
        for m, c in ((0, "cp-1"), (-7, "cp-4"))
    ]
    centre.services.store.insert(habit)
    plan = centre.client(Role.OPERATOR).get(f"/api/alerts/{alert_id}/interception").json()
    assert plan["own_steps"] == 16
    assert plan["posts"][0]["checkpoint"]["checkpoint_id"] == "cp-4"
    entry = centre.records.audit.page(limit=1)[0].record
    assert (entry.action, entry.subject, entry.user) == ("alert.interception", alert_id, "operator")
    assert entry.case_number == "A-1"
    detail = json.loads(entry.detail)
    assert detail["own_steps"] == 16
    assert detail["model"] == plan["model_version"]


def test_it_goes_on_from_the_newest_sighting(centre: Centre, clock: ManualClock) -> None:
    alert_id = alert(centre)
    clock.advance(400)
    centre.services.store.insert([passage(at=START + timedelta(seconds=290), checkpoint_id="cp-2")])
    plan = centre.client(Role.OPERATOR).get(f"/api/alerts/{alert_id}/interception").json()
    assert plan["seen_at"]["checkpoint_id"] == "cp-2"
    assert plan["posts"][0]["checkpoint"]["checkpoint_id"] == "cp-3"


def test_announced_it_is_on_the_live_feed(centre: Centre) -> None:
    alert_id = alert(centre)
    before = centre.records.live.newest()
    answer = centre.client(Role.SUPERVISOR).post(f"/api/alerts/{alert_id}/interception")
    assert answer.status_code == 200, answer.text
    (event,) = centre.records.live.since(before, limit=5)
    assert (event.kind, json.loads(event.body)["alert_id"]) == ("interception", alert_id)


def test_a_county_sees_no_further_than_its_own_checkpoints(centre: Centre) -> None:
    alert_id = alert(centre)
    centre.records.people.create_user(
        username="south", name="南", password=PASSWORD, roles=[Role.OPERATOR], areas=["south"], by="tests"
    )
    client = centre.client()
    signed_in = client.post("/api/session", json={"username": "south", "password": PASSWORD})
    client.headers["X-CSRF-Token"] = signed_in.json()["csrf"]
    plan = client.get(f"/api/alerts/{alert_id}/interception").json()
    assert {p["checkpoint"]["checkpoint_id"] for p in plan["posts"]} == {"cp-2"}
    centre.records.people.create_user(
        username="north", name="北", password=PASSWORD, roles=[Role.OPERATOR], areas=["north"], by="tests"
    )
    other = centre.client()
    other.post("/api/session", json={"username": "north", "password": PASSWORD})
    problem_of(other.get(f"/api/alerts/{alert_id}/interception"), 404)


def test_only_its_own_device_says_where_a_unit_is(centre: Centre) -> None:
    unit(centre)
    token = centre.records.people.create_machine_token("u2", by="tests", scopes=[TokenScope.POSITIONS])
    device = centre.client(Authorization=f"Bearer {token}")
    where = {"at": START.isoformat(), "latitude": 29.0, "longitude": 104.0}
    assert "token of u1" in problem_of(device.post("/api/units/u1/position", json=where), 403)
    supervisor = centre.client(Role.SUPERVISOR)
    since = {"since": (START - timedelta(hours=1)).isoformat()}
    (position,) = supervisor.get("/api/units/u1/positions", params=since).json()["positions"]
    assert position["latitude"] == 29.36
    assert centre.records.audit.page(limit=1)[0].record.action == "unit.positions"
    assert supervisor.post("/api/units/u1/status", json={"status": "busy"}).json()["status"] == "busy"
