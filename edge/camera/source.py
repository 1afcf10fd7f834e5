"""Which camera a source named by a person is: a photo, a folder, a video file or a network camera."""

from __future__ import annotations

from pathlib import Path

from edge.camera.images import SUFFIXES as PHOTO_SUFFIXES
from edge.camera.images import ImageCamera
from edge.camera.rtsp import RtspCamera
from edge.camera.video import VideoCamera
from edge.ports import Camera, CameraError
from proto.clock import Clock

VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm", ".flv", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".wmv"}
    | {".3gp", ".h264", ".h265", ".hevc", ".dav"}
)


def camera_of(source: str, camera_id: str, *, clock: Clock | None = None) -> Camera:
    """The camera for a source; nothing is opened yet.

    Raises:
        CameraError: it is neither an RTSP address nor an existing photo, folder or video.
    """
    scheme = source.partition("://")[0].lower() if "://" in source else ""
    if scheme in {"rtsp", "rtsps"}:
        return RtspCamera(camera_id, source, clock=clock)
    path = Path(source).expanduser()
    if source and not scheme and path.is_dir():
        return ImageCamera(camera_id, path)
    if not scheme and path.is_file():
        suffix = path.suffix.lower()
        if suffix in PHOTO_SUFFIXES:
            return ImageCamera(camera_id, path)
        if suffix in VIDEO_SUFFIXES:
            return VideoCamera(camera_id, path)
        known = " ".join(sorted(PHOTO_SUFFIXES | VIDEO_SUFFIXES))
        raise CameraError(f"expected a photo or a video ({known}), got {source!r}")
    raise CameraError(f"expected rtsp://…, or an existing photo, folder or video file, got {source!r}")
