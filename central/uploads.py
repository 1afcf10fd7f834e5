"""Uploads of images that are not complete yet: files that grow, each under the hash it will have.

What was written stays when a connection breaks or the process is killed, and the uploader goes on from
there. Only whole images whose hash is right reach the image store, so nothing here needs to be trusted or
flushed.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from central.ports import ImageMismatch, ImageStore, ImageTooLarge, StoreUnavailable

#: Longer than a bad mobile link pauses.
PATIENCE_S = 30.0


class WrongOffset(Exception):
    """The upload is at another offset, or somebody else is writing it; `offset` is where to go on."""

    def __init__(self, expected: int, got: int) -> None:
        super().__init__(f"expected the bytes from offset {expected} on, got those from {got}")
        self.offset = expected


class UploadStalled(Exception):
    """The bytes stopped coming; says for how long it was waited. What came is kept."""


class PartialUploads:
    """The folder of incomplete uploads; several processes may share it."""

    def __init__(
        self, folder: Path, images: ImageStore, *, max_bytes: int, patience_s: float = PATIENCE_S
    ) -> None:
        """`patience_s`: how long an upload may bring nothing before it is ended, so that others can go on."""
        self._folder = folder
        self._images = images
        self._max_bytes = max_bytes
        self._patience_s = patience_s
        folder.mkdir(parents=True, exist_ok=True)

    def offset(self, sha256: str) -> int:
        """Bytes that are here; of an image that is complete, all of them."""
        try:
            return self._part(sha256).stat().st_size
        except FileNotFoundError:
            image = self._images.get(sha256)
            return 0 if image is None else len(image)

    async def append(self, sha256: str, *, offset: int, length: int, chunks: AsyncIterator[bytes]) -> int:
        """Append from `offset` on, chunk by chunk as they come; returns the new offset.

        At `length` bytes the image is checked and stored.

        Raises:
            WrongOffset: the upload is elsewhere, or another caller writes it now.
            ImageTooLarge: `length` is over the limit, or more than `length` came.
            ImageMismatch: it is complete and hashes to something else; it is dropped, to be begun anew.
            StoreUnavailable: it can't be written now; what was written before stays.
            UploadStalled: a half-open connection must not hold the image's lock; what was written stays.
        """
        if length > self._max_bytes:
            raise ImageTooLarge(f"expected at most {self._max_bytes} bytes, got {length}")
        if self._images.has(sha256):
            return length
        with self._exclusive(sha256, offset) as file:
            here = os.fstat(file).st_size
            if offset != here:
                raise WrongOffset(here, offset)
            async for chunk in self._patiently(chunks):
                here += len(chunk)
                if here > length:
                    raise ImageTooLarge(f"expected {length} bytes in all, got at least {here}")
                _write(file, chunk)
            if here == length:
                await asyncio.to_thread(self._complete, sha256)
            return here

    async def _patiently(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        while True:
            try:
                async with asyncio.timeout(self._patience_s):
                    chunk = await anext(chunks, None)
            except TimeoutError:
                raise UploadStalled(f"expected more bytes within {self._patience_s:g} s, got none") from None
            if chunk is None:
                return
            yield chunk

    def prune(self, before: datetime) -> int:
        """Drop uploads that nobody went on with since; returns how many."""
        dropped = 0
        for part in self._folder.glob("*.part"):
            if part.stat().st_mtime < before.timestamp():
                part.unlink(missing_ok=True)
                dropped += 1
        return dropped

    def _part(self, sha256: str) -> Path:
        return self._folder / f"{sha256}.part"

    @contextmanager
    def _exclusive(self, sha256: str, offset: int) -> Iterator[int]:
        file = os.open(self._part(sha256), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise WrongOffset(os.fstat(file).st_size, offset) from None
            yield file
        finally:
            os.close(file)

    def _complete(self, sha256: str) -> None:
        part = self._part(sha256)
        try:
            self._images.put(sha256, part.read_bytes())
        except (ImageMismatch, ImageTooLarge):
            part.unlink()
            raise
        part.unlink()


def _write(file: int, chunk: bytes) -> None:
    left = memoryview(chunk)
    while left:
        try:
            left = left[os.write(file, left) :]
        except OSError as error:
            raise StoreUnavailable(f"the upload can't be written: {error}") from error
