"""Looking further back than the age tier: asked for by one person, granted by another, for one case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from central.area import Area
from central.people import Role
from proto.clock import ManualClock
from tests.centre import CHECKPOINT, PASSWORD, START, Centre, passage, running_centre
from tests.integration.api_requests import SEARCH, problem_of

DAY = timedelta(days=1)
OLD, RECENT = START - 120 * DAY, START - DAY
ASK: dict[str, Any] = {
    "case_number": "A-1",
    "reason": "旧案",
    "since": (START - 150 * DAY).isoformat(),
    "hours": 48,
}
BACK: dict[str, Any] = SEARCH | {"since": (START - 200 * DAY).isoformat()}


@pytest.fixture
def centre(tmp_path: Path, clock: ManualClock) -> Iterator[Centre]:
    with running_centre(tmp_path, clock) as running:
        running.services.store.insert([passage(at=OLD), passage(at=RECENT)])
        yield running


def test_what_is_older_is_left_out_until_a_supervisor_grants_it(centre: Centre, clock: ManualClock) -> None:
    investigator, supervisor = centre.client(Role.INVESTIGATOR), centre.client(Role.SUPERVISOR)
    before = investigator.post("/api/tracks", json=BACK).json()
    assert (before["total"], before["clipped_since"]) == (
        1,
        (START - 90 * DAY).isoformat().replace("+00:00", "Z"),
    )
    asked = investigator.post("/api/search-grants", json=ASK)
    assert asked.status_code == 201
    grant = asked.json()
    assert (grant["state"], grant["holds"]) == ("asked", False)
    assert investigator.post("/api/tracks", json=BACK).json()["total"] == 1
    granted = supervisor.post(f"/api/search-grants/{grant['grant_id']}/grant", json={}).json()
    assert (granted["state"], granted["holds"], granted["decided_by"]) == ("granted", True, "supervisor")
    after = investigator.post("/api/tracks", json=BACK).json()
    assert after["total"] == 2
    other_case = investigator.post("/api/tracks", json=BACK | {"case_number": "A-2"}).json()
    assert other_case["total"] == 1
    clock.advance(48 * 3600)
    investigator = centre.client(Role.INVESTIGATOR)  # the session is over too
    assert investigator.post("/api/tracks", json=BACK).json()["total"] == 1


def test_nothing_but_old_passages_is_refused(centre: Centre) -> None:
    old = BACK | {"until": (START - 100 * DAY).isoformat()}
    answer = centre.client(Role.INVESTIGATOR).post("/api/tracks", json=old)
    assert "ask a supervisor for a grant for case A-1" in problem_of(answer, 403)


def test_who_may_and_in_which_state(centre: Centre) -> None:
    investigator, supervisor = centre.client(Role.INVESTIGATOR), centre.client(Role.SUPERVISOR)
    grant_id = investigator.post("/api/search-grants", json=ASK).json()["grant_id"]
    path = f"/api/search-grants/{grant_id}"
    assert "got revoke" in problem_of(supervisor.post(f"{path}/revoke", json={"note": "x"}), 409)
    assert "reason to refuse" in problem_of(supervisor.post(f"{path}/refuse", json={}), 422)
    supervisor.post(f"{path}/refuse", json={"note": "无关"})
    assert "expected no move" in problem_of(supervisor.post(f"{path}/grant", json={}), 409)
    problem_of(supervisor.post("/api/search-grants/made-up/grant", json={}), 404)
    problem_of(investigator.post("/api/search-grants", json=ASK | {"hours": 100_000}), 422)
    problem_of(investigator.post("/api/search-grants", json=ASK | {"since": "2026-04-01T00:00:00Z"}), 422)
    mine = investigator.get("/api/search-grants").json()["grants"]
    assert [(g["grant_id"], g["state"], g["note"]) for g in mine] == [(grant_id, "refused", "无关")]
    assert supervisor.get("/api/search-grants").json()["grants"] == mine


def test_a_supervisor_decides_for_those_only_whose_areas_lie_within_theirs(centre: Centre) -> None:
    book = centre.records.checkpoints
    book.put_areas([Area(area_id="north", name="北"), Area(area_id="south", name="南")])
    for key, area in (("n1", "north"), ("s1", "south")):
        book.put([replace(CHECKPOINT, checkpoint_id=key, area_id=area)])
    for username, role, areas in (
        ("ann", Role.INVESTIGATOR, ["north"]),
        ("everywhere", Role.INVESTIGATOR, []),
        ("head.n", Role.SUPERVISOR, ["north"]),
        ("head.s", Role.SUPERVISOR, ["south"]),
    ):
        centre.records.people.create_user(
            username=username, name=username, password=PASSWORD, roles=[role], areas=areas, by="tests"
        )
    asked = {
        username: centre.client(username=username).post("/api/search-grants", json=ASK).json()["grant_id"]
        for username in ("ann", "everywhere")
    }
    north, south = centre.client(username="head.n"), centre.client(username="head.s")
    for limit in (100, 1):  # what others asked since takes no place of theirs
        shown = north.get("/api/search-grants", params={"limit": limit}).json()["grants"]
        assert [g["grant_id"] for g in shown] == [asked["ann"]]
    assert south.get("/api/search-grants").json()["grants"] == []
    for head, whose in ((south, "ann"), (south, "everywhere"), (north, "everywhere")):
        problem_of(head.post(f"/api/search-grants/{asked[whose]}/grant", json={}), 404)
    granted = north.post(f"/api/search-grants/{asked['ann']}/grant", json={})
    assert granted.json()["state"] == "granted"
    whole = centre.client(Role.SUPERVISOR).post(f"/api/search-grants/{asked['everywhere']}/grant", json={})
    assert whole.json()["state"] == "granted"
