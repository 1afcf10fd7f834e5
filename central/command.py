"""What the commands of `bukong central` have in common: who they are in the trail, and how they fail."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import click

from central.config import CentreSettings, ConfigError
from central.people import PeopleError
from central.ports import StoreUnavailable
from central.records import NotFound, Records, RecordsUnusable
from central.wiring import open_configured_records
from proto.bus.port import BusUnavailable
from proto.clock import SystemClock

#: Who the audit trail names for what is done here, on the machine itself.
BY = "command-line"


class Missing(click.ClickException):
    """Something needed is missing or can't be reached."""

    exit_code = 3


@contextlib.contextmanager
def named_failures() -> Iterator[None]:
    """What is missing or away ends the command with the code that says so."""
    try:
        yield
    except (StoreUnavailable, RecordsUnusable, BusUnavailable, ConfigError, OSError) as error:
        raise Missing(str(error)) from error


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """What the books refuse is a mistake in what was typed."""
    try:
        yield
    except (PeopleError, NotFound) as error:
        raise click.UsageError(str(error)) from error


@contextlib.contextmanager
def opened_records(settings: CentreSettings) -> Iterator[Records]:
    """The configured ones, until the command is done."""
    records = open_configured_records(settings, SystemClock())
    try:
        yield records
    finally:
        records.close()
