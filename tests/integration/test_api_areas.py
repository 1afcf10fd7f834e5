"""A person of one area sees that area and no other: lists, single alerts, figures, tracks, the live feed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from central.alert import AlertMove, Verdict
from central.api.live import _PLACES, posts_within
from central.api.rights import LIVE_KINDS
from central.area import EVERYWHERE, Area, Scope
from central.people import Role
from central.picture import Addresses, Told, TooOld, check
from central.ports import Heard
from central.roster import ShiftRequest
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
from tests.heartbeat import heartbeat
from tests.integration.api_requests import SEARCH, problem_of

HERE, THERE, NOWHERE = "cp-1", "cp-2", "cp-3"
SCENES = {place: b"\xff\xd8\xff" + place.encode() for place in (HERE, THERE, NOWHERE)}
PICTURES = {place: sha256(data).hexdigest() for place, data in SCENES.items()}


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
            if event["kind"] not in ("order", "caught_up"):
                place = _PLACES[event["kind"]]
                assert place is not None
                seen.setdefault(area, []).append({event["kind"], *place(event["data"])})
    assert seen["east"] == [{"alert", HERE}, {"node", HERE}, {"passage", HERE}]
    assert {"alert", THERE} in seen["west"]
    assert all(HERE not in each for each in seen["west"])


@pytest.fixture(scope="module")
def orders(centre: Centre) -> dict[str, str]:
    """An order in each area by checkpoint, one by the area itself, one everywhere: name → id."""
    holds: dict[str, tuple[set[str], set[str]]] = {
        "east": ({HERE}, set()),
        "west": ({THERE}, set()),
        "west's area": (set(), {"west"}),
        "everywhere": (set(), set()),
    }
    made = {}
    for name, (checkpoints, areas) in holds.items():
        request = replace(order_request("川C77777"), checkpoints=frozenset(checkpoints), areas=frozenset(areas))
        made[name] = active_order(centre.records, centre.staff, request).order_id
    return made


def test_orders_are_seen_where_they_hold(centre: Centre, orders: dict[str, str]) -> None:
    seen = {}
    for area in ("east", "west"):
        client = client_of(centre, area)
        listed = {o["order_id"] for o in client.get("/api/orders?limit=500").json()["orders"]}
        read = {name for name, each in orders.items() if client.get(f"/api/orders/{each}").status_code == 200}
        assert read == {name for name, each in orders.items() if each in listed}
        seen[area] = read
    assert seen == {"east": {"east", "everywhere"}, "west": {"west", "west's area", "everywhere"}}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("GET", "/estimate", None),
        ("GET", "/revisions", None),
        ("POST", "/submit", None),
        ("POST", "/approve", None),
        ("POST", "/reject", {"reason": "因"}),
        ("POST", "/withdraw", {"reason": "因"}),
        ("POST", "/emergency", {"reason": "因"}),
        ("POST", "/revisions/1/accept", None),
        ("POST", "/revisions/1/refuse", {"reason": "因"}),
        ("POST", "/revisions/1/call-back", None),
        ("POST", "/renewals", {"valid_until": "2027-03-01T00:00:00Z", "why": "因"}),
    ],
)
def test_another_areas_order_is_not_there(
    centre: Centre, orders: dict[str, str], method: str, path: str, body: dict[str, str] | None
) -> None:
    east = client_of(centre, "east")
    theirs = problem_of(east.request(method, f"/api/orders/{orders['west']}{path}", json=body), 404)
    unknown = problem_of(east.request(method, f"/api/orders/made-up{path}", json=body), 404)
    assert theirs.replace(orders["west"], "made-up") == unknown
    assert centre.records.orders.get(orders["west"]).state == "active"


def test_what_an_order_beyond_ones_areas_would_have_hit_is_not_told(
    centre: Centre, orders: dict[str, str]
) -> None:
    path = f"/api/orders/{orders['everywhere']}"
    assert centre.client(Role.APPROVER).get(f"{path}/estimate").status_code == 200
    east = client_of(centre, "east")
    problem_of(east.get(f"{path}/estimate"), 403)
    assert east.get(path).json()["estimate"] is None
    problem_of(east.get("/api/orders/quality"), 403)


def test_the_live_feed_tells_of_orders_where_they_hold(centre: Centre) -> None:
    made = {}
    for area, place in (("east", HERE), ("west", THERE)):
        request = replace(order_request("川C66666"), checkpoints=frozenset({place}))
        made[area] = active_order(centre.records, centre.staff, request).order_id
    last = active_order(centre.records, centre.staff, order_request("川C55555")).order_id
    for area, other in (("east", "west"), ("west", "east")):
        cookie = client_of(centre, area).cookies["bukong_session"]
        address = f"{centre.url.replace('http', 'ws')}/api/live?after=1"
        with connect(address, additional_headers={"Cookie": f"bukong_session={cookie}"}) as socket:
            told = set()
            while last not in told:
                event = json.loads(socket.recv(timeout=10))
                if event["kind"] == "order":
                    told.add(event["data"]["order_id"])
        assert made[area] in told
        assert made[other] not in told


def test_alerts_are_handed_over_to_those_who_may_see_them_only(centre: Centre) -> None:
    order = active_order(centre.records, centre.staff, order_request("川C44444"))
    centre.records.alerts.raise_alerts([hit(order, passage("川C44444", checkpoint_id=THERE))])
    alert = next(
        found.alert
        for found in centre.records.alerts.page(only_open=True, limit=99)
        if found.alert.order_id == order.order_id
    )
    path, west = f"/api/alerts/{alert.alert_id}/steps", client_of(centre, "west")
    for step in ({"step": "verify", "verdict": "correct"}, {"step": "sign_off"}):
        assert west.post(path, json=step).status_code == 200
    shift = centre.records.roster.put(
        [
            ShiftRequest(
                team="东班", people=("all-of-east",), starts_at=START, ends_at=START + timedelta(hours=8)
            )
        ],
        by="tests",
    )[0]
    for to in ({"to_user": "all-of-east"}, {"to_shift": shift.shift_id}):
        for answer in (
            west.post(path, json={"step": "hand_over", **to}),
            west.post("/api/alerts/hand-over", json=to),
        ):
            assert f"expected somebody of the areas of {THERE}" in problem_of(answer, 422)
    assert west.post("/api/alerts/hand-over", json={"to_user": "operator"}).status_code == 200
    problem_of(client_of(centre, "east").post(path, json={"step": "accept"}), 404)


def test_what_was_offered_before_somebody_moved_is_not_accepted_any_more(centre: Centre) -> None:
    people = centre.records.people
    people.create_user(
        username="mover", name="某", password=PASSWORD, roles=[Role.OPERATOR], areas=["west"], by="tests"
    )
    order = active_order(centre.records, centre.staff, order_request("川C33333"))
    centre.records.alerts.raise_alerts([hit(order, passage("川C33333", checkpoint_id=THERE))])
    alert = next(
        found.alert
        for found in centre.records.alerts.page(only_open=True, limit=99)
        if found.alert.order_id == order.order_id
    )
    path, operator = f"/api/alerts/{alert.alert_id}/steps", centre.client(Role.OPERATOR)
    for step in ({"step": "verify", "verdict": "correct"}, {"step": "sign_off"}):
        assert operator.post(path, json=step).status_code == 200
    assert operator.post(path, json={"step": "hand_over", "to_user": "mover"}).status_code == 200
    centre.records.accounts.change("mover", areas=["east"], by="tests")
    mover = centre.client(username="mover")
    assert mover.post("/api/alerts/accept", json={}).json() == {"alerts": []}
    assert centre.records.alerts.get(alert.alert_id).alert.owner == "operator"


def test_shifts_of_other_areas_are_not_shown(centre: Centre) -> None:
    centre.records.roster.put(
        [
            ShiftRequest(
                team=team,
                people=("operator",),
                areas=frozenset(areas),
                starts_at=START - timedelta(hours=1),
                ends_at=START + timedelta(hours=8),
            )
            for team, areas in (("东", ["east"]), ("西", ["west"]), ("总", []))
        ],
        by="tests",
    )
    for path in (
        "/api/roster?since=2026-03-01T00:00:00Z",
        "/api/roster/duty",
        f"/api/roster/duty?checkpoint={THERE}",
    ):
        teams = {shift["team"] for shift in client_of(centre, "east").get(path).json()["shifts"]}
        assert "西" not in teams
        assert "总" in teams


def test_hotlists_of_other_areas_are_not_there(centre: Centre) -> None:
    applicant = centre.client(Role.APPLICANT)
    made = {}
    for name, places in (("东", [HERE]), ("西", [THERE]), ("总", [])):
        draft = {
            "name": name,
            "department": "刑侦",
            "purpose": "盗抢",
            "legal_basis": "程序规定",
            "contact": "王磊",
            "case_number": "A-1",
            "checkpoints": places,
            "valid_until": "2027-01-01T00:00:00Z",
        }
        made[name] = applicant.post("/api/hotlists", json=draft).json()["hotlist_id"]
    east = client_of(centre, "east")
    assert {h["name"] for h in east.get("/api/hotlists").json()["hotlists"]} == {"东", "总"}
    assert east.get(f"/api/hotlists/{made['东']}/imports").status_code == 200
    for path in ("", "/1"):
        problem_of(east.get(f"/api/hotlists/{made['西']}/imports{path}"), 404)
    problem_of(east.post(f"/api/hotlists/{made['西']}/imports?name=a.csv", content=b"plate"), 404)
    problem_of(east.post(f"/api/hotlists/{made['西']}/imports/1/approve"), 404)
    problem_of(east.post(f"/api/hotlists/{made['总']}/imports?name=a.csv", content=b"plate"), 403)
    problem_of(east.get(f"/api/hotlists/{made['东']}/rows"), 403)


def test_of_a_plan_of_interception_an_area_is_shown_its_own_posts() -> None:
    data = {
        "seen_at": {"checkpoint_id": HERE},
        "posts": [
            {"checkpoint": {"checkpoint_id": HERE}, "via": [{"checkpoint_id": THERE}, {"checkpoint_id": HERE}]},
            {"checkpoint": {"checkpoint_id": THERE}, "via": []},
        ],
    }
    shown = json.loads(posts_within(json.dumps(data), Scope(frozenset({HERE}))))["posts"]
    assert shown == [{"checkpoint": {"checkpoint_id": HERE}, "via": [{"checkpoint_id": HERE}]}]
    assert len(json.loads(posts_within(json.dumps(data), EVERYWHERE))["posts"]) == 2


@pytest.fixture(scope="module")
def way(centre: Centre) -> str:
    """An alert whose vehicle went from the west by no area's checkpoint to the east and back: its id."""
    order = active_order(centre.records, centre.staff, order_request("川C22222"))
    for minutes, place in enumerate((THERE, NOWHERE, HERE, THERE)):
        at = START + timedelta(minutes=minutes)
        seen = passage("川C22222", checkpoint_id=place, at=at, seed="way", scene=PICTURES[place])
        centre.records.alerts.raise_alerts([hit(order, seen)])
    found = centre.records.alerts.page(only_open=True, limit=99)
    return next(each.alert.alert_id for each in found if each.order.order_id == order.order_id)


