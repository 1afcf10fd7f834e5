"""Hotlists over HTTP: handed in, read beside, confirmed by hash, approved, exported."""

from __future__ import annotations

import fcntl
import hashlib
import threading
from dataclasses import replace
from typing import Any

import httpx
import pytest

from central import hotlist_file
from central.area import Area
from central.hotlist_reader import HotlistReader
from central.people import Role
from proto.passage import Hit, Passage, Tier
from tests.centre import CHECKPOINT, Centre, passage
from tests.integration.api_requests import problem_of

LIST: dict[str, Any] = {
    "name": "盗抢车辆",
    "department": "刑侦支队",
    "purpose": "追查盗抢车辆",
    "legal_basis": "程序规定",
    "contact": "王磊",
    "case_number": "L-1",
    "valid_until": "2027-03-01T00:00:00Z",
}
FILE = "号牌号码,布控原因\n川C00001,在逃\n川C00002,\n川C1,\n川C00001,又\n".encode("gb18030")


def read_all(centre: Centre) -> None:
    """What the running part does, until every file is read."""
    folder = centre.services.hotlists
    reader = HotlistReader(centre.records.hotlists, folder, wait=lambda _: threading.Event().wait(0.01))
    while any(folder.iterdir()):
        reader.step()
    reader.close()


def hand_in(client: httpx.Client, path: str, data: bytes, name: str = "list.csv") -> dict[str, Any]:
    answer = client.post(f"{path}/imports", params={"name": name}, content=data)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_from_a_file_to_the_watchlist_and_out_again(centre: Centre) -> None:
    applicant, approver = centre.client(Role.APPLICANT), centre.client(Role.APPROVER)
    made = applicant.post("/api/hotlists", json=LIST)
    assert made.status_code == 201, made.text
    path = f"/api/hotlists/{made.json()['hotlist_id']}"
    handed_in = hand_in(applicant, path, FILE)
    assert (handed_in["state"], handed_in["sha256"]) == ("received", hashlib.sha256(FILE).hexdigest())
    read_all(centre)
    preview = approver.get(f"{path}/imports/1").json()
    assert (preview["state"], preview["progress"]) == ("previewed", 1.0)
    assert (preview["added"], preview["duplicates"], preview["refused"]) == (2, 1, 1)
    assert [error["line"] for error in preview["errors"]] == [4, 5]
    wrong = applicant.post(f"{path}/imports/1/confirm", json={"sha256": "0" * 64})
    assert "expected the file previewed" in problem_of(wrong, 409)
    assert applicant.post(f"{path}/imports/1/confirm", json={"sha256": preview["sha256"]}).status_code == 200
    assert approver.post(f"{path}/imports/1/approve").json()["state"] == "in_force"
    assert len(centre.records.orders.entries()[1]) == 2
    (shown,) = applicant.get("/api/hotlists").json()["hotlists"]
    assert (shown["rows"], shown["generation"]) == (2, 1)
    for form, start in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")):
        answer = approver.get(f"{path}/rows", params={"form": form})
        assert answer.content.startswith(start)
        assert "attachment" in answer.headers["content-disposition"]
    actions = [entry.record.action for entry in centre.records.audit.page(limit=2)]
    assert actions == ["hotlist.export", "hotlist.export"]
    assert list(centre.services.hotlists.iterdir()) == []


