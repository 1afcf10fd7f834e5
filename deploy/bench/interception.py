"""`bukong bench interception`: how well the next checkpoint and the time of arrival are foretold.

Some weeks of the city in movement go into a real passage store; the model learns from it as the centre does,
hour by hour, by the store's own counting. Then come days that it has not seen: vehicles are taken at random
passages and what was foretold is held against their next one. Beside it stands what a dispatcher without the
model would do: the nearest checkpoint, at a constant speed.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import numpy as np

from central.checkpoint import Checkpoint
from central.interception import (
    Calendar,
    Forecast,
    Geography,
    MovementModel,
    Sighting,
    forecast,
    habits_of,
    step_counts,
)
from central.interception.geography import seconds_by_air
from central.interception.model import StepTable
from central.ports import SAME_STOP_S, PassageQuery, PassageStore
from central.store.chdb import ChdbEngine
from central.store.clickhouse import ClickHousePassages
from deploy.bench.report import json_option, progress, report
from deploy.movement import DIRECTIONS, Batch, Movement
from deploy.movement.calendar import midnight_us
from deploy.movement.table import to_arrow

HORIZON = timedelta(minutes=30)
_FIRST = date(2026, 3, 2)  # a Monday
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Of the baseline: what a vehicle makes in town, and how much later than that nine in ten have come.
_BASELINE_KMH, _BASELINE_P90 = 35.0, 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A sighting on a held-out day and what came of it."""

    plate: str
    sighting: Sighting
    then: str  #: the next checkpoint; empty: none within the horizon
    seconds: float  #: until then; 0 where there is none


@dataclass(slots=True)
class Score:
    """Sums over cases with a next checkpoint, and over all."""

    cases: int = 0
    top1: int = 0
    top3: int = 0
    within_p50: int = 0
    within_p90: int = 0
    widths: list[float] = field(default_factory=list)
    ended: list[tuple[float, bool]] = field(default_factory=list)

    def add(self, case: Case, nexts: Sequence[str], windows: Mapping[str, tuple[float, float]]) -> None:
        if not case.then:
            return
        self.cases += 1
        self.top1 += case.then in nexts[:1]
        self.top3 += case.then in nexts[:3]
        p50, p90 = windows.get(case.then, (0.0, 0.0))
        self.within_p50 += case.seconds <= p50
        self.within_p90 += case.seconds <= p90
        self.widths.append(p90 - p50)

    def figures(self) -> dict[str, float]:
        n = max(1, self.cases)
        return {
            "top1": round(self.top1 / n, 4),
            "top3": round(self.top3 / n, 4),
            "within_p50": round(self.within_p50 / n, 4),
            "within_p90": round(self.within_p90 / n, 4),
            "p50_to_p90_s": round(float(np.median(self.widths)) if self.widths else 0.0, 1),
        }


@click.command()
@click.option("--vehicles", default=12_000, show_default=True, type=click.IntRange(500, 1_000_000))
@click.option("--checkpoints", default=120, show_default=True, type=click.IntRange(10, 2000))
@click.option("--days", default=28, show_default=True, type=click.IntRange(1, 365), help="To learn from.")
@click.option("--held-out", default=7, show_default=True, type=click.IntRange(1, 28), help="Days to foretell.")
@click.option("--cases", default=4000, show_default=True, type=click.IntRange(100, 1_000_000))
@click.option("--seed", default=1, show_default=True)
@json_option
def interception(
    vehicles: int, checkpoints: int, days: int, held_out: int, cases: int, seed: int, as_json: bool
) -> None:
    """Foretell the next checkpoint and the arrival on days that were not learnt from."""
    movement = Movement.of(
        seed=seed, first=_FIRST, days=days + held_out, vehicles=vehicles, checkpoints=checkpoints
    )
    with tempfile.TemporaryDirectory() as name:
        engine = ChdbEngine(Path(name) / "passages")
        store = ClickHousePassages(engine)
        try:
            figures = _measure(movement, engine, store, days=days, cases=cases)
        finally:
            store.close()
    report(figures, as_json=as_json, lines="" if as_json else _lines(figures))


def _measure(
    movement: Movement, engine: ChdbEngine, store: PassageStore, *, days: int, cases: int
) -> dict[str, object]:
    passages, held = 0, []
    for number, batch in enumerate(movement.batches()):
        if number < days:
            engine.insert("passages", to_arrow(batch, movement.network, seed=number))
            passages += len(batch)
        else:
            held.append(batch)
    progress(f"{passages:,} passages of {days} days stored")
    ends = _local_midnight(movement, days)
    model, learn_s = _learnt(movement, store, until=ends)
    progress(f"learnt in {learn_s:.0f} s: {model.state.steps:,} steps, {model.state.entries:,} numbers held")
    chosen = list(_cases(movement, held, cases))
    bare = MovementModel(since=ends, calendar=model.calendar, geography=model.geography, horizon=HORIZON)
    scores = {name: Score() for name in ("bukong", "without_habits", "distance_only", "nearest")}
    took: list[float] = []
    for case in chosen:
        began = time.perf_counter()
        habits = _habits(store, case, model.calendar, since=model.state.since, until=ends)
        best = forecast(model, case.sighting, asked_at=case.sighting.at, habits=habits)
        took.append(time.perf_counter() - began)
        _add(scores["bukong"], case, best, model)
        _add(scores["without_habits"], case, forecast(model, case.sighting, asked_at=case.sighting.at), model)
        _add(scores["distance_only"], case, forecast(bare, case.sighting, asked_at=case.sighting.at), bare)
        _add_nearest(scores["nearest"], case, model.geography)
    return {
        "passages": passages,
        "days": days,
        "cases": scores["bukong"].cases,
        "cases_that_ended": len(chosen) - scores["bukong"].cases,
        "learn_s": round(learn_s, 1),
        "steps": model.state.steps,
        "numbers_held": model.state.entries,
        "forecast_ms": {
            "p50": round(1000 * float(np.quantile(took, 0.5)), 2),
            "p95": round(1000 * float(np.quantile(took, 0.95)), 2),
        },
        **{name: score.figures() for name, score in scores.items()},
        "nowhere": _calibration(scores["bukong"]),
    }


