"""Puts a node together from its settings: the one place where the edge's engines are chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry

from edge.alarm import AlarmDevice, Alarms, CommandDevice, HttpDevice
from edge.camera.images import SUFFIXES, ImageCamera, PhotoError
from edge.camera.paced import PacedCamera
from edge.camera.source import camera_of
from edge.clock import clock_quality
from edge.config import CameraSettings, NodeSettings, WatchlistSettings
from edge.evidence import Darkroom
from edge.list_follower import KeyService, ListFollower, ListMetrics
from edge.list_seen import NewestSeen
from edge.metrics import CameraMetrics
from edge.node import Drainer, EdgeNode, NodeIdentity
from edge.outbox import Outbox, OutboxLimits, OutboxUnavailable
from edge.outbox.metrics import OutboxMetrics
from edge.outbox.sqlite import SqliteOutbox
from edge.pipeline import Pipeline, Rules
from edge.ports import Camera
from edge.relay import Relay
from edge.report import Identity
from edge.runner import CameraRunner, Pace, PassageSink
from edge.site_match import MatchingSink
from edge.upload import Uploader
from edge.wiring.vision import Vision
from proto.bus.embedded.bus import EmbeddedBus
from proto.bus.port import Bus, BusUnavailable
from proto.clock import Clock

log = structlog.get_logger()


#: In the data folder, see `edge.list_seen`.
NEWEST_LIST = "newest_list.json"


def open_camera(
    settings: CameraSettings, clock: Clock, *, on_unreadable: Callable[[Path], None] = lambda _path: None
) -> Camera:
    """The camera of a source.

    Args:
        settings: the camera's.
        clock: of live cameras.
        on_unreadable: told of every photo that can't be read; the rest goes on.

    Raises:
        CameraError: it is neither a network camera nor an existing photo, folder or video.
    """
    camera = camera_of(settings.source, settings.id, clock=clock)
    if isinstance(camera, ImageCamera):

        def unreadable(path: Path, error: PhotoError) -> None:
            log.warning("a photo can't be read", camera=settings.id, file=str(path), error=str(error))
            on_unreadable(path)

        return ImageCamera(settings.id, Path(settings.source).expanduser(), on_unreadable=unreadable)
    return PacedCamera(camera, clock=clock) if settings.paced and not camera.live else camera


def open_bus(settings: NodeSettings, clock: Clock) -> Bus:
    """The bus.

    Raises:
        BusUnavailable: it can't be opened, or its client is not installed.
    """
    if settings.bus.engine == "kafka":
        # Imported when it is chosen: its client is an extra.
        try:
            from proto.bus.kafka import KafkaBus
        except ModuleNotFoundError as error:
            raise BusUnavailable(f"bus.engine is kafka: pip install 'bukong[kafka]' ({error})") from error

        return KafkaBus(settings.kafka)
    return EmbeddedBus(settings.bus.path, clock=clock, max_topic_bytes=settings.bus.max_topic_mib << 20)


def pipeline_of(settings: NodeSettings, camera: CameraSettings, opened: Camera, vision: Vision) -> Pipeline:
    """One camera's pipeline."""
    return Pipeline(
        identity=Identity(
            node_id=settings.node_id,
            checkpoint_id=settings.checkpoint_id,
            camera_id=camera.id,
            models=(vision.detector.model, *vision.reader.models),
            measure_metres=camera.measure_metres,
            recording="" if opened.live else _name_of(camera.source),
            stills=isinstance(opened, ImageCamera),
        ),
        layout=camera.layout(),
        rules=Rules(stills=isinstance(opened, ImageCamera)),
        darkroom=Darkroom(
            scene_long_side=settings.evidence.scene_long_side, jpeg_quality=settings.evidence.jpeg_quality
        ),
    )


def runner_of(
    settings: NodeSettings,
    camera: CameraSettings,
    opened: Camera,
    *,
    vision: Vision,
    sink: PassageSink,
    metrics: CameraMetrics,
    clock: Clock,
) -> CameraRunner:
    """What follows one camera."""
    stills = isinstance(opened, ImageCamera)
    return CameraRunner(
        camera=opened,
        source=_name_of(camera.source),
        pipeline=pipeline_of(settings, camera, opened, vision),
        detector=vision.detector,
        reader=vision.reader,
        outbox=sink,
        metrics=metrics,
        clock=clock,
        pace=Pace(detect_every=1 if stills else camera.detect_every, use_gate=not stills),
        clock_quality=clock_quality,
    )


