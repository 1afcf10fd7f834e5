"""The distributed campaign in short; `make faults` runs it at length, with a report."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.distributed.campaign import Plan, run
from tests.faults.distributed.report import summary


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_broken_at_random_everything_is_accounted_for(
    tmp_path: Path, kafka_servers: tuple[str, ...], databases: object
) -> None:
    """The fixtures skip by name where a server's program is missing; the campaign starts its own, to break."""
    plan = Plan(seconds=20, rate=400, nodes=2, backlog=600, seed=7, drain_s=400)
    report = run(tmp_path / "town", plan)
    assert report.outcome.good, summary(report)
