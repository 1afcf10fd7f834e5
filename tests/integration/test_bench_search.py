"""`bukong bench search` and `bench planted` on small cities: the whole path, and what is kept of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from central.analysis import KINDS
from deploy.bench.search.command import search
from deploy.bench.search.planted import planted
from deploy.bench.search.queries import QUERIES

SMALL = ["--passages", "20000", "--days", "7", "--checkpoints", "20", "--warm", "2", "--cold", "1", "--json"]


def test_every_analysis_is_measured() -> None:
    assert set(KINDS) <= set(QUERIES)


@pytest.mark.slow
def test_a_city_that_is_kept_is_measured_again(tmp_path: Path) -> None:
    first = CliRunner().invoke(search, [*SMALL, "--no-score", "--keep", str(tmp_path)])
    assert first.exit_code == 0, first.output
    figures = json.loads(first.stdout)
    assert set(figures) >= {"passages", "bytes_per_passage", "queries", "precision_recall"}
    assert 0 < figures["bytes_per_passage"] <= figures["bytes_per_passage_with_pictures"]
    assert set(figures["queries"]) == set(QUERIES)
    assert all(set(each) >= {"p50_ms", "p95_ms", "cold_ms"} for each in figures["queries"].values())
    assert figures["queries"]["track"]["rows"] > 0
    note = (tmp_path / "20000" / "city.json").read_bytes()
    again = CliRunner().invoke(search, [*SMALL, "--only", "track", "--keep", str(tmp_path)])
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["passages"] == figures["passages"]
    assert (tmp_path / "20000" / "city.json").read_bytes() == note
    other = CliRunner().invoke(search, [*SMALL, "--seed", "2", "--keep", str(tmp_path)])
    assert other.exit_code == 1
    assert "expected" in other.output
    assert "'seed': 2" in other.output


@pytest.mark.slow
def test_a_city_that_was_not_finished_is_named(tmp_path: Path) -> None:
    (tmp_path / "20000").mkdir()
    (tmp_path / "20000" / "something").touch()
    refused = CliRunner().invoke(search, [*SMALL, "--keep", str(tmp_path)])
    assert refused.exit_code == 1
    assert "remove it" in refused.output


@pytest.mark.slow
def test_what_was_planted_is_scored_city_by_city() -> None:
    few = ["--passages", "100000", "--days", "7", "--checkpoints", "40", "--convoys", "3", "--clones", "3"]
    result = CliRunner().invoke(planted, [*few, "--seed", "1", "--seed", "2", "--json"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    for kind in ("convoy", "clone"):
        assert set(figures[kind]["by_seed"]) == {"1", "2"}
        assert all(
            0 <= least <= mean <= 1
            for least, mean in zip(figures[kind]["least"], figures[kind]["mean"], strict=True)
        )
