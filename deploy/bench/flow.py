"""`bukong bench flow`: how well the next two hours of every section are foretold.

Weeks of the city in movement go into a real passage store, which counts them as the centre does. Then come
days that were not learnt from, with incidents that slow single roads down: at every quarter of an hour the next
eight are foretold and held against what was counted. Beside it stand the two rules that anyone would try first:
it stays as it is now, and it goes as usual.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from central.flow import AHEAD, FlowNetwork, FlowStore, build
from central.flow.counts import DAY, Floats
from central.flow.forecast import Forecaster
from central.interception import Calendar
from central.store.chdb import ChdbEngine
from central.store.clickhouse import ClickHousePassages
from deploy.bench.report import json_option, progress, report
from deploy.movement import Incident, Movement
from deploy.movement.calendar import midnight_us
from deploy.movement.network import ARTERIAL, RING
from deploy.movement.table import to_arrow

_FIRST = date(2026, 3, 2)  # a Monday
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: A percentage of less means little.
_FEWEST = {"vehicles": 10.0, "seconds": 1.0}
#: A travel time so far above the usual is disturbed.
_DISTURBED = 1.3


@dataclass(slots=True)
class Errors:
    """Of one way of foretelling, by horizon: what was said and what came."""

    said: list[list[Floats]] = field(default_factory=lambda: [[] for _ in range(AHEAD)])
    came: list[list[Floats]] = field(default_factory=lambda: [[] for _ in range(AHEAD)])

    def add(self, step: int, said: Floats, came: Floats) -> None:
        self.said[step].append(said)
        self.came[step].append(came)

    def figures(self, fewest: float) -> dict[str, object]:
        mae, mape = [], []
        for said, came in zip(self.said, self.came, strict=True):
            s, c = np.concatenate(said), np.concatenate(came)
            enough = c >= fewest
            mae.append(round(float(np.abs(s - c).mean()), 3))
            mape.append(round(float((np.abs(s - c)[enough] / c[enough]).mean()), 4))
        return {
            "mae": round(float(np.mean(mae)), 3),
            "mape": round(float(np.mean(mape)), 4),
            "mae_by_horizon": mae,
            "mape_by_horizon": mape,
        }


@dataclass(slots=True)
class Score:
    """Of one measure, over all sections and held-out days."""

    ways: dict[str, Errors] = field(
        default_factory=lambda: {name: Errors() for name in ("bukong", "last_value", "usual")}
    )
    disturbed: dict[str, Errors] = field(
        default_factory=lambda: {name: Errors() for name in ("bukong", "last_value", "usual")}
    )
    inside: list[list[NDArray[np.bool_]]] = field(default_factory=lambda: [[] for _ in range(AHEAD)])

    def add(self, observed: Floats, usual: Floats, learnt: Forecaster, begin: int) -> None:
        """Of the day that begins at a column."""
        for now in range(begin + 1, begin + DAY - AHEAD):
            found = learnt.ahead(observed, usual, now)
            last = observed[:, now - 1]
            for step in range(AHEAD):
                came, said = observed[:, now + step], found.p50[:, step]
                as_usual = usual[:, now + step]
                there = np.isfinite(came) & np.isfinite(said) & np.isfinite(last)
                jam = there & (came > _DISTURBED * as_usual)
                for name, guess in (("bukong", said), ("last_value", last), ("usual", as_usual)):
                    self.ways[name].add(step, guess[there], came[there])
                    self.disturbed[name].add(step, guess[jam], came[jam])
                # Counts are whole: a band from 3.2 to 7.9 holds 3 to 8.
                low, high = np.floor(found.p10[:, step]), np.ceil(found.p90[:, step])
                self.inside[step].append(((came >= low) & (came <= high))[there])

    def figures(self, measure: str) -> dict[str, object]:
        cover = [round(float(np.concatenate(step).mean()), 4) for step in self.inside]
        fewest = _FEWEST[measure]
        return {
            **{name: errors.figures(fewest) for name, errors in self.ways.items()},
            "disturbed_mae": {
                name: errors.figures(fewest)["mae"]
                for name, errors in self.disturbed.items()
                if any(len(part) for part in errors.came[0])
            },
            "band_p10_p90_holds": round(float(np.mean(cover)), 4),
            "band_p10_p90_holds_by_horizon": cover,
        }


@click.command()
@click.option("--vehicles", default=20_000, show_default=True, type=click.IntRange(500, 1_000_000))
@click.option("--checkpoints", default=60, show_default=True, type=click.IntRange(10, 2000))
@click.option("--days", default=28, show_default=True, type=click.IntRange(7, 365), help="To learn from.")
@click.option("--held-out", default=7, show_default=True, type=click.IntRange(1, 28), help="Days to foretell.")
@click.option("--incidents", default=6, show_default=True, type=click.IntRange(0, 100), help="A day.")
@click.option("--seed", default=1, show_default=True)
@json_option
def flow(
    vehicles: int, checkpoints: int, days: int, held_out: int, incidents: int, seed: int, as_json: bool
) -> None:
    """Foretell volume and travel time of every section on days that were not learnt from."""
    movement = Movement.of(
        seed=seed, first=_FIRST, days=days + held_out, vehicles=vehicles, checkpoints=checkpoints
    )
    movement = replace(movement, incidents=_incidents(movement, incidents))
    with tempfile.TemporaryDirectory() as name:
        engine = ChdbEngine(Path(name) / "passages")
        store = ClickHousePassages(engine)
        try:
            passages, count_s = _filled(movement, engine, store.flow)
            figures = _measured(movement, store.flow, days=days)
        finally:
            store.close()
    told: dict[str, object] = {
        "passages": passages,
        "days": days,
        "held_out": held_out,
        "incidents": len(movement.incidents),
        "count_ms_a_day": round(1000 * count_s / movement.days),
        **figures,
    }
    report(told, as_json=as_json, lines="" if as_json else _lines(told))


def _incidents(movement: Movement, a_day: int) -> tuple[Incident, ...]:
    """On the larger roads of the town, at any hour of the day, from half an hour to two."""
    rng = np.random.default_rng([movement.seed, 9])
    larger = np.flatnonzero((movement.network.road_class >= ARTERIAL) & (movement.network.road_class <= RING))
    return tuple(
        Incident(
            day=day,
            road=int(rng.choice(larger)),
            begins=float(rng.uniform(6, 20)),
            hours=float(rng.uniform(0.5, 2)),
            factor=float(rng.uniform(2, 5)),
        )
        for day in range(movement.days)
        for _ in range(a_day)
    )


def _filled(movement: Movement, engine: ChdbEngine, store: FlowStore) -> tuple[int, float]:
    """Passages in all, seconds that the counting took."""
    passages, took = 0, 0.0
    for number, batch in enumerate(movement.batches()):
        engine.insert("passages", to_arrow(batch, movement.network, seed=number))
        passages += len(batch)
        began = time.perf_counter()
        store.count(since=_midnight(movement, number), until=_midnight(movement, number + 1))
        took += time.perf_counter() - began
    progress(f"{passages:,} passages of {movement.days} days stored and counted")
    return passages, took


def _measured(movement: Movement, store: FlowStore, *, days: int) -> dict[str, object]:
    counts = store.read(since=_midnight(movement, 0), until=_midnight(movement, movement.days))
    vehicles, seconds = Score(), Score()
    built = []
    whole: FlowNetwork | None = None
    for day in range(days, movement.days):
        # What was known at midnight learns; what was known at the day's end tells what came.
        began = time.perf_counter()
        morning = build(counts, now=_midnight(movement, day), days=days, calendar=Calendar())
        built.append(time.perf_counter() - began)
        end = _midnight(movement, day + 1) - timedelta(seconds=1)
        whole = build(counts, now=end, days=days, calendar=Calendar(), roads=morning.sections)
        begin = whole.today.start
        vehicles.add(whole.vehicles, whole.usual_vehicles.p50, morning.counted, begin)
        seconds.add(whole.seconds, whole.usual_seconds.p50, morning.timed, begin)
        progress(f"day {day + 1} of {movement.days} foretold")
    assert whole is not None
    return {
        "sections": len(whole.sections),
        "counts_kept": len(counts),
        "build_ms": round(1000 * float(np.median(built))),
        "median_vehicles_a_quarter": round(float(np.nanmedian(whole.vehicles)), 1),
        "learnt": {
            name: {"decay": learnt.decay, "chance": learnt.chance}
            for name, learnt in (("vehicles", whole.counted), ("seconds", whole.timed))
        },
        "vehicles": vehicles.figures("vehicles"),
        "seconds": seconds.figures("seconds"),
    }


def _midnight(movement: Movement, day: int) -> datetime:
    return _EPOCH + timedelta(microseconds=midnight_us(movement.first + timedelta(days=day)))


def _lines(figures: Mapping[str, object]) -> str:
    told = []
    for name, value in figures.items():
        if name not in ("vehicles", "seconds"):
            told.append(f"{name:<26} {value}")
            continue
        assert isinstance(value, Mapping)
        told += [
            f"{name + ', ' + way:<26} mae {value[way]['mae']}  mape {value[way]['mape']:.1%}"
            for way in ("bukong", "last_value", "usual")
        ]
        told.append(f"{name + ', disturbed mae':<26} {value['disturbed_mae']}")
        told.append(f"{name + ', P10–P90 holds':<26} {value['band_p10_p90_holds']:.1%}")
    return "\n".join(told)
