"""What is SQLite's own in the records: migrations, triggers, a file tampered with, waking other processes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from central.alert import AlertMove
from central.alert import Verdict as AlertVerdict
from central.audit import AuditRecord, Head, Verdict, head
from central.people import Role
from central.ports import StoreUnavailable
from central.records import Records, RecordsUnusable, open_records
from central.records.schema import metadata
from central.records.sqlite import SqliteDatabase
from central.records.trail import Anchor
from tests.centre import CHEAP, START, active_order, hit, new_clock, order_request, passage, people


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = open_records(tmp_path, clock=new_clock(), policy=CHEAP)
    yield opened
    opened.close()


def raw(folder: Path) -> sqlite3.Connection:
    """As an intruder with write access to the file would open it."""
    return sqlite3.connect(folder / "records.db", isolation_level=None)


def without_triggers(folder: Path, *statements: str) -> None:
    with closing(raw(folder)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in names:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)


def write_trail(records: Records, entries: int = 5) -> None:
    for i in range(entries):
        records.audit.append(AuditRecord(at=START, user="u", action="track.search", subject=f"川C0000{i}"))


class TestMigrations:
    def test_they_make_what_the_program_expects(self, records: Records, tmp_path: Path) -> None:
        engine = create_engine(f"sqlite:///{tmp_path / 'records.db'}")
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
        engine.dispose()

    def test_opening_again_keeps_everything(self, records: Records, tmp_path: Path) -> None:
        order = active_order(records, people(records), order_request())
        records.close()
        again = open_records(tmp_path, clock=new_clock(), policy=CHEAP)
        assert again.orders.get(order.order_id) == order
        again.close()

    def test_records_of_a_newer_version_are_left_alone(self, records: Records, tmp_path: Path) -> None:
        with closing(raw(tmp_path)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(RecordsUnusable, match=r"at most revision \d{4}, found 9999"):
            open_records(tmp_path, clock=new_clock(), policy=CHEAP)

    def test_several_may_open_at_once(self, tmp_path: Path) -> None:
        opened: list[Records] = []

        def open_them() -> None:
            opened.append(open_records(tmp_path, clock=new_clock(), policy=CHEAP))

        threads = [threading.Thread(target=open_them) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(opened) == 4
        for each in opened:
            each.audit.append(AuditRecord(at=START, user="u", action="a.b"))
        assert opened[0].audit.verify() == Verdict(ok=True, entries=4)
        for each in opened:
            each.close()


class TestTheFile:
    def test_it_is_set_to_survive(self, records: Records, tmp_path: Path) -> None:
        with closing(raw(tmp_path)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        database = SqliteDatabase(tmp_path / "records.db")
        with database.read() as connection_:
            settings = [
                connection_.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("synchronous", "foreign_keys", "busy_timeout")
            ]
        database.close()
        assert settings == [2, 1, 10_000]

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(StoreUnavailable, match="folder can't be made"):
            open_records(tmp_path / "file" / "records", clock=new_clock())

    def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        (tmp_path / "records.db").write_text("a letter home, long enough to be taken for something")
        with pytest.raises(
            RecordsUnusable, match=r"expected the records' database in .*records\.db, found a file"
        ):
            open_records(tmp_path, clock=new_clock())

    def test_a_file_that_is_away_is_named_unavailable(self, tmp_path: Path) -> None:
        (tmp_path / "records.db").mkdir()
        with pytest.raises(StoreUnavailable, match="can't be read or written: unable to open database file"):
            open_records(tmp_path, clock=new_clock())

    def test_no_secret_lies_in_it(self, tmp_path: Path) -> None:
        records = open_records(tmp_path, clock=new_clock(), policy=CHEAP)
        people(records)
        token = records.people.sign_in("operator", "a password for tests", address="10.0.0.1").token
        machine = records.people.create_machine_token("node-1", by="tests")
        records.close()
        key = (tmp_path / "audit.key").read_bytes()
        stored = b"".join(path.read_bytes() for path in tmp_path.glob("records.db*"))
        for secret in (b"a password for tests", token.encode(), machine.encode(), key):
            assert secret not in stored
        assert (tmp_path / "audit.key").stat().st_mode & 0o777 == 0o600


class TestAppendOnly:
    @pytest.mark.parametrize("table", ["audit", "order_steps", "alert_steps"])
    @pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET username = 'x'"])
    def test_history_cannot_be_changed(
        self, records: Records, tmp_path: Path, table: str, statement: str
    ) -> None:
        staff = people(records)
        order = active_order(records, staff, order_request())
        records.alerts.raise_alerts([hit(order, passage())])
        (found,) = records.alerts.page(only_open=True, limit=1)
        records.alerts.step(
            found.alert.alert_id, AlertMove.VERIFY, by=staff[Role.OPERATOR], verdict=AlertVerdict.CORRECT
        )
        with (
            closing(raw(tmp_path)) as connection,
            pytest.raises(sqlite3.IntegrityError, match="is append-only"),
        ):
            connection.execute(statement.format(table))

    def test_the_head_cannot_be_removed(self, records: Records, tmp_path: Path) -> None:
        with closing(raw(tmp_path)) as connection, pytest.raises(sqlite3.IntegrityError, match="stays"):
            connection.execute("DELETE FROM audit_head")


class TestTampering:
    """By somebody who may write the database but has neither the key nor the anchor."""

    @pytest.mark.parametrize(
        ("statement", "first_bad", "why"),
        [
            ("UPDATE audit SET subject = '川C99999' WHERE audit_id = 3", 3, "edited"),
            ("UPDATE audit SET at = '2020-01-01 00:00:00.000000' WHERE audit_id = 2", 2, "edited"),
            ("UPDATE audit SET seal = sha256 WHERE audit_id = 4", 4, "seal is false"),
            ("DELETE FROM audit WHERE audit_id = 2", 2, "removed or inserted"),
            ("DELETE FROM audit WHERE audit_id = 1", 1, "removed or inserted"),
            ("DELETE FROM audit WHERE audit_id >= 4", 4, "tail was cut off"),
            ("DELETE FROM audit", 1, "tail was cut off"),
            ("DELETE FROM audit_head", 1, "head is missing"),
            ("UPDATE audit_head SET entries = 4", None, "head's seal is false"),
        ],
    )
    def test_it_is_found(
        self, records: Records, tmp_path: Path, statement: str, first_bad: int | None, why: str
    ) -> None:
        write_trail(records)
        assert records.audit.verify() == Verdict(ok=True, entries=5)
        without_triggers(tmp_path, statement)
        verdict = records.audit.verify()
        assert (verdict.ok, verdict.first_bad) == (False, first_bad)
        assert why in verdict.why

    def test_an_older_copy_of_the_database_put_back_is_found(self, tmp_path: Path) -> None:
        records = open_records(tmp_path, clock=new_clock(), policy=CHEAP)
        write_trail(records, 2)
        records.close()
        old = (tmp_path / "records.db").read_bytes()
        records = open_records(tmp_path, clock=new_clock(), policy=CHEAP)
        write_trail(records, 3)
        records.close()
        (tmp_path / "records.db").write_bytes(old)
        records = open_records(tmp_path, clock=new_clock(), policy=CHEAP)
        verdict = records.audit.verify()
        records.close()
        assert (verdict.ok, verdict.first_bad) == (False, 3)
        assert "older state" in verdict.why

    def test_a_database_begun_anew_is_found(self, tmp_path: Path) -> None:
        records = open_records(tmp_path, clock=new_clock(), policy=CHEAP)
        write_trail(records, 2)
        records.close()
        for path in tmp_path.glob("records.db*"):
            path.unlink()
        records = open_records(tmp_path, clock=new_clock(), policy=CHEAP)
        verdict = records.audit.verify()
        records.close()
        assert (verdict.ok, verdict.first_bad) == (False, 1)

    @pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_text("{}")], ids=["gone", "empty"])
    def test_a_spoilt_anchor_is_found(
        self, records: Records, tmp_path: Path, spoil: Callable[[Path], object]
    ) -> None:
        write_trail(records)
        spoil(tmp_path / "audit.anchor")
        assert "anchor outside the database is missing" in records.audit.verify().why

    def test_a_key_that_is_gone_stops_the_centre(self, records: Records, tmp_path: Path) -> None:
        write_trail(records)
        (tmp_path / "audit.key").unlink()
        with pytest.raises(RecordsUnusable, match="found none: put it back from the backup"):
            open_records(tmp_path, clock=new_clock(), policy=CHEAP)
        (tmp_path / "audit.key").write_bytes(b"short")
        with pytest.raises(RecordsUnusable, match="found 5"):
            open_records(tmp_path, clock=new_clock(), policy=CHEAP)


def test_the_anchor_never_goes_back(tmp_path: Path) -> None:
    anchor, key = Anchor(tmp_path / "anchor"), b"k" * 32
    assert anchor.read() is None
    newer: Head = head(7, "a" * 64, key)
    anchor.write(newer)
    anchor.write(head(6, "b" * 64, key))
    assert anchor.read() == newer


_KILLED = """
import os, sys
from pathlib import Path
from central.audit import AuditRecord
from central.records import RecordsPolicy, open_records
from proto.clock import SystemClock
from proto.logs import configure_logging
configure_logging()
clock = SystemClock()
records = open_records(Path(sys.argv[1]), clock=clock)
while True:
    entry = records.audit.append(AuditRecord(at=clock.now(), user="u", action="a.b"))
    os.write(1, f"{entry.audit_id}\\n".encode())
"""


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    for wanted in (1, 2, 7):
        with subprocess.Popen(
            [sys.executable, "-c", _KILLED, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as writer:
            assert writer.stdout is not None
            acknowledged = [int(writer.stdout.readline()) for _ in range(wanted)][-1]
            writer.kill()
            acknowledged = max([acknowledged, *(int(line) for line in writer.stdout.read().split())])
        records = open_records(tmp_path, clock=new_clock(), policy=CHEAP)
        verdict = records.audit.verify()
        records.close()
        assert verdict.ok, verdict.why
        assert verdict.entries >= acknowledged


_ANNOUNCE = """
import sys, time
from pathlib import Path
from central.records import open_records
from proto.clock import SystemClock
from tests.centre import passage
records = open_records(Path(sys.argv[1]), clock=SystemClock())
sys.stdin.readline()
records.live.announce([passage()])
print(time.monotonic(), flush=True)  # the same clock for all processes of the machine
"""


def test_another_process_wakes_a_waiter(records: Records, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _ANNOUNCE, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdin.write(b"go\n")
        writer.stdin.close()
        assert records.live.wait(0, timeout_s=60)
        woken = time.monotonic()
        written = float(writer.stdout.readline())
    assert woken - written < 1  # some 20 ms, on a machine that has time
