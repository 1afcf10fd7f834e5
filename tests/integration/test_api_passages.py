"""Passages over HTTP: the live view, and the search for one plate."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from central.people import Role
from proto.clock import ManualClock
from tests.centre import START, Centre, passage, running_centre
from tests.integration.api_requests import SEARCH, problem_of


class TestPassages:
    def test_the_live_view_is_the_last_minutes_in_pages(self, centre: Centre) -> None:
        recent = [passage(at=START - timedelta(minutes=m), seed=str(m)) for m in range(5)]
        old = passage(at=START - timedelta(minutes=15, seconds=1))
        elsewhere = passage(checkpoint_id="cp-2")
        centre.services.store.insert([*recent, old, elsewhere])
        client = centre.client(Role.OPERATOR)
        seen: list[str] = []
        cursor: str | None = None
        while True:
            answer = client.get(
                "/api/passages",
                params={"limit": 2, "checkpoint": "cp-1", **({"before": cursor} if cursor else {})},
            )
            page = answer.json()
            seen += [p["passage_id"] for p in page["passages"]]
            assert len(page["passages"]) <= 2
            cursor = page["next"]
            if cursor is None:
                break
        assert seen == [str(p.passage_id) for p in recent]
        assert len(client.get("/api/passages").json()["passages"]) == 6

    def test_no_plate_can_be_asked_for(self, centre: Centre) -> None:
        centre.services.store.insert([passage(), passage("川C99999")])
        answer = centre.client(Role.OPERATOR).get("/api/passages", params={"plate": "川C12345"})
        assert len(answer.json()["passages"]) == 2

    def test_unread_ones_say_why(self, centre: Centre) -> None:
        centre.services.store.insert([passage(None), passage()])
        client = centre.client(Role.OPERATOR)
        unread = [p for p in client.get("/api/passages").json()["passages"] if p["plate"] is None]
        assert [p["unread_reason"] for p in unread] == ["too small"]
        figures = client.get("/api/statistics").json()
        assert (figures["passages_today"], figures["unread_today"]) == (2, 1)

    def test_today_begins_at_local_midnight(self, centre: Centre) -> None:
        midnight = START - timedelta(hours=12)  # it is noon there
        centre.services.store.insert([passage(at=midnight), passage(at=midnight - timedelta(seconds=1))])
        assert centre.client(Role.OPERATOR).get("/api/statistics").json()["passages_today"] == 1


class TestTracks:
    def test_a_search_is_answered_and_written_down(self, centre: Centre) -> None:
        mine = [passage(at=START - timedelta(days=d), seed=str(d)) for d in range(1, 4)]
        too_late = passage(at=START + timedelta(days=2))
        centre.services.store.insert([*mine, too_late, passage("川C99999")])
        client = centre.client(Role.INVESTIGATOR)
        first = client.post("/api/tracks", json={**SEARCH, "limit": 2}).json()
        assert first["plate"] == {"text": "川C12345", "display": "川C·12345", "plate_class": "small_car"}
        assert [p["passage_id"] for p in first["passages"]] == [str(p.passage_id) for p in mine[:2]]
        assert first["total"] == 3
        rest = client.post("/api/tracks", json={**SEARCH, "cursor": first["next"]}).json()
        assert ([p["passage_id"] for p in rest["passages"]], rest["next"]) == ([str(mine[2].passage_id)], None)
        entries = {e["audit_id"]: e for e in centre.client(Role.AUDITOR).get("/api/audit").json()["entries"]}
        entry = entries[first["audit_id"]]
        assert (entry["user"], entry["action"], entry["subject"]) == (
            "investigator",
            "track.search",
            "川C12345",
        )
        assert (entry["reason"], entry["case_number"]) == ("盗抢车辆追查", "A-1")
        assert entry["detail"]["since"] == "2026-02-01T00:00:00+00:00"
        told = {e["detail"]["asked"]: e for e in entries.values() if e["action"] == "track.search.answered"}
        assert told[first["audit_id"]]["detail"] == {"asked": first["audit_id"], "rows": 2, "total": 3}
        assert told[rest["audit_id"]]["detail"]["rows"] == 1

    def test_what_cannot_be_written_down_is_not_answered(
        self, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("central.records.database.BUSY_TIMEOUT_S", 0.05)
        with running_centre(tmp_path, clock) as centre:
            centre.services.store.insert([passage(at=START - timedelta(days=1))])
            client = centre.client(Role.INVESTIGATOR)
            with closing(sqlite3.connect(tmp_path / "records" / "records.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                answer = client.post("/api/tracks", json=SEARCH)
                assert "can't be read or written: database is locked" in problem_of(answer, 503)
                assert answer.headers["retry-after"] == "2"
                assert "passages" not in answer.json()
                other.execute("ROLLBACK")
            assert client.post("/api/tracks", json=SEARCH).json()["total"] == 1

    def test_a_plate_of_no_known_class_can_be_searched(self, centre: Centre) -> None:
        centre.services.store.insert([passage("AB1234", at=START - timedelta(days=1))])
        answer = centre.client(Role.INVESTIGATOR).post("/api/tracks", json={**SEARCH, "plate": "ab 1234"})
        assert (answer.json()["plate"]["plate_class"], answer.json()["total"]) == ("unknown", 1)
