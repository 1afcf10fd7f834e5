"""What a person may not see changes nothing that they are told: in no analysis, job, way, file or figure, nor
in an answer to a neighbour.

Random people, areas, grants and passages; everything is asked, passages are added that lie outside what the
person may see (in other areas, or before the age tier and their grants), and everything is asked again.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from central.api import ApiSettings
from central.area import Area
from central.federation import Federation, Home, Neighbours, Peer, sealed
from central.federation.message import TRACKS_PATH
from central.flow.keeper import FlowKeeper
from central.investigation import AGE_TIER, GrantMove, GrantRequest
from central.people import Role, User
from proto.passage import Passage
from tests.centre import CHECKPOINT, PASSWORD, START, Centre, new_clock, passage, running_centre
from tests.jobs import settled, worker
from tests.property.test_reach import AREAS, CASES, PLACES, SEES, WHO

DAY = timedelta(days=1)
ROLES = (Role.INVESTIGATOR, Role.OPERATOR, Role.SUPERVISOR)
#: The neighbour's, as our settings say it: name → areas it is given.
PEERS = {"peer-all": ("*",), "peer-north": ("north",), "peer-none": ()}
PEER_BACK = timedelta(days=60)
TEXTS = ("川C12345", "川C12346", "川A99999", "川C123", None)
#: Of the time asked about: now, and around the age tier; an analysis takes some of it.
ENDS = (START, START - AGE_TIER + 2 * DAY)
PAIR = {"begins": "n1", "ends": "n2"}
EVERY = sorted(PLACES)
#: Kind → wishes that find as much as there is, days.
ANALYSES: dict[str, tuple[dict[str, Any], int]] = {
    "convoy": ({"plate": "川C12345", "seconds": 900, "checkpoints": 2, "strength": 0, "share": 0}, 30),
    "clone": ({"repeats": 2, "strength": 0}, 30),
    "fake": ({"passages": 2, "checkpoints": 1, "confidence": 0.5}, 30),
    "obscured": ({"checkpoints": 2, "strength": 0, "bad": 1}, 7),
    "night": ({"begins": 20, "ends": 8, "nights": 1, "share": 0.5}, 30),
    "base": ({"plate": "川C12345", "hours": 0.5}, 30),
    "frequent": ({"checkpoints": EVERY, "passages": 2, "days": 1}, 30),
    "section_speed": ({**PAIR, "metres": 1000, "limit_kmh": 5, "tolerance_kmh": 0}, 7),
    "stopover": ({**PAIR, "minutes": 1, "drives": 3, "horizon_hours": 24}, 7),
    "disappearance": ({"checkpoints": EVERY, "hours": 0.5, "passages": 1}, 7),
}


#: The centre keeps what an example left: what failed can't be made smaller by running it again.
RANDOM = settings(
    max_examples=4,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@dataclass(slots=True, kw_only=True)
class World:
    centre: Centre
    clients: dict[str, httpx.Client]
    homes: dict[str, Home]
    keeper: FlowKeeper
    passages: int = 0
    granted: dict[tuple[str, str], datetime] = field(default_factory=dict)  #: user, case → since

    def sees(self, user: str) -> set[str]:
        areas = WHO[user]
        return set(PLACES) if not areas else set().union(*(SEES[a] for a in areas))

    def earliest(self, user: str, case: str) -> datetime:
        return min(START - AGE_TIER, self.granted.get((user, case), START))

    def person(self, name: str) -> User:
        return next(p for p in self.centre.records.people.users() if p.username == name)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("centre")
    clock = new_clock()
    homes = {name: Home.opened(name, folder / f"{name}.key") for name in (*PEERS, "here")}
    peers = [
        Peer(
            name=name,
            url="",
            verify_key=homes[name].verify_key,
            areas=frozenset(areas),
            back=PEER_BACK,
            per_minute=10_000,
        )
        for name, areas in PEERS.items()
    ]
    federation = Federation(
        home=homes["here"], peers=peers, neighbours=Neighbours(homes["here"], [], clock, timeout_s=1)
    )
    patient = ApiSettings(analysis_lasts=timedelta(minutes=5))  # whatever else runs on this machine
    with running_centre(folder, clock, patient, federation=federation) as centre:
        book = centre.records.checkpoints
        parents = {"south-inner": "south"}
        book.put_areas([Area(area_id=a, name=a, parent=parents.get(a)) for a in AREAS])
        book.put(
            [
                replace(CHECKPOINT, checkpoint_id=key, area_id=area, latitude=29.0 + n / 10)
                for n, (key, area) in enumerate(PLACES.items())
            ]
        )
        for name, areas in WHO.items():
            centre.records.people.create_user(
                username=name, name="某", password=PASSWORD, roles=ROLES, areas=areas, by="tests"
            )
        clients = {name: centre.client(username=name) for name in WHO}
        for client in clients.values():
            client.timeout = httpx.Timeout(120)
        yield World(
            centre=centre,
            clients=clients,
            homes=homes,
            keeper=FlowKeeper(
                centre.services.store.flow, clock, history=timedelta(days=7), stopped=lambda: False
            ),
        )


def made(world: World, draw: Any, places: list[str], ends: list[datetime], texts: Any = TEXTS) -> Passage:
    """Somewhere in the week before one of these, to the minute; none at the same time as another."""
    world.passages += 1
    at = draw(st.sampled_from(ends)) - timedelta(
        minutes=draw(st.integers(0, 4 * 24 * 60)), milliseconds=world.passages
    )
    return passage(
        draw(st.sampled_from(texts)),
        at=at,
        checkpoint_id=draw(st.sampled_from(places)),
        seed=str(world.passages),
    )


def told(answer: httpx.Response) -> Any:
    """What an answer says, without what differs from one asking to the next."""
    assert answer.status_code == 200, answer.text
    kind = answer.headers["content-type"].partition(";")[0]
    if kind == "application/json":
        body = answer.json()
        return {k: v for k, v in body.items() if k not in ("audit_id", "job_id")}
    if kind == "application/pdf":
        return len(re.findall(rb"/Type ?/Page\b", answer.content))
    if "sheet" in kind:
        return CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    return answer.text


def everything(world: World, user: str, case: str, end: datetime) -> dict[str, Any]:
    """Route and question → what is told."""
    client, why = world.clients[user], {"reason": "盗抢追查", "case_number": case}
    found: dict[str, Any] = {}

    def ask(name: str, path: str, body: dict[str, Any], days: int) -> None:
        since = (end - days * DAY).isoformat()
        asked = why | {"since": since, "until": end.isoformat()} | body
        found[name] = told(client.post(path, json=asked))

    for plate in ("川C12345", "川A99999"):
        ask(f"track {plate}", "/api/tracks", {"plate": plate}, 60)
        ask(f"way {plate}", "/api/searches/way", {"plate": plate}, 60)
        ask(f"like {plate}", "/api/searches", {"plate": plate, "how": "like"}, 60)
    for form in ("csv", "geojson", "xlsx", "pdf"):
        ask(f"export {form}", "/api/searches/export", {"form": form, "checkpoints": EVERY}, 7)
    wishes: dict[str, tuple[dict[str, Any], int]] = ANALYSES | {
        "collision": (
            {
                "areas": [
                    {"checkpoints": [place], "since": (end - 7 * DAY).isoformat(), "until": end.isoformat()}
                    for place in ("n1", "s1", "i1")
                ],
                "at_least": 1,
            },
            30,
        ),
        "first_seen": ({"since": (end - DAY).isoformat(), "passages": 1}, 30),
    }
    for kind, (wish, days) in wishes.items():
        ask(f"analysis {kind}", f"/api/analyses/{kind}", {"wishes": wish}, days)
    for path in ("passages", "statistics", "flow/sections", "flow/placement"):
        found[path] = told(client.get(f"/api/{path}"))
    for section in found["flow/sections"]["sections"]:
        ends = {"start": section["start"]["checkpoint_id"], "end": section["end"]["checkpoint_id"]}
        assert set(ends.values()) <= world.sees(user)
        for path in ("today", "forecast"):
            found[f"{path} {ends}"] = told(client.get(f"/api/flow/{path}?{urlencode(ends)}"))
    return found


def of_peer(world: World, peer: str) -> dict[str, Any]:
    """What a neighbour is answered."""
    asked = {
        "plate": "川C12345",
        "since": (START - 200 * DAY).isoformat(),
        "until": START.isoformat(),
        "reason": "盗抢追查",
        "case_number": "A-1",
        "user": "li.wei",
        "limit": 500,
    }
    body = json.dumps(asked, ensure_ascii=False).encode()
    headers = sealed(world.homes[peer], to="here", path=TRACKS_PATH, body=body, now=START)
    answer = httpx.post(f"{world.centre.url}{TRACKS_PATH}", content=body, headers=headers, timeout=120)
    found: dict[str, Any] = told(answer)
    return found


@pytest.mark.timeout(900)
@RANDOM
@given(data=st.data())
def test_what_lies_outside_changes_nothing_that_is_told(world: World, data: st.DataObject) -> None:
    draw, store = data.draw, world.centre.services.store
    store.insert([made(world, draw, EVERY, list(ENDS)) for _ in range(draw(st.integers(0, 12)))])
    user = draw(st.sampled_from(sorted(WHO)), "user")
    case = draw(st.sampled_from(CASES), "case")
    if draw(st.booleans(), "grant"):
        since = START - draw(st.integers(80, 100)) * DAY
        asked = GrantRequest(case_number=case, reason="旧案", since=since, lasts=DAY)
        grants = world.centre.records.grants
        grant = grants.ask(asked, by=world.person(user))
        grants.decide(grant.grant_id, GrantMove.GRANT, by=world.centre.staff[Role.SUPERVISOR])
        world.granted[user, case] = min(since, world.granted.get((user, case), START))
    end = draw(st.sampled_from(ENDS), "end")
    world.keeper.run()
    before = everything(world, user, case, end)
    hidden = sorted(set(PLACES) - world.sees(user))
    number = draw(st.integers(1, 8), "hidden")
    outside = [made(world, draw, EVERY, [world.earliest(user, case)]) for _ in range(number)]
    if hidden:
        outside += [made(world, draw, hidden, list(ENDS)) for _ in range(number)]
    store.insert(outside)
    world.keeper.run()
    after = everything(world, user, case, end)
    for name, was in before.items():
        assert after[name] == was, name


@pytest.mark.timeout(900)
@RANDOM
@given(data=st.data())
def test_a_job_tells_what_may_be_seen_when_it_is_read(world: World, data: st.DataObject) -> None:
    draw, store, book = data.draw, world.centre.services.store, world.centre.records.jobs
    store.insert([made(world, draw, EVERY, list(ENDS)) for _ in range(draw(st.integers(0, 12)))])
    user = draw(st.sampled_from(sorted(WHO)), "user")
    client, kind = world.clients[user], draw(st.sampled_from(sorted(ANALYSES)), "kind")
    wishes, days = ANALYSES[kind]
    end = draw(st.sampled_from(ENDS), "end")
    asked = {
        "reason": "盗抢追查",
        "case_number": draw(st.sampled_from(CASES), "case"),
        "since": (end - days * DAY).isoformat(),
        "until": end.isoformat(),
        "wishes": wishes,
    }
    at_once = told(client.post(f"/api/analyses/{kind}", json=asked))["findings"]
    started = client.post("/api/jobs", json=asked | {"kind": kind})
    assert started.status_code == 201, started.text
    path = f"/api/jobs/{started.json()['job_id']}"
    try:
        with worker(world.centre.services) as runner:
            assert settled(client, started.json()["job_id"], runner)["state"] == "done"
        read = told(client.get(f"{path}/findings?limit=1000"))
        assert (read["findings"], read["withheld"]) == (at_once, 0)
        areas = draw(st.lists(st.sampled_from(AREAS), min_size=1, unique=True), "areas by now")
        accounts = world.centre.records.accounts
        accounts.change(user, by="tests", areas=areas)
        left: set[str] = set().union(*(SEES[a] for a in areas))
        read = told(client.get(f"{path}/findings?limit=1000"))
        file = client.post(f"{path}/export", json={"form": "csv"}).content.decode("utf-8-sig")
        if world.sees(user) <= left and WHO[user]:
            assert read["findings"] == at_once
        else:
            assert (read["findings"], read["withheld"]) == ([], len(at_once))
            assert len(file.splitlines()) == 1
        for other in WHO:
            if other != user:
                assert world.clients[other].get(f"{path}/findings").status_code == 404
    finally:
        world.centre.records.accounts.change(user, by="tests", areas=WHO[user])
        for job in book.of(user):
            if job.state.over:
                book.discard(job.job_id, by=world.person(user))


@pytest.mark.timeout(900)
@RANDOM
@given(data=st.data())
def test_a_neighbour_is_answered_from_what_it_is_given(world: World, data: st.DataObject) -> None:
    draw, store = data.draw, world.centre.services.store
    store.insert([made(world, draw, EVERY, list(ENDS)) for _ in range(draw(st.integers(0, 6)))])
    peer = draw(st.sampled_from(sorted(PEERS)), "peer")
    areas = PEERS[peer]
    places = set(PLACES) if "*" in areas else set().union(*(SEES[a] for a in areas))
    before = of_peer(world, peer)
    for found in before["passages"]:
        assert found["checkpoint_id"] in places
        assert found["captured_at"] >= (START - PEER_BACK).isoformat()
        assert found["plate"] == "川C12345"
    hidden = sorted(set(PLACES) - places)
    outside = [made(world, draw, EVERY, [START - PEER_BACK], ("川C12345",))]
    if hidden:
        outside += [made(world, draw, hidden, list(ENDS), ("川C12345",)) for _ in range(3)]
    store.insert(outside)
    assert of_peer(world, peer) == before
