"""Where and when to place officers: the most delay first, as far as the teams go. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from central.flow.counts import AHEAD, QUARTER
from central.flow.network import FlowNetwork, Section

#: A post is held for so long, at least.
WINDOW = 2 * QUARTER
#: A team may be so late at the next post.
LATE = timedelta(minutes=5)
#: An hour lost in the jam of every day weighs so much of one that is lost beyond it: signals and drivers have
#: settled on the usual jam, so an officer mends less of it.
ROUTINE = 0.2
#: A travel time so far above the usual is unusual.
UNUSUAL = 1.2
_Z90 = 1.2816


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What is expected on a section over one window."""

    section: Section
    begins: datetime
    vehicles: float
    seconds: float  #: expected travel time, at its longest
    usual_seconds: float
    free_seconds: float
    above_usual: float  #: vehicle-hours lost beyond the usual
    routine: float  #: vehicle-hours lost in the usual jam
    probability: float  #: that the travel time is UNUSUAL times the usual or longer

    @property
    def gain(self) -> float:
        """Vehicle-hours that the ranking goes by."""
        return self.above_usual * self.probability + ROUTINE * self.routine


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A team at the end of a section, from the window's begin to its end."""

    rank: int  #: 1 gains most
    team: int  #: 1 to the number of teams
    need: Need

    @property
    def checkpoint_id(self) -> str:
        return self.need.section.end


def needs_of(network: FlowNetwork) -> tuple[Need, ...]:
    """Of every section and window of the next two hours, the largest gain first; none without a gain."""
    found = []
    per_window = WINDOW // QUARTER
    cars, times = network.foretold_vehicles.p50, network.foretold_seconds.p50
    for row, section in enumerate(network.sections):
        free = float(network.free_seconds[row])
        for first in range(0, AHEAD, per_window):
            steps = slice(first, first + per_window)
            columns = slice(network.now + first, network.now + first + per_window)
            usual = network.usual_seconds.p50[row, columns]
            vehicles, seconds = cars[row, steps], times[row, steps]
            if not (np.isfinite(vehicles) & np.isfinite(seconds) & np.isfinite(usual)).all():
                continue
            worst = int(np.argmax(seconds))
            need = Need(
                section=section,
                begins=network.begins(network.now + first),
                vehicles=float(vehicles.sum()),
                seconds=float(seconds[worst]),
                usual_seconds=float(usual[worst]),
                free_seconds=free,
                above_usual=float((vehicles * np.maximum(0.0, seconds - usual)).sum()) / 3600,
                routine=float((vehicles * np.maximum(0.0, np.minimum(seconds, usual) - free)).sum()) / 3600,
                probability=_chance(
                    float(seconds[worst]),
                    float(network.foretold_seconds.p90[row, first + worst]),
                    longer_than=UNUSUAL * float(usual[worst]),
                ),
            )
            if need.gain > 0:
                found.append(need)
    return tuple(sorted(found, key=lambda need: (-need.gain, need.section, need.begins)))


def place(
    needs: Iterable[Need], *, teams: int, seconds_between: Callable[[str, str], float | None]
) -> tuple[Post, ...]:
    """The most gain first; each goes to the team that is free and nearest, or to nobody.

    Args:
        needs: see `needs_of`.
        teams: how many there are.
        seconds_between: what the way from a checkpoint to another takes; None: not known, no team is sent.
    """
    held: list[list[Need]] = [[] for _ in range(teams)]
    posts: list[Post] = []
    for need in sorted(needs, key=lambda need: -need.gain):
        if any(p.need.begins == need.begins and p.checkpoint_id == need.section.end for p in posts):
            continue  # whoever stands there already serves this road too
        ways = [
            (way, team) for team in range(teams) if (way := _way(held[team], need, seconds_between)) is not None
        ]
        if ways:
            team = min(ways)[1]
            held[team].append(need)
            posts.append(Post(rank=len(posts) + 1, team=team + 1, need=need))
    return tuple(posts)


def _way(held: list[Need], need: Need, seconds_between: Callable[[str, str], float | None]) -> float | None:
    """Seconds on the way to and from the team's other posts; None: it can't be done."""
    total = 0.0
    for other in held:
        if other.begins == need.begins:
            return None
        earlier, later = sorted((other, need), key=lambda each: each.begins)
        free = later.begins - (earlier.begins + WINDOW)
        here, there = earlier.section.end, later.section.end
        seconds = 0.0 if here == there else seconds_between(here, there)
        if seconds is None or timedelta(seconds=seconds) > free + LATE:
            return None
        total += seconds
    return total


def _chance(p50: float, p90: float, *, longer_than: float) -> float:
    """Taking travel times as log-normal."""
    sigma = max(0.02, math.log(p90 / p50) / _Z90)
    return 0.5 * math.erfc(math.log(longer_than / p50) / (sigma * math.sqrt(2.0)))
