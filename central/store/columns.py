"""Passages to Arrow columns and back: how a passage lies in a ClickHouse table.

What the columns round, to stay small at a hundred million passages: a read's confidence to 1/10000, a
lattice's probabilities to within 2 % of themselves (as 25ths of a natural logarithm, 3.7e-5 at least),
boxes to whole pixels, speed to 1/10 km/h. Everything else is kept exactly.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import pyarrow as pa

from central.ports import Unstorable
from proto.clock import ClockQuality
from proto.passage import Box, Evidence, EvidenceKind, Lattice, ModelVersion, Passage, PlateRead, Position
from proto.plate import PlateClass, PlateColour

_TEXT = pa.string()
SCHEMA = pa.schema(
    [
        ("plate", _TEXT),
        ("captured_at", pa.timestamp("us", tz="UTC")),
        ("passage_id", pa.binary(16)),
        ("node_id", _TEXT),
        ("checkpoint_id", _TEXT),
        ("camera_id", _TEXT),
        ("lane", pa.int32()),
        ("direction", _TEXT),
        ("clock", _TEXT),
        ("plate_class", _TEXT),
        ("colour", _TEXT),
        ("confidence", pa.uint16()),
        ("plate_rows", pa.int32()),
        ("frames", pa.int32()),
        ("lattice.position", pa.list_(pa.uint8())),
        ("lattice.character", pa.list_(_TEXT)),
        ("lattice.cost", pa.list_(pa.uint8())),
        ("unread_reason", _TEXT),
        ("vehicle_box", pa.list_(pa.int32())),
        ("plate_box", pa.list_(pa.int32())),
        ("speed", pa.uint32()),
        ("evidence.kind", pa.list_(_TEXT)),
        ("evidence.sha256", pa.list_(pa.binary(32))),
        ("evidence.size", pa.list_(pa.uint64())),
        ("evidence.media_type", pa.list_(_TEXT)),
        ("models", _TEXT),
    ]
)

CONFIDENCE_STEPS = 10_000
#: Cost units a natural logarithm: 1/25 is 4 % from step to step, so 2 % at most from the truth.
COST_STEPS = 25
MAX_COST = 255
#: Of one lattice.
MAX_POSITIONS = 255
SPEED_STEPS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: What the table's day partitions and DateTime64 hold with a margin.
EARLIEST = _EPOCH
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def check(passage: Passage) -> None:
    """Raises:
    Unstorable: the table can't hold this passage.
    """
    moment = passage.captured_at
    if moment.tzinfo is None or not EARLIEST <= moment < LATEST:
        raise Unstorable(f"expected a captured_at from {EARLIEST:%Y} to {LATEST:%Y} with a zone, got {moment}")
    if passage.plate is None:
        return
    if not passage.plate.text:
        raise Unstorable("expected a plate read of at least one character, got an empty one")
    if len(passage.plate.lattice) > MAX_POSITIONS:
        raise Unstorable(
            f"expected a lattice of at most {MAX_POSITIONS} positions, got {len(passage.plate.lattice)}"
        )


def to_arrow(passages: Sequence[Passage]) -> pa.Table:
    """One row a passage, in order. Raises Unstorable."""
    rows = []
    for passage in passages:
        check(passage)
        rows.append(_row(passage))
    columns = zip(*rows, strict=True) if rows else [() for _ in SCHEMA]
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def from_arrow(table: pa.Table) -> tuple[Passage, ...]:
    """One passage a row, in order."""
    columns = [
        # Whole microseconds: Arrow would make each time an object of a zone's own.
        (table.column(f.name).cast(pa.int64()) if f.name == "captured_at" else table.column(f.name)).to_pylist()
        for f in SCHEMA
    ]
    return tuple(_passage(*row) for row in zip(*columns, strict=True))


def microseconds(moment: datetime) -> int:
    """Since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(microseconds_since_1970: int) -> datetime:
    """The inverse of `microseconds`."""
    return _EPOCH + timedelta(microseconds=microseconds_since_1970)


def _row(p: Passage) -> tuple[object, ...]:
    read = p.plate
    positions, characters, costs = _lattice_columns(read.lattice if read else ())
    return (
        read.text if read else "",
        p.captured_at,
        p.passage_id.bytes,
        p.node_id,
        p.checkpoint_id,
        p.camera_id,
        p.lane,
        p.direction,
        p.clock.value,
        read.plate_class.value if read else "",
        read.colour.value if read else "",
        round(read.confidence * CONFIDENCE_STEPS) if read else 0,
        read.rows if read else 0,
        read.frames if read else 0,
        positions,
        characters,
        costs,
        p.unread_reason,
        _box_column(p.vehicle_box),
        _box_column(p.plate_box),
        None if p.speed_kmh is None else round(p.speed_kmh * SPEED_STEPS),
        [e.kind.value for e in p.evidence],
        [bytes.fromhex(e.sha256) for e in p.evidence],
        [e.size for e in p.evidence],
        [e.media_type for e in p.evidence],
        models_column(p.models),
    )