def test_of_an_alert_an_area_is_shown_its_own_passages(centre: Centre, way: str) -> None:
    shown = {
        name: client.get(f"/api/alerts/{way}").json()
        for name, client in {
            "east": client_of(centre, "east"),
            "west": client_of(centre, "west"),
            "all": centre.client(Role.OPERATOR),
        }.items()
    }
    assert {name: (a["passage_count"], a["elsewhere"]) for name, a in shown.items()} == {
        "east": (1, 3),
        "west": (2, 2),
        "all": (4, 0),
    }
    east = json.dumps(shown["east"], ensure_ascii=False)
    assert THERE not in east
    assert NOWHERE not in east
    assert shown["east"]["passage"]["captured_at"] == "2026-03-01T04:02:00Z"
    assert shown["west"]["checkpoint_ids"] == [THERE]
    assert len(shown["all"]["passages"]) == 4


def test_the_live_feed_tells_of_an_alert_what_the_area_may_see(centre: Centre, way: str) -> None:
    cookie = client_of(centre, "east").cookies["bukong_session"]
    address = f"{centre.url.replace('http', 'ws')}/api/live?after=1"
    with connect(address, additional_headers={"Cookie": f"bukong_session={cookie}"}) as socket:
        centre.records.alerts.step(
            way, AlertMove.VERIFY, by=centre.staff[Role.OPERATOR], verdict=Verdict.CANNOT_TELL
        )
        told: list[dict[str, Any]] = []
        while not told or not told[-1]["steps"]:
            event = json.loads(socket.recv(timeout=10))
            if event["kind"] == "alert" and event["data"]["alert_id"] == way:
                told.append(event["data"])
    assert {(a["passage_count"], a["elsewhere"]) for a in told} == {(1, 3)}
    assert all(THERE not in json.dumps(a) for a in told)
    assert told[-1] == client_of(centre, "east").get(f"/api/alerts/{way}").json()


