"""What the network's own history says about where vehicles go next, and how long that takes. Pure.

Counts at several grains, from a checkpoint alone to a checkpoint, where one came from and the part of the day.
A probability is read off the coarsest first and each finer grain is shrunk towards it: a context seen often
speaks for itself, one seen twice hardly changes what is known of the coarser one. Under the coarsest lies
what distance says, so that a checkpoint of yesterday has an answer too; and above the finest lie the vehicle's
own habits, where it has some.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from central.interception.geography import Geography
from central.interception.hours import Calendar, Slot
from central.interception.travel_time import TravelTimes
from central.ports import StepCount

#: Nothing within the horizon, as a key beside the checkpoints.
NOWHERE = ""
#: What is assumed to end here before anything was seen.
_NOWHERE_PRIOR = 0.25
#: Checkpoints that come into question by distance alone.
_NEAREST = 12
#: Seconds of way over which a checkpoint becomes less likely by a factor e, by distance alone.
_REACH_S = 240.0
#: How much less likely than others the checkpoint is that it came from, by distance alone.
_TURNS_BACK = 0.1
#: How many observations a coarser grain's travel times weigh.
_TIMES_STRENGTH = 12.0
#: How many observations the network weighs against a vehicle's own.
_NETWORK_STRENGTH = 4.0
#: Spread of travel times (standard deviation of the logarithm) where only the distance is known.
_UNSEEN_SPREAD = 0.5

#: The coarsest grain stays until finer ones of so many observations are gone.
_COARSEST_GO_AT = 1 << 20

_Context = tuple[Hashable, ...]
_Key = TypeVar("_Key", str, int)
Distribution = dict[str, float]  #: checkpoint_id or NOWHERE → probability


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A vehicle at a checkpoint, and what is known of how it came there."""

    here: str
    slot: Slot
    before: str = ""  #: checkpoint passed before, empty: not known
    direction: str = ""  #: empty: not known

    def contexts(self) -> list[_Context]:
        """From coarse to fine; what is not known has none."""
        found: list[_Context] = [("at", self.here), ("at", self.here, self.slot.part)]
        if self.direction:
            towards = ("towards", self.here, self.direction)
            found += [towards, (*towards, self.slot.part), (*towards, self.slot)]
        if self.before:
            coming = ("from", self.before, self.here)
            found += [coming, (*coming, self.slot.part)]
        return found

    def way(self) -> list[_Context]:
        """The way it came, as well as it is known, and the same in this part of the day."""
        known: _Context = ("at", self.here)
        if self.before:
            known = ("from", self.before, self.here)
        elif self.direction:
            known = ("towards", self.here, self.direction)
        return [known, (*known, self.slot.part)]


class StepTable:
    """Steps counted at every grain."""

    def __init__(self) -> None:
        self.nexts: dict[_Context, dict[str, int]] = {}
        self.times: dict[_Context, dict[int, int]] = {}
        self.entries = 0  #: numbers held
        self.steps = 0  #: steps that were added

    def add(self, counts: Iterable[StepCount], calendar: Calendar) -> None:
        for c in counts:
            self.steps += c.count
            slot = calendar.slot(c.hour)
            situation = Situation(here=c.here, slot=slot, before=c.before, direction=c.direction)
            for context in situation.contexts():
                self._count(self.nexts.setdefault(context, {}), c.then, c.count)
            if c.bucket is not None:
                for context in _legs(c.here, c.then, slot):
                    self._count(self.times.setdefault(context, {}), c.bucket, c.count)

    def shrunk(
        self, coarse: Distribution, contexts: Iterable[_Context], *, strength: float | None
    ) -> Distribution:
        """The distribution, changed grain by grain by what was counted. `strength`: observations that a coarser
        grain weighs; None: as many as the grain has outcomes, and one."""
        for context in contexts:
            seen = self.nexts.get(context)
            if not seen:
                continue
            weight = len(seen) + 1.0 if strength is None else strength
            total = sum(seen.values()) + weight
            coarse = {key: weight * p / total for key, p in coarse.items()}
            for key, count in seen.items():
                coarse[key] = coarse.get(key, 0.0) + count / total
        return coarse

    def prune(self, limit: int) -> int:
        """Forget the rarest of the fine grains until at most `limit` numbers are held; returns how many."""
        before, least = self.entries, 1
        while self.entries > limit:
            self._prune(self.nexts, least)
            self._prune(self.times, least)
            least *= 2
        return before - self.entries

    def _prune(self, table: dict[_Context, dict[_Key, int]], least: int) -> None:
        for context, seen in list(table.items()):
            if len(context) == 2 and least < _COARSEST_GO_AT:
                continue
            kept = {key: count for key, count in seen.items() if count > least}
            self.entries -= len(seen) - len(kept)
            if kept:
                table[context] = kept
            else:
                del table[context]

    def _count(self, seen: dict[_Key, int], key: _Key, count: int) -> None:
        if key not in seen:
            self.entries += 1
        seen[key] = seen.get(key, 0) + count


