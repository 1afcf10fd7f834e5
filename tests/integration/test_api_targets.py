"""Targets and deliveries over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central.people import Role
from tests.centre import Centre, active_order, hit, new_clock, order_request, passage, running_centre
from tests.integration.api_requests import problem_of

DRAFT: dict[str, Any] = {
    "name": "指挥平台",
    "kind": "webhook",
    "address": "https://example.com/alerts?key=hidden",
}


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with running_centre(tmp_path, new_clock()) as running:
        yield running


def test_a_target_is_added_changed_and_never_shows_its_secrets(centre: Centre) -> None:
    client = centre.client(Role.ADMINISTRATOR)
    answer = client.post("/api/targets", json=DRAFT)
    assert answer.status_code == 201
    made = answer.json()
    assert len(made["secret"]) >= 40
    assert (made["host"], made["carry"], made["events"]) == ("example.com", [], ["escalated", "raised"])
    path = f"/api/targets/{made['target_id']}"
    renewed = client.post(f"{path}/secret", json={}).json()
    assert renewed["secret"] != made["secret"]
    own = client.post(f"{path}/secret", json={"secret": "chosen by hand"}).json()
    assert own["secret"] is None
    changed = client.put(path, json={**DRAFT, "enabled": False, "carry": ["plate"]}).json()
    assert (changed["enabled"], changed["carry"]) == (False, ["plate"])
    assert client.get("/api/targets").json() == {"targets": [changed]}
    # Its address is shown to nobody: who changes something else need not know it.
    unaddressed = {name: value for name, value in DRAFT.items() if name != "address"} | {"enabled": False}
    assert client.put(path, json={**unaddressed, "carry": ["plate"]}).json() == changed
    written = repr(centre.records.audit.page(limit=9)) + client.get("/api/targets").text
    for secret in (made["secret"], renewed["secret"], "chosen by hand", "hidden"):
        assert secret not in written


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"address": "ftp://example.com"}, "a URL like"),
        ({"kind": "email"}, "e-mail addresses"),
        ({"areas": ["nowhere"]}, "areas that there are"),
        ({"language": "de"}, "a language of"),
    ],
)
def test_a_target_that_can_not_be(centre: Centre, wrong: dict[str, Any], why: str) -> None:
    answer = centre.client(Role.ADMINISTRATOR).post("/api/targets", json={**DRAFT, **wrong})
    assert why in problem_of(answer, 422)


def test_its_kind_stays(centre: Centre) -> None:
    client = centre.client(Role.ADMINISTRATOR)
    target_id = client.post("/api/targets", json=DRAFT).json()["target_id"]
    answer = client.put(f"/api/targets/{target_id}", json={**DRAFT, "kind": "wecom"})
    assert "the kind to stay webhook" in problem_of(answer, 422)
    problem_of(client.put("/api/targets/none", json=DRAFT), 404)


def test_how_a_delivery_stands_and_sending_a_dead_one_again(centre: Centre) -> None:
    client = centre.client(Role.ADMINISTRATOR)
    target_id = client.post("/api/targets", json=DRAFT).json()["target_id"]
    order = active_order(centre.records, centre.staff, order_request())
    centre.records.alerts.raise_alerts([hit(order, passage())])
    (delivery,) = client.get("/api/deliveries", params={"target": target_id}).json()["deliveries"]
    assert (delivery["state"], delivery["event"], delivery["attempts"]) == ("pending", "raised", 0)
    assert client.get("/api/targets").json()["targets"][0]["pending"] == 1
    path = f"/api/deliveries/{delivery['delivery_id']}/resend"
    assert "got one that is pending" in problem_of(client.post(path), 409)
    book = centre.records.deliveries
    (claim,) = book.claim("worker", limit=9, lease=centre.records.policy.live_window)
    assert book.failed(claim, error="no answer", retry_at=None)
    (dead,) = client.get("/api/deliveries", params={"state": "dead", "limit": 1}).json()["deliveries"]
    assert (dead["last_error"], dead["attempts"], dead["alert_id"]) == ("no answer", 1, delivery["alert_id"])
    assert client.post(path).json()["state"] == "pending"
    assert centre.records.audit.page(limit=1)[0].record.action == "delivery.resend"
    assert client.get("/api/deliveries", params={"alert": "none"}).json() == {"deliveries": [], "next": None}
    problem_of(client.post("/api/deliveries/none/resend"), 404)
