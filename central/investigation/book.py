"""The port of the jobs' book, see `central.records.port` for what holds for every book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from central.investigation.job import Job, JobLimits, JobQuestion
from central.investigation.purpose import Reach
from central.people import User


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsPage:
    """Some of what a job has found, in its order."""

    findings: tuple[Mapping[str, Any], ...]
    next: int | None  #: behind which number the next page begins; None: this is the last one
    withheld: int  #: of all that was found: those that rest on passages from before the moment given


class JobBook(Protocol):
    """Questions that take long: see `central.investigation.job` for their life.

    What a worker says (`beat`, `give_back`, `finish`, `fail`, `stopped`) it says with the attempt that it was
    given; where that is not the job's any more, `JobLost` is raised and nothing is done.
    """

    def start(self, question: JobQuestion, *, by: User, audit_id: int, limits: JobLimits) -> Job:
        """Put it on the list; `audit_id`: the trail's entry of the question, which is there already.

        Raises:
            TooManyJobs: they have as many as they may.
        """
        ...

    def check_room(self, username: str, limits: JobLimits) -> None:
        """Raises:
        TooManyJobs: they have as many as they may.
        """
        ...

    def get(self, job_id: str, *, username: str) -> Job:
        """Raises:
        NotFound: there is none, or it is somebody else's.
        """
        ...

    def of(self, username: str) -> tuple[Job, ...]:
        """All of one person, the most lately asked first."""
        ...

    def cancel(self, job_id: str, *, by: User) -> Job:
        """One that waits is cancelled, of one that runs it is asked; asking again changes nothing.

        Raises:
            NotFound: there is none, or it is somebody else's.
            IllegalJobMove: it is over.
        """
        ...

    def discard(self, job_id: str, *, by: User) -> None:
        """Let go of one that is over, with all that was found.

        Raises:
            NotFound: there is none, or it is somebody else's.
            IllegalJobMove: it is not over.
        """
        ...

    def findings(self, job_id: str, *, since: datetime, after: int = 0, limit: int) -> FindingsPage:
        """Of what was found, that which rests on no passage from before `since`."""
        ...

    def take(self, *, lease: timedelta) -> Job | None:
        """Take up the job that is next: of the person for whom the fewest run, the one asked first. One whose
        worker was not heard of for the whole of its lease is next as well; it is ended instead where that
        happened too often, or where its owner has called it off. None: there is nothing to do."""
        ...

    def beat(self, job_id: str, attempt: int, *, progress: float, lease: timedelta) -> bool:
        """The worker lives, and is so far. False: it was called off.

        Raises:
            JobLost: see the class.
        """
        ...

    def give_back(self, job_id: str, attempt: int, *, why: str, failed: bool) -> Job:
        """It waits again. `failed`: it could not be worked on, so that it waits longer each time and is given
        up in the end; else the worker was told to stop, and another may go on at once.

        Raises:
            JobLost: see the class.
        """
        ...

    def finish(self, job_id: str, attempt: int, findings: Sequence[Mapping[str, Any]], reach: Reach) -> Job:
        """Keep what was found, and write into the trail how much it is; nothing where it was called off.

        Raises:
            JobLost: see the class.
        """
        ...

    def fail(self, job_id: str, attempt: int, why: str) -> Job:
        """Raises:
        JobLost: see the class.
        """
        ...

    def stopped(self, job_id: str, attempt: int) -> Job:
        """The worker has stopped, since it was called off.

        Raises:
            JobLost: see the class.
        """
        ...

    def delete_before(self, moment: datetime) -> int:
        """Retention: jobs that were over before, with all that was found; returns how many went."""
        ...
