"""Evidence images as files of a folder, named by what is in them."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import tempfile
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path

from central.ports import ImageMismatch, ImageTooLarge, StoreUnavailable
from proto.clock import Clock

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NEW = "new"
#: Images that are asked about at once.
BATCH = 500


class FolderImages:
    """An `ImageStore`. Safe to call from several threads and processes.

    An image lies at ab/cd/abcd…, so that no folder grows too large. It is written beside, flushed and
    renamed: whoever finds the name finds the whole image.
    """

    def __init__(self, folder: Path, *, clock: Clock, max_bytes: int) -> None:
        """Raises:
        StoreUnavailable: the folder can't be made.
        """
        self._folder = folder
        self._clock = clock
        self._max_bytes = max_bytes
        with _named_errors("make the images' folder"):
            (folder / _NEW).mkdir(parents=True, exist_ok=True)

    def put(self, sha256: str, data: bytes) -> None:
        path = self._path(sha256)
        if len(data) > self._max_bytes:
            raise ImageTooLarge(f"expected an image of at most {self._max_bytes} bytes, got {len(data)}")
        digest = hashlib.sha256(data).hexdigest()
        if digest != sha256:
            raise ImageMismatch(f"expected bytes that hash to {sha256}, got {digest}")
        with _named_errors("write an image"):
            if not path.exists():
                self._write(path, data)

    def get(self, sha256: str) -> bytes | None:
        path = self._path(sha256)
        with _named_errors("read an image"):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                return None

    def has(self, sha256: str) -> bool:
        return self._path(sha256).exists()

    def delete_before(
        self, moment: datetime, *, kept: Callable[[Collection[str]], Collection[str]] = lambda _: ()
    ) -> int:
        """What a crash left half written before then goes too, uncounted."""
        limit = moment.timestamp()
        gone = 0
        with _named_errors("delete images"):
            _delete_older(self._folder.glob(f"{_NEW}/*"), limit)
            old = _older(self._folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"), limit)
            while batch := list(itertools.islice(old, BATCH)):
                held = kept([path.name for path in batch])
                gone += _delete_older((path for path in batch if path.name not in held), limit)
        return gone

    def _path(self, sha256: str) -> Path:
        # The check is also what keeps a caller's text from naming a path of its own.
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"expected an address of 64 lower-case hex digits, got {sha256[:80]!r}")
        return self._folder / sha256[:2] / sha256[2:4] / sha256

    def _write(self, path: Path, data: bytes) -> None:
        handle, name = tempfile.mkstemp(dir=self._folder / _NEW)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(handle)
            # Retention asks when an image was put, by the clock that everything else goes by.
            now = self._clock.now().timestamp()
            os.utime(name, (now, now))
            path.parent.mkdir(parents=True, exist_ok=True)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        for folder in (path.parent, path.parent.parent, self._folder):
            _sync_folder(folder)


def _older(paths: Iterator[Path], limit: float) -> Iterator[Path]:
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < limit:
                yield path


def _delete_older(paths: Iterator[Path], limit: float) -> int:
    gone = 0
    for path in paths:
        # Another process's retention may be at it too.
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < limit:
                path.unlink()
                gone += 1
    return gone


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _named_errors(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"can't {what}: {error}") from error
