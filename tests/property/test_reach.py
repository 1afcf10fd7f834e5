"""Random users, areas, grants and passages: no row from outside area or age tier, in any search or file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.area import Area
from central.investigation import AGE_TIER, GrantMove, GrantRequest, Plan
from central.people import Role
from tests.centre import CHECKPOINT, PASSWORD, START, Centre, new_clock, passage, running_centre

DAY = timedelta(days=1)
AREAS = ("north", "south", "south-inner")
PLACES = {"n1": "north", "n2": "north", "s1": "south", "i1": "south-inner", "lonely": None}
#: What each of some areas may see: an outer one has the inner ones.
SEES = {"north": {"n1", "n2"}, "south": {"s1", "i1"}, "south-inner": {"i1"}}
CASES = ("A-1", "A-2")
WHO = {"of-none": (), "of-north": ("north",), "of-south": ("south",), "of-inner": ("south-inner",)}
TEXTS = ("川C12345", "川C12346", "川C99999", None)


@dataclass(slots=True, kw_only=True)
class World:
    centre: Centre
    clients: dict[str, httpx.Client]
    stored: dict[str, tuple[str, datetime]] = field(default_factory=dict)  #: passage_id → place, time
    granted: dict[tuple[str, str], datetime] = field(default_factory=dict)  #: user, case → since

    def may_see(self, user: str, case: str) -> set[str]:
        areas = WHO[user]
        places = set(PLACES) if not areas else set().union(*(SEES[a] for a in areas))
        earliest = min(START - AGE_TIER, self.granted.get((user, case), START))
        return {key for key, (place, at) in self.stored.items() if place in places and at >= earliest}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_centre(tmp_path_factory.mktemp("centre"), new_clock()) as centre:
        book = centre.records.checkpoints
        parents = {"south-inner": "south"}
        book.put_areas([Area(area_id=a, name=a, parent=parents.get(a)) for a in AREAS])
        book.put([replace(CHECKPOINT, checkpoint_id=key, area_id=area) for key, area in PLACES.items()])
        for name, areas in WHO.items():
            centre.records.people.create_user(
                username=name, name="某", password=PASSWORD, roles=[Role.INVESTIGATOR], areas=areas, by="tests"
            )
        yield World(centre=centre, clients={name: centre.client(username=name) for name in WHO})


def ids_of(path: str, answer: httpx.Response) -> set[str]:
    if path == "/api/searches/export":
        rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
        return {row["passage_id"] for row in rows}
    return {p["passage_id"] for p in answer.json()["passages"]}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nothing_from_outside_is_ever_answered(world: World, data: st.DataObject) -> None:
    centre = world.centre
    days = st.integers(0, 400)
    for _ in range(data.draw(st.integers(0, 4), "passages")):
        place = data.draw(st.sampled_from(sorted(PLACES)))
        at = START - data.draw(days) * DAY - timedelta(seconds=len(world.stored))
        made = passage(
            data.draw(st.sampled_from(TEXTS)), at=at, checkpoint_id=place, seed=str(len(world.stored))
        )
        centre.services.store.insert([made])
        world.stored[str(made.passage_id)] = (place, at)
    user = data.draw(st.sampled_from(sorted(WHO)), "user")
    case = data.draw(st.sampled_from(CASES), "case")
    if data.draw(st.booleans(), "grant"):
        since = START - data.draw(st.integers(1, 400)) * DAY
        asked = GrantRequest(case_number=case, reason="旧案", since=since, lasts=DAY)
        person = next(p for p in centre.records.people.users() if p.username == user)
        grant = centre.records.grants.ask(asked, by=person)
        if data.draw(st.booleans(), "granted"):
            centre.records.grants.decide(grant.grant_id, GrantMove.GRANT, by=centre.staff[Role.SUPERVISOR])
            world.granted[user, case] = min(since, world.granted.get((user, case), START))
    allowed = world.may_see(user, case)
    wish: dict[str, Any] = {
        "since": (START - 500 * DAY).isoformat(),
        "until": (START + DAY).isoformat(),
        "reason": "追查",
        "case_number": case,
    }
    wanted = data.draw(st.lists(st.sampled_from([*PLACES, "unknown"]), max_size=3) | st.none(), "checkpoints")
    how = data.draw(st.sampled_from(["exact", "pattern", "like"]))
    plate = {"exact": "川C12345", "pattern": "川C?2*", "like": "川C12345"}[how]
    anything = wish | {"limit": 500, "checkpoints": wanted}
    answers = {
        "/api/tracks": wish | {"plate": "川C12345", "limit": 500},
        "/api/searches/way": wish | {"plate": "川C12345"},
        "/api/searches/export": anything | {"form": "csv"},
    }
    for path, body in [*answers.items(), ("/api/searches", anything | {"plate": plate, "how": how})]:
        answer = world.clients[user].post(path, json=body)
        assert answer.status_code == 200, answer.text
        assert ids_of(path, answer) <= allowed
    everything = world.clients[user].post("/api/searches", json=wish | {"limit": 500})
    if everything.json()["next"] is None:
        assert ids_of("", everything) == allowed
    # A planned question, as every analysis and job puts it.
    gate, scope = centre.services.gate, centre.records.checkpoints.scope(WHO[user])
    purpose = gate.purpose(user, WHO[user], scope, reason="追查", case_number=case)
    inquiry = gate.ask(purpose, "x.y", subject="", asked={}, since=START - 500 * DAY, until=START + DAY)
    plan = Plan(name="x", sql="SELECT lower(hex(passage_id)) AS id FROM seen", reach=inquiry.reach)
    found = centre.services.store.answer(plan).column("id").to_pylist()
    assert set(found) == {key.replace("-", "") for key in allowed}
