"""`bukong models`: what weights there are, get them, verify them."""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path

import click
from tqdm import tqdm

from edge.models.error import ModelError
from edge.models.fetch import download
from edge.models.folder import Condition, ModelFolder
from edge.models.registry import Asset, registry
from edge.read.profile import BORROWED, READERS

_FOLDER = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Models folder; otherwise $BUKONG_MODELS, otherwise bukong/models in the user's cache folder.",
)


#: Commands that make weights: their modules are imported when they are called, for running needs none of them.
_MAKING = {
    "render": ("edge.train.cli", "Render plates as readers are trained on them, to a contact sheet."),
    "train": ("edge.train.cli", "Train a reader or a detector of our own; needs bukong[train]."),
    "evaluate": (
        "edge.train.cli",
        "Try given weights on labelled photos: found and read, by kind; calibration.",
    ),
}


class _Models(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_MAKING})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MAKING:
            return super().get_command(ctx, cmd_name)
        command = getattr(import_module(_MAKING[cmd_name][0]), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._summary(ctx, name)) for name in self.list_commands(ctx)])

    def _summary(self, ctx: click.Context, name: str) -> str:
        if name in _MAKING:
            return _MAKING[name][1]
        command = self.get_command(ctx, name)
        return command.get_short_help_str(80) if command else ""


@click.group(cls=_Models)
def models() -> None:
    """The models' weights: list, get and verify them; make our own."""


@models.command("list")
@_FOLDER
def list_models(folder: Path | None) -> None:
    """Name, purpose, size, licence, provenance, accuracy and condition of every weight file."""
    at = ModelFolder(folder)
    known = registry()
    for asset in known.assets:
        wheel = known.wheels[asset.wheel] if asset.wheel else None
        click.echo(f"{asset.name}  ({at.condition(asset)})")
        click.echo(f"  purpose     {asset.purpose}")
        click.echo(f"  file        {at.place(asset)}, {asset.size:,} bytes")
        click.echo(f"  sha256      {asset.sha256}")
        click.echo(f"  licence     {asset.licence}")
        click.echo(f"  provenance  {f'{wheel.requirement}, {asset.path}' if wheel else asset.provenance}")
        if asset.accuracy:
            click.echo(f"  accuracy    {asset.accuracy}")


@models.command()
@_FOLDER
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Copy them from this folder (no network needed).",
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.pass_context
def get(ctx: click.Context, folder: Path | None, source: Path | None, names: tuple[str, ...]) -> None:
    """Get what is missing or damaged, verified; what is there stays as it is.

    Without a NAME: what the default engines run on. See `bukong models list` for the others.
    """
    at = ModelFolder(folder)
    try:
        asked = [registry().asset(name) for name in names] or registry().needed
        wanted = [asset for asset in asked if at.condition(asset) is not Condition.PRESENT]
        if source is not None:
            for asset in wanted:
                if asset.wheel:
                    at.take_from_folder(asset, source)
        elif wanted:
            _download(at, wanted)
        for asset in wanted:
            at.require(asset)  # ours can't be fetched: says what to do
    except ModelError as error:
        click.echo(f"bukong models get: {error}", err=True)
        ctx.exit(3)
    click.echo(f"{len(asked)} files in {at.path} ({len(wanted)} new)", err=True)


@models.command()
@_FOLDER
@click.pass_context
def verify(ctx: click.Context, folder: Path | None) -> None:
    """Check size and SHA-256 of every file; exit code 3 where one is damaged, or missing and needed."""
    at = ModelFolder(folder)
    bad = False
    for asset in registry().assets:
        condition = at.condition(asset)
        bad |= condition is Condition.DAMAGED or (condition is Condition.MISSING and not asset.optional)
        click.echo(f"{condition:<8} {asset.name}{' (optional)' * asset.optional}")
    if bad:
        ctx.exit(3)


@models.command()
@click.argument("weights", type=click.Path(exists=True, path_type=Path))
@click.argument("to", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--long-side", default=640, show_default=True, help="A detector's: pixels it is traced with.")
@click.option("--int8", is_flag=True, help="A reader's: eight bits, calibrated on rendered plates.")
@click.option("--temperature", default=1.0, show_default=True, help="A reader's: above 1, less sure of itself.")
@click.option(
    "--share",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Of what was learnt; the rest is what it began with.",
)
@click.option(
    "--glyphs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A reader's, with --int8: the standard's characters, as in training.",
)
@click.pass_context
def export(
    ctx: click.Context,
    weights: Path,
    to: Path,
    long_side: int,
    int8: bool,
    temperature: float,
    share: float,
    glyphs: Path | None,
) -> None:
    """Make ONNX of a training's folder, or of a detector's ultralytics WEIGHTS (.pt).

    A folder of `bukong models train` gives the reader or detector as it stands at its last checkpoint; needs
    bukong[train]. A .pt file gives a detector for pictures of any size, that runs as
    `vision.detector = "yolo"`; needs the ultralytics engine. What comes out runs without torch.
    """
    if weights.is_dir():
        import_module("edge.train.export").export_training(
            ctx, weights, to, int8=int8, temperature=temperature, glyphs=glyphs, share=share
        )
        return
    # Imported here: torch takes seconds to load and is installed in few places.
    try:
        from edge.detect.ultralytics import export_onnx
    except ModuleNotFoundError as error:
        click.echo(f"bukong models export: pip install 'bukong[ultralytics]' ({error})", err=True)
        ctx.exit(3)
    try:
        export_onnx(weights, to, long_side=long_side)
    except ModelError as error:
        click.echo(f"bukong models export: {error}", err=True)
        ctx.exit(3)
    click.echo(f"{to}: {to.stat().st_size:,} bytes", err=True)


@models.command()
@_FOLDER
@click.pass_context
def paddleocr(ctx: click.Context, folder: Path | None) -> None:
    """Make the local folders that the paddleocr engine reads with, of the readers' weights.

    Needs the paddleocr engine. They lie in paddleocr/ below the models folder.
    """
    # Imported here, as above.
    try:
        from edge.read.paddle import make_folder
    except ModuleNotFoundError as error:
        click.echo(f"bukong models paddleocr: pip install 'bukong[paddleocr]' ({error})", err=True)
        ctx.exit(3)
    at = ModelFolder(folder)
    known = registry()
    try:
        for reader in (READERS[engine] for engine in BORROWED):
            listed = at.require(known.asset(reader.characters)) if reader.characters else None
            made = make_folder(
                at.paddleocr(reader.asset),
                at.require(known.asset(reader.asset)),
                height=reader.height,
                characters=listed,
            )
            click.echo(made, err=True)
    except ModelError as error:
        click.echo(f"bukong models paddleocr: {error}", err=True)
        ctx.exit(3)


def _download(at: ModelFolder, wanted: list[Asset]) -> None:
    known = registry()
    keys = list(dict.fromkeys(asset.wheel for asset in wanted if asset.wheel))
    with tempfile.TemporaryDirectory(prefix="bukong-models-") as folder:
        for key in tqdm(keys, desc="models", unit="wheel", disable=None):
            wheel = download(known.wheels[key], Path(folder))
            for asset in wanted:
                if asset.wheel == key:
                    at.take_from_wheel(asset, wheel)
