"""Records of the bus to columns: many records, one set of columns."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError as ProtobufDecodeError

from central.columns import KNOWN_KINDS, Ints, Lists, Mask, Origin, PassageColumns
from proto import bukong_pb2 as pb
from proto import wire
from proto.codec import DecodeError, decode_passages
from proto.passage import LocalHit, Passage
from proto.passage_columns import (
    PLATE,
    PLATE_BOX,
    SHA256,
    SPEED,
    VEHICLE_BOX,
    Unfoldable,
    check,
    fold,
)
from proto.passage_wire import local_hit_value, messages_of, model_value
from proto.wire import WireError

_ModelsKey = tuple[bytes, ...]
#: What a time is between, in microseconds since 1970: the years 1 to 9999.
_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What records said. A record's passages come in order; that of the records may be another."""

    passages: PassageColumns
    record: Ints  #: of each passage, which of the records it came in
    refused: dict[int, str]  #: which records say nothing, and why; each is refused whole
    #: Passages that columns can't say, with their record: of more images or positions than any admission takes.
    unfoldable: Sequence[tuple[int, Passage]] = ()


def decode(values: Sequence[bytes]) -> Decoded:
    """The passages of many records. What `decode_passages` refuses is refused, with its words."""
    found = _decode(values, frozenset())
    at = found.passages.captured_at_us
    timeless = (at < _FIRST_US) | (at > _LAST_US)
    if timeless.any():
        found = _decode(values, frozenset(found.record[timeless].tolist()))
    return found


def _decode(values: Sequence[bytes], timeless: Container[int]) -> Decoded:
    gathered = _Gathered()
    suspect: list[int] = []
    for number, value in enumerate(values):
        try:
            if number in timeless:
                raise WireError("a time is none")
            gathered.add(number, pb.PassageBatch.FromString(value))
        except (ProtobufDecodeError, WireError):
            suspect.append(number)
    suspect += gathered.fold()
    refused: dict[int, str] = {}
    unfoldable: list[tuple[int, Passage]] = []
    for number in suspect:
        # Rare, so it may take its time: the codec knows the words.
        try:
            passages = decode_passages(values[number])
        except DecodeError as error:
            refused[number] = str(error)
        else:
            unfoldable += gathered.add_one_by_one(number, passages)
    return Decoded(
        passages=gathered.columns(),
        record=np.concatenate([part.record for part in gathered.parts] or [np.empty(0, np.int64)]),
        refused=refused,
        unfoldable=unfoldable,
    )


def columns_of(passages: Sequence[Passage]) -> PassageColumns:
    """Values as columns, rounded as the wire rounds.

    Raises:
        EncodeError, Unfoldable: the wire can't hold one.
    """
    gathered = _Gathered()
    if passages:
        batch = messages_of(passages)
        gathered.add_part(batch, fold(batch.passages), np.zeros(len(passages), np.int64))
    return gathered.columns()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    columns: pb.PassageColumns
    origin_numbers: Ints  #: of its origins, among those of all parts
    record: Ints  #: of each passage
    local_hits: Mapping[int, tuple[LocalHit, ...]]  #: by row