def build_node(
    settings: NodeSettings,
    *,
    vision: Vision,
    bus: Bus,
    clock: Clock,
    registry: CollectorRegistry,
    cameras: Mapping[str, Camera] | None = None,
) -> EdgeNode:
    """A node, not started yet.

    Args:
        settings: see `edge.config`.
        vision: may be shared with other nodes of the process.
        bus: stays the caller's to close, after the node has ended. Its topics must have been created.
        clock: of heartbeats and waits.
        registry: metrics go here; one a node.
        cameras: opened cameras by id; those of the settings that are not among them are opened.

    Raises:
        CameraError: a camera's source is nothing that can be opened.
        OutboxUnavailable: the data folder can't be used, or another node has it.
    """
    given = cameras or {}
    opened = {c.id: given[c.id] if c.id in given else open_camera(c, clock) for c in settings.cameras}
    outbox_metrics = OutboxMetrics(registry)
    outbox = _outbox(settings, clock, outbox_metrics)
    camera_metrics = CameraMetrics(registry)
    drainers: list[Drainer] = [Relay(outbox, bus.producer(), node_id=settings.node_id, metrics=outbox_metrics)]
    if settings.images.url:
        drainers.append(
            Uploader(
                outbox,
                base_url=settings.images.url,
                token=settings.images.token,
                metrics=outbox_metrics,
                workers=settings.images.workers,
            )
        )
    sink: PassageSink = outbox
    alarms: Alarms | None = None
    if settings.watchlist.match:
        alarms = Alarms(alarm_devices(settings.watchlist))
        matching = MatchingSink(outbox, alarms, clock)
        drainers.append(
            ListFollower(
                bus,
                KeyService(base_url=settings.images.url, token=settings.images.token),
                matching.use,
                node_id=settings.node_id,
                metrics=ListMetrics(registry),
                newest=NewestSeen(settings.data / NEWEST_LIST),
            )
        )
        sink = matching
    return EdgeNode(
        identity=NodeIdentity(
            node_id=settings.node_id,
            checkpoint_id=settings.checkpoint_id,
            software=f"bukong {version('bukong')}",
            models=(vision.detector.model, *vision.reader.models),
        ),
        runners=[
            runner_of(
                settings,
                camera,
                opened[camera.id],
                vision=vision,
                sink=sink,
                metrics=camera_metrics,
                clock=clock,
            )
            for camera in settings.cameras
        ],
        outbox=outbox,
        drainers=drainers,
        producer=bus.producer(),
        clock=clock,
        clock_quality=clock_quality,
        folder=settings.data,
        sends_images=bool(settings.images.url),
        heartbeat_s=settings.heartbeat_s,
        drain_s=settings.drain_s,
        on_end=alarms.close if alarms is not None else lambda: None,
    )


def alarm_devices(settings: WatchlistSettings) -> list[AlarmDevice]:
    """What is to be seen or heard at the site."""
    devices: list[AlarmDevice] = []
    if settings.command:
        devices.append(CommandDevice(settings.command))
    if settings.url:
        devices.append(HttpDevice(settings.url))
    return devices


def _outbox(settings: NodeSettings, clock: Clock, metrics: OutboxMetrics) -> Outbox:
    limits = OutboxLimits(
        max_bytes=settings.outbox.max_bytes,
        max_age=settings.outbox.max_age,
        max_hit_age=settings.outbox.max_hit_age,
    )
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutboxUnavailable(f"the data folder {settings.data} can't be used: {error.strerror}") from error
    return SqliteOutbox(settings.data / "outbox", clock=clock, limits=limits, metrics=metrics)


def _name_of(source: str) -> str:
    """Names what a source shows: a file by its place, size and age; a folder by its photos'."""
    path = Path(source).expanduser()
    if "://" in source or not path.exists():
        return source
    if path.is_dir():
        # The folder's own age says nothing of a photo that was written over.
        photos = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
        listed = "\n".join(f"{p.name} {(s := p.stat()).st_size} {s.st_mtime_ns}" for p in photos)
        return f"{path.resolve()} {sha256(listed.encode(errors='surrogateescape')).hexdigest()}"
    stat = path.stat()
    return f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}"
