"""Time, injected: nothing below the rim asks the operating system what time it is."""

from __future__ import annotations

import enum
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class ClockQuality(enum.StrEnum):
    """How far a node's clock may be trusted when it stamped a passage."""

    SYNCED = "synced"  #: the node's time service reported a synchronised clock
    HOLDOVER = "holdover"  #: was synchronised, the source is away now
    UNSYNCED = "unsynced"  #: never synchronised since start
    UNKNOWN = "unknown"  #: nobody could be asked (a video file, a photo)


class Clock(Protocol):
    """A source of time.

    `now` is the wall clock, timezone-aware UTC; it may jump. `monotonic` is seconds from an arbitrary
    start and never goes back: use it for every duration. `sleep` blocks for that many seconds.
    """

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(slots=True)
class ManualClock:
    """A clock that moves only when told: for tests and replays. `sleep` moves it and returns at once."""

    current: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    elapsed: float = field(default=0.0)

    def now(self) -> datetime:
        return self.current

    def monotonic(self) -> float:
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move both clocks forward."""
        self.current += timedelta(seconds=seconds)
        self.elapsed += seconds
