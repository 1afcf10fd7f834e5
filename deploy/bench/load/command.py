"""`bukong bench central`: how many passages a second a centre takes in, and how soon its alerts are seen."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click
import numpy as np

from deploy.bench.load.processes import Usage
from deploy.bench.load.site import Sent, Site, Stored, opened
from deploy.bench.load.vehicles import Traffic
from deploy.bench.load.watch import Watch
from deploy.bench.report import json_option, progress, report

#: Of the settled part: an alert not seen by then is not seen.
_ALERTS_S = 30.0
#: A centre that takes longer than this a passage is not measured to the end.
_SLOWEST_PER_S = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """As many as go through."""

    sent: Sent
    done: float
    used: Mapping[str, Usage]  #: while it lasted

    @property
    def passages_per_s(self) -> float:
        return self.sent.passages / (self.done - self.sent.first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady:
    """So many a second."""

    sent: Sent
    alert_ms: Mapping[str, float]
    alerts: int
    kept_up: bool  #: the generator was not held back
    used: Mapping[str, Usage]


@click.command("central")
@click.option("--engine", type=click.Choice(["embedded", "kafka"]), default="embedded", show_default=True)
@click.option("--passages", default=1_000_000, show_default=True, help="Of the flood.")
@click.option("--batch", default=200, show_default=True, help="Passages a record of the flood: a relay's most.")
@click.option("--orders", default=1_000_000, show_default=True, help="Active ones, in the records.")
@click.option("--nodes", default=100, show_default=True, help="Simulated, each a key of the bus.")
@click.option("--rate", default=10_000, show_default=True, help="Passages a second of the steady part.")
@click.option("--seconds", default=30, show_default=True, help="Of the steady part.")
@click.option("--steady-batch", default=20, show_default=True, help="Passages a record of the steady part.")
@click.option("--unsure", default=0.02, show_default=True, help="Share of reads that are not sure.")
@click.option("--partitions", default=12, show_default=True, help="Of the passages' topic.")
@click.option("--processes", default=1, show_default=True, help="That match.")
@json_option
def central(
    engine: Literal["embedded", "kafka"],
    passages: int,
    batch: int,
    orders: int,
    nodes: int,
    rate: int,
    seconds: int,
    steady_batch: int,
    unsure: float,
    partitions: int,
    processes: int,
    *,
    as_json: bool,
) -> None:
    """Flood a centre, then keep a steady rate; bus, processes, watchlist and store are the real ones.

    Each part of the centre that matters is a process of its own (`bukong central ingest` and `match`), the
    generator another; for kafka a broker runs besides. The flood gives the passages a second from the first
    publish until both groups have committed the last; the steady part gives the time from publishing a listed
    vehicle's passage to its alert being seen on the live feed. At the end the store is asked what it has.
    """
    traffic = Traffic(nodes=nodes, orders=orders, unsure_share=unsure)
    with (
        tempfile.TemporaryDirectory(prefix="bukong-bench-") as folder,
        opened(Path(folder), engine=engine, orders=orders, partitions=partitions) as site,
    ):
        progress("starting the centre")
        site.start("ingest", *["match"] * processes)
        flood = _flood(site, passages, batch, traffic)
        progress(f"{flood.passages_per_s:,.0f} passages/s; now {rate:,}/s for {seconds} s")
        steady = _steady(site, rate, seconds, steady_batch, traffic)
        peak = sum(each.peak_mib for each in site.usage().values())
        site.stop()
        stored = site.stored()
    report(
        _figures(flood, steady, stored, orders, peak),
        as_json=as_json,
        lines=_lines(engine, flood, steady, stored),
    )


def _flood(site: Site, passages: int, batch: int, traffic: Traffic) -> Flood:
    with site.sending(passages, batch=batch, rate=0, traffic=traffic) as sending:
        before = site.usage()
        sending.go()
        sent = sending.wait()
        done = site.wait_until_done("ingest", "match", timeout_s=60 + passages / _SLOWEST_PER_S)
        used = _difference(before, site.usage())
    return Flood(sent=sent, done=done, used=used)


def _steady(site: Site, rate: int, seconds: int, batch: int, traffic: Traffic) -> Steady:
    with (
        site.sending(rate * seconds, batch=batch, rate=rate, traffic=traffic) as sending,
        Watch(site.settings.data / "records") as watch,
    ):
        before = site.usage()
        sending.go()
        sent = sending.wait()
        watch.wait_for(len(sent.listed), timeout_s=_ALERTS_S)
        site.wait_until_done("ingest", "match", timeout_s=_ALERTS_S)
        used = _difference(before, site.usage())
    # The first seconds warm up what the flood did not touch.
    began = sent.first + min(2.0, seconds / 10)
    late = [1000 * (watch.seen[i] - at) for i, at in sent.listed.items() if i in watch.seen and at >= began]
    p50, p95, p99 = np.percentile(late, (50, 95, 99)).tolist() if late else (float("nan"),) * 3
    return Steady(
        sent=sent,
        alert_ms={"p50": round(p50, 1), "p95": round(p95, 1), "p99": round(p99, 1)},
        alerts=len(watch.seen),
        kept_up=sent.last - sent.first < 1.05 * seconds,
        used=used,
    )


def _difference(before: Mapping[str, Usage], after: Mapping[str, Usage]) -> dict[str, Usage]:
    return {
        name: Usage(cpu_s=used.cpu_s - (before[name].cpu_s if name in before else 0), peak_mib=used.peak_mib)
        for name, used in after.items()
    }


def _figures(flood: Flood, steady: Steady, stored: Stored, orders: int, peak_mib: float) -> dict[str, Any]:
    return {
        "passages_per_s": round(flood.passages_per_s),
        "alert_ms": steady.alert_ms,
        "orders": orders,
        "peak_mib": round(peak_mib),
        "cpu_s": {name: round(used.cpu_s, 1) for name, used in flood.used.items()},
        "steady_cpu_s": {name: round(used.cpu_s, 1) for name, used in steady.used.items()},
        "stored": stored.passages,
        "sent": flood.sent.passages + steady.sent.passages,
        "duplicates": stored.duplicates,
        "alerts": steady.alerts,
        "listed": len(steady.sent.listed),
        "kept_up": steady.kept_up,
    }


def _lines(engine: str, flood: Flood, steady: Steady, stored: Stored) -> str:
    return "\n".join(
        [
            f"{'engine':<18} {engine}",
            f"{'flood':<18} {flood.passages_per_s:,.0f} passages/s",
            *_used("  CPU", flood.used, flood.done - flood.sent.first),
            f"{'alerts':<18} p50 {steady.alert_ms['p50']} ms, p95 {steady.alert_ms['p95']} ms, "
            f"p99 {steady.alert_ms['p99']} ms; {steady.alerts} of {len(steady.sent.listed)} listed were seen",
            *_used("  CPU", steady.used, steady.sent.last - steady.sent.first),
            f"{'stored':<18} {stored.passages:,} of {flood.sent.passages + steady.sent.passages:,} sent, "
            f"{stored.duplicates} twice",
        ]
    )


def _used(title: str, used: Mapping[str, Usage], seconds: float) -> Sequence[str]:
    return [
        f"{title:<18} {name:<14} {each.cpu_s / seconds:4.2f} of a core, peak {each.peak_mib:,.0f} MiB"
        for name, each in used.items()
    ]
