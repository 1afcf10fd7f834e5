"""What every engine of the records must do with questions that take long."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from central.investigation import (
    IllegalJobMove,
    Job,
    JobLimits,
    JobLost,
    JobQuestion,
    JobState,
    Reach,
    TooManyJobs,
)
from central.investigation.job import MOST_FAILURES
from central.people import Role, User
from central.records import NotFound, Records, open_records
from proto.clock import ManualClock
from tests.centre import CHEAP, PASSWORD, START, new_clock, people

DAY = timedelta(days=1)
LEASE = timedelta(seconds=30)
QUESTION = JobQuestion(
    kind="base",
    wishes={"plate": "川C12345", "hours": 4.0},
    subject="川C12345",
    since=START - 30 * DAY,
    until=START,
    reason="盗抢",
    case_number="A-1",
)
REACH = Reach(checkpoints=frozenset({"cp-2", "cp-1"}), since=START - 30 * DAY, until=START)


class Setting:
    def __init__(self, records: Records, clock: ManualClock) -> None:
        self.records, self.clock, self.jobs = records, clock, records.jobs
        self.ann: User = people(records)[Role.INVESTIGATOR]
        self.bob = records.people.create_user(
            username="bob", name="某", password=PASSWORD, roles=[Role.INVESTIGATOR], by="tests"
        )

    def start(self, by: User | None = None, limits: JobLimits | None = None, **changed: Any) -> Job:
        self.clock.advance(1)
        question = replace(QUESTION, **changed)
        return self.jobs.start(question, by=by or self.ann, audit_id=7, limits=limits or JobLimits())

    def take(self) -> Job:
        job = self.jobs.take(lease=LEASE)
        assert job is not None
        return job

    def told(self, count: int) -> list[tuple[str, str, dict[str, Any]]]:
        """The trail's newest entries, oldest first."""
        found = [entry.record for entry in self.records.audit.page(limit=count)][::-1]
        return [(record.user, record.action, json.loads(record.detail)) for record in found]


@pytest.fixture(params=["sqlite", "postgresql"])
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setting]:
    url: str | None = request.getfixturevalue("database_url") if request.param == "postgresql" else None
    clock = new_clock()
    records = open_records(tmp_path, clock=clock, policy=CHEAP, url=url)
    yield Setting(records, clock)
    records.close()


def found(number: int, days_ago: float = 1) -> dict[str, Any]:
    return {"plate": f"川C{number:05}", "first_at": (START - days_ago * DAY).isoformat(), "n": number}


def test_a_job_is_asked_worked_on_and_kept(setting: Setting) -> None:
    asked = setting.start()
    assert (asked.state, asked.attempt, asked.question, asked.audit_id) == (JobState.WAITING, 0, QUESTION, 7)
    assert setting.jobs.get(asked.job_id, username="investigator") == asked
    taken = setting.take()
    now = setting.clock.now()
    assert (taken.job_id, taken.state, taken.attempt) == (asked.job_id, JobState.RUNNING, 1)
    assert (taken.started_at, taken.heard_at, taken.leased_until) == (now, now, now + LEASE)
    assert setting.jobs.take(lease=LEASE) is None
    setting.clock.advance(10)
    assert setting.jobs.beat(taken.job_id, 1, progress=0.5, lease=LEASE)
    assert setting.jobs.beat(taken.job_id, 1, progress=0.25, lease=LEASE)
    beaten = setting.jobs.get(asked.job_id, username="investigator")
    assert (beaten.progress, beaten.heard_at) == (0.5, setting.clock.now())  # it does not run backwards
    done = setting.jobs.finish(taken.job_id, 1, [found(1), found(2)], REACH)
    assert (done.state, done.found, done.progress, done.reach) == (JobState.DONE, 2, 1.0, REACH)
    assert done.ended_at == setting.clock.now()
    assert setting.jobs.get(asked.job_id, username="investigator") == done
    page = setting.jobs.findings(done.job_id, since=REACH.since, limit=10)
    assert (page.findings, page.next, page.withheld) == ((found(1), found(2)), None, 0)
    (told,) = setting.told(1)
    assert told == (
        "investigator",
        "job.start.answered",
        {"asked": 7, "job": done.job_id, "kind": "base", "rows": 2},
    )


def test_the_whole_network_is_no_list_of_places(setting: Setting) -> None:
    setting.start()
    taken = setting.take()
    done = setting.jobs.finish(taken.job_id, 1, [], replace(REACH, checkpoints=None))
    assert done.reach == replace(REACH, checkpoints=None)


