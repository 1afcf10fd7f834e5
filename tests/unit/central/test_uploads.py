"""Uploads in pieces: what is kept, what is given up, and who may write."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from central.images.folder import FolderImages
from central.ports import ImageTooLarge, StoreUnavailable
from central.uploads import PartialUploads, UploadStalled, WrongOffset
from tests.centre import START, new_clock

DATA = bytes(range(256)) * 8
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def uploads(tmp_path: Path) -> PartialUploads:
    images = FolderImages(tmp_path / "images", clock=new_clock(), max_bytes=1 << 20)
    return PartialUploads(tmp_path / "uploads", images, max_bytes=len(DATA))


async def pieces(*data: bytes) -> AsyncIterator[bytes]:
    for piece in data:
        yield piece


def append(uploads: PartialUploads, offset: int, *data: bytes) -> int:
    return asyncio.run(uploads.append(SHA, offset=offset, length=len(DATA), chunks=pieces(*data)))


def test_a_piece_in_chunks(uploads: PartialUploads) -> None:
    assert append(uploads, 0, DATA[:100], DATA[100:300]) == uploads.offset(SHA) == 300
    assert append(uploads, 300, DATA[300:]) == len(DATA)


def test_what_was_complete_leaves_no_part(uploads: PartialUploads, tmp_path: Path) -> None:
    append(uploads, 0, DATA)
    assert list((tmp_path / "uploads").iterdir()) == []
    assert uploads.offset(SHA) == len(DATA)


def test_two_do_not_write_at_once(uploads: PartialUploads) -> None:
    async def both() -> None:
        first_is_in, go_on = asyncio.Event(), asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield DATA[:100]
            first_is_in.set()
            await go_on.wait()
            yield DATA[100:]

        first = asyncio.create_task(uploads.append(SHA, offset=0, length=len(DATA), chunks=slowly()))
        await first_is_in.wait()
        with pytest.raises(WrongOffset, match="from offset 100 on") as wrong:
            await uploads.append(SHA, offset=0, length=len(DATA), chunks=pieces(DATA))
        assert wrong.value.offset == 100
        go_on.set()
        assert await first == len(DATA)

    asyncio.run(both())


def test_one_that_stops_coming_is_ended_and_another_goes_on(tmp_path: Path) -> None:
    images = FolderImages(tmp_path / "images", clock=new_clock(), max_bytes=1 << 20)
    uploads = PartialUploads(tmp_path / "uploads", images, max_bytes=len(DATA), patience_s=0.01)

    async def half_open() -> AsyncIterator[bytes]:
        yield DATA[:100]
        await asyncio.Event().wait()

    with pytest.raises(UploadStalled, match=r"more bytes within 0\.01 s, got none"):
        asyncio.run(uploads.append(SHA, offset=0, length=len(DATA), chunks=half_open()))
    assert append(uploads, 100, DATA[100:]) == len(DATA)


def test_more_than_announced_is_not_written(uploads: PartialUploads) -> None:
    with pytest.raises(ImageTooLarge, match=f"expected {len(DATA)} bytes in all"):
        append(uploads, 0, DATA, b"x")
    assert uploads.offset(SHA) == len(DATA)  # complete, but for the check
    with pytest.raises(ImageTooLarge, match=f"at most {len(DATA)} bytes"):
        asyncio.run(uploads.append(SHA, offset=0, length=len(DATA) + 1, chunks=pieces(b"x")))


def test_those_left_alone_are_given_up(uploads: PartialUploads, tmp_path: Path) -> None:
    append(uploads, 0, DATA[:10])
    at = START.timestamp()
    os.utime(tmp_path / "uploads" / f"{SHA}.part", (at, at))
    assert uploads.prune(START) == 0
    assert uploads.prune(START + timedelta(seconds=1)) == 1
    assert uploads.offset(SHA) == 0


def test_a_disk_that_is_full(uploads: PartialUploads, tmp_path: Path) -> None:
    (tmp_path / "uploads" / f"{SHA}.part").symlink_to("/dev/full")
    with pytest.raises(StoreUnavailable, match="No space left"):
        append(uploads, 0, DATA)
