"""Counts of the traffic in ClickHouse's SQL, beside the passages that they are made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from central.camera_reads import CameraDay, CameraKey
from central.flow.counts import BUSIEST, LONGEST_SECTION, SLOT, FlowCounts
from central.store.engine import Engine
from central.store.layout import Layout

_TABLE = """
CREATE TABLE IF NOT EXISTS flow_counts (
  start LowCardinality(String) CODEC(ZSTD(1)),
  end LowCardinality(String) CODEC(ZSTD(1)),
  slot DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
  vehicles UInt32 CODEC(T64, ZSTD(1)),
  seconds Float32 CODEC(ZSTD(1)),
  kmh Float32 CODEC(ZSTD(1)),
  counted_at DateTime64(3, 'UTC') CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(counted_at)
PARTITION BY toYYYYMM(slot)
ORDER BY (start, end, slot)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
"""
#: Sections first: a vehicle's arrival and where it was seen before, within the longest time. Then checkpoints.
_COUNT = """
INSERT INTO flow_counts
SELECT start, end, toDateTime(slot * {width:Int64}, 'UTC'), vehicles, seconds, kmh, now64(3, 'UTC')
FROM (
  SELECT start, end, slot, count() AS vehicles, toFloat32(quantile(0.5)(took)) AS seconds,
    toFloat32(ifNull(avg(speed) / 10, nan)) AS kmh
  FROM (
    SELECT lagInFrame(here) OVER seen AS start, here AS end, at, speed,
      intDiv(at, {width:Int64} * 1000000) AS slot, (at - lagInFrame(at) OVER seen) / 1e6 AS took
    FROM (
      SELECT plate, passage_id, toString(checkpoint_id) AS here, speed,
        toUnixTimestamp64Micro(captured_at) AS at
      FROM SOURCE
      WHERE plate != '' AND captured_at >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
        AND captured_at < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
    )
    WINDOW seen AS (PARTITION BY plate ORDER BY at, passage_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
  )
  WHERE start != '' AND start != end AND at >= {since:Int64} AND took > 0 AND took <= {longest:Int64}
  GROUP BY start, end, slot
  ORDER BY vehicles DESC, start
  LIMIT {busiest:UInt32} BY end, slot
  UNION ALL
  SELECT '' AS start, toString(checkpoint_id) AS end,
    intDiv(toUnixTimestamp64Micro(captured_at), {width:Int64} * 1000000) AS slot, count() AS vehicles,
    toFloat32(nan) AS seconds, toFloat32(ifNull(avg(speed) / 10, nan)) AS kmh
  FROM SOURCE
  WHERE captured_at >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
    AND captured_at < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
  GROUP BY end, slot
)
"""
_FIRST = """
SELECT count() AS n, toInt64(toUnixTimestamp(min(captured_at))) AS at FROM SOURCE
WHERE captured_at >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
  AND captured_at < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
"""
_READ = """
SELECT toString(from) AS start, toString(to) AS end, toInt64(intDiv(toUnixTimestamp(slot), 900)) AS quarter,
  toInt64(sum(n)) AS vehicles, sum(took * n) / sum(n) AS seconds,
  sumIf(pace * n, NOT isNaN(pace)) / sumIf(n, NOT isNaN(pace)) AS kmh
FROM (
  SELECT start AS from, end AS to, slot, vehicles AS n, seconds AS took, kmh AS pace FROM flow_counts FINAL
  WHERE slot >= toDateTime({since:Int64}, 'UTC') AND slot < toDateTime({until:Int64}, 'UTC')
)
GROUP BY from, to, quarter
"""

#: Of every camera, read or not: what it is held against later.
_CAMERAS = """
CREATE TABLE IF NOT EXISTS camera_counts (
  checkpoint_id LowCardinality(String) CODEC(ZSTD(1)),
  camera_id LowCardinality(String) CODEC(ZSTD(1)),
  slot DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
  passages UInt32 CODEC(T64, ZSTD(1)),
  unread UInt32 CODEC(T64, ZSTD(1)),
  counted_at DateTime64(3, 'UTC') CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(counted_at)
PARTITION BY toYYYYMM(slot)
ORDER BY (checkpoint_id, camera_id, slot)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
"""
_COUNT_CAMERAS = """
INSERT INTO camera_counts
SELECT place, camera, toDateTime(slot * {width:Int64}, 'UTC'), passages, unread, now64(3, 'UTC')
FROM (
  SELECT toString(checkpoint_id) AS place, toString(camera_id) AS camera,
    intDiv(toUnixTimestamp64Micro(captured_at), {width:Int64} * 1000000) AS slot, count() AS passages,
    countIf(plate = '') AS unread
  FROM SOURCE
  WHERE captured_at >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
    AND captured_at < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
  GROUP BY place, camera, slot
)
"""
_READ_CAMERAS = """
SELECT place, camera, toInt64(intDiv({until:Int64} - 1 - at, 86400)) AS days_ago, toInt64(sum(n)) AS passages,
  toInt64(sum(bad)) AS unread
FROM (
  SELECT toString(checkpoint_id) AS place, toString(camera_id) AS camera, toInt64(toUnixTimestamp(slot)) AS at,
    passages AS n, unread AS bad
  FROM camera_counts FINAL
  WHERE slot >= toDateTime({first:Int64}, 'UTC') AND slot < toDateTime({until:Int64}, 'UTC')
    AND ({until:Int64} - 1 - toInt64(toUnixTimestamp(slot))) % 86400 < {span:Int64}
)
GROUP BY place, camera, days_ago
"""
_KEPT = ("flow_counts", "camera_counts")


class ClickHouseFlow:
    """A `FlowStore`. On a cluster every machine has all counts: they are few."""

    def __init__(self, engine: Engine, layout: Layout) -> None:
        self._engine = engine
        self._layout = layout
        engine.command(layout.everywhere(_TABLE, "flow_counts"))
        engine.command(layout.everywhere(_CAMERAS, "camera_counts"))

    def count(self, *, since: datetime, until: datetime) -> None:
        for moment in (since, until):
            if moment.timestamp() % SLOT.total_seconds():
                raise ValueError(f"expected a time between two slots of {SLOT}, got {moment.isoformat()}")
        stretch = {
            "since": _microseconds(since),
            "until": _microseconds(until),
            "width": SLOT // timedelta(seconds=1),
        }
        # Cameras first: what was counted last of the traffic says how far both are.
        self._engine.command(_COUNT_CAMERAS.replace("SOURCE", self._layout.source), stretch)
        self._engine.command(
            _COUNT.replace("SOURCE", self._layout.source),
            stretch
            | {
                "first": max(0, _microseconds(since - LONGEST_SECTION)),
                "longest": LONGEST_SECTION // timedelta(seconds=1),
                "busiest": BUSIEST,
            },
        )

    def first_passage(self, *, since: datetime, until: datetime) -> datetime | None:
        found = self._engine.query(
            _FIRST.replace("SOURCE", self._layout.source),
            {"since": _microseconds(since), "until": _microseconds(until)},
        )
        if not found.column("n")[0].as_py():
            return None
        return datetime.fromtimestamp(found.column("at")[0].as_py(), tz=UTC)

    def counted_until(self) -> datetime | None:
        found = self._engine.query(
            "SELECT count() AS n, toInt64(toUnixTimestamp(max(slot))) AS at FROM flow_counts"
        )
        if not found.column("n")[0].as_py():
            return None
        return datetime.fromtimestamp(found.column("at")[0].as_py(), tz=UTC) + SLOT

    def read(self, *, since: datetime, until: datetime) -> FlowCounts:
        found = self._engine.query(_READ, {"since": int(since.timestamp()), "until": int(until.timestamp())})
        return FlowCounts(
            start=np.array(found.column("start").to_pylist(), dtype=np.str_),
            end=np.array(found.column("end").to_pylist(), dtype=np.str_),
            quarter=found.column("quarter").to_numpy().astype(np.int64),
            vehicles=found.column("vehicles").to_numpy().astype(np.int64),
            seconds=found.column("seconds").to_numpy().astype(np.float64),
            kmh=found.column("kmh").to_numpy().astype(np.float64),
        )

    def delete_before(self, moment: datetime) -> int:
        return sum(self._delete(table, int(moment.timestamp())) for table in _KEPT)

    def _delete(self, table: str, at: int) -> int:
        found = self._engine.query(
            f"SELECT count() AS n FROM {table} FINAL WHERE slot < toDateTime({{at:Int64}}, 'UTC')",  # noqa: S608
            {"at": at},
        )
        gone = int(found.column("n")[0].as_py())
        if gone:
            self._engine.command(
                f"ALTER TABLE {table}{self._layout.on_cluster} DELETE WHERE slot < toDateTime({at}, 'UTC')"
                " SETTINGS mutations_sync = 2"
            )
        return gone

    def cameras(self, *, since: datetime, until: datetime, days: int) -> tuple[CameraDay, ...]:
        if not timedelta(0) < until - since <= timedelta(days=1):
            raise ValueError(f"expected an end after the start by at most a day, got {since} to {until}")
        found = self._engine.query(
            _READ_CAMERAS,
            {
                "first": int((since - timedelta(days=days)).timestamp()),
                "until": int(until.timestamp()),
                "span": (until - since) // timedelta(seconds=1),
            },
        )
        return tuple(
            CameraDay(
                camera=CameraKey(row["place"], row["camera"]),
                days_ago=row["days_ago"],
                passages=row["passages"],
                unread=row["unread"],
            )
            for row in found.to_pylist()
        )


def _microseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
