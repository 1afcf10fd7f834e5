"""Where a vehicle that was seen will pass, with what probability and when. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from central.interception.model import NOWHERE, Distribution, MovementModel, Situation, StepTable
from central.interception.travel_time import Window

#: Checkpoints beyond this probability are not worth a mention, nor worth looking beyond.
_WORTH = 0.01
_MOST_HOPS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The passage that a forecast starts from."""

    checkpoint_id: str
    at: datetime
    direction: str = ""  #: empty: not known
    before: str = ""  #: the checkpoint passed before, within the horizon; empty: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A checkpoint where the vehicle may pass."""

    checkpoint_id: str
    probability: float  #: that it passes there, by the way considered
    hops: int  #: 1: the next checkpoint that sees it
    via: tuple[str, ...]  #: checkpoints before this one on the most probable way
    window: Window  #: seconds from the sighting
    p50: datetime  #: half of those who go there have passed by then
    p90: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is expected of a vehicle, as of a moment."""

    sighting: Sighting
    asked_at: datetime
    nowhere: float  #: probability that no checkpoint sees it within the horizon
    expected: tuple[Expected, ...]  #: by hops, then the most probable first
    model_version: str
    network_steps: int  #: steps from this checkpoint that the network's history has
    own_steps: int  #: steps of this vehicle's own history; 0: none was used

    @property
    def next(self) -> tuple[Expected, ...]:
        """The next checkpoint that sees it, the most probable first."""
        return tuple(e for e in self.expected if e.hops == 1)


def forecast(
    model: MovementModel, sighting: Sighting, *, asked_at: datetime, habits: StepTable | None = None
) -> Forecast:
    """What comes next after a sighting, given that nothing was seen until `asked_at`.

    The longer nothing is seen, the less likely are the checkpoints that it would have reached by now.
    """
    elapsed = max(0.0, (asked_at - sighting.at).total_seconds())
    slot = model.calendar.slot(sighting.at)
    situation = Situation(
        here=sighting.checkpoint_id, slot=slot, before=sighting.before, direction=sighting.direction
    )
    next_up, windows = _still_possible(model, situation, habits, elapsed)
    found = {
        key: _expected(sighting, key, share, windows[key], via=())
        for key, share in next_up.items()
        if key != NOWHERE and share >= _WORTH
    }
    edge = list(found.values())
    for _ in range(1, _MOST_HOPS):
        edge = _beyond(model, sighting, edge, found, habits)
    ordered = sorted(found.values(), key=lambda e: (e.hops, -e.probability, e.checkpoint_id))
    return Forecast(
        sighting=sighting,
        asked_at=asked_at,
        nowhere=next_up.get(NOWHERE, 0.0),
        expected=tuple(ordered),
        model_version=model.state.version,
        network_steps=model.seen(sighting.checkpoint_id),
        own_steps=habits.steps if habits is not None else 0,
    )


def _still_possible(
    model: MovementModel, situation: Situation, habits: StepTable | None, elapsed: float
) -> tuple[Distribution, dict[str, Window]]:
    """Probabilities after so many seconds without a sighting, and windows from the sighting on."""
    left: Distribution = {}
    windows: dict[str, Window] = {}
    for key, share in model.nexts(situation, habits).items():
        if key == NOWHERE or share < _WORTH / 10:
            left[key] = share
        else:
            times = model.times(situation.here, key, situation.slot)
            left[key] = share * times.later_than(elapsed)
            windows[key] = times.window(after=elapsed)
    total = sum(left.values())
    if elapsed >= model.horizon.total_seconds() or total <= 0:
        return {NOWHERE: 1.0}, {}
    return {key: share / total for key, share in left.items() if key == NOWHERE or key in windows}, windows


def _beyond(
    model: MovementModel,
    sighting: Sighting,
    edge: Sequence[Expected],
    found: dict[str, Expected],
    habits: StepTable | None,
) -> list[Expected]:
    """One hop further than `edge`; what is new goes into `found`."""
    shares: dict[str, float] = {}
    best: dict[str, tuple[float, Expected]] = {}
    for reached in edge:
        slot = model.calendar.slot(reached.p50)
        before = reached.via[-1] if reached.via else sighting.checkpoint_id
        onward = Situation(here=reached.checkpoint_id, slot=slot, before=before)
        for key, share in model.nexts(onward, habits).items():
            way = share * reached.probability
            if key in (NOWHERE, sighting.checkpoint_id) or key in found or way < _WORTH / 4:
                continue
            shares[key] = shares.get(key, 0.0) + way
            if key not in best or way > best[key][0]:
                best[key] = way, reached
    new = []
    for key, share in shares.items():
        if share < _WORTH:
            continue
        reached = best[key][1]
        leg = model.times(reached.checkpoint_id, key, model.calendar.slot(reached.p50)).window()
        window = reached.window.then(leg)
        new.append(_expected(sighting, key, share, window, via=(*reached.via, reached.checkpoint_id)))
    found.update({e.checkpoint_id: e for e in new})
    return new


def _expected(
    sighting: Sighting, checkpoint_id: str, probability: float, window: Window, *, via: tuple[str, ...]
) -> Expected:
    return Expected(
        checkpoint_id=checkpoint_id,
        probability=min(1.0, probability),
        hops=len(via) + 1,
        via=via,
        window=window,
        p50=sighting.at + timedelta(seconds=window.p50),
        p90=sighting.at + timedelta(seconds=window.p90),
    )
