"""The steps of vehicles from checkpoint to checkpoint, counted in ClickHouse's SQL."""

from __future__ import annotations

from datetime import datetime, timedelta

from central.ports import BUCKETS_PER_OCTAVE, SAME_STOP_S, StepCount
from central.store import columns
from central.store.engine import Engine

#: How long before the passages that may come before a step a vehicle may have stood in sight of a camera.
_BEFORE_STEPS = timedelta(minutes=10)
#: See `central.interception.steps`: what is kept, then what comes before and after it, then whose outcome came
#: in time.
_STEPS = """
SELECT if(before_at > 0 AND at - before_at <= {horizon:Int64}, before, '') AS before, here, direction,
  if(within, after, '') AS then, intDiv(at, 3600000000) AS hour,
  if(within, toNullable(toInt32(floor({buckets:Int64} * log2(greatest(1, (after_at - at) / 1e6))))), NULL)
    AS bucket,
  count() AS count
FROM (
  SELECT at, here, direction, after, after_at, lagged AS before, lagged_at AS before_at,
    after_at > 0 AND after_at - at <= {horizon:Int64} AS within,
    if(within, after_at, at + {horizon:Int64}) AS outcome
  FROM (
    SELECT at, here, direction,
      lagInFrame(here) OVER w AS lagged, lagInFrame(at) OVER w AS lagged_at,
      leadInFrame(here) OVER w AS after, leadInFrame(at) OVER w AS after_at
    FROM (
      SELECT plate, passage_id, here, direction, at,
        lagInFrame(here) OVER seen AS last, lagInFrame(at) OVER seen AS last_at
      FROM (
        SELECT plate, passage_id, toString(checkpoint_id) AS here, toString(direction) AS direction,
          toUnixTimestamp64Micro(captured_at) AS at
        FROM passages
        WHERE plate != '' AND captured_at >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
          AND captured_at < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
      )
      WINDOW seen AS (PARTITION BY plate ORDER BY at, passage_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
    WHERE NOT (last_at > 0 AND last = here AND at - last_at < {same:Int64})
    WINDOW w AS (PARTITION BY plate ORDER BY at, passage_id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)
  )
)
WHERE outcome >= {since:Int64} AND outcome < {until:Int64}
GROUP BY before, here, direction, then, hour, bucket
"""


def steps_between(
    engine: Engine, *, since: datetime, until: datetime, horizon: timedelta
) -> tuple[StepCount, ...]:
    """See `central.ports.PassageStore.steps`."""
    found = engine.query(
        _STEPS,
        {
            "since": columns.microseconds(since),
            "until": columns.microseconds(until),
            "horizon": horizon // timedelta(microseconds=1),
            # Far enough back to know what was passed before, and what was the same stop.
            "first": max(0, columns.microseconds(since - 2 * horizon - _BEFORE_STEPS)),
            "same": SAME_STOP_S * 1_000_000,
            "buckets": BUCKETS_PER_OCTAVE,
        },
    )
    return tuple(
        StepCount(**{**row, "hour": columns.moment_of(row["hour"] * 3_600_000_000)})
        for row in found.to_pylist()
    )
