"""A day's passages as the passage store's columns, to fill one quickly."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from central.store.columns import SCHEMA
from deploy.movement.batch import CLASSES, COLOURS, DIRECTIONS, Batch
from deploy.movement.network import RoadNetwork
from deploy.movement.rich import rich_columns


def to_arrow(
    batch: Batch, network: RoadNetwork, *, seed: int, whole: bool = False, pictures: bool = True
) -> pa.Table:
    """One row a passage, in `central.store.columns.SCHEMA`; `seed` must differ from batch to batch.

    A checkpoint has one node and one camera a direction. With `whole` there are two pictures, boxes and the
    reader's alternatives too, as large as real ones and as hard to compress; without `pictures` the
    alternatives only, as where retention has let go of the rest.
    """
    count = len(batch)
    read = np.array(batch.plates[batch.plate] != "")
    checkpoints, headings = network.checkpoint_ids, len(DIRECTIONS)
    cameras = [f"{key}-{heading[0].upper()}" for key in checkpoints for heading in DIRECTIONS]
    camera = batch.checkpoint.astype(np.int32) * headings + batch.direction
    known: dict[str, pa.Array] = {
        "plate": pa.array(batch.plates.tolist(), pa.string()).take(pa.array(batch.plate)),
        "captured_at": pa.array(batch.captured_at).cast(pa.timestamp("us", tz="UTC")),
        "passage_id": _identifiers(batch.captured_at, seed),
        "node_id": _names([f"node-{key}" for key in checkpoints], batch.checkpoint),
        "checkpoint_id": _names(checkpoints, batch.checkpoint),
        "camera_id": _names(cameras, camera),
        "lane": pa.array(batch.lane.astype(np.int32)),
        "direction": _names(DIRECTIONS, batch.direction),
        "clock": _names(["synced"], np.zeros(count, dtype=np.int8)),
        "plate_class": _names(["", *CLASSES], np.where(read, batch.plate_class + 1, 0)),
        "colour": _names(["", *COLOURS], np.where(read, batch.colour + 1, 0)),
        "confidence": pa.array(batch.confidence),
        "plate_rows": pa.array(read.astype(np.int32)),
        "frames": pa.array(np.where(read, 9, 0).astype(np.int32)),
        "unread_reason": _names(["", "too small"], (~read).astype(np.int8)),
        "speed": pa.array(batch.speed.astype(np.uint32)),
        "models": _names([""], np.zeros(count, dtype=np.int8)),
    }
    if whole:
        known |= rich_columns(batch, seed=seed, pictures=pictures)
    columns = [known[f.name] if f.name in known else _empty_lists(f.type, count) for f in SCHEMA]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _names(names: list[str] | tuple[str, ...], which: NDArray[np.integer]) -> pa.Array:
    return pa.array([str(n) for n in names], pa.string()).take(pa.array(which))


def _empty_lists(kind: pa.DataType, count: int) -> pa.Array:
    offsets = pa.array(np.zeros(count + 1, dtype=np.int32))
    return pa.ListArray.from_arrays(offsets, pa.array([], kind.value_type)).cast(kind)


def _identifiers(captured_at: NDArray[np.int64], seed: int) -> pa.Array:
    """UUIDv7 of the time, the rest drawn from the seed."""
    rng = np.random.default_rng([seed, 5])
    found = rng.integers(0, 256, (captured_at.size, 16), dtype=np.uint8)
    milliseconds = (captured_at // 1000).astype(">u8").view(np.uint8).reshape(-1, 8)
    found[:, :6] = milliseconds[:, 2:]
    found[:, 6] = found[:, 6] & 0x0F | 0x70
    found[:, 8] = found[:, 8] & 0x3F | 0x80
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), captured_at.size, [None, pa.py_buffer(np.ascontiguousarray(found))]
    )
