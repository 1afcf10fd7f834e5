"""The bench group: imports a benchmark when it is called, and says what is missing."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner

from deploy.bench import cli
from deploy.bench.cli import BENCHMARKS, Benchmark, bench
from deploy.bench.report import json_option, progress, report


@click.command()
@json_option
def shown(*, as_json: bool) -> None:
    """A benchmark."""
    progress("at work")
    report({"per_s": 3}, as_json=as_json)


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {
        "shown": Benchmark(summary="Shows.", where=f"{__name__}:shown"),
        "torn": Benchmark(summary="Can't.", where="no_such_package.at_all:torn"),
    }
    monkeypatch.setattr(cli, "BENCHMARKS", found)


def test_help_lists_the_benchmarks_without_importing_them() -> None:
    result = CliRunner().invoke(bench, ["--help"])
    assert result.exit_code == 0
    assert "torn" in result.output
    assert "Shows." in result.output


def test_json_is_one_object_with_the_machine_and_nothing_else_on_standard_output() -> None:
    result = CliRunner().invoke(bench, ["shown", "--json"])
    figures = json.loads(result.stdout)
    assert figures["per_s"] == 3
    assert "cores" in figures["machine"]
    assert result.stderr == "at work\n"


def test_lines_name_the_machine() -> None:
    result = CliRunner().invoke(bench, ["shown"])
    assert "per_s              3" in result.stdout
    assert "cores" in result.stdout


def test_what_is_missing_is_named() -> None:
    result = CliRunner().invoke(bench, ["torn"])
    assert result.exit_code == 1
    assert "no_such_package is not installed" in result.output


def test_an_unknown_benchmark_is_a_wrong_call() -> None:
    assert CliRunner().invoke(bench, ["nothing"]).exit_code == 2


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_every_benchmark_is_there(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "BENCHMARKS", BENCHMARKS)
    assert CliRunner().invoke(bench, [name, "--help"]).exit_code == 0