class _Gathered:
    """Column messages of many records, and the origins they share."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self._origins: dict[Origin, int] = {}
        self._seen: dict[tuple[str, str, bytes, _ModelsKey], int] = {}  # the same by what the wire said
        #: By the models they name: passages that came as messages, record by record, to be folded at once.
        self._unfolded: dict[_ModelsKey, list[tuple[int, pb.PassageBatch]]] = {}

    def add(self, record: int, batch: pb.PassageBatch) -> None:
        """Raises WireError: the record is to be refused; nothing of it was added."""
        if not batch.HasField("columns"):
            if not batch.passages:
                raise WireError("expected at least one passage, got none")
            self._unfolded.setdefault(_models_key(batch), []).append((record, batch))
            return
        count = check(batch.columns)
        if batch.passages or not count:
            raise WireError("expected passages as messages or by columns")
        self.add_part(batch, batch.columns, np.full(count, record))

    def fold(self) -> list[int]:
        """Make columns of what came as messages; returns the records of which that can't be done."""
        left = []
        for group in self._unfolded.values():
            try:
                self._fold(group)
            except (Unfoldable, WireError):
                for one in group:
                    try:
                        self._fold([one])
                    except (Unfoldable, WireError):
                        left.append(one[0])
        self._unfolded = {}
        return left

    def _fold(self, group: Sequence[tuple[int, pb.PassageBatch]]) -> None:
        messages = []
        for _, batch in group:
            for p in batch.passages:
                if not p.HasField("node_id"):
                    p.node_id = batch.node_id
                if not p.HasField("checkpoint_id"):
                    p.checkpoint_id = batch.checkpoint_id
                messages.append(p)
        records = np.repeat([record for record, _ in group], [len(batch.passages) for _, batch in group])
        self.add_part(group[0][1], fold(messages), records)

    def add_one_by_one(self, record: int, passages: Sequence[Passage]) -> list[tuple[int, Passage]]:
        """Returns those that columns can't say."""
        left = []
        for passage in passages:
            batch = messages_of([passage])
            try:
                self.add_part(batch, fold(batch.passages), np.array([record]))
            except Unfoldable:
                left.append((record, passage))
        return left

    def add_part(self, batch: pb.PassageBatch, columns: pb.PassageColumns, record: Ints) -> None:
        """Columns that agree with each other. Raises WireError: they name a model that there is not."""
        models = _models_key(batch)
        numbers = [self._number(batch, models, origin) for origin in columns.origins]
        self.parts.append(
            _Part(
                columns=columns,
                origin_numbers=np.array(numbers, np.int32),
                record=record,
                local_hits=_local_hits(columns) if columns.local_hits else {},
            )
        )

    def _number(self, batch: pb.PassageBatch, models: _ModelsKey, origin: pb.Passage) -> int:
        key = (batch.node_id, batch.checkpoint_id, origin.SerializeToString(), models)
        known = self._seen.get(key)
        if known is None:
            value = _origin(batch, origin)
            known = self._seen[key] = self._origins.setdefault(value, len(self._origins))
        return known

    def columns(self) -> PassageColumns:
        """All parts as one."""
        parts = [part.columns for part in self.parts]
        has = np.frombuffer(b"".join([c.has for c in parts]), np.uint8)
        read = (has & PLATE).astype(bool)
        images = _Images(parts)
        return PassageColumns(
            origins=list(self._origins),
            origin=self._origin(),
            passage_id=b"".join([c.passage_id for c in parts]),
            captured_at_us=_array("<i8", [c.captured_at_us for c in parts]),
            read=read,
            text=_spread_text(read, [text for c in parts for text in c.text]),
            plate_class=_spread(read, _array("u1", [c.plate_class for c in parts])),
            colour=_spread(read, _array("u1", [c.colour for c in parts])),
            confidence=_spread(read, _array("<u2", [c.confidence for c in parts])),
            rows=_spread(read, _numbers([c.rows for c in parts], np.int32)),
            frames=_spread(read, _numbers([c.frames for c in parts], np.int32)),
            positions=Lists(count=_spread(read, _array("u1", [c.lattice_positions for c in parts]))),
            sizes=_array("u1", [c.lattice_sizes for c in parts]),
            characters="".join([c.lattice_characters for c in parts]),
            probabilities=_array("<u2", [c.lattice_probabilities for c in parts]),
            has_vehicle_box=(has & VEHICLE_BOX).astype(bool),
            vehicle_box=_array("<i4", [c.vehicle_box for c in parts]).reshape(-1, 4),
            has_plate_box=(has & PLATE_BOX).astype(bool),
            plate_box=_array("<i4", [c.plate_box for c in parts]).reshape(-1, 4),
            has_speed=(has & SPEED).astype(bool),
            speed=_array("<u4", [c.speed_centi_kmh for c in parts]),
            images=images.lists,
            image_kind=images.kind,
            image_sha256=images.sha256,
            image_size=images.size,
            image_media_type=images.media_type,
            local_hits=self._local_hits(),
        )

    def _origin(self) -> Ints:
        of_parts = [part.origin_numbers[np.frombuffer(part.columns.origin, "<u2")] for part in self.parts]
        return np.concatenate(of_parts) if of_parts else np.empty(0, np.int32)

    def _local_hits(self) -> dict[int, tuple[LocalHit, ...]]:
        found: dict[int, tuple[LocalHit, ...]] = {}
        first = 0
        for part in self.parts:
            found |= {first + row: hits for row, hits in part.local_hits.items()}
            first += len(part.record)
        return found


