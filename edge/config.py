"""A node's settings: a TOML file, overridden by the environment.

Environment: `BUKONG_EDGE__` and the key's path in capitals, parts joined by two underscores, e.g.
`BUKONG_EDGE__IMAGES__TOKEN`. Paths are relative to the working directory.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from edge.lane import Lane, Layout, Line
from proto.bus.kafka_settings import KafkaSettings

Share = Annotated[float, Field(ge=-0.5, le=1.5)]
PointSetting = tuple[Share, Share]


class ConfigError(Exception):
    """Settings that can't be used; one line a fault, each with the file, the line where known, and the key."""


def _name(value: str) -> str:
    if not re.fullmatch(r"[\w.:-]{1,64}", value):
        raise ValueError(f"expected 1 to 64 letters, digits or . : _ -, got {value!r}")
    return value


Name = Annotated[str, AfterValidator(_name)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BusSettings(_Section):
    """Where passages go."""

    engine: Literal["embedded", "kafka"] = "embedded"  #: kafka: see `KafkaSettings`
    path: Path = Path("var/central/bus.db")  #: the embedded bus's file; the centre's default
    max_topic_mib: int = Field(default=2048, ge=16)  #: what it may hold unread; the outbox keeps the rest


class ImageSettings(_Section):
    """Where evidence images go."""

    url: str = Field(default="", pattern=r"^(https?://.+)?$")  #: the centre's address; empty: images stay here
    token: str = Field(default="", repr=False)  #: the node's bearer token
    workers: int = Field(default=2, ge=1, le=16)  #: images sent at a time


class WatchlistSettings(_Section):
    """The watchlist on the node, and the site's own alarm; works with the link down once the list is here.

    The node's token (images.token) must have the scope `watchlist`. The list's key is kept in memory only:
    after a restart the centre must be reached once before the site alarms again.
    """

    match: bool = False  #: match here too; needs images.url
    command: tuple[str, ...] = ()  #: run for an alarm, e.g. one that closes a relay's contact
    url: str = Field(default="", pattern=r"^(https?://.+)?$")  #: gets an alarm as JSON, e.g. an IP relay


class OutboxSettings(_Section):
    """How much waits on this node while the centre can't be reached."""

    max_bytes: int = Field(default=8 << 30, ge=1 << 20)
    max_age: timedelta = timedelta(days=14)  #: days, or ISO 8601 (P14D)
    max_hit_age: timedelta = timedelta(days=90)


class VisionSettings(_Section):
    """Detection and reading; see `bukong models list` for what is installed."""

    models: Path | None = None  #: folder of the weights; None: where `bukong models get` puts them
    #: onnx: boxes and corners in one pass. yolo: boxes by an ONNX file of `bukong models export`, corners by a
    #: closer look. ultralytics: as yolo, run by that package; needs bukong[ultralytics].
    detector: Literal["onnx", "yolo", "ultralytics"] = "onnx"
    #: onnx: a detector of one's own (`bukong models train`, `export`). yolo, ultralytics: theirs. None: the
    #: registry's (not for yolo).
    detector_weights: Path | None = None
    detector_device: str = "cpu"  #: of ultralytics, as it names it: cpu, cuda:0, intel:gpu, …
    #: own: our reader alone. both: ours first, a borrowed one in doubt. borrowed: two others, without ours.
    readers: Literal["own", "both", "borrowed"] = "both"
    #: What runs the borrowed ones: onnx, or paddleocr: the same weights from a local folder; needs
    #: bukong[paddleocr].
    reader: Literal["onnx", "paddleocr"] = "onnx"
    reader_engine: str = "onnxruntime"  #: of paddleocr, as it names it; paddle_static needs paddlepaddle
    reader_device: str = "cpu"  #: of paddleocr: cpu, gpu:0, …
    #: ONNX of a reader (`bukong models train`, `export`) in our own one's place. None: the one that is shipped.
    reader_weights: Path | None = None
    detect_long_side: int = Field(default=640, ge=160, le=1920)  #: pixels; larger finds smaller plates, slower
    profile: Literal["fast", "accurate"] = "fast"  #: of the reader
    threads: int = Field(default=1, ge=1, le=64)  #: a call of a model


class EvidenceSettings(_Section):
    """What pictures of a passage look like."""

    scene_long_side: int = Field(default=1280, ge=320, le=7680)  #: pixels; the scene is scaled down to this
    jpeg_quality: int = Field(default=82, ge=30, le=100)


class LaneSettings(_Section):
    """One lane: a polygon in shares of the picture's width and height."""

    number: int = Field(ge=1, le=20)  #: 1 = nearest the centre line
    polygon: tuple[PointSetting, ...] = Field(min_length=3)
    towards: str = ""  #: direction's name of who comes towards the camera; empty: the camera's
    away: str = ""

    def lane(self) -> Lane:
        return Lane(number=self.number, polygon=self.polygon, towards=self.towards, away=self.away)


class CameraSettings(_Section):
    """One camera."""

    id: Name
    source: str = Field(min_length=1)  #: rtsp://…, a video file, a photo or a folder of photos
    paced: bool = False  #: play a file as if it were live: at its own pace, late frames dropped
    towards: str = ""  #: direction's name of who comes towards the camera
    away: str = ""
    lanes: tuple[LaneSettings, ...] = ()
    trigger: tuple[PointSetting, PointSetting] | None = None  #: line, from left to right where traffic comes
    measure: tuple[PointSetting, PointSetting] | None = None  #: a line crossed before the trigger, for speed
    measure_metres: float = Field(default=0.0, ge=0)  #: between the two lines, at a plate's height
    detect_every: int = Field(default=1, ge=1, le=25)  #: look for plates in every n-th frame

    @model_validator(mode="after")
    def _speed_needs_both(self) -> CameraSettings:
        if (self.measure is not None) != (self.measure_metres > 0):
            raise ValueError("expected measure and measure_metres together, got one of them")
        if self.measure is not None and self.trigger is None:
            raise ValueError("expected a trigger line beside measure, got none")
        return self

    def layout(self) -> Layout:
        """As the pipeline wants it."""
        return Layout(
            lanes=tuple(lane.lane() for lane in self.lanes),
            trigger=Line(start=self.trigger[0], end=self.trigger[1]) if self.trigger else None,
            measure=Line(start=self.measure[0], end=self.measure[1]) if self.measure else None,
            towards=self.towards,
            away=self.away,
        )


class NodeSettings(BaseSettings):
    """Everything a node is told."""

    model_config = SettingsConfigDict(
        env_prefix="BUKONG_EDGE__", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    node_id: Name
    checkpoint_id: Name
    data: Path = Path("var/edge")  #: folder of the outbox
    heartbeat_s: float = Field(default=10.0, gt=0, le=3600)
    drain_s: float = Field(default=10.0, ge=0)  #: at the end, how long what waits is still delivered
    metrics_port: int | None = Field(default=None, ge=0, le=65535)  #: Prometheus; None: none
    metrics_host: str = "127.0.0.1"  #: address that Prometheus is served on; 0.0.0.0 for every interface
    bus: BusSettings = BusSettings()
    kafka: KafkaSettings = KafkaSettings()
    images: ImageSettings = ImageSettings()
    watchlist: WatchlistSettings = WatchlistSettings()
    outbox: OutboxSettings = OutboxSettings()
    vision: VisionSettings = VisionSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    cameras: tuple[CameraSettings, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_differ(self) -> NodeSettings:
        ids = [camera.id for camera in self.cameras]
        if len(set(ids)) < len(ids):
            raise ValueError(f"expected a different id for every camera, got {', '.join(ids)}")
        if self.watchlist.match and not self.images.url:
            raise ValueError("expected images.url, the centre's address, beside watchlist.match, got none")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # The file comes in as arguments, and the environment stands above it.
        return env_settings, init_settings


def load(path: Path) -> NodeSettings:
    """The settings of a file and the environment.

    Raises:
        ConfigError: the file can't be read, is no TOML, or says something that can't be.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    try:
        return NodeSettings(**values)
    except ValidationError as error:
        raise ConfigError("\n".join(_fault(path, text, fault) for fault in error.errors())) from error


def _fault(path: Path, text: str, fault: Any) -> str:
    key = ".".join(str(part) for part in fault["loc"]) or "(the whole)"
    line = _line_of(text, fault["loc"])
    where = f"{path}:{line}" if line else str(path)
    message = fault["msg"].removeprefix("Value error, ")
    got = "" if fault["type"] in {"missing", "value_error"} else f", got {fault['input']!r}"
    return f"{where}: {key}: {message}{got}"


def _line_of(text: str, where: Sequence[str | int]) -> int | None:
    """The line a key stands on, 1-based: of its last part that is written out in the file.

    Follows `[table]` and `[[table]]` headers and plain keys; an inline table is found by its own key.
    """
    best: tuple[int, int] | None = None
    table: list[str | int] = []
    seen: dict[tuple[str | int, ...], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*(\[\[?)\s*([\w.-]+)\s*\]", line):
            table = []
            parts = header[2].split(".")
            for depth, part in enumerate(parts):
                table.append(part)
                name = tuple(table)
                if header[1] == "[[" and depth == len(parts) - 1:
                    seen[name] = seen.get(name, -1) + 1
                if name in seen:
                    table.append(seen[name])
            here = table
        elif key := re.match(r"\s*([\w-]+)\s*=", line):
            here = [*table, key[1]]
        else:
            continue
        if list(where[: len(here)]) == here and (best is None or len(here) > best[0]):
            best = (len(here), number)
    return best[1] if best else None
