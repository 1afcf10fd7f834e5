"""The load benchmark, small: what it says of a centre is true."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from deploy.bench.load.command import central


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_all_that_was_sent_is_stored_once_and_every_listed_vehicle_seen() -> None:
    arguments = "--passages 20000 --orders 500 --rate 500 --seconds 4 --steady-batch 5 --json"
    result = CliRunner().invoke(central, arguments.split(), catch_exceptions=False)
    figures = json.loads(result.stdout.splitlines()[-1])
    assert (figures["stored"], figures["duplicates"]) == (22_000, 0)
    assert figures["sent"] == 22_000
    assert figures["alerts"] == figures["listed"]
    assert figures["passages_per_s"] > 0
    assert set(figures["cpu_us"]) == {"ingest-0", "match-1", "generator-1"}
