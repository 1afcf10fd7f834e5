"""`bukong edge`: the commands of a roadside node.

A command's module is imported when it is called, so `--help` needs neither numpy nor onnxruntime.
"""

from __future__ import annotations

from importlib import import_module

import click

#: name → (module, attribute, one line of help): what `bukong edge --help` lists without importing anything.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "read": ("edge.read.cli", "read", "Read the plates on photos."),
    "replay": ("edge.commands", "replay", "Print the passages in a video or in photos."),
    "run": ("edge.commands", "run", "Run a node."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, _, summary) in COMMANDS.items()])


@click.group(cls=LazyGroup)
def edge() -> None:
    """A roadside node: cameras, detection, reading, the outbox."""
