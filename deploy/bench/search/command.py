"""`bukong bench search`: how fast the past answers, what it takes on disk, and how both grow.

A city of some months goes into a real passage store, day by day, with reads' alternatives, boxes and two
pictures' hashes a passage; what is of use only with the pictures goes when they are too old, as in a running
centre. Each question is then put many times with random values: warm, and cold (the store's files out of the
page cache, the engine's own caches emptied).
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

import click
import numpy as np

from central.investigation import TooMuch
from deploy.bench.report import json_option, progress, report
from deploy.bench.search.city import City, Sizes, city
from deploy.bench.search.queries import QUERIES, Query


@click.command()
@click.option("--passages", default=1_000_000, show_default=True, type=click.IntRange(10_000, 1_000_000_000))
@click.option("--days", default=90, show_default=True, type=click.IntRange(7, 3650))
@click.option("--pictures-days", default=30, show_default=True, type=click.IntRange(1, 3650))
@click.option("--warm", default=30, show_default=True, type=click.IntRange(1, 10_000), help="Questions a kind.")
@click.option("--cold", default=5, show_default=True, type=click.IntRange(1, 1000), help="Questions a kind.")
@click.option("--only", multiple=True, type=click.Choice(sorted(QUERIES)), help="Of these kinds.")
@click.option("--growth", is_flag=True, help="A hundredth and a tenth of the passages first.")
@click.option("--no-score", is_flag=True, help="Leave precision and recall out.")
@click.option("--convoys", default=40, show_default=True, type=click.IntRange(0, 10_000))
@click.option("--clones", default=40, show_default=True, type=click.IntRange(0, 10_000))
@click.option("--checkpoints", default=120, show_default=True, type=click.IntRange(10, 2000))
@click.option("--seed", default=1, show_default=True)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the cities there, one folder a size: what is there already is measured and not made again.",
)
@json_option
def search(
    passages: int,
    days: int,
    pictures_days: int,
    warm: int,
    cold: int,
    only: tuple[str, ...],
    growth: bool,
    no_score: bool,
    convoys: int,
    clones: int,
    checkpoints: int,
    seed: int,
    keep: Path | None,
    as_json: bool,
) -> None:
    """Questions about the past of a city: p50 and p95 warm, the median cold, bytes a passage, memory."""
    wanted = [passages // 100, passages // 10, passages] if growth else [passages]
    measured: dict[int, dict[str, object]] = {}
    for size in wanted:
        # Small cities have no room for as much that is planted.
        share = min(1.0, size / 1_000_000)
        sizes = Sizes(
            passages=size,
            days=days,
            pictures_days=min(pictures_days, days),
            seed=seed,
            convoys=round(convoys * share),
            clones=round(clones * share),
            checkpoints=checkpoints,
        )
        with tempfile.TemporaryDirectory() as name:
            filled = city((keep or Path(name)) / str(size), sizes)
            try:
                measured[size] = _measure(
                    filled, only or tuple(QUERIES), warm=warm, cold=cold, score=not no_score
                )
            finally:
                filled.store.close()
    figures = measured.pop(passages)
    if measured:
        figures["growth"] = {str(size): found for size, found in measured.items()}
    report(figures, as_json=as_json, lines="" if as_json else _lines(figures))


def _measure(city: City, kinds: tuple[str, ...], *, warm: int, cold: int, score: bool) -> dict[str, object]:
    queries: dict[str, dict[str, float | None]] = {}
    scores: dict[str, list[float]] = {}
    for kind in kinds:
        query = QUERIES[kind]
        city.remember_pages()
        _asked(query, city)
        asked = [_asked(query, city) for _ in range(warm)]
        colds = []
        for _ in range(cold):
            city.forget_pages()
            colds.append(_asked(query, city))
        queries[kind] = {
            "p50_ms": _percentile(asked, 50),
            "p95_ms": _percentile(asked, 95),
            "cold_ms": _percentile(colds, 50),
            "rows": round(float(np.mean([rows or 0 for _, rows in asked])), 1),
        }
        if refused := sum(rows is None for _, rows in [*asked, *colds]):
            queries[kind]["refused"] = refused
        if query.goal_ms is not None:
            queries[kind]["goal_ms"] = query.goal_ms
        if query.goal_cold_ms is not None:
            queries[kind]["goal_cold_ms"] = query.goal_cold_ms
        progress(f"{kind}: {queries[kind]}")
        if score and query.score is not None:
            scores[kind] = [round(value, 4) for value in query.score(city)]
            progress(f"{kind}: precision and recall {scores[kind]}")
    disk = city.disk()
    return {
        "passages": city.passages,
        # What is kept for all its days; what tells of its pictures goes when they go.
        "bytes_per_passage": round(disk["passage"], 1),
        "bytes_per_passage_with_pictures": round(disk["all"], 1),
        "bytes_of_its_pictures": round(disk["pictures"], 1),
        "share_with_pictures": round(disk["share_with_pictures"], 3),
        "stored_per_second": round(city.passages / city.fill_s),
        "memory_peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        "queries": queries,
        "precision_recall": scores,
    }


def _asked(query: Query, city: City) -> tuple[float, int | None]:
    """Milliseconds, and how many rows came back; None: refused, for it was past the question's limits."""
    before = time.perf_counter()
    try:
        rows = query.ask(city)
    except TooMuch:
        rows = None
    return 1000 * (time.perf_counter() - before), rows


def _percentile(asked: list[tuple[float, int | None]], percent: float) -> float | None:
    """Of those that were answered: a refusal is quick and says nothing. None: none were."""
    times = [ms for ms, rows in asked if rows is not None]
    return round(float(np.percentile(times, percent)), 1) if times else None


def _lines(figures: dict[str, object]) -> str:
    told = [f"{name:<22} {value}" for name, value in figures.items() if not isinstance(value, dict)]
    queries = figures["queries"]
    assert isinstance(queries, dict)
    told += [
        f"{name:<22} p50 {q['p50_ms']}, p95 {q['p95_ms']}, cold {q['cold_ms']} ms: {QUERIES[name].summary}"
        for name, q in queries.items()
    ]
    scores = figures["precision_recall"]
    assert isinstance(scores, dict)
    told += [f"{name:<22} precision {p}, recall {r}" for name, (p, r) in scores.items()]
    return "\n".join(told)
