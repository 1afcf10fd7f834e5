"""Analyses over the API: within one's areas and age tier, in the trail, and refused with words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from central.audit import AuditQuery
from central.people import Role
from tests.centre import START, Centre, new_clock, passage, running_centre
from tests.integration.api_requests import SEARCH

WHY: dict[str, Any] = {
    "reason": SEARCH["reason"],
    "case_number": SEARCH["case_number"],
    "since": (START - timedelta(days=30)).isoformat(),
    "until": START.isoformat(),
}


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with running_centre(tmp_path, new_clock()) as running:
        times = [START - timedelta(hours=hours) for hours in (40, 30, 20)]
        running.services.store.insert([passage(at=at) for at in times])
        yield running


def ask(centre: Centre, kind: str, **wishes: Any) -> Any:
    body = WHY | {"wishes": wishes}
    return centre.client(Role.INVESTIGATOR).post(f"/api/analyses/{kind}", json=body)


def test_an_analysis_is_answered_and_in_the_trail(centre: Centre) -> None:
    plate = passage(at=START).plate
    assert plate is not None
    answer = ask(centre, "base", plate=plate.text, hours=5)
    assert answer.status_code == 200
    told = answer.json()
    assert [f["rests"] for f in told["findings"]] == [2]
    entries = {e.audit_id: e.record for e in centre.records.audit.search(AuditQuery(limit=20))}
    entry = entries[told["audit_id"]]
    assert (entry.action, entry.subject, entry.case_number) == (
        "analysis.run",
        plate.text,
        WHY["case_number"],
    )
    assert json.loads(entry.detail)["wishes"] == {"plate": plate.text, "hours": 5.0}
    assert "analysis.run.answered" in {e.action for e in entries.values()}


@pytest.mark.parametrize(
    ("kind", "wishes", "status", "words"),
    [
        ("astrology", {}, 404, "convoy"),
        ("base", {}, 422, "plate"),
        ("base", {"plate": "川C12345", "hours": 1000}, 422, "expected hours of 0.5 to 72"),
        ("base", {"plate": "川C12345", "days": 3}, 422, "expected no wishes days"),
        ("collision", {"areas": []}, 422, "expected areas of 1 to 8"),
    ],
)
def test_what_can_not_be_asked_is_refused_with_words(
    centre: Centre, kind: str, wishes: dict[str, Any], status: int, words: str
) -> None:
    answer = ask(centre, kind, **wishes)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_none_is_run_without_a_reason(centre: Centre) -> None:
    body = WHY | {"reason": " ", "wishes": {"plate": "川C12345"}}
    assert centre.client(Role.INVESTIGATOR).post("/api/analyses/base", json=body).status_code == 422
