"""Passages column by column: Passage messages folded into one PassageColumns message, and unfolded again."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate

from proto import bukong_pb2 as pb
from proto import wire
from proto.wire import JPEG, WireError

#: The bits of `has`.
PLATE, VEHICLE_BOX, PLATE_BOX, SPEED = 1, 2, 4, 8
#: Bytes of an identifier and of a hash.
ID, SHA256 = 16, 32
#: The largest number that a byte tells; enumerations have fewer members.
_BYTE = 0xFF


class Unfoldable(ValueError):
    """These passages are more than columns can say; as messages each they can be said."""


def fold(passages: Sequence[pb.Passage]) -> pb.PassageColumns:
    """The same as columns.

    Raises:
        Unfoldable: too many images, positions or origins; or it could not be unfolded again.
    """
    reads = [p.plate for p in passages if p.HasField("plate")]
    images = [image for p in passages for image in p.evidence]
    media_types = [image.media_type or JPEG for image in images]
    hits = [len(p.local_hits) for p in passages]
    origins: dict[tuple[object, ...], int] = {}
    of_origins: list[pb.Passage] = []
    index = array("H")
    try:
        for p in passages:
            key = _origin_key(p)
            known = origins.setdefault(key, len(origins))
            if known == len(of_origins):
                of_origins.append(_origin(p))
            index.append(known)
        columns = pb.PassageColumns(
            origins=of_origins,
            origin=_bytes(index),
            passage_id=b"".join(p.passage_id for p in passages),
            captured_at_us=_packed("q", [p.captured_at_us for p in passages]),
            has=bytes(map(_has, passages)),
            text=[r.text for r in reads],
            plate_class=bytes([min(r.plate_class, _BYTE) for r in reads]),
            colour=bytes([min(r.colour, _BYTE) for r in reads]),
            confidence=_packed("H", [r.confidence for r in reads]),
            rows=[r.rows for r in reads],
            frames=[r.frames for r in reads],
            lattice_positions=bytes([len(r.lattice_sizes) for r in reads]),
            lattice_sizes=b"".join([r.lattice_sizes for r in reads]),
            lattice_characters="".join([r.lattice_characters for r in reads]),
            lattice_probabilities=b"".join([r.lattice_probabilities for r in reads]),
            vehicle_box=_packed("i", [n for p in passages for n in p.vehicle_box]),
            plate_box=_packed("i", [n for p in passages for n in p.plate_box]),
            speed_centi_kmh=_packed(
                "I", [p.speed_centi_kmh for p in passages if p.HasField("speed_centi_kmh")]
            ),
            evidence_count=bytes([len(p.evidence) for p in passages]),
            evidence_kind=bytes([min(image.kind, _BYTE) for image in images]),
            evidence_sha256=b"".join([image.sha256 for image in images]),
            evidence_size=[image.size for image in images],
            evidence_media_type=media_types if any(m != JPEG for m in media_types) else [],
            local_hit_count=bytes(hits) if any(hits) else b"",
            local_hits=[hit for p in passages for hit in p.local_hits],
        )
        check(columns)
        _check_each(passages, reads, images)
    except (ValueError, OverflowError, WireError) as error:
        raise Unfoldable(str(error)) from error
    return columns


def _check_each(
    passages: Sequence[pb.Passage], reads: Sequence[pb.PlateRead], images: Sequence[pb.Evidence]
) -> None:
    """What one lacks another may have too much of: the sums that `check` sees don't show it."""
    if any(len(p.passage_id) != ID for p in passages) or any(len(i.sha256) != SHA256 for i in images):
        raise WireError("an identifier or a hash is not as long as it should be")
    if any(len(p.vehicle_box) not in (0, 4) or len(p.plate_box) not in (0, 4) for p in passages):
        raise WireError("a box is not of 4 numbers")
    for r in reads:
        wire.check_lattice(sum(r.lattice_sizes), len(r.lattice_characters), len(r.lattice_probabilities))


def check(columns: pb.PassageColumns) -> int:
    """Are the columns as long as each other? Returns how many passages they are.

    Raises:
        WireError: one is longer or shorter; says which.
    """
    count = len(columns.passage_id) // ID
    has = columns.has
    times = [(bits, has.count(bits)) for bits in set(has)]
    reads, vehicles, plates, speeds = (
        sum([n for bits, n in times if bits & bit]) for bit in (PLATE, VEHICLE_BOX, PLATE_BOX, SPEED)
    )
    images = sum(columns.evidence_count)
    for name, length, expected in (
        ("passage_id", len(columns.passage_id), ID * count),
        ("origin", len(columns.origin), 2 * count),
        ("captured_at_us", len(columns.captured_at_us), 8 * count),
        ("has", len(has), count),
        ("text", len(columns.text), reads),
        ("plate_class", len(columns.plate_class), reads),
        ("colour", len(columns.colour), reads),
        ("confidence", len(columns.confidence), 2 * reads),
        ("rows", len(columns.rows), reads),
        ("frames", len(columns.frames), reads),
        ("lattice_positions", len(columns.lattice_positions), reads),
        ("lattice_sizes", len(columns.lattice_sizes), sum(columns.lattice_positions)),
        ("vehicle_box", len(columns.vehicle_box), 16 * vehicles),
        ("plate_box", len(columns.plate_box), 16 * plates),
        ("speed_centi_kmh", len(columns.speed_centi_kmh), 4 * speeds),
        ("evidence_count", len(columns.evidence_count), count),
        ("evidence_kind", len(columns.evidence_kind), images),
        ("evidence_sha256", len(columns.evidence_sha256), SHA256 * images),
        ("evidence_size", len(columns.evidence_size), images),
        ("evidence_media_type", len(columns.evidence_media_type), images * bool(columns.evidence_media_type)),
        ("local_hit_count", len(columns.local_hit_count), count * bool(columns.local_hit_count)),
        ("local_hits", len(columns.local_hits), sum(columns.local_hit_count)),
    ):
        if length != expected:
            raise WireError(f"expected a column {name} of {expected} for {count} passages, got {length}")
    wire.check_lattice(
        sum(columns.lattice_sizes), len(columns.lattice_characters), len(columns.lattice_probabilities)
    )
    origins = len(columns.origins)
    highest = max(_numbers("H", columns.origin), default=-1)
    if highest >= origins:
        raise WireError(f"expected an origin's index below {origins}, got {highest}")
    return count


