"""`bukong models render`, `train` and `evaluate`: our own weights, from a recipe that anyone can run again."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Any, TypedDict

import click
import cv2

from edge.camera.images import PhotoError
from edge.models.error import ModelError
from edge.models.folder import ModelFolder
from edge.models.registry import registry
from edge.scene.glyph import Glyphs, drawn
from edge.train.crops import Source
from edge.train.glyphs import FolderGlyphs
from edge.train.labelled import LabelsError
from edge.train.real import real_plates
from edge.train.scene_batches import RenderersLost
from edge.train.scenes import Scenes
from edge.train.settings import DetectorSettings, ReaderSettings
from edge.train.sheet import write_sheet

if TYPE_CHECKING:
    from edge.train.training import Progress

_FOLDER = click.Path(file_okay=False, path_type=Path)
_glyphs = click.option(
    "--glyphs",
    type=_FOLDER,
    help="Folder of the standard's characters (140_A.jpg, 220_up_A.jpg, …); otherwise our own drawings.",
)
_seed = click.option("--seed", default=1, show_default=True, help="Of everything left to chance.")
_real = click.option(
    "--real",
    type=_FOLDER,
    help="Folder of real plate pictures with a labels.csv, which may be trained on.",
)
_prefix = click.option(
    "--real-prefix", default="", help="Only pictures whose names begin so: the others stay for measuring."
)


def _usual(setting: str) -> str:
    """What a setting is where nobody says otherwise, for people."""
    reader, detector = (getattr(kind(), setting) for kind in (ReaderSettings, DetectorSettings))
    return f"{reader}; a detector's {detector}"


@click.command()
@click.argument("to", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--count", "number", default=120, show_default=True, help="Crops on the sheet, or measured.")
@click.option("--bench", is_flag=True, help="Measure crops a second on one core instead.")
@click.option("--json", "as_json", is_flag=True, help="With --bench: as JSON.")
@_glyphs
@_seed
@_real
@_prefix
@click.option("--real-share", default=0.0, show_default=True, help="Of the crops, those of real plates.")
def render(
    to: Path | None,
    number: int,
    bench: bool,
    as_json: bool,
    glyphs: Path | None,
    seed: int,
    real: Path | None,
    real_prefix: str,
    real_share: float,
) -> None:
    """Render plates as readers are trained on them, to a contact sheet TO (PNG)."""
    source = _source(glyphs, seed, real, real_prefix, real_share)
    cv2.setNumThreads(1)  # the pictures are small: handing out the work takes longer than doing it
    if bench:
        for index in range(50):  # caches fill
            source.crop(index)
        begun = time.process_time()
        for index in range(number):
            source.crop(index)
        pace = number / (time.process_time() - begun)
        click.echo(
            json.dumps({"crops_per_s_and_core": round(pace)}) if as_json else f"{pace:.0f} crops/s a core"
        )
        return
    if to is None:
        raise click.UsageError("expected a file TO, or --bench")
    write_sheet((source.crop(index) for index in range(number)), to)


@click.command()
@click.argument("what", type=click.Choice(["reader", "detector"]))
@click.argument("folder", type=_FOLDER)
@click.option("--start", default="nothing", show_default=True, help="Weights to begin with: a model or a file.")
@click.option("--steps", show_default=_usual("steps"), type=click.IntRange(1), help="Of the schedule.")
@click.option("--batch", show_default=_usual("batch"), type=click.IntRange(1, 4096))
@click.option("--rate", show_default=_usual("rate"), type=float, help="Learning rate at its highest.")
@click.option(
    "--frozen",
    show_default=_usual("frozen"),
    type=click.IntRange(0),
    help="First convolutions that stay as they are, and depthwise ones; 0: all are trained.",
)
@click.option("--hours", default=24.0, show_default=True, help="Stop after so long; a later call goes on.")
@click.option("--save-every", default=300.0, show_default=True, help="Seconds between checkpoints.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option(
    "--workers",
    default=0,
    show_default=True,
    type=click.IntRange(0, 64),
    help="A detector's: processes that render.",
)
@click.option("--resume", is_flag=True, help="Go on with the training in FOLDER, whose settings hold.")
@click.option(
    "--real-share",
    show_default=_usual("real_share"),
    type=click.FloatRange(0, 1),
    help="Of the crops, or of a detector's one-row plates, those that are real.",
)
@_glyphs
@_seed
@_real
@_prefix
def train(
    what: str,
    folder: Path,
    start: str,
    steps: int | None,
    batch: int | None,
    rate: float | None,
    frozen: int | None,
    hours: float,
    save_every: float,
    threads: int,
    workers: int,
    resume: bool,
    real_share: float | None,
    glyphs: Path | None,
    seed: int,
    real: Path | None,
    real_prefix: str,
) -> None:
    """Train a reader or a detector in FOLDER; ends with a checkpoint, also when it is interrupted.

    A detector needs weights to --start with. Needs bukong[train]: torch, on whatever processor. The same seed,
    data and number of threads give the same weights on one machine, interrupted or not.
    """
    # Imported here: torch takes seconds to load and is installed in few places.
    try:
        from edge.train.detector import DetectorRun
        from edge.train.run import Run
    except ModuleNotFoundError as error:
        click.echo(f"bukong models train: pip install 'bukong[train]' ({error})", err=True)
        raise SystemExit(3) from error

    def told(progress: Progress) -> None:
        clock = time.strftime("%H:%M:%S")
        click.echo(
            f"{clock} step {progress.step}/{progress.steps}  loss {progress.loss:.4f}  "
            f"{progress.pictures_per_s:.1f} pictures/s  {progress.left_s / 3600:.2f} h left",
            err=True,
        )

    asked = Event()

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()

    cv2.setNumThreads(1)
    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    try:
        asked_for = {"steps": steps, "batch": batch, "rate": rate, "frozen": frozen}
        asked_for |= {"seed": seed, "real_share": real_share if real else 0.0}
        given: dict[str, Any] = {name: value for name, value in asked_for.items() if value is not None}
        until: _Until = {
            "seconds": hours * 3600,
            "save_every": save_every,
            "told": told,
            "stopped": asked.is_set,
        }
        if what == "detector":
            weights = _weights(start)
            if resume:
                found = DetectorRun(folder, threads=threads)
            elif weights is None:
                raise click.UsageError("a detector needs weights to --start with: clp_det, or a file")
            else:
                found = DetectorRun.begin(folder, DetectorSettings(**given), weights, threads=threads)
            source = _source(glyphs, found.settings.seed, real, real_prefix, found.settings.real_share)
            _begins(found.trainer.parameters, found.trainer.step)
            found.go(_scenes(source), workers=workers, **until)
            return
        if resume:
            run = Run(folder, threads=threads)
        else:
            run = Run.begin(folder, ReaderSettings(**given), _weights(start), threads=threads)
        source = _source(glyphs, run.settings.seed, real, real_prefix, run.settings.real_share)
        _begins(run.trainer.parameters, run.trainer.step)
        run.go(source, **until)
    except (ModelError, RenderersLost, OSError) as error:
        click.echo(f"bukong models train: {error}", err=True)
        raise SystemExit(3) from error


@click.command()
@click.argument("weights", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--plates", type=_FOLDER, required=True, help="Folder of labelled photos.")
@click.option("--only", default="", help="Plate pictures whose names begin so; scenes are left out.")
@click.option("--sheets", type=_FOLDER, help="Folder for a contact sheet of misreads. They show real plates.")
@click.option("--beside/--alone", default=True, help="Also what is shipped, in the same run.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option(
    "--long-side", "sides", multiple=True, type=click.IntRange(160, 1920), help="A detector's; may be repeated."
)
@click.option("--read", is_flag=True, help="A detector's: also read what it found, with the shipped readers.")
def evaluate(
    weights: Path,
    plates: Path,
    only: str,
    sheets: Path | None,
    beside: bool,
    threads: int,
    sides: tuple[int, ...],
    read: bool,
) -> None:
    """Try WEIGHTS (ONNX) on labelled photos: a reader's or a detector's.

    A reader reads on the shipped detector's corners: found and exact by kind, as people read the plates; then
    confidence against what came true. A detector looks once, and again at each plate, at each long side.
    """
    from edge.train.evaluate import evaluate_reader
    from edge.train.find import evaluate_detector, is_detector

    try:
        if is_detector(weights):
            asked = sides or (480, 640, 960)
            for line in evaluate_detector(
                weights, plates, sides=asked, read=read, beside=beside, threads=threads
            ):
                click.echo(line)
            return
        for line in evaluate_reader(weights, plates, only=only, beside=beside, threads=threads, sheets=sheets):
            click.echo(line)
    except (ModelError, LabelsError, PhotoError, OSError) as error:
        click.echo(f"bukong models evaluate: {error}", err=True)
        raise SystemExit(3) from error


class _Until(TypedDict):
    """How far a training goes; see `edge.train.training.Training.train`."""

    seconds: float
    save_every: float
    told: Callable[[Progress], None]
    stopped: Callable[[], bool]


def _scenes(source: Source) -> Scenes:
    """The same data for detectors."""
    return Scenes(seed=source.seed, glyphs=source.glyphs, real=source.real, real_share=source.real_share)


def _begins(parameters: int, step: int) -> None:
    click.echo(f"{parameters:,} parameters, from step {step}", err=True)


def _weights(start: str) -> Path | None:
    if start == "nothing":
        return None
    if Path(start).suffix == ".onnx":
        return Path(start)
    return ModelFolder().require(registry().asset(start))


def _source(glyphs: Path | None, seed: int, real: Path | None, prefix: str, share: float) -> Source:
    try:
        letters: Glyphs = FolderGlyphs(glyphs) if glyphs else drawn
        plates = real_plates(real, prefix) if real else ()
    except (PhotoError, LabelsError) as error:
        raise click.ClickException(str(error)) from error
    if real and not plates:
        raise click.ClickException(f"expected pictures that begin with {prefix!r} in {real}, found none")
    return Source(seed=seed, glyphs=letters, real=plates, real_share=share)
