"""Saved cases over the API: one's own, asked again as new questions, read by a supervisor of the area."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from central.area import Area
from central.audit import AuditRecord
from central.people import Role
from tests.centre import CHECKPOINT, PASSWORD, START, Centre, new_clock, passage, running_centre
from tests.integration.api_requests import SEARCH, problem_of

CASE = {"case_number": SEARCH["case_number"], "reason": SEARCH["reason"]}
ASKED: dict[str, Any] = {k: v for k, v in SEARCH.items() if k not in CASE}
NIGHT = {"kind": "search", "name": "案发当晚", "asked": ASKED | {"how": "exact", "lanes": [2]}}
BASE: dict[str, Any] = {"since": ASKED["since"], "until": ASKED["until"]} | {
    "kind": "base",
    "wishes": {"plate": "川C12345", "hours": 5},
}


@dataclass(slots=True)
class Site:
    centre: Centre
    ann: httpx.Client  #: investigator of the area north
    bob: httpx.Client  #: investigator of the whole network
    heads: dict[str, httpx.Client]  #: supervisors by their areas

    def trail(self, action: str) -> list[AuditRecord]:
        """The newest first."""
        found = (entry.record for entry in self.centre.records.audit.page(limit=99))
        return [record for record in found if record.action == action]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_centre(tmp_path, new_clock()) as centre:
        book = centre.records.checkpoints
        book.put_areas([Area(area_id="north", name="北"), Area(area_id="south", name="南")])
        for key, area in (("n1", "north"), ("s1", "south")):
            book.put([replace(CHECKPOINT, checkpoint_id=key, area_id=area)])
        for username, role, areas in (
            ("ann", Role.INVESTIGATOR, ["north"]),
            ("bob", Role.INVESTIGATOR, []),
            ("head.n", Role.SUPERVISOR, ["north"]),
            ("head.s", Role.SUPERVISOR, ["south"]),
            ("head", Role.SUPERVISOR, []),
        ):
            centre.records.people.create_user(
                username=username,
                name=f"{username} 同志",
                password=PASSWORD,
                roles=[role],
                areas=areas,
                by="tests",
            )
        centre.services.store.insert([passage(at=START, checkpoint_id="n1")])
        heads = {name: centre.client(username=name) for name in ("head.n", "head.s", "head")}
        yield Site(centre, centre.client(username="ann"), centre.client(username="bob"), heads)


def opened(client: httpx.Client, **changed: Any) -> str:
    answer = client.post("/api/cases", json=CASE | changed)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["case_id"])


def test_a_search_is_saved_as_it_was_understood_and_can_be_asked_again(site: Site) -> None:
    case_id = opened(site.ann)
    saved = site.ann.post(f"/api/cases/{case_id}/questions", json=NIGHT).json()
    assert (saved["number"], saved["kind"], saved["subject"]) == (1, "search", "川C12345")
    detail = site.ann.get(f"/api/cases/{case_id}").json()
    assert (detail["owner"], detail["owner_name"], detail["mine"]) == ("ann", "ann 同志", True)
    (question,) = detail["saved"]
    assert question == saved
    assert not {"reason", "case_number", "limit", "cursor"} & question["asked"].keys()
    assert question["asked"]["lanes"] == [2]
    # As the console does: the case's purpose with what was asked. It is a search like any other.
    assert site.trail("passage.search") == []
    answer = site.ann.post("/api/searches", json=question["asked"] | CASE)
    assert answer.status_code == 200, answer.text
    (entry,) = site.trail("passage.search")
    assert (entry.user, entry.case_number) == ("ann", CASE["case_number"])


def test_analyses_and_ones_own_jobs_are_saved_with_what_they_asked(site: Site) -> None:
    case_id = opened(site.ann)
    path = f"/api/cases/{case_id}/questions"
    analysis = site.ann.post(path, json={"kind": "analysis", "name": "落脚点", "asked": BASE})
    assert analysis.json()["asked"]["wishes"] == {"plate": "川C12345", "hours": 5.0}
    job_id = site.ann.post("/api/jobs", json=BASE | CASE).json()["job_id"]
    job = site.ann.post(path, json={"kind": "job", "name": "任务", "asked": {"job_id": job_id}}).json()
    assert job["asked"] == {"job_id": job_id, **analysis.json()["asked"]}
    others = site.bob.post("/api/jobs", json=BASE | CASE).json()["job_id"]
    refused = site.ann.post(path, json={"kind": "job", "name": "他人", "asked": {"job_id": others}})
    assert problem_of(refused, 404)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ({**NIGHT, "asked": ASKED | {"plate": ""}}, "plate"),
        ({**NIGHT, "asked": {"plate": "川C12345"}}, "since"),
        ({"kind": "analysis", "name": "伴随", "asked": BASE | {"wishes": {}}}, "plate"),
        ({"kind": "job", "name": "任务", "asked": {}}, "job_id"),
    ],
)
def test_what_nobody_could_ask_is_not_saved(site: Site, question: dict[str, Any], told: str) -> None:
    case_id = opened(site.ann)
    answer = site.ann.post(f"/api/cases/{case_id}/questions", json=question)
    assert told in problem_of(answer, 422)
    assert site.ann.get(f"/api/cases/{case_id}").json()["saved"] == []


def test_it_is_ones_own_and_a_supervisors_who_sees_all_of_the_owners_areas(site: Site) -> None:
    anns, bobs = opened(site.ann), opened(site.bob)
    site.ann.post(f"/api/cases/{anns}/questions", json=NIGHT)

    def seen(client: httpx.Client) -> set[str]:
        listed = {case["case_id"] for case in client.get("/api/cases").json()["cases"]}
        read = {one for one in (anns, bobs) if client.get(f"/api/cases/{one}").status_code == 200}
        assert listed == read
        return read

    assert seen(site.ann) == {anns}
    assert seen(site.bob) == {bobs}
    assert seen(site.heads["head.n"]) == {anns}
    assert seen(site.heads["head.s"]) == set()
    assert seen(site.heads["head"]) == {anns, bobs}
    detail = site.heads["head.n"].get(f"/api/cases/{anns}").json()
    assert (detail["mine"], detail["saved"][0]["subject"]) == (False, "川C12345")
    read = site.trail("case.read")[0]
    assert (read.user, read.case_number) == ("head.n", CASE["case_number"])
    # Reading is all: not to be changed, and to others as if there were none.
    for client in (site.bob, site.heads["head.n"]):
        refused = client.delete(f"/api/cases/{anns}")
        assert refused.status_code in (403, 404)
        assert client.post(f"/api/cases/{anns}/questions", json=NIGHT).status_code in (403, 404)
    assert site.ann.delete(f"/api/cases/{anns}/questions/1").status_code == 204
    assert site.ann.delete(f"/api/cases/{anns}").status_code == 204
    assert problem_of(site.ann.get(f"/api/cases/{anns}"), 404)


def test_a_number_is_opened_once(site: Site) -> None:
    opened(site.ann)
    assert "expected a case that you have not saved" in problem_of(site.ann.post("/api/cases", json=CASE), 409)
    opened(site.bob)
