"""Works on jobs in tests, as the running part does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
from prometheus_client import CollectorRegistry

from central.api import Services
from central.job_runner import JobRunner
from central.metrics import CentreMetrics
from central.ports import PassageStore

#: The longest that a test waits for something that another thread does.
SOON_S = 30.0


@contextmanager
def worker(
    services: Services,
    *,
    store: PassageStore | None = None,
    at_once: int = 1,
    longest: timedelta = timedelta(minutes=10),
    metrics: CentreMetrics | None = None,
) -> Iterator[JobRunner]:
    """A worker that is stepped by hand, and closed at the end of the block."""
    runner = JobRunner(
        services.records,
        store or services.store,
        services.gate,
        at_once=at_once,
        longest=longest,
        utc_offset=services.settings.utc_offset,
        clock=services.clock,
        wait=lambda _: time.sleep(0.01),  # lets the jobs' threads go on; the clock stands still
        metrics=metrics or CentreMetrics(CollectorRegistry()),
    )
    try:
        yield runner
    finally:
        runner.close()


def settled(client: httpx.Client, job_id: str, runner: JobRunner) -> dict[str, Any]:
    """The job once it is over."""
    deadline = time.monotonic() + SOON_S
    while True:
        runner.step()
        told: dict[str, Any] = client.get(f"/api/jobs/{job_id}").json()
        if told["state"] not in ("waiting", "running"):
            return told
        assert time.monotonic() < deadline, told
