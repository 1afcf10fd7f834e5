"""Passages as arrays: what the ingest and the matcher handle by the thousand.

A frozen value a passage costs more to make than all that is done with it. Here a column is one array over all
records of a poll; the value of a single passage is made where somebody needs it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from proto import wire
from proto.clock import ClockQuality
from proto.passage import Box, Evidence, EvidenceKind, Lattice, LocalHit, ModelVersion, Passage, PlateRead
from proto.passage_columns import ID, SHA256

Ints = NDArray[Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What the passages of a lane have in common."""

    node_id: str
    checkpoint_id: str
    camera_id: str
    lane: int
    direction: str
    clock: ClockQuality
    unread_reason: str
    models: tuple[ModelVersion, ...]


@dataclass(frozen=True, kw_only=True)
class Lists:
    """A list of things for each passage, flattened: passage i has `count[i]` of them."""

    count: Ints

    @cached_property
    def start(self) -> Ints:
        """Where each passage's begin, and one more: where the last one's end."""
        return np.concatenate(([0], np.cumsum(self.count, dtype=np.int64)))

    def of(self, row: int) -> slice:
        return slice(int(self.start[row]), int(self.start[row + 1]))


@dataclass(frozen=True, kw_only=True)
class PassageColumns:
    """Passages in the order they came, in the wire's units (see proto/bukong.proto).

    A column of plates has a value for every passage, 0 or "" where no plate was read; a column of boxes or of
    speeds has values only for those that have one, in order.
    """

    origins: Sequence[Origin]
    origin: Ints  #: index into origins
    passage_id: bytes  #: 16 bytes each
    captured_at_us: Ints
    read: Mask  #: has a plate
    text: Sequence[str]
    plate_class: Ints
    colour: Ints
    confidence: Ints
    rows: Ints
    frames: Ints
    positions: Lists  #: of the lattices
    sizes: Ints  #: alternatives of each position
    characters: str
    probabilities: Ints
    has_vehicle_box: Mask
    vehicle_box: Ints  #: shape (n, 4)
    has_plate_box: Mask
    plate_box: Ints
    has_speed: Mask
    speed: Ints
    images: Lists
    image_kind: Ints
    image_sha256: bytes  #: 32 bytes each
    image_size: Ints
    image_media_type: Sequence[str]  #: empty: all are JPEG
    local_hits: Mapping[int, tuple[LocalHit, ...]]  #: of the passages that have any

    def __len__(self) -> int:
        return len(self.origin)

    @cached_property
    def alternatives(self) -> Lists:
        """Where each position's begin among `characters`."""
        return Lists(count=self.sizes)

    # Where, in a column of those that have one, each passage's is.

    @cached_property
    def _vehicle_box_at(self) -> Ints:
        return np.cumsum(self.has_vehicle_box) - 1

    @cached_property
    def _plate_box_at(self) -> Ints:
        return np.cumsum(self.has_plate_box) - 1

    @cached_property
    def _speed_at(self) -> Ints:
        return np.cumsum(self.has_speed) - 1

    def identifier(self, row: int) -> bytes:
        return self.passage_id[ID * row : ID * row + ID]

    def passage(self, row: int) -> Passage:
        """The value of one; raises OverflowError where its time is none."""
        origin = self.origins[self.origin[row]]
        return Passage(
            passage_id=UUID(bytes=self.identifier(row)),
            node_id=origin.node_id,
            checkpoint_id=origin.checkpoint_id,
            camera_id=origin.camera_id,
            lane=origin.lane,
            direction=origin.direction,
            captured_at=wire.to_time(int(self.captured_at_us[row])),
            clock=origin.clock,
            plate=self._read(row) if self.read[row] else None,
            unread_reason=origin.unread_reason,
            vehicle_box=_box(self.vehicle_box[self._vehicle_box_at[row]])
            if self.has_vehicle_box[row]
            else None,
            plate_box=_box(self.plate_box[self._plate_box_at[row]]) if self.has_plate_box[row] else None,
            speed_kmh=int(self.speed[self._speed_at[row]]) / 100 if self.has_speed[row] else None,
            evidence=self._evidence(row),
            models=origin.models,
            local_hits=self.local_hits.get(row, ()),
        )

    def _read(self, row: int) -> PlateRead:
        return PlateRead(
            text=self.text[row],
            plate_class=wire.PLATE_CLASS.to_value(int(self.plate_class[row])),
            colour=wire.COLOUR.to_value(int(self.colour[row])),
            confidence=wire.to_probability(int(self.confidence[row])),
            lattice=self._lattice(row),
            rows=int(self.rows[row]),
            frames=int(self.frames[row]),
        )

    def _lattice(self, row: int) -> Lattice:
        of_positions = self.positions.of(row)
        first, last = (int(self.alternatives.start[at]) for at in (of_positions.start, of_positions.stop))
        return wire.to_lattice(
            bytes(self.sizes[of_positions].astype(np.uint8)),
            self.characters[first:last],
            self.probabilities[first:last].astype("<u2").tobytes(),
        )

    def _evidence(self, row: int) -> tuple[Evidence, ...]:
        of_images = self.images.of(row)
        return tuple(
            Evidence(
                kind=_kind(int(self.image_kind[i])),
                sha256=self.image_sha256[SHA256 * i : SHA256 * i + SHA256].hex(),
                size=int(self.image_size[i]),
                media_type=self.image_media_type[i] if self.image_media_type else wire.JPEG,
            )
            for i in range(of_images.start, of_images.stop)
        )


def _kind(number: int) -> EvidenceKind:
    kind = wire.EVIDENCE.get(number)
    assert kind is not None, "images of unknown kinds are left out when columns are made"
    return kind


def _box(numbers: Ints) -> Box:
    x1, y1, x2, y2 = (v / wire.PIXEL for v in numbers.tolist())
    return Box(x1=x1, y1=y1, x2=x2, y2=y2)


#: What the numbers of the wire stand for, as arrays to index with a column; one not known here is UNKNOWN.
CLASS_NAMES = [wire.PLATE_CLASS.to_value(n).value for n in range(256)]
COLOUR_NAMES = [wire.COLOUR.to_value(n).value for n in range(256)]
KNOWN_KINDS = np.array([wire.EVIDENCE.get(n) is not None for n in range(256)])
