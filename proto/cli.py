"""`bukong`, the one command: finds the command groups that are installed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points, version
from importlib.util import find_spec

import click

from proto.logs import LEVELS, configure_logging

GROUP = "bukong.commands"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGroup:
    """What `--help` says of a group without importing it, which would take seconds."""

    summary: str
    extra: str  #: of the distribution, that brings it
    needs: tuple[str, ...]  #: packages that this extra brings


KNOWN = {
    "edge": KnownGroup(
        summary="A roadside node: cameras, detection, reading, the outbox.",
        extra="edge",
        needs=("onnxruntime", "av"),
    ),
    "models": KnownGroup(
        summary="The models' weights: list, get, verify.", extra="edge", needs=("onnxruntime",)
    ),
    "central": KnownGroup(
        summary="The centre: ingest, matching, alerts, API and console.",
        extra="central",
        needs=("fastapi", "sqlalchemy"),
    ),
    "demo": KnownGroup(
        summary="All of it in one process, with simulated cameras.",
        extra="edge,central",
        needs=("onnxruntime", "av", "fastapi", "sqlalchemy"),
    ),
    "bench": KnownGroup(
        summary="Measure the real paths on this machine.",
        extra="edge,central",
        needs=("fastapi", "sqlalchemy"),
    ),
}


class InstalledCommands(click.Group):
    """A group whose members are entry points, imported when they are called.

    An edge install has no centre: its entry point is declared all the same, so a command whose package
    can't be imported is listed as not installed, and calling it says which extra brings it.
    """

    def _found(self) -> dict[str, EntryPoint]:
        return {e.name: e for e in entry_points(group=GROUP)}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*self._found(), *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self._found().get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        try:
            command = entry.load()
        except ModuleNotFoundError as error:
            return _not_installed(cmd_name, error)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._summary(ctx, name)) for name in self.list_commands(ctx)])

    def _summary(self, ctx: click.Context, name: str) -> str:
        known = KNOWN.get(name)
        if known is None:
            command = self.get_command(ctx, name)
            return command.get_short_help_str() if command else ""
        if all(find_spec(package) for package in known.needs):
            return known.summary
        return f"(not installed: needs the extra {known.extra})"


def _not_installed(name: str, error: ModuleNotFoundError) -> click.Command:
    extra = KNOWN[name].extra if name in KNOWN else name
    why = f"`bukong {name}` is not installed: {error.name} is missing. Try: pip install 'bukong[{extra}]'"

    @click.command(
        name,
        short_help=f"(not installed: needs the extra {extra})",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
    def command() -> None:
        raise click.ClickException(why)

    return command


@click.command(cls=InstalledCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("bukong"), message="%(version)s")
@click.option(
    "--log-level",
    type=click.Choice(LEVELS),
    default="info",
    show_default=True,
    envvar="BUKONG_LOG_LEVEL",
    help="Least severe level that is logged.",
)
@click.option(
    "--log-format",
    type=click.Choice(["json", "text"]),
    default="json",
    show_default=True,
    envvar="BUKONG_LOG_FORMAT",
    help="One JSON object a line, or lines for people.",
)
def cli(log_level: str, log_format: str) -> None:
    """Plate-recognition checkpoints and deployment control for traffic police.

    Exit codes: 0 all done · 1 a part of the work failed, the rest is done · 2 the call was wrong ·
    3 something needed is missing or can't be reached.
    """
    configure_logging(level=log_level, json_lines=log_format == "json")


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of the `bukong` command."""
    cli.main(args=args, prog_name="bukong")


if __name__ == "__main__":
    main()
