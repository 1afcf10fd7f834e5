"""What the shared state costs on Redis: `python -m tests.bench.state` (redis-server must be there).

Sightings go as the ingest hands them in, repeats as the matcher asks; the live feed's way is from the append to
a reader that blocks on the stream. Last, a server that stands still under callers.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from prometheus_client import CollectorRegistry

from central.metrics import CentreMetrics
from central.ports import LiveEvent
from central.state import Raised, SightingColumns, State
from central.state.embedded import open_embedded_state
from central.state.limits import StateLimits
from central.state.moments import microseconds
from central.state.redis import open_redis_state
from deploy.servers.redis import RedisServer
from proto.clock import SystemClock
from proto.identity import uuid7
from proto.passage import Tier

BATCH = 500
CLOCK = SystemClock()


def rate(call: Callable[[int], object], *, rounds: int, each: int) -> float:
    """Things a second."""
    began = time.perf_counter()
    for number in range(rounds):
        call(number)
    return rounds * each / (time.perf_counter() - began)


def measure(name: str, state: State) -> None:
    chosen = random.Random(1)
    now = CLOCK.now()
    batches = [
        SightingColumns(
            plates=[f"川C{chosen.randrange(200_000):06}" for _ in range(BATCH)],
            captured_at_us=microseconds(now) - np.arange(BATCH),
            passage_ids=b"".join(uuid7(now).bytes for _ in range(BATCH)),
            checkpoint=np.arange(BATCH) % 40,
            checkpoints=[f"cp-{n}" for n in range(40)],
        )
        for _ in range(100)
    ]
    puts = rate(lambda n: state.sightings.put(batches[n]), rounds=100, each=BATCH)
    alert = Raised(order_id="o", plate="川C12345", checkpoint_id="cp-1", tier=Tier.EXACT, captured_at=now)
    asked = [replace(alert, order_id=f"o-{n}") for n in range(20)]
    known = rate(lambda _: state.repeats.known(asked), rounds=500, each=1)
    last = rate(lambda n: state.sightings.last(f"川C{n:06}"), rounds=2000, each=1)
    print(f"{name}: {puts:,.0f} sightings/s; {known:,.0f} questions/s of 20 repeats; {last:,.0f} last/s")


def measure_feed(writer: State, reader: State) -> None:
    assert writer.fanout is not None
    assert reader.fanout is not None
    stream, took = reader.fanout, []
    for number in range(1, 301):
        woken: list[float] = []

        def wait(after: int = number - 1, woken: list[float] = woken) -> None:
            while not stream.wait(after, timeout_s=0.1):
                pass
            stream.since(after, limit=10)
            woken.append(time.perf_counter())

        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.005)
        began = time.perf_counter()
        event = LiveEvent(event_id=number, kind="alert", at=CLOCK.now(), body="x" * 2000)
        writer.fanout.publish([event], after=number - 1)
        waiting.join()
        took.append(1000 * (woken[0] - began))
    took.sort()
    print(f"append to reader: p50 {statistics.median(took):.2f} ms, p95 {took[285]:.2f} ms")


def measure_standstill(server: RedisServer, state: State) -> None:
    server.stand_still()
    took = []
    for _ in range(2000):
        began = time.perf_counter()
        state.sightings.last("川C12345")
        took.append(1000 * (time.perf_counter() - began))
    server.go_on()
    took.sort()
    print(
        f"server stands still, 2,000 calls: median {took[1000]:.3f} ms, worst {took[-1]:.0f} ms, "
        f"{sum(t > 10 for t in took)} of them over 10 ms"
    )


def main() -> None:
    measure("embedded", open_embedded_state(StateLimits(), CLOCK))
    with tempfile.TemporaryDirectory() as folder, RedisServer(Path(folder)) as server:

        def opened() -> State:
            return open_redis_state(
                server.url,
                prefix="bench:",
                timeout_s=0.5,
                ca=None,
                limits=StateLimits(),
                clock=CLOCK,
                metrics=CentreMetrics(CollectorRegistry()),
            )

        state, other = opened(), opened()
        measure("redis", state)
        measure_feed(state, other)
        measure_standstill(server, state)
        for handle in (state, other):
            handle.close()


if __name__ == "__main__":
    main()
