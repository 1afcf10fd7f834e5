"""Passages on the wire: the messages PassageBatch and Passage, to frozen values and back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from proto import bukong_pb2 as pb
from proto import wire
from proto.passage import Box, Evidence, LocalHit, ModelVersion, Passage, PlateRead
from proto.passage_columns import Unfoldable, fold, unfold
from proto.wire import JPEG, WireError

#: A batch of so many passages is said by columns, which a centre reads several times as fast.
COLUMNS_FROM = 16


def batch_message(passages: Sequence[Passage]) -> pb.PassageBatch:
    """By columns where there are many, a message each where there are few."""
    batch = messages_of(passages)
    if len(passages) >= COLUMNS_FROM:
        with suppress(Unfoldable):
            batch.columns.CopyFrom(fold(batch.passages))
            batch.ClearField("passages")
    return batch


def messages_of(passages: Sequence[Passage]) -> pb.PassageBatch:
    """A message a passage; what they share is said once."""
    if not passages:
        raise ValueError("expected at least one passage, got none")
    node, checkpoint = passages[0].node_id, passages[0].checkpoint_id
    batch = pb.PassageBatch(node_id=node, checkpoint_id=checkpoint)
    index: dict[ModelVersion, int] = {}
    for p in passages:
        message = batch.passages.add(
            passage_id=p.passage_id.bytes,
            camera_id=p.camera_id,
            lane=p.lane,
            direction=p.direction,
            captured_at_us=wire.from_time(p.captured_at),
            clock=wire.CLOCK.to_wire[p.clock],
            plate=None if p.plate is None else _read_message(p.plate),
            unread_reason=p.unread_reason,
            vehicle_box=_box_wire(p.vehicle_box),
            plate_box=_box_wire(p.plate_box),
            speed_centi_kmh=None if p.speed_kmh is None else round(p.speed_kmh * 100),
            evidence=[_evidence_message(e) for e in p.evidence],
            models=[index.setdefault(m, len(index)) for m in p.models],
            local_hits=map(_local_hit_message, p.local_hits),
        )
        if p.node_id != node:
            message.node_id = p.node_id
        if p.checkpoint_id != checkpoint:
            message.checkpoint_id = p.checkpoint_id
    batch.models.extend(map(model_message, index))
    return batch


def batch_value(batch: pb.PassageBatch) -> tuple[Passage, ...]:
    """Raises WireError."""
    messages = [*batch.passages, *(unfold(batch.columns) if batch.HasField("columns") else ())]
    if not messages:
        raise WireError("expected at least one passage, got none")
    models = tuple(map(model_value, batch.models))
    return tuple(_passage_value(p, batch.node_id, batch.checkpoint_id, models) for p in messages)


def _passage_value(
    p: pb.Passage, node_id: str, checkpoint_id: str, models: tuple[ModelVersion, ...]
) -> Passage:
    raw_id = p.passage_id
    if len(raw_id) != 16:
        raise WireError(f"expected a passage_id of 16 bytes, got {len(raw_id)}")
    used = p.models
    if used and max(used) >= len(models):
        raise WireError(f"expected a model's index below {len(models)}, got {max(used)}")
    evidence = (_evidence_value(e) for e in p.evidence)
    return Passage(
        passage_id=UUID(bytes=raw_id),
        node_id=p.node_id if p.HasField("node_id") else node_id,
        checkpoint_id=p.checkpoint_id if p.HasField("checkpoint_id") else checkpoint_id,
        camera_id=p.camera_id,
        lane=p.lane,
        direction=p.direction,
        captured_at=wire.to_time(p.captured_at_us),
        clock=wire.CLOCK.to_value(p.clock),
        plate=_read_value(p.plate) if p.HasField("plate") else None,
        unread_reason=p.unread_reason,
        vehicle_box=_box_value(p.vehicle_box),
        plate_box=_box_value(p.plate_box),
        speed_kmh=p.speed_centi_kmh / 100 if p.HasField("speed_centi_kmh") else None,
        evidence=tuple(e for e in evidence if e is not None),
        models=tuple([models[i] for i in used]),
        local_hits=tuple(map(local_hit_value, p.local_hits)) if p.local_hits else (),
    )


def _local_hit_message(hit: LocalHit) -> pb.LocalHit:
    return pb.LocalHit(
        tag=bytes.fromhex(hit.tag),
        epoch=hit.epoch,
        tier=wire.TIER.to_wire[hit.tier],
        score=hit.score,
        list_version=hit.list_version,
        alarmed_at_us=wire.from_time(hit.alarmed_at),
    )


def local_hit_value(hit: pb.LocalHit) -> LocalHit:
    """Raises WireError, OverflowError."""
    return LocalHit(
        tag=hit.tag.hex(),
        epoch=hit.epoch,
        tier=wire.TIER.to_value(hit.tier),
        score=hit.score,
        list_version=hit.list_version,
        alarmed_at=wire.to_time(hit.alarmed_at_us),
    )


def _read_message(read: PlateRead) -> pb.PlateRead:
    sizes, characters, probabilities = wire.from_lattice(read.lattice)
    return pb.PlateRead(
        text=read.text,
        plate_class=wire.PLATE_CLASS.to_wire[read.plate_class],
        colour=wire.COLOUR.to_wire[read.colour],
        confidence=wire.from_probability(read.confidence),
        rows=read.rows,
        frames=read.frames,
        lattice_sizes=sizes,
        lattice_characters=characters,
        lattice_probabilities=probabilities,
    )


def _read_value(read: pb.PlateRead) -> PlateRead:
    return PlateRead(
        text=read.text,
        plate_class=wire.PLATE_CLASS.to_value(read.plate_class),
        colour=wire.COLOUR.to_value(read.colour),
        confidence=wire.to_probability(read.confidence),
        lattice=wire.to_lattice(read.lattice_sizes, read.lattice_characters, read.lattice_probabilities),
        rows=read.rows,
        frames=read.frames,
    )


def _box_wire(box: Box | None) -> list[int]:
    if box is None:
        return []
    return [round(v * wire.PIXEL) for v in (box.x1, box.y1, box.x2, box.y2)]


def _box_value(numbers: Sequence[int]) -> Box | None:
    if not numbers:
        return None
    if len(numbers) != 4:
        raise WireError(f"expected a box of 4 numbers, got {len(numbers)}")
    x1, y1, x2, y2 = numbers
    return Box(x1=x1 / wire.PIXEL, y1=y1 / wire.PIXEL, x2=x2 / wire.PIXEL, y2=y2 / wire.PIXEL)


def _evidence_message(evidence: Evidence) -> pb.Evidence:
    if evidence.size < 0 or not evidence.media_type:
        raise ValueError(f"expected evidence of a size and a media type, got {evidence}")
    return pb.Evidence(
        kind=wire.EVIDENCE.to_wire[evidence.kind],
        sha256=wire.from_sha256(evidence.sha256),
        size=evidence.size,
        media_type="" if evidence.media_type == JPEG else evidence.media_type,
    )


def _evidence_value(evidence: pb.Evidence) -> Evidence | None:
    kind = wire.EVIDENCE.get(evidence.kind)
    if kind is None:
        return None
    return Evidence(
        kind=kind,
        sha256=wire.to_sha256(evidence.sha256),
        size=evidence.size,
        media_type=evidence.media_type or JPEG,
    )


def model_message(model: ModelVersion) -> pb.ModelVersion:
    return pb.ModelVersion(purpose=model.purpose, name=model.name, sha256=wire.from_sha256(model.sha256))


def model_value(model: pb.ModelVersion) -> ModelVersion:
    return ModelVersion(purpose=model.purpose, name=model.name, sha256=wire.to_sha256(model.sha256))
