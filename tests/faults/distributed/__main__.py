"""`python -m tests.faults.distributed`, part of `make faults`: the campaign at length; exit code 1: failed."""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

import click

from proto.clock import SystemClock
from proto.logs import configure_logging
from tests.faults.distributed.campaign import Plan, run
from tests.faults.distributed.report import document, summary


@click.command()
@click.option("--seconds", default=600.0, show_default=True, help="Of faults, at least.")
@click.option("--rate", default=2000.0, show_default=True, help="Passages a second, of all nodes together.")
@click.option("--nodes", default=4, show_default=True, help="Beside the one that was cut off.")
@click.option("--backlog", default=18_000, show_default=True, help="Passages of the node that was cut off.")
@click.option("--seed", default=1, show_default=True, help="Of what breaks and when.")
@click.option("--drain", default=1800.0, show_default=True, help="Seconds to take in what waits, at most.")
@click.option("--folder", type=click.Path(path_type=Path), help="Keep everything here; must not exist.")
@click.option("--report", "to", type=click.Path(path_type=Path), help="Write the report there: docs/faults.md")
def main(
    seconds: float,
    rate: float,
    nodes: int,
    backlog: int,
    seed: int,
    drain: float,
    folder: Path | None,
    to: Path | None,
) -> None:
    """Break a distributed centre at random, mend it, and hold what it has against what was sent."""
    configure_logging(level="error")
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # that brokers are away is no news here
    logging.getLogger("alembic").setLevel(logging.ERROR)
    plan = Plan(seconds=seconds, rate=rate, nodes=nodes, backlog=backlog, seed=seed, drain_s=drain)
    with tempfile.TemporaryDirectory(prefix="bukong-faults-") as temporary:
        report = run(folder or Path(temporary) / "town", plan, tell=lambda what: click.echo(what, err=True))
    click.echo(summary(report))
    if to is not None:
        options = f"--seconds {seconds:g} --rate {rate:g} --nodes {nodes} --backlog {backlog} --seed {seed}"
        command = f"python -m tests.faults.distributed {options} --report {to}"
        to.write_text(document(report, command, on=SystemClock().now().date()), encoding="utf-8")
    sys.exit(0 if report.outcome.good else 1)


if __name__ == "__main__":
    main()
