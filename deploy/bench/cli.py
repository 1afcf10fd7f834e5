"""`bukong bench`: the measurements behind the figures in the README, to be run by anyone."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

import click


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One subcommand, imported when it is called: one measurement must not need what another needs."""

    summary: str
    where: str  #: module:attribute of the click command


#: `bukong bench NAME`. A command takes `report.json_option` and ends with `report.report`.
BENCHMARKS: dict[str, Benchmark] = {
    "central": Benchmark(
        summary="A whole centre under load: passages a second, and how soon alerts are seen.",
        where="deploy.bench.load.command:central",
    ),
    "edge": Benchmark(
        summary="Plates on real photos: exact, found and milliseconds, beside what others would install.",
        where="deploy.bench.edge:edge_bench",
    ),
    "flow": Benchmark(
        summary="The next two hours of every section, foretold on days that were not learnt from.",
        where="deploy.bench.flow:flow",
    ),
    "fusion": Benchmark(
        summary="Plates read over many frames: the vote against the best frame and the majority.",
        where="deploy.bench.fusion:fusion",
    ),
    "hits": Benchmark(
        summary="Listed vehicles found against false alerts, four ways of matching.",
        where="deploy.bench.hits:hits",
    ),
    "import": Benchmark(
        summary="A hotlist of a million lines, from its file to being watched for.",
        where="deploy.bench.hotlists:import_bench",
    ),
    "match": Benchmark(
        summary="A list of a million orders: matching, compiling, changing.",
        where="deploy.bench.match:match_bench",
    ),
    "planted": Benchmark(
        summary="Planted convoys and cloned plates: how many are found, and how much else.",
        where="deploy.bench.search.planted:planted",
    ),
    "search": Benchmark(
        summary="Track, wildcard, looks-like and more over up to 100 million passages; disk, memory, growth.",
        where="deploy.bench.search.command:search",
    ),
    "interception": Benchmark(
        summary="How well the next checkpoint and the time of arrival are foretold.",
        where="deploy.bench.interception:interception",
    ),
}


class _Benchmarks(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(BENCHMARKS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = BENCHMARKS.get(cmd_name)
        if found is None:
            return None
        module, attribute = found.where.split(":")
        try:
            command = getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            raise click.ClickException(f"bench {cmd_name} can't run: {error.name} is not installed") from error
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, BENCHMARKS[name].summary) for name in self.list_commands(ctx)])


@click.command(cls=_Benchmarks)
def bench() -> None:
    """Measure the real paths on this machine.

    Figures on standard output (--json: one object), progress on standard error. Nothing is asserted: a slow
    machine is not a failure.
    """