class _Images:
    """The evidence of all parts, less what is of a kind not known here."""

    def __init__(self, parts: Sequence[pb.PassageColumns]) -> None:
        count = _array("u1", [c.evidence_count for c in parts])
        self.kind = _array("u1", [c.evidence_kind for c in parts])
        self.sha256 = b"".join([c.evidence_sha256 for c in parts])
        self.size = _numbers([c.evidence_size for c in parts], np.int64)
        self.media_type: Sequence[str] = ()
        if any(c.evidence_media_type for c in parts):
            self.media_type = [
                media_type or wire.JPEG
                for c in parts
                for media_type in (c.evidence_media_type or [""] * len(c.evidence_kind))
            ]
        known = KNOWN_KINDS[self.kind]
        if not known.all():
            count = _kept(count, known)
            self._keep(known)
        self.lists = Lists(count=count)

    def _keep(self, known: Mask) -> None:
        self.kind, self.size = self.kind[known], self.size[known]
        self.sha256 = np.frombuffer(self.sha256, np.uint8).reshape(-1, SHA256)[known].tobytes()
        if self.media_type:
            self.media_type = [m for m, keep in zip(self.media_type, known, strict=True) if keep]


def _kept(count: Ints, keep: Mask) -> Ints:
    """How many of each list stay."""
    owner = np.repeat(np.arange(len(count)), count)
    return np.bincount(owner[keep], minlength=len(count))


def _local_hits(columns: pb.PassageColumns) -> dict[int, tuple[LocalHit, ...]]:
    hits = iter(columns.local_hits)
    try:
        return {
            row: tuple([local_hit_value(next(hits)) for _ in range(count)])
            for row, count in enumerate(columns.local_hit_count)
            if count
        }
    except OverflowError as error:
        raise WireError(str(error)) from error


def _models_key(batch: pb.PassageBatch) -> _ModelsKey:
    return tuple([m.SerializeToString() for m in batch.models])


def _origin(batch: pb.PassageBatch, origin: pb.Passage) -> Origin:
    models = tuple(map(model_value, batch.models))
    used = origin.models
    if used and max(used) >= len(models):
        raise WireError(f"expected a model's index below {len(models)}, got {max(used)}")
    return Origin(
        node_id=origin.node_id if origin.HasField("node_id") else batch.node_id,
        checkpoint_id=origin.checkpoint_id if origin.HasField("checkpoint_id") else batch.checkpoint_id,
        camera_id=origin.camera_id,
        lane=origin.lane,
        direction=origin.direction,
        clock=wire.CLOCK.to_value(origin.clock),
        unread_reason=origin.unread_reason,
        models=tuple([models[i] for i in used]),
    )


def _array(kind: str, columns: Sequence[bytes]) -> Ints:
    return np.frombuffer(b"".join(columns), kind)


def _numbers(columns: Sequence[Any], kind: type[np.signedinteger[Any]]) -> Ints:
    return np.array([number for column in columns for number in column], kind)


def _spread(read: Mask, of_reads: Ints) -> Ints:
    """A value for every passage from one for every read."""
    if len(of_reads) == len(read):
        return of_reads
    spread = np.zeros(len(read), of_reads.dtype)
    spread[read] = of_reads
    return spread


def _spread_text(read: Mask, of_reads: list[str]) -> list[str]:
    if len(of_reads) == len(read):
        return of_reads
    texts = iter(of_reads)
    return [next(texts) if has else "" for has in read.tolist()]
