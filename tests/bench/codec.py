"""Rates and sizes of the wire format, on the message that is sent: `python -m tests.bench.codec`.

Beside the codec's own shape, one message a passage, it measures the alternative, one repeated field a column,
decoded to the same frozen values, and to nothing but Protobuf's own objects.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from deploy.bench.machine import machine
from proto import bukong_pb2 as pb
from proto import wire
from proto.codec import decode_passages, encode_passages
from proto.passage import Box, Evidence, EvidenceKind, Passage, PlateRead
from tests.passages import passage

SECONDS = 1.0


def rate(work: Callable[[], object], per_call: int) -> float:
    """Passages a second, the best of three."""
    best = 0.0
    for _ in range(3):
        began, calls = time.perf_counter(), 0
        while time.perf_counter() - began < SECONDS / 3:
            work()
            calls += 1
        best = max(best, calls * per_call / (time.perf_counter() - began))
    return best


def columns_module() -> Any:
    """The generated module of columns.proto."""
    here = Path(__file__).parent
    folder = tempfile.mkdtemp()
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", f"-I{here}", f"--python_out={folder}", "columns.proto"],
        check=True,
    )
    sys.path.insert(0, folder)
    return importlib.import_module("columns_pb2")


def encode_columns(module: Any, passages: list[Passage]) -> bytes:
    first = passages[0]
    message = module.Columns(node_id=first.node_id, checkpoint_id=first.checkpoint_id)
    lattices = [wire.from_lattice(p.plate.lattice) for p in passages if p.plate]
    message.passage_ids = b"".join(p.passage_id.bytes for p in passages)
    message.lattice_sizes = b"".join(sizes for sizes, _, _ in lattices)
    message.lattice_positions.extend(len(sizes) for sizes, _, _ in lattices)
    message.lattice_characters = "".join(characters for _, characters, _ in lattices)
    message.lattice_probabilities = b"".join(probabilities for _, _, probabilities in lattices)
    for p in passages:
        assert p.plate
        assert p.vehicle_box
        assert p.plate_box
        assert p.speed_kmh
        message.camera_id.append(p.camera_id)
        message.lane.append(p.lane)
        message.direction.append(p.direction)
        message.captured_at_us.append(wire.from_time(p.captured_at))
        message.clock.append(wire.CLOCK.to_wire[p.clock])
        message.text.append(p.plate.text)
        message.plate_class.append(wire.PLATE_CLASS.to_wire[p.plate.plate_class])
        message.colour.append(wire.COLOUR.to_wire[p.plate.colour])
        message.confidence.append(wire.from_probability(p.plate.confidence))
        message.rows.append(p.plate.rows)
        message.frames.append(p.plate.frames)
        for column, box in ((message.vehicle_box, p.vehicle_box), (message.plate_box, p.plate_box)):
            column.extend(round(v * wire.PIXEL) for v in (box.x1, box.y1, box.x2, box.y2))
        message.speed_centi_kmh.append(round(p.speed_kmh * 100))
        message.evidence_count.append(len(p.evidence))
        for e in p.evidence:
            message.evidence_kind.append(wire.EVIDENCE.to_wire[e.kind])
            message.evidence_size.append(e.size)
    message.evidence_sha256 = b"".join(wire.from_sha256(e.sha256) for p in passages for e in p.evidence)
    return bytes(message.SerializeToString())


def decode_columns(module: Any, data: bytes) -> list[Passage]:
    m = module.Columns.FromString(data)
    vehicle, plate = list(m.vehicle_box), list(m.plate_box)
    kinds, sizes, sha = list(m.evidence_kind), list(m.evidence_size), m.evidence_sha256
    lattice_sizes, characters, probabilities = m.lattice_sizes, m.lattice_characters, m.lattice_probabilities
    found = []
    at_position = at_character = at_evidence = 0
    columns = zip(
        m.camera_id, m.lane, m.direction, m.captured_at_us, m.clock, m.text, m.plate_class, m.colour,
        m.confidence, m.rows, m.frames, m.lattice_positions, m.speed_centi_kmh, m.evidence_count, strict=True,
    )  # fmt: skip
    for i, row in enumerate(columns):
        camera, lane, direction, us, clock, text, kind, colour, sure, rows, frames, n, speed, ev = row
        of_this = lattice_sizes[at_position : at_position + n]
        at_position += n
        until = at_character + sum(of_this)
        lattice = wire.to_lattice(
            of_this, characters[at_character:until], probabilities[2 * at_character : 2 * until]
        )
        at_character = until
        v, p = [[c / wire.PIXEL for c in box[4 * i : 4 * i + 4]] for box in (vehicle, plate)]
        evidence = []
        for _ in range(ev):
            which = EvidenceKind(wire.EVIDENCE.to_value(kinds[at_evidence]))
            digest = sha[32 * at_evidence : 32 * at_evidence + 32].hex()
            evidence.append(Evidence(kind=which, sha256=digest, size=sizes[at_evidence]))
            at_evidence += 1
        found.append(
            Passage(
                passage_id=UUID(bytes=m.passage_ids[16 * i : 16 * i + 16]),
                node_id=m.node_id,
                checkpoint_id=m.checkpoint_id,
                camera_id=camera,
                lane=lane,
                direction=direction,
                captured_at=wire.to_time(us),
                clock=wire.CLOCK.to_value(clock),
                plate=PlateRead(
                    text=text,
                    plate_class=wire.PLATE_CLASS.to_value(kind),
                    colour=wire.COLOUR.to_value(colour),
                    confidence=wire.to_probability(sure),
                    lattice=lattice,
                    rows=rows,
                    frames=frames,
                ),
                vehicle_box=Box(x1=v[0], y1=v[1], x2=v[2], y2=v[3]),
                plate_box=Box(x1=p[0], y1=p[1], x2=p[2], y2=p[3]),
                speed_kmh=speed / 100,
                evidence=tuple(evidence),
            )
        )
    return found


def main() -> None:
    module = columns_module()
    print(machine())
    print("one core, a passage with 2 alternatives a character, 3 images, 2 boxes, speed\n")
    print("shape       batch   bytes/passage   encode/s   decode/s   parse only/s")
    for count in (1, 10, 200):
        sent = [passage(n, kinds=tuple(EvidenceKind)) for n in range(count)]
        rows = encode_passages(sent)
        columns = encode_columns(module, sent)
        assert [p.passage_id for p in decode_columns(module, columns)] == [p.passage_id for p in sent]
        for name, data, encode, decode, parse in (
            (
                "messages",
                rows,
                lambda sent=sent: encode_passages(sent),
                lambda data=rows: decode_passages(data),
                lambda data=rows: pb.PassageBatch.FromString(data),
            ),
            (
                "columns",
                columns,
                lambda sent=sent: encode_columns(module, sent),
                lambda data=columns: decode_columns(module, data),
                lambda data=columns: module.Columns.FromString(data),
            ),
        ):
            figures = [rate(work, count) for work in (encode, decode, parse)]
            print(
                f"{name:10}{count:7}{len(data) / count:16.0f}" + "".join(f"{f:11,.0f}" for f in figures[:2])
                + f"{figures[2]:15,.0f}"
            )  # fmt: skip


if __name__ == "__main__":
    main()
