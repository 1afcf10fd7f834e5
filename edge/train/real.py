"""Real plate pictures that may be trained on: a folder of pictures with a `labels.csv` beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.camera.images import read_photo
from edge.frame import Image
from edge.train.labelled import rows_of
from proto.plate import classes_of, clean


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RealPlate:
    """A picture of one plate and nothing else, and what a person read on it."""

    image: Image
    text: str


def real_plates(folder: Path, prefix: str) -> tuple[RealPlate, ...]:
    """One-row plates of a folder whose file names begin with `prefix`, and whose labels fit the grammar.

    Args:
        folder: holds `labels.csv` with the columns file, plate_text and lines, and the pictures.
        prefix: keeps pictures out that are for measuring, or whose licence does not allow training.

    Raises:
        LabelsError: no table, or one without these columns.
        PhotoError: a picture is missing or damaged.
    """
    found = []
    for row in rows_of(folder, ("file", "plate_text", "lines")):
        if not row["file"].startswith(prefix):
            continue
        text = clean(row["plate_text"])
        if row["lines"] != "2" and classes_of(text):
            found.append(RealPlate(image=read_photo(folder / row["file"]), text=text.replace("O", "0")))
    return tuple(found)
