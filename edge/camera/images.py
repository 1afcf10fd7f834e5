"""Photos as a camera: one file, or all of a folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Photo
from PIL import UnidentifiedImageError

from edge.frame import Frame, Image
from edge.ports import CameraError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})

_EXIF = 0x8769  #: pointer to the Exif block
_TAKEN, _TAKEN_OFFSET = 0x9003, 0x9011  #: DateTimeOriginal, OffsetTimeOriginal


class PhotoError(Exception):
    """A file is no picture that can be decoded; the message names it."""


def read_photo(path: Path) -> Image:
    """A photo as BGR, turned upright as its Exif says.

    Raises:
        PhotoError: it can't be read or decoded.
    """
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as e:
        raise PhotoError(f"can't read {path}: {e.strerror}") from e
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if image is None:
        raise PhotoError(f"expected a picture, got something else in {path}")
    return np.asarray(image, np.uint8)


def taken_at(path: Path) -> datetime:
    """When a photo was taken: its Exif, where that names the time zone, else when the file was written."""
    try:
        with Photo.open(path) as photo:
            block = photo.getexif().get_ifd(_EXIF)
        offset = str(block[_TAKEN_OFFSET])
        return datetime.strptime(f"{block[_TAKEN]} {offset}", "%Y:%m:%d %H:%M:%S %z").astimezone(UTC)
    except (KeyError, ValueError, OSError, UnidentifiedImageError):
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)


class ImageCamera:
    """Shows photos in the order of their names, each as one frame (see `edge.ports.Camera`).

    Photos have no time base: `seconds` counts them. A photo that can't be decoded is passed over, leaves
    a gap in `index`, and is reported.

    Args:
        path: a photo, or a folder whose photos (of the known suffixes, subfolders excluded) are shown.
        on_unreadable: called with each unreadable photo and the reason.
    """

    def __init__(
        self,
        camera_id: str,
        path: Path,
        *,
        on_unreadable: Callable[[Path, PhotoError], None] | None = None,
    ) -> None:
        self._camera_id = camera_id
        self._path = path
        self._on_unreadable = on_unreadable
        self._closed = threading.Event()

    @property
    def camera_id(self) -> str:
        return self._camera_id

    @property
    def live(self) -> bool:
        return False

    def photos(self) -> tuple[Path, ...]:
        """The files, in the order they are shown.

        Raises:
            CameraError: there is nothing at the path, or a folder without photos.
        """
        if self._path.is_file():
            return (self._path,)
        if not self._path.is_dir():
            raise CameraError(
                f"camera {self._camera_id}: expected a photo or a folder, found none at {self._path}"
            )
        found = tuple(sorted(p for p in self._path.iterdir() if p.suffix.lower() in SUFFIXES))
        if not found:
            kinds = " ".join(sorted(SUFFIXES))
            raise CameraError(f"camera {self._camera_id}: no photo ({kinds}) in {self._path}")
        return found

    def frames(self, *, start_index: int = 0) -> Iterator[Frame]:
        """Photos from an index on.

        Raises:
            CameraError: as `photos`.
        """
        for index, path in enumerate(self.photos()):
            if self._closed.is_set():
                return
            if index < start_index:
                continue
            try:
                image = read_photo(path)
            except PhotoError as e:
                if self._on_unreadable is not None:
                    self._on_unreadable(path, e)
                continue
            yield Frame(
                camera_id=self._camera_id,
                index=index,
                captured_at=taken_at(path),
                seconds=float(index),
                image=image,
            )

    def close(self) -> None:
        self._closed.set()
