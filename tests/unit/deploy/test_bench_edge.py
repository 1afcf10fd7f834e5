"""The bench of reading: what a pipeline's process says, and what is made of it."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from deploy.bench import edge
from deploy.bench.edge import PipelineError, read_all, shares
from edge.train.labelled import Label, LabelledPhoto
from proto.passage import Box

BOX = Box(x1=10, y1=10, x2=50, y2=22)


def photo(path: Path, text: str = "川A12345") -> LabelledPhoto:
    return LabelledPhoto(path=path, labels=(Label(text=text, colour="blue", rows=1, box=BOX),))


def told(text: str, box: Box) -> edge._Read:
    return edge._Read(plates=((text, box),), ms=1.0)


def test_found_is_by_overlap_and_exact_by_text(tmp_path: Path) -> None:
    photos = [photo(tmp_path / "a.png")] * 4 + [photo(tmp_path / "a.png", text="")]
    away = Box(x1=100, y1=100, x2=140, y2=112)
    reads = [
        told("川A·12345", BOX),
        told("川A12346", BOX),
        told("川A12345", away),
        told("", BOX),
        told("", BOX),
    ]
    assert shares(photos, reads) == (0.25, 0.75)


def test_a_pipeline_that_cannot_start_says_why(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    cv2.imencode(".png", np.zeros((40, 60, 3), np.uint8))[1].tofile(file)
    with pytest.raises(PipelineError, match=r"nothing stopped after 0 of 1 photos: .*KeyError: 'nothing'"):
        read_all(sys.executable, "nothing", 1, [photo(file)])
