"""The campaign's report: a table for a terminal and for docs/faults.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from deploy.bench.machine import machine
from tests.faults.distributed.campaign import Report

_HEAD = """# Faults: what broke, and what was there afterwards

Written by `{command}`;
run it again to hold it against your own machine. Everything is a process of one machine: three Apache Kafka
brokers (three copies, two in sync), PostgreSQL, Redis, one process that takes in and serves the API (its chDB
can be open in one process only), two that match, and {nodes} nodes with outbox, relay and uploader.

What is broken and when is drawn from the seed. Afterwards everything is mended, the nodes deliver what waits,
and what the centre has is held against what the nodes' outboxes took: each passage and each alert by its
identifier, each picture by its hash, each bad record by its bytes.
"""


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def summary(report: Report) -> str:
    """Faults, outcome, figures."""
    plan = report.plan
    faults = [(kind, f"{times:,}") for kind, times in sorted(report.faults.items())]
    figures = [
        ("passages a second that the outboxes took while things broke", f"{report.made_per_s:,.0f}"),
        ("of that, asked for", f"{plan.rate:,.0f} and 160 sent twice, backwards or out of turn"),
        ("seconds of faults", f"{report.broken_s:,.0f}"),
        ("seconds from the mending until all was taken in", f"{report.drained_s:,.0f}"),
        ("passages sent again, backwards or out of turn", f"{report.repeats:,}"),
        ("processes that gave up and were started again", f"{report.restarts:,}"),
        ("bad records on topics that nobody refuses from", f"{report.outcome.passed_over:,}"),
        *((f"memory of {name}, at most, MiB", f"{mib:,.0f}") for name, mib in report.peak_mib.items()),
    ]
    return "\n\n".join(
        [
            table(("fault", "times"), faults),
            table(("afterwards", "expected", "got"), report.outcome.rows()),
            table(("beside that", ""), figures),
            *report.outcome.examples,
        ]
    )


def document(report: Report, command: str, *, on: date) -> str:
    """docs/faults.md."""
    verdict = "Nothing was lost, doubled or invented." if report.outcome.good else "**It failed.**"
    return "\n".join(
        [
            _HEAD.format(command=command, nodes=report.plan.nodes + 1),
            f"{on.isoformat()}, {machine()}, seed {report.plan.seed}. {verdict}",
            "",
            summary(report),
            "",
            _NOTES,
        ]
    )


_NOTES = """## What each fault is

- *kill -9* of one process at a random moment; it is started again within seconds, as a service manager does.
- *brokers refuse*: two of three are away, so fewer are in sync than must be and every publish is refused.
- *broker's disk full*: no file of the broker may grow (RLIMIT_FSIZE); it gives up and starts again with room.
- *edge's disk full*: the same for the process that has the outbox; what it refuses is offered again.
- *network cut of ten hours*: a node has ten hours of passages in its outbox and gets its link in the middle.
- *clock jumps*: a node's clock is an hour ahead for a while, then an hour behind, then right again.
- *records that are no message*: random bytes and batches that were cut off, on every topic.

kill -9 shows that what was acknowledged outlives the process, not that it outlives a power cut of the machine:
Kafka acknowledges what two brokers hold in memory, and all three are on one machine here.
"""
