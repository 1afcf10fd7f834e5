"""Questions that take long and what was found, in the database."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from central.audit import AuditRecord
from central.investigation.book import FindingsPage
from central.investigation.job import (
    MOST_FAILURES,
    IllegalJobMove,
    Job,
    JobLimits,
    JobLost,
    JobMove,
    JobQuestion,
    JobState,
    TooManyJobs,
    moved,
    rest_after,
)
from central.investigation.purpose import Reach
from central.people import User
from central.records import schema
from central.records.database import Database, Transaction
from central.records.port import NotFound
from central.records.trail import SqlAuditLog
from proto.clock import Clock
from proto.identity import uuid7

_TABLE, _FINDINGS = schema.jobs, schema.job_findings
_OPEN = (JobState.WAITING, JobState.RUNNING)


class SqlJobBook:
    """See `central.investigation.book.JobBook`."""

    def __init__(self, database: Database, clock: Clock, trail: SqlAuditLog) -> None:
        self._database = database
        self._clock = clock
        self._trail = trail

    def start(self, question: JobQuestion, *, by: User, audit_id: int, limits: JobLimits) -> Job:
        now = self._clock.now()
        job = Job(
            job_id=str(uuid7(now)), username=by.username, question=question, audit_id=audit_id, asked_at=now
        )
        with self._database.write() as tx:
            _check_room(tx.connection, by.username, limits)
            tx.connection.execute(
                insert(_TABLE).values(
                    job_id=job.job_id,
                    username=job.username,
                    kind=question.kind,
                    wishes=dict(question.wishes),
                    subject=question.subject,
                    since=question.since,
                    until=question.until,
                    reason=question.reason,
                    case_number=question.case_number,
                    audit_id=audit_id,
                    asked_at=now,
                    state=job.state,
                    next_at=now,
                    attempt=0,
                    failures=0,
                    progress=0.0,
                    why="",
                )
            )
        return job

    def check_room(self, username: str, limits: JobLimits) -> None:
        with self._database.read() as connection:
            _check_room(connection, username, limits)

    def get(self, job_id: str, *, username: str) -> Job:
        with self._database.read() as connection:
            return _own(connection, job_id, username)

    def of(self, username: str) -> tuple[Job, ...]:
        query = (
            select(_TABLE)
            .where(_TABLE.c.username == username)
            .order_by(_TABLE.c.asked_at.desc(), _TABLE.c.job_id.desc())
        )
        with self._database.read() as connection:
            return tuple(_job(row) for row in connection.execute(query))

    def cancel(self, job_id: str, *, by: User) -> Job:
        now = self._clock.now()
        with self._database.write() as tx:
            job = _own(tx.connection, job_id, by.username)
            moved(job.state, JobMove.CANCEL)
            if job.cancel_asked_at is not None:
                return job
            self._entry(tx, "job.cancel", job)
            if job.state is JobState.WAITING:
                return self._end(tx, job, JobMove.CANCEL, why="")
            return _changed(tx, job, cancel_asked_at=now)

    def discard(self, job_id: str, *, by: User) -> None:
        with self._database.write() as tx:
            job = _own(tx.connection, job_id, by.username)
            if not job.state.over:
                raise IllegalJobMove(f"expected a job that is over, got a {job.state} one: cancel it first")
            self._entry(tx, "job.discard", job, found=job.found)
            _forget(tx.connection, [job_id])

    def findings(self, job_id: str, *, since: datetime, after: int = 0, limit: int) -> FindingsPage:
        own = _FINDINGS.c.job_id == job_id
        query = (
            select(_FINDINGS.c.number, _FINDINGS.c.body)
            .where(own, _FINDINGS.c.number > after, _FINDINGS.c.first_at >= since)
            .order_by(_FINDINGS.c.number)
            .limit(limit + 1)
        )
        older = select(func.count()).select_from(_FINDINGS).where(own, _FINDINGS.c.first_at < since)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            withheld = connection.execute(older).scalar_one()
        return FindingsPage(
            findings=tuple(json.loads(row.body) for row in rows[:limit]),
            next=rows[limit - 1].number if len(rows) > limit else None,
            withheld=withheld,
        )

    def take(self, *, lease: timedelta) -> Job | None:
        with self._database.read() as connection:
            if not _next(connection, self._clock.now()):
                return None  # nobody else is held up for it
        with self._database.write() as tx:
            now = self._clock.now()
            for job in _next(tx.connection, now):
                if job.cancel_asked_at is not None:
                    self._end(tx, job, JobMove.CANCEL, why="")
                elif job.failures + job.silent(now) >= MOST_FAILURES:
                    why = f"given up after {MOST_FAILURES} attempts: whoever worked on it was heard of no more"
                    self._end(tx, job, JobMove.FAIL, why=why)
                else:
                    return _changed(
                        tx,
                        job,
                        state=moved(job.state, JobMove.TAKE),
                        attempt=job.attempt + 1,
                        failures=job.failures + job.silent(now),
                        progress=0.0,
                        started_at=job.started_at or now,
                        heard_at=now,
                        leased_until=now + lease,
                        why="",
                    )
        return None

    def beat(self, job_id: str, attempt: int, *, progress: float, lease: timedelta) -> bool:
        with self._database.write() as tx:
            job, now = _working(tx.connection, job_id, attempt), self._clock.now()
            _changed(
                tx,
                job,
                progress=max(job.progress, min(1.0, progress)),
                heard_at=now,
                leased_until=now + lease,
            )
        return job.cancel_asked_at is None

    def give_back(self, job_id: str, attempt: int, *, why: str, failed: bool) -> Job:
        with self._database.write() as tx:
            job = _working(tx.connection, job_id, attempt)
            if job.cancel_asked_at is not None:
                return self._end(tx, job, JobMove.CANCEL, why="")
            failures = job.failures + failed
            if failures >= MOST_FAILURES:
                return self._end(tx, job, JobMove.FAIL, why=f"given up after {failures} attempts: {why}")
            return _changed(
                tx,
                job,
                state=moved(job.state, JobMove.GIVE_BACK),
                failures=failures,
                progress=0.0,
                leased_until=None,
                next_at=self._clock.now() + (rest_after(failures) if failed else timedelta(0)),
                why=why,
            )

    def finish(self, job_id: str, attempt: int, findings: Sequence[Mapping[str, Any]], reach: Reach) -> Job:
        rows = [
            (job_id, number, _first_at(finding, reach), json.dumps(finding, ensure_ascii=False))
            for number, finding in enumerate(findings, 1)
        ]
        with self._database.write() as tx:
            job = _working(tx.connection, job_id, attempt)
            if job.cancel_asked_at is not None:
                return self._end(tx, job, JobMove.CANCEL, why="")
            self._database.insert_rows(tx, _FINDINGS, ("job_id", "number", "first_at", "body"), rows)
            checkpoints = None if reach.checkpoints is None else sorted(reach.checkpoints)
            self._entry(tx, "job.start.answered", job, rows=len(findings))
            done = _changed(
                tx,
                job,
                found=len(findings),
                progress=1.0,
                reach_checkpoints=checkpoints,
                reach_since=reach.since,
                reach_until=reach.until,
            )
            return self._end(tx, done, JobMove.FINISH, why="")

    def fail(self, job_id: str, attempt: int, why: str) -> Job:
        with self._database.write() as tx:
            return self._end(tx, _working(tx.connection, job_id, attempt), JobMove.FAIL, why=why)

    def stopped(self, job_id: str, attempt: int) -> Job:
        with self._database.write() as tx:
            return self._end(tx, _working(tx.connection, job_id, attempt), JobMove.CANCEL, why="")

    def delete_before(self, moment: datetime) -> int:
        with self._database.write() as tx:
            found = tx.connection.execute(select(_TABLE.c.job_id).where(_TABLE.c.ended_at < moment)).scalars()
            gone = found.all()
            _forget(tx.connection, gone)
        return len(gone)

    def _end(self, tx: Transaction, job: Job, move: JobMove, *, why: str) -> Job:
        after = moved(job.state, move)
        if after is not JobState.DONE:
            self._entry(tx, f"job.{after}", job, why=why)
        return _changed(tx, job, state=after, ended_at=self._clock.now(), leased_until=None, why=why)

    def _entry(self, tx: Transaction, action: str, job: Job, **more: Any) -> None:
        question = job.question
        detail = {"asked": job.audit_id, "job": job.job_id, "kind": question.kind, **more}
        self._trail.put(
            tx,
            AuditRecord(
                at=self._clock.now(),
                user=job.username,
                action=action,
                subject=question.subject,
                reason=question.reason,
                case_number=question.case_number,
                detail=json.dumps(detail, ensure_ascii=False),
            ),
        )


def _first_at(finding: Mapping[str, Any], reach: Reach) -> datetime:
    """The earliest passage that it rests on; what says none rests on all that was looked at."""
    told = finding.get("first_at")
    return reach.since if told is None else datetime.fromisoformat(told)


def _check_room(connection: Connection, username: str, limits: JobLimits) -> None:
    query = select(_TABLE.c.state, func.count()).where(_TABLE.c.username == username).group_by(_TABLE.c.state)
    counts = {JobState(state): count for state, count in connection.execute(query).all()}
    running = sum(counts.get(state, 0) for state in _OPEN)
    if running >= limits.open:
        raise TooManyJobs(
            f"expected at most {limits.open} jobs of one person at a time, {running} wait or run: "
            "let one end, or cancel it"
        )
    if sum(counts.values()) >= limits.kept:
        raise TooManyJobs(
            f"expected at most {limits.kept} jobs of one person to be kept: discard some that are over"
        )


def _next(connection: Connection, now: datetime) -> list[Job]:
    """Jobs to be taken up, in that order."""
    query = select(_TABLE).where(_TABLE.c.state.in_(_OPEN)).order_by(_TABLE.c.asked_at, _TABLE.c.job_id)
    rows = connection.execute(query).all()
    jobs = [_job(row) for row in rows]
    running = Counter(job.username for job in jobs if job.state is JobState.RUNNING and not job.silent(now))
    due = [
        job
        for job, row in zip(jobs, rows, strict=True)
        if job.silent(now) or (job.state is JobState.WAITING and row.next_at <= now)
    ]
    return sorted(due, key=lambda job: running[job.username])


def _one(connection: Connection, job_id: str) -> Job:
    row = None
    if "\0" not in job_id:
        row = connection.execute(select(_TABLE).where(_TABLE.c.job_id == job_id)).one_or_none()
    if row is None:
        raise NotFound(f"no job {job_id!r}")
    return _job(row)


def _own(connection: Connection, job_id: str, username: str) -> Job:
    job = _one(connection, job_id)
    if job.username != username:
        raise NotFound(f"no job {job_id!r}")
    return job


def _working(connection: Connection, job_id: str, attempt: int) -> Job:
    try:
        job = _one(connection, job_id)
    except NotFound as error:
        raise JobLost(str(error)) from error
    if job.state is not JobState.RUNNING or job.attempt != attempt:
        raise JobLost(f"expected attempt {attempt} of a job that runs, got {job.attempt}, {job.state}")
    return job


def _changed(tx: Transaction, job: Job, **values: Any) -> Job:
    tx.connection.execute(update(_TABLE).where(_TABLE.c.job_id == job.job_id).values(**values))
    return _one(tx.connection, job.job_id)


def _forget(connection: Connection, job_ids: Sequence[str]) -> None:
    for job_id in job_ids:
        connection.execute(delete(_FINDINGS).where(_FINDINGS.c.job_id == job_id))
        connection.execute(delete(_TABLE).where(_TABLE.c.job_id == job_id))


def _job(row: Row[Any]) -> Job:
    reach = None
    if row.reach_since is not None:
        places = row.reach_checkpoints
        reach = Reach(
            checkpoints=None if places is None else frozenset(places),
            since=row.reach_since,
            until=row.reach_until,
        )
    return Job(
        job_id=row.job_id,
        username=row.username,
        question=JobQuestion(
            kind=row.kind,
            wishes=row.wishes,
            subject=row.subject,
            since=row.since,
            until=row.until,
            reason=row.reason,
            case_number=row.case_number,
        ),
        audit_id=row.audit_id,
        asked_at=row.asked_at,
        state=JobState(row.state),
        attempt=row.attempt,
        failures=row.failures,
        progress=row.progress,
        started_at=row.started_at,
        heard_at=row.heard_at,
        leased_until=row.leased_until,
        cancel_asked_at=row.cancel_asked_at,
        ended_at=row.ended_at,
        why=row.why,
        found=row.found,
        reach=reach,
    )
