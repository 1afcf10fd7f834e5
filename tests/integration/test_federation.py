"""Two real centres: what one asks, the other answers by its own rights, and both write down."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from central.audit import AuditEntry
from central.federation import Federation, Home, Neighbours, Peer, sealed
from central.federation.message import IMAGES_PATH, TRACKS_PATH
from central.people import Role
from central.records import open_records
from tests.centre import CHEAP, START, Centre, new_clock, passage, running_centre
from tests.integration.neighbour import IMAGE, NAME, PLATE, Neighbour, neighbour

DAY = timedelta(days=1)
ASKED: dict[str, Any] = {
    "plate": "川C·12345",
    "since": (START - 30 * DAY).isoformat(),
    "until": START.isoformat(),
    "reason": "盗抢车辆追查",
    "case_number": "A-1",
}


def entries(centre: Centre | Path) -> list[AuditEntry]:
    """Of the trail, oldest first."""
    if isinstance(centre, Centre):
        return list(reversed(centre.records.audit.page(limit=200)))
    records = open_records(centre, clock=new_clock(), policy=CHEAP)
    try:
        return list(reversed(records.audit.page(limit=200)))
    finally:
        records.close()


@contextmanager
def home_centre(folder: Path, home: Home, peers: Sequence[Peer], *, timeout_s: float = 10) -> Iterator[Centre]:
    clock = new_clock()
    neighbours = Neighbours(home, peers, clock, timeout_s=timeout_s)
    federation = Federation(home=home, peers=peers, neighbours=neighbours)
    with running_centre(folder / "home", clock, federation=federation) as centre:
        centre.services.store.insert([passage(PLATE, at=START - timedelta(hours=3))])
        yield centre


def peer(found: Neighbour, **more: Any) -> Peer:
    return Peer(name=NAME, url=found.url, verify_key=found.key, **more)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.opened("home", tmp_path / "home.key")


def signed(home: Home, path: str, body: bytes, **changed: str) -> dict[str, str]:
    return sealed(home, to=NAME, path=path, body=body, now=START) | changed


def question(**changed: Any) -> bytes:
    asked = {**ASKED, "plate": PLATE, "user": "li.wei", "limit": 10, **changed}
    return json.dumps(asked, ensure_ascii=False).encode()


def test_a_question_comes_back_merged_with_origins_and_in_both_trails(tmp_path: Path, home: Home) -> None:
    with neighbour(tmp_path / "there", home.verify_key) as there:  # noqa: SIM117 - it is looked at after
        with home_centre(tmp_path, home, [peer(there)]) as centre:
            client = centre.client(Role.INVESTIGATOR)
            assert client.get("/api/federation/peers").json() == {"home": "home", "peers": [NAME]}
            answer = client.post("/api/federation/tracks", json=ASKED)
            assert answer.status_code == 200, answer.text
            found = answer.json()
            assert [(p["origin"], p["checkpoint_id"]) for p in found["passages"]] == [
                (NAME, "y-north"),
                ("home", "cp-1"),
                (NAME, "y-south"),
            ]
            assert {p["plate"] for p in found["passages"]} == {PLATE}
            assert found["complete"] is True
            theirs = found["origins"][1]
            assert (theirs["state"], theirs["shown"], theirs["total"]) == ("answered", 2, 2)
            assert theirs["clipped_since"] == (START - 10 * DAY).isoformat().replace("+00:00", "Z")
            # The picture, by a reference of some minutes, through this centre.
            why = {"reason": "盗抢车辆追查", "case_number": "A-1"}
            picture = client.post(found["passages"][0]["images"]["scene"], json=why)
            assert (picture.status_code, picture.content) == (200, IMAGE)
            mine = {e.record.action: e.record for e in entries(centre)}
            assert mine["federation.search"].case_number == "A-1"
            assert json.loads(mine["federation.search"].detail)["peers"] == [NAME]
            assert "federation.image" in mine
    theirs_too = {e.record.action: e.record for e in entries(there.records)}
    written = theirs_too["federation.answer"]
    assert (written.user, written.reason, written.case_number, written.subject) == (
        "peer home: investigator",
        "盗抢车辆追查",
        "A-1",
        PLATE,
    )
    assert theirs_too["federation.give_image"].user == "peer home: investigator"


def test_the_answering_centre_keeps_to_its_own_rights(tmp_path: Path, home: Home) -> None:
    """Areas, fields, purposes and how often; whatever the asking one may do at home."""
    with (
        neighbour(tmp_path / "there", home.verify_key, areas="north", fields="", per_minute=4) as there,
        home_centre(tmp_path, home, [peer(there)]) as centre,
    ):
        client = centre.client(Role.INVESTIGATOR)
        found = client.post("/api/federation/tracks", json=ASKED).json()
        told = [p for p in found["passages"] if p["origin"] == NAME]
        assert [p["checkpoint_id"] for p in told] == ["y-north"]
        assert {told[0][name] for name in ("direction", "lane", "speed_kmh", "colour", "confidence")} == {None}
        assert told[0]["images"] == {}
        other = client.post("/api/federation/tracks", json={**ASKED, "reason": "好奇"}).json()
        assert (other["origins"][1]["state"], other["complete"]) == ("refused", False)
        assert "盗抢" in other["origins"][1]["detail"]
        assert [p["origin"] for p in other["passages"]] == ["home"]
        old = {"since": (START - 30 * DAY).isoformat(), "until": (START - 11 * DAY).isoformat()}
        assert (
            client.post("/api/federation/tracks", json={**ASKED, **old}).json()["origins"][1]["state"]
            == "refused"
        )
        client.post("/api/federation/tracks", json=ASKED)
        often = client.post("/api/federation/tracks", json=ASKED).json()["origins"][1]
        assert often["state"] == "refused"
        assert often["detail"].startswith("429")


def test_a_peer_without_areas_sees_nothing(tmp_path: Path, home: Home) -> None:
    with (
        neighbour(tmp_path / "there", home.verify_key, areas="") as there,
        home_centre(tmp_path, home, [peer(there)]) as centre,
    ):
        found = centre.client(Role.INVESTIGATOR).post("/api/federation/tracks", json=ASKED).json()
        assert (found["origins"][1]["state"], found["origins"][1]["total"]) == ("answered", 0)


def test_who_is_not_known_not_now_or_not_first_gets_no_answer(tmp_path: Path, home: Home) -> None:
    stranger = Home.opened("home", tmp_path / "stranger.key")
    with neighbour(tmp_path / "there", home.verify_key) as there, httpx.Client(base_url=there.url) as client:

        def ask(headers: dict[str, str], body: bytes, path: str = TRACKS_PATH) -> int:
            return client.post(path, content=body, headers=headers).status_code

        body = question()
        good = signed(home, TRACKS_PATH, body)
        assert ask(good, body) == 200
        assert ask(good, body) == 409  # recorded and sent again
        assert ask({}, body) == 401
        assert ask(signed(stranger, TRACKS_PATH, body), body) == 401
        assert ask(signed(home, TRACKS_PATH, body), question(plate="川C99999")) == 401
        assert ask(signed(home, IMAGES_PATH, body), body) == 401
        elsewhere = sealed(home, to="other", path=TRACKS_PATH, body=body, now=START)
        assert ask(elsewhere, body) == 401
        late = sealed(home, to=NAME, path=TRACKS_PATH, body=body, now=START - timedelta(seconds=61))
        assert ask(late, body) == 401
        for wrong in (question(user=""), question(case_number=" "), question(limit=501), b"{"):
            assert ask(signed(home, TRACKS_PATH, wrong), wrong) == 422
        wanted = json.dumps({"user": "x", "reason": "盗抢", "case_number": "A-1", "reference": "AAAA"}).encode()
        assert ask(signed(home, IMAGES_PATH, wanted), wanted, IMAGES_PATH) == 403


@contextmanager
def dribbling() -> Iterator[str]:
    """Takes connections and sends a byte now and then, for ever."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        held = []
        listening.settimeout(0.05)
        while not over.is_set():
            try:
                held.append(listening.accept()[0])
                held[-1].sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            except TimeoutError:
                for each in held:
                    try:
                        each.sendall(b" ")
                    except OSError:
                        continue
        for each in held:
            each.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        over.set()
        thread.join()
        listening.close()


