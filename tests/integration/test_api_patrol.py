"""The unit at the roadside over the API: what it is shown, what it says, and what is kept from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from central.alert import AlertMove
from central.api.middleware import MAX_PHOTO_BYTES
from central.area import Area
from central.checkpoint import Checkpoint
from central.people import Role, TokenScope
from central.ports import StoreUnavailable
from proto.clock import ManualClock
from tests.centre import (
    CHECKPOINT,
    PASSWORD,
    START,
    Centre,
    active_order,
    hit,
    order_request,
    passage,
    running_centre,
)
from tests.integration.api_requests import IMAGE, SHA, problem_of
from tests.integration.test_api_live import console, next_of

PHOTO = b"\xff\xd8\xff a photo"


@pytest.fixture
def centre(tmp_path: Path, clock: ManualClock) -> Iterator[Centre]:
    with running_centre(tmp_path, clock) as running:
        unit = {"name": "巡逻一号车", "team": "一中队", "crew": ["patrol"]}
        assert running.client(Role.SUPERVISOR).put("/api/units/u1", json=unit).status_code == 200
        running.client(Role.SUPERVISOR).put("/api/units/u2", json={"name": "巡逻二号车"})
        running.services.images.put(SHA, IMAGE)
        yield running


def alert(centre: Centre, plate: str = "川C12345", *, unit: str | None = "u1", scene: str = SHA) -> str:
    """A new alert, dispatched to the unit where there is one to be."""
    order = active_order(centre.records, centre.staff, order_request(plate))
    seen = passage(plate, scene=scene)
    centre.services.store.insert([seen])
    centre.records.alerts.raise_alerts([hit(order, seen)])
    alert_id = next(
        f.alert.alert_id
        for f in centre.records.alerts.page(only_open=True, limit=50)
        if f.order.order_id == order.order_id
    )
    operator = centre.client(Role.OPERATOR)
    steps: list[dict[str, str]] = [{"step": "verify", "verdict": "correct"}, {"step": "sign_off"}]
    if unit is not None:
        steps.append({"step": "dispatch", "unit": unit, "note": "由南向北"})
    for step in steps:
        answer = operator.post(f"/api/alerts/{alert_id}/steps", json=step)
        assert answer.status_code == 200, answer.text
    return alert_id


def patrol(client: httpx.Client) -> dict[str, Any]:
    answer = client.get("/api/patrol")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_from_dispatch_to_feedback(centre: Centre) -> None:
    alert_id = alert(centre)
    driver = centre.client(Role.PATROL)
    shown = patrol(driver)
    assert (shown["unit"]["unit_id"], shown["unit"]["crew"]) == ("u1", ["patrol"])
    (dispatch,) = shown["dispatches"]
    assert (dispatch["alert_id"], dispatch["wanted"]["danger_note"]) == (alert_id, "持刀")
    assert (dispatch["sent_by"], dispatch["steps"][0]["note"]) == ("operator 某", "由南向北")
    assert dispatch["may"] == ["under_way", "on_scene", "intercepted", "missed"]
    scene = driver.get(dispatch["passage"]["evidence"]["scene"])
    assert (scene.status_code, scene.content) == (200, IMAGE)

    path = f"/api/patrol/dispatches/{alert_id}"
    for step in ("under_way", "on_scene", "intercepted"):
        assert driver.post(f"{path}/steps", json={"step": step}).status_code == 200
    photo = driver.post(f"{path}/photos", content=PHOTO)
    assert photo.status_code == 201
    feedback = {
        "step": "feedback",
        "note": "驾驶人身份已核实",
        "identity_checked": True,
        "photos": [photo.json()["sha256"]],
        "made_at": "2026-03-01T03:58:00Z",
        "key": "3f1c",
    }
    answers = [driver.post(f"{path}/steps", json=feedback) for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 200], "heard twice, made once"
    assert [s["step"] for s in answers[1].json()["steps"]].count("feedback") == 1

    told = centre.client(Role.OPERATOR).get(f"/api/alerts/{alert_id}").json()
    last = told["steps"][-1]
    assert (told["state"], last["identity_checked"], last["name"]) == ("fed_back", True, "patrol 某")
    assert last["made_at"] == "2026-03-01T03:58:00Z"
    assert centre.client(Role.OPERATOR).get(last["photos"][0]).content == PHOTO
    assert driver.get(answers[0].json()["steps"][-1]["photos"][0]).content == PHOTO


def test_nothing_is_told_that_is_none_of_the_units(centre: Centre) -> None:
    mine = alert(centre)
    others = {
        unit: alert(centre, f"川C9000{n}", unit=unit, scene=SHA[::-1]) for n, unit in enumerate(["u2", None])
    }
    driver = centre.client(Role.PATROL)
    answer = driver.get("/api/patrol").text
    assert mine in answer
    for kept in ("A-1", "程序规定", "川C9000", "case_number", "owner", *others.values()):
        assert kept not in answer, kept
    for alert_id in others.values():
        path = f"/api/patrol/dispatches/{alert_id}"
        for refused in (
            driver.get(f"{path}/interception"),
            driver.post(f"{path}/steps", json={"step": "under_way"}),
            driver.post(f"{path}/photos", content=PHOTO),
        ):
            problem_of(refused, 404)
    assert not centre.services.images.has(hashlib.sha256(PHOTO).hexdigest()), "refused, and not kept"


def test_no_picture_but_of_what_the_unit_was_sent_to(centre: Centre) -> None:
    """Not even by an address that was sealed for this person."""
    driver = centre.client(Role.PATROL)
    address = centre.picture(SHA, "patrol")
    assert "your unit was sent to" in problem_of(driver.get(address), 404)
    alert_id = alert(centre)
    assert driver.get(address).status_code == 200
    assert driver.head(address).status_code == 200
    operator = centre.client(Role.OPERATOR)
    operator.post(f"/api/alerts/{alert_id}/steps", json={"step": "verify", "verdict": "misread"})
    clock = centre.services.clock
    assert isinstance(clock, ManualClock)
    clock.advance(3601)
    driver = centre.client(Role.PATROL)
    problem_of(driver.get(centre.picture(SHA, "patrol")), 404)


def test_who_rides_with_no_unit_sees_nothing(centre: Centre) -> None:
    alert(centre)
    centre.records.people.create_user(
        username="second", name="二", password=PASSWORD, roles=[Role.PATROL], by="tests"
    )
    assert patrol(centre.client(username="second")) == {"unit": None, "dispatches": []}


def test_where_it_should_pass_is_asked_for_and_written_down(centre: Centre) -> None:
    alert_id = alert(centre)
    answer = centre.client(Role.PATROL).get(f"/api/patrol/dispatches/{alert_id}/interception")
    assert answer.status_code == 200, answer.text
    assert answer.json()["alert_id"] == alert_id
    assert answer.json()["units_considered"] + answer.json()["units_left_out"] == 1, "its own and no other"
    driver = centre.client(Role.PATROL)
    driver.post("/api/units/u1/status", json={"status": "busy"})
    here = {"at": "2026-03-01T04:00:00Z", "latitude": 29.34, "longitude": 104.77}
    assert driver.post("/api/units/u1/position", json=here).status_code == 200
    plan = driver.get(f"/api/patrol/dispatches/{alert_id}/interception").json()
    assert plan["units_considered"] == 1, "it is taken by this very alert"
    (entry,) = centre.records.audit.page(limit=1)
    assert (entry.record.action, entry.record.user) == ("alert.interception", "patrol")


def test_the_unit_is_shared_only_while_on_duty(centre: Centre) -> None:
    driver = centre.client(Role.PATROL)
    here = {"at": "2026-03-01T03:59:00Z", "latitude": 29.3, "longitude": 104.7}
    assert "on duty" in problem_of(driver.post("/api/units/u1/position", json=here), 409)
    assert driver.post("/api/units/u1/status", json={"status": "free"}).json()["status"] == "free"
    assert driver.post("/api/units/u1/position", json=here).json()["position"]["latitude"] == 29.3
    leaving = driver.post("/api/units/u1/position", json=here | {"status": "off_duty"})
    assert "on duty" in problem_of(leaving, 409)
    for path, body in (("position", here), ("status", {"status": "free"})):
        problem_of(driver.post(f"/api/units/u2/{path}", json=body), 404)
    device = centre.client(
        Authorization="Bearer "
        + centre.records.people.create_machine_token("u1", by="tests", scopes=[TokenScope.POSITIONS])
    )
    driver.post("/api/units/u1/status", json={"status": "off_duty"})
    assert device.post("/api/units/u1/position", json=here).status_code == 200, "a vehicle's own device"


def test_the_phone_is_told_at_once_and_of_nothing_else(centre: Centre) -> None:
    with console(centre, Role.PATROL) as connection:
        assert next_of(connection)["kind"] == "hello"
        alert(centre, "川C90001", unit="u2")
        alert_id = alert(centre)
        told = next_of(connection)
        assert (told["kind"], told["data"]["alert_id"]) == ("dispatch", alert_id)
        assert set(told["data"]) == {"alert_id", "version"}
    (entry,) = (e for e in centre.records.audit.page(limit=50) if e.record.action == "live.open")
    assert json.loads(entry.record.detail)["kinds"] == ["dispatch"]


def test_photos_that_are_none(centre: Centre) -> None:
    alert_id = alert(centre)
    driver = centre.client(Role.PATROL)
    path = f"/api/patrol/dispatches/{alert_id}/photos"
    assert "JPEG or PNG" in problem_of(driver.post(path, content=b"GIF89a"), 422)
    large = min(MAX_PHOTO_BYTES, centre.services.settings.max_image_bytes) + 1
    problem_of(driver.post(path, content=b"\xff\xd8\xff" + bytes(large)), 413)


def test_a_photo_is_told_of_once_it_lies_here(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its place at the alert is taken before its bytes are put away, and that may fail in between."""
    alert_id = alert(centre)
    driver = centre.client(Role.PATROL)
    path = f"/api/patrol/dispatches/{alert_id}"
    driver.post(f"{path}/steps", json={"step": "missed"})

    def full(sha256: str, data: bytes) -> None:
        raise StoreUnavailable("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(centre.services.images, "put", full)
        problem_of(driver.post(f"{path}/photos", content=PHOTO), 503)
    feedback = {"step": "feedback", "note": "未拦到", "photos": [hashlib.sha256(PHOTO).hexdigest()]}
    assert "handed in before" in problem_of(driver.post(f"{path}/steps", json=feedback), 422)
    assert driver.post(f"{path}/photos", content=PHOTO).status_code == 201
    assert driver.post(f"{path}/steps", json=feedback).status_code == 200


def test_who_was_not_sent_learns_of_no_picture(centre: Centre) -> None:
    """That there is a picture of this digest is not theirs to know."""
    path = f"/api/patrol/dispatches/{alert(centre, unit='u2')}/steps"
    told = [
        problem_of(centre.client(Role.PATROL).post(path, json={"step": "feedback", "photos": [sha256]}), 404)
        for sha256 in (SHA, "ab" * 32)
    ]
    assert told[0] == told[1]


def test_who_was_sent_learns_of_no_picture_of_another_alert(centre: Centre) -> None:
    path, elsewhere, nowhere = f"/api/patrol/dispatches/{alert(centre)}/steps", b"another's", "ab" * 32
    centre.services.images.put(hashlib.sha256(elsewhere).hexdigest(), elsewhere)
    driver = centre.client(Role.PATROL)
    assert driver.post(path, json={"step": "missed"}).status_code == 200
    there = hashlib.sha256(elsewhere).hexdigest()
    feedback = {"step": "feedback", "note": "未拦到", "photos": [there, nowhere]}
    told = problem_of(driver.post(path, json=feedback), 422)
    assert there in told
    assert nowhere in told


def test_areas_limit_where_it_was_seen_and_not_whom_to_stop(centre: Centre) -> None:
    records = centre.records
    records.checkpoints.put_areas([Area(area_id="east", name="东"), Area(area_id="west", name="西")])
    records.checkpoints.put([Checkpoint(checkpoint_id=CHECKPOINT.checkpoint_id, name="汇东", area_id="east")])
    records.people.create_user(
        username="west", name="西", password=PASSWORD, roles=[Role.PATROL], areas=["west"], by="tests"
    )
    records.units.put("u1", name="一号", team="", area_id=None, by="tests", crew=["west"])
    alert_id = alert(centre)
    driver = centre.client(username="west")
    (shown,) = patrol(driver)["dispatches"]
    assert (shown["passage"], shown["passages"]) == (None, [])
    assert shown["wanted"]["plate"] == "川C12345"
    problem_of(driver.get(f"/api/patrol/dispatches/{alert_id}/interception"), 404)


def test_hand_overs_among_the_desks_are_not_told(centre: Centre, clock: ManualClock) -> None:
    alert_id = alert(centre)
    records = centre.records
    records.people.create_user(
        username="colleague", name="同", password=PASSWORD, roles=[Role.OPERATOR], by="tests"
    )
    clock.advance(timedelta(minutes=1).total_seconds())
    centre.client(Role.OPERATOR).post("/api/alerts/hand-over", json={"to_user": "colleague"})
    (shown,) = patrol(centre.client(Role.PATROL))["dispatches"]
    assert [step["step"] for step in shown["steps"]] == [AlertMove.DISPATCH]
    assert records.alerts.get(alert_id).alert.steps[-1].move is AlertMove.HAND_OVER
    assert records.alerts.get(alert_id).alert.steps[-1].at > START
