"""Passages on standard output: as a table for people, as JSON lines for programs."""

from __future__ import annotations

import json
from typing import Any

from proto.passage import Box, Passage
from proto.plate import display

_COLUMNS = "{at:<23}  {plate:<11} {confidence:>5}  {kind:<18} {lane:>4}  {direction:<10} {speed:>6}"


def heading() -> str:
    """The table's first line."""
    return _COLUMNS.format(
        at="captured at (UTC)",
        plate="plate",
        confidence="conf.",
        kind="class, or why not read",
        lane="lane",
        direction="direction",
        speed="km/h",
    )


def row(passage: Passage) -> str:
    """One line of the table."""
    read = passage.plate
    return _COLUMNS.format(
        at=passage.captured_at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
        plate=display(read.text) if read else "-",
        confidence=f"{read.confidence:.2f}" if read else "",
        kind=read.plate_class.value if read else passage.unread_reason,
        lane=passage.lane or "",
        direction=passage.direction,
        speed="" if passage.speed_kmh is None else f"{passage.speed_kmh:.0f}",
    )


def json_line(passage: Passage) -> str:
    """One JSON object with the fields of a passage.

    Boxes are [x1, y1, x2, y2] in pixels of the scene image, evidence is SHA-256 by kind, alternatives are
    [[character, probability], …] for each position.
    """
    read = passage.plate
    plate: dict[str, Any] | None = None
    if read:
        plate = {
            "text": read.text,
            "display": display(read.text),
            "class": read.plate_class.value,
            "colour": read.colour.value,
            "rows": read.rows,
            "confidence": round(read.confidence, 4),
            "frames": read.frames,
            "alternatives": [[[c, round(p, 4)] for c, p in position] for position in read.lattice],
        }
    line = {
        "passage_id": str(passage.passage_id),
        "camera": passage.camera_id,
        "captured_at": passage.captured_at.isoformat().replace("+00:00", "Z"),
        "lane": passage.lane,
        "direction": passage.direction,
        "speed_kmh": passage.speed_kmh,
        "plate": plate,
        "unread_reason": passage.unread_reason,
        "plate_box": _numbers(passage.plate_box),
        "vehicle_box": _numbers(passage.vehicle_box),
        "evidence": {e.kind.value: e.sha256 for e in passage.evidence},
    }
    return json.dumps(line, ensure_ascii=False)


def _numbers(box: Box | None) -> list[float] | None:
    return None if box is None else [round(v, 1) for v in (box.x1, box.y1, box.x2, box.y2)]
