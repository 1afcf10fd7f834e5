"""How fast the records are on either engine: `python -m tests.bench.records`.

The real path: the books on an SQLite file and on a PostgreSQL server, both of which write through to the disk.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

from central.audit import AuditRecord
from central.records import Records, open_records
from deploy.bench.machine import machine
from tests.centre import CHEAP, START, active_order, hit, new_clock, order_request, passage, people
from tests.postgresql import Databases, OwnServer


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=300)
    parser.add_argument("--entries", type=int, default=1000)
    args = parser.parse_args()
    print(machine())
    with ExitStack() as stack:
        server = stack.enter_context(closing(OwnServer()))
        url = stack.enter_context(closing(Databases(server.url))).new()
        for name, where in (("sqlite", None), ("postgresql", url)):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            here, there = (
                stack.enter_context(closing(open_records(folder, clock=new_clock(), policy=CHEAP, url=where)))
                for _ in range(2)
            )
            raised = _raise_ms(here, args.alerts)
            woken = [_wake_ms(here, there) for _ in range(50)]
            print(
                f"{name}: hit to committed alert {statistics.median(raised):.1f} ms "
                f"(p95 {statistics.quantiles(raised, n=20)[-1]:.1f}), "
                f"{_appends_per_s(here, args.entries):.0f} audit entries/s from 8 threads, "
                f"{_announced_per_s(here):.0f} passages/s announced, "
                f"another opening woken after {statistics.median(woken):.1f} ms (most {max(woken):.1f})"
            )


def _raise_ms(records: Records, count: int) -> list[float]:
    order = active_order(records, people(records), order_request())
    found = []
    for i in range(count):
        of = hit(order, passage(seed=str(i)))
        begun = time.perf_counter()
        records.alerts.raise_alerts([of])
        found.append(1000 * (time.perf_counter() - begun))
    return found


def _appends_per_s(records: Records, count: int) -> float:
    record = AuditRecord(at=START, user="u", action="a.b")
    begun = time.perf_counter()
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda _i: records.audit.append(record), range(count)):
            pass
    return count / (time.perf_counter() - begun)


def _announced_per_s(records: Records, batches: int = 50, of: int = 100) -> float:
    given = [[passage(seed=f"{b}/{i}") for i in range(of)] for b in range(batches)]
    begun = time.perf_counter()
    for batch in given:
        records.live.announce(batch)
    return batches * of / (time.perf_counter() - begun)


def _wake_ms(waits: Records, writes: Records) -> float:
    newest = waits.live.newest()

    def wait() -> float:
        assert waits.live.wait(newest, timeout_s=10)
        return time.perf_counter()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait)
        time.sleep(0.05)  # so that it does wait
        writes.live.announce([passage()])
        written = time.perf_counter()
        return 1000 * (waiting.result() - written)


if __name__ == "__main__":
    main()
