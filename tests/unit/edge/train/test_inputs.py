"""Folders that training is given: glyphs and real plates."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera.images import PhotoError
from edge.scene.glyph import GlyphStyle, drawn
from edge.train.glyphs import FolderGlyphs
from edge.train.labelled import LabelsError, plate_pictures, scenes
from edge.train.real import real_plates
from edge.train.surroundings import surroundings

ONE, UPPER = GlyphStyle.ONE_ROW, GlyphStyle.UPPER_ROW


def save(path: Path, picture: np.ndarray) -> None:
    cv2.imencode(path.suffix, picture)[1].tofile(path)


def test_glyphs_are_cut_to_their_ink_and_fill_the_cell(tmp_path: Path) -> None:
    paper = np.full((120, 90, 3), 255, np.uint8)
    paper[30:100, 20:60] = 0
    save(tmp_path / "140_A.png", paper)
    save(tmp_path / "140_1.png", paper)
    glyphs = FolderGlyphs(tmp_path)
    assert glyphs("A", 45, 90, ONE).shape == (90, 45)
    assert glyphs("A", 45, 90, ONE).min() == 255
    assert glyphs("A", 45, 90, UPPER).min() == 255  # nothing nearer in the folder
    bar = glyphs("1", 45, 90, ONE)
    assert bar[:, 22].min() == 255
    assert not bar[:, :10].any()
    assert np.array_equal(glyphs("B", 45, 90, ONE), drawn("B", 45, 90, ONE))


def test_a_folder_without_glyphs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"expected pictures named like 140_A\.jpg"):
        FolderGlyphs(tmp_path)
    save(tmp_path / "140_A.png", np.full((20, 20, 3), 255, np.uint8))
    with pytest.raises(PhotoError, match="found an empty picture"):
        FolderGlyphs(tmp_path)


def test_real_plates_are_those_named_so_with_one_row_and_a_text_of_the_grammar(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(
        "file,plate_text,lines\nmay_1.png,川A·12345,1\nmay_2.png,川A12345,2\nmay_3.png,川A1?345,1\nnot_1.png,川A12345,1\n",
        encoding="utf-8",
    )
    for name in ("may_1", "may_2", "may_3"):
        save(tmp_path / f"{name}.png", np.zeros((30, 90, 3), np.uint8))
    (plate,) = real_plates(tmp_path, "may_")
    assert plate.text == "川A12345"
    assert plate.image.shape == (30, 90, 3)


def test_tables_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"expected a table of labels at .*labels.csv"):
        real_plates(tmp_path, "")
    (tmp_path / "labels.csv").write_text("file,text\n", encoding="utf-8")
    with pytest.raises(LabelsError, match="expected the columns file, plate_text, lines; no"):
        real_plates(tmp_path, "")
    (tmp_path / "labels.csv").write_bytes("file,plate_text,lines\n川.jpg,川A12345,1\n".encode("gbk"))
    with pytest.raises(LabelsError, match="expected UTF-8"):
        real_plates(tmp_path, "")
    endless = "1" * (csv.field_size_limit() + 1)
    head = "file,plate_text,lines"
    for rows, line in ((f"{head},{endless}\n", 1), (f"{head}\na.png,川A12345,{endless}\n", 2)):
        (tmp_path / "labels.csv").write_text(rows, encoding="utf-8")
        with pytest.raises(LabelsError, match=rf"labels\.csv, line {line}: expected CSV: field larger than"):
            real_plates(tmp_path, "")


def test_tables_of_labelled_photos_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"expected a table of labels at .*scenes/labels\.csv"):
        list(scenes(tmp_path))
    (tmp_path / "crops").mkdir()
    table = tmp_path / "crops" / "labels.csv"
    table.write_text("file,plate_text,lines\n", encoding="utf-8")
    with pytest.raises(LabelsError, match="no plate_colour, plate_kind"):
        list(plate_pictures(tmp_path))
    head = "file,plate_text,plate_colour,plate_kind,lines,x1,y1,x2,y2\n"
    for row in ("a.png,川A12345,blue,normal,two", "a.png,川A12345,blue,normal,1,1,1,far,9"):
        table.write_text(f"{head}{row}\n", encoding="utf-8")
        with pytest.raises(LabelsError, match=r"labels\.csv: of a\.png: "):
            list(plate_pictures(tmp_path))
    table.write_text(f"{head}a.png,川A12345,blue,normal\n", encoding="utf-8")
    (photo,) = plate_pictures(tmp_path)
    assert (photo.labels[0].rows, photo.labels[0].box) == (1, None)


def test_surroundings_are_painted_whatever_their_size() -> None:
    for number in range(300):
        rng = np.random.default_rng(number)
        height, width = int(rng.integers(1, 12)), int(rng.integers(1, 12))
        assert surroundings(height, width, rng).shape == (height, width, 3)
