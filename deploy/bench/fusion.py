"""`bukong bench fusion`: what the vote over a vehicle's frames is worth, by distance, speed and light.

The simulator's camera films vehicles that come towards it, the shipped detector and reader read every frame,
and the text of each passage is decided three ways from the very same readings: by our vote, by the most
confident frame, and by the majority of whole texts. Beside them stands what no choice among whole texts can
exceed: some frame was right.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context

import click
from tqdm import tqdm

from central.assessment import Rate
from deploy.bench.fusion_drive import (
    LIGHTS,
    SPEEDS_KMH,
    STRETCHES,
    Approach,
    Drive,
    Look,
    film,
    open_eyes,
    plate_pixels,
)
from deploy.bench.report import json_option, progress, report
from edge.models import ModelError
from edge.pipeline import Rules
from edge.vote import Vote
from edge.wiring.vision import Vision

#: All looks from the far end to the near one.
WHOLE = "whole"
#: Vehicles of one drive: work for a process.
_CONVOY = 10
WAYS = ("vote", "best_frame", "majority", "some_frame")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A passage, or one stretch of it, decided each way."""

    light: str
    speed_kmh: int
    distance: str  #: a stretch, or `WHOLE`
    frames: int
    looks: int  #: frames whose reading was worth a vote
    right: frozenset[str]  #: of `WAYS`
    sure: bool  #: the vote calls itself decisive


def decide(approach: Approach, distance: str) -> Decided:
    """Decide one stretch each way; without a look none is right."""
    looks = approach.looks
    vote = Vote()
    for look in looks:
        vote = vote.fold(look.reading, look.weight)
    texts = {
        "vote": vote.read.text if vote.read else "",
        "best_frame": best_frame(looks),
        "majority": majority(looks),
    }
    right = {way for way, text in texts.items() if text == approach.truth}
    if any(look.reading.text == approach.truth for look in looks):
        right.add("some_frame")
    needed = Rules().decisive if len(looks) > 1 else Rules().decisive_alone
    return Decided(
        light=approach.light,
        speed_kmh=approach.speed_kmh,
        distance=distance,
        frames=len(approach.frames),
        looks=len(looks),
        right=frozenset(right),
        sure=vote.confidence >= needed,
    )


def best_frame(looks: Sequence[Look]) -> str:
    """The text of the most confident reading; empty where there is none."""
    best = max(looks, key=lambda look: look.reading.confidence, default=None)
    return best.reading.text if best else ""


