"""From a vehicle's passages to the steps that the model learns from: the definition that the store's SQL
follows. Pure.

A step is a passage and what came next: the next passage of the same plate, or nothing within the horizon. A
passage at the checkpoint of the one before, within `SAME_STOP_S`, is the same one seen by a second camera and
counts as none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from central.interception.travel_time import bucket_of
from central.ports import SAME_STOP_S, StepCount
from proto.passage import Passage


def step_counts(
    track: Sequence[Passage], *, since: datetime, until: datetime, horizon: timedelta
) -> tuple[StepCount, ...]:
    """Of one vehicle's passages, oldest first: steps whose outcome came in [since, until).

    The outcome of a step comes when the next passage does, or when the horizon is over without one.
    """
    kept: list[Passage] = []
    for at, passage in enumerate(track):
        before = track[at - 1] if at else None
        same = (
            before is not None
            and before.checkpoint_id == passage.checkpoint_id
            and (passage.captured_at - before.captured_at) < timedelta(seconds=SAME_STOP_S)
        )
        if not same:
            kept.append(passage)
    counts: Counter[tuple[str, str, str, str, datetime, int | None]] = Counter()
    for at, here in enumerate(kept):
        following = kept[at + 1] if at + 1 < len(kept) else None
        within = following is not None and following.captured_at - here.captured_at <= horizon
        then, outcome, bucket = "", here.captured_at + horizon, None
        if following is not None and within:
            then, outcome = following.checkpoint_id, following.captured_at
            bucket = bucket_of((following.captured_at - here.captured_at).total_seconds())
        if not since <= outcome < until:
            continue
        came_from = kept[at - 1] if at else None
        near = came_from is not None and here.captured_at - came_from.captured_at <= horizon
        before_id = came_from.checkpoint_id if came_from is not None and near else ""
        hour = here.captured_at.replace(minute=0, second=0, microsecond=0)
        counts[before_id, here.checkpoint_id, here.direction, then, hour, bucket] += 1
    return tuple(
        StepCount(
            before=before, here=place, direction=direction, then=then, hour=hour, bucket=bucket, count=count
        )
        for (before, place, direction, then, hour, bucket), count in counts.items()
    )
