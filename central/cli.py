"""`bukong central`: run the centre, and look after it."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import click
from tqdm import tqdm

from central.api.app import openapi_document
from central.centre import EVERYTHING, Centre, PartName
from central.command import BY, named_failures, opened_records
from central.config import CentreSettings, ConfigError, example_toml, load_settings, shown_url
from central.dead_letter import list_dead_letters, replay_dead_letters
from central.digest_cli import make_digest, print_public_key, verify_digest
from central.hotlist_cli import hotlists
from central.people_cli import tokens, users
from central.records import NotFound
from central.report_commands import report
from central.store.layout import Layout
from central.store.tables import schema
from central.wiring import federation_home, open_bus, open_passages
from proto.bus.port import Bus
from proto.clock import SystemClock
from proto.topics import ALL


@click.group()
@click.option(
    "--config",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="BUKONG_CENTRAL_CONFIG",
    help="Settings as TOML; see `bukong central config example`.",
)
@click.pass_context
def central(context: click.Context, file: Path | None) -> None:
    """The centre: takes passages in, matches them against the orders, shows what is going on."""
    try:
        context.obj = load_settings(file)
    except ConfigError as error:
        raise click.UsageError(str(error)) from error


def _run(settings: CentreSettings, parts: frozenset[PartName]) -> None:
    """Until SIGINT or SIGTERM: each part then finishes its step, commits it and leaves its group."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    if PartName.API not in parts:
        parts |= {PartName.PROBES}
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with named_failures(), _bus(settings) as bus:
        centre = Centre(settings, bus, parts=parts)
        try:
            centre.start()
            click.echo(centre.address)
            stopped.wait()
        finally:
            drained = centre.stop()
    if not drained:
        raise click.ClickException("a part did not stop in time; what it had in hand comes again")


@contextlib.contextmanager
def _bus(settings: CentreSettings) -> Iterator[Bus]:
    bus = open_bus(settings, SystemClock())
    try:
        bus.create_topics(ALL)
        yield bus
    finally:
        bus.close()


#: Parts that go together where a process has one task.
TASKS = {
    "ingest": frozenset({PartName.INGEST, PartName.FLEET, PartName.RETENTION}),
    "match": frozenset({PartName.MATCH, PartName.SITES, PartName.ORDERS}),
    "dispatch": frozenset({PartName.DISPATCH}),
    "api": frozenset(
        {
            PartName.API,
            PartName.FEED,
            PartName.LEARN,
            PartName.FLOW,
            PartName.HOTLISTS,
            PartName.RETRO,
            PartName.JOBS,
        }
    ),
    "jobs": frozenset({PartName.JOBS}),
}


@central.command("all")
@click.pass_obj
def run_all(settings: CentreSettings) -> None:
    """Run every part in one process; prints the console's address."""
    _run(settings, EVERYTHING)


@central.command("ingest")
@click.pass_obj
def run_ingest(settings: CentreSettings) -> None:
    """Run only what takes in: passages, heartbeats. Embedded passages can be open in one process only."""
    _run(settings, TASKS["ingest"])


@central.command("match")
@click.pass_obj
def run_match(settings: CentreSettings) -> None:
    """Run only the matcher; several share the work."""
    _run(settings, TASKS["match"])


@central.command("dispatch")
@click.pass_obj
def run_dispatch(settings: CentreSettings) -> None:
    """Run only what sees that alerts are answered; of several, one does it at a time."""
    _run(settings, TASKS["dispatch"])


@central.command("api")
@click.pass_obj
def run_api(settings: CentreSettings) -> None:
    """Run only the API and the console. Embedded passages can be open in one process only."""
    _run(settings, TASKS["api"])


@central.command("jobs")
@click.pass_obj
def run_jobs(settings: CentreSettings) -> None:
    """Run only a worker for analyses that take long, beside the API's own; several share the work."""
    _run(settings, TASKS["jobs"])


@central.command("run")
@click.argument("tasks", nargs=-1, required=True, type=click.Choice(sorted(TASKS)))
@click.pass_obj
def run_tasks(settings: CentreSettings, tasks: tuple[str, ...]) -> None:
    """Run several tasks in one process: `run ingest api` beside processes of `match`, say, where the passages
    are embedded and so can be open in one process only."""
    _run(settings, frozenset().union(*(TASKS[task] for task in tasks)))


@central.command("migrate")
@click.pass_obj
def migrate(settings: CentreSettings) -> None:
    """Bring the stores to this version's state, without running anything."""
    with named_failures():
        with opened_records(settings):
            place = shown_url(settings.records.url.get_secret_value()) or settings.data / "records"
            click.echo(f"records: up to date in {place}")
        open_passages(settings).close()
        place = shown_url(settings.passages.url.get_secret_value()) or settings.data / "passages"
        click.echo(f"passages: up to date in {place}")


