"""A question that takes long: asked now, worked on by whoever has time, its answer kept for its owner. Pure.

A job is worked on by one worker at a time, which must let itself be heard of: a worker that is not, for as
long as its lease lasts, has died, and the job is taken up again by another. Each time it is taken up is an
*attempt*, and what a worker says of a job counts only for the attempt that is its own.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from central.investigation.purpose import Reach

#: A job whose worker dies, or whose store is away, so often is given up.
MOST_FAILURES = 4


class JobState(enum.StrEnum):
    """Where a job is in its life."""

    WAITING = "waiting"  #: nobody works on it yet, or not any more
    RUNNING = "running"
    DONE = "done"  #: what was found is kept
    FAILED = "failed"  #: `why` says why
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        return self not in (JobState.WAITING, JobState.RUNNING)


class JobMove(enum.StrEnum):
    """What happens to it."""

    TAKE = "take"  #: also of one that runs, where its worker is not heard of any more
    GIVE_BACK = "give back"
    FINISH = "finish"
    FAIL = "fail"
    CANCEL = "cancel"


class IllegalJobMove(Exception):
    """A move that the job's state doesn't allow; says what was expected and what came."""


class TooManyJobs(Exception):
    """A person has as many jobs as they may; says how many that is."""


class JobLost(Exception):
    """Another worker has taken the job up meanwhile, or it is over: what this one says counts no more."""


_MOVES: dict[tuple[JobState, JobMove], JobState] = {
    (JobState.WAITING, JobMove.TAKE): JobState.RUNNING,
    (JobState.RUNNING, JobMove.TAKE): JobState.RUNNING,
    (JobState.RUNNING, JobMove.GIVE_BACK): JobState.WAITING,
    (JobState.RUNNING, JobMove.FINISH): JobState.DONE,
    (JobState.RUNNING, JobMove.FAIL): JobState.FAILED,
    (JobState.WAITING, JobMove.CANCEL): JobState.CANCELLED,
    (JobState.RUNNING, JobMove.CANCEL): JobState.CANCELLED,
}


def moved(state: JobState, move: JobMove) -> JobState:
    """The state after it.

    Raises:
        IllegalJobMove: the state does not allow it.
    """
    after = _MOVES.get((state, move))
    if after is None:
        allowed = [str(m) for s, m in _MOVES if s is state]
        raise IllegalJobMove(
            f"expected {' or '.join(allowed) or 'no move'} of a job that is {state}, got {move}"
        )
    return after


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuestion:
    """What is asked, and why one may ask."""

    kind: str  #: of `central.analysis.KINDS`
    wishes: Mapping[str, Any]  #: as JSON holds them
    subject: str  #: the plate it is about; empty: no single one
    since: datetime  #: inclusive
    until: datetime  #: exclusive
    reason: str
    case_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLimits:
    """What one person may have."""

    open: int = 3  #: waiting or running
    kept: int = 50  #: all together, those that are over too


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One question and what became of it."""

    job_id: str
    username: str  #: who asked, and who alone is shown what was found
    question: JobQuestion
    audit_id: int  #: the entry of the trail that tells of the question
    asked_at: datetime
    state: JobState = JobState.WAITING
    attempt: int = 0  #: times that it was taken up
    failures: int = 0  #: of these, that ended without its doing, see `MOST_FAILURES`
    progress: float = 0.0  #: 0 to 1
    started_at: datetime | None = None  #: taken up for the first time
    heard_at: datetime | None = None  #: when its worker let itself be heard of last
    leased_until: datetime | None = None  #: then the worker counts as dead
    cancel_asked_at: datetime | None = None  #: whoever works on it stops at once
    ended_at: datetime | None = None
    why: str = ""  #: it failed, or waits again
    found: int | None = None  #: findings kept; None: it is not done
    reach: Reach | None = None  #: what they were made of; None: it is not done

    def silent(self, now: datetime) -> bool:
        """Whether it should be worked on and nobody was heard of for too long."""
        return self.state is JobState.RUNNING and self.leased_until is not None and self.leased_until <= now


def covers(now: Reach, then: Reach) -> bool:
    """Whether all places that an answer was made of may still be looked at; of its age each finding tells."""
    if now.checkpoints is None:
        return True
    return then.checkpoints is not None and then.checkpoints <= now.checkpoints


def rest_after(failures: int) -> timedelta:
    """How long a job waits that has failed so often because a store was away."""
    return timedelta(seconds=5 * 4 ** max(0, failures - 1))
