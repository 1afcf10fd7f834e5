"""`make accuracy`: the table of accuracy on real photos, and contact sheets of what was misread."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import click
import cv2
from tqdm import tqdm

from edge import wiring
from edge.camera.images import read_photo
from edge.config import VisionSettings
from edge.frame import Image
from edge.ports import Detector, Reader
from edge.read.photo import PhotoReading, read_plate_picture, read_scene
from edge.train.labelled import LabelledPhoto
from edge.train.misread_sheet import write_sheet
from edge.train.score import Score, calibration, table
from tests.accuracy import photos

Read = Callable[[Image, Detector, Reader], PhotoReading]


def measure(
    read: Read, labelled: Iterable[LabelledPhoto], profile: str, readers: str = "both", long_side: int = 640
) -> Score:
    """Read photos with the engines of `bukong edge read`, on one thread."""
    settings = VisionSettings.model_validate(
        {"detect_long_side": long_side, "profile": profile, "readers": readers, "threads": 1}
    )
    vision = wiring.open_vision(settings, refine=True)
    cv2.setNumThreads(1)
    score = Score()
    begun = time.process_time()
    for photo in tqdm(list(labelled), desc=profile, unit="photo", disable=None):
        score.add(photo, read(read_photo(photo.path), vision.detector, vision.reader))
    score.cpu_s = time.process_time() - begun
    return score


@click.command()
@click.option("--profile", type=click.Choice(["accurate", "fast"]), default="accurate", show_default=True)
@click.option("--readers", type=click.Choice(["both", "own", "borrowed"]), default="both", show_default=True)
@click.option("--long-side", default=640, show_default=True, help="Of a photo for the detector's first look.")
@click.option(
    "--sheets",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/accuracy"),
    show_default=True,
    help="Folder of the contact sheets. They show real plates: keep them to yourself.",
)
def main(profile: str, readers: str, long_side: int, sheets: Path) -> None:
    """Measure on the labelled photos; $BUKONG_PLATES names their folder."""
    if not photos.present():
        click.echo("the labelled photos are not here: set BUKONG_PLATES to their folder", err=True)
        sys.exit(3)
    how = f"profile {profile}, readers {readers}, {long_side} pixels"
    click.echo(f"{how}, one thread of {os.cpu_count()} cores")
    believed: list[tuple[float, bool]] = []
    for name, read, labelled in (
        ("scenes", read_scene, photos.scenes()),
        ("plate pictures", read_plate_picture, photos.plate_pictures()),
    ):
        score = measure(read, labelled, profile, readers, long_side)
        believed += score.believed
        sheet = sheets / f"{name.replace(' ', '-')}.png"
        write_sheet(score.misread, sheet)
        click.echo(f"\n{table(name, score)}\n  {len(score.misread)} misread: {sheet}")
    click.echo(f"\n{calibration(believed)}")


if __name__ == "__main__":
    main()
