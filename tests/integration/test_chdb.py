"""What only the embedded engine does: one folder, one process, one at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from central.investigation import TooMuch
from central.ports import PassageQuery, StoreUnavailable
from central.store import columns
from central.store.chdb import ChdbEngine, StoreInUse, open_chdb_store
from central.store.clickhouse import ClickHousePassages
from central.store.engine import Parameters
from central.store.layout import Layout
from central.store.tables import MIGRATIONS, migrate
from tests.passages import START, passage


def test_a_folder_that_another_process_has_open_is_refused_by_its_number(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from central.store.chdb import open_chdb_store\n"
        "store = open_chdb_store(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "open\n"
    with pytest.raises(StoreInUse, match=f"process {other.pid} has it open"):
        open_chdb_store(tmp_path)
    other.kill()
    other.communicate()
    # The lock goes with the process, however it ended.
    open_chdb_store(tmp_path).close()


def test_a_second_folder_in_one_process_is_refused_and_left_free(tmp_path: Path) -> None:
    first = open_chdb_store(tmp_path / "a")
    with pytest.raises(StoreInUse):
        open_chdb_store(tmp_path / "a")
    with pytest.raises(StoreInUse, match="different path"):
        open_chdb_store(tmp_path / "b")
    first.close()
    open_chdb_store(tmp_path / "b").close()
    open_chdb_store(tmp_path / "a").close()


def test_what_the_engine_refuses_is_an_unavailable_store(tmp_path: Path) -> None:
    with ChdbEngine(tmp_path) as engine:
        with pytest.raises(StoreUnavailable, match="no_such_table"):
            engine.query("SELECT * FROM no_such_table")
        # and the connection is good for the next one
        assert engine.query("SELECT {n:Int64} AS n", {"n": -5}).to_pylist() == [{"n": -5}]


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = open_chdb_store(tmp_path)
    store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        store.count(PassageQuery())


def test_a_folder_that_cannot_be_made_is_an_unavailable_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable):
        open_chdb_store(tmp_path / "file" / "passages")


def test_migrations_are_applied_once(tmp_path: Path) -> None:
    with ChdbEngine(tmp_path) as engine:
        assert migrate(engine, Layout()) == len(MIGRATIONS)
        assert migrate(engine, Layout()) == 0
        # A crash between a table and its entry: it is entered the next time.
        engine.command("TRUNCATE TABLE passages_migrations")
        assert migrate(engine, Layout()) == len(MIGRATIONS)


def test_a_folder_of_before_gets_what_is_new_and_keeps_what_it_has(tmp_path: Path) -> None:
    with ChdbEngine(tmp_path) as engine:
        engine.command(MIGRATIONS[0])
        engine.insert("passages", columns.to_arrow([passage(n) for n in range(50)]))
        engine.command(
            "CREATE TABLE passages_migrations (number UInt32, applied_at DateTime64(3, 'UTC'))"
            " ENGINE = ReplacingMergeTree ORDER BY number"
        )
        engine.command("INSERT INTO passages_migrations VALUES (1, now64(3))")
        assert migrate(engine, Layout()) == len(MIGRATIONS) - 1
    store = open_chdb_store(tmp_path)
    store.insert([passage(n) for n in range(40, 60)])
    assert store.count(PassageQuery()) == 60
    assert store.count(PassageQuery(pattern=f"*{passage(3).plate.text[3:]}")) > 0  # type: ignore[union-attr]
    store.close()
    with ChdbEngine(tmp_path) as engine:
        engine.command("OPTIMIZE TABLE passages FINAL")
        by_place = engine.query(
            "SELECT name, sum(rows) AS n FROM system.projection_parts WHERE active AND table = 'passages'"
            " GROUP BY name"
        )
        assert by_place.to_pylist() == [{"name": "by_place_and_time", "n": 60}]


def test_a_folder_of_days_keeps_them_and_is_deleted_from_as_any(tmp_path: Path) -> None:
    days = [replace(passage(n), captured_at=START + timedelta(days=n)) for n in range(20)]
    with ChdbEngine(tmp_path) as engine:
        ClickHousePassages(engine, Layout()).insert(days)
    with closing(open_chdb_store(tmp_path)) as store:
        for age in (3, 10, 11):
            store.delete_before(START + timedelta(days=age))
            left = {p.passage_id for p in store.search(PassageQuery(limit=100)).passages}
            assert left == {p.passage_id for p in days[age:]}
    with ChdbEngine(tmp_path) as engine:
        parts = engine.query(
            "SELECT DISTINCT partition_id FROM system.parts WHERE active AND table = 'passages' AND rows > 0"
        )
        assert len(parts) == 9


class _Deletes(ChdbEngine):
    """Once, as soon as it was told which plates fit a pattern: the passages of one of them go."""

    plate = ""

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        found = super().query(sql, parameters)
        if self.plate and sql.startswith("SELECT plate, captured_at"):
            going, self.plate = self.plate, ""
            self.command(f"ALTER TABLE passages DELETE WHERE plate = '{going}' SETTINGS mutations_sync = 2")
        return found


def test_a_page_of_a_pattern_does_not_end_a_search_because_of_what_goes_meanwhile(tmp_path: Path) -> None:
    with _Deletes(tmp_path) as engine:
        store = ClickHousePassages(engine)
        store.insert([passage(n) for n in range(5)])  # a plate each
        engine.plate = "川C00003"
        page = store.search(PassageQuery(pattern="川C*", limit=2))
        assert [p.passage_id for p in page.passages] == [passage(n).passage_id for n in (4, 2)]
        rest = store.search(PassageQuery(pattern="川C*", limit=2, after=page.next))
        assert [p.passage_id for p in rest.passages] == [passage(n).passage_id for n in (1, 0)]


def test_the_second_order_follows_deletion_and_doubles(tmp_path: Path) -> None:
    with ChdbEngine(tmp_path) as engine:
        store = ClickHousePassages(engine)
        rows = columns.to_arrow([passage(n) for n in range(100)])
        for _ in range(2):  # as two writers of a server might
            engine.insert("passages", rows)
        engine.command("OPTIMIZE TABLE passages FINAL")
        times = sorted(passage(n).captured_at for n in range(100))
        store.delete_before(times[50])
        found = engine.query(
            "SELECT count() AS n FROM passages WHERE checkpoint_id = {place:String}"
            " SETTINGS force_optimize_projection = 1",
            {"place": passage(1).checkpoint_id},
        )
        left = [p for n in range(100) if (p := passage(n)).captured_at >= times[50]]
        assert found.column("n")[0].as_py() == sum(p.checkpoint_id == passage(1).checkpoint_id for p in left)


def test_a_search_past_the_memory_is_refused_and_the_store_goes_on(tmp_path: Path) -> None:
    with closing(open_chdb_store(tmp_path)) as store:
        store.insert([passage(n) for n in range(20_000)])
    with closing(open_chdb_store(tmp_path, memory_mib=8)) as store:
        with pytest.raises(TooMuch, match="expected at most 8 MiB, it takes more: ask for less time"):
            store.search(PassageQuery(limit=20_000))
        assert len(store.search(PassageQuery(limit=10)).passages) == 10


def test_the_lock_names_its_holder(tmp_path: Path) -> None:
    store = open_chdb_store(tmp_path)
    assert (tmp_path / "bukong.lock").read_text() == str(os.getpid())
    store.insert([passage(1)])
    store.close()