def test_a_list_that_shrinks_and_one_that_is_rejected(centre: Centre) -> None:
    applicant, approver = centre.client(Role.APPLICANT), centre.client(Role.APPROVER)
    path = f"/api/hotlists/{applicant.post('/api/hotlists', json=LIST).json()['hotlist_id']}"
    ten = b"plate\n" + b"".join(f"川C0000{n}\n".encode() for n in range(10))
    for number, data in ((1, ten), (2, b"plate\n" + "川C00000\n".encode())):
        sha256 = hand_in(applicant, path, data)["sha256"]
        read_all(centre)
        answer = applicant.post(f"{path}/imports/{number}/confirm", json={"sha256": sha256})
        if number == 1:
            assert approver.post(f"{path}/imports/1/approve").status_code == 200
    assert "may shrink from 10 to 1 rows" in problem_of(answer, 409)
    word = {"sha256": sha256, "shrink": True}
    assert applicant.post(f"{path}/imports/2/confirm", json=word).status_code == 200
    assert "a decision" in problem_of(
        applicant.post(f"{path}/imports", params={"name": "f"}, content=b"x"), 409
    )
    rejected = approver.post(f"{path}/imports/2/reject", json={"reason": "不完整"})
    assert rejected.json()["state"] == "rejected"
    assert len(centre.records.orders.entries()[1]) == 10
    assert list(centre.services.hotlists.iterdir()) == []


def test_what_is_no_list_says_so(centre: Centre) -> None:
    applicant = centre.client(Role.APPLICANT)
    path = f"/api/hotlists/{applicant.post('/api/hotlists', json=LIST).json()['hotlist_id']}"
    hand_in(applicant, path, b"no workbook", "list.xlsx")
    read_all(centre)
    (found,) = applicant.get(f"{path}/imports").json()["imports"]
    assert found["state"] == "failed"
    assert "expected a workbook" in found["reason"]
    assert "no hotlist 77" in problem_of(applicant.get("/api/hotlists/77/imports"), 404)
    assert "new name" in problem_of(applicant.post("/api/hotlists", json=LIST), 422)
    nowhere = LIST | {"name": "x", "checkpoints": ["cp-9"]}
    assert "cp-9" in problem_of(applicant.post("/api/hotlists", json=nowhere), 422)
    hand_in(applicant, path, FILE)
    assert applicant.post(f"{path}/imports/2/drop").json()["state"] == "dropped"


def test_a_list_of_areas_that_is_never_suspected(centre: Centre) -> None:
    book = centre.records.checkpoints
    book.put_areas([Area(area_id="east", name="东区"), Area(area_id="empty", name="空")])
    book.put([replace(CHECKPOINT, area_id="east")])
    applicant, approver = centre.client(Role.APPLICANT), centre.client(Role.APPROVER)
    wanted = LIST | {"areas": ["east"], "exact_only": True}
    made = applicant.post("/api/hotlists", json=wanted).json()
    assert (made["checkpoints"], made["areas"], made["left_out"]) == (["cp-1"], ["east"], [])
    path = f"/api/hotlists/{made['hotlist_id']}"
    sha256 = hand_in(applicant, path, FILE)["sha256"]
    read_all(centre)
    applicant.post(f"{path}/imports/1/confirm", json={"sha256": sha256})
    assert approver.post(f"{path}/imports/1/approve").status_code == 200
    entries = centre.records.orders.entries()[1]
    assert {(e.exact_only, e.checkpoints) for e in entries} == {(True, frozenset({"cp-1"}))}
    # The order that a hit makes of a row is as the list has it.
    hits = [hit_of(entries[0].order_id, passage(entries[0].plate))]
    assert centre.records.alerts.raise_alerts(hits) == 1
    assert centre.records.orders.get(entries[0].order_id).request.exact_only
    newest = centre.records.watchlist.newest()
    assert centre.records.watchlist.recount(newest.version) == newest.digest
    # A checkpoint that comes into the area later is told of: the list does not hold there.
    book.put([replace(CHECKPOINT, checkpoint_id="cp-9", area_id="east")])
    (shown,) = applicant.get("/api/hotlists").json()["hotlists"]
    assert (shown["left_out"], shown["exact_only"]) == (["cp-9"], True)
    for areas, why in ((["nowhere"], "areas that there are"), (["empty"], "areas with checkpoints")):
        refused = applicant.post("/api/hotlists", json=LIST | {"name": "x", "areas": areas})
        assert why in problem_of(refused, 422)


