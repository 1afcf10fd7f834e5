"""A person of one area sees that area and no other: lists, single alerts, figures, tracks, the live feed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from central.api.live import _PLACES
from central.api.rights import LIVE_KINDS
from central.area import Area
from central.people import Role
from central.ports import Heard
from tests.centre import (
    CHECKPOINT,
    PASSWORD,
    START,
    Centre,
    active_order,
    hit,
    new_clock,
    order_request,
    passage,
    running_centre,
)
from tests.contract.test_records import heartbeat
from tests.integration.api_requests import SEARCH, problem_of

HERE, THERE, NOWHERE = "cp-1", "cp-2", "cp-3"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """Two areas with a checkpoint each, one checkpoint in none; a passage, an alert and a node at each."""
    with running_centre(tmp_path_factory.mktemp("centre"), new_clock()) as running:
        records = running.records
        records.checkpoints.put_areas([Area(area_id="east", name="东区"), Area(area_id="west", name="西区")])
        records.checkpoints.put(
            [
                replace(CHECKPOINT, area_id="east"),
                replace(CHECKPOINT, checkpoint_id=THERE, area_id="west"),
                replace(CHECKPOINT, checkpoint_id=NOWHERE),
            ]
        )
        passages = [passage(checkpoint_id=each, at=START) for each in (HERE, THERE, NOWHERE)]
        running.services.store.insert(passages)
        # An order each: of one order, the second passage would join the first one's alert.
        orders = [active_order(records, running.staff, order_request()) for _ in passages]
        records.alerts.raise_alerts([hit(*pair) for pair in zip(orders, passages, strict=True)])
        records.fleet.heartbeat(
            [
                Heard(beat=replace(heartbeat(f"node-{each}"), checkpoint_id=each), at=START)
                for each in (HERE, THERE, NOWHERE)
            ]
        )
        for area in ("east", "west"):
            records.people.create_user(
                username=f"all-of-{area}",
                name="某",
                password=PASSWORD,
                roles=list(Role),
                areas=[area],
                by="tests",
            )
        yield running


def client_of(centre: Centre, area: str) -> httpx.Client:
    return centre.client(username=f"all-of-{area}")


def places(centre: Centre, client: httpx.Client) -> dict[str, set[str]]:
    """Which checkpoints each list tells of."""
    search = client.post("/api/tracks", json=SEARCH | {"until": "2026-03-02T00:00:00Z"}).json()
    return {
        "checkpoints": {c["checkpoint_id"] for c in client.get("/api/checkpoints").json()},
        "passages": {p["checkpoint"]["checkpoint_id"] for p in client.get("/api/passages").json()["passages"]},
        "alerts": {
            a["passage"]["checkpoint"]["checkpoint_id"] for a in client.get("/api/alerts").json()["alerts"]
        },
        "open alerts": {
            a["passage"]["checkpoint"]["checkpoint_id"]
            for a in client.get("/api/alerts?open=true").json()["alerts"]
        },
        "nodes": {n["checkpoint_id"] for n in client.get("/api/nodes").json()["nodes"]},
        "tracks": {p["checkpoint"]["checkpoint_id"] for p in search["passages"]},
    }


@pytest.mark.parametrize(("area", "seen"), [("east", HERE), ("west", THERE)])
def test_lists_tell_of_ones_own_area_only(centre: Centre, area: str, seen: str) -> None:
    told = places(centre, client_of(centre, area))
    assert told == {name: {seen} for name in told}


def test_a_person_without_an_area_sees_the_whole_network(centre: Centre) -> None:
    for role, path in ((Role.OPERATOR, "/api/alerts"), (Role.SUPERVISOR, "/api/alerts?open=true")):
        assert len(centre.client(role).get(path).json()["alerts"]) == 3
    assert len(centre.client(Role.OPERATOR).get("/api/passages").json()["passages"]) == 3


def test_asking_for_another_areas_checkpoint_finds_nothing(centre: Centre) -> None:
    assert client_of(centre, "east").get(f"/api/passages?checkpoint={THERE}").json()["passages"] == []


def test_another_areas_alert_is_not_there(centre: Centre) -> None:
    everything = centre.client(Role.OPERATOR).get("/api/alerts").json()["alerts"]
    theirs = {a["passage"]["checkpoint"]["checkpoint_id"]: a["alert_id"] for a in everything}
    east = client_of(centre, "east")
    assert east.get(f"/api/alerts/{theirs[HERE]}").status_code == 200
    unknown = problem_of(east.get("/api/alerts/made-up"), 404)
    for place in (THERE, NOWHERE):
        refused = problem_of(east.get(f"/api/alerts/{theirs[place]}"), 404)
        assert refused == unknown.replace("made-up", theirs[place])
        problem_of(east.post(f"/api/alerts/{theirs[place]}/steps", json={"step": "sign_off"}), 404)
    assert {a["state"] for a in centre.client(Role.OPERATOR).get("/api/alerts").json()["alerts"]} == {"raised"}


def test_figures_are_those_of_the_area(centre: Centre) -> None:
    everywhere = centre.client(Role.OPERATOR).get("/api/statistics").json()
    here = client_of(centre, "east").get("/api/statistics").json()
    assert [everywhere[f] for f in ("passages_today", "alerts_today", "open_alerts")] == [3, 3, 3]
    assert [here[f] for f in ("passages_today", "alerts_today", "open_alerts")] == [1, 1, 1]


def test_the_live_feed_tells_of_ones_own_area(centre: Centre) -> None:
    seen: dict[str, list[set[str]]] = {}
    for area in ("east", "west"):
        cookie = client_of(centre, area).cookies["bukong_session"]
        address = f"{centre.url.replace('http', 'ws')}/api/live?after=1"
        with connect(address, additional_headers={"Cookie": f"bukong_session={cookie}"}) as socket:
            assert json.loads(socket.recv(timeout=10))["kind"] == "hello"
            stop = passage("川C00009", checkpoint_id={"east": HERE, "west": THERE}[area], seed=area)
            other = passage("川C00009", checkpoint_id={"east": THERE, "west": HERE}[area], seed=area)
            centre.records.live.announce([other, stop])
            events: list[dict[str, Any]] = []
            while not events or events[-1]["kind"] != "passage":
                events.append(json.loads(socket.recv(timeout=10)))
        for event in events:
            if event["kind"] not in ("order", "caught_up"):  # those are everybody's
                place = _PLACES[event["kind"]]
                assert place is not None
                seen.setdefault(area, []).append({event["kind"], *place(event["data"])})
    assert seen["east"] == [{"alert", HERE}, {"node", HERE}, {"passage", HERE}]
    assert {"alert", THERE} in seen["west"]
    assert all(HERE not in each for each in seen["west"])


def test_every_kind_of_live_event_says_where_it_happened() -> None:
    assert _PLACES.keys() == LIVE_KINDS.keys()