def _passage(
    plate: str,
    captured_us: int,
    passage_id: bytes,
    node_id: str,
    checkpoint_id: str,
    camera_id: str,
    lane: int,
    direction: str,
    clock: str,
    plate_class: str,
    colour: str,
    confidence: int,
    plate_rows: int,
    frames: int,
    positions: list[int],
    characters: list[str],
    costs: list[int],
    unread_reason: str,
    vehicle_box: list[int],
    plate_box: list[int],
    speed: int | None,
    kinds: list[str],
    hashes: list[bytes],
    sizes: list[int],
    media_types: list[str],
    models: str,
) -> Passage:
    read = None
    if plate:
        read = PlateRead(
            text=plate,
            plate_class=PlateClass(plate_class),
            colour=PlateColour(colour),
            confidence=confidence / CONFIDENCE_STEPS,
            lattice=lattice_of(positions, characters, costs),
            rows=plate_rows,
            frames=frames,
        )
    return Passage(
        passage_id=UUID(bytes=passage_id),
        node_id=node_id,
        checkpoint_id=checkpoint_id,
        camera_id=camera_id,
        lane=lane,
        direction=direction,
        captured_at=moment_of(captured_us),
        clock=ClockQuality(clock),
        plate=read,
        unread_reason=unread_reason,
        vehicle_box=_box(vehicle_box),
        plate_box=_box(plate_box),
        speed_kmh=None if speed is None else speed / SPEED_STEPS,
        evidence=tuple(
            Evidence(kind=EvidenceKind(kind), sha256=sha256.hex(), size=size, media_type=media_type)
            for kind, sha256, size, media_type in zip(kinds, hashes, sizes, media_types, strict=True)
        ),
        models=_models(models),
    )


@lru_cache(maxsize=1 << 16)  # the wire has no more probabilities
def cost(probability: float) -> int:
    """A probability in cost units."""
    if probability <= 0:
        return MAX_COST
    return min(MAX_COST, max(0, round(-math.log(probability) * COST_STEPS)))


#: Holds the place of a position without alternatives.
_NOTHING_NAMED = ("", 0.0)
#: What a cost stands for.
_PROBABILITY = tuple(math.exp(-cost / COST_STEPS) for cost in range(MAX_COST + 1))


def _lattice_columns(lattice: Lattice) -> tuple[list[int], list[str], list[int]]:
    flat = [
        (at, character, cost(probability))
        for at, position in enumerate(lattice)
        for character, probability in position or (_NOTHING_NAMED,)
    ]
    return [at for at, _, _ in flat], [c for _, c, _ in flat], [cost for _, _, cost in flat]


def lattice_of(positions: list[int], characters: list[str], costs: list[int]) -> Lattice:
    """The lattice whose columns these are."""
    found: list[list[tuple[str, float]]] = [[] for _ in range(max(positions, default=-1) + 1)]
    for at, character, cost in zip(positions, characters, costs, strict=True):
        if character or cost < MAX_COST:
            found[at].append((character, _PROBABILITY[cost]))
    return tuple(map(_within_one, found))


def _within_one(position: list[tuple[str, float]]) -> Position:
    # Rounding may lift a position's sum over 1, which the rest of the program relies on not to happen.
    total = sum(probability for _, probability in position)
    if total <= 1:
        return tuple(position)
    return tuple((character, probability / total) for character, probability in position)


def _box_column(box: Box | None) -> list[int]:
    return [] if box is None else [round(v) for v in (box.x1, box.y1, box.x2, box.y2)]


def _box(column: list[int]) -> Box | None:
    if not column:
        return None
    x1, y1, x2, y2 = column
    return Box(x1=x1, y1=y1, x2=x2, y2=y2)


@lru_cache(maxsize=1024)  # a node's passages name the same models for months
def models_column(models: tuple[ModelVersion, ...]) -> str:
    """Models as the text that is kept."""
    return json.dumps([[m.purpose, m.name, m.sha256] for m in models], separators=(",", ":")) if models else ""


@lru_cache(maxsize=1024)
def _models(column: str) -> tuple[ModelVersion, ...]:
    rows: list[list[Any]] = json.loads(column) if column else []
    return tuple(ModelVersion(purpose=purpose, name=name, sha256=sha256) for purpose, name, sha256 in rows)
