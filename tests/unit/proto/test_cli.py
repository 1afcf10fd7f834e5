"""The one command: finds what is installed, says what is not, and takes no detour to `--help`."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points, version

import click
import pytest
import structlog
from click.testing import CliRunner

import proto
import proto.cli
from proto.cli import KNOWN, InstalledCommands, cli


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configured = structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)


def with_entries(monkeypatch: pytest.MonkeyPatch, *entries: EntryPoint) -> None:
    monkeypatch.setattr(InstalledCommands, "_found", lambda _self: {e.name: e for e in entries})


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=proto.cli.GROUP)


@click.command()
@click.argument("words", nargs=-1)
def greet(words: tuple[str, ...]) -> None:
    """Say hello."""
    click.echo(f"hello {' '.join(words)}")


def test_help_lists_the_groups_and_the_exit_codes() -> None:
    result = CliRunner().invoke(cli, ["--help"])
    assert result.exit_code == 0
    for word in ("edge", "central", "models", "demo", "Exit codes", "--log-level"):
        assert word in result.output


def test_the_version_is_the_distributions() -> None:
    assert CliRunner().invoke(cli, ["--version"]).output.strip() == version("bukong")


def test_a_found_command_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    with_entries(monkeypatch, entry("greet", f"{__name__}:greet"))
    result = CliRunner().invoke(cli, ["greet", "road"])
    assert (result.exit_code, result.output) == (0, "hello road\n")


@pytest.mark.parametrize(
    ("name", "extra"), [("central", "central"), ("demo", "edge,central"), ("models", "edge"), ("new", "new")]
)
def test_a_command_whose_packages_are_missing_says_which_extra_brings_them(
    monkeypatch: pytest.MonkeyPatch, name: str, extra: str
) -> None:
    with_entries(monkeypatch, entry(name, "a_package_nobody_has.cli:group"))
    called = CliRunner().invoke(cli, [name, "run", "--anything"])
    assert called.exit_code == 1
    assert "a_package_nobody_has is missing" in called.output
    assert f"bukong[{extra}]" in called.output


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_help_says_what_is_not_installed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    missing = replace(KNOWN[name], needs=("a_package_nobody_has",))
    monkeypatch.setitem(KNOWN, name, missing)
    output = " ".join(CliRunner().invoke(cli, ["--help"]).output.split())
    assert f"(not installed: needs the extra {missing.extra})" in output
    assert missing.summary not in output


def test_every_declared_group_is_known() -> None:
    assert {e.name for e in entry_points(group=proto.cli.GROUP)} == set(KNOWN)


def test_help_lists_a_group_that_is_not_known_by_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with_entries(monkeypatch, entry("greet", f"{__name__}:greet"))
    assert "Say hello." in CliRunner().invoke(cli, ["--help"]).output


def test_a_command_nobody_has_is_a_wrong_call() -> None:
    result = CliRunner().invoke(cli, ["fly"])
    assert result.exit_code == 2
    assert "fly" in result.output


def test_a_wrong_log_level_is_a_wrong_call() -> None:
    assert CliRunner().invoke(cli, ["--log-level", "loud", "edge"]).exit_code == 2


def test_log_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with_entries(monkeypatch, entry("greet", f"{__name__}:greet"))
    result = CliRunner().invoke(cli, ["greet"], env={"BUKONG_LOG_LEVEL": "error"})
    assert result.exit_code == 0
    assert logging.getLogger().level == logging.ERROR


def test_help_imports_no_engine() -> None:
    script = """
import sys
from click.testing import CliRunner
from proto.cli import cli
result = CliRunner().invoke(cli, ["--help"])
assert result.exit_code == 0, result.output
print(sorted({"numpy", "onnxruntime", "cv2", "av", "chdb", "fastapi", "sqlalchemy"} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_package_named_proto_is_ours() -> None:
    assert proto.__file__ is not None
    assert "Plate-recognition" in (cli.help or "")
    assert proto.cli.__file__.startswith(proto.__file__.removesuffix("__init__.py"))
    assert proto.__doc__ is not None
    assert "wire contract" in proto.__doc__