def majority(looks: Sequence[Look]) -> str:
    """The text read most often; of several, the one read with most confidence. Empty where there is none."""
    often = Counter(look.reading.text for look in looks)
    surest: dict[str, float] = {}
    for look in looks:
        text, confidence = look.reading.text, look.reading.confidence
        surest[text] = max(confidence, surest.get(text, 0.0))
    return max(often, key=lambda text: (often[text], surest[text]), default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Passages decided alike in distance, speed or light."""

    passages: int
    frames: int
    looks: int
    right: dict[str, int]  #: by way
    only_vote: int  #: right by the vote and wrong by the best frame
    only_best_frame: int
    only_majority: int  #: right by the majority and wrong by the vote
    sure: int  #: votes that call themselves decisive
    sure_right: int

    @classmethod
    def of(cls, decided: Iterable[Decided]) -> Tally:
        found = list(decided)
        return cls(
            passages=len(found),
            frames=sum(d.frames for d in found),
            looks=sum(d.looks for d in found),
            right={way: sum(way in d.right for d in found) for way in WAYS},
            only_vote=sum("vote" in d.right and "best_frame" not in d.right for d in found),
            only_best_frame=sum("best_frame" in d.right and "vote" not in d.right for d in found),
            only_majority=sum("majority" in d.right and "vote" not in d.right for d in found),
            sure=sum(d.sure for d in found),
            sure_right=sum(d.sure and "vote" in d.right for d in found),
        )

    def figures(self) -> dict[str, object]:
        """For `--json`."""
        shares = {}
        for way, count in self.right.items():
            rate = Rate(count=count, of=self.passages)
            low, high = rate.interval or (0.0, 1.0)
            shares[way] = {
                "right": count,
                "share": round(rate.value or 0.0, 4),
                "low": round(low, 4),
                "high": round(high, 4),
            }
        return {
            "passages": self.passages,
            "frames": self.frames,
            "looks": self.looks,
            **shares,
            "only_vote": self.only_vote,
            "only_best_frame": self.only_best_frame,
            "only_majority": self.only_majority,
            "decisive": self.sure,
            "decisive_right": self.sure_right,
        }

    def line(self, name: str) -> str:
        """For people."""
        shares = "".join(f"{_percent(self.right[way], self.passages):>15}" for way in WAYS)
        duel = f"{self.only_vote}:{self.only_best_frame}"
        sure = f"{self.sure_right}/{self.sure}"
        begun = f"{_padded(name, 34)}{self.passages:>5}{self.looks / self.passages:>6.1f}"
        return f"{begun}{shares}{duel:>8}{sure:>10}"


_HEAD = (
    f"{'share right, % [95 % interval]':<34}{'n':>5}{'looks':>6}{'vote':>15}{'best frame':>15}{'majority':>15}"
    f"{'some frame':>15}{'duel':>8}{'decisive':>10}"
)


def _percent(count: int, of: int) -> str:
    low, high = Rate(count=count, of=of).interval or (0.0, 1.0)
    return f"{100 * count / of:.0f} [{100 * low:.0f}–{100 * high:.0f}]"


def _padded(text: str, width: int) -> str:
    return text + " " * max(1, width - len(text))


@cache
def _eyes() -> Vision:
    """One pair of engines a process."""
    return open_eyes()


def _film(drive: Drive) -> list[Approach]:
    return film(drive, _eyes())


def drives(passages: int, seed: int, *, alike: bool = False) -> list[Drive]:
    """So many vehicles in every light at every speed; `alike`: see `Drive`."""
    sizes = [min(_CONVOY, passages - done) for done in range(0, passages, _CONVOY)]
    return [
        Drive(light=light, speed_kmh=speed, number=number, vehicles=size, seed=seed, alike=alike)
        for number, size in enumerate(sizes)
        for light in LIGHTS
        for speed in SPEEDS_KMH
    ]


def approaches(work: Sequence[Drive], workers: int) -> Iterator[Approach]:
    """Film the drives, with a progress bar. The result does not depend on the number of workers."""
    bar = tqdm(total=sum(d.vehicles for d in work), desc="vehicles", unit="vehicle", disable=None)
    with bar:
        if workers == 1:
            for drive in work:
                yield from _film(drive)
                bar.update(drive.vehicles)
            return
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            for drive, found in zip(work, pool.map(_film, work), strict=True):
                yield from found
                bar.update(drive.vehicles)


def tallies(decided: Sequence[Decided], key: Callable[[Decided], Hashable]) -> dict[Hashable, Tally]:
    """One tally for each value of the key, in the order of appearance."""
    groups: dict[Hashable, list[Decided]] = {}
    for d in decided:
        groups.setdefault(key(d), []).append(d)
    return {value: Tally.of(group) for value, group in groups.items()}


@click.command()
@click.option(
    "--passages",
    default=40,
    show_default=True,
    type=click.IntRange(1),
    help="Vehicles in each light and speed.",
)
@click.option("--seed", default=8, show_default=True, help="Of the vehicles and of all that is left to chance.")
@click.option(
    "--workers", default=os.cpu_count() or 1, show_default=True, type=click.IntRange(1), help="Processes."
)
@click.option(
    "--provinces-alike", is_flag=True, help="Plates of all provinces alike in number, not of one town."
)
@json_option
def fusion(passages: int, seed: int, workers: int, provinces_alike: bool, as_json: bool) -> None:
    """Hold the vote over frames against the best single frame and the majority, on the simulator.

    A cheap camera, three distances, three speeds, four lights; every frame is detected and read by the
    shipped engines. `some frame`: among the readings there was a right one. `duel`: passages that the vote
    has right and the best frame has not, against the reverse. `decisive`: votes that call themselves so, those
    that are right first.
    """
    try:
        _eyes()  # says what is missing before processes are started
    except ModelError as error:
        raise click.ClickException(str(error)) from error
    work = drives(passages, seed, alike=provinces_alike)
    progress(f"{passages * len(LIGHTS) * len(SPEEDS_KMH)} vehicles, {workers} process(es)")
    decided: list[Decided] = []
    for approach in approaches(work, workers):
        decided += [decide(approach.within(stretch), stretch) for stretch in STRETCHES]
        decided.append(decide(approach, WHOLE))
    tell(decided, as_json=as_json)


def tell(decided: Sequence[Decided], *, as_json: bool) -> None:
    """Print the tables, or one JSON object."""
    distances = (*STRETCHES, WHOLE)
    lights, speeds = list(LIGHTS), list(SPEEDS_KMH)
    order = sorted(
        decided, key=lambda d: (distances.index(d.distance), speeds.index(d.speed_kmh), lights.index(d.light))
    )
    parts = [d for d in order if d.distance != WHOLE]
    whole = [d for d in order if d.distance == WHOLE]
    by_distance = tallies(order, lambda d: d.distance)
    by_speed = tallies(parts, lambda d: d.speed_kmh)
    by_light = tallies(sorted(parts, key=lambda d: lights.index(d.light)), lambda d: d.light)
    cells = tallies(order, lambda d: (d.distance, d.speed_kmh, d.light))
    figures: dict[str, object] = {
        "by_distance": {str(k): t.figures() for k, t in by_distance.items()},
        "by_speed_kmh": {str(k): t.figures() for k, t in by_speed.items()},
        "by_light": {str(k): t.figures() for k, t in by_light.items()},
        "cells": [
            {"distance": d.distance, "speed_kmh": d.speed_kmh, "light": d.light, **cells[_cell(d)].figures()}
            for d in {_cell(d): d for d in order}.values()
        ],
        "plate_pixels": {stretch: plate_pixels(stretch) for stretch in STRETCHES},
        "vehicles": len(whole),
    }
    lines = [_HEAD]
    lines += [tally.line(_distance(str(k))) for k, tally in by_distance.items()]
    lines += ["", "by speed, the three distances together"]
    lines += [tally.line(f"{k} km/h") for k, tally in by_speed.items()]
    lines += ["", "by light, the three distances together"]
    lines += [tally.line(str(k)) for k, tally in by_light.items()]
    lines += ["", "all cells"]
    lines += [cells[_cell(d)].line(_name(d)) for d in {_cell(d): d for d in order}.values()]
    report(figures, as_json=as_json, lines="\n".join([*lines, ""]))


def _cell(decided: Decided) -> Hashable:
    return decided.distance, decided.speed_kmh, decided.light


def _name(decided: Decided) -> str:
    return f"{decided.distance}, {decided.speed_kmh} km/h, {decided.light}"


def _distance(name: str) -> str:
    if name == WHOLE:
        return "the whole approach"
    return "{}, plates {} to {} pixels high".format(name, *plate_pixels(name))
