"""What every image store must hold to."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path

import pytest

from central.images.folder import FolderImages
from central.ports import ImageMismatch, ImageStore, ImageTooLarge, StoreUnavailable
from proto.clock import Clock, ManualClock

LIMIT = 1000


def open_folder(folder: Path, clock: Clock) -> ImageStore:
    return FolderImages(folder, clock=clock, max_bytes=LIMIT)


ENGINES: dict[str, Callable[[Path, Clock], ImageStore]] = {"folder": open_folder}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=sorted(ENGINES))
def images(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> ImageStore:
    return ENGINES[request.param](tmp_path / "images", clock)


def address(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_what_was_put_is_found_by_its_hash(images: ImageStore) -> None:
    assert not images.has(address(b"picture"))
    assert images.get(address(b"picture")) is None
    images.put(address(b"picture"), b"picture")
    assert images.has(address(b"picture"))
    assert images.get(address(b"picture")) == b"picture"


def test_putting_again_changes_nothing(images: ImageStore, clock: ManualClock) -> None:
    images.put(address(b"x"), b"x")
    clock.advance(3600)
    images.put(address(b"x"), b"x")
    assert images.delete_before(clock.now() - timedelta(minutes=1)) == 1


def test_bytes_of_another_hash_are_refused(images: ImageStore) -> None:
    with pytest.raises(ImageMismatch, match=address(b"b")):
        images.put(address(b"a"), b"b")
    assert not images.has(address(b"a"))


def test_the_limit_is_inclusive(images: ImageStore) -> None:
    most = b"x" * LIMIT
    images.put(address(most), most)
    with pytest.raises(ImageTooLarge, match=f"at most {LIMIT} bytes, got {LIMIT + 1}"):
        images.put(address(most + b"x"), most + b"x")


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_what_is_no_hash_is_no_address(images: ImageStore, name: str) -> None:
    for call in (images.get, images.has, lambda n: images.put(n, b"")):
        with pytest.raises(ValueError, match="64 lower-case hex digits"):
            call(name)


def test_retention_goes_by_when_an_image_was_put(images: ImageStore, clock: ManualClock) -> None:
    for data in (b"1", b"2", b"3"):
        images.put(address(data), data)
        clock.advance(60)
    assert images.delete_before(clock.now() - timedelta(seconds=120)) == 1
    assert [images.has(address(d)) for d in (b"1", b"2", b"3")] == [False, True, True]
    images.put(address(b"1"), b"1")
    assert images.get(address(b"1")) == b"1"


def test_threads_may_put_the_same(images: ImageStore) -> None:
    data = b"y" * 900
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                images.put(address(data), data)
                assert images.get(address(data)) == data
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_the_folder_leaves_nothing_behind_but_the_image(tmp_path: Path, clock: ManualClock) -> None:
    images = open_folder(tmp_path, clock)
    images.put(address(b"a"), b"a")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [
        tmp_path / address(b"a")[:2] / address(b"a")[2:4] / address(b"a")
    ]


def test_what_a_crash_left_half_written_goes_by_age(tmp_path: Path, clock: ManualClock) -> None:
    images = open_folder(tmp_path, clock)
    half = tmp_path / "new" / "half"
    half.write_bytes(b"half")
    images.delete_before(clock.now().replace(year=2000))
    assert half.exists()
    images.delete_before(clock.now().replace(year=2100))
    assert not half.exists()


def test_a_folder_that_cannot_be_made_is_an_unavailable_store(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="folder"):
        open_folder(tmp_path / "file" / "images", clock)


def test_images_that_are_picked_out_stay(images: ImageStore, clock: ManualClock) -> None:
    data = [b"%d" % n for n in range(3)]
    for one in data:
        images.put(address(one), one)
    clock.advance(60)
    asked: list[str] = []

    def kept(hashes: Collection[str]) -> Collection[str]:
        asked.extend(hashes)
        return {address(data[1])}

    assert images.delete_before(clock.now(), kept=kept) == 2
    assert sorted(asked) == sorted(map(address, data))
    assert [images.has(address(one)) for one in data] == [False, True, False]
    assert images.delete_before(clock.now()) == 1
