"""Passages found, as files to take along: CSV, XLSX, GeoJSON. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence

from central.checkpoint import Checkpoint
from central.sheet_file import Cell, write_sheet
from proto.passage import EvidenceKind, Passage
from proto.plate import display

#: A cell that begins so would be a formula where the file is opened.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "captured_at",
    "plate",
    "plate_class",
    "colour",
    "confidence",
    "checkpoint_id",
    "checkpoint",
    "lane",
    "direction",
    "speed_kmh",
    "passage_id",
    "scene_sha256",
    "vehicle_sha256",
    "plate_sha256",
)


def row_of(passage: Passage, checkpoints: Mapping[str, Checkpoint]) -> dict[str, Cell]:
    """A passage's cells, by column."""
    read, there = passage.plate, checkpoints.get(passage.checkpoint_id)
    images = {kind: passage.image(kind) for kind in EvidenceKind}
    return {
        "captured_at": passage.captured_at.isoformat(timespec="milliseconds"),
        "plate": "" if read is None else display(read.text),
        "plate_class": "" if read is None else read.plate_class.value,
        "colour": "" if read is None else read.colour.value,
        "confidence": None if read is None else round(read.confidence, 4),
        "checkpoint_id": passage.checkpoint_id,
        "checkpoint": passage.checkpoint_id if there is None else there.name,
        "lane": passage.lane,
        "direction": passage.direction,
        "speed_kmh": passage.speed_kmh,
        "passage_id": str(passage.passage_id),
        **{f"{kind}_sha256": "" if image is None else image.sha256 for kind, image in images.items()},
    }


def to_csv(passages: Sequence[Passage], checkpoints: Mapping[str, Checkpoint]) -> bytes:
    """UTF-8 with its mark, so that a spreadsheet reads the Chinese."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for passage in passages:
        row = row_of(passage, checkpoints)
        writer.writerow([_harmless(row[name]) for name in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(passages: Sequence[Passage], checkpoints: Mapping[str, Checkpoint]) -> bytes:
    file = io.BytesIO()
    write_sheet(file, COLUMNS, ([row_of(p, checkpoints)[name] for name in COLUMNS] for p in passages))
    return file.getvalue()


def to_geojson(passages: Sequence[Passage], checkpoints: Mapping[str, Checkpoint]) -> bytes:
    """RFC 7946: a point a passage, null where the checkpoint's place is not known."""
    features = []
    for passage in passages:
        there = checkpoints.get(passage.checkpoint_id)
        point = None
        if there is not None and there.latitude is not None and there.longitude is not None:
            point = {"type": "Point", "coordinates": [there.longitude, there.latitude]}
        features.append({"type": "Feature", "geometry": point, "properties": row_of(passage, checkpoints)})
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
