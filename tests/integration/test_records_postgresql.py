"""What is PostgreSQL's own in the records: triggers, isolation, a server that goes away, several machines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from click.testing import CliRunner
from sqlalchemy import func, select

from central.alert import AlertMove
from central.alert import Verdict as AlertVerdict
from central.audit import AuditRecord, Verdict
from central.cli import central
from central.people import Role
from central.ports import StoreUnavailable
from central.records import Records, RecordsUnusable, Unstorable, open_records, postgresql, schema
from central.records.postgresql import PostgresqlDatabase
from proto.clock import ManualClock
from tests.centre import CHEAP, START, active_order, hit, new_clock, order_request, passage, people
from tests.postgresql import Databases, OwnServer

ENTRY = AuditRecord(at=START, user="u", action="a.b", subject="川C12345")


def opened(folder: Path, url: str, clock: ManualClock | None = None) -> Records:
    return open_records(folder, clock=clock or new_clock(), policy=CHEAP, url=url)


@pytest.fixture
def records(tmp_path: Path, database_url: str) -> Iterator[Records]:
    with closing(opened(tmp_path, database_url)) as made:
        yield made


def intrude(url: str, *statements: str) -> None:
    """As one with the database's password and nothing else."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


class TestMigrations:
    def test_they_make_what_the_program_expects(self, records: Records, database_url: str) -> None:
        with closing(PostgresqlDatabase(database_url)) as base, base.read() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, schema.metadata) == []

    def test_several_may_start_on_an_empty_database_at_once(self, databases: Databases, tmp_path: Path) -> None:
        url = databases.empty()
        made: list[Records] = []
        threads = [threading.Thread(target=lambda: made.append(opened(tmp_path, url))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) == 4
        for each in made:
            each.audit.append(ENTRY)
        assert made[0].audit.verify() == Verdict(ok=True, entries=4)
        for each in made:
            each.close()

    def test_records_of_a_newer_version_are_left_alone(self, database_url: str, tmp_path: Path) -> None:
        intrude(database_url, "UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(RecordsUnusable, match=r"at most revision \d{4}, found 9999"):
            opened(tmp_path, database_url)

    def test_the_command_migrates_and_tells_no_password(
        self, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = databases.empty()
        monkeypatch.setenv("BUKONG_CENTRAL__DATA", str(tmp_path))
        monkeypatch.setenv("BUKONG_CENTRAL__RECORDS__ENGINE", "postgresql")
        secret = url.replace("tests@", "tests:hunter2@")
        monkeypatch.setenv("BUKONG_CENTRAL__RECORDS__URL", secret)
        for _ in range(2):
            done = CliRunner().invoke(central, ["migrate"])
            assert done.exit_code == 0, done.output
            assert "records: up to date in postgresql://" in done.output
            assert "hunter2" not in done.output
        intrude(url, "SELECT version FROM watchlist")
        assert not (tmp_path / "records" / "records.db").exists()


class TestAppendOnly:
    @pytest.mark.parametrize("table", ["audit", "order_steps", "alert_steps"])
    @pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET username = 'x'", "TRUNCATE {}"])
    def test_history_cannot_be_changed(
        self, records: Records, database_url: str, table: str, statement: str
    ) -> None:
        staff = people(records)
        order = active_order(records, staff, order_request())
        records.alerts.raise_alerts([hit(order, passage())])
        (found,) = records.alerts.page(only_open=True, limit=1)
        records.alerts.step(
            found.alert.alert_id, AlertMove.VERIFY, by=staff[Role.OPERATOR], verdict=AlertVerdict.CORRECT
        )
        with pytest.raises(psycopg.IntegrityError, match=f"{table} is append-only"):
            intrude(database_url, statement.format(table))

    @pytest.mark.parametrize("statement", ["DELETE FROM audit_head", "TRUNCATE audit_head"])
    def test_the_head_cannot_be_removed(self, records: Records, database_url: str, statement: str) -> None:
        with pytest.raises(psycopg.IntegrityError, match="audit_head stays"):
            intrude(database_url, statement)

    @pytest.mark.parametrize(
        ("statement", "first_bad", "why"),
        [
            ("UPDATE audit SET subject = '川C99999' WHERE audit_id = 3", 3, "edited"),
            ("DELETE FROM audit WHERE audit_id = 2", 2, "removed or inserted"),
            ("DELETE FROM audit WHERE audit_id >= 4", 4, "tail was cut off"),
            ("UPDATE audit_head SET entries = 4", None, "head's seal is false"),
        ],
    )
    def test_whoever_drops_the_triggers_is_found_out(
        self, records: Records, tmp_path: Path, database_url: str, statement: str, first_bad: int, why: str
    ) -> None:
        for _ in range(5):
            records.audit.append(ENTRY)
        intrude(database_url, "ALTER TABLE audit DISABLE TRIGGER ALL", statement)
        with closing(opened(tmp_path, database_url)) as again:  # it starts, so that it can tell
            verdict = again.audit.verify()
        assert (verdict.ok, verdict.first_bad) == (False, first_bad)
        assert why in verdict.why


class TestSeveralMachines:
    def test_with_the_same_key_they_write_one_trail(
        self, records: Records, tmp_path: Path, database_url: str
    ) -> None:
        records.audit.append(ENTRY)
        other = tmp_path / "other"
        other.mkdir()
        for name in ("audit.key", "audit.anchor"):
            shutil.copy(tmp_path / name, other)
        with closing(opened(other, database_url)) as there:
            there.audit.append(ENTRY)
            assert records.audit.verify() == there.audit.verify() == Verdict(ok=True, entries=2)

    @pytest.mark.parametrize("entries", [0, 2])
    def test_with_a_key_of_its_own_one_does_not_start(
        self, records: Records, tmp_path: Path, database_url: str, entries: int
    ) -> None:
        for _ in range(entries):
            records.audit.append(ENTRY)
        other = tmp_path / "other"
        other.mkdir()
        (other / "audit.key").write_bytes(b"k" * 32)
        with pytest.raises(RecordsUnusable, match="copy it from the machine that has it"):
            opened(other, database_url)


class TestTransactions:
    def test_a_reader_sees_one_state_throughout(self, records: Records, database_url: str) -> None:
        count = select(func.count()).select_from(schema.audit)
        with closing(PostgresqlDatabase(database_url)) as base, base.read() as connection:
            before = connection.execute(count).scalar_one()
            records.audit.append(ENTRY)  # and nobody waits for the other
            assert connection.execute(count).scalar_one() == before
        assert records.audit.verify().entries == before + 1

    def test_a_reader_cannot_write(self, database_url: str) -> None:
        with (
            closing(PostgresqlDatabase(database_url)) as base,
            pytest.raises(StoreUnavailable, match="read-only transaction"),
            base.read() as connection,
        ):
            connection.execute(schema.watchlist.update().values(version=9))

    def test_a_writer_that_waits_too_long_is_told(
        self, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(postgresql, "BUSY_TIMEOUT_S", 1.0)
        with (
            closing(PostgresqlDatabase(database_url)) as base,
            base.write(),
            pytest.raises(StoreUnavailable, match="lock timeout"),
            base.write(),
        ):
            pass

    def test_what_was_undone_wakes_nobody(self, records: Records, database_url: str) -> None:
        asked = 0

        def ask() -> bool:
            nonlocal asked
            asked += 1
            return False

        with closing(PostgresqlDatabase(database_url)) as base:
            waiting = threading.Thread(target=base.wait, args=(ask,), kwargs={"timeout_s": 0.5})
            waiting.start()
            with pytest.raises(ZeroDivisionError), base.write():
                raise ZeroDivisionError
            waiting.join()
        assert asked == 2  # before it listened, and after

    def test_commits_outlive_a_server_that_was_set_to_answer_early(self, database_url: str) -> None:
        name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
        intrude(database_url, f"ALTER DATABASE {name} SET synchronous_commit = off")
        with closing(PostgresqlDatabase(database_url)) as base, base.write() as tx:
            assert tx.connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"


@pytest.mark.parametrize("entry", [replace(ENTRY, subject="a\0b"), replace(ENTRY, user="u" * 65)])
def test_a_text_that_it_cannot_hold_is_refused(records: Records, entry: AuditRecord) -> None:
    with pytest.raises(Unstorable, match="that the records can hold"):
        records.audit.append(entry)
    assert records.audit.append(ENTRY).audit_id == 1


_ANNOUNCE = """
import sys, time
from pathlib import Path
from central.records import open_records
from proto.clock import SystemClock
from tests.centre import passage
records = open_records(Path(sys.argv[1]), clock=SystemClock(), url=sys.argv[2])
sys.stdin.readline()
records.live.announce([passage()])
print(time.monotonic(), flush=True)  # the same clock for all processes of the machine
"""


def test_another_process_wakes_a_waiter(records: Records, tmp_path: Path, database_url: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _ANNOUNCE, str(tmp_path), database_url],
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
    assert woken - written < 1


class TestServerGoesAway:
    """On a server of the test's own, whatever BUKONG_POSTGRES says."""

    @pytest.fixture
    def server(self) -> Iterator[OwnServer]:
        with closing(OwnServer()) as made:
            yield made

    def test_it_crashes_and_comes_back(self, server: OwnServer, tmp_path: Path) -> None:
        with closing(opened(tmp_path, server.url)) as records:
            waiting = _Waiter(records)
            acknowledged = [records.audit.append(ENTRY).audit_id for _ in range(20)][-1]
            server.crash()
            for use in (lambda: records.audit.append(ENTRY), records.live.newest, records.orders.entries):
                with pytest.raises(StoreUnavailable, match="can't be read or written"):
                    use()
            with pytest.raises(StoreUnavailable):
                waiting.outcome()
            server.start()
            records.live.announce([passage()])
            assert records.live.wait(0, timeout_s=10)
            assert records.audit.append(ENTRY).audit_id == acknowledged + 1
            assert records.audit.verify() == Verdict(ok=True, entries=acknowledged + 1)

    def test_it_crashes_under_a_writer_and_nothing_acknowledged_is_lost(
        self, server: OwnServer, tmp_path: Path
    ) -> None:
        with closing(opened(tmp_path, server.url)) as records:
            for _ in range(3):
                crashing = threading.Timer(0.2, server.crash)
                crashing.start()
                acknowledged = _append_until_it_fails(records)
                crashing.join()
                server.start()
                verdict = records.audit.verify()
                assert verdict.ok, verdict.why
                assert verdict.entries in (acknowledged, acknowledged + 1)

    def test_one_that_is_not_there(self, server: OwnServer, tmp_path: Path) -> None:
        server.crash()
        with pytest.raises(StoreUnavailable, match="can't be read or written: connection"):
            opened(tmp_path, server.url)


def _append_until_it_fails(records: Records) -> int:
    """The last entry that was acknowledged."""
    acknowledged = 0
    while True:
        try:
            acknowledged = records.audit.append(ENTRY).audit_id
        except StoreUnavailable:
            return acknowledged


class _Waiter:
    """One who waits for news in a thread of its own."""

    def __init__(self, records: Records) -> None:
        self._found: bool | StoreUnavailable = False
        self._thread = threading.Thread(target=self._wait, args=(records,))
        self._thread.start()

    def _wait(self, records: Records) -> None:
        try:
            self._found = records.live.wait(0, timeout_s=30)
        except StoreUnavailable as error:
            self._found = error

    def outcome(self) -> bool:
        self._thread.join(20)
        if isinstance(self._found, StoreUnavailable):
            raise self._found
        return self._found


def test_a_url_that_is_none_is_refused_without_showing_it(tmp_path: Path) -> None:
    with pytest.raises(RecordsUnusable, match="expected a URL like postgresql://") as refused:
        opened(tmp_path, "hunter2 is no URL")
    assert "hunter2" not in str(refused.value)


def test_without_psycopg_the_extra_is_named(tmp_path: Path) -> None:
    """As where only bukong[central] is installed."""
    program = "import sys; sys.modules['psycopg'] = None\nfrom central.cli import central\ncentral(['migrate'])"
    settings = {"DATA": str(tmp_path), "RECORDS__ENGINE": "postgresql", "RECORDS__URL": "postgresql://h/d"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {f"BUKONG_CENTRAL__{name}": value for name, value in settings.items()},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "install bukong[postgres]" in done.stderr
