"""`bukong central audit verify`: what an auditor runs on the machine itself."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from central.audit import AuditRecord
from central.cli import central
from central.records import open_records
from tests.centre import CHEAP, START, new_clock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "central.toml").write_text(f'data = "{tmp_path}"\n')
    records = open_records(tmp_path / "records", clock=new_clock(), policy=CHEAP)
    for i in range(3):
        records.audit.append(AuditRecord(at=START, user="u", action="a.b", subject=str(i)))
    records.close()
    return tmp_path


def verify(folder: Path) -> Result:
    return CliRunner().invoke(central, ["--config", str(folder / "central.toml"), "audit", "verify"])


def test_a_good_trail_and_its_head(folder: Path) -> None:
    records = open_records(folder / "records", clock=new_clock(), policy=CHEAP)
    (newest,) = records.audit.page(limit=1)
    records.close()
    result = verify(folder)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == f"3 entries, head {newest.sha256}"


def test_a_trail_that_was_touched(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "records" / "records.db", isolation_level=None)) as intruder:
        intruder.execute("DROP TRIGGER audit_no_update")
        intruder.execute("UPDATE audit SET subject = 'x' WHERE audit_id = 2")
    result = verify(folder)
    assert result.exit_code == 1
    assert "entry 2: it was edited" in result.output
