"""How a benchmark says what it measured: figures as JSON or as lines, the machine beside, progress apart."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

import click

from deploy.bench.machine import machine

json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON object instead of lines for people."
)


def progress(text: str) -> None:
    """What goes on now, on standard error: the figures alone are the output."""
    click.echo(text, err=True)


def report(figures: Mapping[str, object], *, as_json: bool, lines: str = "") -> None:
    """Print the figures, with the machine and its load beside them.

    Args:
        figures: what `--json` prints, `machine` and `load` added.
        lines: for people; where there are none, a line a figure.
    """
    told = {"machine": machine(), "load": round(os.getloadavg()[0], 2)}
    if as_json:
        click.echo(json.dumps({**figures, **told}, ensure_ascii=False))
        return
    click.echo(lines or "\n".join(f"{name:<18} {value}" for name, value in figures.items()))
    click.echo(f"{'machine':<18} {told['machine']}, load {told['load']}")
