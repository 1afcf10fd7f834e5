"""Analyses that take long, over the API: asked, worked on, read, taken along, called off, and nobody else's."""

from __future__ import annotations

import csv
import io
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook

from central.api import ApiSettings
from central.area import Area
from central.audit import AuditQuery, AuditRecord
from central.investigation import Cancel, GrantMove, GrantRequest, JobLimits, Plan
from central.people import Role
from central.ports import PassageStore, StoreUnavailable
from proto.clock import ManualClock
from tests.centre import CHECKPOINT, PASSWORD, START, Centre, new_clock, passage, running_centre
from tests.integration.api_requests import SEARCH, problem_of
from tests.jobs import SOON_S, settled, worker

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WHY: dict[str, Any] = {
    "reason": SEARCH["reason"],
    "case_number": SEARCH["case_number"],
    "since": (START - 30 * DAY).isoformat(),
    "until": START.isoformat(),
}
BASE: dict[str, Any] = WHY | {"kind": "base", "wishes": {"plate": "川C12345", "hours": 5}}


@dataclass(slots=True)
class Site:
    centre: Centre
    clock: ManualClock
    ann: httpx.Client  #: of the area north
    bob: httpx.Client  #: of the whole network

    def trail(self, count: int = 20) -> list[AuditRecord]:
        """Newest first."""
        return [entry.record for entry in self.centre.records.audit.search(AuditQuery(limit=count))]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    clock = new_clock()
    settings = ApiSettings(jobs=JobLimits(open=2, kept=4))
    with running_centre(tmp_path, clock, settings) as centre:
        book = centre.records.checkpoints
        book.put_areas([Area(area_id="north", name="北"), Area(area_id="south", name="南")])
        for key, area in (("n1", "north"), ("n2", "north"), ("s1", "south")):
            book.put([replace(CHECKPOINT, checkpoint_id=key, area_id=area)])
        for username, areas in (("ann", ["north"]), ("bob", [])):
            centre.records.people.create_user(
                username=username,
                name="某",
                password=PASSWORD,
                roles=[Role.INVESTIGATOR],
                areas=areas,
                by="tests",
            )
        # Rests of ten hours in the north, of three in the south.
        centre.services.store.insert(
            [passage(at=START - n * 10 * HOUR, checkpoint_id=("n1", "n2")[n % 2]) for n in range(1, 6)]
            + [passage(at=START - (n * 10 - 3) * HOUR, checkpoint_id="s1") for n in range(1, 6)]
        )
        yield Site(centre, clock, centre.client(username="ann"), centre.client(username="bob"))


def start(client: httpx.Client, **changed: Any) -> str:
    answer = client.post("/api/jobs", json=BASE | changed)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["job_id"])


def done(site: Site, client: httpx.Client, **changed: Any) -> str:
    job_id = start(client, **changed)
    with worker(site.centre.services) as runner:
        told = settled(client, job_id, runner)
    assert told["state"] == "done", told
    return job_id


def test_the_same_is_found_as_by_asking_at_once(site: Site) -> None:
    at_once = site.ann.post("/api/analyses/base", json={k: v for k, v in BASE.items() if k != "kind"}).json()
    assert at_once["findings"]
    job_id = done(site, site.ann)
    told = site.ann.get(f"/api/jobs/{job_id}").json()
    assert (told["progress"], told["found"], told["attempt"]) == (1.0, len(at_once["findings"]), 1)
    assert told["kept_until"] == (START + 7 * DAY).isoformat().replace("+00:00", "Z")
    page = site.ann.get(f"/api/jobs/{job_id}/findings").json()
    assert page["findings"] == at_once["findings"]
    assert (page["next"], page["withheld"], page["withheld_why"]) == (None, 0, "")
    assert [job["job_id"] for job in site.ann.get("/api/jobs").json()["jobs"]] == [job_id]


