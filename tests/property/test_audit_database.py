"""Whatever is done to the trail's rows in the database's file, a walk of the trail finds it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.audit import AuditRecord, Verdict
from central.records import open_records
from tests.centre import CHEAP, START, new_clock

ENTRIES = 12
COLUMNS = (
    "at", "username", "action", "subject", "reason", "case_number", "detail",
    "previous_sha256", "sha256", "seal",
)  # fmt: skip
rows = st.integers(1, ENTRIES)
TAMPERING = st.one_of(
    st.tuples(st.just("edit"), rows, st.sampled_from(COLUMNS)),
    st.tuples(st.just("delete"), rows, st.just("")),
    st.tuples(st.just("cut"), rows, st.just("")),
    st.tuples(st.just("cut with the head"), st.integers(1, ENTRIES - 1), st.just("")),
    st.tuples(st.just("swap"), st.integers(1, ENTRIES - 1), st.just("")),
    st.tuples(st.just("insert"), rows, st.just("")),
    st.tuples(st.just("copy"), rows, st.just("")),
    st.tuples(st.just("head"), rows, st.sampled_from(("entries", "sha256", "seal"))),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    records = open_records(folder, clock=new_clock(), policy=CHEAP)
    for number in range(ENTRIES):
        records.audit.append(
            AuditRecord(at=START, user=f"u{number}", action="track.search", subject=f"川C{number:05}")
        )
    records.close()
    return folder


def tamper(database: sqlite3.Connection, how: str, row: int, column: str) -> None:
    for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f"DROP TRIGGER {trigger}")
    if how == "edit":
        # No entry has it: the first one is chained to nothing but zeros.
        value = "2026-03-01 04:00:01.000000" if column == "at" else "e" * 64
        database.execute(f"UPDATE audit SET {column} = ? WHERE audit_id = ?", (value, row))
    elif how == "delete":
        database.execute("DELETE FROM audit WHERE audit_id = ?", (row,))
    elif how in ("cut", "cut with the head"):
        database.execute("DELETE FROM audit WHERE audit_id >= ?", (row + (how != "cut"),))
        if how != "cut":
            database.execute(
                "UPDATE audit_head SET entries = ?, sha256 = (SELECT sha256 FROM audit WHERE audit_id = ?)",
                (row, row),
            )
    elif how == "swap":
        for old, new in ((row, -1), (row + 1, row), (-1, row + 1)):
            database.execute("UPDATE audit SET audit_id = ? WHERE audit_id = ?", (new, old))
    elif how == "insert":
        for number in range(ENTRIES, row - 1, -1):
            database.execute("UPDATE audit SET audit_id = ? WHERE audit_id = ?", (number + 1, number))
        _copy(database, row + 1, row)
    elif how == "copy":
        _copy(database, row, ENTRIES + 1)
    else:
        forged: int | str = row + 100 if column == "entries" else "1" * 64
        database.execute(f"UPDATE audit_head SET {column} = ?", (forged,))


def _copy(database: sqlite3.Connection, source: int, target: int) -> None:
    names = ", ".join(COLUMNS)
    copied = f"SELECT ?, {names} FROM audit WHERE audit_id = ?"
    database.execute(f"INSERT INTO audit (audit_id, {names}) {copied}", (target, source))


def verdict_of(folder: Path) -> Verdict:
    records = open_records(folder, clock=new_clock(), policy=CHEAP)
    try:
        return records.audit.verify()
    finally:
        records.close()


def test_the_untouched_copy_is_good(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "copy")
    verdict = verdict_of(tmp_path / "copy")
    assert (verdict.ok, verdict.entries) == (True, ENTRIES)


@settings(max_examples=60)
@given(tampering=TAMPERING)
def test_what_was_done_to_the_rows_is_found(whole: Path, tampering: tuple[str, int, str]) -> None:
    how, row, column = tampering
    with TemporaryDirectory() as place:
        folder = Path(place) / "copy"
        shutil.copytree(whole, folder)
        with closing(sqlite3.connect(folder / "records.db", isolation_level=None)) as database:
            tamper(database, how, row, column)
        verdict = verdict_of(folder)
        assert not verdict.ok, tampering
        assert verdict.why
        if how in ("edit", "delete", "swap", "insert"):
            # "Edited" may be the hash that the next entry is chained to: its own place at the latest.
            assert verdict.first_bad in (row, row + 1), (tampering, verdict)
