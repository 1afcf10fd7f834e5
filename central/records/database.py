"""The engine under the records: connections, transactions, and waking those who wait for a change.

SQLite with a write-ahead log and synchronous=FULL: a commit survives a power cut. Writers take the write lock
when they begin (BEGIN IMMEDIATE), so that no transaction fails half way because another wrote in between.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from central.ports import StoreUnavailable

#: How long a writer waits for another one.
BUSY_TIMEOUT_S = 10.0
#: How often a waiter looks whether another process has written.
POLL_S = 0.02


class Transaction:
    """A writing transaction; what is registered with `after_commit` runs once it is durable, in order."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._after: list[Callable[[], None]] = []

    def after_commit(self, callback: Callable[[], None]) -> None:
        self._after.append(callback)

    def committed(self) -> None:
        for callback in self._after:
            callback()


class Database:
    """One SQLite file; every method may be called from several threads."""

    def __init__(self, path: Path) -> None:
        self.engine = _engine(path)
        self._changed = threading.Condition()
        self._changes = 0

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of the records.

        Raises:
            StoreUnavailable: the file can't be opened or read.
        """
        with _translated(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One transaction, alone; durable at the end of the block, undone where the block raises.

        Raises:
            StoreUnavailable: the lock could not be had in time, the disk is full, the file can't be written.
        """
        with _translated(), self.engine.connect() as plain:
            connection = plain.execution_options(bukong_write=True)
            with connection.begin():
                transaction = Transaction(connection)
                yield transaction
        transaction.committed()
        with self._changed:
            self._changes += 1
            self._changed.notify_all()

    def wait(self, until: Callable[[], bool], *, timeout_s: float) -> bool:
        """Block until the condition holds or time is up; it is asked again after every commit, whoever's."""
        deadline = time.monotonic() + timeout_s
        with _translated(), closing(self.engine.raw_connection()) as watching:
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

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, sqlite3.OperationalError, PoolTimeout) as error:
        reason = error.orig if isinstance(error, OperationalError) else error
        raise StoreUnavailable(f"the records can't be read or written: {reason}") from error


def _engine(path: Path) -> Engine:
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
    return engine


def _prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)
    connection.isolation_level = None  # we begin transactions ourselves, see _begin
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
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
