"""The ports of the edge: where pictures come from, and the two engines of vision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from edge.frame import Frame, Image, PlateDetection, PlateReading
from proto.passage import ModelVersion


class CameraError(Exception):
    """A camera can't be opened or went away for good; the message names it and says what was tried."""


class Camera(Protocol):
    """A source of frames.

    Order: frames come in the order they were captured, `index` and `seconds` strictly growing. A gap in
    `index` is frames the camera or the reader of it dropped. A live camera reconnects by itself and its
    `captured_at` are real times; a file's are its start plus the stream's time.
    End: the iterator ends when a file does; a live camera's never ends until `close`.
    """

    @property
    def camera_id(self) -> str: ...

    @property
    def live(self) -> bool:
        """True where frames can't be had again: whoever is too slow must drop, not wait."""
        ...

    def frames(self, *, start_index: int = 0) -> Iterator[Frame]:
        """Frames from an index on (files only; live cameras ignore it).

        Raises:
            CameraError: it can't be opened, or what it yields can't be decoded.
        """
        ...

    def close(self) -> None:
        """Stop yielding; callable from another thread; idempotent."""
        ...


class Detector(Protocol):
    """Finds plates with their four corners. Stateless and safe to call from several threads."""

    @property
    def model(self) -> ModelVersion: ...

    def detect(self, image: Image) -> tuple[PlateDetection, ...]:
        """All plates in a BGR image of any size, most confident first; empty where there is none."""
        ...


class Reader(Protocol):
    """Reads plates that a detector found. Stateless and safe to call from several threads."""

    @property
    def models(self) -> tuple[ModelVersion, ...]: ...

    def read(self, image: Image, plates: Sequence[PlateDetection]) -> tuple[PlateReading | None, ...]:
        """One answer a plate, in order; None where nothing legible is there."""
        ...
