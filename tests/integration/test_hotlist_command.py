"""Hotlists from the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from central.cli import central
from central.hotlist import HotlistRequest
from central.people import Role
from central.records import open_records
from proto.clock import SystemClock
from tests.centre import CHEAP, PASSWORD, people


def test_import_and_approve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUKONG_CENTRAL__DATA", str(tmp_path))
    monkeypatch.setenv("BUKONG_PASSWORD", PASSWORD)
    records = open_records(tmp_path / "records", clock=SystemClock(), policy=CHEAP)
    request = HotlistRequest(
        name="盗抢车辆", department="刑侦", purpose="p", legal_basis="l", contact="c", case_number="n",
        valid_until=datetime.now(UTC) + timedelta(days=9),
    )  # fmt: skip
    made = records.hotlists.create(request, by=people(records)[Role.APPLICANT])
    file = tmp_path / "list.csv"
    file.write_text("plate\n川C00001\n川C1\n川C00002\n")
    at = ["--list", str(made.hotlist_id)]
    runner = CliRunner()

    def run(*words: str) -> str:
        done = runner.invoke(central, ["hotlists", *words])
        assert done.exit_code == 0, done.output
        return done.output

    assert "3 lines: 2 added" in run("import", str(file), *at, "--by", "applicant", "--yes")
    assert "in_force" in run("approve", *at, "--number", "1", "--by", "approver")
    assert "rows 2" in run("list")
    for form, start in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")):
        out = tmp_path / f"out.{form}"
        run("export", str(out), *at, "--by", "approver")
        assert out.read_bytes().startswith(start)
    assert "川C00001" in (tmp_path / "out.csv").read_text("utf-8-sig")
    exported = records.audit.page(limit=1)[0].record
    assert (exported.action, exported.user) == ("hotlist.export", "approver")
    wrong = runner.invoke(central, ["hotlists", "export", str(tmp_path / "x.txt"), *at, "--by", "approver"])
    assert "expected a file that ends with .csv or .xlsx, got x.txt" in wrong.output
    nobody = runner.invoke(central, ["hotlists", "export", str(tmp_path / "x.csv"), *at, "--by", "operator"])
    assert "expected an applicant or approver, got operator" in nobody.output
    refused = runner.invoke(central, ["hotlists", "approve", *at, "--number", "1", "--by", "applicant"])
    assert "expected an approver, got applicant" in refused.output
    records.close()
