"""Fits `edge.read.decode.TEMPERATURE`: `python -m tests.accuracy.calibration`.

The recognisers know the training pictures by heart, or nearly: on them, as they are, there is nothing to
learn about doubt. So each is made harder first, by a random loss of resolution, blur, noise and light. The
temperature is the one under which what was said of the text (its confidence) is least surprised by whether
the text was right. Texts do not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.images import read_photo
from edge.frame import Image
from edge.models import ModelFolder, registry
from edge.read.colour import estimate, log_prior
from edge.read.ctc import Floats
from edge.read.decode import decode, view_of
from edge.read.onnx import OnnxRecogniser
from edge.read.profile import OWN_ALONE, READERS, Look, profile_of
from edge.read.rows import single_row
from edge.rectify import whole
from edge.train.labelled import Label
from tests.accuracy.photos import training_pictures

_GRID = (0.6, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4, 1.7, 2.0)
#: What is looked at: a first look, and what is added in doubt.
_LOOKS = {
    "ours, one look": OWN_ALONE.looks,
    "ours, two looks": profile_of("accurate", "own").looks,
    "ours and a borrowed one": (*OWN_ALONE.looks, profile_of("accurate", "both").looks[-1]),
    "a borrowed one": profile_of("fast", "borrowed").looks[:1],
}


def harder(image: Image, rng: np.random.Generator) -> Image:
    """The picture as a worse camera would have it."""
    height, width = image.shape[:2]
    scale = rng.uniform(0.4, 1.0)
    small = cv2.resize(
        image, (max(24, round(width * scale)), max(7, round(height * scale))), interpolation=cv2.INTER_AREA
    )
    blurred = cv2.GaussianBlur(small, (0, 0), rng.uniform(0.05, 1.2)).astype(np.float32)
    lit = blurred * rng.uniform(0.35, 1.2) + rng.normal(0, rng.uniform(0, 14), blurred.shape)
    degraded: Image = np.clip(lit, 0, 255).astype(np.uint8)
    return degraded


def main() -> None:
    """Print how well each temperature does."""
    folder = ModelFolder()

    def path_of(name: str) -> Path:
        return folder.require(registry().asset(name))

    engines = {
        engine: OnnxRecogniser(
            path_of(weights.asset), characters=path_of(weights.characters) if weights.characters else None
        )
        for engine, weights in READERS.items()
    }

    def view(image: Image, look: Look) -> Floats:
        picture = single_row(
            image, whole(image), height=READERS[look.engine].height, width=look.plate, margin=look.margin
        )
        return view_of(engines[look.engine].posteriors([picture], width=look.width)[0])

    rng = np.random.default_rng(1)
    seen: dict[str, list[tuple[list[Floats], Callable[[str], float], Label]]] = {name: [] for name in _LOOKS}
    for photo in training_pictures():
        image = harder(read_photo(photo.path), rng)
        prior = partial(log_prior, colours=estimate(image))
        for name, looks in _LOOKS.items():
            seen[name].append(([view(image, look) for look in looks], prior, photo.labels[0]))
    for name, reads in seen.items():
        for temperature in _GRID:
            decoded = [(decode(views, prior, temperature=temperature), label) for views, prior, label in reads]
            said = np.array([d.confidence for d, _ in decoded])
            right = np.array([label.says(d.text) for d, label in decoded])
            print(f"{name}: temperature {temperature:.1f}  {_summary(said, right)}")


def _summary(said: NDArray[np.float64], right: NDArray[np.bool_]) -> str:
    surprise = -np.log(np.where(right, said, np.maximum(1 - said, 1e-6))).mean()
    return f"surprise {surprise:.4f}  said {said.mean():.3f}  right {right.mean():.3f}"


if __name__ == "__main__":
    main()