def test_findings_come_in_pages_and_without_those_that_rest_on_older_passages(setting: Setting) -> None:
    setting.start()
    taken = setting.take()
    findings = [found(n, days_ago=20 if n % 3 == 0 else 1) for n in range(10)]
    untold: dict[str, Any] = {"plate": "川C99999"}  # rests on all that was looked at
    setting.jobs.finish(taken.job_id, 1, [*findings, untold], REACH)
    seen: list[Any] = []
    after: int | None = 0
    while after is not None:
        page = setting.jobs.findings(taken.job_id, since=START - 10 * DAY, after=after, limit=4)
        assert (page.withheld, len(page.findings) <= 4) == (5, True)
        seen += page.findings
        after = page.next
    assert seen == [f for f in findings if f["n"] % 3]
    everything = setting.jobs.findings(taken.job_id, since=REACH.since, limit=100)
    assert list(everything.findings) == [*findings, untold]


def test_nobody_elses_job_is_there(setting: Setting) -> None:
    job = setting.start()
    assert setting.jobs.of("bob") == ()
    for job_id in (job.job_id, "no-such-job", "nul\0"):
        with pytest.raises(NotFound):
            setting.jobs.get(job_id, username="bob")
        with pytest.raises(NotFound):
            setting.jobs.cancel(job_id, by=setting.bob)
        with pytest.raises(NotFound):
            setting.jobs.discard(job_id, by=setting.bob)
    assert setting.jobs.of("investigator") == (job,)


def test_a_person_has_only_so_many(setting: Setting) -> None:
    limits = JobLimits(open=2, kept=3)
    setting.start(limits=limits)
    setting.start(limits=limits)
    with pytest.raises(TooManyJobs, match="at most 2 jobs of one person at a time"):
        setting.start(limits=limits)
    with pytest.raises(TooManyJobs):
        setting.jobs.check_room("investigator", limits)
    setting.start(by=setting.bob, limits=limits)
    first = setting.jobs.of("investigator")[-1]
    setting.jobs.cancel(first.job_id, by=setting.ann)
    third = setting.start(limits=limits)
    setting.jobs.cancel(third.job_id, by=setting.ann)
    with pytest.raises(TooManyJobs, match="at most 3 jobs of one person to be kept"):
        setting.start(limits=limits)
    setting.jobs.discard(first.job_id, by=setting.ann)
    setting.start(limits=limits)
    assert len(setting.jobs.of("investigator")) == 3


def test_of_several_people_the_one_with_the_fewest_running_is_next(setting: Setting) -> None:
    anns = [setting.start().job_id for _ in range(3)]
    bobs = setting.start(by=setting.bob).job_id
    assert [setting.take().job_id for _ in range(4)] == [anns[0], bobs, anns[1], anns[2]]


def test_two_workers_never_have_the_same_job(setting: Setting) -> None:
    for _ in range(3):
        setting.start()
        setting.start(by=setting.bob)
    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda _: setting.jobs.take(lease=LEASE), range(8)))
    ids = [job.job_id for job in taken if job is not None]
    assert len(ids) == len(set(ids)) == 6


def test_a_dead_worker_is_noticed_and_what_it_says_later_counts_no_more(setting: Setting) -> None:
    job = setting.start()
    setting.take()
    setting.clock.advance(29)
    assert setting.jobs.take(lease=LEASE) is None
    setting.clock.advance(1)
    assert setting.jobs.get(job.job_id, username="investigator").silent(setting.clock.now())
    again = setting.take()
    assert (again.job_id, again.attempt, again.failures) == (job.job_id, 2, 1)
    with pytest.raises(JobLost):
        setting.jobs.beat(job.job_id, 1, progress=0.9, lease=LEASE)
    with pytest.raises(JobLost):
        setting.jobs.finish(job.job_id, 1, [found(1)], REACH)
    with pytest.raises(JobLost):
        setting.jobs.give_back(job.job_id, 1, why="", failed=True)
    setting.jobs.finish(job.job_id, 2, [found(2)], REACH)
    assert setting.jobs.findings(job.job_id, since=REACH.since, limit=9).findings == (found(2),)
    with pytest.raises(JobLost):
        setting.jobs.stopped(job.job_id, 2)


def test_a_job_whose_workers_die_is_given_up_and_says_so(setting: Setting) -> None:
    job = setting.start()
    for _ in range(MOST_FAILURES):
        setting.take()
        setting.clock.advance(31)
    assert setting.jobs.take(lease=LEASE) is None
    failed = setting.jobs.get(job.job_id, username="investigator")
    assert (failed.state, failed.reach) == (JobState.FAILED, None)
    assert f"after {MOST_FAILURES} attempts" in failed.why
    assert setting.told(1)[0][:2] == ("investigator", "job.failed")


