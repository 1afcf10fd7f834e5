"""How many passages an order would have hit: what whoever approves it is shown, and what a pattern that is too
wide is refused with.

The last seven days are counted day by day, the newest first, for as long as there is time: an estimate that
covers fewer days says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from central.order import OrderRequest
from central.ports import PassageQuery
from central.target import TargetKind, wanted_text
from proto.clock import Clock
from proto.passage import WatchlistEntry

DAYS = 7
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Passages that an order would have hit had it been in force."""

    counted_at: datetime
    since: datetime  #: inclusive
    until: datetime  #: exclusive
    days: tuple[int, ...]  #: passages of each 24 hours, the newest first
    complete: bool  #: False: there was no time for all days, `since` says how far it came

    @property
    def passages(self) -> int:
        return sum(self.days)

    @property
    def a_day(self) -> float:
        """Passages a day, of the days counted."""
        return self.passages / max(1, len(self.days))


class TooWide(Exception):
    """A pattern or part of a plate that hits too much; says how much."""


def query_of(
    request: OrderRequest, checkpoints: frozenset[str] | None, *, since: datetime, until: datetime
) -> PassageQuery:
    """The passages that it would hit. `checkpoints`: its own with those of its areas; empty: everywhere."""
    return PassageQuery(
        entry=WatchlistEntry(
            order_id="estimate",
            plate=wanted_text(request.kind, request.plate),
            plate_class=request.plate_class,
            colour=request.colour,
            checkpoints=checkpoints or frozenset(),
            directions=request.directions,
            schedule=request.schedule,
        ),
        since=since,
        until=until,
    )


def estimate(
    request: OrderRequest,
    checkpoints: frozenset[str] | None,
    count: Callable[[PassageQuery], int],
    *,
    clock: Clock,
    seconds: float,
) -> Estimate:
    """Ask `count` for each day until all are counted or the time is up; one day always is.

    `checkpoints` is None where the order's areas have none: it would have hit nothing.

    Raises:
        StoreUnavailable: the store is away.
    """
    now, begun = clock.now(), clock.monotonic()
    days: list[int] = []
    for day in range(DAYS):
        if days and clock.monotonic() - begun > seconds:
            break
        until = now - day * _DAY
        days.append(
            0 if checkpoints is None else count(query_of(request, checkpoints, since=until - _DAY, until=until))
        )
    return Estimate(
        counted_at=now,
        since=now - len(days) * _DAY,
        until=now,
        days=tuple(days),
        complete=len(days) == DAYS,
    )


def refuse_too_wide(request: OrderRequest, found: Estimate, *, a_day: int) -> None:
    """Raises:
    TooWide: it is no whole plate and would have hit more passages a day than that.
    """
    if request.kind is not TargetKind.PLATE and found.a_day > a_day:
        raise TooWide(
            f"expected a {request.kind} that hits at most {a_day} passages a day, got {request.plate}: "
            f"it would have hit {found.passages} in the last {len(found.days)} days"
        )
