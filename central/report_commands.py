"""`bukong central report`: the key that signs reports, and checking a report."""

from __future__ import annotations

from pathlib import Path

import click

from central.config import CentreSettings
from central.search_report import REPORT_KEY, NoReport, key_at, verify
from proto.signature import verify_key_of


@click.group()
def report() -> None:
    """Reports of searches: their signing key, and whether one is as it was signed."""


@report.command("key")
@click.pass_obj
def report_key(settings: CentreSettings) -> None:
    """Print the public key, for those who check reports; the secret half is made where there is none."""
    try:
        click.echo(verify_key_of(key_at(settings.data / REPORT_KEY)).hex())
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error


@report.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", required=True, metavar="PUB", help="The centre's public key: 64 hexadecimal digits.")
def report_verify(file: Path, key: str) -> None:
    """Check that the report is as this key signed it. Exit code 0: it is; 1: it is not."""
    try:
        expected = bytes.fromhex(key)
    except ValueError as error:
        raise click.UsageError("expected --key as 64 hexadecimal digits") from error
    try:
        verify(file.read_bytes(), key=expected)
    except NoReport as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{file}: as signed by {expected.hex()}")
