"""Auditors' questions to the trail, and what they are told of its state."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from central.audit import AuditRecord
from central.people import Role
from proto.clock import ManualClock
from tests.centre import START, Centre, active_order, hit, order_request, passage
from tests.integration.api_requests import SEARCH, problem_of


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "records" / "records.db"


def asked(centre: Centre, **query: str | int | bool) -> list[dict[str, Any]]:
    """What the auditor is shown, without their own questions and signing in."""
    answer = centre.client(Role.AUDITOR).get("/api/audit", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.json()["verified"], answer.json()["why"]
    return [e for e in answer.json()["entries"] if e["user"] != "auditor"]


def actions(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["action"] for entry in entries]


def test_by_user_action_case_and_time(centre: Centre, clock: ManualClock) -> None:
    for case, plate in (("A-1", "川C12345"), ("B-2", "京A00001")):
        body = {**SEARCH, "plate": plate, "case_number": case}
        assert centre.client(Role.INVESTIGATOR).post("/api/tracks", json=body).status_code == 200
        clock.advance(60)
    assert actions(asked(centre, user="investigator", action="track.search")) == ["track.search"] * 2
    assert set(actions(asked(centre, user="investigator", action="session."))) == {"session.open"}
    answered, of_case = asked(centre, case_number="B-2")
    assert answered["action"] == "track.search.answered"
    assert (of_case["subject"], of_case["reason"]) == ("京A00001", SEARCH["reason"])
    until = (START + timedelta(seconds=30)).isoformat()
    (first,) = asked(centre, action="track.search", until=until)
    assert first["case_number"] == "A-1"
    (last,) = asked(centre, action="track.search", since=until)
    assert last["case_number"] == "B-2"
    assert asked(centre, subject="nothing") == []


def test_who_looked_at_a_plate(centre: Centre) -> None:
    order = active_order(centre.records, centre.staff, order_request())
    seen = passage()
    centre.services.store.insert([seen])
    centre.records.alerts.raise_alerts([hit(order, seen)])
    alert = centre.records.alerts.page(only_open=True, limit=1)[0].alert
    centre.client(Role.OPERATOR).get(f"/api/alerts/{alert.alert_id}")
    centre.client(Role.INVESTIGATOR).post("/api/tracks", json=SEARCH)
    centre.client(Role.INVESTIGATOR).post("/api/tracks", json={**SEARCH, "plate": "京A00001"})
    assert actions(asked(centre, plate="川c·12345")) == [
        "track.search.answered",
        "track.search",
        "alert.view",
        "order.approve",
        "order.submit",
        "order.create",
    ]


def test_searches_without_hits(centre: Centre) -> None:
    centre.services.store.insert([passage()])
    client = centre.client(Role.INVESTIGATOR)
    for plate in ("川C12345", "京A00001"):
        client.post("/api/tracks", json={**SEARCH, "plate": plate})
    (found,) = asked(centre, without_hits=True)
    assert (found["action"], found["subject"]) == ("track.search.answered", "京A00001")
    assert found["case_number"] == SEARCH["case_number"]


def test_out_of_hours(centre: Centre, clock: ManualClock) -> None:
    for hours, who in ((0, "noon"), (7, "evening"), (15, "night"), (19, "seven")):
        at = START + timedelta(hours=hours)
        centre.records.audit.append(AuditRecord(at=at, user=who, action="track.search"))
    found = asked(centre, out_of_hours=True, action="track.search")
    assert [e["user"] for e in found] == ["night", "evening"]


def test_the_question_is_in_the_trail_with_how_much_came_back(centre: Centre) -> None:
    asked(centre, plate="川C12345", without_hits=True)
    record = centre.records.audit.page(limit=1)[0].record
    assert (record.user, record.action, record.subject) == ("auditor", "audit.read", "川C12345")
    assert json.loads(record.detail) == {"without_hits": True, "limit": 100, "shown": 0}


def test_questions_that_make_no_sense_are_named(centre: Centre) -> None:
    client = centre.client(Role.AUDITOR)
    assert "since" in problem_of(client.get("/api/audit", params={"since": "yesterday"}), 422)
    problem_of(client.get("/api/audit", params={"plate": ""}), 422)


def test_a_page_costs_no_walk_of_the_whole_trail(
    centre: Centre, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what came since the last look is walked; an old entry that was touched is found on its own page, or
    by the next walk, and told until a walk is good again."""
    for number in range(300):
        centre.records.audit.append(AuditRecord(at=START, user="u", action="a.b", subject=str(number)))
    client = centre.client(Role.AUDITOR)
    first = client.get("/api/audit", params={"limit": 10}).json()
    assert first["verified"]
    assert first["walked_at"] is None
    with closing(sqlite3.connect(database, isolation_level=None)) as intruder:
        intruder.execute("DROP TRIGGER audit_no_update")
        intruder.execute("UPDATE audit SET subject = 'x' WHERE subject = '7' AND action = 'a.b'")
    assert client.get("/api/audit", params={"limit": 10}).json()["verified"]
    shown = client.get("/api/audit", params={"user": "u", "limit": 500}).json()
    assert not shown["verified"]
    walk = client.post("/api/audit/verification").json()
    assert (walk["verified"], walk["first_bad"]) == (False, shown["first_bad"])
    told = client.get("/api/audit", params={"limit": 10}).json()
    assert (told["verified"], told["first_bad"]) == (False, shown["first_bad"])
    assert told["walked_at"] is not None


def test_a_check_that_somebody_wrote_in_by_hand_is_none(centre: Centre, database: Path) -> None:
    assert centre.records.audit.verify().ok
    with closing(sqlite3.connect(database, isolation_level=None)) as intruder:
        intruder.execute("UPDATE audit_checks SET entries = 0")
    assert centre.records.audit.last_full_check() is None


def test_entries_written_at_once_are_all_there_in_a_good_chain(centre: Centre) -> None:
    import threading

    audit = centre.records.audit
    before = audit.verify().entries

    def write(who: int) -> None:
        for number in range(25):
            audit.append(AuditRecord(at=START, user=f"u{who}", action="image.view", subject=str(number)))

    threads = [threading.Thread(target=write, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = audit.verify()
    assert (verdict.ok, verdict.entries) == (True, before + 200)
    mine = [e.record.subject for e in audit.page(limit=500) if e.record.user == "u3"]
    assert mine == [str(number) for number in reversed(range(25))]


class TestAudit:
    def test_it_is_read_in_pages_and_reading_is_in_it(self, centre: Centre) -> None:
        client = centre.client(Role.AUDITOR)
        page = client.get("/api/audit", params={"limit": 2}).json()
        assert (page["verified"], page["first_bad"], page["why"]) == (True, None, "")
        assert [e["action"] for e in page["entries"]] == ["audit.read", "session.open"]
        assert page["entries"][0]["previous_sha256"] == page["entries"][1]["sha256"]
        older = client.get("/api/audit", params={"limit": 1, "before": page["entries"][-1]["audit_id"]}).json()
        assert older["entries"][0]["audit_id"] == page["entries"][-1]["audit_id"] - 1

    def test_an_edit_is_shown(self, centre: Centre, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / "records" / "records.db", isolation_level=None)) as intruder:
            intruder.execute("DROP TRIGGER audit_no_update")
            intruder.execute("UPDATE audit SET detail = 'not json' WHERE audit_id = 2")
        page = centre.client(Role.AUDITOR).get("/api/audit").json()
        assert (page["verified"], page["first_bad"]) == (False, 2)
        assert "edited" in page["why"]
        assert next(e for e in page["entries"] if e["audit_id"] == 2)["detail"] == {"unreadable": "not json"}
