"""`bukong demo`: all of it in one process."""

from __future__ import annotations

import re
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import httpx
from tqdm import tqdm

from central.ports import StoreUnavailable
from deploy.demo.page import Arrival
from deploy.demo.show import Opening, Plan, Show
from edge.models import ModelError
from edge.outbox import OutboxError
from edge.ports import CameraError
from proto.bus.port import BusError
from proto.clock import Clock, SystemClock
from proto.plate import display

#: Traffic is planned for so long where no end is asked for, seconds.
_LONG = 4 * 3600.0
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class Duration(click.ParamType[float]):
    """Seconds, written 90, 90s, 2m or 1h."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", str(value))
        if not found or float(found[1]) <= 0:
            self.fail(f"expected a time above 0 such as 30s, 2m or 1h, got {value!r}", param, ctx)
        return float(found[1]) * _UNITS[found[2]]


@click.command()
@click.option(
    "--source", "sources", multiple=True, help="Photo, folder, video file or rtsp:// address; repeatable."
)
@click.option(
    "--for", "seconds", type=Duration(), help="End by itself after this time, with a summary (30s, 2m)."
)
@click.option("--simulate/--no-simulate", default=True, show_default=True, help="Film the simulated city.")
@click.option("--seed", default=1, show_default=True, help="Another seed is another city's traffic.")
@click.option(
    "--fps", default=8.0, show_default=True, type=click.FloatRange(1, 60), help="Of each simulated camera."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address the console listens on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the data in this folder; without, it is gone afterwards.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one line of JSON.")
@click.pass_context
def demo(
    ctx: click.Context,
    sources: tuple[str, ...],
    seconds: float | None,
    simulate: bool,
    seed: int,
    fps: float,
    host: str,
    port: int,
    data: Path | None,
    as_json: bool,
) -> None:
    """Show the whole road: cameras, reading, bus, storage, matching, alerts and the console, in one process.

    A small simulated city drives past four checkpoints; three vehicles are on the watchlist. Ends with a
    summary after --for or at Ctrl-C. Exit code 1: the road broke somewhere, the summary says where.
    """
    if not simulate and not sources:
        raise click.UsageError("expected --source where nothing is simulated, got none")
    clock = SystemClock()
    with _folder(data) as folder:
        plan = Plan(
            seconds=seconds or _LONG,
            folder=folder,
            host=host,
            port=port,
            seed=seed,
            fps=fps,
            simulate=simulate,
            sources=sources,
        )
        show = Show(plan, clock)
        try:
            opening = show.open()
        except (
            ModelError,
            CameraError,
            StoreUnavailable,
            OutboxError,
            BusError,
            httpx.HTTPError,
            OSError,
        ) as error:
            show.abandon()
            click.echo(f"bukong demo: {error}", err=True)
            ctx.exit(3)
        except BaseException:
            show.abandon()
            raise
        _welcome(opening)
        try:
            _watch(show, clock, seconds)
        except BaseException:
            show.abandon()
            raise
        outcome = show.close()
    click.echo(outcome.as_json() if as_json else f"\n{outcome.as_text()}")
    if not outcome.ok:
        ctx.exit(1)


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="bukong-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _welcome(opening: Opening) -> None:
    lines = ["", f"Console   {opening.address}", "", "Sign in as (they change with every run)"]
    lines += [
        f"  {user.username:<14} {user.password:<16} {user.name}, {', '.join(user.roles)}"
        for user in opening.users
    ]
    if opening.wanted:
        lines += ["", "Watched for"]
        lines += [f"  {display(one.plate):<12} priority {one.priority}  {one.reason}" for one in opening.wanted]
    lines += ["", "Ctrl-C ends it with a summary.", ""]
    click.echo("\n".join(lines), err=True)


def _watch(show: Show, clock: Clock, seconds: float | None) -> None:
    """Let it run: until the time is up or a signal comes."""
    stop = threading.Event()
    before = {s: signal.signal(s, lambda *_: stop.set()) for s in (signal.SIGINT, signal.SIGTERM)}
    began, after, passages = clock.monotonic(), 0, 0
    bar = tqdm(total=seconds, unit="s", bar_format="{l_bar}{bar}| {n:.0f}/{total:.0f} s{postfix}", disable=None)
    try:
        while not stop.wait(0.2):
            ran = clock.monotonic() - began
            news, after = show.arrivals(after=after)
            for one in news:
                passages += one.kind == "passage"
                if one.kind == "alert" and one.data["version"] == 1:
                    bar.write(_headline(one), file=None)
            bar.set_postfix_str(f" {passages} passages", refresh=False)
            bar.update(min(ran, seconds or ran) - bar.n)
            if seconds is not None and ran >= seconds:
                return
    finally:
        bar.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def _headline(alert: Arrival) -> str:
    data, passage = alert.data, alert.data["passage"]
    return (
        f"{alert.arrived_at.astimezone():%H:%M:%S} alert, priority {data['priority']}"
        f"{', site alarmed' if data['site_alarm_at'] else ''}: "
        f"{data['order']['plate_display']} at {passage['checkpoint']['name']}, lane {passage['lane']}, "
        f"{passage['direction'] or 'direction not known'} – {data['order']['reason']}"
    )
