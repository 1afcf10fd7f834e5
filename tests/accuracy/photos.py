"""Where the labelled photos lie for `make accuracy` and its tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from edge.train import labelled
from edge.train.labelled import LabelledPhoto

FOLDER = Path(os.environ.get("BUKONG_PLATES") or Path(__file__).parents[2] / "../shared/data/plates")


def present() -> bool:
    """True where the folder of photos is there."""
    return (FOLDER / "scenes" / "labels.csv").is_file()


def scenes() -> Iterator[LabelledPhoto]:
    """Whole photos of both scene folders."""
    return labelled.scenes(FOLDER)


def plate_pictures() -> Iterator[LabelledPhoto]:
    """Pictures of one plate each."""
    return labelled.plate_pictures(FOLDER)


def training_pictures() -> list[LabelledPhoto]:
    """The plate pictures that may be tuned on."""
    return [photo for photo in plate_pictures() if photo.source == "lprnet"]
