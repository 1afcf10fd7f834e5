"""`bukong central watchlist`: what a version held, whether it is as it was written, new keys for the nodes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from click.testing import CliRunner, Result

from central.cli import central
from central.records import open_records
from tests.centre import CHEAP, active_order, new_clock, order_request, people


def run(folder: Path, *args: str) -> Result:
    return CliRunner().invoke(
        central, ["watchlist", *args], env={"BUKONG_CENTRAL__DATA": str(folder)}, catch_exceptions=False
    )


def test_a_version_is_shown_checked_and_found_out_where_it_was_changed(tmp_path: Path) -> None:
    records = open_records(tmp_path / "records", clock=new_clock(), policy=CHEAP)
    active_order(records, people(records), order_request("川C00001"))
    newest = records.watchlist.newest()
    records.close()
    shown = run(tmp_path, "show")
    assert (shown.exit_code, newest.digest in shown.output, "1 orders" in shown.output) == (0, True, True)
    assert run(tmp_path, "verify").exit_code == 0
    assert run(tmp_path, "show", "999").exit_code == 2
    with closing(sqlite3.connect(tmp_path / "records" / "records.db", isolation_level=None)) as raw:
        raw.execute("DROP TRIGGER watchlist_changes_no_update")
        ((entry,),) = raw.execute("SELECT entry FROM watchlist_changes").fetchall()
        changed = entry.replace("川C00001".encode(), "川C00002".encode())
        raw.execute("UPDATE watchlist_changes SET entry = ?", (changed,))
    tampered = run(tmp_path, "verify")
    assert tampered.exit_code == 1
    assert "not as it was written" in tampered.output


def test_new_keys_want_a_reason_and_are_audited(tmp_path: Path) -> None:
    assert run(tmp_path, "rotate").exit_code == 2
    assert "epoch 1" in run(tmp_path, "rotate", "--reason", "node stolen").output
    assert "epoch 2" in run(tmp_path, "rotate", "--reason", "another one").output
    records = open_records(tmp_path / "records", clock=new_clock(), policy=CHEAP)
    (newest,) = records.audit.page(limit=1)
    records.close()
    assert (newest.record.action, newest.record.reason) == ("watchlist.rotate", "another one")