@central.command("passages-schema")
@click.option("--cluster", default=None, help="Of this cluster's machines; otherwise as in the settings.")
@click.pass_obj
def passages_schema(settings: CentreSettings, cluster: str | None) -> None:
    """Print the SQL that makes the passages' tables in ClickHouse: `migrate` runs the same."""
    chosen = settings.passages
    try:
        layout = Layout(
            cluster=chosen.cluster if cluster is None else cluster, shared=True, ttl_days=chosen.ttl_days
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    for statement in schema(layout):
        click.echo(f"{statement};\n")


@central.command("topics")
@click.pass_obj
def make_topics(settings: CentreSettings) -> None:
    """Make the bus's topics where they are missing, and print what they are; exit code 1 where the bus holds
    one otherwise than described: partitions, copies, retention, compaction."""
    with named_failures(), _bus(settings) as bus:
        for topic in ALL:
            kept = "newest of each key" if topic.compacted else f"{topic.retention}"
            click.echo(f"{settings.kafka.prefix}{topic.name}  partitions {topic.partitions}  kept {kept}")
        differences = bus.topic_differences(ALL)
    if differences:
        raise click.ClickException("\n".join(map(str, differences)))


@central.command("federation-key")
@click.pass_obj
def print_federation_key(settings: CentreSettings) -> None:
    """Print this centre's name and public key, for its neighbours' [[peers]]; hand it over in person."""
    with named_failures():
        home = federation_home(settings)
    click.echo(f'name = "{home.name}"\nkey = "{home.verify_key.hex()}"')


@central.command("openapi")
def print_openapi() -> None:
    """Print the OpenAPI document of this version's API as JSON; runs nothing."""
    click.echo(json.dumps(openapi_document(), ensure_ascii=False, indent=1))


central.add_command(hotlists)
central.add_command(users)
central.add_command(tokens)
central.add_command(report)


@central.group("config")
def config() -> None:
    """The settings."""


@config.command("check")
@click.pass_obj
def check_config(settings: CentreSettings) -> None:
    """Print the settings in effect as JSON."""
    click.echo(json.dumps(settings.model_dump(mode="json"), ensure_ascii=False, indent=2))


@config.command("example")
def example_config() -> None:
    """Print every setting with its default and what it means, as TOML."""
    click.echo(example_toml(), nl=False)


@central.group("dead-letters")
def dead_letters() -> None:
    """Records that were refused."""


@dead_letters.command("list")
@click.option("--format", "form", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
@click.pass_obj
def list_letters(settings: CentreSettings, form: str) -> None:
    """Print what was refused, where it came from and why, oldest first."""
    with named_failures(), _bus(settings) as bus:
        for letter in list_dead_letters(bus):
            row: dict[str, Any] = {
                "refused_at": letter.refused_at.isoformat(timespec="seconds"),
                "refused_by": letter.refused_by,
                "topic": letter.topic,
                "partition": letter.partition,
                "offset": letter.offset,
                "bytes": len(letter.value),
                "reason": letter.reason,
            }
            click.echo(
                json.dumps(row, ensure_ascii=False) if form == "jsonl" else "  ".join(map(str, row.values()))
            )


@dead_letters.command("replay")
@click.pass_obj
def replay_letters(settings: CentreSettings) -> None:
    """Publish again what was refused and not replayed before; what is still bad is refused anew."""
    with named_failures(), _bus(settings) as bus, tqdm(unit="records", disable=None) as bar:
        replayed = replay_dead_letters(bus, progress=bar.update)
    click.echo(f"published {replayed.published}, left {replayed.left}")
    if replayed.left:
        raise SystemExit(1)


@central.group("audit")
def audit() -> None:
    """The audit trail."""


@audit.command("verify")
@click.pass_obj
def verify_audit(settings: CentreSettings) -> None:
    """Check the whole trail and print its head; keep that elsewhere to hold the trail against it later."""
    with named_failures(), opened_records(settings) as records:
        verdict = records.audit.verify()
        newest = records.audit.page(limit=1)
    if not verdict.ok:
        place = "" if verdict.first_bad is None else f"entry {verdict.first_bad}: "
        raise click.ClickException(f"the audit trail is not as it was written: {place}{verdict.why}")
    click.echo(f"{verdict.entries} entries, head {newest[0].sha256 if newest else 'none'}")


@central.group("watchlist")
def watchlist() -> None:
    """The active orders as they are matched, version by version, and the nodes' form of them."""


@watchlist.command("show")
@click.argument("version", type=int, required=False)
@click.pass_obj
def show_watchlist(settings: CentreSettings, version: int | None) -> None:
    """Print a version's time, size and digest; the newest where none is given."""
    with named_failures(), opened_records(settings) as records:
        try:
            found = records.watchlist.newest() if version is None else records.watchlist.get(version)
        except NotFound as error:
            raise click.UsageError(str(error)) from error
    click.echo(f"version {found.version}  {found.at.isoformat()}  {found.orders} orders  {found.digest}")


@watchlist.command("verify")
@click.argument("version", type=int, required=False)
@click.pass_obj
def verify_watchlist(settings: CentreSettings, version: int | None) -> None:
    """Reckon a version's digest anew from all changes up to it, and compare."""
    with named_failures(), opened_records(settings) as records:
        try:
            found = records.watchlist.newest() if version is None else records.watchlist.get(version)
        except NotFound as error:
            raise click.UsageError(str(error)) from error
        recounted = records.watchlist.recount(found.version)
    if recounted != found.digest:
        raise click.ClickException(
            f"version {found.version} is not as it was written: {found.digest} then, {recounted} now"
        )
    click.echo(f"version {found.version} is as it was written: {found.orders} orders, {found.digest}")


@watchlist.command("rotate")
@click.option("--reason", required=True, help="Such as which node was stolen.")
@click.pass_obj
def rotate_keys(settings: CentreSettings, reason: str) -> None:
    """New keys for the nodes' form: what a stolen node may have known is worth nothing for later lists.

    Revoke the node's token first: `bukong central tokens revoke`.
    """
    with named_failures(), opened_records(settings) as records:
        epoch = records.site_keys.rotate(by=BY, reason=reason)
    click.echo(f"epoch {epoch}: nodes ask for the new key as soon as the list is sent")


for _command in (make_digest, print_public_key, verify_digest):
    audit.add_command(_command)
