"""Values to bytes and back: the Protobuf wire format of proto/bukong.proto.

What the wire rounds: probabilities and confidences to 1/65535, box coordinates to 1/16 pixel, speed to
1/100 km/h; everything else is exact. A lattice's probabilities are rounded down, so that their sum stays at
most 1, and an alternative that becomes 0 goes back to the share of the characters not named. Encoding what
was decoded gives the same bytes.

Readers are tolerant where a newer sender may say more: unknown fields are ignored, an unknown plate class,
colour or clock quality is `UNKNOWN`, evidence of an unknown kind is left out. They are strict where a value
would be wrong: identifiers, hashes, times, lattices that don't add up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from google.protobuf.message import DecodeError as ProtobufDecodeError
from google.protobuf.message import Message

from proto import bukong_pb2 as pb
from proto import wire
from proto.dead_letter import DeadLetter
from proto.passage import CameraHealth, Difference, Heartbeat, Hit, Passage, WatchlistEntry
from proto.passage_wire import batch_message, batch_value, messages_of, model_message, model_value
from proto.wire import WireError

_M = TypeVar("_M", bound=Message)
_V = TypeVar("_V")


class EncodeError(ValueError):
    """A value that the wire can't hold; says which."""


class DecodeError(ValueError):
    """Bytes that are not what they should be; says what was expected and what came."""


def encode_passages(passages: Sequence[Passage]) -> bytes:
    """One PassageBatch. Smallest where all are of one node.

    Raises:
        EncodeError: there is none, or one holds what the wire can't.
    """
    return _encode(batch_message, passages)


def decode_passages(data: bytes) -> tuple[Passage, ...]:
    """The passages of a PassageBatch, in order; at least one.

    Raises:
        DecodeError: all or nothing: one bad passage refuses the batch.
    """
    return _decode(pb.PassageBatch, batch_value, data)


def encode_heartbeat(beat: Heartbeat) -> bytes:
    """Raises EncodeError."""
    return _encode(_heartbeat_message, beat)


def decode_heartbeat(data: bytes) -> Heartbeat:
    """Raises DecodeError."""
    return _decode(pb.Heartbeat, _heartbeat_value, data)


def encode_watchlist_entry(entry: WatchlistEntry) -> bytes:
    """Never empty: an empty value on the bus withdraws the order. Raises EncodeError."""
    return _encode(_entry_message, entry)


def decode_watchlist_entry(data: bytes) -> WatchlistEntry:
    """Raises DecodeError."""
    return _decode(pb.WatchlistEntry, _entry_value, data)


def encode_hit(hit: Hit) -> bytes:
    """Raises EncodeError."""
    return _encode(_hit_message, hit)


def decode_hit(data: bytes) -> Hit:
    """Raises DecodeError."""
    return _decode(pb.Hit, _hit_value, data)


def encode_dead_letter(letter: DeadLetter) -> bytes:
    """Raises EncodeError."""
    return _encode(_dead_letter_message, letter)


def decode_dead_letter(data: bytes) -> DeadLetter:
    """Raises DecodeError."""
    return _decode(pb.DeadLetter, _dead_letter_value, data)


def _encode(build: Callable[[_V], Message], value: _V) -> bytes:
    try:
        return build(value).SerializeToString(deterministic=True)
    except (ValueError, TypeError, OverflowError) as error:
        raise EncodeError(f"the wire can't hold this: {error}") from error


def _decode(kind: type[_M], build: Callable[[_M], _V], data: bytes) -> _V:
    message = kind()
    try:
        message.ParseFromString(data)
        return build(message)
    except (ProtobufDecodeError, WireError, OverflowError) as error:
        name = kind.DESCRIPTOR.full_name
        head = bytes(data[:16]).hex()
        raise DecodeError(f"expected a {name}, got {len(data)} bytes ({head}…): {error}") from error


def _heartbeat_message(beat: Heartbeat) -> pb.Heartbeat:
    if not beat.node_id:
        raise ValueError("expected a heartbeat of a named node, got an empty node_id")
    return pb.Heartbeat(
        node_id=beat.node_id,
        checkpoint_id=beat.checkpoint_id,
        sent_at_us=wire.from_time(beat.sent_at),
        started_at_us=wire.from_time(beat.started_at),
        clock=wire.CLOCK.to_wire[beat.clock],
        outbox_depth=beat.outbox_depth,
        outbox_bytes=beat.outbox_bytes,
        disk_free_bytes=beat.disk_free_bytes,
        software=beat.software,
        cameras=[
            pb.CameraHealth(
                camera_id=c.camera_id,
                alive=c.alive,
                frames=c.frames,
                frames_dropped=c.frames_dropped,
                passages=c.passages,
                unread=c.unread,
                last_frame_at_us=wire.from_optional_time(c.last_frame_at),
                error=c.error,
            )
            for c in beat.cameras
        ],
        models=map(model_message, beat.models),
    )