def test_a_peer_that_is_slow_or_away_holds_up_nobody(tmp_path: Path, home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with dribbling() as url:
        peers = [
            Peer(name="slow", url=url, verify_key=bytes(32)),
            Peer(name="away", url=nobody, verify_key=bytes(32)),
        ]
        with home_centre(tmp_path, home, peers, timeout_s=1) as centre:
            client = centre.client(Role.INVESTIGATOR)
            began = time.monotonic()
            found = client.post("/api/federation/tracks", json=ASKED).json()
            assert time.monotonic() - began < 10  # the machine may be busy; the peer would take for ever
            assert [(o["origin"], o["state"]) for o in found["origins"]] == [
                ("home", "answered"),
                ("slow", "slow"),
                ("away", "away"),
            ]
            assert [p["origin"] for p in found["passages"]] == ["home"]
            assert found["complete"] is False


def test_only_known_peers_are_asked_and_without_any_there_is_nothing(tmp_path: Path, home: Home) -> None:
    with home_centre(tmp_path, home, []) as centre:
        client = centre.client(Role.INVESTIGATOR)
        assert client.post("/api/federation/tracks", json={**ASKED, "peers": ["nobody"]}).status_code == 422
        assert client.post("/api/federation/tracks", json={**ASKED, "reason": " "}).status_code == 422
        why = {"reason": "r", "case_number": "1"}
        assert client.post("/api/federation/peers/nobody/images/AAAA", json=why).status_code == 404
