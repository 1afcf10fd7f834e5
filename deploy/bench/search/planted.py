"""`bukong bench planted`: of planted convoys and cloned plates, how many are found and how much else.

On one city a seed, each four weeks long; thresholds must have been chosen on other seeds than these. Every
leader of a convoy and as many other vehicles are asked about; cloned plates are asked for once a city.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from deploy.bench.report import json_option, progress, report
from deploy.bench.search.city import Sizes, city
from deploy.bench.search.scores import clones_found, convoys_found

_SCORES = {"convoy": convoys_found, "clone": clones_found}


@click.command()
@click.option("--seed", "seeds", multiple=True, type=int, default=tuple(range(102, 107)), show_default=True)
@click.option("--passages", default=1_000_000, show_default=True, type=click.IntRange(100_000, 1_000_000_000))
@click.option("--days", default=28, show_default=True, type=click.IntRange(7, 3650))
@click.option("--checkpoints", default=120, show_default=True, type=click.IntRange(10, 2000))
@click.option("--convoys", default=30, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--clones", default=30, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--only", multiple=True, type=click.Choice(sorted(_SCORES)), help="Of these kinds.")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the cities there, and use them again.",
)
@json_option
def planted(
    seeds: tuple[int, ...],
    passages: int,
    days: int,
    checkpoints: int,
    convoys: int,
    clones: int,
    only: tuple[str, ...],
    keep: Path | None,
    as_json: bool,
) -> None:
    """Precision and recall of convoys and cloned plates, city by city; the least and the mean."""
    found: dict[str, dict[str, list[float]]] = {kind: {} for kind in only or _SCORES}
    for seed in seeds:
        sizes = Sizes(
            passages=passages,
            days=days,
            pictures_days=1,  # analyses look at none
            seed=seed,
            convoys=convoys,
            clones=clones,
            checkpoints=checkpoints,
        )
        with tempfile.TemporaryDirectory() as name:
            filled = city((keep or Path(name)) / f"{checkpoints}-{seed}", sizes)
            try:
                for kind, of_seed in found.items():
                    of_seed[str(seed)] = [round(value, 4) for value in _SCORES[kind](filled)]
                    progress(f"seed {seed}, {kind}: precision and recall {of_seed[str(seed)]}")
            finally:
                filled.store.close()
    figures: dict[str, object] = {"passages": passages, "days": days, "checkpoints": checkpoints}
    for kind, of_seed in found.items():
        both = list(zip(*of_seed.values(), strict=True))
        figures[kind] = {
            "least": [min(values) for values in both],
            "mean": [round(sum(values) / len(values), 4) for values in both],
            "by_seed": of_seed,
        }
    report(figures, as_json=as_json)
