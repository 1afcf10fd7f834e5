"""`bukong bench interception` on a small city: the whole path, and what history is good for."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from deploy.bench.interception import interception


@pytest.mark.slow
def test_history_foretells_better_than_distance() -> None:
    few = [
        "--vehicles",
        "800",
        "--checkpoints",
        "20",
        "--days",
        "3",
        "--held-out",
        "1",
        "--cases",
        "200",
        "--json",
    ]
    result = CliRunner().invoke(interception, few)
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["steps"] == pytest.approx(figures["passages"], rel=0.05)
    assert figures["cases"] + figures["cases_that_ended"] <= 200
    assert figures["without_habits"]["top1"] > figures["nearest"]["top1"]
    assert figures["bukong"]["top1"] <= figures["bukong"]["top3"] <= 1
    assert 0.75 < figures["bukong"]["within_p90"] <= 1
