"""Coded video in and out through FFmpeg: the one module that imports PyAV.

It knows pictures, times and errors, and nothing of cameras.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import av.error
import av.video.stream
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame

from edge.frame import Image

av.logging.set_level(av.logging.PANIC)  # FFmpeg's own chatter; what matters comes as an exception


class StreamError(Exception):
    """A stream can't be opened, read or written; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """A decoded picture, turned upright on demand: most dropped ones are never needed."""

    seconds: float | None  #: on the stream's own time base, from wherever it starts; None: it has no time
    taken_at: datetime | None  #: UTC, where the sender said when (RTCP sender reports), else None
    source: VideoFrame

    def image(self) -> Image:
        """The picture as BGR."""
        pixels = np.asarray(self.source.to_ndarray(format="bgr24"), np.uint8)
        # The display matrix turns counterclockwise, and so does numpy.
        turns = round(self.source.rotation / 90) % 4
        return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


class VideoStream:
    """The first video stream of a file or address, decoded in order. For one thread at a time.

    Errors never repeat an address's user and password.

    Args:
        timeout: seconds to wait for the opening and for each read; None: for ever (files).
        options: FFmpeg's options for the format, by name.

    Raises:
        StreamError: it can't be opened, or has no video.
    """

    def __init__(
        self, address: str, *, timeout: float | None = None, options: dict[str, str] | None = None
    ) -> None:
        self._name = _without_password(address)
        waits = None if timeout is None else (timeout, timeout)
        try:
            self._container = av.open(address, options=options or {}, timeout=waits)
        except (av.error.FFmpegError, OSError, ValueError) as e:
            raise StreamError(f"can't open {self._name}: {_reason(e)}") from None
        if not self._container.streams.video:
            self._container.close()
            raise StreamError(f"no video in {self._name}")
        self._stream = self._container.streams.video[0]
        # One thread: several cameras share few cores, and frame threads would hold pictures back.
        self._stream.codec_context.thread_count = 1
        self._base = float(self._stream.time_base or Fraction(1, 90_000))  # seconds a tick
        self._clock = _SenderClock()
        #: Packets that could not be decoded.
        self.broken = 0

    @property
    def rate(self) -> float | None:
        """Pictures a second on average, as the container says; None where it does not."""
        rate = self._stream.average_rate
        return float(rate) if rate else None

    @property
    def created_at(self) -> datetime | None:
        """When the recording began, as the container says; None where it does not or is no time."""
        written = self._container.metadata.get("creation_time") or self._stream.metadata.get("creation_time")
        try:
            moment = datetime.fromisoformat(written or "")
        except ValueError:
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

    def pictures(self) -> Iterator[Picture]:
        """Pictures in the order they are shown. Undecodable packets are counted and passed over.

        Raises:
            StreamError: reading failed or timed out.
        """
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.error.FFmpegError, OSError) as e:
                raise StreamError(f"lost {self._name}: {_reason(e)}") from None
            self._clock.hear(packet)
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                self.broken += 1
                continue
            for frame in frames:
                if isinstance(frame, VideoFrame):
                    yield self._picture(frame)

    def times(self) -> list[float] | None:
        """When each picture of a file is shown, in order, without decoding; None where some has no time.

        Reads the file to its end: `seek` before the next `pictures`.
        """
        found = []
        for packet in self._container.demux(self._stream):
            if packet.size == 0 or packet.is_discard:
                continue
            if packet.pts is None:
                return None
            found.append(packet.pts * self._base)
        return sorted(found)

    def seek(self, seconds: float) -> None:
        """Go to the last key picture at or before a time of the stream.

        Raises:
            StreamError: the stream can't be sought in.
        """
        try:
            self._container.seek(round(seconds / self._base), stream=self._stream, backward=True)
        except (av.error.FFmpegError, OSError) as e:
            raise StreamError(f"can't seek in {self._name}: {_reason(e)}") from None

    def close(self) -> None:
        """Free the stream; not while another thread reads."""
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _picture(self, frame: VideoFrame) -> Picture:
        seconds = None if frame.pts is None else frame.pts * self._base
        return Picture(seconds=seconds, taken_at=self._clock.moment(seconds), source=frame)


def _without_password(address: str) -> str:
    """The address as it may stand in a log: without user and password."""
    scheme, separator, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return scheme + separator + host.rpartition("@")[2] + slash + path if separator else address


def _reason(error: Exception) -> str:
    """FFmpeg's words without the address, which it repeats with its password."""
    return getattr(error, "strerror", None) or type(error).__name__


class _SenderClock:
    """Maps the stream's time to the sender's wall clock, from the reports the sender adds."""

    def __init__(self) -> None:
        self._offset: float | None = None  # Unix time of the stream's second 0

    def hear(self, packet: Packet[av.video.stream.VideoStream]) -> None:
        """Take note of a packet's producer reference time, if it carries one (microseconds since 1970)."""
        if packet.pts is None or not packet.has_sidedata("prft"):
            return
        (microseconds,) = struct.unpack_from("=q", bytes(packet.get_sidedata("prft")))
        self._offset = microseconds / 1e6 - float(packet.pts * packet.time_base)

    def moment(self, seconds: float | None) -> datetime | None:
        if self._offset is None or seconds is None:
            return None
        try:
            return datetime.fromtimestamp(self._offset + seconds, UTC)
        except (OverflowError, ValueError, OSError):
            return None  # the sender's clock is nonsense


class VideoWriter:
    """Writes BGR pictures to a video file: H.264 where FFmpeg was built with it, else MPEG-4.

    Use as a context manager; the file is complete once it is left.

    Args:
        created_at: what the file says of when it was recorded.

    Raises:
        StreamError: the file can't be written, from any method.
    """

    def __init__(
        self, path: Path, *, fps: float, width: int, height: int, created_at: datetime | None = None
    ) -> None:
        self._path = path
        codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
        self._count = 0
        with self._reported():
            self._container = av.open(str(path), "w")
            rate = Fraction(fps).limit_denominator(1001)
            stream = self._container.add_stream(codec, rate=rate)
            assert isinstance(stream, av.video.stream.VideoStream)
            self._stream = stream
            self._stream.width, self._stream.height = width, height
            self._stream.pix_fmt = "yuv420p"
            self._stream.codec_context.time_base = 1 / rate
            if codec == "libx264":
                self._stream.options = {"preset": "veryfast", "crf": "20"}
            else:
                self._stream.bit_rate = width * height * 4
            if created_at is not None:
                self._container.metadata["creation_time"] = created_at.astimezone(UTC).isoformat()
            self._container.start_encoding()

    def write(self, image: Image) -> None:
        """Append a picture of the file's size."""
        frame = VideoFrame.from_ndarray(image, format="bgr24")
        frame.pts = self._count
        self._count += 1
        with self._reported():
            for packet in self._stream.encode(frame):
                self._container.mux(packet)

    def close(self) -> None:
        """Finish the file."""
        with self._reported():
            for packet in self._stream.encode():
                self._container.mux(packet)
            self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except (av.error.FFmpegError, OSError) as e:
            raise StreamError(f"can't write {self._path}: {_reason(e)}") from e
