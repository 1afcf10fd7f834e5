"""What is counted of the traffic, and the port that keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from central.camera_reads import CameraCounts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: What is kept.
SLOT = timedelta(minutes=5)
#: What is reckoned with: steadier than a slot, short enough for a forecast.
QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1) // QUARTER
#: Quarters that are foretold: two hours.
AHEAD = 8
#: A vehicle that takes longer between two checkpoints has stopped over: no travel time.
LONGEST_SECTION = timedelta(minutes=30)
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def quarter_of(moment: datetime) -> int:
    """Which quarter of an hour since 1970, UTC."""
    return (moment - _EPOCH) // QUARTER


def begin_of(quarter: int) -> datetime:
    """When that quarter begins."""
    return _EPOCH + quarter * QUARTER


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowCounts:
    """Columns, one value a section (or checkpoint) and quarter in which something passed.

    A *section* is a directed pair of checkpoints that vehicles pass one after the other. A row without a start
    is of the checkpoint `end` itself: all its passages, read or not.
    """

    start: NDArray[np.str_]  #: checkpoint_id; empty: of the checkpoint
    end: NDArray[np.str_]
    quarter: Ints  #: see `quarter_of`, of the arrival at `end`
    vehicles: Ints
    seconds: Floats  #: median travel time; NaN for a checkpoint
    kmh: Floats  #: mean of what the cameras at `end` measured; NaN: nothing

    def __len__(self) -> int:
        return len(self.quarter)

    def followed_by(self, later: Self) -> Self:
        """Both together."""
        return type(self)(
            **{
                name: np.concatenate([getattr(self, name), getattr(later, name)])
                for name in ("start", "end", "quarter", "vehicles", "seconds", "kmh")
            }
        )


class FlowStore(CameraCounts, Protocol):
    """Keeps counts of slots of five minutes, longer than the passages that they were made of.

    Durability: as `PassageStore`. Counting a slot again replaces what was counted. A section is kept where it
    is among the `BUSIEST` that lead to a checkpoint in that slot, so that what is kept is bounded by slots and
    checkpoints, whatever the traffic. Safe to call from several threads. Every method raises StoreUnavailable
    where the engine can't be reached.
    """

    def count(self, *, since: datetime, until: datetime) -> None:
        """Count the passages captured in the slots from `since` to `until`, of sections, checkpoints and
        cameras; both lie between two slots."""
        ...

    def first_passage(self, *, since: datetime, until: datetime) -> datetime | None:
        """When the earliest passage in [since, until) was captured; None: there is none."""
        ...

    def counted_until(self) -> datetime | None:
        """End of the newest slot in which something was counted; None: of none."""
        ...

    def read(self, *, since: datetime, until: datetime) -> FlowCounts:
        """By quarters; what was counted of [since, until), in no order."""
        ...

    def delete_before(self, moment: datetime) -> int:
        """Retention: slots that began before; returns how many counts went."""
        ...


#: Sections that are kept of those that lead to a checkpoint in a slot.
BUSIEST = 12
