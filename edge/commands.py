"""`bukong edge run` and `bukong edge replay`."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import prometheus_client
import structlog
from tqdm import tqdm

from edge import listing, wiring
from edge.config import CameraSettings, ConfigError, NodeSettings, load
from edge.metrics import CameraMetrics
from edge.models.error import ModelError
from edge.outbox import OutboxUnavailable
from edge.ports import CameraError
from proto.bus.port import Bus, BusError, BusUnavailable
from proto.clock import SystemClock
from proto.passage import Passage
from proto.topics import ALL

log = structlog.get_logger("edge")

#: Exit codes, see `bukong --help`.
_PART_FAILED, _WRONG_CALL, _MISSING = 1, 2, 3
_LOOK = 0.2  #: seconds between two looks at what runs


class Missing(click.ClickException):
    """Something needed is missing or can't be reached."""

    exit_code = _MISSING


class WrongCall(click.ClickException):
    """The settings can't be used."""

    exit_code = _WRONG_CALL


@click.command()
@click.argument("config", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def run(config: Path) -> None:
    """Run a node as CONFIG (TOML) says, until SIGTERM or SIGINT.

    A node whose cameras are all recordings ends by itself. Either way it first delivers what waits in its
    outbox, for as long as `drain_s` allows; what is left then is delivered by the next run. See
    deploy/edge.example.toml for the settings.

    Exit code 1: a camera was given up, or passages are left in the outbox.
    """
    clock = SystemClock()
    settings = _settings(config)
    registry = prometheus_client.CollectorRegistry()
    try:
        vision = wiring.open_vision(settings.vision)
        bus = wiring.open_bus(settings, clock)
    except (ModelError, BusError) as error:
        raise Missing(str(error)) from error
    try:
        _create_topics(bus)
        node = wiring.build_node(settings, vision=vision, bus=bus, clock=clock, registry=registry)
    except (CameraError, BusError, OutboxUnavailable) as error:
        bus.close()
        raise Missing(str(error)) from error
    server = None
    if settings.metrics_port is not None:
        try:
            server, _ = prometheus_client.start_http_server(
                settings.metrics_port, addr=settings.metrics_host, registry=registry
            )
        except OSError as error:
            node.stop()
            node.join()
            bus.close()
            raise Missing(f"metrics_port {settings.metrics_port} can't be used: {error.strerror}") from error
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: node.stop())
    node.start()
    while not node.join(_LOOK):
        pass  # a signal's handler runs between two waits
    if server:
        server.shutdown()
        server.server_close()
    bus.close()
    for camera, why in node.errors.items():
        click.echo(f"{camera}: {why}", err=True)
    if node.undelivered:
        click.echo(f"{node.undelivered} passages are left in the outbox", err=True)
    if node.errors or node.undelivered:
        raise SystemExit(_PART_FAILED)


def _create_topics(bus: Bus) -> None:
    """A node starts without its bus too: what it sees waits in the outbox, and the centre makes the topics."""
    try:
        bus.create_topics(ALL)
    except BusUnavailable as error:
        log.warning("the bus is away; passages wait in the outbox", error=str(error))


@click.command()
@click.argument("video", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take lanes, lines and engines from a node's settings.",
)
@click.option("--camera", help="Which camera of --config; the first where not given.")
@click.option("--detect-every", type=click.IntRange(1, 25), help="Look for plates in every n-th frame.")
@click.option("--evidence", type=click.Path(file_okay=False, path_type=Path), help="Save the pictures here.")
@click.option("--format", "form", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
def replay(
    video: Path,
    config: Path | None,
    camera: str | None,
    detect_every: int | None,
    evidence: Path | None,
    form: str,
) -> None:
    """Print the passages in VIDEO: a video file, a photo, or a folder of photos.

    Nothing is stored or sent. Playing the same file again gives the same passages with the same identifiers.
    Exit code 1: a photo could not be read, the rest is printed.

    \b
    jsonl is one object a passage:
    {"passage_id", "camera", "captured_at", "lane", "direction", "speed_kmh",
     "plate": null | {"text", "display", "class", "colour", "rows", "confidence", "frames",
                      "alternatives": [[["川", 0.98], …], …]},
     "unread_reason", "plate_box": [x1, y1, x2, y2], "vehicle_box", "evidence": {"scene": SHA-256, …}}
    """
    clock = SystemClock()
    settings = _replayed(video, config, camera, detect_every)
    chosen = settings.cameras[0]
    printer = Printer(form, evidence)
    try:
        vision = wiring.open_vision(settings.vision)
        unreadable: list[Path] = []
        opened = wiring.open_camera(chosen, clock, on_unreadable=unreadable.append)
    except (CameraError, ModelError) as error:
        raise Missing(str(error)) from error
    runner = wiring.runner_of(
        settings,
        chosen,
        opened,
        vision=vision,
        sink=printer,
        metrics=CameraMetrics(prometheus_client.CollectorRegistry()),
        clock=clock,
    )
    printer.begin()
    thread = threading.Thread(target=runner.run, name="replay", daemon=True)
    thread.start()
    with tqdm(unit=" frames", disable=None, leave=False) as bar:
        while thread.is_alive():
            thread.join(_LOOK)
            bar.update(runner.count.frames - bar.n)
    if runner.error:
        raise Missing(runner.error)
    if unreadable:
        click.echo(f"{len(unreadable)} photos could not be read", err=True)
        raise SystemExit(_PART_FAILED)


class Printer:
    """Takes passages as an outbox does, and prints them."""

    def __init__(self, form: str, folder: Path | None) -> None:
        self._form = form
        self._folder = folder

    def begin(self) -> None:
        """Print what comes before the first passage."""
        if self._form == "table":
            click.echo(listing.heading())

    def put(
        self,
        passages: Sequence[Passage],
        images: Mapping[str, bytes],
        *,
        progress: tuple[str, bytes] | None = None,
    ) -> None:
        """Print the passages; save their pictures where that is wanted."""
        for passage in passages:
            line = listing.row(passage) if self._form == "table" else listing.json_line(passage)
            tqdm.write(line)
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            for sha256, data in images.items():
                (self._folder / f"{sha256}.jpg").write_bytes(data)

    def progress(self, name: str) -> bytes | None:
        """A replay begins at the beginning."""
        return None


def _settings(config: Path) -> NodeSettings:
    try:
        return load(config)
    except ConfigError as error:
        raise WrongCall(str(error)) from error


def _replayed(video: Path, config: Path | None, camera: str | None, detect_every: int | None) -> NodeSettings:
    """Settings of a node with the one camera that shows the video."""
    changes: dict[str, object] = {"source": str(video), "paced": False}
    if detect_every is not None:
        changes["detect_every"] = detect_every
    if config is None:
        if camera is not None:
            raise click.UsageError("expected --config beside --camera")
        chosen = CameraSettings(id="replay", source=str(video))
        return NodeSettings(
            node_id="replay", checkpoint_id="replay", cameras=(chosen.model_copy(update=changes),)
        )
    settings = _settings(config)
    found = next((c for c in settings.cameras if camera in (None, c.id)), None)
    if found is None:
        known = ", ".join(c.id for c in settings.cameras)
        raise click.UsageError(f"expected one of {known} for --camera, got {camera}")
    return settings.model_copy(update={"cameras": (found.model_copy(update=changes),)})
