"""`bukong models`: what weights there are, get them, verify them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from tqdm import tqdm

from edge.models.error import ModelError
from edge.models.fetch import download
from edge.models.folder import Condition, ModelFolder
from edge.models.registry import Asset, registry

_FOLDER = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Models folder; otherwise $BUKONG_MODELS, otherwise bukong/models in the user's cache folder.",
)


@click.group()
def models() -> None:
    """The models' weights: list, get and verify them."""


@models.command("list")
@_FOLDER
def list_models(folder: Path | None) -> None:
    """Name, purpose, size, licence, provenance, accuracy and condition of every weight file."""
    at = ModelFolder(folder)
    known = registry()
    for asset in known.assets:
        wheel = known.wheels[asset.wheel]
        click.echo(f"{asset.name}  ({at.condition(asset)})")
        click.echo(f"  purpose     {asset.purpose}")
        click.echo(f"  file        {at.path / asset.file}, {asset.size:,} bytes")
        click.echo(f"  sha256      {asset.sha256}")
        click.echo(f"  licence     {asset.licence}")
        click.echo(f"  provenance  {wheel.requirement}, {asset.path}")
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
@click.pass_context
def get(ctx: click.Context, folder: Path | None, source: Path | None) -> None:
    """Get what is missing or damaged, verified; what is there stays as it is."""
    at = ModelFolder(folder)
    wanted = [asset for asset in registry().assets if at.condition(asset) is not Condition.PRESENT]
    try:
        if source is not None:
            for asset in wanted:
                at.take_from_folder(asset, source)
        elif wanted:
            _download(at, wanted)
    except ModelError as error:
        click.echo(f"bukong models get: {error}", err=True)
        ctx.exit(3)
    click.echo(f"{len(registry().assets)} files in {at.path} ({len(wanted)} new)", err=True)


@models.command()
@_FOLDER
@click.pass_context
def verify(ctx: click.Context, folder: Path | None) -> None:
    """Check size and SHA-256 of every file; exit code 3 where one is missing or damaged."""
    at = ModelFolder(folder)
    conditions = {asset.name: at.condition(asset) for asset in registry().assets}
    for name, condition in conditions.items():
        click.echo(f"{condition:<8} {name}")
    if set(conditions.values()) != {Condition.PRESENT}:
        ctx.exit(3)


def _download(at: ModelFolder, wanted: list[Asset]) -> None:
    known = registry()
    keys = list(dict.fromkeys(asset.wheel for asset in wanted))
    with tempfile.TemporaryDirectory(prefix="bukong-models-") as folder:
        for key in tqdm(keys, desc="models", unit="wheel", disable=None):
            wheel = download(known.wheels[key], Path(folder))
            for asset in wanted:
                if asset.wheel == key:
                    at.take_from_wheel(asset, wheel)
