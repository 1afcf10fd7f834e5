"""`bukong central hotlists`: lists handed in and approved from the command line, each person by password."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
from tqdm import tqdm

from central.config import CentreSettings
from central.hotlist import Import, ImportMove, ImportState, Row
from central.hotlist_file import HotlistFile, UnreadableFile, write_csv, write_xlsx
from central.order import OrderError
from central.people import PeopleError, Role, User
from central.ports import StoreUnavailable
from central.records import NotFound, Records, RecordsUnusable
from central.wiring import open_configured_records
from proto.clock import SystemClock

_password = click.option(
    "--password",
    prompt=True,
    hide_input=True,
    envvar="BUKONG_PASSWORD",
    help="Asked for where it is not given.",
)
_by = click.option("--by", "username", required=True, help="Username of who does it.")


def _open(settings: CentreSettings) -> Records:
    try:
        return open_configured_records(settings, SystemClock())
    except (StoreUnavailable, RecordsUnusable) as error:
        raise click.ClickException(str(error)) from error


def _person(records: Records, username: str, password: str, *roles: Role) -> User:
    try:
        signed_in = records.people.sign_in(username, password, address="command-line")
    except PeopleError as error:
        raise click.UsageError(str(error)) from error
    records.people.sign_out(signed_in.token)
    if not signed_in.user.roles & set(roles):
        raise click.UsageError(f"expected an {' or '.join(roles)}, got {username}")
    return signed_in.user


def _show(found: Import) -> None:
    diff = found.diff
    click.echo(
        f"import {found.number}: {found.state}, {diff.lines} lines: {diff.added} added, {diff.changed} "
        f"changed, {diff.removed} removed, {diff.kept} kept, {diff.duplicates} repeats, {diff.refused} refused"
    )
    for error in diff.errors[:20]:
        click.echo(f"line {error.line}: {error.message}", err=True)


@click.group("hotlists")
def hotlists() -> None:
    """Lists of vehicles from other departments."""


@hotlists.command("list")
@click.pass_obj
def list_hotlists(settings: CentreSettings) -> None:
    """Print the lists with their numbers and rows."""
    with closing(_open(settings)) as records:
        for each in records.hotlists.all():
            wanted = each.request
            click.echo(f"{each.hotlist_id}  {wanted.name}  {wanted.department}  rows {each.rows}")


@hotlists.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--list", "hotlist_id", type=int, required=True, help="The list's number, see `hotlists list`.")
@click.option("--shrink", is_flag=True, help="The list may lose over a fifth of its rows.")
@click.option("--yes", is_flag=True, help="Confirm what the preview says without being asked.")
@_by
@_password
@click.pass_obj
def import_hotlist(
    settings: CentreSettings,
    file: Path,
    hotlist_id: int,
    shrink: bool,
    yes: bool,
    username: str,
    password: str,
) -> None:
    """Read FILE as the whole list, show what it would change, and confirm it for a second person's approval."""
    with closing(_open(settings)) as records, tqdm(unit="line", disable=None) as bar:
        by = _person(records, username, password, Role.APPLICANT)
        with file.open("rb") as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        book = records.hotlists
        try:
            table = HotlistFile(file, name=file.name)
            size = file.stat().st_size
            new = book.receive(hotlist_id, file_name=file.name, sha256=sha256, size=size, by=by)

            def lines() -> Iterator[tuple[int, Row | str]]:
                for line in table.lines():
                    bar.update()
                    yield line

            found = book.read(
                hotlist_id,
                new.number,
                lines(),
                ignored_columns=table.ignored_columns,
                progress=lambda: table.progress,
            )
            _show(found)
            if not yes and not click.confirm("Is this what is meant?"):
                book.move(hotlist_id, new.number, ImportMove.DROP, by=by)
                raise SystemExit(1)
            book.move(hotlist_id, new.number, ImportMove.CONFIRM, by=by, sha256=sha256, shrink=shrink)
        except (NotFound, OrderError, UnreadableFile) as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"import {new.number} waits for a second person", err=True)


@hotlists.command("export")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--list", "hotlist_id", type=int, required=True, help="The list's number, see `hotlists list`.")
@_by
@_password
@click.pass_obj
def export_hotlist(settings: CentreSettings, file: Path, hotlist_id: int, username: str, password: str) -> None:
    """Write the rows in force to FILE, a .csv or an .xlsx; who took them is in the audit trail."""
    form = file.suffix.lower().removeprefix(".")
    if form not in ("csv", "xlsx"):
        raise click.UsageError(f"expected a file that ends with .csv or .xlsx, got {file.name}")
    with closing(_open(settings)) as records:
        by = _person(records, username, password, Role.APPLICANT, Role.APPROVER)
        if by.areas:
            raise click.UsageError(f"expected somebody of the whole network, got one of {', '.join(by.areas)}")
        try:
            with records.hotlists.export(hotlist_id, by=by, form=form) as rows, file.open("wb") as out:
                counted = _counted(rows)
                if form == "csv":
                    out.writelines(write_csv(counted))
                else:
                    write_xlsx(counted, out)
        except NotFound as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"wrote {file}", err=True)


def _counted(rows: Iterator[Row]) -> Iterator[Row]:
    with tqdm(unit="row", disable=None) as bar:
        for row in rows:
            bar.update()
            yield row


@hotlists.command("approve")
@click.option("--list", "hotlist_id", type=int, required=True)
@click.option("--number", type=int, required=True, help="Of the import.")
@_by
@_password
@click.pass_obj
def approve_hotlist(
    settings: CentreSettings, hotlist_id: int, number: int, username: str, password: str
) -> None:
    """Put a confirmed import into force, as the second person."""
    with closing(_open(settings)) as records:
        by = _person(records, username, password, Role.APPROVER)
        try:
            found = records.hotlists.move(hotlist_id, number, ImportMove.APPROVE, by=by)
        except (NotFound, OrderError) as error:
            raise click.ClickException(str(error)) from error
    assert found.state is ImportState.IN_FORCE
    _show(found)
