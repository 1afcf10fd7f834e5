"""Works on questions that take long, beside everything else that goes on."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from central.analysis import KINDS, WISHES, Analysis, Finding, InvalidWishes, UnknownKind, ground_of
from central.analysis.run import found_by
from central.investigation import (
    BeyondReach,
    Cancel,
    Cancelled,
    Gate,
    InvalidReach,
    Job,
    JobLost,
    JobState,
    NoPurpose,
    Plan,
    Reach,
    TooMuch,
    TooSlow,
)
from central.investigation.job import covers
from central.metrics import CentreMetrics
from central.people import Role
from central.ports import PassageStore, StoreUnavailable
from central.records import Records
from proto.clock import Clock

#: A worker that was not heard of for so long counts as dead.
LEASE = timedelta(seconds=30)
#: How often it lets itself be heard of, and learns that a job was called off.
BEAT_S = 1.0
_WAIT_S = 0.5
#: Told to stop, a job's question is given so long to end.
_STOP_S = 10.0
#: Of two readings of the clock.
_SLACK = timedelta(minutes=1)
_log = structlog.get_logger(__name__)


class NotAnyMore(Exception):
    """Who asked may not look at what they asked for any more; says why."""


@dataclass(slots=True, kw_only=True)
class _Running:
    """A job in hand. Its own thread counts the questions put, the part's reads them."""

    job: Job
    wishes: Analysis
    give_up_at: float  #: on the monotonic clock
    cancel: Cancel = field(default_factory=Cancel)
    put: int = 0
    beaten_at: float = 0.0
    thread: threading.Thread | None = None


