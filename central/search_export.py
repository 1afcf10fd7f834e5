"""What was found, as files to take along: CSV, XLSX, GeoJSON. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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
    return rows_to_csv(COLUMNS, (row_of(passage, checkpoints) for passage in passages))


def to_xlsx(passages: Sequence[Passage], checkpoints: Mapping[str, Checkpoint]) -> bytes:
    return rows_to_xlsx(COLUMNS, (row_of(passage, checkpoints) for passage in passages))


def rows_to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """As `to_csv`, of any rows; what a cell can't hold is in it as JSON."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_harmless(_cell(row.get(name))) for name in columns])
    return text.getvalue().encode("utf-8-sig")


def rows_to_xlsx(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """As `to_xlsx`, of any rows; what a cell can't hold is in it as JSON."""
    file = io.BytesIO()
    write_sheet(file, columns, ([_cell(row.get(name)) for name in columns] for row in rows))
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


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str | int | float):
        return value
    return json.dumps(value, ensure_ascii=False)


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