def unfold(columns: pb.PassageColumns) -> list[pb.Passage]:
    """The passages, a message each.

    Raises:
        WireError: the columns don't agree with each other.
    """
    count = check(columns)
    origins = [_origin(p) for p in columns.origins]  # nothing else of them counts
    has, identifiers = columns.has, columns.passage_id
    reads, images = _reads(columns), _images(columns)
    vehicle_boxes, plate_boxes = _boxes(columns.vehicle_box), _boxes(columns.plate_box)
    speeds, hits = iter(_numbers("I", columns.speed_centi_kmh)), iter(columns.local_hits)
    found = []
    for i, (origin, captured_at) in enumerate(
        zip(_numbers("H", columns.origin), _numbers("q", columns.captured_at_us), strict=True)
    ):
        p = pb.Passage()
        p.CopyFrom(origins[origin])
        p.passage_id = identifiers[ID * i : ID * i + ID]
        p.captured_at_us = captured_at
        if has[i] & PLATE:
            p.plate.CopyFrom(next(reads))
        if has[i] & VEHICLE_BOX:
            p.vehicle_box[:] = next(vehicle_boxes)
        if has[i] & PLATE_BOX:
            p.plate_box[:] = next(plate_boxes)
        if has[i] & SPEED:
            p.speed_centi_kmh = next(speeds)
        p.evidence.extend(next(images) for _ in range(columns.evidence_count[i]))
        if columns.local_hit_count:
            p.local_hits.extend(next(hits) for _ in range(columns.local_hit_count[i]))
        found.append(p)
    assert len(found) == count
    return found


def _reads(columns: pb.PassageColumns) -> Iterator[pb.PlateRead]:
    sizes, characters = columns.lattice_sizes, columns.lattice_characters
    probabilities = columns.lattice_probabilities
    confidence = _numbers("H", columns.confidence)
    ends = accumulate(columns.lattice_positions, initial=0)
    position = next(ends)
    first = 0
    for i, (text, end) in enumerate(zip(columns.text, ends, strict=True)):
        of_this = sizes[position:end]
        position, last = end, first + sum(of_this)
        yield pb.PlateRead(
            text=text,
            plate_class=columns.plate_class[i],  # type: ignore[arg-type]  # a newer sender's number stays
            colour=columns.colour[i],  # type: ignore[arg-type]
            confidence=confidence[i],
            rows=columns.rows[i],
            frames=columns.frames[i],
            lattice_sizes=of_this,
            lattice_characters=characters[first:last],
            lattice_probabilities=probabilities[2 * first : 2 * last],
        )
        first = last


def _images(columns: pb.PassageColumns) -> Iterator[pb.Evidence]:
    media_types = columns.evidence_media_type or [""] * len(columns.evidence_kind)
    for i, (kind, size, media_type) in enumerate(
        zip(columns.evidence_kind, columns.evidence_size, media_types, strict=True)
    ):
        yield pb.Evidence(
            kind=kind,  # type: ignore[arg-type]  # a newer sender's number stays
            sha256=columns.evidence_sha256[SHA256 * i : SHA256 * i + SHA256],
            size=size,
            media_type="" if media_type == JPEG else media_type,
        )


def _boxes(column: bytes) -> Iterator[tuple[int, ...]]:
    return struct.iter_unpack("<4i", column)


def _has(p: pb.Passage) -> int:
    return (
        PLATE * p.HasField("plate")
        + VEHICLE_BOX * bool(p.vehicle_box)
        + PLATE_BOX * bool(p.plate_box)
        + SPEED * p.HasField("speed_centi_kmh")
    )


def _origin_key(p: pb.Passage) -> tuple[object, ...]:
    return (
        p.node_id if p.HasField("node_id") else None,
        p.checkpoint_id if p.HasField("checkpoint_id") else None,
        p.camera_id,
        p.lane,
        p.direction,
        p.clock,
        p.unread_reason,
        *p.models,
    )


def _origin(p: pb.Passage) -> pb.Passage:
    return pb.Passage(
        node_id=p.node_id if p.HasField("node_id") else None,
        checkpoint_id=p.checkpoint_id if p.HasField("checkpoint_id") else None,
        camera_id=p.camera_id,
        lane=p.lane,
        direction=p.direction,
        clock=p.clock,
        unread_reason=p.unread_reason,
        models=p.models,
    )


def _packed(kind: str, numbers: Sequence[int]) -> bytes:
    try:
        return struct.pack(f"<{len(numbers)}{kind}", *numbers)
    except struct.error as error:
        raise OverflowError(str(error)) from error


def _bytes(numbers: array[int]) -> bytes:
    return _packed(numbers.typecode, numbers)


def _numbers(kind: str, column: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(column) // struct.calcsize('<' + kind)}{kind}", column)
