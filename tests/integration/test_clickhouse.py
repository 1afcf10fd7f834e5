"""What the server engine does beyond the contract: shared by several writers, gone, slow, refused."""

from __future__ import annotations

import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from central.config import CentreSettings, PassageSettings
from central.ports import PassageQuery, PassageStore, StoreUnavailable
from central.store.layout import Layout
from central.store.server import ServerEngine, open_server_store
from central.wiring import open_passages
from tests.clickhouse import database_of
from tests.passages import START, passage

SHARED = Layout(shared=True)


def test_two_writers_of_one_passage_at_one_moment_make_it_once(tmp_path: Path) -> None:
    url = database_of(tmp_path)
    writers = [open_server_store(url, SHARED) for _ in range(2)]
    passages = [passage(n) for n in range(200)]
    start = threading.Barrier(2)

    def write(store: PassageStore) -> None:
        for begin in range(0, 200, 20):
            start.wait()
            store.insert(passages[begin : begin + 20])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, writers))
    reader = open_server_store(url, SHARED)
    everything = PassageQuery(limit=1000)
    assert reader.count(everything) == 200
    found = [p.passage_id for p in reader.search(everything).passages]
    assert sorted(found) == sorted(p.passage_id for p in passages)
    for store in (*writers, reader):
        store.close()


def test_the_settings_open_it(tmp_path: Path) -> None:
    chosen = PassageSettings.model_validate(
        {"engine": "clickhouse", "url": database_of(tmp_path), "ttl_days": 3650}
    )
    settings = CentreSettings(data=tmp_path, passages=chosen)
    store = open_passages(settings)
    store.insert([passage(1)])
    store.close()
    again = open_passages(settings)
    assert again.count(PassageQuery()) == 1
    again.close()
    assert not (tmp_path / "passages").exists()


def test_rows_beyond_the_ttl_go_by_themselves(tmp_path: Path) -> None:
    url = database_of(tmp_path)
    # A hundred years from now are beyond 2106, where seconds of 32 bits begin again: nothing may go for that.
    store = open_server_store(url, Layout(shared=True, ttl_days=36_500))
    old = replace(passage(1), captured_at=START - timedelta(days=400))
    store.insert([old, passage(2)])
    assert store.count(PassageQuery()) == 2
    store.close()
    engine = ServerEngine(url)
    rows = engine.query("SELECT dateDiff('day', min(captured_at), now()) AS days FROM passages")
    age = rows.to_pylist()[0]["days"]
    store = open_server_store(url, Layout(shared=True, ttl_days=age - 200))
    engine.command("OPTIMIZE TABLE passages FINAL")
    assert [p.passage_id for p in store.search(PassageQuery()).passages] == [passage(2).passage_id]
    store.close()
    engine.close()


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(StoreUnavailable) as error:
            ServerEngine(f"http://somebody:hidden@127.0.0.1:{port}/bukong")
    assert f"http://127.0.0.1:{port}/bukong" in str(error.value)
    assert "hidden" not in str(error.value)


def test_a_server_that_does_not_answer_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(StoreUnavailable, match=f"127.0.0.1:{port}"):
            ServerEngine(f"http://127.0.0.1:{port}/bukong", answer_timeout_s=1)


def test_what_the_server_refuses_is_told(tmp_path: Path) -> None:
    engine = ServerEngine(database_of(tmp_path))
    with pytest.raises(StoreUnavailable, match=re.escape("no_such_table")):
        engine.query("SELECT * FROM no_such_table")
    engine.close()
