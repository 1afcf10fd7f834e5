"""How well given weights read labelled photos, beside the readers that are shipped. No torch."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
from tqdm import tqdm

from edge import wiring
from edge.camera.images import read_photo
from edge.config import VisionSettings
from edge.ports import Detector, Reader
from edge.read.grammar import GrammarReader
from edge.read.onnx import OnnxRecogniser
from edge.read.photo import read_plate_picture, read_scene
from edge.read.profile import OWN_ALONE, Engine
from edge.train.labelled import LabelledPhoto, LabelsError, plate_pictures, scenes
from edge.train.misread_sheet import write_sheet
from edge.train.score import Score, calibration, table


def evaluate_reader(
    weights: Path, plates: Path, *, only: str, beside: bool, threads: int, sheets: Path | None
) -> Iterator[str]:
    """Tables, each as it is ready.

    Args:
        weights: ONNX of a reader.
        plates: see `edge.train.labelled.scenes`.
        only: plate pictures whose names begin so, and no scenes; empty for all.
        beside: as well what is shipped, these weights in its place, and the borrowed readers alone.
        threads: a model's call.
        sheets: where a sheet of misreads goes.

    Raises:
        ModelError: weights are missing or no reader.
        LabelsError: the labelled photos are not there, or their tables can't be used.
        PhotoError: a photo is missing or damaged.
    """
    pictures = [p for p in plate_pictures(plates) if p.path.name.startswith(only)]
    if only and not pictures:
        raise LabelsError(f"expected plate pictures that begin with {only!r} in {plates}, found none")
    settings = {"profile": "accurate", "threads": threads}

    def vision(**more: object) -> wiring.Vision:
        return wiring.open_vision(VisionSettings.model_validate({**settings, **more}), refine=True)

    cv2.setNumThreads(threads)
    ours = OnnxRecogniser(weights, threads=threads)
    alone = vision(reader_weights=weights, readers="own")
    readers: dict[str, Reader] = {
        f"{weights.stem}-one-look": GrammarReader({Engine.OURS: ours}, profile=OWN_ALONE),
        f"{weights.stem}-alone": alone.reader,
    }
    if beside:
        readers[f"{weights.stem}-then-borrowed"] = vision(reader_weights=weights).reader
        readers["shipped"] = vision().reader
        readers["borrowed"] = vision(readers="borrowed").reader
    for name, reader in readers.items():
        believed: list[tuple[float, bool]] = []
        sets = [("plate pictures", pictures)] + ([] if only else [("scenes", list(scenes(plates)))])
        for what, photos in sets:
            score = read_all(photos, alone.detector, reader, whole=what == "plate pictures", name=name)
            believed += score.believed
            yield table(f"{name}: {what}", score)
            if sheets is not None:
                write_sheet(score.misread, sheets / f"{name}-{what.replace(' ', '-')}.png")
        yield calibration(believed) + "\n"


def read_all(
    photos: Iterable[LabelledPhoto], detector: Detector, reader: Reader, *, whole: bool, name: str
) -> Score:
    """Read photos one by one.

    Args:
        photos: what is read.
        detector: finds the plates of scenes, and of plate pictures that are read in doubt.
        reader: reads them.
        whole: each photo is a picture of one plate.
        name: for the progress bar.
    """
    score = Score()
    read = read_plate_picture if whole else read_scene
    begun = time.process_time()
    for photo in tqdm(list(photos), desc=name, unit="photo", disable=None):
        score.add(photo, read(read_photo(photo.path), detector, reader))
    score.cpu_s = time.process_time() - begun
    return score
