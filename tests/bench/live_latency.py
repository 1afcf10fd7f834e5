"""How long from a hit handed to the records to the alert on a console: `python -m tests.bench.live_latency`.

The real path: a SQLite transaction with fsync, the live feed, uvicorn, a WebSocket a console, all in one
process, with passages announced in batches meanwhile, as the ingest does.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from websockets.sync.client import ClientConnection, connect

from central.people import Role
from proto.clock import SystemClock
from tests.centre import active_order, hit, order_request, passage, running_centre


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=200)
    parser.add_argument("--consoles", type=int, default=10)
    parser.add_argument(
        "--passages", type=int, default=100, help="announced a second meanwhile, in batches of 20"
    )
    args = parser.parse_args()
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        centre = stack.enter_context(running_centre(Path(folder), clock))
        order = active_order(centre.records, centre.staff, order_request(at=clock.now()))
        cookie = centre.client(Role.OPERATOR).cookies["bukong_session"]
        consoles = [
            stack.enter_context(
                connect(
                    centre.url.replace("http", "ws", 1) + "/api/live",
                    additional_headers={"Cookie": f"bukong_session={cookie}"},
                    proxy=None,
                )
            )
            for _ in range(args.consoles)
        ]
        for console in consoles:
            console.recv()
        stopping = threading.Event()

        def announce() -> None:
            number = 0
            while not stopping.wait(20 / args.passages):
                batch = [passage(at=clock.now(), seed=str(number + i)) for i in range(20)]
                centre.records.live.announce(batch)
                number += 20

        load = threading.Thread(target=announce)
        load.start()
        committed, first, last = [], [], []
        for i in range(args.alerts):
            start = time.perf_counter()
            of = passage(at=clock.now(), seed=f"alert {i}")
            centre.records.alerts.raise_alerts([hit(order, of)])
            committed.append(time.perf_counter() - start)
            arrived = [_next_alert(console) - start for console in consoles]
            first.append(arrived[0])
            last.append(arrived[-1])
        stopping.set()
        load.join()
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    print(f"{args.alerts} alerts, {args.consoles} consoles, {args.passages} passages/s beside them")
    for name, seconds in (
        ("committed", committed),
        ("on the first console", first),
        ("on the last console", last),
    ):
        centiles = statistics.quantiles(seconds, n=100)
        p50, p95, p99 = (1000 * centiles[n - 1] for n in (50, 95, 99))
        print(f"{name:22} p50 {p50:6.1f} ms   p95 {p95:6.1f} ms   p99 {p99:6.1f} ms")


def _next_alert(console: ClientConnection) -> float:
    """When it came, read by a client that has been waiting for it."""
    while '"kind":"alert"' not in console.recv():
        pass
    return time.perf_counter()


if __name__ == "__main__":
    main()
