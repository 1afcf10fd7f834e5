"""The labelled photos: where they lie, what is on them, and when a read is right."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from proto.passage import Box
from proto.plate import clean

_FOLDER = Path(os.environ.get("BUKONG_PLATES") or Path(__file__).parents[2] / "../shared/data/plates")
#: Mainland plates know neither letter: labels and reads may have either.
_ALIKE = str.maketrans({"O": "0", "I": "1"})
#: One character that whoever labelled the plate could not read.
_ANY = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One plate that a person read."""

    text: str  #: empty: a plate or something like it that is not legible; neither a hit nor a miss
    colour: str
    rows: int
    box: Box | None  #: None on plate pictures

    def says(self, read: str) -> bool:
        """True where a read is this plate's text."""
        ours, theirs = clean(self.text).translate(_ALIKE), clean(read).translate(_ALIKE)
        return len(ours) == len(theirs) and all(a in (_ANY, b) for a, b in zip(ours, theirs, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPhoto:
    """A file and the plates on it."""

    path: Path
    labels: tuple[Label, ...]

    @property
    def source(self) -> str:
        """The collection it comes from: its file name begins with it."""
        return self.path.name.split("_")[0]


def present() -> bool:
    """True where the folder of photos is there."""
    return (_FOLDER / "scenes" / "labels.csv").is_file()


def scenes() -> Iterator[LabelledPhoto]:
    """Whole photos of both scene folders."""
    yield from _photos("scenes")
    yield from _photos("scenes_easypr")


def plate_pictures() -> Iterator[LabelledPhoto]:
    """Pictures of one plate each."""
    yield from _photos("crops")


def training_pictures() -> list[LabelledPhoto]:
    """The plate pictures that may be tuned on."""
    return [photo for photo in plate_pictures() if photo.source == "lprnet"]


def _photos(folder: str) -> Iterator[LabelledPhoto]:
    labels: dict[str, list[Label]] = {}
    with (_FOLDER / folder / "labels.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            labels.setdefault(row["file"], []).append(_label(row))
    for file, found in labels.items():
        yield LabelledPhoto(path=_FOLDER / folder / file, labels=tuple(found))


def _label(row: dict[str, str]) -> Label:
    sides = [row.get(side) for side in ("x1", "y1", "x2", "y2")]
    box = Box(**dict(zip(("x1", "y1", "x2", "y2"), map(float, sides), strict=True))) if all(sides) else None  # type: ignore[arg-type]
    return Label(
        text="" if row["plate_kind"] == "ignore" else row["plate_text"],
        colour=row["plate_colour"],
        rows=int(row["lines"] or 1),
        box=box,
    )