def _legs(here: str, then: str, slot: Slot) -> list[_Context]:
    return [(here, then), (here, then, slot.part), (here, then, slot)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """What a model was made from; two of the same state say the same."""

    since: datetime  #: outcomes from here …
    until: datetime  #: … to here, exclusive
    steps: int
    entries: int  #: numbers held
    pruned: int  #: numbers forgotten to keep within the limit

    @property
    def version(self) -> str:
        """Names the state in the records."""
        return f"{self.since:%Y%m%dT%H%M}-{self.until:%Y%m%dT%H%M%S}-{self.steps}"


class MovementModel:
    """Learns from counted steps, answers what comes next. Not safe to use from several threads at once."""

    def __init__(
        self,
        *,
        since: datetime,
        calendar: Calendar,
        geography: Geography,
        horizon: timedelta,
        max_entries: int = 3_000_000,
    ) -> None:
        """`max_entries`: numbers held at most, of some 100 bytes each."""
        self.calendar = calendar
        self.geography = geography
        self.horizon = horizon
        self._table = StepTable()
        self._since = self._until = since
        self._max_entries = max_entries
        self._pruned = 0

    @property
    def state(self) -> ModelState:
        return ModelState(
            since=self._since,
            until=self._until,
            steps=self._table.steps,
            entries=self._table.entries,
            pruned=self._pruned,
        )

    def learn(self, counts: Iterable[StepCount], *, until: datetime) -> None:
        """Add the steps whose outcome came from the state's `until` to this one.

        Raises:
            ValueError: `until` lies before what was learnt already.
        """
        if until < self._until:
            raise ValueError(f"expected steps after {self._until.isoformat()}, got until {until.isoformat()}")
        self._table.add(counts, self.calendar)
        self._until = until
        if self._table.entries > self._max_entries:
            self._pruned += self._table.prune(self._max_entries * 3 // 4)

    def seen(self, here: str) -> int:
        """Steps from a checkpoint that were counted."""
        return sum(self._table.nexts.get(("at", here), {}).values())

    def nexts(self, situation: Situation, habits: StepTable | None = None) -> Distribution:
        """Where the vehicle is seen next; sums to one with NOWHERE."""
        found = self._table.shrunk(self._by_distance(situation), situation.contexts(), strength=None)
        if habits is not None:
            # Of its few own steps each would count anew at every grain: only the way it came is asked.
            found = habits.shrunk(found, situation.way(), strength=_NETWORK_STRENGTH)
        return found

    def times(self, here: str, then: str, slot: Slot) -> TravelTimes:
        """How long the way to the next sighting takes."""
        expected = self.geography.seconds(here, then)
        if expected is None:
            expected = self.horizon.total_seconds() / 3
        found = TravelTimes.around(expected, spread=_UNSEEN_SPREAD)
        for context in _legs(here, then, slot):
            seen = self._table.times.get(context)
            if seen:
                found = found.updated(seen, strength=_TIMES_STRENGTH)
        return found

    def _by_distance(self, situation: Situation) -> Distribution:
        near = self.geography.nearest(situation.here, limit=_NEAREST)
        weights = {key: math.exp(-seconds / _REACH_S) for key, seconds in near}
        if situation.before in weights:
            weights[situation.before] *= _TURNS_BACK
        total = sum(weights.values())
        if total <= 0:
            return {NOWHERE: 1.0}
        share = (1 - _NOWHERE_PRIOR) / total
        return {NOWHERE: _NOWHERE_PRIOR, **{key: weight * share for key, weight in weights.items()}}


def habits_of(counts: Iterable[StepCount], calendar: Calendar) -> StepTable:
    """One vehicle's own steps."""
    table = StepTable()
    table.add(counts, calendar)
    return table
