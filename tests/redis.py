"""A Redis server for tests: the one that BUKONG_REDIS names, or our own from Debian's package."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from central.metrics import CentreMetrics
from central.state import State
from central.state.limits import StateLimits
from central.state.redis import open_redis_state
from deploy.servers.redis import RedisNotStarted, RedisServer
from proto.clock import Clock

#: A URL like redis://:password@host:6379/0.
GIVEN = "BUKONG_REDIS"
#: Small bounds, so that tests reach them.
LIMITS = StateLimits(
    plates=50, events=100, repeat_window=timedelta(seconds=10), sightings_kept=timedelta(hours=1)
)


@contextmanager
def own_server(*, keeps: bool = False, settings: Mapping[str, str] | None = None) -> Iterator[RedisServer]:
    """One that may be killed. Skips the test where there is no program, and fails it under CI."""
    with tempfile.TemporaryDirectory(prefix="bukong-redis-") as folder:
        try:
            server = RedisServer(Path(folder), keeps=keeps, settings=settings)
            server.start()
        except RedisNotStarted as error:
            if os.environ.get("CI") == "true":
                pytest.fail(f"Redis: {error}")
            pytest.skip(f"Redis: {error}")
        try:
            yield server
        finally:
            server.stop()


def new_prefix() -> str:
    """Keys of one test."""
    return f"t{uuid.uuid4().hex[:12]}:"


def open_state(
    url: str,
    prefix: str,
    clock: Clock,
    *,
    limits: StateLimits = LIMITS,
    timeout_s: float = 2.0,
    ca: Path | None = None,
    metrics: CentreMetrics | None = None,
) -> State:
    """A handle of its own, as another process would have."""
    return open_redis_state(
        url,
        prefix=prefix,
        timeout_s=timeout_s,
        ca=ca,
        limits=limits,
        clock=clock,
        metrics=metrics or CentreMetrics(CollectorRegistry()),
    )