def _local_midnight(movement: Movement, day: int) -> datetime:
    at = midnight_us(movement.first + timedelta(days=day))
    return _EPOCH + timedelta(microseconds=at)


def _learnt(movement: Movement, store: PassageStore, *, until: datetime) -> tuple[MovementModel, float]:
    """As the centre's part does it: hour by hour out of the store."""
    network = movement.network
    at = network.checkpoint_junctions
    checkpoints = [
        Checkpoint(checkpoint_id=key, name=key, latitude=north, longitude=east)
        for key, north, east in zip(
            network.checkpoint_ids, network.latitude[at].tolist(), network.longitude[at].tolist(), strict=True
        )
    ]
    model = MovementModel(
        since=_local_midnight(movement, 0),
        calendar=Calendar(),
        geography=Geography.of(checkpoints),
        horizon=HORIZON,
    )
    began = time.perf_counter()
    while model.state.until < until:
        end = min(until, model.state.until + timedelta(hours=1))
        model.learn(store.steps(since=model.state.until, until=end, horizon=HORIZON), until=end)
    return model, time.perf_counter() - began


def _cases(movement: Movement, held: Sequence[Batch], count: int) -> Iterator[Case]:
    """Random passages of the held-out days with what the same text did before and after."""
    texts = np.concatenate([b.plates[b.plate] for b in held])
    at = np.concatenate([b.captured_at for b in held])
    place = np.concatenate([b.checkpoint for b in held])
    heading = np.concatenate([b.direction for b in held])
    order = np.lexsort((at, texts))
    texts, at, place, heading = texts[order], at[order], place[order], heading[order]
    ids = movement.network.checkpoint_ids
    horizon_us = HORIZON // timedelta(microseconds=1)
    rng = np.random.default_rng([movement.seed, 6])
    usable = np.flatnonzero((texts != "") & (at < at.max() - horizon_us))
    for n in rng.permutation(usable)[:count].tolist():
        after, before = n + 1, n - 1
        comes = after < texts.size and texts[after] == texts[n] and at[after] - at[n] <= horizon_us
        came = n > 0 and texts[before] == texts[n] and at[n] - at[before] <= horizon_us
        if comes and place[after] == place[n] and at[after] - at[n] < SAME_STOP_S * 1_000_000:
            continue
        yield Case(
            plate=str(texts[n]),
            sighting=Sighting(
                checkpoint_id=ids[place[n]],
                at=_EPOCH + timedelta(microseconds=int(at[n])),
                direction=DIRECTIONS[heading[n]],
                before=ids[place[before]] if came else "",
            ),
            then=ids[place[after]] if comes else "",
            seconds=(at[after] - at[n]) / 1e6 if comes else 0.0,
        )


def _habits(
    store: PassageStore, case: Case, calendar: Calendar, *, since: datetime, until: datetime
) -> StepTable:
    page = store.search(PassageQuery(plate=case.plate, since=since, until=until, limit=500))
    counts = step_counts(page.passages[::-1], since=since, until=until, horizon=HORIZON)
    return habits_of(counts, calendar)


def _add(score: Score, case: Case, found: Forecast, model: MovementModel) -> None:
    nexts = [e.checkpoint_id for e in found.next]
    windows = {e.checkpoint_id: (e.window.p50, e.window.p90) for e in found.next}
    if case.then and case.then not in windows:
        slot = model.calendar.slot(case.sighting.at)
        window = model.times(case.sighting.checkpoint_id, case.then, slot).window()
        windows[case.then] = (window.p50, window.p90)
    score.add(case, nexts, windows)
    score.ended.append((found.nowhere, not case.then))


def _add_nearest(score: Score, case: Case, geography: Geography) -> None:
    here = geography.places[case.sighting.checkpoint_id]
    nearest = [
        key
        for key, _ in geography.nearest(case.sighting.checkpoint_id, limit=4)
        if key != case.sighting.before  # even so much a dispatcher knows: it doesn't turn round
    ]
    windows = {}
    if case.then:
        seconds = seconds_by_air(here, geography.places[case.then], kmh=_BASELINE_KMH)
        windows[case.then] = (seconds, seconds * _BASELINE_P90)
    score.add(case, nearest, windows)


def _calibration(score: Score) -> dict[str, float]:
    """Of the probability that no checkpoint sees it: what was said on average, and what came true."""
    said, true = zip(*score.ended, strict=True)
    return {"said": round(float(np.mean(said)), 4), "came_true": round(float(np.mean(true)), 4)}


def _lines(figures: Mapping[str, object]) -> str:
    told = []
    for name, value in figures.items():
        shown = "  ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, Mapping) else str(value)
        told.append(f"{name:<18} {shown}")
    return "\n".join(told)
