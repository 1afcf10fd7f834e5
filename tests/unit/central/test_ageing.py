"""Who waits while old passages are deleted."""

from __future__ import annotations

import threading

import pyarrow as pa

from central.store.ageing import Ageing
from central.store.engine import Parameters
from central.store.layout import ONE_PROCESS
from tests.centre import START


class Told:
    """An engine that has three rows to delete, and notes whether inserts had to wait for what it was told."""

    def __init__(self, writing: threading.Lock) -> None:
        self._writing = writing
        self.waited: dict[str, bool] = {}

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        if "count()" in sql:
            return pa.table({"n": [3]})
        if "system.parts" in sql:
            return pa.table({"partition_id": ["20260209", "20260216"]})
        return pa.table({"id": ["20260209"]})

    def command(self, sql: str, parameters: Parameters | None = None) -> None:
        self.waited[" ".join(sql.split()[3:6])] = self._writing.locked()

    def insert(self, table: str, rows: pa.Table) -> None:
        raise AssertionError("nothing is inserted")

    def cancel(self, tag: str) -> None:
        raise AssertionError("nothing is cancelled")

    def close(self) -> None:
        """Nothing is open."""


def test_inserts_wait_for_what_is_dropped_and_not_for_what_is_rewritten() -> None:
    writing = threading.Lock()
    engine = Told(writing)
    assert Ageing(engine, ONE_PROCESS, writing).delete_before(START, []) == 3
    assert engine.waited == {"DROP PARTITION ID": True, "DELETE WHERE captured_at": False}
