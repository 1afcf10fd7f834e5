"""The records in a PostgreSQL database, for centres of more than one machine.

Writers go one after the other: each begins by taking one advisory lock, which the server lets go of after the
commit is durable and seen. They run under READ COMMITTED and must: there each statement after the lock sees
what the writer before has committed, while REPEATABLE READ would go on with the state from before the wait.
Readers run under REPEATABLE READ, READ ONLY: one state throughout, and they wait for nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Table, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from central.records.database import BUSY_TIMEOUT_S, Database, Transaction
from central.records.port import RecordsUnusable

#: Connections a process has at most; a server takes 100 unless it is told otherwise.
CONNECTIONS = 16
#: The lock of the writers; any number does that no other program uses in the same database.
WRITERS = 0x62_75_6B_6F_6E_67  # "bukong"
CHANNEL = "bukong_records"
#: A server that is gone without a word is noticed after some 20 s.
_CONNECT = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "application_name": "bukong",
}


class PostgresqlDatabase(Database):
    """See `Database`. Processes of several machines may have it open."""

    # A standby that takes no writes, and a role that may not, are as good as away.
    unavailable = (
        psycopg.OperationalError,
        psycopg.errors.ReadOnlySqlTransaction,
        psycopg.errors.InsufficientPrivilege,
    )

    def __init__(self, url: str) -> None:
        """Connects when it is first used. Raises RecordsUnusable where the URL can't be read."""
        try:
            parsed = make_url(url).set(drivername="postgresql+psycopg")
        except ArgumentError:  # whose text has the URL in it, and so the password
            raise RecordsUnusable("expected a URL like postgresql://user@host/database, got another") from None
        given = {name: value for name, value in _CONNECT.items() if name not in parsed.query}
        engine = create_engine(
            parsed,
            connect_args=given,
            hide_parameters=True,  # an error's text goes to the log: no plates and no hashes in there
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=BUSY_TIMEOUT_S,
        )
        event.listen(engine, "connect", _prepare)
        writing = engine.execution_options()
        event.listen(writing, "begin", _lock)
        super().__init__(
            reading=engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True),
            writing=writing,
        )
        self._listening = engine.execution_options(isolation_level="AUTOCOMMIT")

    def insert_rows(
        self, tx: Transaction, table: Table, columns: Sequence[str], rows: Sequence[Sequence[object]]
    ) -> None:
        driver = tx.connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        copy = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
        with driver.cursor() as cursor, cursor.copy(copy) as stream:
            for row in rows:
                stream.write_row(row)

    def wait(self, until: Callable[[], bool], *, timeout_s: float) -> bool:
        """Woken by the server's notification, which every writer's commit sends."""
        deadline = time.monotonic() + timeout_s
        if until():
            return True
        with self._translated(), self._listening.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            connection.exec_driver_sql(f"LISTEN {CHANNEL}")
            # Asked only now that we listen, and on a connection of its own: no commit falls in between.
            while not (found := until()):
                left = deadline - time.monotonic()
                if left <= 0 or not list(driver.notifies(timeout=left, stop_after=1)):
                    break
            connection.exec_driver_sql("UNLISTEN *")
        return found

    def scrub(self) -> None:
        """Dead rows go with the server's own vacuum; its log and backups are its keeper's."""

    def _wake(self) -> None:
        """Nothing to do: the server's notification wakes this process's waiters too."""


def _prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
    """What holds for every transaction of the connection."""
    assert isinstance(connection, psycopg.Connection)
    connection.execute("SELECT set_config('lock_timeout', %s, false)", [f"{BUSY_TIMEOUT_S:.0f}s"])
    # A server set to answer before it has written would break the port's promise; a stricter one may stay.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()


def _lock(connection: Connection) -> None:
    """Wait for the other writers; the notification goes out with the commit, or not at all."""
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS}), pg_notify('{CHANNEL}', '')")
