"""Periodic jobs that one process of several does."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from central.metrics import CentreMetrics
from central.state import Leases
from proto.clock import Clock

_WAIT_S = 0.5
_log = structlog.get_logger(__name__)


class Led:
    """A part that does a job every so often, where and while its process holds the job's lease. One round:

    1. hold the lease, that is take or renew it; where another process has it, wait and try again
    2. wait until the job is due
    3. do it, but not on a lease that ran out since it was asked for

    A process that stood still comes to step 1 first and finds that the job is another's by now. A job that
    outlasts its lease may run beside the next holder's: see `central.state.Leases`."""

    def __init__(
        self,
        job: Callable[[], object],
        *,
        name: str,
        every_s: float,
        leases: Leases,
        clock: Clock,
        wait: Callable[[float], object],
        metrics: CentreMetrics,
    ) -> None:
        """`wait` blocks for that many seconds or until the centre stops."""
        self._job = job
        self._name = name
        self._every_s = every_s
        self._leases = leases
        self._clock = clock
        self._wait = wait
        self._leader = metrics.leader.labels(name)
        self._token: int | None = None
        self._due = clock.monotonic()

    def step(self) -> None:
        # 1 lease
        lease = self._leases.hold(self._name)
        self._told(None if lease is None else lease.token)
        if lease is None:
            self._wait(_WAIT_S)
            return
        # 2 due
        left = self._due - self._clock.monotonic()
        if left > 0:
            self._wait(min(left, _WAIT_S))
            return
        # 3 do
        if self._clock.monotonic() >= lease.valid_until:
            return
        self._job()
        self._due = self._clock.monotonic() + self._every_s

    def close(self) -> None:
        self._leases.release(self._name)
        self._leader.set(0)

    def _told(self, token: int | None) -> None:
        self._leader.set(0 if token is None else 1)
        if token != self._token:
            _log.info("leads" if token is not None else "leads no more", job=self._name, token=token)
            self._token = token
