"""Measures `edge.leaning.LEANING`: `python -m tests.accuracy.leaning`.

Plates of all provinces, alike in number, are rendered and photographed badly; the reader as a node has it reads
them. Where it can't make out the province, what it says is its own expectation: the mean over such looks is
printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import cv2
import numpy as np
from tqdm import tqdm

from edge import wiring
from edge.config import VisionSettings
from edge.frame import Corners, PlateDetection
from edge.lattice import unnamed
from edge.leaning import LEANING
from edge.ports import Reader
from edge.scene import PlateFace
from edge.scene.glyph import drawn
from edge.train.photo import photograph
from edge.train.text import draw_text
from proto.passage import Box, Position
from proto.plate import PROVINCES, PlateClass, rule_of

#: A province is not made out where the likeliest one is less likely.
_UNSURE = 0.6
#: How far a detector's corners are off, in plate heights (standard deviation).
_OFF = 0.04
_SEED = 77


@click.command()
@click.option("--plates", default=1200, show_default=True, help="Plates rendered.")
@click.option("--reader-weights", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--readers", type=click.Choice(["own", "both", "borrowed"]), default="both", show_default=True)
def main(plates: int, reader_weights: Path | None, readers: str) -> None:
    """Print what the reader says of provinces that it can't make out, beside what is shipped."""
    cv2.setNumThreads(1)
    settings = VisionSettings.model_validate({"reader_weights": reader_weights, "readers": readers})
    reader = wiring.open_vision(settings).reader
    said = dict.fromkeys(PROVINCES, 0.0)
    doubtful = 0
    for position in _provinces(reader, plates):
        named = {c: p for c, p in position if c in said}
        if max(named.values(), default=1.0) >= _UNSURE:
            continue
        doubtful += 1
        others = unnamed(position) / max(1, len(said) - len(named))
        for province in said:
            said[province] += named.get(province, others)
    click.echo(f"{doubtful} of {plates} provinces not made out")
    for province in sorted(said, key=lambda c: -said[c]):
        click.echo(f"{province} {said[province] / max(1, doubtful):.3f}  shipped {LEANING.get(province, '-')}")


def _provinces(reader: Reader, plates: int) -> Iterator[Position]:
    rule = rule_of(PlateClass.SMALL_CAR)
    assert rule is not None
    for index in tqdm(range(plates), desc="plates", unit="plate", disable=None):
        rng = np.random.default_rng((_SEED, index))
        face = PlateFace(text=draw_text(rule, rng), plate_class=PlateClass.SMALL_CAR)
        photo = photograph(face, rng, drawn)
        (reading,) = reader.read(photo.image, [_found(photo.corners, rng)])
        if reading is not None and reading.lattice:
            yield reading.lattice[0]


def _found(corners: Corners, rng: np.random.Generator) -> PlateDetection:
    """As a detector would: not quite."""
    height = abs(corners[3][1] - corners[0][1])
    moved = [(x + rng.normal(0, _OFF * height), y + rng.normal(0, _OFF * height)) for x, y in corners]
    a, b, c, d = ((max(0.0, float(x)), max(0.0, float(y))) for x, y in moved)
    xs, ys = (a[0], b[0], c[0], d[0]), (a[1], b[1], c[1], d[1])
    box = Box(x1=min(xs), y1=min(ys), x2=max(xs), y2=max(ys))
    return PlateDetection(box=box, corners=(a, b, c, d), confidence=0.9)


if __name__ == "__main__":
    main()