def test_a_job_that_could_not_be_worked_on_waits_longer_each_time(setting: Setting) -> None:
    job = setting.start()
    for rest in (5, 20, 80):
        taken = setting.take()
        back = setting.jobs.give_back(job.job_id, taken.attempt, why="the store is away", failed=True)
        assert (back.state, back.why) == (JobState.WAITING, "the store is away")
        setting.clock.advance(rest - 1)
        assert setting.jobs.take(lease=LEASE) is None
        setting.clock.advance(1)
    last = setting.jobs.give_back(job.job_id, setting.take().attempt, why="the store is away", failed=True)
    assert last.state is JobState.FAILED
    assert last.why.endswith("the store is away")


def test_a_worker_that_is_told_to_stop_costs_no_attempt(setting: Setting) -> None:
    job = setting.start()
    for _ in range(MOST_FAILURES + 2):
        taken = setting.take()
        setting.jobs.give_back(job.job_id, taken.attempt, why="the centre was stopped", failed=False)
    assert setting.take().failures == 0


def test_calling_off(setting: Setting) -> None:
    waiting, running = setting.start(), setting.start()
    gone = setting.jobs.cancel(waiting.job_id, by=setting.ann)
    assert (gone.state, gone.ended_at) == (JobState.CANCELLED, setting.clock.now())
    assert [action for _, action, _ in setting.told(2)] == ["job.cancel", "job.cancelled"]
    taken = setting.take()
    assert taken.job_id == running.job_id
    asked = setting.jobs.cancel(running.job_id, by=setting.ann)
    assert (asked.state, asked.cancel_asked_at) == (JobState.RUNNING, setting.clock.now())
    before = setting.told(1)
    assert setting.jobs.cancel(running.job_id, by=setting.ann) == asked
    assert setting.told(1) == before
    assert not setting.jobs.beat(running.job_id, 1, progress=0.5, lease=LEASE)
    assert setting.jobs.stopped(running.job_id, 1).state is JobState.CANCELLED
    with pytest.raises(IllegalJobMove, match="expected no move of a job that is cancelled"):
        setting.jobs.cancel(running.job_id, by=setting.ann)


def test_what_was_called_off_at_the_last_moment_keeps_nothing(setting: Setting) -> None:
    job = setting.start()
    taken = setting.take()
    setting.jobs.cancel(job.job_id, by=setting.ann)
    ended = setting.jobs.finish(job.job_id, taken.attempt, [found(1)], REACH)
    assert (ended.state, ended.reach) == (JobState.CANCELLED, None)
    assert setting.jobs.findings(job.job_id, since=REACH.since, limit=9).findings == ()


@pytest.mark.parametrize("dies", [True, False])
def test_what_was_called_off_is_not_taken_up_again(setting: Setting, dies: bool) -> None:
    job = setting.start()
    taken = setting.take()
    setting.jobs.cancel(job.job_id, by=setting.ann)
    if dies:
        setting.clock.advance(31)
        assert setting.jobs.take(lease=LEASE) is None
    else:
        setting.jobs.give_back(job.job_id, taken.attempt, why="x", failed=True)
    assert setting.jobs.get(job.job_id, username="investigator").state is JobState.CANCELLED


def test_one_that_is_over_can_be_discarded_and_others_not(setting: Setting) -> None:
    job = setting.start()
    with pytest.raises(IllegalJobMove, match="cancel it first"):
        setting.jobs.discard(job.job_id, by=setting.ann)
    taken = setting.take()
    setting.jobs.finish(job.job_id, taken.attempt, [found(1)], REACH)
    setting.jobs.discard(job.job_id, by=setting.ann)
    assert setting.jobs.of("investigator") == ()
    assert setting.jobs.findings(job.job_id, since=REACH.since, limit=9).findings == ()
    assert setting.told(1)[0][1:] == (
        "job.discard",
        {"asked": 7, "job": job.job_id, "kind": "base", "found": 1},
    )


def test_retention_lets_go_of_those_that_were_over_before(setting: Setting) -> None:
    old, new, running = setting.start(), setting.start(), setting.start()
    taken = setting.take()
    setting.jobs.finish(old.job_id, taken.attempt, [found(1)], REACH)
    setting.clock.advance(3600)
    moment = setting.clock.now()
    taken = setting.take()
    setting.jobs.fail(new.job_id, taken.attempt, "too much")
    assert setting.jobs.delete_before(moment) == 1
    assert {job.job_id for job in setting.jobs.of("investigator")} == {new.job_id, running.job_id}
    assert setting.jobs.delete_before(moment) == 0
