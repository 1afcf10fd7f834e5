"""Counts of an invented road, as the store would give them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np

from central.flow import FlowCounts, FlowNetwork, build
from central.flow.counts import DAY, quarter_of
from central.interception import Calendar

NOW = datetime(2026, 3, 31, 4, 0, tzinfo=UTC)  # a Tuesday, noon in China
MIDNIGHT = datetime(2026, 3, 30, 16, 0, tzinfo=UTC)
DAYS = 14

#: (days before today, quarter of the day) → vehicles, seconds
Traffic = Callable[[int, int], tuple[int, float]]


def quiet(_day: int, quarter: int) -> tuple[int, float]:
    """Twenty a quarter by day, six by night, two minutes."""
    return (20 if 24 <= quarter < 80 else 6), 120.0


def counts(traffic: Traffic, *, blind: Callable[[int, int], bool] = lambda _d, _q: False) -> FlowCounts:
    """Of the section a → b; where `blind`, b's cameras see nothing."""
    rows = []
    first = quarter_of(MIDNIGHT)
    for day in range(DAYS, -1, -1):
        for quarter in range(DAY):
            at = first - day * DAY + quarter
            if at >= quarter_of(NOW):
                break
            vehicles, seconds = traffic(day, quarter)
            rows.append(("", "a", at, vehicles, np.nan, np.nan))
            if not blind(day, quarter) and vehicles:
                rows.append(("", "b", at, vehicles, np.nan, 40.0))
                rows.append(("a", "b", at, vehicles, seconds, 40.0))
    start, end, at_, vehicles_, seconds_, kmh = zip(*rows, strict=True)
    return FlowCounts(
        start=np.array(start),
        end=np.array(end),
        quarter=np.array(at_),
        vehicles=np.array(vehicles_),
        seconds=np.array(seconds_),
        kmh=np.array(kmh),
    )


def network(found: FlowCounts, *, now: datetime = NOW) -> FlowNetwork:
    return build(found, now=now, days=DAYS, calendar=Calendar(utc_offset=timedelta(hours=8)))