@pytest.fixture(scope="module")
def pictures(centre: Centre, way: str) -> dict[str, str]:
    """Addresses of the way's pictures as somebody of the whole network is told them: checkpoint → address."""
    for place in (HERE, THERE, NOWHERE):
        centre.services.images.put(PICTURES[place], SCENES[place])
    passages = centre.client(Role.OPERATOR).get(f"/api/alerts/{way}").json()["passages"]
    return {p["checkpoint"]["checkpoint_id"]: p["evidence"]["scene"] for p in passages}


def test_pictures_are_opened_by_the_address_told_with_the_passage(
    centre: Centre, way: str, pictures: dict[str, str]
) -> None:
    east, operator = client_of(centre, "east"), centre.client(Role.OPERATOR)
    (own,) = east.get(f"/api/alerts/{way}").json()["passages"]
    assert own["evidence"]["scene"].startswith(f"/api/images/{PICTURES[HERE]}?")
    assert east.get(own["evidence"]["scene"]).content == SCENES[HERE]
    assert east.head(own["evidence"]["scene"]).status_code == 200
    for place, address in pictures.items():
        assert operator.get(address).content == SCENES[place]
        # A colleague's address is nobody else's, whatever it shows,
        assert "as it was shown to you" in problem_of(east.get(address), 404)
        assert east.head(address).status_code == 404
        # and a hash alone opens nothing, whether there is such a picture or not.
        bare = address.partition("?")[0]
        for person in (east, operator):
            assert problem_of(person.get(bare), 404) == problem_of(person.get(f"/api/images/{'0' * 64}"), 404)
    assert centre.machine().head(f"/api/images/{PICTURES[HERE]}").status_code == 200  # a node asks by the hash


