"""Which camera a named source is; the network camera without a network."""

from __future__ import annotations

import socket
from pathlib import Path

import cv2
import pytest

from edge.camera.images import ImageCamera
from edge.camera.rtsp import Backoff, RtspCamera
from edge.camera.source import camera_of
from edge.camera.video import VideoCamera
from edge.ports import CameraError
from tests.unit.edge.camera.clips import numbered, write_clip


def test_each_source_gets_its_camera(tmp_path: Path) -> None:
    photo, video = tmp_path / "a.JPG", tmp_path / "b.mp4"
    cv2.imwrite(str(photo), numbered(1))
    write_clip(video, 3)
    cameras = {
        source: camera_of(source, "c1") for source in (str(tmp_path), str(photo), str(video), "rtsp://x/y")
    }
    assert [type(c) for c in cameras.values()] == [ImageCamera, ImageCamera, VideoCamera, RtspCamera]
    assert [c.live for c in cameras.values()] == [False, False, False, True]
    assert {c.camera_id for c in cameras.values()} == {"c1"}


@pytest.mark.parametrize("source", ["http://x/y.mp4", "nowhere/at/all", "", "ftp://x"])
def test_other_sources_are_refused(source: str) -> None:
    with pytest.raises(CameraError, match="expected rtsp://…, or an existing photo, folder or video file"):
        camera_of(source, "c1")


def test_a_file_of_another_kind_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_text("x")
    with pytest.raises(CameraError, match=r"expected a photo or a video \(.*\.mp4.*\), got"):
        camera_of(str(tmp_path / "a.doc"), "c1")


def test_waits_double_up_to_a_limit() -> None:
    assert [Backoff(first=0.5, most=10).delay(n) for n in (1, 2, 3, 4, 5, 6, 5000)] == [0.5, 1, 2, 4, 8, 10, 10]


def test_a_camera_that_is_not_there_is_tried_again_until_patience_ends() -> None:
    with socket.socket() as s:  # bound and not listening: connections are refused
        s.bind(("127.0.0.1", 0))
        address = f"rtsp://user:secret@127.0.0.1:{s.getsockname()[1]}/road"
        camera = RtspCamera("c9", address, timeout=1, backoff=Backoff(first=0.01, most=0.05), give_up_after=0.6)
        with pytest.raises(
            CameraError, match=r"camera c9: no picture for \d+ s: can't open rtsp://127"
        ) as caught:
            list(camera.frames())
    assert "secret" not in str(caught.value)
    assert not camera.health.connected
    assert camera.health.connections == 0
