"""The records in one SQLite file.

A write-ahead log and synchronous=FULL: a commit survives a power cut. Writers take the write lock when they
begin (BEGIN IMMEDIATE), so that no transaction fails half way because another wrote in between.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from central.records.database import BUSY_TIMEOUT_S, Database

#: How often a waiter looks whether another process has written.
POLL_S = 0.02


class SqliteDatabase(Database):
    """See `Database`. Several processes of one machine may have the file open."""

    unavailable = (sqlite3.OperationalError,)

    def __init__(self, path: Path) -> None:
        engine = create_engine(
            f"sqlite:///{path}",
            connect_args={"timeout": BUSY_TIMEOUT_S},
            hide_parameters=True,  # an error's text goes to the log: no plates and no hashes in there
            pool_size=16,
            max_overflow=48,
            pool_timeout=BUSY_TIMEOUT_S,
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        super().__init__(reading=engine, writing=engine.execution_options(bukong_write=True))
        self._changed = threading.Condition()
        self._changes = 0

    def wait(self, until: Callable[[], bool], *, timeout_s: float) -> bool:
        """Woken at once by this process's commits, within `POLL_S` by another's."""
        deadline = time.monotonic() + timeout_s
        with self._translated(), closing(self._reading.raw_connection()) as watching:
            while True:
                with self._changed:
                    seen = self._changes
                version = _data_version(watching)
                if until():
                    return True
                while True:
                    left = deadline - time.monotonic()
                    if left <= 0:
                        return False
                    with self._changed:
                        if self._changes == seen:
                            self._changed.wait(min(POLL_S, left))
                        if self._changes != seen:
                            break
                    if _data_version(watching) != version:
                        break

    def scrub(self) -> None:
        """Deleted rows are overwritten when they are deleted; what is left is their images in the log, which
        goes back to nothing here, unless a reader holds it for longer than others wait."""
        with self._translated(), closing(self._reading.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def _wake(self) -> None:
        with self._changed:
            self._changes += 1
            self._changed.notify_all()


def _prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)
    connection.isolation_level = None  # we begin transactions ourselves, see _begin
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("bukong_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _data_version(connection: PoolProxiedConnection) -> int:
    """Differs from what the connection said before where another one, of any process, has committed."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA data_version")
    (version,) = cursor.fetchone() or (0,)
    cursor.close()
    return int(version)
