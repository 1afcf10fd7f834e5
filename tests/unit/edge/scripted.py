"""A camera over the scripted road, with engines that know it: for tests of what runs around the pixels."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from edge.frame import Frame, Image, PlateDetection, PlateReading
from proto.clock import ClockQuality
from proto.passage import ModelVersion
from tests.unit.edge.readings import Weather, noisy
from tests.unit.edge.road import VIEW, Vehicle, detection

BEGIN = datetime(2026, 1, 1, 8, tzinfo=UTC)


class Killed(BaseException):
    """The process died here: nothing in the code under test may catch it."""


@dataclass(kw_only=True)
class ScriptedCamera:
    """A file of `count` frames; each carries its index in its first pixel."""

    count: int
    fps: float = 12.0
    live: bool = False
    gaps: frozenset[int] = frozenset()  #: frames it drops
    camera_id: str = "k1"
    moving: bool = True  #: whether a patch goes through the picture, for the motion gate
    before: Callable[[int], None] = lambda _index: None  #: called before a frame is given
    closed: threading.Event = field(default_factory=threading.Event)

    def frames(self, *, start_index: int = 0) -> Iterator[Frame]:
        for index in range(0 if self.live else start_index, self.count):
            if self.closed.is_set():
                return
            if index in self.gaps:
                continue
            self.before(index)
            image = np.full((VIEW.height, VIEW.width, 3), 100 + index % 50, np.uint8)
            if self.moving:
                left = index * 40 % 1600
                image[600:900, left : left + 300] = 250
            image[0, 0] = index % 250, index // 250, 0
            yield Frame(
                camera_id=self.camera_id,
                index=index,
                captured_at=BEGIN + timedelta(seconds=index / self.fps),
                seconds=index / self.fps,
                image=image,
                clock=ClockQuality.UNKNOWN,
            )

    def close(self) -> None:
        self.closed.set()


@dataclass(kw_only=True)
class ScriptedVision:
    """Detector and reader of the scripted road. Its noise follows from the frame, as a real engine's does."""

    vehicles: Sequence[Vehicle]
    fps: float = 12.0
    detected: int = 0
    read_calls: int = 0

    @property
    def model(self) -> ModelVersion:
        return ModelVersion(purpose="detect", name="scripted", sha256="0" * 64)

    @property
    def models(self) -> tuple[ModelVersion, ...]:
        return (ModelVersion(purpose="read", name="scripted", sha256="0" * 64),)

    def detect(self, image: Image) -> tuple[PlateDetection, ...]:
        self.detected += 1
        return tuple(plate for _, plate in self._here(image))

    def read(self, image: Image, plates: Sequence[PlateDetection]) -> tuple[PlateReading | None, ...]:
        self.read_calls += 1
        here = self._here(image)
        found = []
        for plate in plates:
            vehicle = next(v for v, p in here if p == plate)
            rng = random.Random(f"{_index(image)} {vehicle.plate}")
            found.append(noisy(vehicle.plate, Weather(blur=0.15, lost=0.1), rng))
        return tuple(found)

    def _here(self, image: Image) -> list[tuple[Vehicle, PlateDetection]]:
        index = _index(image)
        found = (
            (v, detection(v, index / self.fps, random.Random(f"{index} {v.plate}"))) for v in self.vehicles
        )
        return [(v, plate) for v, plate in found if plate]


def _index(image: Image) -> int:
    return int(image[0, 0, 0]) + 250 * int(image[0, 0, 1])
