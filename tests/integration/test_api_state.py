"""What the API takes from the shared state, and does without where that forgets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from central.checkpoint import Checkpoint
from central.people import ACCOUNT_THROTTLE, Role
from central.state import Sighting
from proto.clock import ManualClock
from proto.passage import Passage
from tests.centre import START, Centre, active_order, hit, order_request, passage, running_centre
from tests.contract.test_state import seen_all

FAR = Checkpoint(checkpoint_id="cp-far", name="威远卡口", latitude=29.53, longitude=104.67)


@pytest.fixture
def centre(tmp_path: Path, clock: ManualClock) -> Iterator[Centre]:
    with running_centre(tmp_path, clock) as centre:
        centre.records.checkpoints.put([FAR])
        yield centre


def raised(centre: Centre) -> str:
    """An alert's id; its passage is of START."""
    order = active_order(centre.records, centre.staff, order_request())
    seen = passage()
    centre.services.store.insert([seen])
    centre.records.alerts.raise_alerts([hit(order, seen)])
    return centre.records.alerts.page(only_open=True, limit=1)[0].alert.alert_id


def sighting(of: Passage) -> Sighting:
    assert of.plate is not None
    return Sighting(
        plate=of.plate.text,
        captured_at=of.captured_at,
        passage_id=of.passage_id,
        checkpoint_id=of.checkpoint_id,
    )


class TestSeenBefore:
    def test_not_seen_before(self, centre: Centre) -> None:
        assert centre.client(Role.OPERATOR).get(f"/api/alerts/{raised(centre)}").json()["seen_before"] is None

    def test_where_and_when(self, centre: Centre) -> None:
        before = passage(at=START - timedelta(minutes=30), checkpoint_id=FAR.checkpoint_id)
        after = passage(at=START + timedelta(minutes=1), checkpoint_id=FAR.checkpoint_id)
        centre.services.state.sightings.put(seen_all(*[sighting(p) for p in (before, passage(), after)]))
        client = centre.client(Role.OPERATOR)
        found = client.get(f"/api/alerts/{raised(centre)}").json()["seen_before"]
        assert found == {
            "checkpoint": {"checkpoint_id": "cp-far", "name": "威远卡口"},
            "captured_at": "2026-03-01T03:30:00Z",
            "seconds": 1800.0,
            "distance_km": pytest.approx(23.2, abs=0.2),
            "implausible": False,
        }
        assert client.get("/api/alerts").json()["alerts"][0]["seen_before"] is None

    def test_what_the_state_forgot_the_store_knows(self, centre: Centre) -> None:
        before = passage(at=START - timedelta(minutes=2), checkpoint_id=FAR.checkpoint_id)
        centre.services.store.insert([before])
        found = centre.client(Role.OPERATOR).get(f"/api/alerts/{raised(centre)}").json()["seen_before"]
        assert found["seconds"] == 120
        assert found["implausible"], "23 km in two minutes: the plate is on two vehicles"

    def test_a_checkpoint_that_nobody_named_has_no_distance(self, centre: Centre) -> None:
        centre.services.state.sightings.put(
            seen_all(sighting(passage(at=START - timedelta(minutes=2), checkpoint_id="cp-new")))
        )
        found = centre.client(Role.OPERATOR).get(f"/api/alerts/{raised(centre)}").json()["seen_before"]
        assert found["checkpoint"] == {"checkpoint_id": "cp-new", "name": "cp-new"}
        assert (found["distance_km"], found["implausible"]) == (None, False)


class TestSignIn:
    def test_a_flood_is_refused_at_the_gate(self, centre: Centre, clock: ManualClock) -> None:
        wrong = {"username": "operator", "password": "not the password"}
        client = centre.client()
        statuses = [client.post("/api/session", json=wrong).status_code for _ in range(8)]
        assert statuses == [401] * ACCOUNT_THROTTLE.failures + [429] * (8 - ACCOUNT_THROTTLE.failures)
        refused = [e for e in centre.records.audit.page(limit=20) if e.record.action == "session.refused"]
        assert len(refused) == ACCOUNT_THROTTLE.failures
        clock.advance(ACCOUNT_THROTTLE.lock.total_seconds())
        assert centre.client(Role.OPERATOR).get("/api/session").status_code == 200

    def test_what_the_state_forgot_the_records_still_refuse(self, centre: Centre) -> None:
        wrong = {"username": "operator", "password": "not the password"}
        client = centre.client()
        for _ in range(ACCOUNT_THROTTLE.failures):
            client.post("/api/session", json=wrong)
        centre.services.state.throttle.forgive("operator")
        assert client.post("/api/session", json=wrong).status_code == 429

    def test_who_signs_in_is_not_counted(self, centre: Centre) -> None:
        for _ in range(2 * ACCOUNT_THROTTLE.failures):
            centre.client(Role.OPERATOR)
