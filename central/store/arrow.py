"""Passage columns to the table's Arrow columns, array by array: the same rows as `columns.to_arrow` makes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from central.columns import CLASS_NAMES, COLOUR_NAMES, Ints, Lists, Mask, PassageColumns
from central.store import columns as kept
from proto import wire
from proto.passage_columns import ID, SHA256

_KIND_NAMES = [kind.value if (kind := wire.EVIDENCE.get(n)) else "" for n in range(256)]
_EARLIEST_US, _LATEST_US = kept.microseconds(kept.EARLIEST), kept.microseconds(kept.LATEST)


def check(passages: PassageColumns, given: Ints) -> None:
    """Raises:
    Unstorable: the table can't hold one of these rows.
    """
    at = passages.captured_at_us
    textless = passages.read & np.fromiter((not text for text in passages.text), bool, len(passages))
    wrong = (
        (at < _EARLIEST_US) | (at >= _LATEST_US) | textless | (passages.positions.count > kept.MAX_POSITIONS)
    )
    for row in given[wrong[given]]:
        kept.check(passages.passage(int(row)))


def to_arrow(passages: PassageColumns, rows: Ints) -> pa.Table:
    """These passages, one row each, in order. Raises Unstorable."""
    check(passages, rows)
    by_origin = _ByOrigin(passages)
    read = passages.read
    confidence = np.rint(passages.confidence / wire.CERTAIN * kept.CONFIDENCE_STEPS).astype(np.uint16)
    position, character, cost = _lattices(passages)
    kinds = passages.image_kind
    made: dict[str, pa.Array] = {
        "plate": pa.array(passages.text, pa.string()),
        "captured_at": pa.array(passages.captured_at_us.view("<M8[us]")),
        "passage_id": _fixed(passages.passage_id, ID),
        "node_id": by_origin([o.node_id for o in passages.origins]),
        "checkpoint_id": by_origin([o.checkpoint_id for o in passages.origins]),
        "camera_id": by_origin([o.camera_id for o in passages.origins]),
        "lane": by_origin([o.lane for o in passages.origins], pa.int32()),
        "direction": by_origin([o.direction for o in passages.origins]),
        "clock": by_origin([o.clock.value for o in passages.origins]),
        "plate_class": _named(passages.plate_class, CLASS_NAMES, read),
        "colour": _named(passages.colour, COLOUR_NAMES, read),
        "confidence": pa.array(confidence),
        "plate_rows": pa.array(passages.rows),
        "frames": pa.array(passages.frames),
        "lattice.position": position,
        "lattice.character": character,
        "lattice.cost": cost,
        "unread_reason": by_origin([o.unread_reason for o in passages.origins]),
        "vehicle_box": _boxes(passages.vehicle_box, passages.has_vehicle_box),
        "plate_box": _boxes(passages.plate_box, passages.has_plate_box),
        "speed": _speeds(passages),
        "evidence.kind": _list(passages.images, _named(kinds, _KIND_NAMES, np.ones(len(kinds), bool))),
        "evidence.sha256": _list(passages.images, _fixed(passages.image_sha256, SHA256)),
        "evidence.size": _list(passages.images, pa.array(passages.image_size.astype(np.uint64))),
        "evidence.media_type": _list(passages.images, _media_types(passages)),
        "models": by_origin([kept.models_column(o.models) for o in passages.origins]),
    }
    arrays = [
        array if array.type == field.type else array.cast(field.type)
        for array, field in ((made[field.name], field) for field in kept.SCHEMA)
    ]
    table = pa.Table.from_arrays(arrays, schema=kept.SCHEMA)
    return table if len(rows) == len(passages) else table.take(pa.array(rows))


class _ByOrigin:
    """A value an origin as a value a passage."""

    def __init__(self, passages: PassageColumns) -> None:
        self._origin = pa.array(passages.origin)

    def __call__(self, values: Sequence[object], kind: pa.DataType | None = None) -> pa.Array:
        return pa.array(values, kind or pa.string()).take(self._origin)


def _fixed(data: bytes, width: int) -> pa.Array:
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(width), len(data) // width, [None, pa.py_buffer(data)]
    )


def _named(numbers: Ints, names: Sequence[str], there: Mask) -> pa.Array:
    """The names of numbers; "" where nothing is there."""
    nothing = len(names)
    of_all = pa.array([*names, ""])
    return of_all.take(pa.array(np.where(there, numbers.astype(np.int32), nothing)))


def _list(lists: Lists, items: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(lists.start.astype(np.int32)), items)


def _boxes(boxes: Ints, has: Mask) -> pa.Array:
    pixels = np.rint(boxes / wire.PIXEL).astype(np.int32)
    return _list(Lists(count=4 * has), pa.array(pixels.reshape(-1)))


def _speeds(passages: PassageColumns) -> pa.Array:
    steps = np.zeros(len(passages), np.uint32)
    # In the order of operations that a value would go through, so that halves fall to the same side.
    steps[passages.has_speed] = np.rint(passages.speed / 100 * kept.SPEED_STEPS)
    return pa.array(steps, mask=~passages.has_speed)


def _media_types(passages: PassageColumns) -> pa.Array:
    if passages.image_media_type:
        return pa.array(passages.image_media_type, pa.string())
    return pa.array([wire.JPEG]).take(pa.array(np.zeros(len(passages.image_kind), np.int32)))


def _lattices(passages: PassageColumns) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Position, character and cost of every alternative; a position without any has one that says so."""
    sizes = passages.sizes.astype(np.int64)
    within = np.arange(len(sizes)) - np.repeat(passages.positions.start[:-1], passages.positions.count)
    points = np.frombuffer(passages.characters.encode("utf-32-le"), "<u4")
    costs = _costs()[passages.probabilities]
    held = sizes
    if not sizes.all():
        held = np.maximum(sizes, 1)
        where = np.repeat(np.cumsum(held) - held, sizes) + _within(sizes)
        points = _placed(points, where, int(held.sum()), 0)
        costs = _placed(costs, where, int(held.sum()), kept.MAX_COST)
    # Of each passage, the sum over its positions.
    ends = np.concatenate(([0], np.cumsum(held)))[passages.positions.start]
    lists = Lists(count=np.diff(ends))
    return (
        _list(lists, pa.array(np.repeat(within, held).astype(np.uint8))),
        _list(lists, _characters(passages.characters, points)),
        _list(lists, pa.array(costs)),
    )


def _within(counts: Ints) -> Ints:
    """0, 1, … of each count."""
    numbers: Ints = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    return numbers


def _placed(values: Ints, where: Ints, length: int, otherwise: int) -> Ints:
    placed = np.full(length, otherwise, values.dtype)
    placed[where] = values
    return placed


def _characters(text: str, points: Ints) -> pa.Array:
    """One string a code point; U+0000, which stands for no character, is the empty one."""
    width = (points > 0).astype(np.int32) + (points > 0x7F) + (points > 0x7FF) + (points > 0xFFFF)
    ends = np.concatenate(([0], np.cumsum(width, dtype=np.int32))).astype(np.int32)
    data = text.replace(wire.NOTHING, "").encode()
    return pa.StringArray.from_buffers(len(points), pa.py_buffer(ends), pa.py_buffer(data))


@cache
def _costs() -> Any:
    return np.array([kept.cost(step / wire.CERTAIN) for step in range(wire.CERTAIN + 1)], np.uint8)