class JobRunner:
    """A part. One round:

    1. let go of jobs that are over
    2. take up another while fewer than `at_once` are in hand
    3. say of each how far it is, and learn whether it was called off
    4. wait a moment

    Each job has a thread of its own, which asks the store one question after the other, each within what its
    owner may look at *then*. A job whose owner loses a place or a grant meanwhile fails, and says so. What the
    thread finds it keeps itself, in one transaction with the trail's entry. Several processes may run this
    part: the book gives each job to one of them. When the part is closed it gives back what it has in hand.
    """

    def __init__(
        self,
        records: Records,
        store: PassageStore,
        gate: Gate,
        *,
        at_once: int,
        longest: timedelta,
        utc_offset: timedelta,
        clock: Clock,
        wait: Callable[[float], object],
        metrics: CentreMetrics,
    ) -> None:
        """
        Args:
            records: of the centre.
            store: that is asked.
            gate: that every question goes through.
            at_once: jobs in hand.
            longest: that a job may take.
            utc_offset: of the local clock that days and nights go by.
            clock: that leases are counted by.
            wait: blocks for that many seconds or until the centre stops.
            metrics: where it is told what became of them.
        """
        self._records = records
        self._store = store
        self._gate = gate
        self._at_once = at_once
        self._longest = longest
        self._utc_offset = utc_offset
        self._clock = clock
        self._wait = wait
        self._metrics = metrics
        self._running: list[_Running] = []
        self._closing = threading.Event()

    def step(self) -> None:
        # 1 let go
        self._running = [run for run in self._running if run.thread is not None and run.thread.is_alive()]
        # 2 take up
        while len(self._running) < self._at_once:
            job = self._records.jobs.take(lease=LEASE)
            if job is None:
                break
            self._begin(job)
        self._metrics.jobs_running.set(len(self._running))
        # 3 say
        for run in self._running:
            self._beat(run)
        # 4 wait
        self._wait(_WAIT_S)

    def close(self) -> None:
        """What is in hand waits for another worker, or for the next start."""
        self._closing.set()
        for run in self._running:
            run.cancel.ask()
        for run in self._running:
            if run.thread is not None:
                run.thread.join(_STOP_S)
        self._metrics.jobs_running.set(0)

    def _begin(self, job: Job) -> None:
        _log.info("job taken up", job=job.job_id, kind=job.question.kind, attempt=job.attempt)
        if job.failures:
            self._metrics.jobs_taken_again.inc()
        try:
            wishes = WISHES.read(job.question.kind, job.question.wishes)
        except (InvalidWishes, UnknownKind) as error:  # another version's job
            self._over(self._records.jobs.fail(job.job_id, job.attempt, str(error)))
            return
        now = self._clock.monotonic()
        run = _Running(job=job, wishes=wishes, give_up_at=now + self._longest.total_seconds(), beaten_at=now)
        run.thread = threading.Thread(target=self._work, args=(run,), name=f"job-{job.job_id}", daemon=True)
        self._running.append(run)
        run.thread.start()

    def _beat(self, run: _Running) -> None:
        now = self._clock.monotonic()
        if now - run.beaten_at < BEAT_S:
            return
        run.beaten_at = now
        part = run.put - 1 + (self._store.progress(run.cancel) or 0.0) if run.put else 0.0
        progress = min(0.99, part / max(run.put, KINDS[run.job.question.kind].questions))
        try:
            if not self._records.jobs.beat(run.job.job_id, run.job.attempt, progress=progress, lease=LEASE):
                run.cancel.ask()
        except JobLost:
            run.cancel.ask()  # it is over, or another's: what is found here would be refused

    def _work(self, run: _Running) -> None:
        """On the job's own thread."""
        job, book = run.job, self._records.jobs
        try:
            try:
                findings, reach = self._found(run)
                self._over(book.finish(job.job_id, job.attempt, findings, reach))
            except Cancelled:
                if self._closing.is_set():
                    book.give_back(job.job_id, job.attempt, why="the centre was stopped", failed=False)
                else:
                    self._over(book.stopped(job.job_id, job.attempt))
            except (TooMuch, InvalidWishes, BeyondReach, InvalidReach, NoPurpose, NotAnyMore) as error:
                self._over(book.fail(job.job_id, job.attempt, str(error)))
            except StoreUnavailable as error:
                _log.warning("job could not be worked on", job=job.job_id, error=str(error))
                after = book.give_back(job.job_id, job.attempt, why=str(error), failed=True)
                if after.state.over:
                    self._over(after)
            except JobLost:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, its owner hears of it
                _log.error("job failed", job=job.job_id, error=str(error), where=traceback.format_exc())
                why = f"failed unexpectedly ({type(error).__name__}): the centre's log tells more"
                self._over(book.fail(job.job_id, job.attempt, why))
        except JobLost as error:
            _log.warning("job is another's by now", job=job.job_id, error=str(error))
        except StoreUnavailable as error:
            # Nothing can be written down: nobody hears of this worker any more, and another takes the job up.
            _log.warning("job's end could not be written", job=job.job_id, error=str(error))

    def _found(self, run: _Running) -> tuple[list[Finding], Reach]:
        begun, begun_at = self._reach(run.job), self._clock.now()

        def bounded(plan: Plan) -> Plan:
            """Within what may be looked at now, which is narrower than before only by the time that went by."""
            now = self._reach(run.job)
            aged = self._clock.now() - begun_at + _SLACK
            if not covers(now, begun) or now.since - begun.since > aged:
                raise NotAnyMore(
                    f"{run.job.username} may see less than when the job was begun: a place or a grant was "
                    "taken away; ask again"
                )
            left = run.give_up_at - self._clock.monotonic()
            if left <= 0:
                raise TooSlow(
                    f"{plan.name}: expected at most {self._longest.total_seconds() / 60:g} minutes, it takes "
                    "longer: ask for less time"
                )
            run.put += 1
            within = replace(plan.reach, since=max(plan.reach.since, now.since))
            return replace(plan, reach=within, limits=replace(plan.limits, seconds=left))

        ground = ground_of(self._records.checkpoints.all(), self._utc_offset)
        return found_by(run.wishes, begun, ground, self._store, bounded=bounded, cancel=run.cancel), begun

    def _reach(self, job: Job) -> Reach:
        """What may be looked at now.

        Raises:
            NotAnyMore: nothing.
            BeyondReach: nothing of that time.
        """
        question = job.question
        user = next((u for u in self._records.people.users() if u.username == job.username), None)
        if user is None or Role.INVESTIGATOR not in user.roles:
            raise NotAnyMore(f"expected {job.username} to be an investigator, which they are no more")
        purpose = self._gate.purpose(
            user.username,
            user.areas,
            self._records.checkpoints.scope(user.areas),
            reason=question.reason,
            case_number=question.case_number,
        )
        return purpose.reach(since=question.since, until=question.until)

    def _over(self, job: Job) -> None:
        self._metrics.jobs_ended.labels(job.state.value).inc()
        took = _seconds(job.started_at, job.ended_at)
        _log.info("job over", job=job.job_id, state=job.state.value, found=job.found, why=job.why, seconds=took)
        if job.state is JobState.DONE:
            self._metrics.job_seconds.observe(took)


def _seconds(since: datetime | None, until: datetime | None) -> float:
    return 0.0 if since is None or until is None else (until - since).total_seconds()
