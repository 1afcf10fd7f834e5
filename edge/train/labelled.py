"""The labelled photos: where they lie, what is on them, and when a read is right."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from proto.passage import Box
from proto.plate import clean

#: Mainland plates know neither letter: labels and reads may have either.
_ALIKE = str.maketrans({"O": "0", "I": "1"})
#: One character that whoever labelled the plate could not read.
_ANY = "?"
#: Overlap (IoU) up to which a box touches no label.
_TOUCHES = 0.1
#: Name of the table beside the pictures.
TABLE = "labels.csv"


class LabelsError(Exception):
    """The table of labels can't be used; the message names it."""


def rows_of(folder: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a folder's table of labels; what a short row lacks is empty.

    Raises:
        LabelsError: no table, one that is no CSV in UTF-8, or one without these columns.
    """
    table = folder / TABLE
    try:
        with table.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream, restval="")
            try:
                names, rows = reader.fieldnames or (), list(reader)
            except csv.Error as error:
                raise LabelsError(f"{table}, line {reader.reader.line_num}: expected CSV: {error}") from error
    except OSError as error:
        raise LabelsError(f"expected a table of labels at {table}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LabelsError(f"{table}: expected UTF-8, got other bytes: {error}") from error
    missing = [column for column in columns if column not in names]
    if missing:
        raise LabelsError(f"{table}: expected the columns {', '.join(columns)}; no {', '.join(missing)}")
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One plate that a person read."""

    text: str  #: empty: a plate or something like it that is not legible; neither a hit nor a miss
    colour: str
    rows: int
    box: Box | None  #: None on plate pictures

    @property
    def kind(self) -> str:
        """What reads are told apart by."""
        return "two rows" if self.rows == 2 else self.colour

    def says(self, read: str) -> bool:
        """True where a read is this plate's text."""
        ours, theirs = clean(self.text).translate(_ALIKE), clean(read).translate(_ALIKE)
        return len(ours) == len(theirs) and all(a in (_ANY, b) for a, b in zip(ours, theirs, strict=True))

    def says_but_for_the_province(self, read: str) -> bool:
        """As `says`, the first character left out."""
        return self.says(self.text[:1] + clean(read)[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPhoto:
    """A file and the plates on it."""

    path: Path
    labels: tuple[Label, ...]

    @property
    def source(self) -> str:
        """The collection it comes from: its file name begins with it."""
        return self.path.name.split("_")[0]

    def unlabelled(self, found: Iterable[Box]) -> int:
        """How many of the boxes found touch no label."""
        boxes = [label.box for label in self.labels if label.box]
        return sum(all(each.iou(box) <= _TOUCHES for box in boxes) for each in found)


def scenes(plates: Path) -> Iterator[LabelledPhoto]:
    """Whole photos of both scene folders.

    Args:
        plates: the folder of labelled photos: `scenes`, `scenes_easypr` and `crops`, a `labels.csv` in each.

    Raises:
        LabelsError: a table is missing or can't be used.
    """
    yield from _photos(plates / "scenes")
    yield from _photos(plates / "scenes_easypr")


def plate_pictures(plates: Path) -> Iterator[LabelledPhoto]:
    """Pictures of one plate each; raises as `scenes`."""
    yield from _photos(plates / "crops")


def _photos(folder: Path) -> Iterator[LabelledPhoto]:
    labels: dict[str, list[Label]] = {}
    for row in rows_of(folder, ("file", "plate_text", "plate_colour", "plate_kind", "lines")):
        try:
            label = _label(row)
        except ValueError as error:
            raise LabelsError(f"{folder / TABLE}: of {row['file']}: {error}") from error
        labels.setdefault(row["file"], []).append(label)
    for file, found in labels.items():
        yield LabelledPhoto(path=folder / file, labels=tuple(found))


def _label(row: dict[str, str]) -> Label:
    sides = [row.get(side) for side in ("x1", "y1", "x2", "y2")]
    box = Box(**dict(zip(("x1", "y1", "x2", "y2"), map(float, sides), strict=True))) if all(sides) else None  # type: ignore[arg-type]
    return Label(
        text="" if row["plate_kind"] == "ignore" else row["plate_text"],
        colour=row["plate_colour"],
        rows=int(row["lines"] or 1),
        box=box,
    )
