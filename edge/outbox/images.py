"""The outbox's images as files, named by their SHA-256.

Files, not BLOBs: SQLite's WAL writes a BLOB twice, once to the log and once to the database, and flash wears
by what is written (measured in deploy/decisions/0006-outbox-images-are-files.md). A file is on the disk before
the row that names it is, so a crash leaves at most files without a row, which opening removes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

_HALF_WRITTEN = ".part"


class ImageFolder:
    """Not for several processes at once."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, images: Mapping[str, bytes]) -> None:
        """All are on the disk when this returns. Raises OSError."""
        for sha256, data in images.items():
            part = self._folder / (sha256 + _HALF_WRITTEN)
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fdatasync(file.fileno())
            part.rename(self._folder / sha256)
        if images:
            self._sync_names()

    def read(self, sha256: str) -> bytes | None:
        """None where the file is gone or its bytes are not what its name says."""
        try:
            data = (self._folder / sha256).read_bytes()
        except FileNotFoundError:
            return None
        return data if hashlib.sha256(data).hexdigest() == sha256 else None

    def remove(self, sha256: str) -> None:
        """Idempotent. What a power cut brings back is removed at the next opening."""
        (self._folder / sha256).unlink(missing_ok=True)

    def sweep(self, known: Set[str]) -> Iterator[str]:
        """Remove all files that are not known, half-written ones included; yields those known and not there."""
        found = set(os.listdir(self._folder))
        for name in found - known:
            (self._folder / name).unlink()
        yield from known - found

    def _sync_names(self) -> None:
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
