"""Photos as cameras."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Photo

from edge.camera.images import ImageCamera, PhotoError, read_photo, taken_at
from edge.ports import CameraError
from tests.unit.edge.camera.clips import number_in, numbered


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, name in enumerate(("a.png", "b.jpg", "c.JPEG", "d.bmp", "e.webp")):
        assert cv2.imwrite(str(tmp_path / name), numbered(number))
    (tmp_path / "notes.txt").write_text("no photo")
    (tmp_path / "sub.png").mkdir()
    return tmp_path


def test_a_folder_is_shown_in_the_order_of_names(folder: Path) -> None:
    (folder / "sub.png").rmdir()
    frames = list(ImageCamera("c1", folder).frames())
    assert [number_in(f.image) for f in frames] == [0, 1, 2, 3, 4]
    assert [(f.index, f.seconds) for f in frames] == [(n, float(n)) for n in range(5)]
    assert [number_in(f.image) for f in ImageCamera("c1", folder).frames(start_index=3)] == [3, 4]


def test_one_photo_is_a_camera_too(folder: Path) -> None:
    (frame,) = ImageCamera("c1", folder / "c.JPEG").frames()
    assert number_in(frame.image) == 2


def test_unreadable_photos_are_reported_and_passed_over(folder: Path) -> None:
    (folder / "b.jpg").write_bytes(b"\xff\xd8 torn")
    (folder / "d.bmp").write_bytes(b"")
    reported: list[tuple[str, str]] = []
    camera = ImageCamera("c1", folder, on_unreadable=lambda path, e: reported.append((path.name, str(e))))
    assert [f.index for f in camera.frames()] == [0, 2, 4]
    assert [name for name, _ in reported] == ["b.jpg", "d.bmp", "sub.png"]
    assert all("expected a picture" in why for _, why in reported[:2])
    assert "can't read" in reported[2][1]


def test_there_must_be_photos(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match=r"no photo \(.*\.jpg.*\) in"):
        list(ImageCamera("c1", tmp_path).frames())
    with pytest.raises(CameraError, match="found none at"):
        list(ImageCamera("c1", tmp_path / "none").frames())


def test_close_ends_it(folder: Path) -> None:
    camera = ImageCamera("c1", folder)
    frames = camera.frames()
    next(frames)
    camera.close()
    assert list(frames) == []


def _with_exif(
    path: Path, *, taken: str | None = None, offset: str | None = None, turned: bool = False
) -> Path:
    exif = Photo.Exif()
    block = exif.get_ifd(0x8769)
    if taken:
        block[0x9003] = taken
    if offset:
        block[0x9011] = offset
    if turned:
        exif[0x0112] = 6  # to be shown turned 90° clockwise
    Photo.fromarray(numbered(5)).save(path, exif=exif, quality=95)
    return path


def test_a_photos_time_is_its_exifs_where_that_names_the_zone(tmp_path: Path) -> None:
    path = _with_exif(tmp_path / "a.jpg", taken="2026:02:03 12:30:00", offset="+08:00")
    assert taken_at(path) == datetime(2026, 2, 3, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize("taken", ["2026:02:03 12:30:00", "yesterday", None])
def test_else_it_is_when_the_file_was_written(tmp_path: Path, taken: str | None) -> None:
    path = _with_exif(tmp_path / "a.jpg", taken=taken)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert taken_at(path) == datetime.fromtimestamp(1_700_000_000, UTC)


def test_a_turned_photo_is_shown_upright(tmp_path: Path) -> None:
    image = read_photo(_with_exif(tmp_path / "a.jpg", turned=True))
    assert number_in(np.rot90(image)) == 5


def test_what_is_no_photo_is_named(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"can't read .*none\.jpg: No such file"):
        read_photo(tmp_path / "none.jpg")
