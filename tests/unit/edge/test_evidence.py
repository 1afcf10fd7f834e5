"""Evidence: what the pictures show, and that they don't depend on when they are made."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from edge.evidence import Darkroom, Shot, merit, vehicle_box, vehicle_share_inside
from edge.frame import Image, PlateDetection
from proto.passage import Box, EvidenceKind
from tests.unit.edge.test_quality import plate

SIZE = (1280, 720)


def street() -> Image:
    """A grey street with a red vehicle whose plate is blue."""
    image = np.full((720, 1280, 3), 128, np.uint8)
    image[200:560, 500:860] = (40, 40, 200)
    image[470:500, 630:724] = (200, 60, 20)
    return image


def shot() -> Shot:
    return Shot(
        text="川C12345",
        merit=1.0,
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        plate=plate(630, 470, 30),
        size=SIZE,
        image=street(),
    )


def decoded(data: bytes) -> Image:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, np.uint8)


def test_the_three_pictures_show_scene_vehicle_and_plate() -> None:
    pictures = Darkroom(scene_long_side=640).develop(shot()).pictures
    assert pictures is not None
    scene, vehicle, cut = (decoded(d) for d in (pictures.scene, pictures.vehicle, pictures.plate))
    assert scene.shape == (360, 640, 3)
    red = (vehicle[:, :, 2].astype(int) - vehicle[:, :, 0]) > 80
    assert red.mean() > 0.6, "most of the vehicle picture is the vehicle"
    blue = (cut[:, :, 0].astype(int) - cut[:, :, 2]) > 80
    assert blue.mean() > 0.8, "the plate picture is the plate"
    assert cut.shape[1] / cut.shape[0] == pytest.approx(280 / 90)


def test_a_two_row_plate_keeps_its_shape() -> None:
    corners = ((600.0, 400.0), (660.0, 400.0), (660.0, 430.0), (600.0, 430.0))
    two_row = PlateDetection(box=Box(x1=600, y1=400, x2=660, y2=430), corners=corners, confidence=1.0)
    pictures = Darkroom().develop(replace(shot(), plate=two_row)).pictures
    assert pictures is not None
    assert decoded(pictures.plate).shape[:2] == (140, 280)


def test_pictures_are_the_same_bytes_whenever_they_are_made_and_made_once() -> None:
    darkroom = Darkroom()
    early, late = darkroom.develop(shot()), darkroom.develop(shot())
    assert early.pictures == late.pictures
    assert early.image is None
    assert darkroom.develop(early) is early


def test_a_small_frame_is_not_enlarged() -> None:
    darkroom = Darkroom(scene_long_side=3000)
    pictures = darkroom.develop(shot()).pictures
    assert pictures is not None
    assert decoded(pictures.scene).shape == (720, 1280, 3)
    assert darkroom.scale(shot()) == 1.0


def test_each_picture_is_named_by_its_bytes() -> None:
    pictures = Darkroom().develop(shot()).pictures
    assert pictures is not None
    named = list(pictures.named())
    assert [e.kind for e, _ in named] == list(EvidenceKind)
    assert all(e.sha256 == hashlib.sha256(data).hexdigest() and e.size == len(data) for e, data in named)


@pytest.mark.parametrize(
    ("x", "y"), [(0, 0), (1240, 0), (0, 700), (1240, 700), (600, 690)], ids=["lt", "rt", "lb", "rb", "foot"]
)
def test_at_the_edge_the_vehicle_box_stays_in_the_frame_and_can_be_cut(x: float, y: float) -> None:
    seen = plate(x, y, 20)
    box = vehicle_box(seen, SIZE)
    assert 0 <= box.x1 < box.x2 <= SIZE[0]
    assert 0 <= box.y1 < box.y2 <= SIZE[1]
    edge = replace(shot(), plate=seen)
    assert Darkroom().develop(edge).pictures is not None


def test_merit_prefers_large_sharp_and_whole() -> None:
    near, far, leaving = plate(600, 400, 30), plate(600, 200, 14), plate(600, 650, 34)
    assert merit(near, 0.5, SIZE) > merit(far, 0.5, SIZE)
    assert merit(near, 0.5, SIZE) > merit(near, 0.2, SIZE)
    assert merit(near, 0.5, SIZE) > merit(leaving, 0.5, SIZE)
    assert vehicle_share_inside(near, SIZE) > vehicle_share_inside(leaving, SIZE)
