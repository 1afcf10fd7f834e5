"""`bukong central audit digest` and `verify-digest`: the signed days, made here and checked anywhere."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
from prometheus_client import CollectorRegistry

from central.config import CentreSettings
from central.digest import BadDigest, Signer, read
from central.metrics import CentreMetrics
from central.ports import StoreUnavailable
from central.records import RecordsUnusable
from central.wiring import DIGEST_KEY, audit_keeper, open_configured_records
from proto.clock import SystemClock

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("digest")
@click.option("--day", type=_DAY, help="Local day that is over; yesterday where it is not given.")
@click.pass_obj
def make_digest(settings: CentreSettings, day: datetime | None) -> None:
    """Print the signed digest of a day; it is made where there is none."""
    offset = timedelta(hours=settings.audit.utc_offset_hours)
    today = (datetime.now(UTC) + offset).date()
    wanted = today - timedelta(days=1) if day is None else day.date()
    if wanted >= today:
        raise click.UsageError(f"expected a day that is over, got {wanted}: today is {today}")
    clock = SystemClock()
    try:
        records = open_configured_records(settings, clock)
        try:
            keeper = audit_keeper(settings, records, clock, CentreMetrics(CollectorRegistry()))
            click.echo(keeper.digest(wanted).file(_signer(settings).public_key))
        finally:
            records.close()
    except (StoreUnavailable, RecordsUnusable, BadDigest, OSError) as error:
        raise click.ClickException(str(error)) from error


@click.command("public-key")
@click.pass_obj
def print_public_key(settings: CentreSettings) -> None:
    """Print the key that checks digests, as PEM: give it to whoever is to check them, by a way of its own."""
    try:
        click.echo(_signer(settings).public_key, nl=False)
    except (BadDigest, OSError) as error:
        raise click.ClickException(str(error)) from error


@click.command("verify-digest")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--public-key",
    "key_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM, as `public-key` prints it.",
)
@click.option("--against-trail", is_flag=True, help="Hold it against the trail here, too.")
@click.pass_obj
def verify_digest(settings: CentreSettings, file: Path, key_file: Path, against_trail: bool) -> None:
    """Check a digest's signature; needs nothing of the centre but its public key."""
    try:
        told = read(file.read_text(encoding="utf-8"), public_key=key_file.read_text(encoding="utf-8"))
    except (BadDigest, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if against_trail:
        _hold_against_trail(settings, told.day, told)
    count = told.last - told.first + 1 if told.first else 0
    click.echo(f"{told.day}: {count} entries, {told.entries} in all, head {told.head}")


def _hold_against_trail(settings: CentreSettings, day: date, told: object) -> None:
    try:
        records = open_configured_records(settings, SystemClock())
        try:
            found = records.audit.count_day(day, timedelta(hours=settings.audit.utc_offset_hours))
        finally:
            records.close()
    except (StoreUnavailable, RecordsUnusable, OSError) as error:
        raise click.ClickException(str(error)) from error
    if found != told:
        raise click.ClickException(f"the trail is not what was signed: expected {told}, found {found}")


def _signer(settings: CentreSettings) -> Signer:
    folder = settings.data / "records"
    folder.mkdir(parents=True, exist_ok=True)
    return Signer(folder / DIGEST_KEY)
