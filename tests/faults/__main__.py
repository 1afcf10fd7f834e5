"""`python -m tests.faults`, or `make faults`: the campaign at length, with figures; exit code 1 if it fails."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click
from tqdm import tqdm

from tests.faults.campaign import Verdict


@click.command()
@click.option("--kills", default=200, show_default=True, help="kill -9 so often, of node and centre together.")
@click.option("--seed", default=1, show_default=True, help="Of the moments and the victims.")
@click.option(
    "--node",
    type=click.Choice(["cameras", "scripted"]),
    default="cameras",
    show_default=True,
    help="A whole node that plays a rendered road, or one whose passages are a script.",
)
@click.option("--seconds", default=40, show_default=True, help="Of the rendered road.")
@click.option("--folder", type=click.Path(path_type=Path), help="Keep everything here.")
def main(kills: int, seed: int, node: str, seconds: int, folder: Path | None) -> None:
    """Kill a node and the centre at random moments, then hold what is stored against what was to be."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary, tqdm(total=kills, unit=" kills", disable=None) as bar:
        verdict = _run(
            folder or Path(temporary) / "site",
            node,
            kills=kills,
            seconds=seconds,
            chance=random.Random(seed),
            on_kill=lambda _name: _advance(bar),
        )
    minutes = (time.monotonic() - began) / 60
    click.echo(f"{node} node, seed {seed}, {minutes:.1f} minutes\n{verdict}")
    sys.exit(0 if verdict.good else 1)


def _advance(bar: tqdm[NoReturn]) -> None:
    bar.update()


def _run(
    folder: Path,
    node: str,
    *,
    kills: int,
    seconds: int,
    chance: random.Random,
    on_kill: Callable[[str], None],
) -> Verdict:
    if node == "scripted":
        from tests.faults.scripted import run_scripted

        return run_scripted(folder, kills=kills, chance=chance, on_kill=on_kill)
    from tests.faults.camera_node import run_cameras

    return run_cameras(folder, kills=kills, seconds=seconds, chance=chance, on_kill=on_kill)


if __name__ == "__main__":
    main()
