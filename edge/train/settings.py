"""What a training is: the settings that lie in its folder. No torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from edge.models.error import ModelError

#: Their name in a training's folder.
SETTINGS = "settings.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What any training is; fixed when it begins, but for the length of its schedule."""

    steps: int
    batch: int
    rate: float
    average: float
    seed: int = 1
    frozen: int  #: see `edge.train.graph.Graph.settled`; 0: everything is trained
    real_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSettings(Settings):
    """A reader's."""

    steps: int = 20_000
    batch: int = 32
    rate: float = 3e-4
    average: float = 0.999
    frozen: int = 0
    live_norms: bool = False  #: see `edge.train.network.Network`
    real_share: float = 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSettings(Settings):
    """A detector's."""

    steps: int = 3000
    batch: int = 12
    rate: float = 5e-4
    average: float = 0.995
    frozen: int = 8
    real_share: float = 0.3
    detector: bool = True  #: tells it from a reader's


S = TypeVar("S", bound=Settings)


def settings_in(folder: Path, kind: type[S], what: str) -> S:
    """The settings of the training in a folder.

    Args:
        kind: of training.
        what: the same for people.

    Raises:
        ModelError: there is none, or another kind's.
    """
    try:
        return kind(**json.loads((folder / SETTINGS).read_text("utf-8")))
    except (OSError, TypeError, ValueError) as error:
        raise ModelError(f"expected {what} in {folder}: {error}") from error
