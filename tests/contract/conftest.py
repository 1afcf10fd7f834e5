"""Fixtures of the contracts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from central.records import Records, open_records
from tests.centre import CHEAP, CHECKPOINT, new_clock, people
from tests.contract.records_setting import Setting


@pytest.fixture(params=["sqlite", "postgresql"])
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setting]:
    """Records of each engine, with a checkpoint and a user a role."""
    url: str | None = request.getfixturevalue("database_url") if request.param == "postgresql" else None
    clock = new_clock()
    opened: list[Records] = []

    def open_once_more() -> Records:
        opened.append(open_records(tmp_path, clock=clock, policy=CHEAP, url=url))
        return opened[-1]

    records = open_once_more()
    records.checkpoints.put([CHECKPOINT])
    yield Setting(records=records, clock=clock, staff=people(records), open_again=open_once_more)
    for each in opened:
        each.close()
