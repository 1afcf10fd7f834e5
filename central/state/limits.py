"""How much is kept and for how long; the same for every engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class StateLimits:
    """What may be tuned."""

    sightings_kept: timedelta = timedelta(days=1)
    plates: int = 1_000_000  #: with sightings
    repeat_window: timedelta = timedelta(seconds=10)  #: zero: nothing is a repeat
    lease: timedelta = timedelta(seconds=10)
    events: int = 10_000  #: of the live feed
    events_kept: timedelta = timedelta(minutes=15)  #: no longer than passages are shown live