def hit_of(order_id: str, of: Passage) -> Hit:
    return Hit(
        order_id=order_id,
        passage=of,
        tier=Tier.EXACT,
        score=1.0,
        watchlist_version=2,
        matched_at=of.captured_at,
    )


def test_two_processes_of_a_machine_never_read_the_same_file(centre: Centre) -> None:
    """Each would take out what the other had prepared, and rows would be missing from what is approved."""
    applicant = centre.client(Role.APPLICANT)
    path = f"/api/hotlists/{applicant.post('/api/hotlists', json=LIST).json()['hotlist_id']}"
    hand_in(applicant, path, FILE)
    folder = centre.services.hotlists
    waited: list[float] = []
    (file,) = folder.iterdir()
    with file.open("rb") as others:
        fcntl.flock(others, fcntl.LOCK_EX)
        reader = HotlistReader(centre.records.hotlists, folder, wait=waited.append)
        reader.step()
        assert waited == [0.5]
        assert applicant.get(f"{path}/imports/1").json()["state"] == "received"
    reader.close()
    read_all(centre)
    assert applicant.get(f"{path}/imports/1").json()["state"] == "previewed"


def test_a_file_that_breaks_the_reading_holds_up_no_other(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    applicant = centre.client(Role.APPLICANT)
    path = f"/api/hotlists/{applicant.post('/api/hotlists', json=LIST).json()['hotlist_id']}"
    hand_in(applicant, path, FILE)

    def broken(_cell: object) -> None:
        raise OverflowError("nobody thought of it")

    with monkeypatch.context() as patched:
        patched.setattr(hotlist_file, "row_of", broken)
        read_all(centre)
    found = applicant.get(f"{path}/imports/1").json()
    assert (found["state"], found["reason"]) == ("failed", "the centre failed to read it: OverflowError")
    hand_in(applicant, path, FILE)
    read_all(centre)
    assert applicant.get(f"{path}/imports/2").json()["state"] == "previewed"


def test_who_decides_sees_which_vehicles_it_changes(centre: Centre) -> None:
    applicant, approver = centre.client(Role.APPLICANT), centre.client(Role.APPROVER)
    path = f"/api/hotlists/{applicant.post('/api/hotlists', json=LIST).json()['hotlist_id']}"
    files = (
        "号牌号码,布控原因,优先级\n川C00001,在逃,\n川C00002,,\n川C00003,,2\n",
        "号牌号码,布控原因,优先级\n川C00001,在逃,1\n川C00002,,\n川C00004,新,\n",
    )
    for number, text in enumerate(files, start=1):
        handed_in = hand_in(applicant, path, text.encode())
        changes = f"{path}/imports/{number}/changes"
        assert "being read" in problem_of(approver.get(changes), 409)
        read_all(centre)
        told = approver.get(changes).json()
        applicant.post(f"{path}/imports/{number}/confirm", json={"sha256": handed_in["sha256"], "shrink": True})
        assert approver.post(f"{path}/imports/{number}/approve").json()["state"] == "in_force"
        # That it is in force by now makes it no other import.
        assert approver.get(changes).json() == told
    found = [
        (each["change"], (each["now"] or each["before"])["plate"], (each["before"] or {}).get("priority"))
        for each in told["changes"]
    ]
    assert found == [("changed", "川C00001", None), ("added", "川C00004", None), ("removed", "川C00003", 2)]
    assert told["changes"][0]["now"]["priority"] == 1
    assert told["complete"]
    first = approver.get(changes, params={"limit": 1}).json()
    assert [each["change"] for each in first["changes"]] == [
        "changed"
    ]  # the first row that it ends is the same
    assert not first["complete"]
    looks = [e.record for e in centre.records.audit.page(limit=99) if e.record.action == "hotlist.look"]
    assert (looks[0].user, looks[0].subject) == ("approver", f"hotlist {path.rsplit('/', 1)[-1]}")
    assert centre.client(Role.AUDITOR).get(changes).status_code == 403
