"""`bukong bench central`: how many passages a second a centre takes in, and how soon its alerts are seen."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import click

from deploy.bench.load.processes import Usage
from deploy.bench.load.rivalry import Rival, rivals
from deploy.bench.load.runs import Flood, Steady, flood, steady
from deploy.bench.load.site import Stored, opened
from deploy.bench.load.vehicles import Traffic
from deploy.bench.report import json_option, progress, report

Engine = Literal["embedded", "kafka"]

#: Of the runs that show how matchers share the work, which need no long list.
_SCALING_ORDERS = 10_000
#: Of a plain consumer's run.
_RIVALS_PASSAGES = 60_000


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
@click.option("--partitions", default="12", show_default=True, help="Of the passages' topic; 1,2,4: a table.")
@click.option("--processes", default=1, show_default=True, help="That match.")
@click.option("--peers", is_flag=True, help="Beside it, what a user would write instead; with kafka.")
@json_option
def central(
    engine: Engine,
    passages: int,
    batch: int,
    orders: int,
    nodes: int,
    rate: int,
    seconds: int,
    steady_batch: int,
    unsure: float,
    partitions: str,
    processes: int,
    *,
    peers: bool,
    as_json: bool,
) -> None:
    """Flood a centre, then keep a steady rate; bus, processes, watchlist and store are the real ones.

    Each part of the centre that matters is a process of its own (`bukong central ingest` and `match`), the
    generator another; for kafka a broker runs besides. The flood gives the passages a second from the first
    publish until both groups have committed the last; the steady part gives the time from publishing a listed
    vehicle's passage to its alert being seen on the live feed. At the end the store is asked what it has.

    With several numbers of --partitions only matching is measured, with as many processes as partitions.
    """
    if peers and engine != "kafka":
        raise click.UsageError("expected --engine kafka with --peers: the plain consumers read from Kafka")
    traffic = Traffic(nodes=nodes, orders=orders, unsure_share=unsure)
    counts = [int(count) for count in partitions.split(",")]
    if len(counts) > 1:
        table = _scaling(engine, passages, batch, traffic, counts)
        report({"engine": engine, "matching": table}, as_json=as_json, lines="\n".join(_scaling_lines(table)))
        return
    plain: Mapping[str, Rival] = {}
    with (
        tempfile.TemporaryDirectory(prefix="bukong-bench-") as folder,
        opened(Path(folder), engine=engine, orders=orders, partitions=counts[0]) as site,
    ):
        progress("starting the centre")
        site.start("ingest", *["match"] * processes)
        progress(f"{passages:,} passages")
        flooded = flood(site, passages, batch, traffic, groups=("ingest", "match"))
        progress(f"{flooded.passages_per_s:,.0f} passages/s; now {rate:,}/s for {seconds} s")
        kept = steady(site, rate, seconds, steady_batch, traffic)
        peak = sum(each.peak_mib for each in site.usage().values())
        site.stop()
        stored = site.stored()
        if peers:
            plain = rivals(site, Path(folder), _RIVALS_PASSAGES, batch, traffic)
    figures = _figures(engine, flooded, kept, stored, orders, peak) | _rival_figures(flooded, plain)
    report(figures, as_json=as_json, lines="\n".join(_lines(figures, flooded, kept)))


def _scaling(
    engine: Engine, passages: int, batch: int, traffic: Traffic, counts: Iterable[int]
) -> list[dict[str, Any]]:
    """Matching alone, with as many processes as partitions."""
    table = []
    for count in counts:
        with (
            tempfile.TemporaryDirectory(prefix="bukong-bench-") as folder,
            opened(Path(folder), engine=engine, orders=_SCALING_ORDERS, partitions=count) as site,
        ):
            site.start(*["match"] * count)
            few = Traffic(nodes=traffic.nodes, orders=_SCALING_ORDERS, unsure_share=traffic.unsure_share)
            run = flood(site, passages, batch, few, groups=("match",))
        busy = sum(used.cpu_s for used in run.used.values()) / run.seconds
        table.append(
            {
                "partitions": count,
                "processes": count,
                "passages_per_s": round(run.passages_per_s),
                "cores_busy": round(busy, 2),
                "cpu_us": round(sum(run.cpu_us.values()), 1),
            }
        )
    return table


def _scaling_lines(table: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    yield "partitions  processes  passages/s  cores busy  CPU us a passage"
    for row in table:
        yield (
            f"{row['partitions']:>10}  {row['processes']:>9}  {row['passages_per_s']:>10,}  "
            f"{row['cores_busy']:>10}  {row['cpu_us']:>16}"
        )


def _figures(
    engine: Engine, flooded: Flood, kept: Steady, stored: Stored, orders: int, peak_mib: float
) -> dict[str, Any]:
    return {
        "engine": engine,
        "passages_per_s": round(flooded.passages_per_s),
        "alert_ms": kept.alert_ms,
        "orders": orders,
        "peak_mib": round(peak_mib),
        "cpu_s": round(sum(used.cpu_s for used in flooded.used.values()), 1),
        "cpu_us": flooded.cpu_us,
        "stored": stored.passages,
        "sent": flooded.sent.passages + kept.sent.passages,
        "duplicates": stored.duplicates,
        "alerts": kept.alerts,
        "listed": len(kept.sent.listed),
        "kept_up": kept.kept_up,
    }


def _rival_figures(flooded: Flood, plain: Mapping[str, Rival]) -> dict[str, Any]:
    """Ours over theirs. By processor time the broker and the generator are left out, as on their side."""
    ours = sum(us for name, us in flooded.cpu_us.items() if name.startswith(("ingest", "match")))
    return {
        f"plain_{form}": {
            "passages_per_s": round(rival.passages_per_s),
            "cpu_us": round(rival.cpu_us, 1),
            "ours_over_theirs": round(flooded.passages_per_s / rival.passages_per_s, 1),
            "theirs_over_ours_cpu": round(rival.cpu_us / ours, 1),
        }
        for form, rival in plain.items()
    }


def _lines(figures: Mapping[str, Any], flooded: Flood, kept: Steady) -> Iterable[str]:
    ms = figures["alert_ms"]
    yield f"{'engine':<18} {figures['engine']}, {figures['orders']:,} orders"
    yield f"{'flood':<18} {figures['passages_per_s']:,} passages/s"
    yield from _used(flooded.used, flooded.seconds, flooded.cpu_us)
    yield (
        f"{'alerts':<18} p50 {ms['p50']} ms, p95 {ms['p95']} ms, p99 {ms['p99']} ms; "
        f"{figures['alerts']} of {figures['listed']} listed were seen"
    )
    yield from _used(kept.used, kept.sent.last - kept.sent.first, {})
    if not kept.kept_up:
        yield f"{'':<18} the bus did not take the passages when they were due"
    yield (
        f"{'stored':<18} {figures['stored']:,} of {figures['sent']:,} sent, {figures['duplicates']} twice; "
        f"memory at most {figures['peak_mib']:,} MiB"
    )
    for name, rival in figures.items():
        if name.startswith("plain_"):
            yield (
                f"{name:<20} {rival['passages_per_s']:,} passages/s, {rival['cpu_us']} us of CPU a passage; "
                f"ours is {rival['ours_over_theirs']} times as fast, with 1/{rival['theirs_over_ours_cpu']} "
                "of the CPU"
            )


def _used(used: Mapping[str, Usage], seconds: float, cpu_us: Mapping[str, float]) -> Iterable[str]:
    for name, each in used.items():
        a_passage = f", {cpu_us[name]} us a passage" if name in cpu_us else ""
        yield (
            f"{'':<18} {name:<12} {each.cpu_s / seconds:4.2f} of a core{a_passage}, "
            f"peak {each.peak_mib:,.0f} MiB"
        )