def test_every_step_is_in_the_trail_with_its_reason(site: Site) -> None:
    job_id = done(site, site.ann)
    site.ann.get(f"/api/jobs/{job_id}/findings")
    site.ann.post(f"/api/jobs/{job_id}/export", json={"form": "csv"})
    called_off = start(site.ann)
    site.ann.post(f"/api/jobs/{called_off}/cancel")
    site.ann.delete(f"/api/jobs/{job_id}")
    entries = [record for record in site.trail() if record.action.startswith("job.")][::-1]
    assert [record.action for record in entries] == [
        "job.start",
        "job.start.answered",
        "job.read",
        "job.read.answered",
        "job.export",
        "job.export.answered",
        "job.start",
        "job.cancel",
        "job.cancelled",
        "job.discard",
    ]
    assert {(r.user, r.reason, r.case_number, r.subject) for r in entries} == {
        ("ann", BASE["reason"], BASE["case_number"], "川C12345")
    }
    assert json.loads(entries[0].detail)["wishes"] == BASE["wishes"]
    assert json.loads(entries[1].detail)["rows"] == json.loads(entries[3].detail)["rows"] > 0


def test_another_person_is_told_of_none(site: Site) -> None:
    job_id = done(site, site.ann)
    assert site.bob.get("/api/jobs").json() == {"jobs": []}
    path = f"/api/jobs/{job_id}"
    for answer in (
        site.bob.get(path),
        site.bob.get(f"{path}/findings"),
        site.bob.post(f"{path}/export", json={"form": "csv"}),
        site.bob.post(f"{path}/cancel"),
        site.bob.delete(path),
    ):
        assert problem_of(answer, 404) == f"no job '{job_id}'"
    auditor = site.centre.client(Role.AUDITOR)
    assert auditor.get(f"{path}/findings").status_code == 403
    # The question, and nothing that was found.
    entries = auditor.get("/api/audit", params={"action": "job.start"}).json()["entries"]
    assert [entry["subject"] for entry in entries] == ["川C12345"]


def test_an_area_that_is_taken_away_takes_the_findings_with_it(site: Site) -> None:
    job_id = done(site, site.ann)
    accounts = site.centre.records.accounts
    accounts.change("ann", by="tests", areas=["south"])
    page = site.ann.get(f"/api/jobs/{job_id}/findings").json()
    assert (page["findings"], page["next"], page["withheld"]) == ([], None, page["found"])
    assert page["withheld_why"].startswith("areas: ")
    file = site.ann.post(f"/api/jobs/{job_id}/export", json={"form": "csv"})
    assert list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))) == []
    accounts.change("ann", by="tests", areas=["north", "south"])
    assert site.ann.get(f"/api/jobs/{job_id}/findings").json()["findings"]


def test_what_grows_too_old_is_not_shown_without_a_grant(site: Site) -> None:
    job_id = done(site, site.bob)
    assert site.bob.get(f"/api/jobs/{job_id}/findings").json()["withheld"] == 0
    site.clock.advance((89 * DAY).total_seconds())
    bob = site.centre.client(username="bob")
    page = bob.get(f"/api/jobs/{job_id}/findings").json()
    assert page["withheld"] > 0
    assert page["withheld_why"].startswith("age: ")
    assert all(f["first_at"] >= (site.clock.now() - 90 * DAY).isoformat() for f in page["findings"])
    grants, person = (
        site.centre.records.grants,
        next(user for user in site.centre.records.people.users() if user.username == "bob"),
    )
    asked = grants.ask(
        GrantRequest(case_number="A-1", reason="旧案", since=START - 60 * DAY, lasts=DAY), by=person
    )
    granted = grants.decide(asked.grant_id, GrantMove.GRANT, by=site.centre.staff[Role.SUPERVISOR])
    assert bob.get(f"/api/jobs/{job_id}/findings").json()["withheld"] == 0
    grants.decide(granted.grant_id, GrantMove.REVOKE, by=site.centre.staff[Role.SUPERVISOR], note="结案")
    assert bob.get(f"/api/jobs/{job_id}/findings").json()["withheld"] == page["withheld"]
    site.clock.advance((2 * DAY).total_seconds())
    again = site.centre.client(username="bob")
    assert "ask a supervisor for a grant" in problem_of(again.get(f"/api/jobs/{job_id}/findings"), 403)


