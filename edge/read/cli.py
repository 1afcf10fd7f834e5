"""`bukong edge read`: the reader by itself, on photos."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import cv2
from tqdm import tqdm

from edge import wiring
from edge.camera.images import SUFFIXES, PhotoError, read_photo
from edge.config import VisionSettings
from edge.frame import PlateDetection, PlateReading
from edge.models import ModelError
from edge.read.photo import PhotoReading, read_plate_picture, read_scene
from proto.plate import display

#: Exit codes, see `bukong --help`.
_PART_FAILED, _MISSING = 1, 3


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--crops", is_flag=True, help="Each file shows one plate and little else.")
@click.option(
    "--engine", type=click.Choice(["onnx"]), default="onnx", show_default=True, help="Engine of the models."
)
@click.option(
    "--profile",
    type=click.Choice(["accurate", "fast"]),
    default="accurate",
    show_default=True,
    help="How many looks at a plate: as for a photo, or as for a frame of a video.",
)
@click.option("--format", "form", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 64), help="A model's call.")
@click.option(
    "--reader-weights",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A reader of your own (ONNX, of `bukong models export`) in the shipped one's place.",
)
@click.option(
    "--readers",
    type=click.Choice(["own", "both", "borrowed"]),
    default="both",
    show_default=True,
    help="Ours alone; ours first and in doubt a borrowed one; or the two borrowed ones alone.",
)
@click.option(
    "--models",
    type=click.Path(file_okay=False, path_type=Path),
    help="Models folder; otherwise where `bukong models get` puts them.",
)
def read(
    paths: Sequence[Path],
    crops: bool,
    engine: str,
    profile: str,
    form: str,
    threads: int,
    reader_weights: Path | None,
    readers: str,
    models: Path | None,
) -> None:
    """Read the plates on photos; a folder stands for all photos in it.

    jsonl prints one line a file: {"file", "plates": [{"text", "class", "colour", "confidence", "box",
    "corners", "alternatives"}], "ms"}. A plate that was seen but can't be read has an empty text. A file
    that can't be read has "error" in place of the plates, the rest goes on, and the exit code is 1 at the end.
    """
    settings = VisionSettings.model_validate(
        {
            "models": models,
            "profile": profile,
            "reader_weights": reader_weights,
            "readers": readers,
            "threads": threads,
        }
    )
    try:
        vision = wiring.open_vision(settings, refine=True)
    except ModelError as error:
        click.echo(f"bukong edge read: {error}", err=True)
        raise SystemExit(_MISSING) from error
    cv2.setNumThreads(threads)
    read_one = read_plate_picture if crops else read_scene
    failed = False
    files = list(_files(paths))
    for path in tqdm(files, desc="photos", unit="photo", disable=None if len(files) > 1 else True):
        try:
            found = read_one(read_photo(path), vision.detector, vision.reader)
        except (PhotoError, cv2.error) as error:
            failed = True
            click.echo(_failure(path, error, form))
        else:
            click.echo(_line(path, found) if form == "jsonl" else _table(path, found))
    if failed:
        raise SystemExit(_PART_FAILED)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
        else:
            yield path


def _failure(path: Path, error: Exception, form: str) -> str:
    why = " ".join(str(error).split())
    if form == "jsonl":
        return json.dumps({"file": str(path), "error": why}, ensure_ascii=False)
    return f"{path}\terror: {why}"


def _line(path: Path, found: PhotoReading) -> str:
    return json.dumps(
        {
            "file": str(path),
            "plates": [_plate(plate, reading) for plate, reading in found.plates],
            "ms": {"detect": round(found.detect_ms, 1), "read": round(found.read_ms, 1)},
        },
        ensure_ascii=False,
    )


def _plate(plate: PlateDetection, reading: PlateReading | None) -> dict[str, object]:
    box = plate.box
    return {
        "text": reading.text if reading else "",
        "class": reading.plate_class if reading else "unknown",
        "colour": reading.colour if reading else "unknown",
        "confidence": round(reading.confidence, 4) if reading else 0.0,
        "box": [round(v, 1) for v in (box.x1, box.y1, box.x2, box.y2)],
        "corners": [[round(x, 1), round(y, 1)] for x, y in plate.corners],
        "alternatives": [
            [[character, round(probability, 4)] for character, probability in position]
            for position in (reading.lattice if reading else ())
        ],
    }


def _table(path: Path, found: PhotoReading) -> str:
    if not found.plates:
        return f"{path}\t(no plate)"
    return "\n".join(f"{path}\t{_row(plate, reading)}" for plate, reading in found.plates)


def _row(plate: PlateDetection, reading: PlateReading | None) -> str:
    x, y = plate.box.centre
    at = f"at {x:.0f},{y:.0f}"
    if reading is None:
        return f"(not legible)\t{at}"
    return f"{display(reading.text)}\t{reading.plate_class}\t{reading.colour}\t{reading.confidence:.3f}\t{at}"
