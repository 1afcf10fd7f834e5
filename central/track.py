"""A vehicle's way (轨迹) as legs between checkpoints: how long, how far, how fast it was then. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from central.interception.geography import Geography, metres_between
from proto.passage import Passage

#: As the crow flies: no vehicle goes faster, so there were two, or a read was wrong.
IMPOSSIBLE_KMH = 250.0
#: Checkpoints closer than this may see one vehicle at once.
_SAME_PLACE_M = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """From one passage to the next one at another checkpoint."""

    start: Passage
    end: Passage
    seconds: float
    metres: float | None  #: by the roads where they are known, else the straight line; None: no positions
    by_road: bool
    kmh: float | None  #: `metres` in that time; None where it can't be told
    impossible: bool  #: even along the straight line, no vehicle is that fast

    @property
    def lasted(self) -> timedelta:
        return self.end.captured_at - self.start.captured_at


def legs(passages: Sequence[Passage], geography: Geography) -> tuple[Leg, ...]:
    """Of one vehicle's passages, in the order of time. One that stays at a checkpoint makes no leg.

    `impossible` is told by the straight line, which no road is shorter than: a configured road may not be the
    shortest that there is.
    """
    found = []
    ordered = sorted(passages, key=lambda p: (p.captured_at, p.passage_id.int))
    for start, end in pairwise(ordered):
        if start.checkpoint_id == end.checkpoint_id:
            continue
        seconds = (end.captured_at - start.captured_at).total_seconds()
        straight = _straight(geography, start.checkpoint_id, end.checkpoint_id)
        road = geography.metres(start.checkpoint_id, end.checkpoint_id)
        metres = straight if road is None else road
        found.append(
            Leg(
                start=start,
                end=end,
                seconds=seconds,
                metres=metres,
                by_road=road is not None,
                kmh=metres / seconds * 3.6 if metres is not None and seconds > 0 else None,
                impossible=straight is not None
                and straight > _SAME_PLACE_M
                and straight * 3.6 > IMPOSSIBLE_KMH * seconds,
            )
        )
    return tuple(found)


def _straight(geography: Geography, start: str, end: str) -> float | None:
    places = geography.places
    return metres_between(places[start], places[end]) if start in places and end in places else None