def test_pages_and_files_have_all_that_was_found(site: Site) -> None:
    wishes = {"checkpoints": ["n1", "n2", "s1"], "passages": 2}
    plates = [f"川C{number:05}" for number in range(7)]
    site.centre.services.store.insert(
        [passage(plate, at=START - n * HOUR, checkpoint_id="n1") for plate in plates for n in (1, 2)]
    )
    job_id = done(site, site.ann, kind="frequent", wishes=wishes)
    seen: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = site.ann.get(f"/api/jobs/{job_id}/findings", params={"after": after, "limit": 3}).json()
        seen += page["findings"]
        after = page["next"]
    assert [f["plate"] for f in seen] == ["川C12345", *plates]
    rows: dict[str, list[list[Any]]] = {"csv": [], "xlsx": []}
    for form in rows:
        answer = site.ann.post(f"/api/jobs/{job_id}/export", json={"form": form})
        assert answer.headers["content-disposition"].endswith(f'.{form}"')
        if form == "csv":
            rows[form] = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        else:
            sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)
            rows[form] = sheet.to_python()
    for form, (headings, *found) in rows.items():
        assert headings[0] == "plate", form
        assert [row[0] for row in found] == ["川C12345", *plates]
        assert [int(row[1]) for row in found] == [5, *[2] * 7]


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        ({"kind": "astrology"}, 404, "convoy"),
        ({"wishes": {"plate": "川C12345", "hours": 1000}}, 422, "expected hours of 0.5 to 72"),
        ({"reason": " "}, 422, "reason"),
        ({"case_number": ""}, 422, "case_number"),
        ({"until": BASE["since"]}, 422, "since before until"),
        ({"until": (START - 91 * DAY).isoformat(), "since": (START - 99 * DAY).isoformat()}, 403, "grant"),
    ],
)
def test_what_can_not_be_asked_is_refused_with_words(
    site: Site, changed: dict[str, Any], status: int, words: str
) -> None:
    assert words in problem_of(site.ann.post("/api/jobs", json=BASE | changed), status)
    assert site.ann.get("/api/jobs").json() == {"jobs": []}


def test_one_person_has_only_so_many(site: Site) -> None:
    first = start(site.ann)
    start(site.ann)
    assert "at most 2 jobs" in problem_of(site.ann.post("/api/jobs", json=BASE), 429)
    # What was refused is no question that was let through.
    assert [r.action for r in site.trail()].count("job.start") == 2
    start(site.bob)
    assert problem_of(site.ann.delete(f"/api/jobs/{first}"), 409).endswith("cancel it first")
    assert site.ann.post(f"/api/jobs/{first}/cancel").json()["state"] == "cancelled"
    start(site.ann)


def test_nothing_can_be_read_of_one_that_is_not_done(site: Site) -> None:
    job_id = start(site.ann)
    assert "expected a job that is done, got one that is waiting" in problem_of(
        site.ann.get(f"/api/jobs/{job_id}/findings"), 409
    )


def test_limits_are_told_by_the_job_that_fails_of_them(site: Site) -> None:
    job_id = start(site.ann, kind="section_speed", wishes=SPEED)
    with worker(site.centre.services) as runner:
        told = settled(site.ann, job_id, runner)
    assert told["state"] == "failed"
    assert told["why"] == "section_speed: expected at most 7 days, got 30.0: ask for a shorter time"
    assert site.trail(1)[0].action == "job.failed"


SPEED = {"begins": "n1", "ends": "n2", "metres": 1000, "limit_kmh": 60}


class Slow:
    """A store whose answers wait to be let through."""

    def __init__(self, store: PassageStore) -> None:
        self._store = store
        self.asked, self.through = threading.Event(), threading.Event()
        self.failing = 0

    def answer(self, plan: Plan, *, cancel: Cancel | None = None) -> Any:
        self.asked.set()
        assert cancel is not None
        if self.failing:
            self.failing -= 1
            raise StoreUnavailable("the passages are away")
        deadline = time.monotonic() + SOON_S
        while not self.through.wait(0.01):
            cancel.check()
            assert time.monotonic() < deadline
        return self._store.answer(plan, cancel=cancel)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_a_job_that_runs_stops_when_it_is_called_off(site: Site) -> None:
    slow = Slow(site.centre.services.store)
    job_id = start(site.ann)
    with worker(site.centre.services, store=slow) as runner:
        runner.step()
        assert slow.asked.wait(SOON_S)
        assert site.ann.get(f"/api/jobs/{job_id}").json()["state"] == "running"
        told = site.ann.post(f"/api/jobs/{job_id}/cancel").json()
        assert (told["state"], told["cancel_asked"]) == ("running", True)
        site.clock.advance(2)
        assert settled(site.ann, job_id, runner)["state"] == "cancelled"


