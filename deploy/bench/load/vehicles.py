"""Simulated nodes' passages, made by the array: a benchmark's generator must not be what is measured.

What a node says of a vehicle is all there: a lattice with alternatives, three images, boxes, speed and models.
Plates are drawn from a population in which listed ones have a share of their own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from google.protobuf.json_format import MessageToJson
from numpy.typing import NDArray

from proto import bukong_pb2 as pb
from proto.passage_columns import PLATE, PLATE_BOX, SPEED, VEHICLE_BOX, unfold
from proto.passage_wire import COLUMNS_FROM

Ints = NDArray[Any]

#: Characters of a plate after its first two; I and O are not given out.
_SERIAL = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PROVINCES = "川渝京津沪冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏琼宁"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_LENGTH = 7
#: Alternatives of a sure read: one position of the seven has a second character.
_SECOND_AT = 4
_CERTAIN = 65_535
_LANES, _IMAGES = 4, 3
_MODELS = tuple(
    pb.ModelVersion(purpose=purpose, name=f"{purpose}-s", sha256=bytes([number]) * 32)
    for number, purpose in enumerate(("detect", "read", "colour"))
)


def plates(numbers: Ints) -> list[str]:
    """A plate a number, no two the same below 31 x 24 x 34^5."""
    places = []
    rest = numbers.astype(np.int64)
    for alphabet in (_SERIAL,) * (_LENGTH - 2) + (_LETTERS, _PROVINCES):
        rest, digit = np.divmod(rest, len(alphabet))
        places.append(np.array([ord(c) for c in alphabet], "<u4")[digit])
    text = np.stack(places[::-1], axis=1).astype("<u4").tobytes().decode("utf-32-le")
    return [text[i : i + _LENGTH] for i in range(0, len(text), _LENGTH)]


def spread(numbers: Ints) -> Ints:
    """Numbers of plates that are strewn over all there can be, each its own."""
    return numbers.astype(np.int64) * 7_919_993 % (len(_PROVINCES) * len(_LETTERS) * len(_SERIAL) ** 5)


#: As a relay sends them, or always a message each.
Form = Literal["relay", "protobuf", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What passes."""

    nodes: int
    orders: int  #: listed are the plates of these numbers
    vehicles: int = 2_000_000  #: others
    form: Form = "relay"
    listed_share: float = 0.0005  #: of the passages
    unsure_share: float = 0.02  #: of the reads: their confidence is not enough to be taken at their word

    def records(
        self, captured_us: Ints, batch: int, *, seed: int
    ) -> Iterator[tuple[bytes, bytes, list[bytes], int]]:
        """Node by node in turn: key, value, identifiers of the listed vehicles in it, and how many passages."""
        rng = np.random.default_rng(seed)
        for number, first in zip(itertools.count(), range(0, len(captured_us), batch), strict=False):
            node = number % self.nodes
            at = captured_us[first : first + batch]
            columns, listed = self._columns(rng, at)
            ids = columns.passage_id
            value = _value(node, columns, self.form)
            yield b"node-%d" % node, value, [ids[16 * i : 16 * i + 16] for i in listed], len(at)

    def _columns(self, rng: np.random.Generator, at: Ints) -> tuple[pb.PassageColumns, Sequence[int]]:
        n = len(at)
        listed = rng.random(n) < self.listed_share
        numbers = np.where(
            listed, rng.integers(0, self.orders, n), self.orders + rng.integers(0, self.vehicles, n)
        )
        texts = plates(spread(numbers))
        unsure = (rng.random(n) < self.unsure_share) & ~listed
        box = np.array([160, 960, 8160, 8960]) + rng.integers(0, 8000, (n, 4))
        columns = pb.PassageColumns(
            origins=[
                pb.Passage(
                    camera_id=f"cam-{lane // 2}",
                    lane=lane,
                    direction="inbound",
                    clock=pb.CLOCK_QUALITY_SYNCED,
                    models=[0, 1, 2],
                )
                for lane in range(_LANES)
            ],
            origin=rng.integers(0, _LANES, n).astype("<u2").tobytes(),
            passage_id=_identifiers(rng, at),
            captured_at_us=at.astype("<i8").tobytes(),
            has=bytes([PLATE + VEHICLE_BOX + PLATE_BOX + SPEED]) * n,
            text=texts,
            plate_class=b"\x01" * n,
            colour=b"\x01" * n,
            confidence=np.where(unsure, 58_000, 65_400).astype("<u2").tobytes(),
            rows=[1] * n,
            frames=rng.integers(3, 20, n).tolist(),
            lattice_positions=bytes([_LENGTH]) * n,
            lattice_sizes=(b"\x01" * _SECOND_AT + b"\x02" + b"\x01" * (_LENGTH - _SECOND_AT - 1)) * n,
            lattice_characters="".join(map(_alternatives, texts)),
            lattice_probabilities=_probabilities(unsure).astype("<u2").tobytes(),
            vehicle_box=box.astype("<i4").tobytes(),
            plate_box=(box // 2).astype("<i4").tobytes(),
            speed_centi_kmh=rng.integers(2000, 9000, n).astype("<u4").tobytes(),
            evidence_count=bytes([_IMAGES]) * n,
            evidence_kind=bytes([1, 2, 3]) * n,
            evidence_sha256=rng.bytes(32 * _IMAGES * n),
            evidence_size=rng.integers(5_000, 300_000, _IMAGES * n).tolist(),
        )
        return columns, np.flatnonzero(listed).tolist()


def _alternatives(text: str) -> str:
    """The lattice's characters: one position has a second."""
    second = "B" if text[_SECOND_AT] == "8" else "8"
    return text[: _SECOND_AT + 1] + second + text[_SECOND_AT + 1 :]


def _probabilities(unsure: Ints) -> Ints:
    """Of each read's eight characters: sure but for one that may be an 8."""
    of_all = np.full((len(unsure), _LENGTH + 1), _CERTAIN - 40)
    of_all[:, _SECOND_AT] = np.where(unsure, 60_000, _CERTAIN - 80)
    of_all[:, _SECOND_AT + 1] = np.where(unsure, 5_000, 40)
    return of_all


def _identifiers(rng: np.random.Generator, at: Ints) -> bytes:
    """UUIDv7 of these moments."""
    raw = rng.integers(0, 256, (len(at), 16), dtype=np.uint8)
    milliseconds = (at // 1000).astype(">u8").view(np.uint8).reshape(-1, 8)
    raw[:, :6] = milliseconds[:, 2:]
    raw[:, 6] = 0x70 | (raw[:, 6] & 0x0F)
    raw[:, 8] = 0x80 | (raw[:, 8] & 0x3F)
    return raw.tobytes()


def _value(node: int, columns: pb.PassageColumns, form: Form) -> bytes:
    """A relay says it by columns where there are enough, a message each where there are few."""
    batch = pb.PassageBatch(node_id=f"node-{node}", checkpoint_id=f"cp-{node // 2}", models=_MODELS)
    if form == "relay" and len(columns.has) >= COLUMNS_FROM:
        batch.columns.CopyFrom(columns)
    else:
        batch.passages.extend(unfold(columns))
    return MessageToJson(batch, indent=None).encode() if form == "json" else batch.SerializeToString()