def _heartbeat_value(beat: pb.Heartbeat) -> Heartbeat:
    if not beat.node_id:
        raise WireError("expected a node_id, got none")
    return Heartbeat(
        node_id=beat.node_id,
        checkpoint_id=beat.checkpoint_id,
        sent_at=wire.to_time(beat.sent_at_us),
        started_at=wire.to_time(beat.started_at_us),
        clock=wire.CLOCK.to_value(beat.clock),
        outbox_depth=beat.outbox_depth,
        outbox_bytes=beat.outbox_bytes,
        disk_free_bytes=beat.disk_free_bytes,
        software=beat.software,
        cameras=tuple(
            CameraHealth(
                camera_id=c.camera_id,
                alive=c.alive,
                frames=c.frames,
                frames_dropped=c.frames_dropped,
                passages=c.passages,
                unread=c.unread,
                last_frame_at=wire.to_time(c.last_frame_at_us) if c.HasField("last_frame_at_us") else None,
                error=c.error,
            )
            for c in beat.cameras
        ),
        models=tuple(map(model_value, beat.models)),
    )


def _entry_message(entry: WatchlistEntry) -> pb.WatchlistEntry:
    if not (entry.order_id and entry.plate):
        raise ValueError(f"expected an order_id and a plate, got {entry}")
    return pb.WatchlistEntry(
        order_id=entry.order_id,
        plate=entry.plate,
        plate_class=None if entry.plate_class is None else wire.PLATE_CLASS.to_wire[entry.plate_class],
        colour=None if entry.colour is None else wire.COLOUR.to_wire[entry.colour],
        checkpoints=sorted(entry.checkpoints),
        directions=sorted(entry.directions),
        priority=entry.priority,
        valid_from_us=wire.from_optional_time(entry.valid_from),
        valid_until_us=wire.from_optional_time(entry.valid_until),
        windows=wire.from_windows(entry.schedule),
        zone=entry.schedule.zone if entry.schedule else "",
        exact_only=entry.exact_only,
    )


def _entry_value(entry: pb.WatchlistEntry) -> WatchlistEntry:
    if not (entry.order_id and entry.plate):
        raise WireError("expected an order_id and a plate, got an entry without")
    return WatchlistEntry(
        order_id=entry.order_id,
        plate=entry.plate,
        plate_class=wire.PLATE_CLASS.to_value(entry.plate_class) if entry.HasField("plate_class") else None,
        colour=wire.COLOUR.to_value(entry.colour) if entry.HasField("colour") else None,
        checkpoints=frozenset(entry.checkpoints),
        directions=frozenset(entry.directions),
        priority=entry.priority,
        valid_from=wire.to_time(entry.valid_from_us) if entry.HasField("valid_from_us") else None,
        valid_until=wire.to_time(entry.valid_until_us) if entry.HasField("valid_until_us") else None,
        schedule=wire.to_schedule(entry.zone, entry.windows),
        exact_only=entry.exact_only,
    )


def _hit_message(hit: Hit) -> pb.Hit:
    return pb.Hit(
        order_id=hit.order_id,
        passage=messages_of([hit.passage]),
        tier=wire.TIER.to_wire[hit.tier],
        score=hit.score,
        watchlist_version=hit.watchlist_version,
        matched_at_us=wire.from_time(hit.matched_at),
        differences=[
            pb.Difference(position=d.position, read=d.read, ordered=d.ordered, probability=d.probability)
            for d in hit.differences
        ],
        site_alarm_at_us=wire.from_optional_time(hit.site_alarm_at),
    )


def _hit_value(hit: pb.Hit) -> Hit:
    passages = batch_value(hit.passage)
    if len(passages) != 1:
        raise WireError(f"expected a hit of one passage, got {len(passages)}")
    return Hit(
        order_id=hit.order_id,
        passage=passages[0],
        tier=wire.TIER.to_value(hit.tier),
        score=hit.score,
        watchlist_version=hit.watchlist_version,
        matched_at=wire.to_time(hit.matched_at_us),
        differences=tuple(
            Difference(position=d.position, read=d.read, ordered=d.ordered, probability=d.probability)
            for d in hit.differences
        ),
        site_alarm_at=wire.to_time(hit.site_alarm_at_us) if hit.HasField("site_alarm_at_us") else None,
    )


def _dead_letter_message(letter: DeadLetter) -> pb.DeadLetter:
    if not letter.topic:
        raise ValueError("expected the topic the record came from, got none")
    return pb.DeadLetter(
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        key=letter.key,
        value=letter.value,
        headers=letter.headers,
        refused_by=letter.refused_by,
        reason=letter.reason,
        refused_at_us=wire.from_time(letter.refused_at),
    )


def _dead_letter_value(letter: pb.DeadLetter) -> DeadLetter:
    if not letter.topic:
        raise WireError("expected the topic the record came from, got none")
    return DeadLetter(
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        key=letter.key,
        value=letter.value,
        headers=dict(letter.headers),
        refused_by=letter.refused_by,
        reason=letter.reason,
        refused_at=wire.to_time(letter.refused_at_us),
    )