def test_a_changed_address_of_a_picture_opens_nothing(centre: Centre, pictures: dict[str, str]) -> None:
    operator, address = centre.client(Role.OPERATOR), httpx.URL(pictures[THERE])
    for change in (
        {"checkpoint": HERE},
        {"passage": "another"},
        {"until": str(int(address.params["until"]) + 3600)},
        {"seal": "0" * 32},
        {"seal": ""},
        {"seal": "封"},
    ):
        problem_of(operator.get(address.copy_merge_params(change)), 404)
    other = address.copy_with(path=f"/api/images/{PICTURES[HERE]}")
    problem_of(operator.get(other), 404)


def test_an_address_of_a_picture_does_not_outlive_the_area_or_the_shift(centre: Centre, way: str) -> None:
    people = centre.records.people
    people.create_user(
        username="leaver", name="某", password=PASSWORD, roles=[Role.OPERATOR], areas=["east"], by="tests"
    )
    client = centre.client(username="leaver")
    (own,) = client.get(f"/api/alerts/{way}").json()["passages"]
    scene = own["evidence"]["scene"]
    assert client.get(scene).status_code == 200
    centre.records.accounts.change("leaver", areas=["west"], by="tests")
    assert "in your areas" in problem_of(client.get(scene), 404)
    key, later = centre.records.picture_key, START + timedelta(hours=14)
    query = httpx.URL(scene).params
    told = Told(
        passage_id=query["passage"],
        checkpoint_id=query["checkpoint"],
        until=int(query["until"]),
        seal=query["seal"],
    )
    check(key, PICTURES[HERE], told, username="leaver", now=START + timedelta(hours=11))
    with pytest.raises(TooOld, match="older one"):
        check(key, PICTURES[HERE], told, username="leaver", now=later)


def test_a_picture_told_in_a_message_is_opened_by_whoever_may_see_its_passage(
    centre: Centre, pictures: dict[str, str]
) -> None:
    told = Addresses.in_messages(centre.records.picture_key, now=START)
    address = told.address(PICTURES[THERE], passage_id="p", checkpoint_id=THERE)
    assert client_of(centre, "west").get(address).content == SCENES[THERE]
    problem_of(client_of(centre, "east").get(address), 404)
    problem_of(centre.client(Role.AUDITOR).get(address), 403)


def test_every_kind_of_live_event_says_where_it_happened() -> None:
    assert _PLACES.keys() == LIVE_KINDS.keys()