def test_a_centre_that_is_stopped_goes_on_with_its_jobs_when_it_is_started(site: Site) -> None:
    slow = Slow(site.centre.services.store)
    job_id = start(site.ann)
    with worker(site.centre.services, store=slow) as runner:
        runner.step()
        assert slow.asked.wait(SOON_S)
    told = site.ann.get(f"/api/jobs/{job_id}").json()
    assert (told["state"], told["why"]) == ("waiting", "the centre was stopped")
    with worker(site.centre.services) as runner:
        assert settled(site.ann, job_id, runner)["state"] == "done"


def test_a_worker_that_dies_is_noticed_and_its_job_taken_up_again(site: Site) -> None:
    job_id = start(site.ann)
    assert site.centre.records.jobs.take(lease=timedelta(seconds=30)) is not None  # and is never heard of again
    site.clock.advance(31)
    assert site.ann.get(f"/api/jobs/{job_id}").json()["silent"]
    with worker(site.centre.services) as runner:
        told = settled(site.ann, job_id, runner)
    assert (told["state"], told["attempt"]) == ("done", 2)


def test_a_store_that_is_away_is_tried_again_and_given_up_with_why(site: Site) -> None:
    slow = Slow(site.centre.services.store)
    slow.failing = 2
    slow.through.set()
    job_id = start(site.ann)
    deadline = time.monotonic() + SOON_S
    with worker(site.centre.services, store=slow) as runner:
        while (told := site.ann.get(f"/api/jobs/{job_id}").json())["state"] != "done":
            assert time.monotonic() < deadline, told
            runner.step()
            site.clock.advance(1)
        assert told["attempt"] == 3
        slow.failing = 99
        failing = start(site.ann)
        while (told := site.ann.get(f"/api/jobs/{failing}").json())["state"] != "failed":
            assert time.monotonic() < deadline, told
            runner.step()
            site.clock.advance(10)
    assert told["why"] == "given up after 4 attempts: the passages are away"


@pytest.mark.parametrize("how", ["area", "role", "disabled"])
def test_who_may_see_less_while_it_runs_gets_nothing(site: Site, how: str) -> None:
    slow = Slow(site.centre.services.store)
    job_id = start(site.ann, kind="convoy", wishes={"plate": "川C12345"})  # two questions at least
    accounts = site.centre.records.accounts
    with worker(site.centre.services, store=slow) as runner:
        runner.step()
        assert slow.asked.wait(SOON_S)
        if how == "area":
            accounts.change("ann", by="tests", areas=["south"])
        elif how == "role":
            accounts.change("ann", by="tests", roles=[Role.OPERATOR])
        else:
            accounts.disable("ann", by="tests")
        slow.through.set()
        deadline = time.monotonic() + SOON_S
        while not (job := site.centre.records.jobs.get(job_id, username="ann")).state.over:
            runner.step()
            assert time.monotonic() < deadline
    assert job.state == "failed"
    assert "ann" in job.why
    assert job.found is None


def test_progress_is_told_and_the_lease_renewed_while_it_runs(site: Site) -> None:
    slow = Slow(site.centre.services.store)
    job_id = start(site.ann, kind="convoy", wishes={"plate": "川C12345"})
    with worker(site.centre.services, store=slow) as runner:
        runner.step()
        assert slow.asked.wait(SOON_S)
        for _ in range(100):  # far longer than a lease
            site.clock.advance(1)
            runner.step()
        told = site.ann.get(f"/api/jobs/{job_id}").json()
        assert (told["state"], told["attempt"], told["silent"]) == ("running", 1, False)
        slow.through.set()
        assert settled(site.ann, job_id, runner)["progress"] == 1.0
