"""chDB, ClickHouse inside this process: the only module that imports it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import pyarrow as pa
from chdb import ChdbError
from chdb.state.sqlitelike import Connection

from central.ports import StoreUnavailable
from central.store.clickhouse import ClickHousePassages
from central.store.engine import MEMORY_MIB, SETTINGS, Parameters
from central.store.layout import Layout

#: Queries that may run at once; one more waits for its turn.
CONNECTIONS = 4
_LOCK_FILE = "bukong.lock"
_SETTINGS: Mapping[str, int | str] = {
    **SETTINGS,
    # Of a page the long columns are read for its rows only, and not for all that were compared.
    "query_plan_optimize_lazy_materialization": 1,
    "query_plan_max_limit_for_lazy_materialization": 10_000,
    # Read by who wants it: to hand each column's few blocks to a pool takes longer than to read them.
    "local_filesystem_read_method": "pread",
}


class StoreInUse(StoreUnavailable):
    """Another process (or another part of this one) has the folder open; says which."""


class ChdbEngine:
    """One folder, open in one process.

    chDB binds a process to one folder while any connection to it is open. Connections are handed out one to
    a query, so that a long search holds up no insert.
    """

    def __init__(self, folder: Path, *, threads: int = 2, memory_mib: int = MEMORY_MIB) -> None:
        """
        Args:
            folder: made if it is missing.
            threads: a query may use.
            memory_mib: a query may use; past it the query fails, the process lives.

        Raises:
        StoreInUse: the folder is open elsewhere, or this process has another one open.
        StoreUnavailable: chDB can't open it.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = _take_lock(folder)
        except OSError as error:
            raise StoreUnavailable(f"can't open {folder}: {error}") from error
        self._idle: queue.LifoQueue[Connection] = queue.LifoQueue()
        self._ending: queue.LifoQueue[Connection] = queue.LifoQueue()  #: for `cancel`, whatever runs
        self._open = 0
        self._closed = False
        settings = {**_SETTINGS, "max_threads": threads, "max_memory_usage": memory_mib << 20}
        self._address = f"{folder / 'clickhouse'}?" + "&".join(f"{k}={v}" for k, v in settings.items())
        try:
            for _ in range(CONNECTIONS):
                self._idle.put(Connection(self._address))
                self._open += 1
            self._ending.put(Connection(self._address))
        except RuntimeError as error:
            self.close()
            kind = StoreInUse if "already initialized with path" in str(error) else StoreUnavailable
            raise kind(f"chDB can't open {folder}: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        with self._connection() as connection:
            answer = connection.query(sql, "ArrowStream", params=_bound(parameters))
            # Copied: the memory is the answer's, and goes with it.
            return pa.ipc.open_stream(pa.py_buffer(bytes(answer.bytes()))).read_all()

    def command(self, sql: str, parameters: Parameters | None = None) -> None:
        with self._connection() as connection:
            connection.query(sql, "Null", params=_bound(parameters))

    def insert(self, table: str, rows: pa.Table) -> None:
        names = ", ".join(f"`{name}`" for name in rows.column_names)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as writer:
            writer.write_table(rows.combine_chunks())
        with self._connection() as connection:
            # Rows of one insert are no doubles of each other: looking for some would cost a third of it.
            sql = f"INSERT INTO {table} ({names}) SETTINGS optimize_on_insert = 0"
            insert = connection.send_insert(sql, "ArrowStream")
            with insert:
                insert.append(sink.getvalue().to_pybytes())  # type: ignore[no-untyped-call]
                insert.finish()

    def cancel(self, tag: str) -> None:
        if self._closed:
            return
        connection = self._ending.get()
        try:
            sql = "KILL QUERY WHERE Settings['log_comment'] = {tag:String} ASYNC FORMAT Null"
            connection.query(sql, "Null", params={"tag": tag})
        except (ChdbError, RuntimeError) as error:
            raise StoreUnavailable(f"chDB: {error}") from error
        finally:
            self._ending.put(connection)

    def close(self) -> None:
        """Waits for queries that run, so that the next to open the folder finds it closed; idempotent."""
        if self._closed:
            return
        self._closed = True
        for _ in range(self._open):
            self._idle.get().close()
        if self._open == CONNECTIONS:
            self._ending.get().close()
        self._lock.close()

    @contextlib.contextmanager
    def _connection(self) -> Iterator[Connection]:
        if self._closed:
            raise StoreUnavailable("the passage store is closed")
        connection = self._idle.get()
        try:
            yield connection
        except (ChdbError, RuntimeError) as error:
            connection = self._anew(connection)
            raise StoreUnavailable(f"chDB: {error}") from error
        finally:
            self._idle.put(connection)

    def _anew(self, connection: Connection) -> Connection:
        """One in place of a connection whose query failed: it may answer the next query with what is left of
        that one (seen with chDB 26.9 where a query ran out of memory on its way)."""
        try:
            fresh = Connection(self._address)
        except RuntimeError:
            with contextlib.suppress(ChdbError, RuntimeError):
                connection.query("SELECT 1", "Null")  # takes what is left
            return connection
        connection.close()
        return fresh


def open_chdb_store(
    folder: Path, *, threads: int = 2, memory_mib: int = MEMORY_MIB, layout: Layout | None = None
) -> ClickHousePassages:
    """The passages kept in a folder, which is made if it is missing.

    Raises:
        StoreInUse, StoreUnavailable: see `ChdbEngine`.
    """
    engine = ChdbEngine(folder, threads=threads, memory_mib=memory_mib)
    try:
        # The folder is locked: nobody else writes.
        return ClickHousePassages(engine, layout, only_writer=True, memory_mib=memory_mib)
    except BaseException:
        engine.close()
        raise


def _take_lock(folder: Path) -> IO[str]:
    path = folder / _LOCK_FILE
    file = path.open("a+", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise StoreInUse(
            f"expected {folder} to be free, but process {holder} has it open: passages in chDB are one "
            "process's; let it run all that need them (bukong central run ingest api), or keep them on a server"
        ) from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _bound(parameters: Parameters | None) -> dict[str, str | int]:
    """chDB parses a value as its type's text: what is special in that text is escaped."""
    return {name: _text(value) for name, value in (parameters or {}).items()}


def _text(value: object) -> str | int:
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return repr(value)
    return _escaped(value) if isinstance(value, str) else _array(value)


def _escaped(text: str) -> str:
    # As in a tab-separated file.
    for plain, escape in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"), ("\0", "\\0")):
        text = text.replace(plain, escape)
    return text


def _array(items: object) -> str:
    assert isinstance(items, list | tuple)
    return "[" + ",".join(map(_item, items)) + "]"


def _item(item: object) -> str:
    if isinstance(item, int | float):
        return repr(item)
    quoted = str(item).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{quoted}'"
