"""The one door to Redis: connections, time limits, the circuit breaker, and who is told when it is away."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import redis
import structlog
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from central.metrics import CentreMetrics
from central.state.breaker import Breaker
from central.state.limits import StateLimits
from central.state.link import StateAway
from central.state.port import Degraded, State
from central.state.shared import RedisLeases, RedisRepeats, RedisSightings, RedisThrottle
from central.state.stream import RedisFanout
from proto.clock import Clock

#: Connections of one process at most; a call that finds none free waits for one no longer than for an answer.
CONNECTIONS = 32
_PROBE_MS = 60_000
_log = structlog.get_logger(__name__)


class RedisLink:
    """See `central.state.link.Link`.

    Connects when it is first used. A connection that turns out to be gone is made anew once; a server that
    does not answer in time is not asked again by the same call. No text of an error and no log line has the
    URL's password."""

    def __init__(
        self,
        url: str,
        *,
        prefix: str,
        timeout_s: float,
        ca: Path | None,
        clock: Clock,
        metrics: CentreMetrics,
    ) -> None:
        """Raises ValueError where the URL can't be read."""
        pool = redis.BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=timeout_s,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            protocol=2,  # what 7.0 and every later one speak; answers have one shape
            client_name="bukong",
            health_check_interval=0,
            retry=Retry(ExponentialBackoff(cap=0.05, base=0.01), 1, (redis.ConnectionError,)),
            **({"ssl_ca_certs": str(ca)} if ca is not None else {}),
        )
        self._client = redis.Redis(connection_pool=pool)
        self._probe = f"{prefix}probe"
        self._timeout_s = timeout_s
        self._breaker = Breaker(clock)
        self._metrics = metrics
        self._why = ""
        self._hashes: dict[str, str] = {}
        parts = urlsplit(url)
        self.place = f"{parts.hostname or parts.path}:{parts.port or 6379}"

    def script(self, text: str, keys: Sequence[str], arguments: Sequence[str | bytes | int]) -> object:
        return self.scripts(text, [(keys, arguments)])[0]

    def scripts(
        self, text: str, calls: Sequence[tuple[Sequence[str], Sequence[str | bytes | int]]]
    ) -> Sequence[object]:
        if text not in self._hashes:
            # The name that the server gives a script, no safeguard of ours.
            self._hashes[text] = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

        def run() -> Sequence[object]:
            pipeline = self._client.pipeline(transaction=False)
            for keys, arguments in calls:
                pipeline.evalsha(self._hashes[text], len(keys), *keys, *arguments)
            return list(pipeline.execute())

        with self._guarded():
            try:
                return run()
            except redis.exceptions.NoScriptError:  # a server that was started anew
                self._client.script_load(text)
                return run()

    def values(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        with self._guarded():
            found = self._client.mget(keys)
        assert isinstance(found, list)
        return [None if value is None else _bytes(value) for value in found]

    def blocking_read(self, stream: str, after: str, *, timeout_s: float) -> bool:
        # Well below the socket's own limit, which would take a silent stream for a dead server.
        block_ms = max(1, round(1000 * min(timeout_s, self._timeout_s / 2)))
        with self._guarded():
            return bool(self._client.xread({stream: after}, count=1, block=block_ms))

    def delete(self, key: str) -> None:
        with self._guarded():
            self._client.delete(key)

    def degraded(self) -> Degraded | None:
        try:
            with self._guarded():
                # Written, not asked: a server that is full, or another's replica, answers and remembers
                # nothing.
                self._client.set(self._probe, 1, px=_PROBE_MS)
        except StateAway as away:
            return Degraded(detail=str(away))
        return None

    def close(self) -> None:
        self._client.close()
        self._client.connection_pool.disconnect()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """One call under the breaker.

        Raises:
            StateAway: it was not made, or failed.
        """
        if not self._breaker.allows():
            self._metrics.state_failures.labels("refused").inc()
            raise StateAway(f"Redis at {self.place} is away: {self._why}")
        try:
            yield
        except (redis.RedisError, OSError) as error:
            self._why = f"{type(error).__name__}: {error}"
            self._metrics.state_failures.labels("failed").inc()
            if self._breaker.failed():
                self._metrics.state_available.set(0)
                _log.error("redis is away, the centre goes on without it", place=self.place, error=self._why)
            raise StateAway(f"Redis at {self.place} is away: {self._why}") from error
        if self._breaker.succeeded():
            self._metrics.state_available.set(1)
            _log.info("redis is back", place=self.place)


def _bytes(value: bytes | str) -> bytes:
    """The client decodes nothing unless told to; its types don't know."""
    assert isinstance(value, bytes)
    return value


def open_redis_state(
    url: str,
    *,
    prefix: str,
    timeout_s: float,
    ca: Path | None,
    limits: StateLimits,
    clock: Clock,
    metrics: CentreMetrics,
) -> State:
    """Opens though the server is away: the centre starts without it. Raises ValueError where the URL can't be
    read."""
    link = RedisLink(url, prefix=prefix, timeout_s=timeout_s, ca=ca, clock=clock, metrics=metrics)
    return State(
        sightings=RedisSightings(link, prefix, limits, clock),
        repeats=RedisRepeats(link, prefix, limits),
        throttle=RedisThrottle(link, prefix, clock),
        leases=RedisLeases(link, prefix, limits, clock),
        fanout=RedisFanout(link, prefix, limits, clock),
        degraded=link.degraded,
        close=link.close,
    )
